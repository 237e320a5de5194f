//! "Did you mean": the known word that an unknown one resembles.

/// The known word that is close enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The words as code, with commas between them.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// How many characters must be put in, left out, replaced, or swapped with the next one (optimal
/// string alignment).
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    // The rows of the table for the characters so far: the last one stands at the end.
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for (above, a) in left.iter().enumerate() {
        let previous = &rows[above];
        let mut row = vec![above + 1];
        for (column, b) in right.iter().enumerate() {
            let replaced = previous[column] + usize::from(a != b);
            let shortest = replaced.min(previous[column + 1] + 1).min(row[column] + 1);
            let is_swapped =
                above > 0 && column > 0 && *a == right[column - 1] && *b == left[above - 1];
            let swapped = is_swapped.then(|| rows[above - 1][column - 1] + 1);
            row.push(swapped.map_or(shortest, |swapped| swapped.min(shortest)));
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("scope", "scope", 0),
            ("pre", "per", 1),
            ("sotre", "store", 1),
            ("ab", "ba", 1),
            ("abc", "cab", 2),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }

    #[test]
    fn only_a_close_word_is_suggested() {
        let known = ["scope", "timeout", "title"];
        assert_eq!(nearest("scop", known), Some("scope"));
        assert_eq!(nearest("timout", known), Some("timeout"));
        assert_eq!(nearest("tilte", known), Some("title"));
        assert_eq!(nearest("tiel", known), None);
        assert_eq!(nearest("budget", known), None);
    }
}
