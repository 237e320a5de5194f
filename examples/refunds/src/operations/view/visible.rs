//! Text that somebody else wrote, on an operator's terminal.

use std::fmt::Write as _;

/// The text with nothing in it that a terminal would act on, or that would make it read differently
/// from what it is. What is replaced is written as JSON escapes it, so JSON stays the same JSON.
pub(super) fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, char| {
        if acts(char) {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(char));
        } else {
            shown.push(char);
        }
        shown
    })
}

/// Control characters, and those of Unicode that are invisible or turn the direction of writing.
fn acts(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_terminal_is_told_nothing() {
        assert_eq!(visible("\u{1b}[2Jgone\u{9b}2K\n"), "\\u001b[2Jgone\\u009b2K\\u000a");
        assert_eq!(visible("paid\u{202e}ton"), "paid\\u202eton");
        assert_eq!(visible("Größe 5 – 日本"), "Größe 5 – 日本");
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = json!({"note": "a\u{1b}\u{9b}\u{202e}\n\"b\\"});
        let shown = visible(&value.to_string());
        assert!(!shown.contains('\u{202e}') && !shown.contains('\u{9b}'), "{shown}");
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
    }
}
