//! What the tests through the front door share: a server with tools that misbehave, the ledger that
//! judges it, and wires that carry any bytes to it.

pub mod answer;
pub mod asking;
pub mod attacked;
pub mod clients;
pub mod conformance;
pub mod crash;
pub mod credentials;
pub mod fixture;
pub mod in_process;
pub mod issuer;
pub mod ledger;
pub mod log;
pub mod model;
pub mod moods;
pub mod planted;
pub mod server;
pub mod services;
pub mod simulation;
pub mod site;
pub mod wire;
