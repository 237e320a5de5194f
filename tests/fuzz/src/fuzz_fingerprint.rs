//! Equal arguments have one fingerprint, however they are written, and different ones have two.

use mcp_guard::__fuzzing::{canonical, fingerprint as print_of, passes};
use serde_json::{Map, Value};

/// Any arguments.
///
/// # Panics
/// When two spellings differ, or two values do not.
pub fn fingerprint(text: &[u8]) {
    // What comes to a tool has passed the raw checks: nothing in it is said twice.
    if !passes(text) {
        return;
    }
    let value: Value = serde_json::from_slice(text).expect("it has passed");
    let form = canonical(&value);
    let read: Value = serde_json::from_str(&form).expect("the form is JSON");
    assert_eq!(read, value, "nothing is lost in {form}");

    let mut chance = Chance::of(text);
    let respelled = respell(&value, &mut chance);
    let again: Value = serde_json::from_str(&respelled).expect("another spelling is JSON");
    assert_eq!(print_of(&again), print_of(&value), "{respelled} is {form}");

    let mut other = value.clone();
    if change(&mut other, &mut chance) && other != value {
        assert_ne!(print_of(&other), print_of(&value), "{other} is not {form}");
    }
}

/// Choices that depend on the text alone.
struct Chance(u64);

impl Chance {
    fn of(text: &[u8]) -> Self {
        let seed = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        Self(text.iter().fold(0xcbf2_9ce4_8422_2325, seed) | 1)
    }

    /// A number below another.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("48 bits") % end
    }
}

/// The same value with its members in another order, white space and escapes.
fn respell(value: &Value, chance: &mut Chance) -> String {
    let space = [" ", "", "\n", "\t", "\r\n "][chance.below(5)];
    match value {
        Value::String(text) => respell_text(text, chance),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| respell(item, chance)).collect();
            format!("[{space}{}]", items.join(&format!("{space},")))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            for last in (1..members.len()).rev() {
                members.swap(last, chance.below(last + 1));
            }
            let members = members.into_iter().map(|(name, value)| {
                let name = respell_text(name, chance);
                format!("{name}{space}:{}", respell(value, chance))
            });
            let members: Vec<_> = members.collect();
            format!("{{{}{space}}}", members.join(&format!(",{space}")))
        }
        other => format!("{space}{other}"),
    }
}

fn respell_text(text: &str, chance: &mut Chance) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        if chance.below(3) == 0 {
            let mut units = [0; 2];
            out.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            let quoted = Value::from(letter.to_string()).to_string();
            out += &quoted[1..quoted.len() - 1];
        }
    }
    out + "\""
}

/// Makes it another value, if it can.
fn change(value: &mut Value, chance: &mut Chance) -> bool {
    match value {
        Value::Null => *value = Value::from(false),
        Value::Bool(truth) => *truth = !*truth,
        Value::Number(number) => match number.as_i64() {
            Some(integer) => *value = Value::from(integer.wrapping_add(1)),
            None => *value = Value::from(number.to_string()),
        },
        Value::String(text) => text.push('x'),
        Value::Array(items) if items.is_empty() => *value = Value::Null,
        Value::Array(items) => {
            let (one, other) = (chance.below(items.len()), chance.below(items.len()));
            if one == other {
                return change(&mut items[one], chance);
            }
            items.swap(one, other);
        }
        Value::Object(members) => return change_member(members, chance),
    }
    true
}

fn change_member(members: &mut Map<String, Value>, chance: &mut Chance) -> bool {
    let names: Vec<String> = members.keys().cloned().collect();
    if names.is_empty() {
        members.insert(String::new(), Value::Null);
        return true;
    }
    let name = &names[chance.below(names.len())];
    if chance.below(2) == 0 {
        return members.get_mut(name).is_some_and(|value| change(value, chance));
    }
    members.remove(name).is_some()
}
