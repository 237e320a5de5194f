//! A credential does not leave with what a body returns, whatever its backend answered.

use serde_json::Value;

use super::Credential;
use crate::tool::BodyEnd;

/// Shorter texts are in everything.
const SHORTEST: usize = 8;
const WITHHELD: &str = "[credential]";

impl Credential {
    /// The end of a body, without the credential's text. A result that has it is withheld whole: what
    /// is left of it would not be what the tool returned.
    pub(crate) fn withhold(&self, end: BodyEnd) -> BodyEnd {
        match end {
            BodyEnd::Value(value) if self.is_in(&value) => BodyEnd::Unserializable {
                detail: "the result has the credential in it, and is withheld".into(),
            },
            BodyEnd::Value(value) => BodyEnd::Value(value),
            BodyEnd::Unserializable { detail } => {
                BodyEnd::Unserializable { detail: self.without(&detail) }
            }
            BodyEnd::Failed { mut report, detail } => {
                report.code = self.without(&report.code).into();
                report.public_message = report.public_message.map(|text| self.without(&text));
                report.field = report.field.map(|text| self.without(&text).into());
                BodyEnd::Failed { report, detail: self.without(&detail) }
            }
        }
    }

    /// A text without the credential.
    pub(crate) fn without(&self, text: &str) -> String {
        match self.telling() {
            Some(token) => text.replace(token, WITHHELD),
            None => text.to_owned(),
        }
    }

    fn is_in(&self, value: &Value) -> bool {
        let has = |text: &str| self.telling().is_some_and(|token| text.contains(token));
        match value {
            Value::String(text) => has(text),
            Value::Array(items) => items.iter().any(|item| self.is_in(item)),
            Value::Object(members) => {
                members.iter().any(|(name, member)| has(name) || self.is_in(member))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn telling(&self) -> Option<&str> {
        Some(self.expose()).filter(|token| token.len() >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        failure::{Class, Report},
        secret::Secret,
    };

    fn credential(token: &str) -> Credential {
        Credential::bearer(Secret::new(token.into())).expect("a token")
    }

    #[test]
    fn a_result_with_the_credential_in_it_is_withheld() {
        let credential = credential("hunter2-hunter2");
        for value in [
            json!("hunter2-hunter2"),
            json!({"sent": [{"authorization": "Bearer hunter2-hunter2"}]}),
            json!({"hunter2-hunter2": 1}),
        ] {
            let end = credential.withhold(BodyEnd::Value(value));
            assert!(
                matches!(end, BodyEnd::Unserializable { detail } if !detail.contains("hunter2"))
            );
        }
        let other = json!({"refund_id": "re_1", "amount": 5});
        let end = credential.withhold(BodyEnd::Value(other.clone()));
        assert!(matches!(end, BodyEnd::Value(value) if value == other));
    }

    #[test]
    fn nothing_that_a_failure_says_has_it() {
        let token = "hunter2-hunter2";
        let report = Report::new(Class::Rejected, format!("c_{token}"))
            .with_public_message(format!("no {token}"))
            .with_field(format!("/{token}"));
        let detail = format!("the backend said: {token} is not {token}");
        let BodyEnd::Failed { report, detail } =
            credential(token).withhold(BodyEnd::Failed { report, detail })
        else {
            panic!("a failure stays one");
        };
        assert_eq!(detail, "the backend said: [credential] is not [credential]");
        assert!(!format!("{report:?}").contains(token), "{report:?}");
    }
}
