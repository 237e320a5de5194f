//! Several processes' worth of stores on one server.

use std::time::Duration;

use futures_util::future::join_all;
use guard_tests::{
    asking::{claim_all, count_granted, three},
    services::postgres::Postgres,
};
use mcp_guard::store::{
    BusinessKey, Claim, Claimed, Fenced, MeterId, Reservation, Settlement, Standing, Store,
};

use crate::{LEASE, RETENTION, admin, claim_of, connect, operation, recorded};

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_hundred_claims_of_one_operation_is_granted() {
    let Some(server) = Postgres::start() else { return };
    let stores = three(|| connect(&server)).await;
    for round in 0..10 {
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
    let Some(server) = Postgres::start() else { return };
    let stores = three(|| connect(&server)).await;
    for round in 0..10_u8 {
        let business = Some(BusinessKey::from_bytes([round; 32]));
        let claims = (0..100).map(|number| {
            claim_of(operation(u64::from(round) * 100 + number)).with_business(business)
        });
        let answers = claim_all(&stores, claims.collect()).await;
        assert_eq!(count_granted(&answers), 1, "{answers:?}");
    }
}

/// Once an operation is unknown, one of those who may repeat it does, by whatever key.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_hundred_claims_carries_an_unknown_operation_out_again() {
    let Some(server) = Postgres::start() else { return };
    let stores = three(|| connect(&server)).await;
    let business = Some(BusinessKey::from_bytes([7; 32]));
    let first = claim_of(operation(0)).with_business(business);
    let Ok(Claimed::Granted(lease)) = stores[0].claim(&first).await else { panic!("not granted") };
    stores[0].settle(&lease, &Settlement::Unknown).await.expect("settled");
    let claims = (0..100_u64)
        .map(|number| claim_of(operation(number % 5)).with_business(business).with_retake(true));
    let answers = claim_all(&stores, claims.collect()).await;
    let granted: Vec<_> = answers
        .iter()
        .filter_map(|answer| match answer {
            Claimed::Granted(lease) => Some(lease.attempt),
            Claimed::Stands(_) => None,
        })
        .collect();
    let [again] = granted[..] else { panic!("{answers:?}") };
    assert_eq!((again.operation, again.epoch), (operation(0), 2));
}

fn costing(number: u64, amount: u64, meters: &[u8]) -> Claim {
    let reservations = meters.iter().map(|meter| Reservation {
        meter: MeterId::from_bytes([*meter; 32]),
        amount,
        cap: 1_000,
        window: Duration::from_secs(3600),
    });
    claim_of(operation(number)).with_reservations(reservations.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_never_exceeded() {
    let Some(server) = Postgres::start() else { return };
    let stores = three(|| connect(&server)).await;
    // 200 of 1 to 30: many times the cap. Half of what is granted is spent, half given back, until
    // not even the least of them fits any more.
    for round in 0.. {
        let claims =
            (0..200).map(|number| costing(round * 1_000 + number, 1 + number * 7 % 30, &[9]));
        let tasks = claims.enumerate().map(|(place, claim)| {
            let store = stores[place % 3].clone();
            tokio::spawn(async move {
                let Claimed::Granted(lease) = store.claim(&claim).await.expect("an answer") else {
                    return 0;
                };
                let settlement = match place % 2 {
                    0 => recorded("spent"),
                    _ => Settlement::Released { retention: RETENTION },
                };
                assert_eq!(store.settle(&lease, &settlement).await, Ok(Fenced::Applied));
                1
            })
        });
        let granted: u32 =
            join_all(tasks).await.into_iter().map(|task| task.expect("no panic")).sum();
        let spent: u64 = server
            .sql("SELECT sum(amount) FROM mcp_guard.reservation WHERE counts_until IS NOT NULL")
            .parse()
            .expect("a sum");
        assert!(spent <= 1_000, "{spent} of 1000 after round {round}");
        if granted == 0 {
            assert_eq!(spent, 1_000, "nothing is refused that would fit");
            return;
        }
    }
}

/// Budgets are locked in one order, whatever order they are named in.
#[tokio::test(flavor = "multi_thread")]
async fn claims_of_several_budgets_do_not_block_each_other() {
    let Some(server) = Postgres::start_with(&[("log_lock_waits", "on")]) else { return };
    let stores = three(|| connect(&server)).await;
    let claims = (0..120_u64).map(|number| match number % 3 {
        0 => costing(number, 1, &[1, 2, 3]),
        1 => costing(number, 1, &[3, 2, 1]),
        _ => costing(number, 1, &[2, 3, 1]),
    });
    let answers = claim_all(&stores, claims.collect()).await;
    assert_eq!(count_granted(&answers), 120);
    let deadlocks = server.sql("SELECT sum(deadlocks) FROM pg_stat_database");
    assert_eq!(deadlocks, "0");
}

/// Holders that come and go as fast as they can, over every way out: claims, renewals, dispatches and
/// settlements of tentative operations that share a business key and a budget.
#[tokio::test(flavor = "multi_thread")]
async fn tentative_operations_do_not_block_each_other() {
    let Some(server) = Postgres::start() else { return };
    let stores = three(|| connect(&server)).await;
    let tasks = (0..12_u64).map(|worker| {
        let store = stores[usize::try_from(worker).expect("small") % 3].clone();
        tokio::spawn(async move {
            let mut acted = 0;
            for round in 0..20_u64 {
                let mut claim = costing(worker % 4, 1, &[1, 2]).with_tentative(true);
                claim.operation = operation(worker % 4 + round / 5 * 10);
                claim.business =
                    Some(BusinessKey::from_bytes([u8::try_from(round / 5).expect("small"); 32]));
                let Claimed::Granted(lease) = store.claim(&claim).await.expect("an answer") else {
                    continue;
                };
                assert_eq!(store.renew(&lease).await, Ok(Fenced::Applied));
                assert_eq!(store.dispatch(&lease).await, Ok(Fenced::Applied));
                if round % 5 == 4 {
                    assert_eq!(store.settle(&lease, &recorded("done")).await, Ok(Fenced::Applied));
                    acted += 1;
                } else {
                    let released = Settlement::Released { retention: RETENTION };
                    assert_eq!(store.settle(&lease, &released).await, Ok(Fenced::Applied));
                }
            }
            acted
        })
    });
    let acted: u64 = join_all(tasks).await.into_iter().map(|task| task.expect("no panic")).sum();
    assert_eq!(acted, 4, "one for each business key");
    assert_eq!(server.sql("SELECT sum(deadlocks) FROM pg_stat_database"), "0");
}

/// Claims that have nothing in common but lapsed ones, which give way to each of them.
#[tokio::test(flavor = "multi_thread")]
async fn claims_that_make_way_for_themselves_do_not_block_each_other() {
    let Some(server) = Postgres::start() else { return };
    let stores = three(|| connect(&server)).await;
    for round in 0..4_u64 {
        let number = |place: u64| round * 1_000 + place;
        let lapsing = (0..200).map(|place| {
            let mut claim = costing(number(place), 1, &[1, 2, 3, 4, 5]).with_tentative(true);
            claim.lease = Duration::ZERO;
            claim
        });
        assert_eq!(count_granted(&claim_all(&stores, lapsing.collect()).await), 200);
        // Half of them are claims of what has lapsed itself.
        let successors = (0..10_u64).map(|place| {
            let meter = u8::try_from(1 + place % 5).expect("small");
            costing(number(195 + place), 1, &[meter])
        });
        assert_eq!(count_granted(&claim_all(&stores, successors.collect()).await), 10);
    }
    let left = server.sql("SELECT count(*) FROM mcp_guard.operation WHERE tentative");
    assert_eq!(left, "0");
    assert_eq!(server.sql("SELECT sum(deadlocks) FROM pg_stat_database"), "0");
}

/// A write that waits for a lock is judged by the time at which it has it: meanwhile, others may have
/// been granted what a tentative claim held.
#[tokio::test(flavor = "multi_thread")]
async fn time_is_told_behind_the_locks() {
    let Some(server) = Postgres::start() else { return };
    let store = connect(&server).await;
    let somebody = admin(&server).await;
    somebody.batch_execute("SET search_path = mcp_guard").await.expect("set");
    let mut numbers = 0..;
    for lock in ["lock_number('meter', $1)", "lock_number('business key', $1)"] {
        for how in ["dispatch", "renew", "settle"] {
            let number: u8 = numbers.next().expect("a number");
            let mut claim = costing(u64::from(number), 1, &[number]).with_tentative(true);
            claim.business = Some(BusinessKey::from_bytes([number; 32]));
            claim.lease = Duration::from_millis(400);
            let Ok(Claimed::Granted(lease)) = store.claim(&claim).await else { panic!("granted") };
            let id = &[number; 32][..];
            let taken = format!("SELECT pg_advisory_lock({lock})");
            somebody.execute(&taken, &[&id]).await.expect("the lock");
            let store = store.clone();
            let write = tokio::spawn(async move {
                match how {
                    "dispatch" => store.dispatch(&lease).await,
                    "renew" => store.renew(&lease).await,
                    _ => store.settle(&lease, &recorded("done")).await,
                }
            });
            tokio::time::sleep(Duration::from_millis(600)).await;
            assert!(!write.is_finished(), "{how} waits for {lock}");
            let given = format!("SELECT pg_advisory_unlock({lock})");
            somebody.execute(&given, &[&id]).await.expect("unlocked");
            assert_eq!(write.await.expect("no panic"), Ok(Fenced::Superseded), "{how}, {lock}");
        }
    }
}

/// The secret is made by whoever comes first.
#[tokio::test(flavor = "multi_thread")]
async fn every_process_has_the_same_secret() {
    let Some(server) = Postgres::start() else { return };
    let stores = three(|| connect(&server)).await;
    let tasks = (0..60).map(|place: usize| {
        let store = stores[place % 3].clone();
        tokio::spawn(async move { *store.secret().await.expect("a secret").expose() })
    });
    let mut secrets: Vec<_> =
        join_all(tasks).await.into_iter().map(|task| task.expect("no panic")).collect();
    secrets.dedup();
    assert!(secrets.len() == 1 && secrets[0] != [0; 32], "{} secrets", secrets.len());
}
