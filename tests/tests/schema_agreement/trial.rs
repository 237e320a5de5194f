//! One tool's documents, what the guard makes of them, and what it should.

use std::fmt;

use serde_json::Value;

use super::{
    chance::Chance,
    documents::Documents,
    minimal::minimal,
    mutations::Mutations,
    oracle::Oracle,
    texts::Texts,
    wire::{Answer, Wire},
    wrong::{Wrong, wrong},
    zoo::Animal,
};

/// How many documents go through the front door too: one in so many.
const OUTSIDE: u64 = 50;

/// How many documents show whether a schema is wrong.
const ENOUGH: u64 = 30_000;

/// A document that a guard and its published schema do not agree on.
pub(crate) struct Disagreement {
    tool: &'static str,
    seed: u64,
    number: Option<u64>,
    /// The least of it that they do not agree on.
    document: Value,
    expected: bool,
    answer: Answer,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tool, seed, number, document, expected, answer } = self;
        writeln!(f, "{tool}: {document}")?;
        writeln!(f, "  published schema: {}", if *expected { "accepts" } else { "refuses" })?;
        writeln!(f, "  guard: {answer:?}")?;
        let Some(number) = number else { return writeln!(f, "  It is a sample of the type.") };
        writeln!(
            f,
            "  Again: GUARD_TEST_SEED={seed} GUARD_TEST_TOOL={tool} GUARD_TEST_DOCUMENT={number} \
             cargo test --package guard-tests --test schema_agreement -- --nocapture"
        )
    }
}

/// What became of a tool's documents.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    /// Refused by the type alone, though the schema accepts them.
    pub(crate) narrowed: u64,
}

impl Counts {
    pub(crate) fn all(&self) -> u64 {
        self.accepted + self.refused
    }
}

/// One tool's published schema, and what has become of the documents sent to it.
pub(crate) struct Trial {
    pub(crate) animal: Animal,
    pub(crate) published: Value,
    seed: u64,
    oracle: Oracle,
    texts: Texts,
    /// The published schema, wrong in one place each.
    wrong: Vec<Wrong>,
    mutations: Mutations,
    pub(crate) counts: Counts,
    pub(crate) disagreements: Vec<Disagreement>,
}

impl Trial {
    pub(crate) fn of(animal: Animal, tools: &[Value], seed: u64) -> Self {
        let tool = tools.iter().find(|tool| tool["name"] == animal.name).expect("it is listed");
        let published = tool["inputSchema"].clone();
        Self {
            oracle: Oracle::of(&published),
            texts: Texts::of(&animal.samples),
            wrong: wrong(&published),
            mutations: Mutations::of(&published),
            counts: Counts::default(),
            disagreements: vec![],
            animal,
            published,
            seed,
        }
    }

    /// What the animal's type itself writes is known to fit.
    pub(crate) async fn send_samples(&mut self, wire: &mut Wire) {
        for sample in self.animal.samples.clone() {
            let name = self.animal.name;
            assert!(self.accepts(&sample), "{name} publishes nothing like {sample}");
            self.send(wire, &sample, None).await;
        }
    }

    /// Makes a document: from the schema, of a sample, or from a schema that is wrong in one place, which
    /// is what it takes to come close. Up to three places in it are changed.
    pub(crate) fn document(&self, number: u64) -> Value {
        let chance = &mut Chance::of(self.seed, self.animal.name, number);
        let mut document = match number % 4 {
            0 => Documents::around(&self.published, &self.texts).make(chance),
            1 | 2 => chance.pick(&self.animal.samples).clone(),
            _ => return arrived(&self.near(chance.below(self.wrong.len()), chance)),
        };
        for _ in 0..chance.below(4) {
            self.mutations.change(&mut document, chance);
        }
        arrived(&document)
    }

    /// Makes a document that fits a wrong schema.
    fn near(&self, place: usize, chance: &mut Chance) -> Value {
        Documents::within(&self.wrong[place].schema, &self.texts).make(chance)
    }

    /// What is wrong with those schemas that no document shows to be wrong, and how many the others are.
    pub(crate) async fn unnoticed(&self, wire: &Wire) -> (usize, Vec<String>) {
        let (mut noticed, mut missed) = (0, vec![]);
        for (place, wrong) in self.wrong.iter().enumerate() {
            if wrong.is_equivalent(self.animal.name) {
                continue;
            }
            if self.notices(place, wire).await {
                noticed += 1;
            } else {
                missed.push(format!("{} {}", self.animal.name, wrong.what));
            }
        }
        (noticed, missed)
    }

    /// The guard is what it always is: to a wrong schema, it is the guard that is wrong.
    async fn notices(&self, place: usize, wire: &Wire) -> bool {
        let oracle = self.wrong[place].oracle();
        for number in 0..ENOUGH {
            let chance = &mut Chance::of(self.seed, &self.wrong[place].what, number);
            let document = match number % 3 {
                0 => arrived(&self.near(place, chance)),
                // What is too strict shows in documents of the right schema.
                1 => arrived(&Documents::within(&self.published, &self.texts).make(chance)),
                _ => self.document(number),
            };
            if oracle.accepts(&document) != self.accepts(&document) {
                let answer = wire.call(self.animal.name, &document).await;
                if !self.agrees_by(&oracle, &document, &answer) {
                    return true;
                }
            }
        }
        false
    }

    /// Whether guard and schema agree on a document. Where they do not, the least of it is kept.
    pub(crate) async fn send(
        &mut self,
        wire: &mut Wire,
        document: &Value,
        number: Option<u64>,
    ) -> bool {
        let answer = wire.call(self.animal.name, document).await;
        match answer {
            Answer::Accepted { .. } => self.counts.accepted += 1,
            _ => self.counts.refused += 1,
        }
        if self.accepts(document) && self.refuses_by_type(document) {
            self.counts.narrowed += 1;
        }
        if number.is_none_or(|number| number.is_multiple_of(OUTSIDE)) {
            let outside = wire.call_from_outside(self.animal.name, document).await;
            let same = std::mem::discriminant(&outside) == std::mem::discriminant(&answer);
            assert!(same, "{}: {document}: {outside:?}", self.animal.name);
        }
        let agreed = self.agrees(document, &answer);
        if !agreed {
            let document = minimal(document, self, wire).await;
            let (expected, tool) = (self.accepts(&document), self.animal.name);
            let answer = wire.call(tool, &document).await;
            let seed = self.seed;
            let found = Disagreement { tool, seed, number, document, expected, answer };
            self.disagreements.push(found);
        }
        agreed
    }

    /// What the published schema says of a document.
    pub(crate) fn accepts(&self, document: &Value) -> bool {
        self.oracle.accepts(document)
    }

    /// Whether a guard's answer to a document is the one that the schema asks for.
    pub(crate) fn agrees(&self, document: &Value, answer: &Answer) -> bool {
        self.agrees_by(&self.oracle, document, answer)
    }

    /// Whether it is the one that another schema asks for.
    pub(crate) fn agrees_by(&self, oracle: &Oracle, document: &Value, answer: &Answer) -> bool {
        let expected = oracle.accepts(document);
        match answer {
            Answer::Accepted { heard } => expected && self.is_kept(document, heard),
            Answer::Refused => !expected || self.refuses_by_type(document),
            Answer::Wrong(_) => false,
        }
    }

    /// Whether the type, being one that says less of itself than it refuses, refuses a document.
    fn refuses_by_type(&self, document: &Value) -> bool {
        self.animal.is_narrower() && (self.animal.reads)(&document["value"]).is_none()
    }

    fn is_kept(&self, document: &Value, heard: &Value) -> bool {
        if self.animal.rewrites() {
            return (self.animal.reads)(&document["value"]).as_ref() == Some(heard);
        }
        is_kept(&document["value"], heard)
    }
}

/// A document as it arrives: what is too large for an integer is a float.
fn arrived(document: &Value) -> Value {
    serde_json::from_str(&document.to_string()).expect("a document")
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
