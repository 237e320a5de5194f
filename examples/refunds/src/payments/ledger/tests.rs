//! The ledger by itself.

use super::*;

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("payments.db")).unwrap();
    ledger.add_orders(&[("ord_1", 1000)]).unwrap();
    (folder, ledger)
}

fn request(order_id: &str, amount_cents: u64) -> NewRefund {
    NewRefund { order_id: order_id.to_owned(), amount_cents, reason: Cause::Late }
}

fn refusal_of(booking: Booking) -> Refusal {
    match booking {
        Booking::Refused(refusal) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn one_key_pays_once_and_gets_the_first_answer_again() {
    let (_folder, ledger) = ledger();
    let Booking::Made(first) = ledger.refund(&request("ord_1", 400), Some("k")).unwrap() else {
        panic!("the first request must act");
    };
    let again = ledger.refund(&request("ord_1", 400), Some("k")).unwrap();
    assert_eq!(again, Booking::Repeated(first));
    assert_eq!(ledger.totals().unwrap(), Totals { payouts: 1, cents: 400 });
}

#[test]
fn one_key_with_another_request_is_refused() {
    let (_folder, ledger) = ledger();
    ledger.refund(&request("ord_1", 400), Some("k")).unwrap();
    let mut other_reason = request("ord_1", 400);
    other_reason.reason = Cause::Defect;
    for other in [request("ord_1", 401), request("ord_2", 400), other_reason] {
        let booking = ledger.refund(&other, Some("k")).unwrap();
        assert_eq!(refusal_of(booking), Refusal::IdempotencyKeyReused);
    }
    assert_eq!(ledger.totals().unwrap().payouts, 1);
}

#[test]
fn without_a_key_every_request_pays() {
    let (_folder, ledger) = ledger();
    for _ in 0..2 {
        let booking = ledger.refund(&request("ord_1", 400), None).unwrap();
        assert!(matches!(booking, Booking::Made(_)));
    }
    assert_eq!(ledger.totals().unwrap(), Totals { payouts: 2, cents: 800 });
}

#[test]
fn an_order_never_pays_back_more_than_was_paid() {
    let (_folder, ledger) = ledger();
    ledger.refund(&request("ord_1", 700), Some("k1")).unwrap();
    let booking = ledger.refund(&request("ord_1", 301), Some("k2")).unwrap();
    assert_eq!(refusal_of(booking), Refusal::AmountAboveRemaining { remaining_cents: 300 });
    let booking = ledger.refund(&request("ord_1", u64::MAX), Some("k3")).unwrap();
    assert_eq!(refusal_of(booking), Refusal::AmountAboveRemaining { remaining_cents: 300 });
    let booking = ledger.refund(&request("ord_1", 300), Some("k4")).unwrap();
    assert!(matches!(booking, Booking::Made(_)));
    assert_eq!(ledger.totals().unwrap(), Totals { payouts: 2, cents: 1000 });
}

#[test]
fn a_refused_request_does_not_use_up_its_key() {
    let (_folder, ledger) = ledger();
    let booking = ledger.refund(&request("ord_2", 5), Some("k")).unwrap();
    assert_eq!(refusal_of(booking), Refusal::OrderNotFound);
    let booking = ledger.refund(&request("ord_1", 0), Some("k")).unwrap();
    assert_eq!(refusal_of(booking), Refusal::BadRequest);
    ledger.add_orders(&[("ord_2", 5)]).unwrap();
    let booking = ledger.refund(&request("ord_2", 5), Some("k")).unwrap();
    assert!(matches!(booking, Booking::Made(_)));
}

#[test]
fn the_file_remembers_and_two_holders_agree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.db");
    let one = Ledger::open(&path).unwrap();
    one.add_orders(&[("ord_1", 1000)]).unwrap();
    one.refund(&request("ord_1", 400), Some("k")).unwrap();
    let two = Ledger::open(&path).unwrap();
    assert!(matches!(two.refund(&request("ord_1", 400), Some("k")).unwrap(), Booking::Repeated(_)));
    // Adding an order again must not reset it.
    two.add_orders(&[("ord_1", 9999)]).unwrap();
    let order = one.order("ord_1").unwrap().unwrap();
    assert_eq!((order.total_cents, order.refunded_cents), (1000, 400));
}

#[test]
fn what_was_paid_under_a_key_can_be_looked_up() {
    let (_folder, ledger) = ledger();
    assert_eq!(ledger.find("k").unwrap(), None);
    let Booking::Made(made) = ledger.refund(&request("ord_1", 400), Some("k")).unwrap() else {
        panic!("the request must act");
    };
    assert_eq!(ledger.find("k").unwrap(), Some(made));
    assert_eq!(ledger.find("K").unwrap(), None);
}

#[test]
fn a_deposit_is_another_purse_than_the_order() {
    let (_folder, ledger) = ledger();
    let deposit = |cents| NewRefund { reason: Cause::Deposit, ..request("ord_1", cents) };
    let booking = ledger.refund(&deposit(1), Some("k0")).unwrap();
    assert_eq!(refusal_of(booking), Refusal::AmountAboveRemaining { remaining_cents: 0 });
    ledger.add_deposits(&[("ord_1", 300)]).unwrap();
    ledger.add_deposits(&[("ord_1", 900)]).unwrap();
    let booking = ledger.refund(&deposit(200), Some("k1")).unwrap();
    assert!(matches!(booking, Booking::Made(_)));
    let booking = ledger.refund(&deposit(101), Some("k2")).unwrap();
    assert_eq!(refusal_of(booking), Refusal::AmountAboveRemaining { remaining_cents: 100 });
    let order = ledger.order("ord_1").unwrap().unwrap();
    assert_eq!((order.total_cents, order.refunded_cents, order.deposit_cents), (1000, 0, 100));
    // One key is one request, whatever it is for.
    let booking = ledger.refund(&request("ord_1", 200), Some("k1")).unwrap();
    assert_eq!(refusal_of(booking), Refusal::IdempotencyKeyReused);
}

#[test]
fn a_delivery_fee_is_paid_as_often_as_it_is_asked_for() {
    let (_folder, ledger) = ledger();
    let fee = NewRefund { reason: Cause::Delivery, ..request("ord_1", DELIVERY_FEE_CENTS) };
    for key in ["k1", "k2"] {
        let booking = ledger.refund(&fee, Some(key)).unwrap();
        assert!(matches!(booking, Booking::Made(_)));
    }
    let more = NewRefund { amount_cents: DELIVERY_FEE_CENTS + 1, ..fee };
    let booking = ledger.refund(&more, Some("k3")).unwrap();
    let remaining_cents = DELIVERY_FEE_CENTS;
    assert_eq!(refusal_of(booking), Refusal::AmountAboveRemaining { remaining_cents });
    assert_eq!(ledger.order("ord_1").unwrap().unwrap().refunded_cents, 0);
}
