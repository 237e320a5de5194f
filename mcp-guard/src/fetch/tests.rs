//! What comes of an answer, from real sockets.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

const DEVELOPMENT: Reach = Reach { private_addresses: false, http_on_loopback: true };

/// A server that gives this answer to one request, and what it was asked.
async fn server(answer: String) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut request = vec![0; 64 * 1024];
        let length = stream.read(&mut request).await.expect("a request");
        // A client that has read enough hangs up.
        let _hung_up = stream.write_all(answer.as_bytes()).await;
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    (address, asked)
}

fn ok(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}"
    )
}

async fn get(answer: String) -> Result<Answer, FetchError> {
    let (address, _asked) = server(answer).await;
    Fetch::new(DEVELOPMENT).get(&format!("http://{address}/x")).await
}

#[tokio::test]
async fn an_object_is_read_with_how_long_it_keeps() {
    let answer = get(ok("Cache-Control: public, max-age=90\r\n", r#"{"a":1}"#)).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.object().ok().and_then(|object| object["a"].as_u64()), Some(1));
    assert_eq!(answer.max_age(), Some(Duration::from_secs(90)));
    let kept = get(ok("Cache-Control: max-age=90, no-store\r\n", "{}")).await;
    assert_eq!(kept.ok().and_then(|answer| answer.max_age()), Some(Duration::ZERO));
}

#[tokio::test]
async fn what_is_said_twice_or_is_no_object_is_unreadable() {
    for body in [r#"{"a":1,"a":2}"#, "[]", "{", "", r#"{"a":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}"#]
    {
        let answer = get(ok("", body)).await.expect("an answer");
        assert_eq!(answer.object(), Err(FetchError::Unreadable), "{body}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let long = get(ok("", &"x".repeat(MAX_ANSWER + 1))).await;
    assert_eq!(long.err(), Some(FetchError::TooLarge));
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let unsaid =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(5));
    assert_eq!(get(unsaid).await.err(), Some(FetchError::TooLarge));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, asked) = server(ok("", "{}")).await;
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\n\r\n");
    assert_eq!(get(moved).await.err(), Some(FetchError::Status(StatusCode::FOUND)));
    assert!(!asked.is_finished());
}

#[tokio::test]
async fn a_client_and_its_secret_are_encoded_each() {
    let (address, asked) = server(ok("", "{}")).await;
    let secret = ClientSecret::new("gu:ard", "p w:%");
    let url = format!("http://{address}/token");
    let sent = Fetch::new(DEVELOPMENT).post_form(&url, &[("a", "b&c=d")], Some(&secret)).await;
    assert!(sent.is_ok());
    let asked = asked.await.expect("a request");
    // `gu%3Aard:p%20w%3A%25`
    assert!(asked.contains("Basic Z3UlM0FhcmQ6cCUyMHclM0ElMjU="), "{asked}");
    assert!(asked.ends_with("a=b%26c%3Dd"), "{asked}");
}

#[tokio::test]
async fn a_name_of_this_machine_is_not_asked_unless_allowed() {
    let (address, asked) = server(ok("", "{}")).await;
    let url = format!("https://localhost:{}/", address.port());
    assert_eq!(Fetch::new(Reach::default()).get(&url).await.err(), Some(FetchError::Address));
    assert!(!asked.is_finished());
}
