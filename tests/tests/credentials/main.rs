//! The credentials with which tools reach their backends: minted when every gate has passed, for the
//! tool's scopes and its caller alone, and seen by nobody.

mod canaries;
mod exchanged;
mod gates;
mod kept;
mod mistakes;
mod reconciled;
mod statics;
mod trouble;
