//! What failures of backends mean, told by real sockets: a server that refuses, stalls, resets, cuts its
//! answer off, and answers every status. It counts the requests that reach it, which decides what may
//! be called certain.

mod backend;
mod guarded;

use std::time::Duration;

use backend::{Backend, Behaviour, nobody};
use mcp_guard::{
    CheckStatus as _, Class, HttpError, MapToolError as _, Report, ToolError as _, meaning,
};
use reqwest::{Client, redirect::Policy};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_millis(300);

/// A client as a body that acts should have one.
fn client() -> reqwest::ClientBuilder {
    Client::builder().timeout(PATIENCE).redirect(Policy::none()).no_proxy()
}

/// Asks for an effect, and says what its failure means.
async fn ask(client: reqwest::ClientBuilder, url: &str) -> Result<String, Report> {
    ask_with(&client.build().expect("a client"), url).await
}

async fn ask_with(client: &Client, url: &str) -> Result<String, Report> {
    let asked = async {
        let answer = client.post(url).body("amount=500").send().await?.check_status()?;
        Ok::<_, HttpError>(answer.text().await?)
    };
    asked.await.map_err(|error| error.report())
}

fn told(asked: Result<String, Report>) -> (Class, String) {
    let report = asked.expect_err("a failure");
    (report.class, report.code.into_owned())
}

#[tokio::test]
async fn a_connection_that_is_refused_is_certain() {
    let url = nobody().await;
    assert_eq!(told(ask(client(), &url).await), (Class::Transient, "backend_unreachable".into()));
}

/// No request is sent before TLS is agreed on.
#[tokio::test]
async fn no_connection_in_time_is_certain() {
    let backend = Backend::start(Behaviour::Stall).await;
    let url = backend.url().replace("http:", "https:");
    let client = client().timeout(Duration::from_secs(20)).connect_timeout(PATIENCE);
    assert_eq!(told(ask(client, &url).await), (Class::Transient, "backend_unreachable".into()));
    assert_eq!(backend.requests(), 0);
}

#[tokio::test]
async fn what_reached_the_backend_and_was_not_answered_is_not_certain() {
    for (behaviour, code) in [
        (Behaviour::Stall, "backend_timed_out"),
        (Behaviour::HangUp, "backend_no_answer"),
        (Behaviour::Reset, "backend_no_answer"),
        (Behaviour::CutOff, "backend_no_answer"),
        (Behaviour::StallInTheAnswer, "backend_timed_out"),
        (Behaviour::Nonsense, "backend_no_answer"),
    ] {
        let backend = Backend::start(behaviour).await;
        let told = told(ask(client(), backend.url()).await);
        assert_eq!(told, (Class::Ambiguous, code.into()), "{behaviour:?}");
        assert_eq!(backend.requests(), 1, "{behaviour:?}: it may have acted");
    }
}

/// A redirect from an effect that took place, to where nobody is: followed, it reads as if nothing had
/// been sent. That is why such a client follows none.
#[tokio::test]
async fn a_redirect_is_not_followed_to_a_wrong_certainty() {
    let backend = Backend::start(Behaviour::RedirectTo(nobody().await.leak())).await;
    let told_unfollowed = told(ask(client(), backend.url()).await);
    assert_eq!(told_unfollowed, (Class::Ambiguous, "backend_failed".into()));
    assert_eq!(backend.requests(), 1);
    let following = client().redirect(Policy::default());
    let misread = told(ask(following, backend.url()).await);
    assert_eq!(misread.0, Class::Transient, "the documentation warns of this");
}

/// Every status, of which only those are certain that say so in their RFC.
#[tokio::test]
async fn each_status_means_what_its_rfc_says_and_no_more() {
    const REFUSED: [u16; 24] = [
        400, 401, 402, 403, 404, 405, 406, 407, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422,
        423, 424, 426, 428, 431, 451,
    ];
    let client = client().build().expect("a client");
    for status in 200..600 {
        // These have no body, or are no answers of their own.
        if matches!(status, 204 | 205 | 304) {
            continue;
        }
        let backend = Backend::start(Behaviour::Answer(status, "")).await;
        let answered = ask_with(&client, backend.url()).await;
        let expected = match status {
            200..300 => {
                assert!(answered.is_ok(), "{status}");
                continue;
            }
            425 | 429 => (Class::Transient, "backend_busy"),
            refused if REFUSED.contains(&refused) => (Class::Rejected, "backend_refused"),
            _ => (Class::Ambiguous, "backend_failed"),
        };
        let (class, code) = told(answered);
        assert_eq!((class, &*code), expected, "{status}");
    }
}

#[tokio::test]
async fn the_backend_says_how_long_to_wait() {
    for (header, at_least, at_most) in [
        ("Retry-After: 7", 7, 7),
        ("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", 86_400, 86_400),
        ("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT", 0, 0),
        ("Retry-After: 99999999999999999999", 86_400, 86_400),
    ] {
        for status in [429, 503] {
            let backend = Backend::start(Behaviour::Answer(status, header)).await;
            let report = ask(client(), backend.url()).await.expect_err("a failure");
            let wait = report.retry_after.expect("a wait").as_secs();
            assert!((at_least..=at_most).contains(&wait), "{header}: {wait}");
        }
    }
    let backend = Backend::start(Behaviour::Answer(429, "Retry-After: soon")).await;
    let report = ask(client(), backend.url()).await.expect_err("a failure");
    assert_eq!(report.retry_after, None);
}

#[tokio::test]
async fn a_request_that_could_not_be_made_is_a_defect() {
    let told = told(ask(client(), "no://[url").await);
    assert_eq!(told, (Class::Internal, "backend_request_invalid".into()));
}

/// The log says which backend failed, and not with which credentials.
#[tokio::test]
async fn a_url_is_logged_without_its_secrets() {
    let url = nobody().await.replace("http://", "http://user:hunter2@") + "pay?api_key=hunter3";
    let error = client().build().expect("a client").post(&url).send().await.expect_err("refused");
    let error = HttpError::from(error);
    let mut text = format!("{error:?}");
    let mut source: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = source {
        text += &error.to_string();
        source = error.source();
    }
    assert!(text.contains("127.0.0.1") && text.contains("/pay"), "{text}");
    assert!(!text.contains("hunter"), "{text}");
}

#[tokio::test]
async fn a_bare_socket_is_certain_only_where_it_was_refused() {
    let address = nobody().await.replace("http://", "").replace('/', "");
    let refused = TcpStream::connect(&address).await.map_tool_error(meaning::io);
    let report = refused.expect_err("refused").report();
    assert_eq!((report.class, &*report.code), (Class::Transient, "connection_refused"));

    for behaviour in [Behaviour::Reset, Behaviour::HangUp] {
        let backend = Backend::start(behaviour).await;
        let mut socket = TcpStream::connect(backend.address()).await.expect("a connection");
        socket.write_all(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n").await.expect("sent");
        let mut answer = [0; 1];
        let read = socket.read_exact(&mut answer).await.map_tool_error(meaning::io);
        let report = read.expect_err("no answer").report();
        assert_eq!((report.class, &*report.code), (Class::Ambiguous, "io_failed"));
        assert_eq!(backend.requests(), 1, "{behaviour:?}");
    }

    let backend = Backend::start(Behaviour::Stall).await;
    let mut socket = TcpStream::connect(backend.address()).await.expect("a connection");
    socket.write_all(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n").await.expect("sent");
    let waited = timeout(PATIENCE, socket.read_u8()).await.map_tool_error(meaning::elapsed);
    let report = waited.expect_err("no answer").report();
    assert_eq!((report.class, &*report.code), (Class::Ambiguous, "no_answer"));
    assert_eq!(backend.requests(), 1);
}
