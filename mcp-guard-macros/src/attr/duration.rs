//! Lengths of time as they are written: `"500ms"`, `"30s"`, `"5m"`, `"24h"`, `"30d"`.

use std::time::Duration;

use syn::{Error, LitStr, Result};

use crate::entry::Entry;

const UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Beyond it, adding a duration to the current time could overflow in a store.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// `key = "30s"`.
pub(crate) fn of_entry(entry: &Entry, example: &str) -> Result<Duration> {
    let written = format!("{} = \"{example}\"", entry.name());
    parse(&entry.string(&written)?, example)
}

/// The duration that a literal says.
pub(crate) fn parse(literal: &LitStr, example: &str) -> Result<Duration> {
    read(&literal.value()).map_err(|mistake| {
        Error::new_spanned(
            literal,
            format!(
                "{mistake}: write a whole number with `ms`, `s`, `m`, `h` or `d`, \
                 such as `\"{example}\"`"
            ),
        )
    })
}

fn read(text: &str) -> std::result::Result<Duration, &'static str> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err("this is not a duration");
    }
    let (_, milliseconds) =
        UNITS.iter().find(|(name, _)| *name == unit).ok_or(if unit.is_empty() {
            "this duration has no unit"
        } else {
            "this is not a duration"
        })?;
    let duration = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*milliseconds))
        .map(Duration::from_millis)
        .filter(|duration| *duration <= LONGEST)
        .ok_or("this duration is longer than 100 years")?;
    if duration.is_zero() {
        return Err("a duration cannot be zero");
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("24h", 86_400_000),
            ("30d", 2_592_000_000),
            ("36500d", 3_153_600_000_000),
        ] {
            assert_eq!(read(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "s",
            "30",
            "30 s",
            " 30s",
            "1.5h",
            "-5s",
            "+5s",
            "5S",
            "5 minutes",
            "5w",
            "0s",
            "0d",
            "36501d",
            "99999999999999999999s",
            "18446744073709551615d",
            "٣s",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
