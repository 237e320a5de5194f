//! Each member of a manifest, how it loosens, and what is said of it. A member that is not in the table
//! fails the test.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Manifest, VERSION,
    access::AccessPolicy,
    budgets::{BudgetPolicy, Whose},
    guard_policy::GuardPolicy,
    limits::LimitPolicy,
    quota::QuotaPolicy,
    tool_policy::{EffectPolicy, IdempotentPolicy, OnUnknownPolicy, ToolPolicy},
};

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A manifest in which everything can become looser and tighter.
fn base() -> Manifest {
    let quota = QuotaPolicy { count: 10, per_ms: 1_000, burst: 5 };
    let idempotent = IdempotentPolicy {
        business_key: set(&["order_id"]),
        on_unknown: OnUnknownPolicy::Reconcile,
        dispatch: false,
        transaction: true,
        lease_ms: 60_000,
        retain_ms: 60_000,
        tombstone_ms: 60_000,
    };
    let act = ToolPolicy {
        access: AccessPolicy::Scopes(set(&["act", "pay"])),
        authorize: true,
        effect: EffectPolicy::Idempotent(idempotent),
        limits: vec![LimitPolicy {
            argument: "amount".into(),
            scope: Some("large".into()),
            max: 100,
            min: Some(0),
        }],
        budgets: vec![BudgetPolicy {
            sum_of: Some("amount".into()),
            of: Whose::Tenant,
            max: 1_000,
            per_ms: 60_000,
        }],
        redactions: [("/card/number".to_owned(), "pii".to_owned())].into(),
        rate_per_caller: Some(quota.clone()),
        timeout_ms: 30_000,
        destructive: true,
        open_world: true,
        description: "sha256:1".into(),
        arguments: "sha256:2".into(),
        result: "sha256:3".into(),
    };
    let guard = GuardPolicy {
        scopes: [("write".to_owned(), set(&["read"]))].into(),
        authorizers: set(&["cedar", "freeze"]),
        rate_per_caller: Some(quota),
        max_concurrent_calls: 10,
        max_concurrent_calls_per_caller: 5,
        hide_limits: true,
        hide_unauthorized: true,
        max_message_bytes: 100,
        max_message_depth: 10,
    };
    Manifest { version: VERSION, guard, tools: [("act".to_owned(), act)].into() }
}

fn act(manifest: &mut Manifest) -> &mut ToolPolicy {
    manifest.tools.get_mut("act").expect("a tool")
}

fn once(manifest: &mut Manifest) -> &mut IdempotentPolicy {
    match &mut act(manifest).effect {
        EffectPolicy::Idempotent(idempotent) => idempotent,
        EffectPolicy::ReadOnly => panic!("it is idempotent"),
    }
}

fn tool_rate(manifest: &mut Manifest) -> &mut QuotaPolicy {
    act(manifest).rate_per_caller.as_mut().expect("a rate")
}

fn rate(manifest: &mut Manifest) -> &mut QuotaPolicy {
    manifest.guard.rate_per_caller.as_mut().expect("a rate")
}

/// A member, a change that loosens it, a part of what is said, and whether the way back tightens. What
/// only a person can judge is said both ways.
type Row = (&'static str, fn(&mut Manifest), &'static str, bool);

const GUARD: &[Row] = &[
    (
        "guard.scopes.*",
        |m| drop(m.guard.scopes.insert("write".into(), set(&["read", "x"]))),
        "`write` now includes `x`",
        true,
    ),
    (
        "guard.scopes.*",
        |m| drop(m.guard.scopes.insert("x".into(), set(&["read"]))),
        "`x` now includes `read`",
        true,
    ),
    (
        "guard.authorizers[]",
        |m| m.guard.authorizers = set(&["freeze"]),
        "`cedar` decides no longer",
        true,
    ),
    (
        "guard.rate_per_caller",
        |m| m.guard.rate_per_caller = None,
        "rate of each caller is gone",
        true,
    ),
    ("guard.rate_per_caller.count", |m| rate(m).count = 11, "from 10 in 1s to 11 in 1s", true),
    (
        "guard.rate_per_caller.per_ms",
        |m| rate(m).per_ms = 999,
        "from 10 in 1s to 10 in 999ms",
        true,
    ),
    (
        "guard.rate_per_caller.burst",
        |m| rate(m).burst = 6,
        "burst of the rate of each caller",
        true,
    ),
    ("guard.max_concurrent_calls", |m| m.guard.max_concurrent_calls = 11, "from 10 to 11", true),
    (
        "guard.max_concurrent_calls_per_caller",
        |m| m.guard.max_concurrent_calls_per_caller = 6,
        "from 5 to 6",
        true,
    ),
    ("guard.hide_limits", |m| m.guard.hide_limits = false, "hides limits no longer", true),
    ("guard.hide_unauthorized", |m| m.guard.hide_unauthorized = false, "hides tools", true),
    ("guard.max_message_bytes", |m| m.guard.max_message_bytes = 101, "`max_bytes`", true),
    ("guard.max_message_depth", |m| m.guard.max_message_depth = 11, "`max_depth`", true),
];

const TOOL: &[Row] = &[
    (
        "tools.*",
        |m| drop(m.tools.insert("new".into(), base().tools["act"].clone())),
        "tool `new`: is new",
        true,
    ),
    ("tools.*.access", |m| act(m).access = AccessPolicy::AnyCaller, "any caller", true),
    (
        "tools.*.access.scopes[]",
        |m| act(m).access = AccessPolicy::Scopes(set(&["act"])),
        "`pay` is no longer required",
        true,
    ),
    ("tools.*.authorize", |m| act(m).authorize = false, "`authorize` no longer", true),
    (
        "tools.*.effect",
        |m| act(m).effect = EffectPolicy::ReadOnly,
        "nothing holds it to once",
        false,
    ),
    (
        "tools.*.effect.idempotent.business_key[]",
        |m| once(m).business_key = set(&[]),
        "no business key",
        true,
    ),
    (
        "tools.*.effect.idempotent.business_key[]",
        |m| once(m).business_key.extend(set(&["reason"])),
        "`reason` is now part",
        true,
    ),
    (
        "tools.*.effect.idempotent.on_unknown",
        |m| once(m).on_unknown = OnUnknownPolicy::Retry,
        "`retry` and was `reconcile`",
        true,
    ),
    ("tools.*.effect.idempotent.dispatch", |m| once(m).dispatch = true, "has `dispatch`", true),
    (
        "tools.*.effect.idempotent.transaction",
        |m| once(m).transaction = false,
        "transaction no longer",
        true,
    ),
    (
        "tools.*.effect.idempotent.lease_ms",
        |m| once(m).lease_ms = 59_000,
        "`lease` is shortened from 1m to 59s",
        true,
    ),
    (
        "tools.*.effect.idempotent.retain_ms",
        |m| once(m).retain_ms = 59_000,
        "`retain` is shortened",
        true,
    ),
    (
        "tools.*.effect.idempotent.tombstone_ms",
        |m| once(m).tombstone_ms = 59_000,
        "`tombstone` is shortened",
        true,
    ),
    ("tools.*.limits[]", |m| act(m).limits.clear(), "`amount` has no limit", true),
    (
        "tools.*.limits[].argument",
        |m| act(m).limits[0].argument = "other".into(),
        "`amount` has no limit",
        false,
    ),
    (
        "tools.*.limits[].scope",
        |m| act(m).limits[0].scope = None,
        "everyone is raised from nothing to 100",
        true,
    ),
    (
        "tools.*.limits[].max",
        |m| act(m).limits[0].max = 101,
        "holders of `large` is raised from 100 to 101",
        true,
    ),
    (
        "tools.*.limits[].min",
        |m| act(m).limits[0].min = Some(-1),
        "least `amount` is lowered",
        true,
    ),
    ("tools.*.budgets[]", |m| act(m).budgets.clear(), "budget of `amount` is gone", true),
    (
        "tools.*.budgets[].sum_of",
        |m| act(m).budgets[0].sum_of = None,
        "budget of `amount` is gone",
        false,
    ),
    (
        "tools.*.budgets[].of",
        |m| act(m).budgets[0].of = Whose::Caller,
        "per caller instead of tenant",
        true,
    ),
    ("tools.*.budgets[].max", |m| act(m).budgets[0].max = 1_001, "raised from 1000 to 1001", true),
    ("tools.*.budgets[].per_ms", |m| act(m).budgets[0].per_ms = 59_000, "59s instead of 1m", true),
    (
        "tools.*.redactions.*",
        |m| act(m).redactions.clear(),
        "`/card/number` of its result is no longer redacted",
        true,
    ),
    (
        "tools.*.redactions.*",
        |m| act(m).redactions = [("/card/num".to_owned(), "pii".to_owned())].into(),
        "`/card/number` of its result is no longer redacted",
        false,
    ),
    (
        "tools.*.redactions.*",
        |m| act(m).redactions = [("/card".to_owned(), "staff".to_owned())].into(),
        "shown to holders of `staff`, and was to holders of `pii`",
        false,
    ),
    (
        "tools.*.rate_per_caller",
        |m| act(m).rate_per_caller = None,
        "its rate for each caller is gone",
        true,
    ),
    (
        "tools.*.rate_per_caller.count",
        |m| tool_rate(m).count = 11,
        "its rate for each caller is raised",
        true,
    ),
    (
        "tools.*.rate_per_caller.per_ms",
        |m| tool_rate(m).per_ms = 999,
        "its rate for each caller is raised",
        true,
    ),
    ("tools.*.rate_per_caller.burst", |m| tool_rate(m).burst = 6, "burst of its rate", true),
    (
        "tools.*.timeout_ms",
        |m| act(m).timeout_ms = 31_000,
        "timeout is raised from 30s to 31s",
        true,
    ),
    ("tools.*.destructive", |m| act(m).destructive = false, "`destructive` no longer", true),
    ("tools.*.open_world", |m| act(m).open_world = false, "`open_world` no longer", true),
    (
        "tools.*.description",
        |m| act(m).description = "sha256:4".into(),
        "what the model is told",
        false,
    ),
    (
        "tools.*.arguments",
        |m| act(m).arguments = "sha256:4".into(),
        "schema of its arguments",
        false,
    ),
    ("tools.*.result", |m| act(m).result = "sha256:4".into(), "schema of its result", false),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    GUARD.iter().chain(TOOL)
}

#[test]
fn what_loosens_is_found_and_what_tightens_is_not() {
    for (member, loosen, part, reversible) in rows() {
        let (base, mut loosened) = (base(), base());
        loosen(&mut loosened);
        let found = loosened.loosened_since(&base);
        assert_eq!(found.len(), 1, "{member}: {found:?}");
        assert!(found[0].to_string().contains(part), "{member}: {}", found[0]);
        let back = base.loosened_since(&loosened);
        assert_eq!(back.is_empty(), *reversible, "{member}, the way back: {back:?}");
    }
    assert_eq!(base().loosened_since(&base()), []);
}

/// What a member is a part of is left out with it.
#[test]
fn a_member_of_what_is_redacted_is_redacted() {
    let mut wider = base();
    act(&mut wider).redactions = [("/card".to_owned(), "pii".to_owned())].into();
    assert_eq!(wider.loosened_since(&base()), []);
    let narrower = base().loosened_since(&wider);
    assert_eq!(narrower.len(), 1, "{narrower:?}");
    assert!(narrower[0].to_string().contains("`/card` of its result is no longer redacted"));
}

#[test]
fn every_member_is_in_the_table() {
    let mut members = BTreeSet::new();
    collect("", &serde_json::to_value(base()).expect("JSON"), &mut members);
    members.remove("version");
    let known: BTreeSet<_> = rows().map(|(member, ..)| (*member).to_owned()).collect();
    let unknown: Vec<_> = members.difference(&known).collect();
    assert!(unknown.is_empty(), "not in the table: {unknown:?}");
}

/// Names every value that has no members of its own. Names that are not the manifest's are `*`.
fn collect(path: &str, value: &Value, members: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let named = matches!(path, "tools" | "guard.scopes" | "tools.*.redactions");
                let name = if named { "*" } else { name };
                let dot = if path.is_empty() { "" } else { "." };
                collect(&format!("{path}{dot}{name}"), value, members);
            }
        }
        Value::Array(items) if path != "guard.scopes.*" => {
            for item in items {
                collect(&format!("{path}[]"), item, members);
            }
        }
        _ => {
            members.insert(path.into());
        }
    }
}

#[test]
fn it_is_read_as_it_was_written() {
    let mut extreme = base();
    act(&mut extreme).limits[0].max = i128::MAX;
    for manifest in [base(), extreme] {
        let text = manifest.to_string();
        let read: Manifest = text.parse().expect("a manifest");
        assert_eq!(read, manifest);
        assert_eq!(read.to_string(), text);
    }
}

#[test]
fn what_is_not_of_this_version_is_not_read() {
    let text = base().to_string();
    for (spoilt, why) in [
        (text.replace("\"version\": 1", "\"version\": 2"), "of version 2"),
        (text.replace("\"version\": 1,", ""), "no manifest"),
        (text.replace("\"dispatch\"", "\"despatch\""), "no manifest"),
        (text.replace("\"dispatch\": false,", ""), "no manifest"),
        (text.replace("\"reconcile\"", "\"guess\""), "no manifest"),
        (text[..text.len() / 2].to_owned(), "no manifest"),
        (String::new(), "no manifest"),
    ] {
        let error = spoilt.parse::<Manifest>().expect_err("unreadable").to_string();
        assert!(error.contains(why), "{error}");
    }
}
