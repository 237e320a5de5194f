//! Bugs in what the end of a body is taken for, and in what its agent is told.

use super::{Bug, Edit, Notice::Simulation};

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "settled-after-the-reply",
        wrong: "an agent knows of a success that the store does not",
        edits: &[Edit {
            file: "mcp-guard/src/guard/settle.rs",
            find: "    match record(core, held, settlement, late).await {\n",
            replace: r#"    if crate::planted("settled-after-the-reply") {
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            held.store.settle(&held.lease, &settlement).await
        });
        return reply;
    }
    match record(core, held, settlement, late).await {
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "panic-is-nothing-done",
        wrong: "a body that panics is taken to have done nothing",
        edits: &[Edit {
            file: "mcp-guard/src/guard/settle/judge.rs",
            find: r#"(Certainty::Unknown, unknown(Failure::unknown("panicked", detail), on_unknown))"#,
            replace: r#"(
                if crate::planted("panic-is-nothing-done") {
                    Certainty::NothingDone
                } else {
                    Certainty::Unknown
                },
                unknown(Failure::unknown("panicked", detail), on_unknown),
            )"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "timeout-is-nothing-done",
        wrong: "a body that is stopped is taken to have done nothing",
        edits: &[Edit {
            file: "mcp-guard/src/guard/settle/judge.rs",
            find: "            (Certainty::Unknown, told)\n",
            replace: r#"            if crate::planted("timeout-is-nothing-done") {
                return (Certainty::NothingDone, Reply::failure(tool, &told));
            }
            (Certainty::Unknown, told)
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "ambiguous-is-nothing-done",
        wrong: "a broken connection is taken to have done nothing",
        edits: &[Edit {
            file: "mcp-guard/src/guard/settle/judge.rs",
            find: "                (Certainty::Unknown, unknown(Failure::of_report(report, detail), on_unknown))\n",
            replace: r#"                (
                    if crate::planted("ambiguous-is-nothing-done") {
                        Certainty::NothingDone
                    } else {
                        Certainty::Unknown
                    },
                    unknown(Failure::of_report(report, detail), on_unknown),
                )
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "ambiguous-is-refused",
        wrong: "a broken connection is recorded as a refusal",
        edits: &[Edit {
            file: "mcp-guard/src/guard/settle/judge.rs",
            find: "            Class::Ambiguous => {\n",
            replace: r#"            Class::Ambiguous if crate::planted("ambiguous-is-refused") => {
                (Certainty::Refused, Failure::of_report(report, detail).spends_the_key())
            }
            Class::Ambiguous => {
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "unknown-is-free",
        wrong: "an operation that may have been done is carried out again",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/claim.rs",
            find: "        _ if record.is_unknown(now) => {\n",
            replace: r#"        _ if record.is_unknown(now) && !crate::planted("unknown-is-free") => {
"#,
        }],
        noticed_by: Simulation,
    },
];
