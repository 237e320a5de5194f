//! The client against the service, over a real socket.

use std::{net::Ipv4Addr, time::Duration};

use reqwest::StatusCode;
use tempfile::TempDir;

use super::*;

const ACCOUNT: &str = "account-token";
const ADMIN: &str = "admin-token";

/// A service with an order of 1000 cents, gone when dropped.
struct Running {
    url: String,
    payments: Payments,
    admin: Admin,
    books: Ledger,
    serving: tokio::task::JoinHandle<()>,
    _folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn running() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.db");
    let books = Ledger::open(&path).unwrap();
    books.add_orders(&[("ord_1", 1000), ("ord/../x", 7)]).unwrap();
    let tokens = Tokens { account: ACCOUNT.into(), admin: Some(ADMIN.into()) };
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let service = Service::open(listen, Ledger::open(&path).unwrap(), tokens).await.unwrap();
    let url = service.url();
    Running {
        payments: Payments::new(&url, ACCOUNT, Duration::from_millis(500)).unwrap(),
        admin: Admin::new(&url, ADMIN).unwrap(),
        url,
        books,
        serving: tokio::spawn(async move { service.run().await.unwrap() }),
        _folder: folder,
    }
}

impl Running {
    async fn refund(&self, cents: u64, key: &str) -> Result<Refund, RefundError> {
        self.payments.refund("ord_1", cents, Reason::Defect, key).await
    }

    #[track_caller]
    fn assert_booked(&self, payouts: u64, cents: u64) {
        assert_eq!(self.books.totals().unwrap(), Totals { payouts, cents });
    }

    /// Sends a body as it is written, and gives the status.
    async fn post(&self, token: &str, key: &[&str], body: &str) -> StatusCode {
        let mut request = reqwest::Client::new()
            .post(format!("{}/v1/refunds", self.url))
            .bearer_auth(token)
            .header("content-type", "application/json");
        for key in key {
            request = request.header("idempotency-key", *key);
        }
        request.body(body.to_owned()).send().await.unwrap().status()
    }
}

#[tokio::test]
async fn a_refund_is_made_once_and_answered_alike() {
    let service = running().await;
    let first = service.refund(400, "k").await.unwrap();
    assert_eq!(first.amount_cents, 400);
    assert_eq!(service.refund(400, "k").await.unwrap(), first);
    service.assert_booked(1, 400);
    let order = service.payments.order("ord_1").await.unwrap();
    assert_eq!((order.total_cents, order.refunded_cents), (1000, 400));
}

#[tokio::test]
async fn what_was_paid_can_be_found_by_its_key() {
    let service = running().await;
    assert_eq!(service.payments.find("k/../1").await.unwrap(), None);
    let made = service.refund(400, "k/../1").await.unwrap();
    assert_eq!(service.payments.find("k/../1").await.unwrap(), Some(made));
    let stranger = Payments::new(&service.url, "wrong", Payments::TIMEOUT).unwrap();
    let error = stranger.find("k/../1").await.unwrap_err();
    assert!(matches!(error, RefundError::Refused(StatusCode::UNAUTHORIZED)), "{error:?}");
}

#[tokio::test]
async fn deposits_and_delivery_fees_are_paid_beside_the_order() {
    let service = running().await;
    service.books.add_deposits(&[("ord_1", 300)]).unwrap();
    let returned = service.payments.return_deposit("ord_1", 200, "k1").await.unwrap();
    assert_eq!(returned.amount_cents, 200);
    let above = service.payments.return_deposit("ord_1", 101, "k2").await.unwrap_err();
    assert!(matches!(above, RefundError::AboveRemaining { remaining_cents: 100 }), "{above:?}");
    let fee = service.payments.refund_delivery("ord_1", "k3").await.unwrap();
    assert_eq!(fee.amount_cents, DELIVERY_FEE_CENTS);
    let order = service.payments.order("ord_1").await.unwrap();
    assert_eq!((order.refunded_cents, order.deposit_cents), (0, 100));
    service.assert_booked(2, 200 + DELIVERY_FEE_CENTS);
}

#[tokio::test]
async fn twenty_at_once_under_one_key_make_one_refund() {
    let service = running().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let payments = service.payments.clone();
        calls.spawn(async move { payments.refund("ord_1", 10, Reason::Late, "k").await.unwrap() });
    }
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    service.assert_booked(1, 10);
}

#[tokio::test]
async fn refusals_are_final_and_do_nothing() {
    let service = running().await;
    let unknown = service.payments.refund("ord_9", 1, Reason::Late, "k1").await.unwrap_err();
    assert!(matches!(&unknown, RefundError::NoSuchOrder(id) if id == "ord_9"), "{unknown:?}");
    let above = service.refund(1001, "k2").await.unwrap_err();
    assert!(matches!(above, RefundError::AboveRemaining { remaining_cents: 1000 }), "{above:?}");
    let zero = service.refund(0, "k3").await.unwrap_err();
    assert!(matches!(zero, RefundError::Refused(StatusCode::BAD_REQUEST)), "{zero:?}");
    service.assert_booked(0, 0);
}

#[tokio::test]
async fn a_key_with_another_body_is_a_422_and_never_called_a_refusal() {
    let service = running().await;
    service.refund(400, "k").await.unwrap();
    let body = r#"{"order_id":"ord_1","amount_cents":401,"reason":"defect"}"#;
    assert_eq!(service.post(ACCOUNT, &["k"], body).await, StatusCode::UNPROCESSABLE_ENTITY);
    // Something was done under the key, so the client may not say that nothing was.
    let error = service.refund(401, "k").await.unwrap_err();
    assert!(matches!(error, RefundError::Failed(_)), "{error:?}");
    service.assert_booked(1, 400);
}

#[tokio::test]
async fn what_does_not_fit_is_a_400() {
    let service = running().await;
    for body in [
        "{",
        r#"{"order_id":"ord_1","amount_cents":"5","reason":"late"}"#,
        r#"{"order_id":"ord_1","amount_cents":-5,"reason":"late"}"#,
        r#"{"order_id":"ord_1","amount_cents":5,"reason":"late","note":"x"}"#,
        r#"{"order_id":"ord_1","amount_cents":5,"amount_cents":6,"reason":"late"}"#,
        r#"{"order_id":"ord_1","amount_cents":5}"#,
    ] {
        assert_eq!(service.post(ACCOUNT, &["k"], body).await, StatusCode::BAD_REQUEST, "{body}");
    }
    let body = r#"{"order_id":"ord_1","amount_cents":5,"reason":"late"}"#;
    for keys in [&[""][..], &["a", "a"]] {
        assert_eq!(service.post(ACCOUNT, keys, body).await, StatusCode::BAD_REQUEST, "{keys:?}");
    }
    service.assert_booked(0, 0);
}

#[tokio::test]
async fn each_token_opens_its_own_door_only() {
    let service = running().await;
    let body = r#"{"order_id":"ord_1","amount_cents":5,"reason":"late"}"#;
    for token in ["", "wrong", ADMIN] {
        assert_eq!(service.post(token, &[], body).await, StatusCode::UNAUTHORIZED);
        let payments = Payments::new(&service.url, token, Payments::TIMEOUT).unwrap();
        let error = payments.order("ord_1").await.unwrap_err();
        assert!(matches!(error, RefundError::Refused(StatusCode::UNAUTHORIZED)), "{error:?}");
    }
    let admin = Admin::new(&service.url, ACCOUNT).unwrap();
    let error = admin.arm(Fault::next(Mode::FailAfter)).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
    service.assert_booked(0, 0);
}

#[tokio::test]
async fn an_order_number_cannot_lead_elsewhere() {
    let service = running().await;
    let order = service.payments.order("ord/../x").await.unwrap();
    assert_eq!(order.total_cents, 7);
    for id in ["..", "../../admin/fault/played", "", "ord_1?x=", "ord_1#"] {
        let error = service.payments.order(id).await.unwrap_err();
        assert!(
            matches!(error, RefundError::NoSuchOrder(_) | RefundError::Refused(_)),
            "{id}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_failure_before_acting_is_transient_and_does_nothing() {
    let service = running().await;
    service.admin.arm(Fault { calls: 2, ..Fault::next(Mode::FailBefore) }).await.unwrap();
    for _ in 0..2 {
        let error = service.refund(400, "k").await.unwrap_err();
        assert!(matches!(error, RefundError::Unavailable(_)), "{error:?}");
        service.assert_booked(0, 0);
    }
    service.admin.played().await.unwrap();
    service.refund(400, "k").await.unwrap();
    service.assert_booked(1, 400);
}

#[tokio::test]
async fn a_failure_after_acting_is_ambiguous_and_the_same_key_finds_out() {
    let service = running().await;
    for (mode, booked) in [(Mode::FailAfter, 1), (Mode::DropAfter, 2), (Mode::HangAfter, 3)] {
        service.admin.arm(Fault::next(mode)).await.unwrap();
        let key = format!("k{booked}");
        let error = service.refund(100, &key).await.unwrap_err();
        match mode {
            Mode::FailAfter => assert!(matches!(error, RefundError::Failed(_)), "{error:?}"),
            _ => assert!(matches!(error, RefundError::NoAnswer(_)), "{mode:?}: {error:?}"),
        }
        service.admin.played().await.unwrap();
        service.assert_booked(booked, 100 * booked);
        service.refund(100, &key).await.unwrap();
        service.assert_booked(booked, 100 * booked);
    }
}

#[tokio::test]
async fn a_line_that_is_cut_before_the_service_acts_looks_no_different() {
    let service = running().await;
    service.admin.arm(Fault::next(Mode::DropBefore)).await.unwrap();
    let error = service.refund(100, "k").await.unwrap_err();
    assert!(matches!(error, RefundError::NoAnswer(_)), "{error:?}");
    service.admin.played().await.unwrap();
    service.assert_booked(0, 0);
}

#[tokio::test]
async fn looking_is_not_what_a_fault_is_for() {
    let service = running().await;
    service.admin.arm(Fault::next(Mode::FailBefore)).await.unwrap();
    service.payments.order("ord_1").await.unwrap();
    service.payments.find("k").await.unwrap();
    let error = service.refund(100, "k").await.unwrap_err();
    assert!(matches!(error, RefundError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_slow_service_acts_although_nobody_waits_any_more() {
    let service = running().await;
    service.admin.arm(Fault { millis: 900, ..Fault::next(Mode::Slow) }).await.unwrap();
    let error = service.refund(400, "k").await.unwrap_err();
    assert!(matches!(&error, RefundError::NoAnswer(cause) if cause.is_timeout()), "{error:?}");
    service.assert_booked(0, 0);
    service.admin.played().await.unwrap();
    service.assert_booked(1, 400);
}

#[tokio::test]
async fn a_closed_port_is_transient_and_opens_again() {
    let service = running().await;
    service.admin.close(300).await.unwrap();
    let error = service.refund(400, "k").await.unwrap_err();
    assert!(matches!(error, RefundError::Unreachable(_)), "{error:?}");
    service.assert_booked(0, 0);
    let reopened = async {
        while service.refund(400, "k").await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reopened).await.unwrap();
    service.assert_booked(1, 400);
}

#[tokio::test]
async fn the_token_is_not_printed() {
    let service = running().await;
    let printed = format!("{:?}", service.payments);
    assert!(printed.contains(&service.url), "{printed}");
    assert!(!printed.contains(ACCOUNT), "{printed}");
}

#[test]
fn an_address_that_does_not_fit_says_what_to_write() {
    for address in ["", "127.0.0.1:80", "https://127.0.0.1", "file:///x", "http://"] {
        let error = Payments::new(address, ACCOUNT, Payments::TIMEOUT).unwrap_err();
        assert!(error.to_string().contains("http://127.0.0.1:4242"), "{address}: {error}");
    }
}
