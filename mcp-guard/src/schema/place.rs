//! Where in a document something is. A map's keys are the sender's, and may look like places in a list.

use serde_json::Value;

use super::{escape, unescape};

/// The way to a part of a document.
pub(crate) struct Place(Vec<Step>);

enum Step {
    /// To an item of a list.
    Item(usize),
    /// To a member.
    Member(String),
}

impl Place {
    /// What a JSON pointer (RFC 6901) means in a document.
    pub(super) fn of_pointer(pointer: &str, document: &Value) -> Self {
        let mut here = Some(document);
        let steps = pointer.split('/').skip(1).map(|token| {
            let at = here.take();
            if let Some(Value::Array(items)) = at
                && let Ok(index) = token.parse()
            {
                here = items.get(index);
                return Step::Item(index);
            }
            let name = unescape(token);
            here = at.and_then(|at| at.get(&name));
            Step::Member(name)
        });
        Self(steps.collect())
    }

    /// What a path of serde's means.
    pub(crate) fn of_path(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;
        let steps = path.iter().filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Step::Item(*index)),
            Segment::Map { key } => Some(Step::Member(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        Self(steps.collect())
    }

    /// As a pointer in which only the names that are known stand.
    pub(super) fn shown(&self, is_known: impl Fn(&str) -> bool) -> String {
        self.0.iter().fold(String::new(), |pointer, step| match step {
            Step::Item(index) => format!("{pointer}/{index}"),
            Step::Member(name) if is_known(name) => format!("{pointer}/{}", escape(name)),
            Step::Member(_) => pointer + "/*",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::schema::{ArgumentsSchema, of_arguments};

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Arguments {
        limits: BTreeMap<String, u8>,
        lists: Vec<BTreeMap<String, u8>>,
    }

    #[test]
    fn a_key_of_digits_is_not_said_again() {
        let schema = ArgumentsSchema::new(of_arguments::<Arguments>(), false, &[], false);
        let schema = schema.expect("a schema");
        let number = "4111111111111111";
        for (sent, field) in [
            (json!({"limits": {number: "x"}, "lists": []}), "/limits/*"),
            (json!({"limits": {}, "lists": [{}, {number: "x"}]}), "/lists/1/*"),
        ] {
            let misfit = schema.check(&sent).expect_err("it does not fit");
            assert_eq!(misfit.field.as_deref(), Some(field));
            assert!(!misfit.message.contains(number), "{}", misfit.message);
            let read = serde_path_to_error::deserialize::<_, Arguments>(&sent).err();
            let misfit = schema.mistyped(&Place::of_path(read.expect("it does not fit").path()));
            assert_eq!(misfit.field.as_deref(), Some(field));
        }
    }
}
