//! Several processes' worth of stores on one server.

use std::time::Duration;

use futures_util::future::join_all;
use guard_tests::{
    asking::{claim_all, count_granted, three},
    services::redis::Redis,
};
use mcp_guard::store::{
    BusinessKey, Claim, Claimed, Fenced, MeterId, Reservation, Settlement, Standing, Store,
};

use crate::{LEASE, RETENTION, claim_of, connect, operation, recorded};

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_hundred_claims_of_one_operation_is_granted() {
    let Some(server) = Redis::start() else { return };
    let stores = three(|| connect(&server)).await;
    for round in 0..5 {
        let claims = (0..100).map(|_| claim_of(operation(round))).collect();
        let answers = claim_all(&stores, claims).await;
        assert_eq!(count_granted(&answers), 1);
        let waiting = answers.iter().filter(
            |answer| matches!(answer, Claimed::Stands(Standing::InFlight(rest)) if *rest <= LEASE),
        );
        assert_eq!(waiting.count(), 99, "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_hundred_claims_about_one_thing_is_granted() {
    let Some(server) = Redis::start() else { return };
    let stores = three(|| connect(&server)).await;
    let business = Some(BusinessKey::from_bytes([7; 32]));
    let claims = (0..100).map(|number| claim_of(operation(number)).with_business(business));
    let answers = claim_all(&stores, claims.collect()).await;
    assert_eq!(count_granted(&answers), 1, "{answers:?}");
}

fn costing(number: u64, amount: u64) -> Claim {
    let reservation = Reservation {
        meter: MeterId::from_bytes([9; 32]),
        amount,
        cap: 1000,
        window: Duration::from_secs(3600),
    };
    claim_of(operation(number)).with_reservations(vec![reservation])
}

/// Split amounts, settled in every way while others are claimed: the judge adds up what was done.
#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_never_exceeded() {
    let Some(server) = Redis::start() else { return };
    let stores = three(|| connect(&server)).await;
    let tasks = (0..300_u64).map(|number| {
        let store = stores[usize::try_from(number % 3).expect("small")].clone();
        tokio::spawn(async move {
            let amount = 1 + number * 7 % 40;
            let Claimed::Granted(lease) = store.claim(&costing(number, amount)).await.expect("ok")
            else {
                return (0, 0);
            };
            let (settlement, spent) = match number % 4 {
                0 => (Settlement::Released { retention: RETENTION }, 0),
                1 => (Settlement::Unknown, amount),
                _ => (recorded("spent"), amount),
            };
            assert_eq!(store.settle(&lease, &settlement).await, Ok(Fenced::Applied));
            (spent, 1)
        })
    });
    let ended = join_all(tasks).await.into_iter().map(|task| task.expect("no panic"));
    let (spent, granted) =
        ended.fold((0, 0), |(spent, granted), (more, one)| (spent + more, granted + one));
    assert!(spent <= 1000, "{spent} spent of 1000");
    assert!(granted >= 25, "only {granted} granted: the amounts are at most 40");
    // What is left can be taken to the last unit, and not one more.
    let left = 1000 - spent;
    let over = stores[0].claim(&costing(1000, left + 1)).await;
    assert_eq!(over, Ok(Claimed::Stands(Standing::OverBudget(0))));
    let last = stores[1].claim(&costing(1001, left)).await;
    assert!(matches!(last, Ok(Claimed::Granted(_))), "{left} left: {last:?}");
    let over = stores[2].claim(&costing(1002, 1)).await;
    assert_eq!(over, Ok(Claimed::Stands(Standing::OverBudget(0))));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_have_one_secret() {
    let Some(server) = Redis::start() else { return };
    let stores = three(|| connect(&server)).await;
    let secrets = join_all((0..30).map(|place| {
        let store = stores[place % 3].clone();
        async move { *store.secret().await.expect("a secret").expose() }
    }))
    .await;
    assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    assert_ne!(secrets[0], [0; 32]);
}
