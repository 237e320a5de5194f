//! What happens to replicas and clocks, whatever they are doing.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{plan::Fault, world::World};

/// Something that happens to a replica or to the clock.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Crash,
    Pause,
    Cut,
    Jump,
}

/// Deals blows until it is stopped.
pub(super) async fn rage(world: Arc<World>) {
    let weather = world.plan.weather;
    let blows: Vec<Blow> = [
        (weather.crashes, Blow::Crash),
        (weather.pauses, Blow::Pause),
        (weather.partitions, Blow::Cut),
        (weather.jumps, Blow::Jump),
    ]
    .into_iter()
    .filter_map(|(falls, blow)| falls.then_some(blow))
    .collect();
    while !blows.is_empty() {
        world.wait(50, 4_000).await;
        let (blow, place) =
            world.chance(|chance| (chance.pick(&blows), chance.place(world.replicas.len())));
        let world = Arc::clone(&world);
        match blow {
            Blow::Jump => jump(&world),
            Blow::Crash => world.crash(place),
            Blow::Pause | Blow::Cut => drop(tokio::spawn(suffer(world, blow, place))),
        }
    }
}

/// Starts what is down, a little later, until it is stopped.
pub(super) async fn repair(world: Arc<World>) {
    loop {
        sleep(Duration::from_millis(700)).await;
        for place in 0..world.replicas.len() {
            if world.replicas[place].guard().is_none() && world.chance(|chance| chance.happens(500))
            {
                world.start(place);
            }
        }
    }
}

/// Lets everything go on as it should.
pub(super) fn heal(world: &Arc<World>) {
    world.calm_down();
    for place in 0..world.replicas.len() {
        world.hold(place, false);
        world.cut(place, false);
        world.start(place);
    }
}

async fn suffer(world: Arc<World>, blow: Blow, place: usize) {
    set(&world, blow, place, true);
    let (first, last) =
        world.chance(|chance| chance.pick(&[(100, 900), (1_000, 5_000), (3_000, 15_000)]));
    world.wait(first, last).await;
    if !world.is_calm() {
        set(&world, blow, place, false);
    }
}

fn set(world: &World, blow: Blow, place: usize, on: bool) {
    match blow {
        Blow::Pause => world.hold(place, on),
        Blow::Cut => world.cut(place, on),
        Blow::Crash | Blow::Jump => {}
    }
}

fn jump(world: &World) {
    let by = world.chance(|chance| {
        let size = chance.pick(&[200, 2_000, 6_000, 40_000]);
        let by = i64::try_from(chance.between(1, size)).unwrap_or_default();
        if chance.happens(600) { by } else { -by }
    });
    let fault = if by > 0 { Fault::ClockForward } else { Fault::ClockBackward };
    let calls = world.judge(|judge, _| judge.under_way(None));
    world.fault(fault, calls);
    world.judge(|judge, now| judge.note(now, format_args!("the store's clock jumps by {by} ms")));
    world.time.jump(by);
}
