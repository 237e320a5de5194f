//! Each rule, on types that break it and on types that do not.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::json;

use super::*;
use crate::{
    schema::{ArgumentsSchema, ResultSchema, of_arguments, of_value},
    tool::{Access, IdempotentSpec, InFlight, OnUnknown},
};

const READS: ToolSpec = ToolSpec {
    name: "a_tool",
    title: None,
    description: "",
    access: Access::AnyCaller,
    effect: EffectClass::ReadOnly,
    limits: &[],
    budgets: &[],
    redactions: &[],
    restrictions: &[],
    authorizes: false,
    timeout: None,
    destructive: false,
    open_world: true,
};
const ACTS: ToolSpec = ToolSpec {
    effect: EffectClass::Idempotent(IdempotentSpec {
        retain: None,
        tombstone: None,
        lease: None,
        in_flight: InFlight::Refuse,
        on_unknown: OnUnknown::Refuse,
        business_key: &[],
        dispatches: false,
        transaction: false,
    }),
    ..READS
};

/// The places at which arguments of this type break a rule, and what to write.
fn broken<A: JsonSchema>(spec: &'static ToolSpec, lint: Lint) -> Vec<(String, String)> {
    broken_with::<A, ()>(spec, lint)
}

fn broken_with<A: JsonSchema, R: JsonSchema>(
    spec: &'static ToolSpec,
    lint: Lint,
) -> Vec<(String, String)> {
    let has_effect = matches!(spec.effect, EffectClass::Idempotent(_));
    let arguments =
        ArgumentsSchema::new(of_arguments::<A>(), has_effect, &[], false).expect("a schema");
    let results = ResultSchema::new(of_value::<R>(), &[]).expect("a schema");
    let mut lints = Lints::default();
    for other in Lint::ALL {
        lints.set(other, if other == lint { Level::Deny } else { Level::Allow });
    }
    let shown = Shown { spec, input: arguments.published(), output: results.published() };
    let tool = json!({"inputSchema": &**shown.input, "outputSchema": &**shown.output, "name": ""});
    let found = findings(&shown, &lints).into_iter().map(|finding| {
        assert_eq!(finding.lint(), lint);
        let pointer = finding.pointer();
        let named = pointer.strip_suffix("/format").unwrap_or(pointer);
        assert!(tool.pointer(named).is_some(), "{finding} points at nothing");
        (pointer.to_owned(), finding.advice().to_owned())
    });
    found.collect()
}

fn pointers(found: &[(String, String)]) -> Vec<&str> {
    let mut pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    pointers.sort_unstable();
    pointers
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Point {
    x: i32,
    /// Upwards.
    y: i32,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Shape {
    /// A circle.
    Circle {
        /// In millimetres.
        radius: u32,
    },
    Square {
        side: u32,
    },
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Drawing {
    /// Where.
    at: Point,
    /// What.
    shape: Shape,
    /// More of them.
    others: Vec<Point>,
}

#[test]
fn what_nothing_is_said_of_is_found_at_every_depth() {
    let found = broken::<Drawing>(&READS, Lint::MissingDescription);
    assert_eq!(
        pointers(&found),
        [
            "/inputSchema/$defs/Point/properties/x",
            "/inputSchema/$defs/Shape/oneOf/1",
            "/inputSchema/$defs/Shape/oneOf/1/properties/square",
            "/inputSchema/$defs/Shape/oneOf/1/properties/square/properties/side",
        ]
    );
    assert!(found.iter().all(|(_, advice)| advice.contains("doc comment")), "{found:?}");
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Texts {
    free: String,
    #[schemars(length(max = 20))]
    bounded: String,
    #[schemars(regex(pattern = r"^ord_[0-9]{1,12}$"))]
    patterned: String,
    #[schemars(regex(pattern = r"^ord_[0-9]+$"))]
    endless: String,
    letter: char,
    list: Vec<Option<String>>,
    anything: Value,
}

#[test]
fn free_text_is_found_where_there_is_an_effect_and_only_there() {
    let found = broken::<Texts>(&ACTS, Lint::UnboundedString);
    assert_eq!(
        pointers(&found),
        [
            "/inputSchema/properties/anything",
            "/inputSchema/properties/endless",
            "/inputSchema/properties/free",
            "/inputSchema/properties/list/items",
        ]
    );
    assert!(found.iter().any(|(_, advice)| advice.contains("length(max = 64)")), "{found:?}");
    assert_eq!(broken::<Texts>(&READS, Lint::UnboundedString), []);
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Lists {
    free: Vec<u8>,
    #[schemars(length(max = 20))]
    bounded: Vec<u8>,
    fixed: [u8; 3],
    tuple: (u8, u8),
    map: BTreeMap<String, u8>,
    by_number: BTreeMap<u8, u8>,
    #[schemars(extend("maxProperties" = 3))]
    small_map: BTreeMap<String, u8>,
}

#[test]
fn endless_lists_and_maps_are_found() {
    let found = broken::<Lists>(&READS, Lint::UnboundedArray);
    let expected = ["by_number", "free", "map"];
    let expected = expected.map(|name| format!("/inputSchema/properties/{name}"));
    assert_eq!(pointers(&found), expected);
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Forest {
    trees: Vec<Tree>,
    point: Point,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Tree {
    branches: Vec<Branch>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Branch {
    tree: Option<Box<Tree>>,
}

#[test]
fn types_that_contain_themselves_are_found_also_by_a_detour() {
    let found = broken::<Forest>(&READS, Lint::RecursiveSchema);
    assert_eq!(pointers(&found), ["/inputSchema/$defs/Branch", "/inputSchema/$defs/Tree"]);
    let found = broken::<Tree>(&READS, Lint::RecursiveSchema);
    assert!(!found.is_empty(), "the arguments themselves");
    assert_eq!(broken::<Drawing>(&READS, Lint::RecursiveSchema), []);
}

#[derive(JsonSchema)]
#[serde(transparent)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct RefundId(String);

#[test]
fn results_without_a_name_are_found_however_they_are_wrapped() {
    let bare = [
        broken_with::<Lists, u64>(&READS, Lint::BareResult),
        broken_with::<Lists, Option<bool>>(&READS, Lint::BareResult),
        broken_with::<Lists, RefundId>(&READS, Lint::BareText),
        broken_with::<Lists, Option<RefundId>>(&READS, Lint::BareText),
    ];
    for found in bare {
        assert_eq!(pointers(&found), ["/outputSchema/oneOf/0/properties/result"]);
    }
    assert_eq!(broken_with::<Lists, Point>(&READS, Lint::BareResult), []);
    assert_eq!(broken_with::<Lists, Vec<Point>>(&READS, Lint::BareResult), []);
    assert_eq!(broken_with::<Lists, ()>(&READS, Lint::BareResult), []);
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Simple {
    #[schemars(range(min = 1, max = 5))]
    number: u8,
    #[schemars(length(max = 5))]
    text: String,
    optional: Option<u8>,
    by_number: BTreeMap<u8, u8>,
}

#[test]
fn each_vendor_has_its_subset() {
    let every = broken::<Simple>(&READS, Lint::StrictKeyword);
    assert_eq!(pointers(&every), ["/inputSchema/properties/by_number/patternProperties"]);
    let open_ai = broken::<Simple>(&READS, Lint::OpenAiStrict);
    assert_eq!(
        pointers(&open_ai),
        ["/inputSchema", "/inputSchema/properties/by_number/patternProperties",]
    );
    let anthropic = broken::<Simple>(&READS, Lint::AnthropicStrict);
    for bound in ["number/minimum", "number/maximum", "text/maxLength"] {
        let pointer = format!("/inputSchema/properties/{bound}");
        assert!(pointers(&anthropic).contains(&&*pointer), "{bound}");
    }
    let gemini = broken::<Drawing>(&READS, Lint::GeminiDeclaration);
    assert!(pointers(&gemini).contains(&"/inputSchema/properties/at"), "{gemini:?}");
    assert_eq!(broken::<Point>(&READS, Lint::OpenAiStrict), []);
}

#[test]
fn the_librarys_own_key_is_not_the_users_mistake() {
    for lint in Lint::ALL {
        for (pointer, _) in broken::<Point>(&ACTS, lint) {
            assert!(!pointer.contains("idempotency_key"), "{lint:?} {pointer}");
        }
    }
}

#[test]
fn names_outside_the_specification_are_found() {
    const LONG: &str = "a_name_of_more_than_128_characters__________________________________________\
                        _______________________________________________________";
    for (name, fits) in [
        ("create.refund-2_b", true),
        ("", false),
        ("a b", false),
        (LONG, false),
        ("refünd", false),
        ("a/b", false),
    ] {
        let lints = Lints::default();
        let mut found = Found { tool: name, lints: &lints, findings: Vec::new() };
        tool_name(&mut found);
        assert_eq!(found.findings.is_empty(), fits, "{name}");
    }
}
