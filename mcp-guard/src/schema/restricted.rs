//! Rules that are written above a parameter and say nothing. schemars writes a rule into the parameter's own
//! schema, where that has the type that the rule is for. A type of one's own is described elsewhere, and
//! the rule is dropped without a word.

use serde_json::{Map, Value};

use crate::tool::RestrictionSpec;

/// Refuses rules that what schemars derived does not have.
pub(crate) fn refuse_idle(derived: &Value, restrictions: &[RestrictionSpec]) -> Result<(), String> {
    let idle = restrictions.iter().filter(|restriction| !is_kept(derived, restriction));
    let mistakes: Vec<String> = idle.map(mistake).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("; ")) }
}

fn is_kept(derived: &Value, restriction: &RestrictionSpec) -> bool {
    let property = derived.get("properties").and_then(|members| members.get(restriction.parameter));
    property.and_then(Value::as_object).is_some_and(|property| has(property, restriction.rule))
}

fn has(schema: &Map<String, Value>, rule: &[&str]) -> bool {
    match rule {
        ["inner", rest @ ..] => {
            schema.get("items").and_then(Value::as_object).is_some_and(|items| has(items, rest))
        }
        [rule] => keywords(rule).iter().any(|keyword| schema.contains_key(*keyword)),
        _ => false,
    }
}

/// What a rule is written as: one of these at least.
fn keywords(rule: &str) -> &'static [&'static str] {
    match rule {
        "range" => &["minimum", "maximum"],
        "length" => &["minLength", "maxLength", "minItems", "maxItems"],
        "regex" | "pattern" | "contains" => &["pattern"],
        _ => &["format"],
    }
}

fn mistake(RestrictionSpec { parameter, rule }: &RestrictionSpec) -> String {
    let rule = rule.iter().rev().fold(String::new(), |inner, name| match &*inner {
        "" => format!("{name}(…)"),
        inner => format!("{name}({inner})"),
    });
    format!(
        "`#[schemars({rule})]` on `{parameter}` says nothing, because its type is described elsewhere, or \
         is none that the rule is for: write it in the type, such as \
         `struct Cents(#[schemars(range(min = 1))] u64);`"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;

    use super::*;
    use crate::schema::of_arguments;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Cents(u64);

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Arguments {
        #[schemars(range(min = 1, max = 100))]
        number: u64,
        #[schemars(range(max = 100))]
        maybe: Option<u64>,
        #[schemars(range(max = 100))]
        own: Cents,
        #[schemars(range(max = 100))]
        maybe_own: Option<Cents>,
        #[schemars(range(max = 100))]
        text: String,
        #[schemars(length(max = 5), inner(range(max = 100)))]
        numbers: Option<Vec<u8>>,
        #[schemars(length(max = 5), inner(range(max = 100)))]
        own_ones: Vec<Cents>,
        #[schemars(length(max = 5), regex(pattern = "^a"))]
        plain: String,
        #[schemars(inner(inner(length(max = 5)), length(max = 5)))]
        texts: Vec<Vec<String>>,
        #[schemars(inner(email))]
        addresses: Vec<String>,
        #[schemars(length(max = 5))]
        map: BTreeMap<String, u8>,
    }

    #[test]
    fn a_rule_is_one_that_the_schema_has() {
        let derived = of_arguments::<Arguments>();
        for (parameter, rule, is_kept) in [
            ("number", &["range"][..], true),
            ("maybe", &["range"], true),
            ("own", &["range"], false),
            ("maybe_own", &["range"], false),
            ("text", &["range"], false),
            ("numbers", &["length"], true),
            ("numbers", &["inner", "range"], true),
            ("own_ones", &["length"], true),
            ("own_ones", &["inner", "range"], false),
            ("plain", &["length"], true),
            ("plain", &["regex"], true),
            ("texts", &["inner", "length"], true),
            ("texts", &["inner", "inner", "length"], true),
            ("addresses", &["inner", "email"], true),
            ("map", &["length"], false),
        ] {
            let kept = refuse_idle(derived.as_value(), &[RestrictionSpec { parameter, rule }]);
            assert_eq!(kept.is_ok(), is_kept, "{parameter}, {rule:?}");
        }
    }

    #[test]
    fn all_that_say_nothing_are_told() {
        let restriction = |rule| RestrictionSpec { parameter: "own_ones", rule };
        let restrictions = [restriction(&["inner", "range"]), restriction(&["contains"])];
        let told = refuse_idle(of_arguments::<Arguments>().as_value(), &restrictions);
        let told = told.expect_err("refused");
        for part in
            ["schemars(inner(range(…)))", "schemars(contains(…))", "`own_ones`", "in the type"]
        {
            assert!(told.contains(part), "{told}");
        }
    }
}
