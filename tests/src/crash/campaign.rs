//! Many deaths, at every point, on a store.

use std::{sync::Arc, time::Duration};

use mcp_guard::store::{self, UnreadableRecord};
use rusqlite::Connection;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    backing::{Backing, Transfers},
    chain::{Chain, Fault},
    kind::Kind,
    point::{Point, Step},
    round,
    table::{Group, Table},
    transaction,
};
use crate::{server::Transport, wire::Version};

/// How many servers die one after the other on one chain.
const ROUNDS_OF_A_CHAIN: u32 = 25;

/// How much is tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many servers die at each point.
    pub rounds: u32,
    /// The one point that is tried; `None`: all.
    pub only: Option<Point>,
    /// How many chains run at once.
    pub at_once: usize,
    /// How long a server may take to recover.
    pub recovery: Duration,
}

/// One chain of deaths at one point.
#[derive(Debug, Clone)]
struct Chained {
    number: usize,
    group: Group,
    point: Point,
    first: u32,
    rounds: u32,
}

/// Kills servers on this store as planned.
///
/// # Panics
/// Never: what panics in a round is a fault of that round.
pub async fn run(backing: &Arc<Backing>, plan: &Plan) -> Table {
    let mut table = Table::default();
    let room = Arc::new(Semaphore::new(plan.at_once));
    let mut running = JoinSet::new();
    for chained in chains(backing, plan) {
        let (backing, room) = (Arc::clone(backing), Arc::clone(&room));
        let plan = plan.clone();
        running.spawn(async move {
            let _place = room.acquire_owned().await.expect("it is never closed");
            let guarded = tokio::spawn(run_chain(Arc::clone(&backing), chained.clone(), plan));
            // What panics is a test's own assertion.
            guarded.await.unwrap_or_else(|panic| {
                let mut table = Table::default();
                let place = (backing.name(), chained.group, chained.point);
                table.add_fault(place, &Fault::Wrong(format!("{chained:?}: {panic}")));
                table
            })
        });
    }
    while let Some(done) = running.join_next().await {
        table.absorb(done.expect("panics are caught"));
    }
    if let Backing::Postgres(_) | Backing::Redis(_) = **backing
        && let Err(fault) = all_is_readable(&backing.url(std::path::Path::new(""))).await
    {
        table.add_fault_of(backing.name(), &fault);
    }
    table
}

fn chains(backing: &Backing, plan: &Plan) -> Vec<Chained> {
    let of_backend = [Point::of_a_call(), Point::of_a_dispatch(), Point::of_a_reconciliation()];
    let of_backend = of_backend.concat().into_iter().map(|point| (Group::Backend, point));
    let of_transaction =
        if backing.has_transactions() { Point::of_a_transaction() } else { vec![] };
    let of_transaction = of_transaction.into_iter().map(|point| (Group::Transaction, point));
    let mut chains = Vec::new();
    for (group, point) in of_backend.chain(of_transaction) {
        if plan.only.is_some_and(|only| only != point) {
            continue;
        }
        let mut first = 0;
        while first < plan.rounds {
            let rounds = ROUNDS_OF_A_CHAIN.min(plan.rounds - first);
            chains.push(Chained { number: chains.len(), group, point, first, rounds });
            first += rounds;
        }
    }
    chains
}

async fn run_chain(backing: Arc<Backing>, chained: Chained, plan: Plan) -> Table {
    let (transport, version) = match chained.number % 2 {
        0 => (Transport::Stdio, Version::V2025November),
        _ => (Transport::Http, Version::V2026July),
    };
    let mut chain = Chain::open(&backing, transport, version).await;
    // The last one of a chain recovers the store alone where there is no survivor.
    if chained.number % 4 < 2 {
        chain = chain.with_survivor().await;
    }
    let mut table = match chained.group {
        Group::Backend => die_outside(&mut chain, backing.name(), &chained, &plan).await,
        Group::Transaction => die_inside(&mut chain, backing.name(), &chained, &plan).await,
    };
    if let Backing::Sqlite = *backing
        && let Err(fault) = all_is_readable(&chain.store_url()).await
    {
        table.add_fault_of(backing.name(), &fault);
    }
    table
}

async fn die_outside(
    chain: &mut Chain,
    store: &'static str,
    chained: &Chained,
    plan: &Plan,
) -> Table {
    let mut table = Table::default();
    let place = (store, chained.group, chained.point);
    let kinds = kinds_at(chained.point);
    for number in chained.first..chained.first + chained.rounds {
        let count = u32::try_from(kinds.len()).unwrap_or(1);
        let round = round::Round {
            kind: kinds[(number % count) as usize],
            point: chained.point,
            // Each kind goes through all variations, and not every point begins with the same one.
            number: number / count + u32::try_from(chained.number).unwrap_or_default(),
            order: order(chained, number),
        };
        match round.run(chain).await.and_then(|seen| in_time(seen, seen.recovery, chain, plan)) {
            Ok(seen) => table.add(place, seen.unknown, seen.recovery),
            Err(fault) => {
                table.add_fault(place, &fault);
                chain.restart().await;
            }
        }
    }
    table
}

async fn die_inside(
    chain: &mut Chain,
    store: &'static str,
    chained: &Chained,
    plan: &Plan,
) -> Table {
    let mut table = Table::default();
    let place = (store, chained.group, chained.point);
    let mut ledger = Transfers::open(&chain.store_url()).await;
    for number in chained.first..chained.first + chained.rounds {
        let round = transaction::Round { point: chained.point, order: order(chained, number) };
        let ran = round.run(chain, &mut ledger).await;
        match ran.and_then(|recovery| in_time(recovery, recovery, chain, plan)) {
            Ok(recovery) => table.add(place, false, recovery),
            Err(fault) => {
                table.add_fault(place, &fault);
                chain.restart().await;
            }
        }
    }
    table
}

/// An order of its own for each round of a store.
fn order(chained: &Chained, number: u32) -> String {
    format!("ord_{}_{number}", chained.number)
}

/// The kinds of tools that come to a point.
fn kinds_at(point: Point) -> &'static [Kind] {
    match point.step {
        Step::Dispatch => &[Kind::Dispatch],
        Step::Reconcile | Step::Resolve => &[Kind::Reconcile],
        _ => &Kind::ALL,
    }
}

fn in_time<T>(seen: T, recovery: Duration, chain: &Chain, plan: &Plan) -> Result<T, Fault> {
    if recovery <= plan.recovery {
        return Ok(seen);
    }
    let start = chain.took_to_start();
    Err(Fault::Wrong(format!("it took {recovery:?} to recover, {start:?} of it to start")))
}

/// Whether every record can be read whose outcome is unknown (the others were, by replays), and the
/// file is sound where it is one.
async fn all_is_readable(url: &str) -> Result<(), Fault> {
    let corrupt = |what: &dyn std::fmt::Display| Fault::Corrupt(what.to_string());
    let store = store::open(url).await.map_err(|error| corrupt(&error))?;
    let mut after = None;
    loop {
        let page = store.unresolved(after, 500).await.map_err(|error| corrupt(&error))?;
        let Some(last) = page.last() else { break };
        after = Some(UnreadableRecord::operation_of(last));
        if let Some(unreadable) = page.iter().find_map(|found| found.as_ref().err()) {
            return Err(corrupt(unreadable));
        }
    }
    let Some(path) = url.strip_prefix("sqlite:") else { return Ok(()) };
    let file = Connection::open(path).map_err(|error| corrupt(&error))?;
    let verdict = file.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(corrupt(&verdict)),
        Err(error) => Err(corrupt(&error)),
    }
}
