//! What the agent must be told, and what must have been paid.

use super::told::Told;

/// What must come of one try.
pub(super) struct Expect {
    answer: Answer,
    /// A value that may not come back.
    hides: Option<&'static str>,
    /// What is paid by it, in cents; 0: nothing.
    pub(super) pays: u64,
}

enum Answer {
    Done,
    /// These bytes again, marked as a replay.
    Replay(String),
    Failed {
        category: &'static str,
        code: &'static str,
        retryable: bool,
    },
    /// Refused before it was parsed, so as an error of the protocol.
    Protocol {
        category: &'static str,
        code: &'static str,
    },
    Unauthorized,
    Nothing,
    /// All done or in flight, at least one of them done.
    Crowd(usize),
}

impl Expect {
    /// It is done, and moves nothing.
    pub(super) fn done() -> Self {
        Self::answer(Answer::Done)
    }

    /// It is done, and pays so much.
    pub(super) fn pays(cents: u64) -> Self {
        Self { pays: cents, ..Self::done() }
    }

    /// The bytes of the first answer come back.
    pub(super) fn replay_of(first: &Told) -> Self {
        Self::answer(Answer::Replay(first.text().unwrap_or_default().to_owned()))
    }

    /// It fails for good.
    pub(super) fn refused(category: &'static str, code: &'static str) -> Self {
        Self::answer(Answer::Failed { category, code, retryable: false })
    }

    /// It fails, and the same key may be tried again.
    pub(super) fn try_again(category: &'static str, code: &'static str) -> Self {
        Self::answer(Answer::Failed { category, code, retryable: true })
    }

    /// The message itself is refused.
    pub(super) fn malformed(category: &'static str, code: &'static str) -> Self {
        Self::answer(Answer::Protocol { category, code })
    }

    /// It is not let in.
    pub(super) fn unauthorized() -> Self {
        Self::answer(Answer::Unauthorized)
    }

    /// No answer comes.
    pub(super) fn nothing() -> Self {
        Self::answer(Answer::Nothing)
    }

    /// So many answers come, and all are of one operation.
    pub(super) fn crowd(size: usize) -> Self {
        Self::answer(Answer::Crowd(size))
    }

    /// This value may not come back.
    pub(super) fn hides(mut self, value: &'static str) -> Self {
        self.hides = Some(value);
        self
    }

    /// All the same, so much is paid.
    pub(super) fn but_pays(mut self, cents: u64) -> Self {
        self.pays = cents;
        self
    }

    /// What is wrong with the answer, if anything.
    pub(super) fn mistake(&self, told: &Told) -> Option<String> {
        if let (Some(value), Some(text)) = (self.hides, told.text())
            && text.contains(value)
        {
            return Some(format!("the refused value {value} came back: {text}"));
        }
        (!self.answer.is(told)).then(|| format!("expected {}, got {told:?}", self.answer.named()))
    }

    fn answer(answer: Answer) -> Self {
        Self { answer, hides: None, pays: 0 }
    }
}

impl Answer {
    fn is(&self, told: &Told) -> bool {
        match (self, told) {
            (Self::Done, Told::Done { replayed: false, .. })
            | (Self::Unauthorized, Told::Unauthorized)
            | (Self::Nothing, Told::Nothing) => true,
            (Self::Replay(first), Told::Done { replayed: true, text }) => first == text,
            (
                Self::Failed { category, code, retryable },
                Told::Failed { category: got, code: got_code, retryable: may, .. },
            ) => category == got && code == got_code && retryable == may,
            (
                Self::Protocol { category, code },
                Told::Protocol { category: got, code: got_code, retryable: false, .. },
            ) => category == got && code == got_code,
            (Self::Crowd(size), Told::Crowd { done, in_flight, other: 0 }) => {
                *done > 0 && done + in_flight == *size
            }
            _ => false,
        }
    }

    fn named(&self) -> String {
        match self {
            Self::Done => "ok".into(),
            Self::Replay(first) => format!("ok, replayed, as {first}"),
            Self::Failed { category, code, retryable } => {
                format!("{category} / {code}, retryable {retryable}")
            }
            Self::Protocol { category, code } => format!("protocol error {category} / {code}"),
            Self::Unauthorized => "HTTP 401".into(),
            Self::Nothing => "no answer".into(),
            Self::Crowd(size) => format!("{size} answers of one operation"),
        }
    }
}
