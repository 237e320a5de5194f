use std::{sync::atomic::AtomicUsize, time::Duration};

use tokio::{
    sync::Notify,
    time::{advance, timeout},
};

use super::*;
use crate::{caller::Caller, key::standing, secret::Secret};

/// What stands in for a source: it counts.
#[derive(Default)]
struct Mint {
    cache: Cache,
    asked: AtomicUsize,
}

impl Mint {
    async fn get(&self, wanted: For, lifetime: Duration) -> String {
        let minted = self.cache.get(wanted, || async {
            let count = self.asked.fetch_add(1, Ordering::SeqCst);
            let token = Secret::new(format!("token-{count}"));
            Ok(Credential::bearer(token).expect("a token").with_lifetime(lifetime))
        });
        minted.await.expect("minted").expose().to_owned()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn for_caller(subject: &str) -> For {
    let caller = Some(standing(&Caller::local(subject)));
    For { tool: "refund", caller, subject_token: None }
}

#[tokio::test(start_paused = true)]
async fn a_credential_is_used_until_shortly_before_its_end() {
    for (lifetime, used_for) in [(3600, 3569), (60, 44), (8, 5)] {
        let mint = Mint::default();
        let lifetime = Duration::from_secs(lifetime);
        let get = || mint.get(for_caller("a"), lifetime);
        assert_eq!(get().await, "token-0");
        advance(Duration::from_secs(used_for)).await;
        assert_eq!(get().await, "token-0", "{lifetime:?}");
        advance(Duration::from_secs(2)).await;
        assert_eq!(get().await, "token-1", "{lifetime:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_without_an_end_is_not_kept() {
    let cache = Cache::default();
    let asked = AtomicUsize::new(0);
    for _ in 0..3 {
        let minted = cache.get(for_caller("a"), || async {
            asked.fetch_add(1, Ordering::SeqCst);
            Credential::bearer(Secret::new("token".into()))
        });
        minted.await.expect("minted");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn nobody_is_given_what_is_for_another() {
    let mint = Mint::default();
    let hour = Duration::from_secs(3600);
    let a = for_caller("a");
    let mut seen = Vec::new();
    for wanted in [
        a.clone(),
        for_caller("b"),
        For { tool: "credit", ..a.clone() },
        For { subject_token: Some([1; 32]), ..a.clone() },
        For { subject_token: Some([2; 32]), ..a.clone() },
        For { caller: None, ..a },
    ] {
        let token = mint.get(wanted.clone(), hour).await;
        assert_eq!(mint.get(wanted, hour).await, token);
        assert!(!seen.contains(&token), "{token} is another's");
        seen.push(token);
    }
    assert_eq!(mint.asked(), 6);
}

#[tokio::test]
async fn those_who_wait_share_what_comes_of_it() {
    for fails in [false, true] {
        let (cache, asked, go) = (Cache::default(), AtomicUsize::new(0), Notify::new());
        let mint = || async {
            asked.fetch_add(1, Ordering::SeqCst);
            go.notified().await;
            if fails {
                return Err(CredentialError::unavailable("down"));
            }
            Credential::bearer(Secret::new("token".into()))
        };
        let calls = (0..50).map(|_| cache.get(for_caller("a"), mint));
        let all = futures_util::future::join_all(calls);
        let release = async {
            tokio::task::yield_now().await;
            go.notify_one();
        };
        let patience = Duration::from_secs(10);
        let (outcomes, ()) = timeout(patience, async { tokio::join!(all, release) })
            .await
            .expect("nobody waits for a second answer");
        assert!(outcomes.iter().all(|outcome| outcome.is_err() == fails));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        // What has failed is asked again by whoever comes next.
        go.notify_one();
        assert_eq!(cache.get(for_caller("a"), mint).await.is_err(), fails);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn one_who_goes_away_leaves_the_turn_to_another() {
    let cache = Cache::default();
    let hangs = cache.get(for_caller("a"), std::future::pending);
    assert!(timeout(Duration::from_millis(1), hangs).await.is_err());
    let minted = cache
        .get(for_caller("a"), || async { Credential::bearer(Secret::new("token".into())) })
        .await;
    assert_eq!(minted.expect("minted").expose(), "token");
}

#[tokio::test]
async fn the_memory_is_bounded_and_what_is_used_stays() {
    let mint = Mint::default();
    let hour = Duration::from_secs(3600);
    let busy = mint.get(for_caller("busy"), hour).await;
    for number in 0..3 * ROOM {
        mint.get(for_caller(&number.to_string()), hour).await;
        assert_eq!(mint.get(for_caller("busy"), hour).await, busy);
    }
    assert_eq!(mint.asked(), 1 + 3 * ROOM);
    assert_eq!(mint.cache.0.lock().expect("a lock").slots.len(), ROOM);
}
