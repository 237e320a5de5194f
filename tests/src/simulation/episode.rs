//! One episode, from its seed to its verdict.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::{runtime::Builder, time::sleep};

use super::{
    agents,
    chance::Chance,
    chaos,
    judge::{CallId, Tally, Violation},
    plan::{Plan, Stores},
    tools::TOOLS,
    world::World,
};

/// How long everything may take to come to rest: longer than any lease, and any attempt to record an
/// outcome late.
const REST: Duration = Duration::from_secs(200);
/// How often a call is repeated in the calm until it must have settled.
const REPEATS: u32 = 4;

/// What came of an episode.
#[derive(Debug)]
pub struct Episode {
    /// Which one it was.
    pub number: u64,
    /// How often what happened.
    pub tally: Tally,
    /// What must not have been.
    pub violations: Vec<Violation>,
    /// Everything that happened, in order.
    pub history: String,
    /// The same for the same history.
    pub digest: u64,
}

/// Plays an episode. An embedded store is kept in `folder`.
///
/// # Panics
/// When there is no runtime, or no store.
#[must_use]
pub fn replay(seed: u64, number: u64, stores: Stores, folder: &Path) -> Episode {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing");
    let file = folder.join(format!("episode-{number}.db"));
    let (tally, violations, history) = runtime.block_on(async {
        let mut chance = Chance::of(seed, number);
        let plan = Plan::new(&mut chance, stores, TOOLS.len());
        let world = Arc::new(World::new(plan, chance, file).expect("there is a store"));
        play(&world).await;
        let verdict = world.judge(|judge, _| judge.finish());
        // The guards know the world, and the world the guards.
        (0..world.replicas.len()).for_each(|place| world.stop(place));
        verdict
    });
    let mut hasher = DefaultHasher::new();
    history.hash(&mut hasher);
    Episode { number, tally, violations, history, digest: hasher.finish() }
}

async fn play(world: &Arc<World>) {
    world.judge(|judge, now| judge.note(now, format_args!("{:?}", world.plan)));
    (0..world.replicas.len()).for_each(|place| world.start(place));
    let troubles = [
        tokio::spawn(chaos::rage(Arc::clone(world))),
        tokio::spawn(chaos::repair(Arc::clone(world))),
    ];
    let agents: Vec<_> =
        (0..world.plan.agents).map(|_| tokio::spawn(agents::act(Arc::clone(world)))).collect();
    for agent in agents {
        agent.await.expect("agents do not panic");
    }
    troubles.iter().for_each(tokio::task::JoinHandle::abort);
    chaos::heal(world);
    sleep(REST).await;
    ask_again(world).await;
    look_into_the_store(world).await;
}

/// Every key is used once more, now that nothing goes wrong.
async fn ask_again(world: &Arc<World>) {
    for intent in world.judge(|judge, _| judge.keys()) {
        let mut call: CallId = 0;
        for _ in 0..REPEATS {
            let said = world.call(intent, 0).await;
            call = world.judge(|judge, _| judge.last_call());
            if said.is_some_and(|said| !said.is_retryable) {
                break;
            }
            sleep(Duration::from_secs(2)).await;
        }
        world.judge(|judge, now| judge.check_settles(call, now));
    }
}

async fn look_into_the_store(world: &Arc<World>) {
    let store = world.store().expect("the store can be opened");
    world.time.show(0);
    for operation in world.judge(|judge, _| judge.operations()) {
        let found = store.inspect(&operation).await.expect("the model store answers");
        world.judge(|judge, now| judge.check_record(operation, found.as_ref(), now));
    }
}
