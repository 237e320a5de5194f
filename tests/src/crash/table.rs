//! What came of many deaths, for people.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::{chain::Fault, point::Point};

/// What came of all deaths at each point, on each store.
#[derive(Debug, Default)]
pub struct Table {
    rows: BTreeMap<(&'static str, Group, Point), Row>,
    faults: Vec<String>,
}

/// Where the effect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// In a backend.
    Backend,
    /// In the store's own transaction.
    Transaction,
}

#[derive(Debug, Default)]
struct Row {
    rounds: u32,
    doubles: u32,
    corrupt: u32,
    wrong: u32,
    unknown: u32,
    recovery: Duration,
}

impl Table {
    /// Adds a death after which nothing was wrong: whether its outcome is unknown, and how long it
    /// took from the restart to the final answer.
    pub fn add(
        &mut self,
        (store, group, point): (&'static str, Group, Point),
        unknown: bool,
        recovery: Duration,
    ) {
        let row = self.rows.entry((store, group, point)).or_default();
        row.rounds += 1;
        row.unknown += u32::from(unknown);
        row.recovery = row.recovery.max(recovery);
    }

    /// Adds a death after which something was wrong.
    pub fn add_fault(
        &mut self,
        (store, group, point): (&'static str, Group, Point),
        fault: &Fault,
    ) {
        let row = self.rows.entry((store, group, point)).or_default();
        row.rounds += 1;
        let counted = match fault {
            Fault::Double(_) => &mut row.doubles,
            Fault::Corrupt(_) => &mut row.corrupt,
            Fault::Wrong(_) => &mut row.wrong,
        };
        *counted += 1;
        self.faults.push(format!("{store} {point}: {fault:?}"));
    }

    /// Adds what is wrong with a store as a whole.
    pub fn add_fault_of(&mut self, store: &str, fault: &Fault) {
        self.faults.push(format!("{store}: {fault:?}"));
    }

    /// Everything that was wrong.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// How many servers died.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.rows.values().map(|row| row.rounds).sum()
    }

    /// The longest that a server took to recover.
    #[must_use]
    pub fn slowest(&self) -> Duration {
        self.rows.values().map(|row| row.recovery).max().unwrap_or_default()
    }

    /// Takes over what came of other deaths.
    pub fn absorb(&mut self, other: Self) {
        for (place, row) in other.rows {
            let all = self.rows.entry(place).or_default();
            all.rounds += row.rounds;
            all.doubles += row.doubles;
            all.corrupt += row.corrupt;
            all.wrong += row.wrong;
            all.unknown += row.unknown;
            all.recovery = all.recovery.max(row.recovery);
        }
        self.faults.extend(other.faults);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<10}{:<13}{:<18}{:>8}{:>9}{:>9}{:>7}{:>9}{:>13}",
            "store",
            "effect in",
            "killed at",
            "rounds",
            "doubles",
            "corrupt",
            "wrong",
            "unknown",
            "recovery"
        )?;
        for ((store, group, point), row) in &self.rows {
            let group = match group {
                Group::Backend => "backend",
                Group::Transaction => "transaction",
            };
            let Row { rounds, doubles, corrupt, wrong, unknown, recovery } = row;
            writeln!(
                f,
                "{store:<10}{group:<13}{:<18}{rounds:>8}{doubles:>9}{corrupt:>9}{wrong:>7}{unknown:>9}{:>10} ms",
                point.to_string(),
                recovery.as_millis()
            )?;
        }
        Ok(())
    }
}
