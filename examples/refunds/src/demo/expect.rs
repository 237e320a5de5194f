//! What the agent must be told, and what must have been paid.

use super::told::Told;
use crate::payments::Totals;

/// What must come of one try.
pub(super) struct Expect {
    answer: Answer,
    /// A value that may not come back.
    hides: Option<&'static str>,
    /// What is paid by it.
    pub(super) pays: Totals,
}

enum Answer {
    Done,
    /// These bytes again, marked as a replay.
    Replay(String),
    /// A refund of so many cents, marked as a replay: nobody heard of it when it was made.
    Recorded(u64),
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
    /// Sent away to get a token.
    Challenged {
        error: Option<&'static str>,
        scopes: Option<&'static str>,
    },
    Nothing,
    /// All done or in flight, at least one of them done.
    Crowd(usize),
    /// So many done, and so many beyond the budget.
    Parts(usize, usize),
    /// How an operation stands.
    Standing(&'static str),
    /// What a person's terminal says.
    Said(String),
}

impl Expect {
    /// It is done, and moves nothing.
    pub(super) fn done() -> Self {
        Self::answer(Answer::Done)
    }

    /// It is done, and pays so much.
    pub(super) fn pays(cents: u64) -> Self {
        Self::done().but_pays(cents)
    }

    /// The bytes of the first answer come back.
    pub(super) fn replay_of(first: &Told) -> Self {
        Self::answer(Answer::Replay(first.text().unwrap_or_default().to_owned()))
    }

    /// It was done before, paying so much, and nobody heard of it.
    pub(super) fn recorded(cents: u64) -> Self {
        Self::answer(Answer::Recorded(cents))
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

    /// It is not let in: for this error, and told to ask for these scopes.
    pub(super) fn challenged(error: Option<&'static str>, scopes: Option<&'static str>) -> Self {
        Self::answer(Answer::Challenged { error, scopes })
    }

    /// No answer comes.
    pub(super) fn nothing() -> Self {
        Self::answer(Answer::Nothing)
    }

    /// So many answers come, and all are of one operation.
    pub(super) fn crowd(size: usize) -> Self {
        Self::answer(Answer::Crowd(size))
    }

    /// So many of the calls each pay so much, and so many are beyond the budget.
    pub(super) fn parts(paid: usize, cents: u64, beyond: usize) -> Self {
        let payouts = paid as u64;
        let pays = Totals { payouts, cents: payouts * cents };
        Self { pays, ..Self::answer(Answer::Parts(paid, beyond)) }
    }

    /// The operation stands so.
    pub(super) fn standing(operation: &'static str) -> Self {
        Self::answer(Answer::Standing(operation))
    }

    /// A person's terminal says so.
    pub(super) fn said(text: impl Into<String>) -> Self {
        Self::answer(Answer::Said(text.into()))
    }

    /// This value may not come back.
    pub(super) fn hides(mut self, value: &'static str) -> Self {
        self.hides = Some(value);
        self
    }

    /// All the same, so much is paid.
    pub(super) fn but_pays(mut self, cents: u64) -> Self {
        self.pays = Totals { payouts: 1, cents };
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
        Self { answer, hides: None, pays: Totals::default() }
    }
}

impl Answer {
    fn is(&self, told: &Told) -> bool {
        match (self, told) {
            (Self::Done, Told::Done { replayed: false, .. }) | (Self::Nothing, Told::Nothing) => {
                true
            }
            (Self::Replay(first), Told::Done { replayed: true, text }) => first == text,
            (Self::Recorded(cents), Told::Done { replayed: true, .. }) => {
                told.amount_cents() == Some(*cents)
            }
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
            (Self::Parts(paid, beyond), Told::Parts { paid: got, beyond: refused, other: 0 }) => {
                paid == got && beyond == refused
            }
            (
                Self::Challenged { error, scopes },
                Told::Challenged { error: got, scopes: asked },
            ) => got.as_deref() == *error && asked.as_deref() == *scopes,
            (Self::Standing(operation), Told::Standing(got)) => operation == got,
            (Self::Said(text), Told::Said(got)) => text == got,
            _ => false,
        }
    }

    fn named(&self) -> String {
        match self {
            Self::Done => "ok".into(),
            Self::Replay(first) => format!("ok, replayed, as {first}"),
            Self::Recorded(cents) => format!("ok, replayed, of {cents} cents"),
            Self::Failed { category, code, retryable } => {
                format!("{category} / {code}, retryable {retryable}")
            }
            Self::Protocol { category, code } => format!("protocol error {category} / {code}"),
            Self::Challenged { error, scopes } => format!("a challenge: {error:?}, {scopes:?}"),
            Self::Nothing => "no answer".into(),
            Self::Crowd(size) => format!("{size} answers of one operation"),
            Self::Parts(paid, beyond) => format!("{paid} paid, {beyond} beyond the budget"),
            Self::Standing(operation) => format!("an operation that is {operation}"),
            Self::Said(text) => text.clone(),
        }
    }
}
