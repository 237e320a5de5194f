//! What is wrong with a command line.

/// A mistake, and what to write.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsageError {
    #[error(
        "there is no command `{0}`: write `http`, `issuer`, `payments`, `operations`, `demo` or \
         `attack`, or nothing for stdio"
    )]
    Command(String),
    #[error("{0}: write `refunds operations list`, `show ID` or `resolve ID`")]
    Operations(String),
    #[error("`{command}` does not take `{argument}`")]
    Argument { command: &'static str, argument: String },
    #[error("`{0}` needs a value after it")]
    Value(String),
    #[error("the value of `{0}` is not Unicode text")]
    NotUnicode(&'static str),
    #[error("the value of `{0}` is not a number: write it as 10000")]
    Number(&'static str),
    #[error("`{0}` is given twice")]
    Twice(String),
    #[error("`{0}` is not an address: write it as 127.0.0.1:8787")]
    Address(String),
    #[error("`{command}` needs the ID of an operation, as `refunds operations list` shows it")]
    NoId { command: &'static str },
    #[error(
        "`{0}` names no operation: write all 64 hexadecimal digits, as `refunds operations list` \
         shows them"
    )]
    Id(String),
    #[error(
        "say what you found out: --done if it was done, --not-done if it was not and can no longer \
         come to be"
    )]
    NoFinding,
    #[error("--done and --not-done are opposites: write one of them")]
    BothFindings,
    #[error("what was not done has no result: leave --result out, or write --done")]
    ResultOfNothing,
    #[error("the value of --result is not JSON: {0}")]
    Result(String),
    #[error("say who found it out, for the audit trail: --by NAME")]
    Nobody,
}
