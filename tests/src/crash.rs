//! Servers that die, by SIGKILL, at a moment of the test's choosing; and what must be true afterwards.
//!
//! Nothing of this is compiled into the library. A server in which the [`Fuse`](fuse::Fuse) can blow
//! wraps its store in [`Fused`](store::Fused), and its tools' bodies pass the fuse on their way. The
//! [ledger](crate::ledger) is outside of the guard, and judges.

pub mod backing;
pub mod campaign;
pub mod chain;
mod expect;
pub mod fuse;
pub mod kind;
pub mod point;
mod round;
pub mod store;
pub mod table;
pub mod transaction;
