//! What is published is what is enforced: a guard accepts a document exactly when another validator
//! accepts it by the published schema, and it never says a sent value again.
//!
//! `GUARD_TEST_DOCUMENTS` is how many are sent to each tool, `GUARD_TEST_SEED` which ones.

mod chance;
mod documents;
mod enums;
mod mutations;
mod oracle;
mod refused;
mod structs;
mod wire;
mod zoo;

use std::fmt;

use serde_json::{Value, json};

use self::{
    chance::Chance, documents::Documents, mutations::Mutations, oracle::Oracle, wire::Wire,
    zoo::Animal,
};

/// How a guard answered.
#[derive(Debug, PartialEq)]
enum Answer {
    Accepted {
        heard: Value,
    },
    Refused,
    /// Neither of the two that there may be, or one that says a sent value again.
    Wrong(String),
}

/// A document that a guard and its published schema do not agree on.
struct Disagreement {
    tool: &'static str,
    document: Value,
    expected: bool,
    schema_alone: bool,
    answer: Answer,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tool, document, expected, schema_alone, answer } = self;
        writeln!(f, "{tool}: {document}")?;
        writeln!(f, "  published schema: {expected} (floats for integers: {schema_alone})")?;
        writeln!(f, "  guard: {answer:?}")
    }
}

/// One tool's published schema, and what has become of the documents sent to it.
struct Trial {
    animal: Animal,
    published: Value,
    oracle: Oracle,
    accepted: usize,
    refused: usize,
    disagreements: Vec<Disagreement>,
}

impl Trial {
    fn of(animal: Animal, tools: &[Value]) -> Self {
        let tool = tools.iter().find(|tool| tool["name"] == animal.name).expect("it is listed");
        let published = tool["inputSchema"].clone();
        let oracle = Oracle::of(&published);
        Self { animal, published, oracle, accepted: 0, refused: 0, disagreements: vec![] }
    }

    async fn run(&mut self, wire: &mut Wire, documents: usize, chance: &mut Chance) {
        let (published, samples) = (self.published.clone(), self.animal.samples.clone());
        let (source, mutations) = (Documents::of(&published), Mutations::of(&published));
        for sample in &samples {
            self.send(wire, sample.clone(), Some(true)).await;
        }
        for count in 0..documents {
            let mut document =
                if count % 2 == 0 { source.make(chance) } else { chance.pick(&samples).clone() };
            for _ in 0..chance.below(4) {
                mutations.change(&mut document, chance);
            }
            self.send(wire, document, None).await;
        }
    }

    /// Sends a document. What serde has written of a value is known to fit.
    async fn send(&mut self, wire: &mut Wire, document: Value, known: Option<bool>) {
        // As it arrives: what is too large for an integer is a float.
        let document: Value = serde_json::from_str(&document.to_string()).expect("a document");
        let answer = wire.call(self.animal.name, &document).await;
        let schema_alone = self.oracle.schema_alone(&document);
        let expected = known.unwrap_or_else(|| self.oracle.accepts(&document));
        let agreed = match &answer {
            Answer::Accepted { heard } => expected && is_kept(&document["value"], heard),
            Answer::Refused => !expected,
            Answer::Wrong(_) => false,
        };
        match answer {
            Answer::Accepted { .. } => self.accepted += 1,
            _ => self.refused += 1,
        }
        if !agreed {
            let tool = self.animal.name;
            let disagreement = Disagreement { tool, document, expected, schema_alone, answer };
            self.disagreements.push(disagreement);
        }
    }
}

/// Whether all that was sent has reached the tool. What is null may have been left out, an integer may
/// have become a float, and a set has its own order.
fn is_kept(sent: &Value, heard: &Value) -> bool {
    match (sent, heard) {
        (Value::Object(sent), Value::Object(heard)) => sent.iter().all(|(name, sent)| {
            heard.get(name).map_or(sent.is_null(), |heard| is_kept(sent, heard))
        }),
        (Value::Array(sent), Value::Array(heard)) => {
            sent.len() == heard.len()
                && sent.iter().all(|sent| heard.iter().any(|heard| is_kept(sent, heard)))
        }
        (Value::Number(sent), Value::Number(heard)) if heard.is_f64() => {
            let (sent, heard) = (sent.as_f64(), heard.as_f64());
            sent.zip(heard)
                .is_some_and(|(sent, heard)| (sent - heard).abs() <= sent.abs() * 1e-6 + 1e-30)
        }
        _ => sent == heard,
    }
}

/// Whether there is nothing in the arguments to refuse.
fn takes_anything(tool: &str) -> bool {
    tool == "a_value"
}

fn number(variable: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(variable) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{variable} must be a number"))
}

#[tokio::test]
async fn a_guard_accepts_what_its_published_schema_does_and_nothing_else() {
    let documents = usize::try_from(number("GUARD_TEST_DOCUMENTS", 150)).expect("64 bits");
    let mut chance = Chance::new(number("GUARD_TEST_SEED", 8821));
    let mut wire = Wire::open(zoo::guard()).await;
    let tools = wire.tools().await;
    let (mut disagreements, mut vague) = (vec![], vec![]);
    for animal in zoo::animals() {
        let mut trial = Trial::of(animal, &tools);
        trial.run(&mut wire, documents, &mut chance).await;
        let Trial { animal: Animal { name, .. }, accepted, refused, .. } = trial;
        println!("{name}: {accepted} accepted, {refused} refused");
        let telling = accepted.min(if takes_anything(name) { accepted } else { refused });
        vague.extend(Some(name).filter(|_| telling < documents / 20));
        disagreements.extend(trial.disagreements);
    }
    let shown: String = disagreements.iter().take(40).map(ToString::to_string).collect();
    assert!(disagreements.is_empty(), "{} disagreements:\n{shown}", disagreements.len());
    assert!(vague.is_empty(), "too few documents were accepted, or refused, to tell: {vague:?}");
}

/// What no schema says, the type does: the guard is the stricter one.
#[tokio::test]
async fn a_map_s_key_beyond_its_type_is_refused() {
    let mut wire = Wire::open(zoo::guard()).await;
    let point = json!({"x": 1, "y": 1});
    for (key, fits) in [("255", true), ("256", false), ("18446744073709551616", false)] {
        let answer = wire.call("a_map_by_number", &json!({"value": {key: point}})).await;
        assert_eq!(answer != Answer::Refused, fits, "{key}: {answer:?}");
    }
}
