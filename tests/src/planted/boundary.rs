//! Bugs at the boundary: in who may call, in what is let in, and in what answers tell. The simulation's
//! agents are honest and do not meet them.

use mcp_guard::adversary::Attack;

use super::{Bug, Edit, Notice::Adversary};

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "scope-check-skipped",
        wrong: "whoever is identified may call every tool",
        edits: &[Edit {
            file: "mcp-guard/src/guard/authorize.rs",
            find: "if may_use(&caller, tool.spec().access) {",
            replace: r#"if crate::planted("scope-check-skipped") || may_use(&caller, tool.spec().access) {"#,
        }],
        noticed_by: Adversary(Attack::WithoutScope),
    },
    Bug {
        name: "replay-not-authorized-again",
        wrong: "who was let in once is let in for good",
        edits: &[Edit {
            file: "mcp-guard/src/guard/authorize.rs",
            find: "    let tool = toolbox.get(name).ok_or(Stop::NoSuchTool)?;\n",
            replace: r#"    let tool = toolbox.get(name).ok_or(Stop::NoSuchTool)?;
    static KNOWN: std::sync::Mutex<Vec<PrincipalId>> = std::sync::Mutex::new(Vec::new());
    if crate::planted("replay-not-authorized-again") {
        let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.contains(&principal) {
            return Ok(Grant { tool: Arc::clone(tool), caller, principal });
        }
        if may_use(&caller, tool.spec().access) {
            known.push(principal);
        }
    }
"#,
        }],
        noticed_by: Adversary(Attack::ReplayRevoked),
    },
    Bug {
        name: "hidden-tool-told",
        wrong: "a hidden tool says which scope it needs",
        edits: &[Edit {
            file: "mcp-guard/src/guard/authorize.rs",
            find: "Access::Scopes(required) if !toolbox.hides_unauthorized() => {",
            replace: r#"Access::Scopes(required)
            if !toolbox.hides_unauthorized() || crate::planted("hidden-tool-told") =>
        {"#,
        }],
        noticed_by: Adversary(Attack::Existence),
    },
    Bug {
        name: "stranger-let-in",
        wrong: "a request that nobody authenticated is a default caller's",
        edits: &[Edit {
            file: "mcp-guard/src/mcp.rs",
            find: "Some(parts) => parts.extensions.get::<Arc<Caller>>().cloned(),",
            replace: r#"Some(parts) => parts.extensions.get::<Arc<Caller>>().cloned().or_else(|| {
            let anyone = Caller::local("anyone").with_scopes(["payments", "accounts"]);
            crate::planted("stranger-let-in").then(|| Arc::new(anyone))
        }),"#,
        }],
        noticed_by: Adversary(Attack::Unidentified),
    },
    Bug {
        name: "validation-before-authorization",
        wrong: "a caller without scopes is told what is wrong with their arguments",
        edits: &[Edit {
            file: "mcp-guard/src/guard.rs",
            find: "        let grant = authorize::authorize(paced, &core.toolbox, &call.tool)?;\n",
            replace: r#"        if crate::planted("validation-before-authorization")
            && let Some(tool) = core.toolbox.get(&call.tool)
            && let Err(misfit) = tool.schema().check(&call.arguments)
        {
            return Err(Failure::invalid(misfit.code, misfit.message, misfit.field).into());
        }
        let grant = authorize::authorize(paced, &core.toolbox, &call.tool)?;
"#,
        }],
        noticed_by: Adversary(Attack::ValidationFirst),
    },
    Bug {
        name: "limit-off-by-one",
        wrong: "a limit lets one more through",
        edits: &[Edit {
            file: "mcp-guard/src/limit.rs",
            find: "highest.is_some_and(|highest| value <= highest)",
            replace: r#"highest
            .is_some_and(|highest| value <= highest + i128::from(crate::planted("limit-off-by-one")))"#,
        }],
        noticed_by: Adversary(Attack::OneOver),
    },
    Bug {
        name: "limit-in-32-bits",
        wrong: "limits and budgets see the lower half of a number",
        edits: &[Edit {
            file: "mcp-guard/src/guard/reserve.rs",
            find: "    let measured = arguments.measure();\n",
            replace: r#"    let mut measured = arguments.measure();
    if crate::planted("limit-in-32-bits") {
        for (_, value) in &mut measured {
            *value = value.map(|value| value & 0xffff_ffff);
        }
    }
"#,
        }],
        noticed_by: Adversary(Attack::Overflow),
    },
    Bug {
        name: "unknown-arguments-let-in",
        wrong: "arguments that the tool does not have are dropped without a word",
        edits: &[Edit {
            file: "mcp-guard/src/guard/validate.rs",
            find: "    let key = fitting_key(&grant, spec.is_some(), &arguments)?;\n",
            replace: r#"    if crate::planted("unknown-arguments-let-in")
        && let Some(members) = arguments.as_object_mut()
    {
        let published = grant.tool().schema().published();
        let known = |name: &String| published["properties"].get(name).is_some();
        members.retain(|name, _| known(name));
    }
    let key = fitting_key(&grant, spec.is_some(), &arguments)?;
"#,
        }],
        noticed_by: Adversary(Attack::Unknown),
    },
    Bug {
        name: "repeated-keys-let-in",
        wrong: "of what is said twice, the last counts",
        edits: &[Edit {
            file: "mcp-guard/src/wire.rs",
            find: "            if !keys.insert(key) {\n",
            replace: r#"            if !keys.insert(key) && !crate::planted("repeated-keys-let-in") {
"#,
        }],
        noticed_by: Adversary(Attack::RepeatedKey),
    },
    Bug {
        name: "key-without-caller",
        wrong: "whoever sends a key is answered with its result",
        edits: &[Edit {
            file: "mcp-guard/src/guard/validate.rs",
            find: "        operation: OperationId::of(caller, tool, key),\n",
            replace: r#"        operation: if crate::planted("key-without-caller") {
            OperationId::of(&crate::caller::Caller::local("anyone"), tool, key)
        } else {
            OperationId::of(caller, tool, key)
        },
"#,
        }],
        noticed_by: Adversary(Attack::KeyOfAnother),
    },
    Bug {
        name: "backend-message-told",
        wrong: "the model is told what the backend says",
        edits: &[Edit {
            file: "mcp-guard/src/failure/template.rs",
            find: "        let message = report.public_message.as_deref().map_or(fallback.into(), presentable);\n",
            replace: r#"        let mut message =
            report.public_message.as_deref().map_or(fallback.into(), presentable);
        if crate::planted("backend-message-told") {
            message.push_str(&detail);
        }
"#,
        }],
        noticed_by: Adversary(Attack::BackendFails),
    },
    Bug {
        name: "panic-unanswered",
        wrong: "a body that panics is not answered",
        edits: &[
            Edit {
                file: "mcp-guard/src/guard/run.rs",
                find: "        Ok(Err(panic)) => End::Panicked(",
                replace: r#"        Ok(Err(panic)) if crate::planted("panic-unanswered") => {
            std::panic::resume_unwind(panic)
        }
        Ok(Err(panic)) => End::Panicked("#,
            },
            Edit {
                file: "mcp-guard/src/guard.rs",
                find: "                let message = panic::message_of(panic);\n",
                replace: r#"                if crate::planted("panic-unanswered") {
                    std::panic::resume_unwind(panic);
                }
                let message = panic::message_of(panic);
"#,
            },
        ],
        noticed_by: Adversary(Attack::Panic),
    },
    Bug {
        name: "sanitising-off",
        wrong: "what a backend says is shown with the characters that hide others",
        edits: &[Edit {
            file: "mcp-guard/src/failure/text.rs",
            find: "    cut(text.chars().filter(|c| !is_deceptive(*c)), MAX_CHARS)\n",
            replace: r#"    let as_it_is = crate::planted("sanitising-off");
    cut(text.chars().filter(|c| as_it_is || !is_deceptive(*c)), MAX_CHARS)
"#,
        }],
        noticed_by: Adversary(Attack::Bidi),
    },
    Bug {
        name: "refused-value-shown",
        wrong: "a refusal shows what was sent, and with it what is hidden in it",
        edits: &[Edit {
            file: "mcp-guard/src/schema/input.rs",
            find: "            kind => self.invalid(&place, &rule(kind, error)),\n",
            replace: r#"            _ if crate::planted("refused-value-shown") => {
                self.invalid(&place, &error.to_string())
            }
            kind => self.invalid(&place, &rule(kind, error)),
"#,
        }],
        noticed_by: Adversary(Attack::Echo),
    },
];
