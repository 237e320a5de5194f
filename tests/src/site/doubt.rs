//! Leaving the outcome of an operation unknown, finding it among the unknown ones, and spoiling its record.

use mcp_guard::{Call, Guard, Operation, OperationId};
use rusqlite::Connection;
use serde_json::Value;

use super::{Bench, Place, Site};
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

    /// Makes an operation's record one that cannot be read, as a slip of a person's or a disk does.
    ///
    /// # Panics
    /// When it is not there.
    pub fn spoil(&self, operation: OperationId) {
        match &self.place {
            Place::File(path) => {
                let file = Connection::open(path).expect("a file");
                let spoilt = file.execute(
                    "UPDATE mcp_guard_operation SET owner = x'00' WHERE operation = ?1",
                    [operation.as_bytes()],
                );
                assert_eq!(spoilt, Ok(1));
            }
            Place::Postgres(server, database) => {
                let spoil = format!(
                    "UPDATE mcp_guard.operation SET owner = '' WHERE operation = '\\x{operation}'"
                );
                assert_eq!(server.sql_in(database, &spoil), "UPDATE 1");
            }
            Place::Redis(server, number) => {
                let key = format!("{{mcp-guard}}:operation:{operation}");
                let spoilt = server.send(&["-n", &number.to_string(), "HDEL", &key, "owner"]);
                assert_eq!(spoilt.trim(), "1");
            }
        }
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
    let mut unknown = guard.operations().unresolved(None, 10).await.expect("a store").operations;
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    unknown.remove(0)
}
