//! Tools and a store that say what is nobody's business, in every way in which a call can fail.

mod credentials;
mod errors;
mod store;

use std::{convert::Infallible, future, panic::panic_any};

use mcp_guard::{
    CheckStatus as _, Class, GuardBuilder, MapToolError as _, Report, Reported, prelude::*,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};

use errors::{Deep, Failing, HandWritten};
use store::{Leaky, LeakyTransaction};

/// What stands in the text that comes from this place, and must reach no client.
#[must_use]
pub fn canary(place: &str) -> String {
    format!("CANARY-{place}-hunter2")
}

/// The places whose texts go to the log. Three more are not: what is too large, what does not fit, and
/// what is withheld are values, which nobody logs.
pub const LOGGED: [&str; 44] = [
    "claim_unavailable",
    "claim_unreadable",
    "claim_unusable",
    "recall",
    "settle",
    "dispatch",
    "inspect",
    "commit_lost",
    "commit_refused",
    "ended_by_body",
    "rejected",
    "rejected_source",
    "rejected_deepest",
    "transient",
    "transient_source",
    "transient_deepest",
    "ambiguous",
    "ambiguous_source",
    "ambiguous_deepest",
    "validation",
    "validation_source",
    "validation_deepest",
    "authz",
    "authz_source",
    "authz_deepest",
    "internal",
    "internal_source",
    "internal_deepest",
    "public_source",
    "public_deepest",
    "code",
    "foreign_deepest",
    "foreign_source",
    "panic_text",
    "panic_value",
    "unserializable",
    "reconcile_error_source",
    "reconcile_error_deepest",
    "reconcile_panic",
    "undecided_source",
    "undecided_deepest",
    "without_answer",
    "without_leave",
    "without_setting",
];

/// Builds a server of nothing else.
pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
    let builder = register_errors(builder);
    let builder = register_standings(builder);
    let builder = credentials::register(register_ends(builder));
    let builder = builder
        .tool::<ambiguous_again>()
        .tool::<late_again>()
        .tool::<denied>()
        .tool::<undecided>()
        .tool::<dispatch>()
        .tool::<recall>()
        .tool::<commit_lost>()
        .tool::<commit_refused>()
        .tool::<ended_by_body>()
        .tool::<reconcile_error>()
        .tool::<reconcile_panic>()
        .tool::<unwritable>()
        .tool::<unwritable_answer>()
        .tool::<misfit>();
    builder.store(Leaky::new()).max_reply_bytes(4_096).check_results(true)
}

/// What a tool did.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Told {
    /// Not for everyone.
    text: String,
}

impl Told {
    fn of(place: &str) -> Self {
        Self { text: canary(place) }
    }
}

/// Declares tools with these attributes, each with its body.
macro_rules! tools {
    ($register:ident: $([$($attribute:tt)+] $name:ident -> $error:ty { $($body:tt)+ })+) => {
        $(
            /// Fail in one way.
            #[guarded_tool($($attribute)+)]
            async fn $name(
                /// Something to say.
                #[schemars(length(max = 100))]
                text: Option<String>,
            ) -> Result<Told, $error> {
                drop(text);
                $($body)+
            }
        )+

        fn $register(builder: GuardBuilder) -> GuardBuilder {
            builder$(.tool::<$name>())+
        }
    };
}

tools! { register_errors:
    [idempotent, any_caller] rejected -> Failing { Err(Failing::Rejected(Deep::of("rejected"))) }
    [idempotent, any_caller] transient -> Failing { Err(Failing::Transient(Deep::of("transient"))) }
    [idempotent, any_caller] ambiguous -> Failing { Err(Failing::Ambiguous(Deep::of("ambiguous"))) }
    [read_only, any_caller] ambiguous_question -> Failing { Err(Failing::Ambiguous(Deep::of("ambiguous"))) }
    [idempotent, any_caller] validation -> Failing { Err(Failing::Validation(Deep::of("validation"))) }
    [idempotent, any_caller] authz -> Failing { Err(Failing::Authz(Deep::of("authz"))) }
    [idempotent, any_caller] internal -> Failing { Err(Failing::Internal(Deep::of("internal"))) }
    [read_only, any_caller] internal_question -> Failing { Err(Failing::Internal(Deep::of("internal"))) }
    [idempotent, any_caller] public -> Failing { Err(Failing::Public(Deep::of("public"))) }
    [idempotent, any_caller] hand_written -> HandWritten { Err(HandWritten) }
    [idempotent, any_caller] foreign -> Reported {
        Err(Deep::of("foreign")).map_tool_error(|_| Report::new(Class::Rejected, "foreign"))
    }
    [idempotent, any_caller] unreachable -> mcp_guard::HttpError {
        let url = format!("http://{}:pw@127.0.0.1:1/?key={}", canary("user"), canary("query"));
        reqwest::get(url).await?.check_status()?;
        Ok(Told::of("nothing"))
    }
}

tools! { register_standings:
    [idempotent, any_caller] claim_unavailable -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller] claim_unreadable -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller] claim_unusable -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller] in_flight -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller] conflict -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller] expired -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller] done_by_another -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller] unknown -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller] unreadable_answer -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller, redact(text, scope = "pii")] unreadable_redacted -> Infallible {
        Ok(Told::of("body"))
    }
    [idempotent, any_caller, budget(calls <= 1, per = "1h")] over_budget -> Infallible { Ok(Told::of("body")) }
    [idempotent, scope = "nobody"] without_scope -> Infallible { Ok(Told::of("body")) }
    [idempotent, any_caller, redact(text, scope = "pii")] withheld -> Infallible { Ok(Told::of("withheld")) }
    [idempotent, any_caller] inspect -> Infallible { Ok(Told { text: String::new() }) }
}

tools! { register_ends:
    [idempotent, any_caller] settle -> Failing { Err(Failing::Ambiguous(Deep::of("settle"))) }
    [idempotent, any_caller] superseded -> Failing { Err(Failing::Ambiguous(Deep::of("ambiguous"))) }
    [idempotent, any_caller] panic_text -> Infallible { panic!("{}", canary("panic_text")) }
    [read_only, any_caller] panic_value -> Infallible { panic_any(canary("panic_value")) }
    [idempotent, any_caller] panic_other -> Infallible { panic_any(Told::of("panic_other")) }
    [idempotent, any_caller, timeout = "50ms"] late -> Infallible { future::pending().await }
    [read_only, any_caller, timeout = "50ms"] late_question -> Infallible { future::pending().await }
    [idempotent, any_caller] too_large -> Infallible {
        Ok(Told { text: canary("too_large").repeat(1_000) })
    }
}

/// Doubt, behind a backend that deduplicates.
#[guarded_tool(idempotent(on_unknown = retry), any_caller)]
async fn ambiguous_again(effect: &Effect) -> Result<Told, Failing> {
    let _ = effect;
    Err(Failing::Ambiguous(Deep::of("ambiguous")))
}

/// Be late, behind a backend that deduplicates.
#[guarded_tool(idempotent(on_unknown = retry), any_caller, timeout = "50ms")]
async fn late_again(effect: &Effect) -> Result<Told, Infallible> {
    let _ = effect;
    future::pending().await
}

/// Fail before the effect.
#[guarded_tool(idempotent(dispatch), any_caller)]
async fn dispatch(effect: &Effect) -> Result<Told, mcp_guard::NotDispatched> {
    effect.dispatch().await?;
    Ok(Told::of("body"))
}

/// Take more than is allowed.
#[guarded_tool(idempotent, any_caller, max_amount = 5)]
async fn recall(
    /// How much.
    amount: u64,
) -> Result<Told, Infallible> {
    let _ = amount;
    Ok(Told::of("body"))
}

/// Be denied.
#[guarded_tool(idempotent, any_caller, authorize = denies())]
async fn denied() -> Result<Told, Infallible> {
    Ok(Told::of("body"))
}

fn denies(_: &Caller) -> future::Ready<bool> {
    future::ready(false)
}

/// Be neither denied nor permitted.
#[guarded_tool(idempotent, any_caller, authorize = cannot_tell())]
async fn undecided() -> Result<Told, Infallible> {
    Ok(Told::of("body"))
}

fn cannot_tell(_: &Caller) -> future::Ready<Result<bool, Deep>> {
    future::ready(Err(Deep::of("undecided")))
}

/// Lose the commit.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn commit_lost(tx: &mut LeakyTransaction) -> Result<Told, Infallible> {
    let _ = tx;
    Ok(Told::of("body"))
}

/// Write what the commit refuses.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn commit_refused(tx: &mut LeakyTransaction) -> Result<Told, Infallible> {
    let _ = tx;
    Ok(Told::of("body"))
}

/// End the transaction.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn ended_by_body(tx: &mut LeakyTransaction) -> Result<Told, Infallible> {
    let _ = tx;
    Ok(Told::of("body"))
}

/// Doubt, and fail to find out.
#[guarded_tool(idempotent(on_unknown = reconcile(fail_to_look)), any_caller)]
async fn reconcile_error() -> Result<Told, Infallible> {
    Ok(Told::of("body"))
}

#[expect(clippy::unused_async, reason = "a reconciling function is asynchronous")]
async fn fail_to_look() -> Result<Reconciled<Told>, Deep> {
    Err(Deep::of("reconcile_error"))
}

/// Doubt, and panic while finding out.
#[guarded_tool(idempotent(on_unknown = reconcile(panic_to_look)), any_caller)]
async fn reconcile_panic() -> Result<Told, Infallible> {
    Ok(Told::of("body"))
}

#[expect(clippy::unused_async, reason = "a reconciling function is asynchronous")]
async fn panic_to_look() -> Reconciled<Told> {
    panic!("{}", canary("reconcile_panic"))
}

/// A result that cannot be written.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(canary("unserializable")))
    }
}

impl JsonSchema for Unwritable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unwritable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object"})
    }
}

/// Act, and have a result that cannot be written.
#[guarded_tool(idempotent, any_caller)]
async fn unwritable() -> Result<Unwritable, Infallible> {
    Ok(Unwritable)
}

/// Have a result that cannot be written.
#[guarded_tool(read_only, any_caller)]
async fn unwritable_answer() -> Result<Unwritable, Infallible> {
    Ok(Unwritable)
}

/// A result that is not what its schema says.
#[derive(Serialize)]
struct Misfit {
    text: String,
}

impl JsonSchema for Misfit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Misfit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "properties": {"text": {"maxLength": 1}}})
    }
}

/// Have a result that does not fit its own schema.
#[guarded_tool(read_only, any_caller)]
async fn misfit() -> Result<Misfit, Infallible> {
    Ok(Misfit { text: canary("misfit") })
}
