//! Text that comes from a backend, made fit to show.

use std::{
    error::Error,
    iter::{once, successors},
};

/// The longest text of a backend that is shown, in characters.
const MAX_CHARS: usize = 500;

/// The longest text that is logged of one failure, and of one error among its sources, in characters.
const MAX_LOGGED: usize = 32_768;
const MAX_PART: usize = 2_048;
/// How many sources are logged.
const MAX_SOURCES: usize = 16;

/// The longest code, in bytes.
const MAX_CODE: usize = 64;

/// The text without characters that hide or reorder others, cut to a length that says so.
pub(super) fn presentable(text: &str) -> String {
    cut(text.chars().filter(|c| !is_deceptive(*c)), MAX_CHARS)
}

/// What is logged of a failure, cut to a length that says so.
pub(super) fn loggable(text: &str) -> String {
    cut(text.chars(), MAX_LOGGED)
}

/// Whether a code is one: `snake_case`, and not long.
pub(super) fn is_code(code: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    code.len() <= MAX_CODE
        && code.starts_with(|c: char| c.is_ascii_lowercase())
        && code.bytes().all(allowed)
}

/// An error and its sources, for the log, each cut to a length that says so.
pub(crate) fn with_sources(error: &dyn Error) -> String {
    let mut sources =
        successors(error.source(), |error: &&(dyn Error + 'static)| (*error).source());
    let parts: Vec<_> = once(part(&error.to_string()))
        .chain(sources.by_ref().take(MAX_SOURCES).map(|error| part(&error.to_string())))
        .collect();
    let rest = if sources.next().is_some() { ": … [cut]" } else { "" };
    parts.join(": ") + rest
}

fn part(text: &str) -> String {
    cut(text.chars(), MAX_PART)
}

fn cut(mut text: impl Iterator<Item = char>, length: usize) -> String {
    let mut kept: String = text.by_ref().take(length).collect();
    if text.next().is_some() {
        kept.push_str("… [cut]");
    }
    kept
}

/// Control characters, and those that are not seen or make text read otherwise than it is: the
/// bidirectional ones (UAX #9), zero-width ones, fillers, tags, and variation selectors, which can
/// carry a text of their own (Unicode's `Default_Ignorable_Code_Point`, and a few more).
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_reordering_characters_go() {
        assert_eq!(presentable("a\u{202e}b\u{200b}c\nd\u{e0041}"), "abcd");
        assert_eq!(presentable("e\u{e0101}f\u{fe0f}g\u{3164}h\u{2066}i\u{1b}[2J"), "efghi[2J");
        assert_eq!(presentable("Größe: 5 €, 数, 😀"), "Größe: 5 €, 数, 😀");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let shown = presentable(&"x".repeat(10_000));
        assert!(shown.ends_with("… [cut]") && shown.chars().count() < 520);
        assert!(loggable(&"x".repeat(1_000_000)).ends_with("… [cut]"));
    }

    #[test]
    fn a_code_is_a_short_name_in_snake_case() {
        for code in ["order_not_found", "e", "http_502"] {
            assert!(is_code(code), "{code}");
        }
        let long = "x".repeat(65);
        for code in ["", "Order", "5xx", "_a", "no such order", "a\u{202e}b", "a-b", &long] {
            assert!(!is_code(code), "{code}");
        }
    }
}
