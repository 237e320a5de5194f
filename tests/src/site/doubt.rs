//! Leaving the outcome of an operation unknown, and finding it among the unknown ones.

use mcp_guard::{Call, Guard, Operation};
use serde_json::Value;

use super::{Bench, Site};
use crate::{
    moods::{How, Moment},
    server::engine::{Settings, agent, payment},
    wire::Wire,
};

impl Site {
    /// Makes a payment of 500 whose answer is lost at a moment of its body.
    ///
    /// # Panics
    /// When its caller is told anything else.
    pub async fn doubt(&self, wire: &Wire, tool: &str, key: &str, order_id: &str, at: Moment) {
        self.moods().set(order_id, at, How::NoAnswer);
        let lost = wire.call(tool, payment(key, order_id, 500)).await;
        assert_eq!(lost.error().1, "no_answer", "{lost:?}");
        self.moods().clear(order_id);
    }
}

impl Bench<'_> {
    /// Begins a call of the agent's that is held at a moment of its body, and drops it there, as a
    /// crash does.
    ///
    /// # Panics
    /// When it is answered.
    pub async fn lose(&self, tool: &str, arguments: Value, at: Moment) {
        let moods = self.site.moods();
        let order_id = arguments["order_id"].as_str().expect("an order").to_owned();
        let guard = self.guard(agent(), &Settings::default());
        moods.set(&order_id, at, How::Hold);
        tokio::select! {
            reply = guard.call(Call::new(tool, arguments, Some(agent()))) => {
                panic!("it is not held: {reply:?}")
            }
            () = moods.holds(&order_id) => {}
        }
        moods.clear(&order_id);
    }
}

/// The one operation whose outcome is unknown.
///
/// # Panics
/// When there is none, or another.
pub async fn the_unknown(guard: &Guard) -> Operation {
    let mut unknown = guard.operations().unresolved(None, 10).await.expect("a store");
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    unknown.remove(0)
}
