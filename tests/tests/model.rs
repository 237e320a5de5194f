//! The claim protocol, explored exhaustively: see `guard_tests::model`.
//!
//! `MODEL_BOUNDS=deep` follows more attempts at every operation, longer leases, and late writes
//! everywhere. That takes hours and much memory: `cargo test --release`.

use std::{env, time::Instant};

use guard_tests::model::{
    Backend, Call, Explored, Faults, Landmark, Mutation, OPERATION_A, OPERATION_B, Property,
    Resolver, Setting, StoreClock, explore,
};

/// Any number of calls with one key.
fn one_key(name: &'static str) -> Setting {
    Setting { attempts: 3, ..Setting::new(name, &[Call::of(OPERATION_A)]) }
}

/// A model that makes up a new key for what it has asked before.
fn one_business_key(name: &'static str) -> Setting {
    Setting::new(name, &[OPERATION_A, OPERATION_B].map(|key| Call::of(key).about_the_same()))
}

/// Two operations, of which the budget allows one.
fn one_budget(name: &'static str) -> Setting {
    let calls = [OPERATION_A, OPERATION_B].map(Call::of);
    Setting { cap: Some(1), ..Setting::new(name, &calls) }
}

/// `on_unknown = retry`, with a backend that deduplicates.
fn retrying(setting: Setting) -> Setting {
    Setting { retake: true, backend: Backend::Remembers, ..setting }
}

/// `idempotent(dispatch)`.
fn dispatching(setting: Setting) -> Setting {
    Setting { tentative: true, ..setting }
}

/// `on_unknown = reconcile(...)`, or an operator.
fn resolved(setting: Setting) -> Setting {
    Setting { resolver: Resolver::Truthful, ..setting }
}

/// Writes may reach the store long after their senders have given up.
fn late_writes(setting: Setting) -> Setting {
    Setting { faults: Faults::LateWrites, ..setting }
}

/// The store's clock may be set back, at any time.
fn set_back(setting: Setting) -> Setting {
    Setting { clock: StoreClock::IsSetBack, ..setting }
}

/// Everything holds, and all of this is seen on the way.
fn holds(setting: Setting, expected: &[Landmark]) -> Explored<Setting> {
    let setting = bounded(setting);
    let explored = explored(&setting, None);
    if let Some((property, trace)) = explored.broken.first_key_value() {
        panic!("{}: {property}:\n{trace}", setting.name);
    }
    let missing: Vec<_> =
        expected.iter().filter(|landmark| !explored.reached.contains(landmark)).collect();
    assert!(missing.is_empty(), "{}: never seen: {missing:?}", setting.name);
    explored
}

/// It does not hold, and the explorer shows how.
fn breaks(setting: &Setting, property: Property) {
    let explored = explored(setting, Some(property));
    let found = explored.broken.get(&property);
    let name = label(setting);
    let trace = found.unwrap_or_else(|| panic!("{name}: it was not found that {property}"));
    println!("{name}: {property}:\n{trace}");
}

fn explored(setting: &Setting, stop_at: Option<Property>) -> Explored<Setting> {
    let started = Instant::now();
    let explored = explore(setting, stop_at);
    println!(
        "{}: {} states, {} steps, the farthest {} away, in {:.1?}",
        label(setting),
        explored.states,
        explored.steps,
        explored.depth,
        started.elapsed()
    );
    explored
}

fn label(setting: &Setting) -> String {
    match setting.mutation {
        Some(mutation) => format!("planted: {mutation:?}"),
        None => setting.name.to_owned(),
    }
}

fn bounded(setting: Setting) -> Setting {
    match env::var("MODEL_BOUNDS").as_deref() {
        Ok("deep") if setting.faults == Faults::None => setting,
        Ok("deep") => Setting {
            attempts: setting.attempts + 1,
            lease: setting.lease + 1,
            faults: Faults::LateWrites,
            ..setting
        },
        Ok(other) => panic!("MODEL_BOUNDS={other}: write `deep`, or leave it out"),
        Err(_) => setting,
    }
}

/// What is seen wherever calls with one key meet.
const USUAL: [Landmark; 4] =
    [Landmark::InFlight, Landmark::Replayed, Landmark::AttemptedAgain, Landmark::OwnClaim];

#[test]
fn nothing_is_unknown_where_nothing_fails() {
    for calm in [one_key("one key"), one_business_key("one business key"), one_budget("a budget")] {
        let calm = Setting { faults: Faults::None, lease: 2, ..calm };
        let explored = holds(calm, &[Landmark::InFlight, Landmark::Replayed]);
        for never in [Landmark::Unknown, Landmark::CompletedLate, Landmark::SettlementRefused] {
            assert!(!explored.reached.contains(&never), "{never:?}");
        }
    }
}

#[test]
fn one_key_has_one_effect() {
    use Landmark::{CompletedLate, DispatchRefused, Forgotten, SettlementRefused, Unknown};
    let explored = holds(one_key("one key"), &USUAL);
    assert!(explored.reached.is_superset(&[Unknown, CompletedLate, SettlementRefused].into()));
    let explored = holds(dispatching(one_key("one key, dispatch")), &USUAL);
    assert!(explored.reached.is_superset(&[Unknown, DispatchRefused, Forgotten].into()));
}

#[test]
fn one_key_has_one_effect_whoever_resolves_it() {
    use Landmark::{FoundLanded, FoundNotLanded, SettlementRefused};
    for setting in [
        resolved(one_key("one key, resolved")),
        resolved(dispatching(one_key("one key, dispatch, resolved"))),
    ] {
        let explored = holds(setting, &USUAL);
        let expected = [FoundLanded, FoundNotLanded, SettlementRefused];
        assert!(explored.reached.is_superset(&expected.into()));
    }
}

#[test]
fn one_key_has_one_effect_however_often_it_is_retried() {
    for setting in [
        retrying(one_key("one key, retry")),
        retrying(dispatching(one_key("one key, retry, dispatch"))),
        retrying(resolved(one_key("one key, retry, resolved"))),
    ] {
        let explored = holds(setting, &USUAL);
        // What is unknown is attempted again, so nobody is told of it.
        assert!(!explored.reached.contains(&Landmark::Unknown));
        assert!(explored.reached.contains(&Landmark::SettlementRefused));
    }
}

#[test]
fn what_arrives_late_changes_nothing() {
    for setting in [
        one_key("one key, late writes"),
        dispatching(one_key("one key, dispatch, late writes")),
        retrying(one_key("one key, retry, late writes")),
        resolved(one_key("one key, resolved, late writes")),
    ] {
        holds(Setting { attempts: 2, ..late_writes(setting) }, &USUAL);
    }
}

#[test]
fn one_business_key_has_one_effect() {
    let duplicate = [Landmark::Duplicate, Landmark::OwnClaim, Landmark::InFlight];
    let first_attempts = |setting| Setting { attempts: 1, ..setting };
    holds(one_business_key("one business key"), &duplicate);
    holds(retrying(one_business_key("one business key, retry")), &duplicate);
    holds(first_attempts(dispatching(one_business_key("one business key, dispatch"))), &duplicate);
    holds(first_attempts(resolved(one_business_key("one business key, resolved"))), &duplicate);
}

#[test]
fn a_budget_is_never_exceeded() {
    let over = [Landmark::OverBudget, Landmark::OwnClaim, Landmark::InFlight];
    let first_attempts = |setting| Setting { attempts: 1, ..setting };
    holds(one_budget("a budget"), &over);
    holds(retrying(one_budget("a budget, retry")), &over);
    holds(first_attempts(dispatching(one_budget("a budget, dispatch"))), &over);
    holds(first_attempts(resolved(one_budget("a budget, resolved"))), &over);
}

#[test]
fn a_clock_that_is_set_back_brings_nothing_back() {
    let usual = [Landmark::OwnClaim, Landmark::InFlight];
    let first_attempts = |setting| Setting { attempts: 1, ..set_back(setting) };
    for setting in [
        set_back(one_key("one key, set back")),
        set_back(dispatching(one_key("one key, dispatch, set back"))),
        set_back(retrying(one_key("one key, retry, set back"))),
        first_attempts(one_business_key("one business key, set back")),
        first_attempts(retrying(one_business_key("one business key, retry, set back"))),
        first_attempts(dispatching(one_business_key("one business key, dispatch, set back"))),
        first_attempts(dispatching(one_budget("a budget, dispatch, set back"))),
    ] {
        holds(setting, &usual);
    }
}

#[test]
fn what_is_forgotten_was_over() {
    let briefly = |setting| Setting { retention: Some((1, 1)), ..setting };
    let expected = [Landmark::Forgotten, Landmark::Expired, Landmark::Replayed];
    holds(briefly(one_key("one key, kept briefly")), &expected);
    holds(briefly(dispatching(one_key("one key, dispatch, kept briefly"))), &expected);
    let rolling = Setting { window: Some(2), retention: Some((1, 0)), ..one_budget("rolling") };
    let expected = [Landmark::Forgotten, Landmark::OverBudget];
    holds(Setting { name: "a rolling budget", attempts: 1, ..rolling }, &expected);
}

#[test]
fn nobody_is_shown_another_calls_answer() {
    let a = Call::of(OPERATION_A).about_the_same();
    let b = Call::of(OPERATION_B).about_the_same();
    for (name, calls, expected) in [
        ("another caller", [a, b.by_another()], Landmark::AlreadyDone),
        ("one key, other arguments", [a, a.asking_otherwise()], Landmark::Conflict),
        ("one business key, other arguments", [a, b.asking_otherwise()], Landmark::Conflict),
    ] {
        let setting = retrying(Setting::new(name, &calls));
        holds(Setting { attempts: 1, ..setting }, &[expected]);
    }
}

/// Why `NotLanded` must not be said as long as the lost attempt may still act.
#[test]
fn saying_too_early_that_nothing_was_done_acts_twice() {
    let hasty = Setting { resolver: Resolver::Hasty, ..one_key("a hasty resolver") };
    breaks(&hasty, Property::OneEffect);
    // A retry would be safe: the backend is given the same key. A new key is not.
    let hasty = Setting { name: "a hasty resolver, one business key", ..hasty };
    let calls = one_business_key("").calls;
    breaks(&Setting { calls, ..retrying(hasty) }, Property::OneEffectPerBusinessKey);
}

/// Why a backend that is retried has to remember what it refused.
#[test]
fn a_backend_that_forgets_its_refusals_makes_them_untrue() {
    let forgetful = |setting| Setting { backend: Backend::ForgetsRefusals, ..retrying(setting) };
    breaks(&forgetful(one_key("a forgetful backend")), Property::TruthfulAnswers);
    // Even then nothing is done twice.
    let explored = explored(&forgetful(one_business_key("a forgetful backend, new keys")), None);
    assert!(explored.broken.keys().eq(&[Property::TruthfulAnswers]));
}

/// Why a body that is retried has to leave refusals to the backend.
#[test]
fn a_body_that_refuses_a_retry_by_itself_does_not_know_what_was_done() {
    let refusing = |setting| Setting { body_refuses: true, ..setting };
    holds(refusing(one_key("a body that refuses")), &USUAL);
    breaks(&refusing(retrying(one_key("a body that refuses a retry"))), Property::TruthfulAnswers);
}

/// Each planted mistake is found, in what it does to the world.
#[test]
fn every_planted_mistake_is_found() {
    use Mutation as M;
    use Property as P;
    let key = || one_key("");
    let [a, b] = [OPERATION_A, OPERATION_B].map(|key| Call::of(key).about_the_same());
    let two_callers = Setting::new("", &[a, b.by_another()]);
    let business = || one_business_key("");
    let budget = || one_budget("");
    for (mutation, setting, property) in [
        (M::FreeAtLeaseEnd, key(), P::OneEffect),
        (M::OwnWhoeverClaimed, key(), P::OneEffect),
        (M::AmbiguityReleases, key(), P::OneEffect),
        (M::AmbiguityReleases, key(), P::TruthfulRecords),
        (M::EndlessLease, key(), P::Ends),
        (M::SharedAnswers, two_callers, P::PrivateAnswers),
        (M::DispatchIgnored, dispatching(key()), P::OneEffect),
        (M::UnfencedResolution, resolved(key()), P::OneEffect),
        (M::RetakeOfALiveLease, retrying(key()), P::Arrows),
        (M::NoBusinessKey, business(), P::OneEffectPerBusinessKey),
        (M::KeyOfTheCall, retrying(business()), P::OneEffectPerBusinessKey),
        (M::RetakeReleases, retrying(business()), P::OneEffectPerBusinessKey),
        (M::UnfencedSettlement, retrying(business()), P::OneEffectPerBusinessKey),
        (M::DispatchRevives, dispatching(business()), P::OneEffectPerBusinessKey),
        (M::BudgetFreeWhileUnknown, budget(), P::WithinCap),
        (M::HeartbeatRevives, dispatching(budget()), P::WithinCap),
        (M::LapsedStays, set_back(dispatching(business())), P::OneEffectPerBusinessKey),
        (M::LapsedStays, set_back(dispatching(budget())), P::WithinCap),
    ] {
        breaks(&Setting { mutation: Some(mutation), ..setting }, property);
    }
}
