//! What the tests of credentials share: an authorization server that can do anything wrong, a backend
//! that says what it was sent, and a guard between them, each on a real socket.

mod authority;
mod backend;
mod stage;
mod tools;

pub use authority::{Asked, Authority, Mood};
pub use backend::{Backend, Manners};
pub use stage::{ALICE, BOB, Stage, caller, client, exchange, refund, write_secret};

/// What is in every secret of these tests, and must be nowhere else.
pub const CANARY: &str = "CANARY";

/// `client_secret_basic` of the tests' client, as it is in a header.
pub const BASIC: &str = "Z3VhcmQ6Q0FOQVJZJTJEY2xpZW50JTJEc2VjcmV0";
