//! Every variant says what it means. (4 mistakes)
use mcp_guard::ToolError;

#[derive(Debug, thiserror::Error, ToolError)]
enum Wrong {
    #[error("one")]
    One,
    #[error("two")]
    #[tool_error(code = "two", public)]
    Two,
    #[error("three")]
    #[tool_error]
    Three,
    #[error("four")]
    #[tool_error = "rejected"]
    Four,
}

fn main() {
    let _ = (Wrong::One.report(), Wrong::Two, Wrong::Three, Wrong::Four);
}
