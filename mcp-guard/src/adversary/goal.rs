//! What an attacker wants of a tool, and what they may get.

/// What an attacker wants of a tool, and the most that one caller may get of it, however they go about
/// it. The ledger is held to it after every attack on the tool.
///
/// ```
/// use mcp_guard::adversary::Goal;
///
/// // "Take 300,000 under a cap of 50,000 a call and 100,000 a day."
/// let refunds =
///     Goal::of("create_refund").takes("amount_cents", 300_000).at_most(50_000).in_all(100_000);
/// // "Have the same delivery paid back twice."
/// let delivery = Goal::of("refund_delivery").once_for("order_id");
/// # drop((refunds, delivery));
/// ```
#[derive(Debug, Clone)]
pub struct Goal {
    pub(super) tool: String,
    /// The argument that says how much, and how much is wanted.
    pub(super) wants: Option<(String, i128)>,
    pub(super) at_most: Option<i128>,
    pub(super) in_all: Option<i128>,
    pub(super) effects: Option<usize>,
    pub(super) once_for: Vec<String>,
}

impl Goal {
    /// To have a tool do more than it may.
    #[must_use]
    pub fn of(tool: impl Into<String>) -> Self {
        Self {
            tool: tool.into(),
            wants: None,
            at_most: None,
            in_all: None,
            effects: None,
            once_for: Vec::new(),
        }
    }

    /// The attacker wants this much, which the argument asks for.
    #[must_use]
    pub fn takes(mut self, argument: impl Into<String>, wanted: impl Into<i128>) -> Self {
        self.wants = Some((argument.into(), wanted.into()));
        self
    }

    /// The amount of each effect is at most this.
    #[must_use]
    pub fn at_most(mut self, amount: impl Into<i128>) -> Self {
        self.at_most = Some(amount.into());
        self
    }

    /// The amounts of all effects of one caller are together at most this.
    #[must_use]
    pub fn in_all(mut self, amount: impl Into<i128>) -> Self {
        self.in_all = Some(amount.into());
        self
    }

    /// One caller has at most so many effects.
    #[must_use]
    pub fn effects(mut self, effects: usize) -> Self {
        self.effects = Some(effects);
        self
    }

    /// There is at most one effect for each value of this argument, whatever keys are made up: what the
    /// tool declares as `key = [argument]`. With several calls of this, for each combination.
    #[must_use]
    pub fn once_for(mut self, argument: impl Into<String>) -> Self {
        self.once_for.push(argument.into());
        self
    }
}
