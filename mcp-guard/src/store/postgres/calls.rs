//! The functions of the schema that the store calls, each by one prepared statement.

/// A function of the schema. The order is that of [`Call::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Claim,
    Recall,
    Extend,
    Settle,
    Resolve,
    Inspect,
    Unresolved,
    Secret,
    Sweep,
    SettleInside,
    StayInside,
}

impl Call {
    pub(super) const ALL: [Self; 11] = [
        Self::Claim,
        Self::Recall,
        Self::Extend,
        Self::Settle,
        Self::Resolve,
        Self::Inspect,
        Self::Unresolved,
        Self::Secret,
        Self::Sweep,
        Self::SettleInside,
        Self::StayInside,
    ];

    /// The statement that calls it.
    pub(super) fn statement(self, schema: &str) -> String {
        let (name, arity) = self.signature();
        let places: Vec<_> = (1..=arity).map(|place| format!("${place}")).collect();
        format!("SELECT * FROM \"{schema}\".{name}({})", places.join(", "))
    }

    fn signature(self) -> (&'static str, usize) {
        match self {
            Self::Claim => ("claim", 16),
            Self::Recall => ("recall", 8),
            Self::Extend => ("extend", 6),
            Self::Settle => ("settle", 10),
            Self::Resolve => ("resolve", 10),
            Self::Inspect => ("inspect", 2),
            Self::Unresolved => ("unresolved", 3),
            Self::Secret => ("secret", 1),
            Self::Sweep => ("sweep", 2),
            Self::SettleInside => ("settle_inside", 11),
            Self::StayInside => ("stay_inside", 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_finds_its_statement() {
        for (place, call) in Call::ALL.into_iter().enumerate() {
            assert_eq!(call as usize, place);
        }
        assert_eq!(
            Call::Inspect.statement("mcp_guard"),
            "SELECT * FROM \"mcp_guard\".inspect($1, $2)"
        );
    }
}
