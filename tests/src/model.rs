//! The claim protocol as a small world, in which everything that can happen is tried.
//!
//! - The **store** keeps records and asks the real rules, `mcp_guard::store::record`. Its clock
//!   always stands at zero: a tick makes everything that it keeps one tick older.
//! - Two **replicas** do between the store's operations what the engine does: claim, run the body
//!   with a heartbeat, settle, each with one call at a time.
//! - The **backend** has a ledger, and requests that nobody waits for any more.
//! - A **resolver** looks at the ledger and says what became of an unknown operation.
//!
//! Replicas crash, stand still for as long as they like, and time out; what is written to the store
//! is lost before or after it was applied, or arrives much later. Clients repeat their calls at any
//! replica, any number of times. [`explore()`] visits every state that this can lead to, up to the
//! number of attempts that a [`Setting`] allows for each operation, and `judge` says what must
//! hold in each and along each step. [`Mutation`]s prove that it would be noticed if it did not.
//!
//! The explorer is our own, because the claims are about steps as well as states (how a record may
//! move, when a client may be told what), and because that every run ends has to be proved on a
//! graph with cycles: existing explorers judge states only, compare them by a hash, and do not see
//! a cycle that never ends.

mod backend;
mod explore;
mod judge;
mod mutation;
mod narrate;
mod replica;
mod setting;
mod step;
mod store;
mod world;

pub use self::{
    explore::{Expanded, Explored, Model, Next, Trace, explore},
    judge::{Landmark, Property},
    mutation::Mutation,
    setting::{Backend, Call, Faults, Resolver, Setting, StoreClock},
    step::{Fate, Step},
    world::{OPERATION_A, OPERATION_B, Op, World},
};
