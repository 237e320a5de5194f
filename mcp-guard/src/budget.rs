//! Budgets: how much many calls together may take.
//!
//! The sum is the store's: it is taken and compared in the transaction that claims the operation.

use serde_json::Value;

use crate::{
    caller::Caller,
    failure::Failure,
    key::MeterId,
    store::{MAX_CAP, Reservation},
    tool::{BudgetSpec, Measurement, ToolSpec},
};

/// What a call takes of its tool's budgets, in their order.
///
/// # Errors
/// Where an amount is missing, negative or beyond what any budget can have: that is over budget,
/// whatever is left of it.
pub(crate) fn reservations(
    tool: &ToolSpec,
    measured: &[Measurement],
    arguments: &Value,
    caller: &Caller,
    published: bool,
) -> Result<Vec<Reservation>, Box<Failure>> {
    let reservation = |budget: &BudgetSpec| {
        Some(Reservation {
            meter: MeterId::of(caller, tool.name, budget, arguments)?,
            amount: amount(budget, measured)?,
            cap: budget.max.min(MAX_CAP),
            window: budget.per,
        })
    };
    tool.budgets
        .iter()
        .map(|budget| {
            reservation(budget).ok_or_else(|| Failure::over_budget(budget, published).into())
        })
        .collect()
}

fn amount(budget: &BudgetSpec, measured: &[Measurement]) -> Option<u64> {
    let Some(parameter) = budget.parameter else { return Some(1) };
    let (_, value) = measured.iter().find(|(name, _)| *name == parameter)?;
    u64::try_from((*value)?).ok().filter(|amount| *amount <= MAX_CAP)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::tool::{Access, BudgetOf, EffectClass};

    const DAY: Duration = Duration::from_secs(86_400);

    const fn budget(parameter: Option<&'static str>, of: BudgetOf) -> BudgetSpec {
        BudgetSpec { parameter, max: 100, per: DAY, of }
    }

    const fn tool(name: &'static str, budgets: &'static [BudgetSpec]) -> ToolSpec {
        ToolSpec {
            name,
            title: None,
            description: "",
            authorizes: false,
            access: Access::AnyCaller,
            effect: EffectClass::ReadOnly,
            limits: &[],
            budgets,
            redactions: &[],
            restrictions: &[],
            timeout: None,
            destructive: true,
            open_world: true,
        }
    }

    const CALLS: &[BudgetSpec] = &[budget(None, BudgetOf::Caller)];
    const SUM: &[BudgetSpec] = &[budget(Some("amount"), BudgetOf::Caller)];

    fn taken(spec: &ToolSpec, amount: Option<i128>, caller: &Caller) -> Option<Vec<Reservation>> {
        let arguments = json!({"order_id": "ord_1", "amount": 5});
        reservations(spec, &[("amount", amount)], &arguments, caller, true).ok()
    }

    #[test]
    fn calls_count_one_and_amounts_count_what_they_are() {
        let caller = Caller::local("agent");
        let calls = taken(&tool("refund", CALLS), Some(5), &caller).expect("fits");
        let sum = taken(&tool("refund", SUM), Some(5), &caller).expect("fits");
        assert_eq!((calls[0].amount, sum[0].amount), (1, 5));
        assert_ne!(calls[0].meter, sum[0].meter);
    }

    #[test]
    fn an_amount_that_cannot_be_counted_is_over_budget() {
        let caller = Caller::local("agent");
        for amount in [None, Some(-1), Some(i128::from(MAX_CAP) + 1), Some(i128::MAX)] {
            assert_eq!(taken(&tool("refund", SUM), amount, &caller), None, "{amount:?}");
        }
    }

    #[test]
    fn whose_calls_are_counted_together() {
        const OF: [&[BudgetSpec]; 4] = [
            &[budget(None, BudgetOf::Caller)],
            &[budget(None, BudgetOf::Tenant)],
            &[budget(None, BudgetOf::Tool)],
            &[budget(None, BudgetOf::Parameter("order_id"))],
        ];
        let acme = |subject| Caller::local(subject).with_tenant("acme");
        let meter = |budgets, caller: &Caller, order: &str| {
            let arguments = json!({ "order_id": order });
            let spec = tool("refund", budgets);
            reservations(&spec, &[], &arguments, caller, true).expect("fits")[0].meter
        };
        // Another subject, another tenant, another order: is it counted together with the first?
        let together = OF.map(|budgets| {
            let first = meter(budgets, &acme("a"), "1");
            [
                meter(budgets, &acme("b"), "1") == first,
                meter(budgets, &Caller::local("a").with_tenant("other"), "1") == first,
                meter(budgets, &acme("a"), "2") == first,
            ]
        });
        assert_eq!(
            together,
            [[false, false, true], [true, false, true], [true, true, true], [true, false, false],]
        );
    }

    #[test]
    fn a_missing_subject_is_refused() {
        const OF_ORDER: &[BudgetSpec] = &[budget(None, BudgetOf::Parameter("missing"))];
        assert_eq!(taken(&tool("refund", OF_ORDER), Some(1), &Caller::local("agent")), None);
    }

    #[test]
    fn tools_are_counted_apart() {
        let caller = Caller::local("agent");
        let one = taken(&tool("refund", CALLS), None, &caller).expect("fits");
        let other = taken(&tool("credit", CALLS), None, &caller).expect("fits");
        assert_ne!(one[0].meter, other[0].meter);
    }
}
