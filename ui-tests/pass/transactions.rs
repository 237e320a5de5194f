//! A body borrows the store's transaction, wherever it stands among the parameters.
#![deny(warnings)]

use mcp_guard::{EffectClass, IdempotentSpec, OnUnknown, Requirement, Tool, prelude::*};
use std::convert::Infallible;

mod database {
    #[derive(Default)]
    pub struct Transaction {
        pub written: Vec<String>,
    }
}

use database::Transaction as Tx;

struct Shop;

/// Note something.
#[guarded_tool(idempotent(store = "transaction"), any_caller)]
async fn first(
    tx: &mut Tx,
    caller: &Caller,
    /// What.
    text: String,
) -> Result<usize, Infallible> {
    let _ = caller;
    tx.written.push(text);
    Ok(tx.written.len())
}

/// Note something.
#[guarded_tool(
    idempotent(
        store = "transaction",
        key = [text],
        on_unknown = retry,
        in_flight = wait("5s"),
        retain = "1h",
    ),
    any_caller,
    budget(calls <= 5, per = "1h"),
)]
async fn last(
    shop: &Shop,
    /// What.
    text: String,
    effect: &Effect,
    mut tx: &mut database::Transaction,
) -> Result<usize, Infallible> {
    let _ = (shop, effect);
    let mut another = database::Transaction::default();
    if text.is_empty() {
        tx = &mut another;
    }
    tx.written.push(text);
    Ok(tx.written.len())
}

#[guarded_tools]
impl Shop {
    /// Note something.
    #[guarded_tool(idempotent(store = "transaction"), any_caller)]
    async fn note(
        &self,
        /// What.
        text: String,
        tx: &mut Tx,
    ) -> Result<usize, Infallible> {
        let _ = self;
        tx.written.push(text);
        Ok(tx.written.len())
    }
}

fn keys<T: Tool>() -> IdempotentSpec {
    let EffectClass::Idempotent(keys) = T::SPEC.effect else { panic!("it changes something") };
    keys
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(keys::<first>().transaction && keys::<last>().transaction);
    assert_eq!(keys::<first>().on_unknown, OnUnknown::Refuse);
    assert_eq!(keys::<last>().on_unknown, OnUnknown::Retry);
    assert_eq!(keys::<last>().business_key, ["text"]);
    assert_eq!(
        first::requires(),
        [Requirement::of_transaction::<Tx>("Tx"), Requirement::of::<Caller>("Caller")]
    );
    assert_eq!(
        last::requires(),
        [
            Requirement::of::<Shop>("Shop"),
            Requirement::of::<Effect>("Effect"),
            Requirement::of_transaction::<Tx>("database::Transaction"),
        ]
    );

    // The function stays as it is written.
    let mut tx = Tx::default();
    let Ok(written) = first(&mut tx, &Caller::local("agent"), "a".to_owned()).await;
    assert_eq!(written, 1);
    let Ok(written) = Shop.note("b".to_owned(), &mut tx).await;
    assert_eq!((written, &tx.written[..]), (2, &["a".to_owned(), "b".to_owned()][..]));

    let _ = Guard::builder().tool::<first>().tool::<last>().tools(Shop);
}
