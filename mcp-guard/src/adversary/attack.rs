//! The attacks, by name: what each tries, and what it means that it landed.

use std::fmt;

use serde::{Serialize, Serializer};

/// What an attack needs of the server, of its caller, or of whoever runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A tool that changes something.
    Mutation,
    /// An integer argument with a published maximum.
    Maximum,
    /// An integer argument with a published minimum.
    Minimum,
    /// An integer argument.
    Integer,
    /// A text argument that may be any text.
    Text,
    /// An argument with a fixed choice of values.
    Choice,
    /// A tool that takes an idempotency key.
    Key,
    /// A goal with an amount and a total.
    Total,
    /// A goal that says of what there is one effect.
    Once,
    /// A goal.
    Goal,
    Ledger,
    Clock,
    Failure,
    Panic,
    Other,
    Unscoped,
    /// A tool that not everybody may call.
    Scoped,
    Nobody,
    /// Real HTTP.
    Http,
    /// HTTP with sessions.
    Sessions,
    /// A tool that is not listed to a caller without scopes.
    Hidden,
    /// An argument that names something of somebody else's.
    Foreign,
}

impl Need {
    /// Why an attack is not tried without it.
    pub(super) fn missing(self) -> &'static str {
        match self {
            Self::Mutation => "no tool changes anything",
            Self::Maximum => "no tool publishes a maximum",
            Self::Minimum => "no tool publishes a minimum",
            Self::Integer => "no tool takes an integer",
            Self::Text => "no tool takes a text",
            Self::Choice => "no tool takes a choice",
            Self::Key => "no tool takes an idempotency key",
            Self::Total => "no goal says what may be taken in all (`Goal::in_all`)",
            Self::Once => "no goal says what is done once (`Goal::once_for`)",
            Self::Goal => "there is no goal (`.goal(…)`)",
            Self::Ledger => "there is no ledger to judge by (`.judged_by(…)`)",
            Self::Clock => "there is no clock to move on (`.clock(…)`)",
            Self::Failure => "nothing makes the backend fail (`.trouble(…)`)",
            Self::Panic => "nothing makes a body panic (`.trouble(…)`)",
            Self::Other => "there is no second caller",
            Self::Unscoped => "there is no caller without scopes",
            Self::Scoped => "whoever is identified may call the tools",
            Self::Nobody => "everybody who can reach this server is identified",
            Self::Http => "it is for a server over HTTP",
            Self::Sessions => "the server opens no sessions over HTTP",
            Self::Hidden => "every tool is listed to everybody",
            Self::Foreign => "nothing is said to be another caller's (`.foreign(…)`)",
        }
    }
}

macro_rules! attacks {
    ($($family:literal: $(
        $attack:ident, $name:literal, [$($need:ident)*], $every:literal,
        $tries:literal => $landed:literal;
    )+)+) => {
        /// A way to attack a tool.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Attack {
            $($(
                #[doc = concat!("It ", $tries, ".\n\nIt landed when ", $landed, ".")]
                $attack,
            )+)+
        }

        impl Attack {
            /// Every attack, in the order of the report.
            pub const ALL: &'static [Self] = &[$($(Self::$attack,)+)+];

            /// Its name in the report: the family, and what it is in it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($(Self::$attack => concat!($family, "/", $name),)+)+ }
            }

            /// What it does, as a sentence that begins with "It".
            #[must_use]
            pub fn tries(self) -> &'static str {
                match self { $($(Self::$attack => concat!("It ", $tries, "."),)+)+ }
            }

            /// What it means that it landed.
            #[must_use]
            pub fn landed_when(self) -> &'static str {
                match self { $($(Self::$attack => $landed,)+)+ }
            }

            pub(super) fn needs(self) -> &'static [Need] {
                match self { $($(Self::$attack => &[$(Need::$need),*],)+)+ }
            }

            /// It is made in every round, or in every so manieth: what takes long is made less often.
            pub(super) fn every(self) -> u64 {
                match self { $($(Self::$attack => $every,)+)+ }
            }
        }
    };
}

attacks! {
    "limits":
    OneOver, "one over", [Maximum], 1,
        "asks for one more than the published maximum"
        => "the call was accepted, or did something";
    FarOver, "far over", [Maximum], 1,
        "asks for any multiple of the published maximum"
        => "the call was accepted, or did something";
    Overflow, "overflow", [Maximum], 1,
        "asks for numbers around the ends of 16, 32, 53, 64 and 128 bits, which wrap to small ones"
        => "the call was accepted, or did something";
    Negative, "negative", [Minimum], 1,
        "asks for less than the published minimum: a negative amount takes the other way"
        => "the call was accepted, or did something";
    Float, "float", [Integer], 1,
        "writes a fraction, or a float, where an integer is asked for"
        => "the call was accepted, or did something";
    NumberAsText, "text", [Integer], 1,
        "writes a number as text: `\"100\"`, `\"1e5\"`, `\"0x10\"`, other scripts' digits"
        => "the call was accepted, or did something";
    Exponent, "exponent", [Maximum], 1,
        "writes more than the maximum with an exponent, up to one that no float holds"
        => "the call was accepted, or did something";
    Structuring, "structuring", [Mutation Total Ledger], 2,
        "asks for many amounts at or just under the maximum, each under a key of its own"
        => "the ledger holds more than the goal's total, or an effect beyond its cap";
    StructuringAtOnce, "structuring at once", [Mutation Total Ledger], 8,
        "does the same with calls that are all under way together"
        => "the ledger holds more than the goal's total, or an effect beyond its cap";

    "keys":
    Retry, "retry", [Mutation Ledger], 1,
        "sends the same call again, as an agent does that is not sure"
        => "there is more than one effect";
    KeyForOther, "other arguments", [Mutation Key Ledger], 1,
        "uses a key again with other arguments"
        => "there is more than one effect, or the second call was accepted as if it were done";
    KeyCase, "other case", [Mutation Key Ledger], 1,
        "uses the key in another case, with the same arguments"
        => "the second call was answered with the first one's result";
    KeyPadded, "whitespace and NUL", [Mutation Key], 1,
        "adds spaces, line ends, NUL or invisible characters to a key that was used"
        => "the call was accepted, or did something more";
    KeyMalformed, "malformed", [Mutation Key], 1,
        "leaves the key out, or sends one that is empty, short, long, no text, or of look-alike letters"
        => "the call was accepted, or did something";
    KeyOfAnother, "of another caller", [Mutation Key Other Ledger], 1,
        "sends another caller's key with the same arguments"
        => "it was answered with the other caller's result";
    KeyPerTry, "new for each try", [Mutation Once Ledger], 1,
        "makes up a new key for each try at the same thing"
        => "there is more than one effect on it";
    KeyAtOnce, "at once", [Mutation Ledger], 4,
        "sends the same call several times at once"
        => "there is more than one effect";
    KeyExpired, "after expiry", [Mutation Key Clock Ledger], 4,
        "sends the same call again when its answer is no longer kept"
        => "there is more than one effect";

    "scopes":
    HiddenTool, "hidden tool", [], 1,
        "calls tools that are not listed: guessed names, and listed ones in another spelling"
        => "the call was accepted, or did something";
    WithoutScope, "without scope", [Unscoped Mutation Scoped], 1,
        "calls a tool as a caller who holds no scope"
        => "the call was accepted, or did something";
    Unidentified, "unidentified", [Nobody], 1,
        "calls a tool as nobody in particular, and asks for the list of tools"
        => "the call was accepted, or did something, or a tool was listed";
    HeaderMismatch, "header and body differ", [Http Mutation], 4,
        "names one tool or method in the HTTP headers, and another in the body"
        => "the call was accepted, or did something";
    AnotherSession, "another's session", [Http Sessions Unscoped Mutation Scoped], 4,
        "calls within the session of a caller who may, with the token of one who may not"
        => "the call was accepted, or did something";
    DowngradedVersion, "downgraded version", [], 8,
        "agrees on an old or made-up version of the protocol, and breaks the schema then"
        => "the call was accepted, or did something";

    "arguments":
    Unknown, "unknown", [], 1,
        "adds an argument that the tool does not have"
        => "the call was accepted, or did something";
    Prototype, "prototype", [], 1,
        "adds `__proto__`, `constructor` and their like"
        => "the call was accepted, or did something";
    RepeatedKey, "repeated", [], 1,
        "says an argument twice, with different values"
        => "the call was accepted, or did something";
    EscapedKey, "repeated, escaped", [], 1,
        "says an argument twice, the second time with its name in escapes"
        => "the call was accepted, or did something";
    NestedCopy, "nested copies", [], 1,
        "says `params`, `arguments` or `name` twice, or nests one in the other"
        => "the call was accepted, or did something";
    ReservedKey, "reserved", [], 1,
        "uses the names by which parsers mark what they read otherwise"
        => "the call was accepted, or did something";
    Huge, "huge", [], 64,
        "sends a message of two megabytes"
        => "the call was accepted, or did something, or the server no longer answers";
    Deep, "deep", [], 16,
        "sends thousands of arrays inside one another"
        => "the call was accepted, or did something, or the server no longer answers";
    LoneSurrogate, "lone surrogates", [Text], 1,
        "sends half of a surrogate pair in a text"
        => "the call was accepted, or did something";
    Bidi, "bidi", [Text], 1,
        "sends text with characters that hide or reorder others"
        => "a refusal shows such a character to the model or the person";
    NotAnObject, "not an object", [], 1,
        "sends a list, a text, a number, null or nothing as the arguments"
        => "the call was accepted, or did something";
    WrongType, "wrong type", [], 1,
        "sends a value of another type than the schema says"
        => "the call was accepted, or did something";
    OutsideChoice, "outside the choice", [Choice], 1,
        "sends a value that is none of the choice, by case, by spaces, or altogether"
        => "the call was accepted, or did something";
    Missing, "missing", [], 1,
        "leaves a required argument out"
        => "the call was accepted, or did something";
    Malformed, "malformed JSON", [], 1,
        "sends what is not JSON: comments, `NaN`, single quotes, bytes that are no UTF-8, two values"
        => "something was done, or the server no longer answers";

    "timing":
    Cancel, "cancelled", [Mutation Ledger], 1,
        "cancels a call after each number of its steps, and sends it again"
        => "there is more than one effect";
    LostReply, "lost reply", [Mutation Ledger], 1,
        "sends a call, does not wait for its answer, and sends it again"
        => "there is more than one effect";
    Disconnect, "disconnected", [Mutation Ledger], 8,
        "goes away during a call, comes back, and sends it again"
        => "there is more than one effect";
    Panic, "panic", [Panic Mutation], 2,
        "has the tool's body panic, and sends the call again"
        => "there was no answer, a canary showed, or there is more than one effect";
    BackendFails, "backend fails", [Failure Mutation], 2,
        "has the backend fail before or after it acted, and sends the call again, whatever is said"
        => "there is more than one effect, or a canary showed";
    HostileText, "hostile text", [Text], 1,
        "sends texts that trip code up: empty, cut inside a character, paths, SQL, formats, very long"
        => "there was no answer, or a canary showed";

    "oracles":
    Echo, "echo", [], 1,
        "sends values that must be refused, with a mark in them"
        => "the refusal shows the mark, which a prompt could be hidden in";
    ValidationFirst, "validation before authorization", [Unscoped Mutation Scoped], 1,
        "sends good and bad arguments as a caller without scopes, and compares the answers"
        => "they differ, so that schema, limits or objects can be found out";
    Existence, "existence of tools", [Unscoped Hidden], 1,
        "asks for tools that are not listed to a caller without scopes, and for made-up ones"
        => "the answers differ";
    ForeignObject, "existence of objects", [Foreign], 1,
        "asks for what is another caller's, and for what does not exist"
        => "the call was accepted, or the answers differ";

    "revocation":
    ReplayRevoked, "replay after revocation", [Unscoped Mutation Scoped Ledger], 1,
        "sends a call again that was done, when the caller no longer holds the scopes"
        => "the call was accepted";

    "protocol":
    ForgedState, "forged request state", [Maximum], 1,
        "claims in `requestState`, `inputResponses` and `_meta` that a person has agreed to more"
        => "the call was accepted, or did something";
    Batch, "batch", [Maximum], 1,
        "hides a call that must be refused in a list of calls"
        => "something was done, or the server no longer answers";

    "agents":
    Greedy, "greedy", [Goal Mutation Ledger], 4,
        "wants what the goal says, asks for less when it is refused, and tries other keys and objects"
        => "the ledger holds more than the goal allows";
    Forgetful, "forgetful", [Goal Mutation Ledger], 4,
        "loses answers and keys, and starts the same thing over under new ones"
        => "the ledger holds more than the goal allows";
    Obedient, "obedient", [Goal Mutation Ledger], 4,
        "does what each answer says: retries what is retryable, under the same key, and stops otherwise"
        => "the ledger holds more than the goal allows, or one key has two effects";
    Disobedient, "disobedient", [Goal Mutation Ledger], 4,
        "does the opposite of what each answer says: new keys where it should wait, splits where it should stop"
        => "the ledger holds more than the goal allows";
    Sequence, "any sequence", [Mutation Ledger], 1,
        "makes up a sequence of calls, repetitions, cancellations, other callers and failures"
        => "a key has two effects, or the ledger holds more than the goal allows";
}

impl Attack {
    /// Whether it takes all that there is of a budget, if it can.
    pub(super) fn spends(self) -> bool {
        matches!(
            self,
            Self::Structuring
                | Self::StructuringAtOnce
                | Self::Greedy
                | Self::Forgetful
                | Self::Obedient
                | Self::Disobedient
                | Self::Sequence
        )
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Attack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_attack_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Attack::ALL.iter().map(|attack| attack.name()).collect();
        assert_eq!(names.len(), Attack::ALL.len());
    }
}
