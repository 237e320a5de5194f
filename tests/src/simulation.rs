//! The real engine in a world where everything that can go wrong does, again and again.
//!
//! An **episode** is a small world of its own: one to three **replicas** (each a [`Guard`] with real
//! `#[guarded_tool]`s and its own handle on one store), a **backend** with a ledger, and **agents**
//! that call, repeat, re-plan and make up keys. Time is virtual, and every decision comes from one
//! seed, so that an episode can be run again exactly as it was.
//!
//! What goes wrong: replicas crash at any await point, stand still past their leases and go on,
//! are cut off from the store; the store fails before and after it has done what was asked, answers
//! late or never; its clock jumps; the backend refuses, is slow, does not answer, acts after nobody
//! waits any more; bodies panic; replies get lost.
//!
//! The **judge** knows the backend's ledger, what the store was asked and answered, and what the
//! agents were told. See `judge` for what it holds against them.
//!
//! [`Guard`]: mcp_guard::Guard

mod agents;
mod backend;
mod chance;
mod chaos;
mod drive;
mod embedded;
mod episode;
mod intent;
mod judge;
mod link;
mod plan;
mod replica;
mod run;
mod time;
mod tools;
mod world;

pub use self::{
    episode::{Episode, replay},
    plan::{Fault, Stores},
    run::{Options, Summary, run},
};
