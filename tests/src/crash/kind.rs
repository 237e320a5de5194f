//! The kinds of tools that die, by what they do about an unknown outcome.

/// A kind of tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `on_unknown = refuse`.
    Refuse,
    /// `on_unknown = retry`, with a backend that deduplicates.
    Retry,
    /// `on_unknown = reconcile(...)`, with a backend that tells the truth.
    Reconcile,
    /// `dispatch`: the body marks the moment of its effect.
    Dispatch,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Refuse, Self::Retry, Self::Reconcile, Self::Dispatch];

    /// The tool of this kind.
    #[must_use]
    pub fn tool(self) -> &'static str {
        match self {
            Self::Refuse => "act_or_doubt",
            Self::Retry => "act_again",
            Self::Reconcile => "act_and_look",
            Self::Dispatch => "act_when_dispatched",
        }
    }
}
