//! Texts that fit a schema, and texts that look as if they did.

use std::{cell::RefCell, collections::BTreeMap};

use serde_json::{Map, Value};

use super::{chance::Chance, oracle::Oracle};

/// Of each format: what fits it, and what is near to that.
const OF_FORMATS: [(&str, &[&str]); 9] = [
    ("ipv4", &["127.0.0.1", "0.0.0.0", "255.255.255.255", "256.0.0.1", "127.0.0.01", "127.1"]),
    ("ipv6", &["::1", "::", "fe80::1", "::ffff:127.0.0.1", "1::2::3", "::g", "[::1]", "fe80::1%0"]),
    (
        "uuid",
        &[
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "67E55044-10B1-426F-9247-BB680E5FE0C8",
            "00000000-0000-0000-0000-000000000000",
            "67e5504410b1426f9247bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
            "67e55044-10b1-426f-9247-bb680e5fe0cg",
        ],
    ),
    (
        "uri",
        &[
            "https://example.com/a?b=c#d",
            "HTTP://example.com",
            "mailto:a@example.com",
            "https://user@[::1]:8080/%7Ea",
            "example.com",
            "/a/b",
            "https://exa mple.com",
            "https://example.com:99999/",
            "https://256.256.256.256/",
            "https://",
            "https://example.com/%zz",
        ],
    ),
    (
        "email",
        &["a@example.com", "a.b+c@example.co", "a@", "@example.com", "a b@example.com", "a@b@c.d"],
    ),
    (
        "date",
        &[
            "2024-02-29",
            "0001-01-01",
            "9999-12-31",
            "0000-01-01",
            "2023-02-29",
            "2024-2-29",
            "2024-13-01",
            "2024-04-31",
            "+2024-02-29",
            "12024-02-29",
            "2024-02-29T00:00:00Z",
        ],
    ),
    (
        "date-time",
        &[
            "2024-02-29T23:59:59Z",
            "2024-02-29t23:59:59z",
            "2024-02-29T23:59:59.999999999+14:00",
            "2024-02-29T23:59:59.1234567891234Z",
            "0001-01-01T00:00:00-12:00",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "1998-12-31T23:59:60Z",
            "1998-12-31T15:59:60.5-08:00",
            "1998-12-31T23:58:60Z",
            "2024-02-29 23:59:59Z",
            "2024-02-29T23:59:59",
            "2024-02-29T24:00:00Z",
            "2024-02-29T23:59:59+24:00",
            "2024-02-29T23:59:59+0100",
            "2024-02-29T23:59Z",
            "2023-02-29T00:00:00Z",
            "2024-02-29T23:59:59.Z",
            "2024-02-29T23:59:59 +01:00",
        ],
    ),
    (
        "duration",
        &["P1D", "PT1H30M", "P1Y2M3DT4H5M6S", "P2W", "P", "PT", "1D", "P1S", "P-1D", "P1W2D"],
    ),
    ("hostname", &["example.com", "a-b.c", "-a.com", "a..b", "a_b.com", "example.com."]),
];

/// Texts for schemas that say how they must be: those of the samples, which fit.
pub(crate) struct Texts {
    samples: Vec<String>,
    /// Those that fit, by what says how they must be.
    fitting: RefCell<BTreeMap<String, Vec<String>>>,
}

impl Texts {
    pub(crate) fn of(samples: &[Value]) -> Self {
        let mut texts = vec![];
        for sample in samples {
            texts_in(sample, &mut texts);
        }
        Self { samples: texts, fitting: RefCell::default() }
    }

    /// A text for a schema: one that fits, or is near to that.
    pub(crate) fn make(
        &self,
        schema: &Map<String, Value>,
        fits: bool,
        chance: &mut Chance,
    ) -> String {
        let of_format = schema.get("format").and_then(Value::as_str).and_then(of_format);
        if let Some(texts) = of_format.filter(|_| !fits && chance.once_in(3)) {
            return (*chance.pick(texts)).into();
        }
        if let Some(fitting) = self.fitting(schema, chance) {
            return fitting;
        }
        let bound = |keyword| schema.get(keyword).and_then(Value::as_u64).map(usize::try_from);
        let least = bound("minLength").map_or(0, |bound| bound.expect("64 bits"));
        let most = bound("maxLength").map_or(least + 6, |bound| bound.expect("64 bits"));
        of_length(*chance.pick(&[least, most.min(64), (least + 1).min(most)]), chance)
    }

    /// A sample's text that fits a schema with more to say than a length.
    fn fitting(&self, schema: &Map<String, Value>, chance: &mut Chance) -> Option<String> {
        let says = |keyword| schema.get(keyword).map(Value::to_string);
        let key = [says("pattern"), says("format")].into_iter().flatten().reduce(|a, b| a + &b)?;
        let mut known = self.fitting.borrow_mut();
        let fitting = known.entry(key).or_insert_with(|| {
            let oracle = Oracle::of(&Value::Object(schema.clone()));
            let fits = |text: &&String| oracle.accepts(&Value::from(text.as_str()));
            self.samples.iter().filter(fits).cloned().collect()
        });
        (!fitting.is_empty()).then(|| chance.pick(fitting).clone())
    }
}

/// A text of so many characters: some of more than one byte, or of two UTF-16 units.
fn of_length(length: usize, chance: &mut Chance) -> String {
    let letters = chance.pick(&["canary", "é", "😀", "a\u{301}"]);
    letters.chars().cycle().take(length).collect()
}

/// What looks as if it fitted a format, and may.
pub(crate) fn of_format(format: &str) -> Option<&'static [&'static str]> {
    OF_FORMATS.iter().find_map(|(name, texts)| (*name == format).then_some(*texts))
}

/// A text that differs in one character.
pub(crate) fn varied(text: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let place = chance.below(letters.len() + 1);
    let strange = *chance
        .pick(&[' ', '\n', '\0', '٣', '3', '0', '-', '.', 'e', 'é', '😀', '\u{301}', '\u{200b}']);
    match chance.below(6) {
        0 if place < letters.len() => _ = letters.remove(place),
        1 if place < letters.len() => letters.insert(place, letters[place]),
        2 if place < letters.len() => letters[place] = strange,
        3 => return text.to_uppercase(),
        4 => letters.push(strange),
        _ => letters.insert(place, strange),
    }
    letters.into_iter().collect()
}

fn texts_in(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_in(item, texts)),
        Value::Object(members) => {
            for (name, member) in members {
                texts.push(name.clone());
                texts_in(member, texts);
            }
        }
        _ => {}
    }
}
