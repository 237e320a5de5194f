//! Bugs in what many calls together may take.

use super::{Bug, Edit, Notice::Simulation};

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "budget-summed-outside-the-transaction",
        wrong: "two claims see the same sum",
        edits: &[Edit {
            file: "mcp-guard/src/store/memory.rs",
            find: "            self.transact(|records, now| {
                let (claimed, granted) = record::on_claim(find(records, claim, now), claim, now);
",
            replace: r#"            let mut early = None;
            if crate::planted("budget-summed-outside-the-transaction") {
                early = Some(self.transact(|records, now| find(records, claim, now).used)?);
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            self.transact(|records, now| {
                let found = find(records, claim, now);
                let found = Found { used: early.unwrap_or(found.used), ..found };
                let (claimed, granted) = record::on_claim(found, claim, now);
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "budget-freed-while-unknown",
        wrong: "what may have been spent is spent again",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "            State::Claimed { .. } | State::Unknown { .. } => Some(Timestamp::MAX),\n",
            replace: r#"            State::Unknown { .. } if crate::planted("budget-freed-while-unknown") => None,
            State::Claimed { until, .. } if crate::planted("budget-freed-at-the-lease-end") => {
                Some(*until)
            }
            State::Claimed { .. } | State::Unknown { .. } => Some(Timestamp::MAX),
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "budget-freed-at-the-lease-end",
        wrong: "what a dead process may have spent is spent again",
        // With the bug above, which is in the same line.
        edits: &[],
        noticed_by: Simulation,
    },
    Bug {
        name: "budget-of-fixed-windows",
        wrong: "a window's end gives everything back at once",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "            State::Recorded { acted: true, ended, .. } => Some(ended.at.after(reservation.window)),\n",
            replace: r#"            State::Recorded { acted: true, ended, .. }
                if crate::planted("budget-of-fixed-windows") =>
            {
                let window = i64::try_from(reservation.window.as_millis()).unwrap_or(i64::MAX);
                let at = ended.at.as_millis();
                Some(Timestamp::from_millis(at - at % window + window))
            }
            State::Recorded { acted: true, ended, .. } => Some(ended.at.after(reservation.window)),
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "budget-off-by-one",
        wrong: "a cap can be exceeded by one",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/claim.rs",
            find: "used.saturating_add(reservation.amount) > reservation.cap",
            replace: r#"used.saturating_add(reservation.amount)
            > reservation.cap + u64::from(crate::planted("budget-off-by-one"))"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "budget-kept-by-what-lapsed",
        wrong: "what was never begun is held for ever",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "            State::Claimed { until, tentative: true } => Some(*until),\n",
            replace: r#"            State::Claimed { tentative: true, .. }
                if crate::planted("budget-kept-by-what-lapsed") =>
            {
                Some(Timestamp::MAX)
            }
            State::Claimed { until, tentative: true } => Some(*until),
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "budget-of-everyone",
        wrong: "one agent's calls use up another's budget",
        edits: &[Edit {
            file: "mcp-guard/src/key.rs",
            find: r#"BudgetOf::Caller => meter("caller", &[caller.issuer(), caller.subject()]),"#,
            replace: r#"BudgetOf::Caller if crate::planted("budget-of-everyone") => meter("caller", &[]),
            BudgetOf::Caller => meter("caller", &[caller.issuer(), caller.subject()]),"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "success-spends-nothing",
        wrong: "what was done gives its budget and its business key back",
        edits: &[Edit {
            file: "mcp-guard/src/guard/settle.rs",
            find: "Certainty::Done => recorded(true),",
            replace: r#"Certainty::Done => recorded(!crate::planted("success-spends-nothing")),"#,
        }],
        noticed_by: Simulation,
    },
];
