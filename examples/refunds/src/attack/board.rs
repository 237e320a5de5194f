//! Two reports beside each other.

use std::fmt::Write as _;

use mcp_guard::adversary::{Attack, Report, Row};

/// What each attack came to on either server.
pub(super) fn side_by_side(guarded: &Report, bare: &Report) -> String {
    let mut table = format!("{:<42} {:>22} {:>22}\n", "attack", "guarded", "bare");
    for attack in Attack::ALL {
        let cell = |report: &Report| report.row(*attack).map_or_else(String::new, came_to);
        let (guarded, bare) = (cell(guarded), cell(bare));
        // Writing to a `String` cannot fail.
        let _ = writeln!(table, "{attack:<42} {guarded:>22} {bare:>22}");
    }
    let all = |report: &Report| format!("{} of {} landed", landed(report), report.tried());
    let benign =
        |report: &Report| format!("{} of {} refused", report.benign.refused, report.benign.calls);
    let _ = writeln!(table, "{:<42} {:>22} {:>22}", "attacks", all(guarded), all(bare));
    let _ = writeln!(table, "{:<42} {:>22} {:>22}", "benign calls", benign(guarded), benign(bare));
    table
}

fn came_to(row: &Row) -> String {
    match row {
        Row { not_tried: Some(_), .. } => "not tried".into(),
        Row { landed: 0, refused, void: 0, .. } => format!("{refused} refused"),
        Row { landed: 0, refused, void, .. } => format!("{refused} refused, {void} void"),
        Row { landed, tried, .. } => format!("LANDED {landed} of {tried}"),
    }
}

fn landed(report: &Report) -> u64 {
    report.attacks.iter().map(|row| row.landed).sum()
}
