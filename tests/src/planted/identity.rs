//! Bugs in what makes two calls the same.

use super::{Bug, Edit, Notice::Simulation};

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "key-without-tenant",
        wrong: "two tenants' agents with one name share keys",
        edits: &[Edit {
            file: "mcp-guard/src/key.rs",
            find: "    digest(domain, caller.tenant(), parts)\n",
            replace: r#"    let tenant = caller.tenant().filter(|_| !crate::planted("key-without-tenant"));
    digest(domain, tenant, parts)
"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "key-without-subject",
        wrong: "two agents of one tenant share keys",
        edits: &[Edit {
            file: "mcp-guard/src/key.rs",
            find: "caller.subject(), tool, &key.0]",
            replace: r#"if crate::planted("key-without-subject") { "" } else { caller.subject() }, tool, &key.0]"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "key-by-token",
        wrong: "an agent with a new token is another one",
        edits: &[Edit {
            file: "mcp-guard/src/key.rs",
            find: r#"Self(in_tenant(b"mcp-guard operation v1\0", caller, &parts))"#,
            replace: r#"let mut domain = b"mcp-guard operation v1\0".to_vec();
        if crate::planted("key-by-token") {
            domain.extend(caller.client().unwrap_or_default().bytes());
        }
        Self(in_tenant(&domain, caller, &parts))"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "fingerprint-over-raw-arguments",
        wrong: "the same arguments under another key are other arguments",
        edits: &[Edit {
            file: "mcp-guard/src/guard/validate.rs",
            find: "fingerprint: Fingerprint::of(arguments),",
            replace: r#"fingerprint: if crate::planted("fingerprint-over-raw-arguments") {
            let key = OperationId::of(caller, tool, key).to_string();
            Fingerprint::of(&serde_json::json!([arguments, key]))
        } else {
            Fingerprint::of(arguments)
        },"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "fingerprint-ignored",
        wrong: "other arguments under one key are answered with the first ones' result",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/claim.rs",
            find: "if record.fingerprint != claim.fingerprint {",
            replace: r#"if record.fingerprint != claim.fingerprint && !crate::planted("fingerprint-ignored") {"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "business-key-ignored",
        wrong: "an agent that makes up a new key acts again",
        edits: &[Edit {
            file: "mcp-guard/src/guard/reserve.rs",
            find: ".with_business(once.business)",
            replace: r#".with_business(once.business.filter(|_| !crate::planted("business-key-ignored")))"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "business-key-kept-by-a-refusal",
        wrong: "what was refused once can never be done",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "State::Recorded { acted, .. } => *acted,",
            replace: r#"State::Recorded { acted, .. } => {
                *acted || crate::planted("business-key-kept-by-a-refusal")
            }"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "business-key-freed-while-unknown",
        wrong: "what may have been done is done again under another key",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "State::Claimed { .. } | State::Unknown { .. } => true,",
            replace: r#"State::Claimed { .. } | State::Unknown { .. } => {
                !(crate::planted("business-key-freed-while-unknown") && self.is_unknown(now))
            }"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "answer-shown-to-another",
        wrong: "another principal is shown the result of what they asked for as well",
        edits: &[Edit {
            file: "mcp-guard/src/store/record/claim.rs",
            find: "Decision::Stands(Standing::Recorded(_)) if foreign => {",
            replace: r#"Decision::Stands(Standing::Recorded(_))
            if foreign && !crate::planted("answer-shown-to-another") =>
        {"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "downstream-key-of-the-claimed",
        wrong: "an operation that is taken over gets another key at the backend",
        edits: &[Edit {
            file: "mcp-guard/src/guard/reserve.rs",
            find: "secret.downstream_key(&lease.attempt.operation)?",
            replace: r#"secret.downstream_key(if crate::planted("downstream-key-of-the-claimed") {
        &once.operation
    } else {
        &lease.attempt.operation
    })?"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "downstream-key-of-the-attempt",
        wrong: "every attempt has a key of its own at the backend",
        edits: &[Edit {
            file: "mcp-guard/src/guard/run.rs",
            find: "Effect::new(held.downstream_key.clone(), held.lease.attempt.epoch, deadline);",
            replace: r#"Effect::new(
        if crate::planted("downstream-key-of-the-attempt") {
            format!("{}-{}", held.downstream_key, held.lease.attempt.epoch)
        } else {
            held.downstream_key.clone()
        },
        held.lease.attempt.epoch,
        deadline,
    );"#,
        }],
        noticed_by: Simulation,
    },
    Bug {
        name: "tombstone-skipped",
        wrong: "a key whose answer has gone acts again",
        edits: &[Edit {
            file: "mcp-guard/src/store/record.rs",
            find: "forget_at: retain_until.after(retention.tombstone) }",
            replace: r#"forget_at: if crate::planted("tombstone-skipped") {
            retain_until
        } else {
            retain_until.after(retention.tombstone)
        } }"#,
        }],
        noticed_by: Simulation,
    },
];
