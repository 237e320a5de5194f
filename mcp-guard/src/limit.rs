//! Limits: how much one call may ask for.

use crate::{
    caller::Caller,
    failure::Failure,
    tool::{LimitSpec, Measurement},
};

/// Refuses a value above the highest limit that is the caller's: everyone's, or that of a scope
/// which the caller holds. A parameter that has only limits of scopes which the caller lacks is
/// refused whatever its value.
pub(crate) fn check(
    limits: &[LimitSpec],
    measured: &[Measurement],
    caller: &Caller,
    published: bool,
) -> Result<(), Box<Failure>> {
    for (parameter, value) in measured {
        let of_parameter = || limits.iter().filter(|limit| limit.parameter == *parameter);
        let Some(value) = *value else { continue };
        // What only a budget sums is measured too.
        if of_parameter().next().is_none() {
            continue;
        }
        let highest = of_parameter()
            .filter(|limit| limit.scope.is_none_or(|scope| caller.has_scope(scope)))
            .map(|limit| limit.max)
            .max();
        let below_minimum = of_parameter().any(|limit| limit.min.is_some_and(|min| value < min));
        let allowed = highest.is_some_and(|highest| value <= highest) && !below_minimum;
        if !allowed {
            let told = highest.filter(|_| published);
            return Err(Failure::limit_exceeded(parameter, told).into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &[LimitSpec] = &[
        LimitSpec { parameter: "amount", max: 50_000, min: Some(0), scope: None },
        LimitSpec { parameter: "amount", max: 500_000, min: None, scope: Some("large") },
    ];

    fn allowed(limits: &[LimitSpec], value: i128, scopes: &[&str]) -> bool {
        let caller = Caller::local("agent").with_scopes(scopes.iter().copied());
        check(limits, &[("amount", Some(value))], &caller, true).is_ok()
    }

    #[test]
    fn a_tier_is_for_those_who_hold_its_scope() {
        assert!(allowed(LIMITS, 50_000, &[]));
        assert!(!allowed(LIMITS, 50_001, &["refunds"]));
        assert!(allowed(LIMITS, 500_000, &["large"]));
        assert!(!allowed(LIMITS, 500_001, &["large"]));
    }

    #[test]
    fn an_amount_is_never_negative() {
        assert!(!allowed(LIMITS, -1, &["large"]));
        assert!(!allowed(LIMITS, i128::MIN, &[]));
    }

    #[test]
    fn without_a_limit_of_ones_own_nothing_is_allowed() {
        assert!(!allowed(&LIMITS[1..], 1, &[]));
    }

    #[test]
    fn what_has_no_limit_is_not_limited() {
        let caller = Caller::local("agent");
        assert!(check(LIMITS, &[("quantity", Some(i128::MAX))], &caller, true).is_ok());
    }

    #[test]
    fn an_absent_parameter_is_not_limited() {
        assert!(check(LIMITS, &[("amount", None)], &Caller::local("agent"), true).is_ok());
    }
}
