//! That each attack can land.

use futures_util::{StreamExt as _, stream};
use guard_tests::attacked::{Hole, OverHttp};
use mcp_guard::adversary::Attack;

/// How many servers are attacked together: the adversary waits more than it works.
const TOGETHER: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_lands_where_what_it_is_against_is_undone() {
    let attacks = stream::iter(Attack::ALL)
        .map(|attack| async { (!lands(*attack).await).then_some(*attack) });
    let never: Vec<_> =
        attacks.buffer_unordered(TOGETHER).filter_map(std::future::ready).collect().await;
    assert_eq!(never, [], "they never landed");
}

async fn lands(attack: Attack) -> bool {
    let hole = Hole::for_attack(attack);
    assert!(hole.is_some(), "say what {attack} is against");
    let server = OverHttp {
        sessions: attack == Attack::AnotherSession,
        hides: attack == Attack::Existence,
        hole,
    };
    let adversary = server.adversary().await.expect("a server").only([attack]);
    let report = adversary.attacks(100).enough(1).benign(0).run().await.expect("a run");
    report.has_landed(attack)
}
