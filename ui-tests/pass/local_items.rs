//! A tool may stand where a function may: in a function, in a block, beside types that nobody else sees.
#![deny(warnings)]

use mcp_guard::{Call, Guard, prelude::*};
use std::convert::Infallible;

/// A tool of the same name outside, which the inner one hides.
#[guarded_tool(read_only, any_caller)]
async fn look() -> Result<u8, Infallible> {
    Ok(0)
}

fn guard() -> Guard {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Local {
        /// A number.
        number: u8,
    }
    struct Shop(u8);

    /// A tool of one function.
    #[guarded_tool(read_only, any_caller)]
    async fn look(
        shop: &Shop,
        /// A type that nobody else sees.
        local: Local,
        /// More of them.
        more: Vec<Local>,
    ) -> Result<Local, Infallible> {
        let number = more.iter().map(|local| local.number).sum::<u8>() + local.number + shop.0;
        Ok(Local { number })
    }

    #[guarded_tools]
    impl Shop {
        /// A method of one function.
        #[guarded_tool(read_only, any_caller)]
        async fn method(&self) -> Result<Local, Infallible> {
            Ok(Local { number: self.0 })
        }
    }

    {
        /// A tool of one block.
        #[guarded_tool(read_only, any_caller)]
        async fn block() -> Result<u8, Infallible> {
            Ok(9)
        }
        Guard::builder().tool::<look>().tool::<block>().tools(Shop(1)).build().unwrap()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guard = guard();
    let call = async |tool: &str, arguments| {
        let caller = Some(Caller::local("agent"));
        guard.call(Call::new(tool, arguments, caller)).await.unwrap().body().to_owned()
    };
    let sent = serde_json::json!({"local": {"number": 2}, "more": [{"number": 3}, {"number": 4}]});
    assert_eq!(call("look", sent).await, r#"{"status":"ok","result":{"number":10}}"#);
    assert_eq!(call("method", serde_json::json!({})).await, r#"{"status":"ok","result":{"number":1}}"#);
    assert_eq!(call("block", serde_json::json!({})).await, r#"{"status":"ok","result":9}"#);
    assert_eq!(look().await, Ok(0));
    assert!(Guard::builder().tool::<look>().build().is_ok());
}
