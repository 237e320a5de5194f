//! The report as text.

use std::fmt;

use super::{Benign, Landed, Premise, Report, Row};
use crate::adversary::play::Step;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, seed {}", self.target, self.seed)?;
        writeln!(
            f,
            "{:<42} {:>9} {:>9} {:>7} {:>7}",
            "attack", "tried", "refused", "void", "LANDED"
        )?;
        self.attacks.iter().try_for_each(|of| row(f, of))?;
        let sum = |of: fn(&Row) -> u64| self.attacks.iter().map(of).sum::<u64>();
        let (refused, void, landed) =
            (sum(|row| row.refused), sum(|row| row.void), sum(|row| row.landed));
        let (tried, all) = (self.tried(), "in all");
        writeln!(f, "{all:<42} {tried:>9} {refused:>9} {void:>7} {landed:>7}")?;
        let Benign { calls, refused, .. } = &self.benign;
        writeln!(f, "{calls} benign calls, {refused} of them refused; {:.1} s", self.seconds)?;
        self.premises.iter().filter(|of| of.accepted == 0).try_for_each(|of| premise(f, of))?;
        self.landed.iter().try_for_each(|landed| landed.fmt(f))?;
        for transcript in &self.benign.transcripts {
            writeln!(f, "\nA benign call was refused:")?;
            steps(f, transcript)?;
        }
        Ok(())
    }
}

impl fmt::Display for Landed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attack, tool, seed, number, why, transcript } = self;
        writeln!(f, "\n{attack} landed on {tool}: {why} (seed {seed}, number {number})")?;
        writeln!(f, "{}", attack.tries())?;
        steps(f, transcript)
    }
}

fn row(f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
    let Row { attack, tried, refused, landed, void, not_tried } = row;
    if let Some(why) = not_tried {
        return writeln!(f, "{attack:<42} not tried: {why}");
    }
    writeln!(f, "{attack:<42} {tried:>9} {refused:>9} {void:>7} {landed:>7}")?;
    if row.is_void() {
        writeln!(f, "  It told nothing: the right call that it begins with was always refused.")?;
    }
    Ok(())
}

/// Why nothing is known of a tool.
fn premise(f: &mut fmt::Formatter<'_>, Premise { tool, calls, .. }: &Premise) -> fmt::Result {
    writeln!(
        f,
        "\nNo right call of {tool} was accepted, of {calls}: what refuses them refuses the attacks too, \
         which tell nothing. Does the caller hold its scopes, is there anything left of its budgets, and \
         does `.example(\"{tool}\", …)` make calls that pass?"
    )
}

fn steps(f: &mut fmt::Formatter<'_>, transcript: &[Step]) -> fmt::Result {
    for Step { who, sent, answered } in transcript {
        if who.is_empty() {
            writeln!(f, "  -- {sent}")?;
            continue;
        }
        writeln!(f, "  {who} > {sent}")?;
        writeln!(f, "  {:>1$} < {2}", "", who.len(), answered.as_deref().unwrap_or("(no answer)"))?;
    }
    Ok(())
}
