//! Bugs in who may act, and when.

use super::{
    Bug, Edit,
    Notice::{Simulation, UnitTest},
};

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "claim-after-effect",
        wrong: "the body begins before its claim is kept",
        edits: &[Edit {
            file: "mcp-guard/src/guard/reserve/claiming.rs",
            find: "        let first = self.store.claim(self.claim).await;\n",
            replace: r#"        if crate::planted("claim-after-effect") {
            let (store, claim) = (Arc::clone(self.store), self.claim.clone());
            if let Some(standing) = store.recall(&claim).await? {
                return Ok(Claimed::Stands(standing));
            }
            let (operation, owner, length) = (claim.operation, claim.owner, claim.lease);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                store.claim(&claim).await
            });
            let attempt = crate::store::Attempt { operation, epoch: 1, owner };
            return Ok(Claimed::Granted(Lease { attempt, length }));
        }
        let first = self.store.claim(self.claim).await;
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "claim-assumed-on-an-error",
        wrong: "a claim that the store did not acknowledge is taken for granted",
        edits: &[Edit {
            file: "mcp-guard/src/guard/reserve/claiming.rs",
            find: "        match second {\n",
            replace: r#"        if second.is_err() && crate::planted("claim-assumed-on-an-error") {
            let (operation, owner) = (self.claim.operation, self.claim.owner);
            let attempt = crate::store::Attempt { operation, epoch: 1, owner };
            return Ok(Claimed::Granted(Lease { attempt, length: self.claim.lease }));
        }
        match second {
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "own-claim-not-recognised",
        wrong: "a claim is repeated as somebody else's, and finds itself in the way",
        edits: &[Edit {
            file: "mcp-guard/src/guard/reserve/claiming.rs",
            find: "        let second = self.store.claim(self.claim).await;\n",
            replace: r#"        let mut again = self.claim.clone();
        if crate::planted("own-claim-not-recognised") {
            let Claim { operation, principal, fingerprint, tool, lease, .. } = again;
            again.owner = Claim::new(operation, principal, fingerprint, tool, lease).owner;
        }
        let second = self.store.claim(&again).await;
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "release-on-lease-end",
        wrong: "a lease that has run out frees its key",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "State::Claimed { until, tentative } => *tentative && now >= *until,",
            replace: r#"State::Claimed { until, tentative } => {
                (*tentative || crate::planted("release-on-lease-end")) && now >= *until
            }"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "lease-without-end",
        wrong: "what a dead process held is under way for ever",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "State::Claimed { until, tentative } => !tentative && now >= *until,",
            replace: r#"State::Claimed { until, tentative } => {
                !tentative && now >= *until && !crate::planted("lease-without-end")
            }"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "no-heartbeat",
        wrong: "the lease of a slow body runs out under it",
        edits: &[Edit {
            file: "mcp-guard/src/guard/run.rs",
            find: "        Some((store, lease)) => beat(&**store, lease).await,\n",
            replace: r#"        Some(_) if crate::planted("no-heartbeat") => pending().await,
        Some((store, lease)) => beat(&**store, lease).await,
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "settlement-not-fenced",
        wrong: "a late owner settles what is a successor's",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/attempt.rs",
            find: "let Some(record) = record.filter(|record| record.is_at(&lease.attempt)) else {",
            replace: r#"let fenced = !crate::planted("settlement-not-fenced");
    let Some(record) = record.filter(|record| !fenced || record.is_at(&lease.attempt)) else {"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "lease-not-fenced",
        wrong: "a late owner renews and dispatches what is a successor's",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/attempt.rs",
            find: "    let record = record.filter(|record| record.is_at(&lease.attempt))?;\n",
            replace: r#"    let fenced = !crate::planted("lease-not-fenced");
    let record = record.filter(|record| !fenced || record.is_at(&lease.attempt))?;
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "fenced-by-the-epoch-alone",
        wrong: "attempts of the same number are taken for one",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "self.epoch == attempt.epoch && self.owner == attempt.owner",
            replace: r#"self.epoch == attempt.epoch
            && (self.owner == attempt.owner || crate::planted("fenced-by-the-epoch-alone"))"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "retake-of-a-live-lease",
        wrong: "what is under way is carried out again",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/claim.rs",
            find: "_ if record.is_unknown(now) && claim.retake => {",
            replace: r#"_ if claim.retake
            && (record.is_unknown(now)
                || crate::planted("retake-of-a-live-lease")
                    && matches!(record.state, State::Claimed { .. })) =>
        {"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "retake-forgets-doubt",
        wrong: "a second attempt that did nothing frees what the first may have done",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/claim.rs",
            find: "                retaken: true,\n",
            replace: "                retaken: !crate::planted(\"retake-forgets-doubt\"),\n",
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "dispatch-refusal-ignored",
        wrong: "a body acts although its operation is no longer its own",
        edits: &[Edit {
            file: "mcp-guard/src/effect.rs",
            find: "                Ok(Fenced::Superseded) => {\n                    return Err(NotDispatched(",
            replace: r#"                Ok(Fenced::Superseded) if crate::planted("dispatch-refusal-ignored") => {}
                Ok(Fenced::Superseded) => {
                    return Err(NotDispatched("#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "dispatch-after-lapse",
        wrong: "what was given up can still be dispatched",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/attempt.rs",
            find: "Some((record, until, _)) if now < until => {",
            replace: r#"Some((record, until, _)) if now < until || crate::planted("dispatch-after-lapse") => {"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "lapsed-claim-comes-back",
        wrong: "a clock that is set back revives what another was granted",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "!granted.retaken && self.is_forgotten(now) && (shares_business_key || shares_budget)",
            replace: r#"!granted.retaken
            && self.is_forgotten(now)
            && (shares_business_key || shares_budget)
            && !crate::planted("lapsed-claim-comes-back")"#,
        }],
        // The simulation needs some million calls for it.
        noticed_by: UnitTest("store::memory::tests::keeps_every_promise"),
    },
    Bug {
        name: "renewal-after-lapse",
        wrong: "what was given up can be renewed",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/attempt.rs",
            find: "if !(tentative && now >= until) => {",
            replace: r#"if !(tentative && now >= until) || crate::planted("renewal-after-lapse") => {"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "reconciler-resolves-what-is-under-way",
        wrong: "a reconciler frees the key of a live attempt",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/attempt.rs",
            find: "    if record.is_unknown(now) {\n",
            replace: r#"    let bold = crate::planted("reconciler-resolves-what-is-under-way");
    if record.is_unknown(now) || bold && matches!(record.state, State::Claimed { .. }) {
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "sweeper-drops-the-unknown",
        wrong: "what may have been done is forgotten",
        edits: &[Edit {
            file: "mcp-guard/src/store/sqlite/sweep.rs",
            find: "    let drop_some = |statement| {\n",
            replace: r#"    if crate::planted("sweeper-drops-the-unknown") {
        drop(connection.execute("DELETE FROM mcp_guard_operation WHERE forget_at IS NULL", []));
    }
    let drop_some = |statement| {
"#,
        }],
        noticed_by: UnitTest("store::sqlite::tests::sweeping::the_sweeper_leaves_what_must_stay"),
    },
    Bug {
        name: "synchronous-off",
        wrong: "power loss takes the last commits",
        edits: &[Edit {
            file: "mcp-guard/src/store/sqlite/file.rs",
            find: r#"connection.pragma_update(None, "synchronous", "full")?;"#,
            replace: r#"let synchronous = if crate::planted("synchronous-off") { "off" } else { "full" };
    connection.pragma_update(None, "synchronous", synchronous)?;"#,
        }],
        noticed_by: UnitTest("store::sqlite::tests::place::commits_are_durable"),
    },
];
