//! Text that comes from a backend, made fit to show.

/// The longest text of a backend that is shown, in characters.
const MAX_CHARS: usize = 500;

/// The text without characters that hide or reorder others, cut to a length that says so.
pub(super) fn presentable(text: &str) -> String {
    let mut kept = text.chars().filter(|c| !is_deceptive(*c));
    let mut shown: String = kept.by_ref().take(MAX_CHARS).collect();
    if kept.next().is_some() {
        shown.push_str("… [cut]");
    }
    shown
}

/// Control characters, and the Unicode format characters that make text read otherwise than it is:
/// zero-width, bidirectional (UAX #9), tags, and soft hyphen.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_reordering_characters_go() {
        assert_eq!(presentable("a\u{202e}b\u{200b}c\nd\u{e0041}"), "abcd");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let shown = presentable(&"x".repeat(10_000));
        assert!(shown.ends_with("… [cut]") && shown.chars().count() < 520);
    }
}
