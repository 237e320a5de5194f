//! A message that was sent, whose answer may be waited for or not.

use std::fmt;

use futures_util::{FutureExt as _, future::BoxFuture};

use crate::adversary::answer::Answer;

/// A message under way. Whoever drops it has gone away: over HTTP the connection is closed.
pub(in crate::adversary) struct Begun {
    /// The id of the message.
    pub(in crate::adversary) id: u64,
    /// Whether an answer is due: not where the call was cancelled.
    pub(in crate::adversary) is_due: bool,
    answer: BoxFuture<'static, Answer>,
}

impl Begun {
    pub(super) fn new(id: u64, answer: impl Future<Output = Answer> + Send + 'static) -> Self {
        Self { id, is_due: true, answer: answer.boxed() }
    }

    /// Its answer, when it comes.
    pub(in crate::adversary) async fn answer(self) -> Answer {
        self.answer.await
    }

    /// Its answer, if it has come.
    pub(in crate::adversary) fn so_far(self) -> Option<Answer> {
        self.answer.now_or_never()
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("id", &self.id).finish_non_exhaustive()
    }
}
