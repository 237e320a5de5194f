//! What a guard allows, for review: the attributes of real tools, and what is said when they loosen.

use mcp_guard::{Manifest, MemoryStore, Quota, Rates, ScopeHierarchy, prelude::*};
use schemars::JsonSchema;
use serde::Serialize;

/// The tool `pay` with an attribute of its own, in a module of its own.
macro_rules! pay {
    ($name:ident, $($attribute:tt)*) => {
        mod $name {
            use mcp_guard::prelude::*;

            /// Pay somebody.
            #[guarded_tool(name = "pay", $($attribute)*)]
            pub(super) async fn pay(
                effect: &Effect,
                /// Whom.
                to: String,
                /// How much, in cents.
                amount_cents: u64,
            ) -> Result<u64, std::convert::Infallible> {
                let _ = (effect, to);
                Ok(amount_cents)
            }
        }
    };
}

pay!(
    committed,
    idempotent(key = [to], on_unknown = refuse, retain = "12h"),
    scope("pay", "people"),
    max_amount = 500,
    budget(amount_cents <= 1000, per = "24h", of = tenant)
);
pay!(
    tighter,
    idempotent(key = [to], on_unknown = refuse, retain = "24h"),
    scope("pay", "people", "more"),
    max_amount = 400,
    budget(amount_cents <= 1000, per = "48h", of = tool)
);
pay!(
    looser,
    idempotent(on_unknown = retry, retain = "1h"),
    scope = "pay",
    max_amount = 600,
    limit(amount_cents <= 5000, scope = "pay:large"),
    budget(amount_cents <= 1000, per = "12h")
);

/// Read.
#[guarded_tool(read_only, any_caller)]
async fn read() -> Result<u64, std::convert::Infallible> {
    Ok(1)
}

#[derive(Serialize, JsonSchema)]
struct Card {
    number: String,
    last4: String,
}

/// The tool `show` with a redaction of its own, in a module of its own.
macro_rules! show {
    ($name:ident, $($redaction:tt)*) => {
        mod $name {
            use mcp_guard::prelude::*;

            /// Show a card.
            #[guarded_tool(name = "show", read_only, any_caller, $($redaction)*)]
            pub(super) async fn show() -> Result<super::Card, std::convert::Infallible> {
                Ok(super::Card { number: "4242".into(), last4: "42".into() })
            }
        }
    };
}

show!(redacted, redact(number, last4, scope = "pii"));
show!(half_redacted, redact(number, scope = "pii"));
show!(shown_to_others, redact(number, last4, scope = "staff"));

#[test]
fn what_is_shown_to_more_callers_is_said() {
    let committed = manifest(builder().tool::<redacted::show>());
    assert_eq!(
        said(&manifest(builder().tool::<half_redacted::show>()), &committed),
        ["tool `show`: `/last4` of its result is no longer redacted."]
    );
    let others = manifest(builder().tool::<shown_to_others::show>());
    assert_eq!(
        said(&others, &committed),
        ["last4", "number"].map(|member| format!(
            "tool `show`: `/{member}` of its result is shown to holders of `staff`, and was to \
             holders of `pii`."
        ))
    );
    assert_eq!(said(&committed, &committed), Vec::<String>::new());
}

fn builder() -> GuardBuilder {
    Guard::builder().store(MemoryStore::new().expect("a store"))
}

fn manifest(builder: GuardBuilder) -> Manifest {
    builder.build().expect("a guard").manifest()
}

fn said(new: &Manifest, old: &Manifest) -> Vec<String> {
    new.loosened_since(old).iter().map(ToString::to_string).collect()
}

#[test]
fn each_loosening_is_said_in_a_sentence_and_nothing_else() {
    let committed = manifest(builder().tool::<committed::pay>());
    let looser = manifest(builder().tool::<looser::pay>().tool::<read>());
    assert_eq!(
        said(&looser, &committed),
        [
            "tool `pay`: the scope `people` is no longer required.",
            "tool `pay`: has no business key any more.",
            "tool `pay`: `on_unknown` is `retry` and was `refuse`.",
            "tool `pay`: `retain` is shortened from 12h to 1h.",
            "tool `pay`: the limit of `amount_cents` for everyone is raised from 500 to 600.",
            "tool `pay`: the limit of `amount_cents` for holders of `pay:large` is raised from 500 \
             to 5000.",
            "tool `pay`: the budget of `amount_cents` is for a shorter time, 12h instead of 1day and \
             counted per caller instead of tenant.",
            "tool `read`: is new.",
        ]
    );
    let tighter = manifest(builder().tool::<tighter::pay>());
    assert_eq!(said(&tighter, &committed), Vec::<String>::new());
    // The guard's own defaults are part of what a tool is held to.
    let forgetful = builder().tool::<committed::pay>().tombstone(std::time::Duration::ZERO);
    assert_eq!(said(&manifest(forgetful), &committed).len(), 1);
}

/// The file is compared by people, and by every version of the build.
#[test]
fn it_is_written_in_one_way() {
    let scopes = ScopeHierarchy::new().includes("all", ["pay", "people"]);
    let rates = Rates::new().per_caller(Quota::per_minute(60).burst(10));
    let rates = rates.per_tool::<committed::pay>(Quota::per_hour(30));
    let builder = builder().tool::<committed::pay>().scopes(scopes).rates(rates);
    let written = manifest(builder.without_operation_status()).to_string();
    assert_eq!(written, include_str!("manifest.json"));
    assert_eq!(written.parse::<Manifest>().expect("a manifest").to_string(), written);
}
