//! Tools of a crate of edition 2021 that has the dependency under another name, and a macro of its own that
//! makes tools here.
#![deny(warnings)]

use guard_elsewhere::{Carrier, ship, under_another_name::Tool, weighing_tool};
use mcp_guard::{Call, prelude::*};
use serde_json::json;

// Nothing in scope is what the macro's crate means by it.
mod under_another_name {}

weighing_tool!(pub(crate) fn weigh, "Weigh a parcel in its box.", 20 + 1);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guard = Guard::builder()
        .store(MemoryStore::new().unwrap())
        .tool::<ship>()
        .tool::<weigh>()
        .tools(Carrier)
        .build()
        .unwrap();
    let call = async |name: &str, arguments| {
        let caller = Some(Caller::local("agent"));
        guard.call(Call::new(name, arguments, caller)).await.unwrap().body().to_owned()
    };

    let arguments =
        json!({"parcel": {"grams": 5}, "times": 3, "gen": null, "idempotency_key": "shipping-1"});
    assert_eq!(call("ship", arguments).await, r#"{"status":"ok","result":{"grams":15}}"#);
    let beyond = json!({"parcel": {"grams": 5}, "times": 4, "idempotency_key": "shipping-2"});
    assert!(call("ship", beyond).await.contains("\"authz\""));
    let weighed = call("weigh", json!({"parcel": {"grams": 5}})).await;
    assert_eq!(weighed, r#"{"status":"ok","result":{"grams":26}}"#);
    assert_eq!(call("who", json!({})).await, r#"{"status":"ok","result":["agent"]}"#);
    assert_eq!(weigh::SPEC.description, "Weigh a parcel in its box.");
}
