//! Looking through answers for what must not be in them.

use super::answer::Answer;

/// What no answer may hold, whoever asks.
pub(super) struct Scanner {
    canaries: Vec<String>,
}

impl Scanner {
    pub(super) fn for_these(canaries: &[String]) -> Self {
        let canaries = canaries.iter().filter(|canary| !canary.is_empty());
        Self { canaries: canaries.map(|canary| canary.to_lowercase()).collect() }
    }

    /// Which canary an answer leaks. In any case, as text is folded on its way.
    pub(super) fn leaked(&self, answer: &Answer) -> Option<&str> {
        if self.canaries.is_empty() {
            return None;
        }
        let texts = [answer.texts(), answer.texts_beside()].concat();
        let found = |canary: &&String| {
            texts.iter().any(|text| text.to_lowercase().contains(canary.as_str()))
        };
        self.canaries.iter().find(found).map(String::as_str)
    }
}

/// Whether an answer says this text.
pub(super) fn says(answer: &Answer, text: &str) -> bool {
    answer.texts().iter().any(|said| said.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_however_it_is_written() {
        let scanner = Scanner::for_these(&["db-7.internal".into(), String::new()]);
        for leak in [
            r#"{"error":{"message":"cannot reach DB-7.internal:5432"}}"#,
            r#"{"result":{"content":[{"text":"{\"m\":\"db\u002d7.internal\"}"}]}}"#,
            "no JSON, db-7.internal",
        ] {
            let leaked = scanner.leaked(&Answer::of(leak.into(), None)).map(str::to_owned);
            assert_eq!(leaked.as_deref(), Some("db-7.internal"), "{leak}");
        }
        assert_eq!(scanner.leaked(&Answer::of(r#"{"result":"db-8"}"#.into(), None)), None);
    }
}
