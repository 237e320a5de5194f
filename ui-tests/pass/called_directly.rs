//! The function stays a function: called, passed on, spawned, boxed, and of an aliased result.
#![deny(warnings)]

use mcp_guard::{Call, prelude::*};
use std::{convert::Infallible, io, pin::Pin};

type Answer<T = u8> = Result<T, Infallible>;

/// Count down.
#[guarded_tool(read_only, any_caller)]
async fn down(
    /// From where.
    from: u8,
) -> Answer {
    if from == 0 { Ok(0) } else { Box::pin(down(from - 1)).await }
}

/// Read what is not there.
#[guarded_tool(read_only, any_caller)]
async fn missing() -> io::Result<u8> {
    Err(io::ErrorKind::NotFound.into())
}

/// End at once.
#[guarded_tool(read_only, any_caller)]
async fn question(
    /// A number.
    number: Option<u8>,
) -> Result<Option<u8>, io::Error> {
    let number = number.ok_or(io::ErrorKind::InvalidInput)?;
    Ok(Some(number))
}

#[cfg(test)]
compile_error!("this is a program");

async fn twice<F, R>(function: fn(u8) -> F) -> (R, R)
where
    F: Future<Output = R>,
{
    (function(1).await, function(2).await)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(down(3).await, Ok(0));
    assert_eq!(twice(down).await, (Ok(0), Ok(0)));
    assert_eq!(tokio::spawn(down(4)).await.unwrap(), Ok(0));
    let boxed: Pin<Box<dyn Future<Output = Answer> + Send>> = Box::pin(down(5));
    assert_eq!(boxed.await, Ok(0));
    assert_eq!(missing().await.unwrap_err().kind(), io::ErrorKind::NotFound);
    assert_eq!(question(Some(6)).await.unwrap(), Some(6));

    let guard = Guard::builder().tool::<down>().tool::<missing>().tool::<question>().build().unwrap();
    let call = async |tool: &str, arguments| {
        let caller = Some(Caller::local("agent"));
        guard.call(Call::new(tool, arguments, caller)).await.unwrap()
    };
    let reply = call("down", serde_json::json!({"from": 200})).await;
    assert_eq!(reply.body(), r#"{"status":"ok","result":0}"#);
    assert!(call("missing", serde_json::json!({})).await.is_error());
    assert!(call("question", serde_json::json!({})).await.is_error());
}
