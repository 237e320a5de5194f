//! A layer in front of a right guard that undoes one of its protections, so that an attack lands which it
//! is against: what is shown is that the adversary would notice.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use mcp_guard::adversary::Attack;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::bank::CANARY;

/// More than any message of the adversary's.
const WHOLE: usize = 8 * 1024 * 1024;
/// The callers among whom calls are spread, where budgets are undone. Each is known by a token.
pub(super) const MANY: u64 = 64;

/// A protection that is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    /// Any number is taken for a small one, and what stands beside the arguments for nothing.
    Numbers,
    /// Each call is another caller's.
    Budgets,
    /// Each call has a new key.
    Keys,
    /// A call that is under way is not known: the same one again has a new key.
    UnderWay,
    /// Each call is about another object.
    Objects,
    /// Keys are the same in any case of letters, and without what is no letter.
    Spelling,
    /// Everybody is the agent.
    Callers,
    /// The account is the caller's.
    Owner,
    /// A tool is known by any spelling of its name.
    Names,
    /// Headers count for nothing.
    Headers,
    /// Unknown arguments are dropped.
    Unknown,
    /// Of what is said twice, the last counts.
    Repeated,
    /// What parsers mark in their own way is read so.
    Reserved,
    /// What is long is cut, what is deep is flattened, and half a character is a letter.
    Bounds,
    /// Arguments may be in a list.
    Shape,
    /// What is not one of the choice, or missing, is made up.
    Defaults,
    /// What is no JSON is mended.
    Syntax,
    /// The last message of a list is read.
    Batch,
    /// A refusal says what was sent.
    Echo,
    /// A refusal says what the backend said.
    Leak,
}

impl Hole {
    /// What must be undone for an attack to land.
    #[must_use]
    #[rustfmt::skip]
    pub fn for_attack(attack: Attack) -> Option<Self> {
        Some(match attack {
            Attack::OneOver | Attack::FarOver | Attack::Overflow | Attack::Negative | Attack::Float
            | Attack::NumberAsText | Attack::Exponent | Attack::DowngradedVersion | Attack::WrongType
            | Attack::ForgedState => Self::Numbers,
            Attack::Structuring | Attack::StructuringAtOnce | Attack::Greedy | Attack::Forgetful
            | Attack::Obedient | Attack::Disobedient => Self::Budgets,
            Attack::Retry | Attack::KeyForOther | Attack::KeyMalformed | Attack::KeyAtOnce
            | Attack::KeyExpired | Attack::Panic | Attack::BackendFails | Attack::Sequence => Self::Keys,
            Attack::Cancel | Attack::LostReply | Attack::Disconnect => Self::UnderWay,
            Attack::KeyPerTry => Self::Objects,
            Attack::KeyCase | Attack::KeyPadded => Self::Spelling,
            Attack::KeyOfAnother | Attack::WithoutScope | Attack::Unidentified | Attack::AnotherSession
            | Attack::ValidationFirst | Attack::Existence | Attack::ReplayRevoked => Self::Callers,
            Attack::ForeignObject => Self::Owner,
            Attack::HiddenTool => Self::Names,
            Attack::HeaderMismatch => Self::Headers,
            Attack::Unknown | Attack::Prototype => Self::Unknown,
            Attack::RepeatedKey | Attack::EscapedKey | Attack::NestedCopy => Self::Repeated,
            Attack::ReservedKey => Self::Reserved,
            Attack::Huge | Attack::Deep | Attack::LoneSurrogate => Self::Bounds,
            Attack::NotAnObject => Self::Shape,
            Attack::OutsideChoice | Attack::Missing => Self::Defaults,
            Attack::Malformed => Self::Syntax,
            Attack::Batch => Self::Batch,
            Attack::Bidi | Attack::Echo => Self::Echo,
            Attack::HostileText => Self::Leak,
            _ => return None,
        })
    }

    /// Hands a request on as a server with this hole would read it.
    pub(super) async fn let_through(self, request: Request, next: Next) -> Response {
        let (mut parts, body) = request.into_parts();
        let body = to_bytes(body, WHOLE).await.expect("a request of the adversary's");
        let body = String::from_utf8_lossy(&body).into_owned();
        if !body.contains("tools/call") {
            return next.run(Request::from_parts(parts, Body::from(body))).await;
        }
        let body = self.read(&body);
        self.identify(&mut parts.headers);
        parts.headers.remove(header::CONTENT_LENGTH);
        let request = Request::from_parts(parts, Body::from(body.clone()));
        let response = match self {
            Self::UnderWay => slowly(&body, next.run(request)).await,
            _ => next.run(request).await,
        };
        self.tell(&body, response).await
    }

    /// Who is taken to have sent it.
    fn identify(self, headers: &mut HeaderMap) {
        let mut is_sent_by = |token: &str| {
            let token = HeaderValue::try_from(format!("Bearer {token}")).expect("a token");
            headers.insert(header::AUTHORIZATION, token);
        };
        match self {
            Self::Callers => is_sent_by("agent"),
            Self::Budgets => is_sent_by(&format!("agent-{}", next_number() % MANY)),
            Self::Headers => {
                headers.remove("Mcp-Method");
                headers.remove("Mcp-Name");
                headers.insert("MCP-Protocol-Version", HeaderValue::from_static("2025-11-25"));
            }
            _ => {}
        }
    }

    /// What it is taken to say.
    fn read(self, body: &str) -> String {
        let mended = match self {
            Self::Numbers => body.replace("1e400", "1"),
            Self::Bounds => flattened(body),
            Self::Syntax => mended(body),
            _ => body.to_owned(),
        };
        let Ok(mut message) = serde_json::from_str::<Value>(&mended) else { return mended };
        if self == Self::Batch
            && let Value::Array(messages) = &mut message
        {
            message = messages.pop().unwrap_or_default();
        }
        let params = message.get_mut("params").and_then(Value::as_object_mut);
        let Some(params) = params else { return mended };
        self.read_params(params);
        message.to_string()
    }

    fn read_params(self, params: &mut Map<String, Value>) {
        let arguments = params.entry("arguments").or_insert_with(|| json!({}));
        if self == Self::Shape
            && let Value::Array(items) = arguments
        {
            *arguments = items.pop().unwrap_or_default();
        }
        if let Value::Object(arguments) = arguments {
            self.read_arguments(arguments);
        }
        match self {
            Self::Names => {
                let letters = |c: &char| c.is_ascii_alphabetic() || *c == '_';
                let name = params["name"].as_str().unwrap_or_default().to_lowercase();
                let name: String =
                    name.trim_start_matches("tools/").chars().filter(letters).collect();
                params["name"] = name.into();
            }
            Self::Numbers | Self::Headers => {
                params.retain(|member, _| ["name", "arguments"].contains(&member.as_str()));
            }
            _ => {}
        }
    }

    fn read_arguments(self, arguments: &mut Map<String, Value>) {
        let mut insert =
            |name: &str, value: String| drop(arguments.insert(name.into(), value.into()));
        match self {
            Self::UnderWay => forget_what_is_under_way(arguments),
            Self::Keys => insert("idempotency_key", format!("new-key-{}", next_number())),
            Self::Objects => insert("order_id", format!("ord_{}", next_number())),
            Self::Owner => insert("account", "mine-1".into()),
            Self::Numbers | Self::Batch => make_small(arguments),
            Self::Spelling => respell_the_key(arguments),
            Self::Unknown => arguments.retain(|name, _| KNOWN.contains(&name.as_str())),
            Self::Reserved => arguments.values_mut().for_each(read_what_is_marked),
            Self::Bounds => arguments.values_mut().for_each(cut),
            Self::Defaults => make_up(arguments),
            _ => {}
        }
    }

    /// What is answered to it.
    async fn tell(self, sent: &str, response: Response) -> Response {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, WHOLE).await.expect("an answer of the guard's");
        let told = String::from_utf8_lossy(&body).into_owned();
        let is_refusal = told.contains(r#""isError":true"#) || told.contains(r#""error":"#);
        let says = match self {
            Self::Echo if is_refusal => texts(sent),
            Self::Leak if is_refusal => format!("cannot connect to {CANARY}"),
            _ => return Response::from_parts(parts, Body::from(body)),
        };
        let content = json!([{"type": "text", "text": says}]);
        let result = json!({"content": content, "isError": true});
        let id = serde_json::from_str::<Value>(sent).unwrap_or_default()["id"].clone();
        let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
        ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
    }
}

/// The arguments of the tools.
const KNOWN: [&str; 7] =
    ["order_id", "amount_cents", "reason", "note", "account", "pieces", "idempotency_key"];

/// The keys of calls that are under way. Each run has its own.
static UNDER_WAY: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn under_way() -> MutexGuard<'static, BTreeSet<String>> {
    UNDER_WAY.lock().expect("keys")
}

fn forget_what_is_under_way(arguments: &mut Map<String, Value>) {
    if let Some(Value::String(key)) = arguments.get_mut("idempotency_key")
        && !under_way().insert(key.clone())
    {
        *key = format!("new-key-{}", next_number());
    }
}

/// Takes its time, whether anybody waits for it or not.
async fn slowly(sent: &str, response: impl Future<Output = Response> + Send + 'static) -> Response {
    let sent: Value = serde_json::from_str(sent).unwrap_or_default();
    let key =
        sent["params"]["arguments"]["idempotency_key"].as_str().unwrap_or_default().to_owned();
    let goes_on = tokio::spawn(async move {
        sleep(Duration::from_millis(60)).await;
        let response = response.await;
        under_way().remove(&key);
        response
    });
    goes_on.await.expect("a call that does not panic")
}

fn make_small(arguments: &mut Map<String, Value>) {
    for name in ["amount_cents", "pieces"] {
        let Some(number) = arguments.get_mut(name) else { continue };
        if number.as_u64().is_none_or(|number| !(1..=10).contains(&number)) {
            *number = json!(1);
        }
    }
}

fn respell_the_key(arguments: &mut Map<String, Value>) {
    if let Some(Value::String(key)) = arguments.get_mut("idempotency_key") {
        *key = key.to_lowercase();
        key.retain(|c| c.is_ascii_alphanumeric() || c == '-');
    }
}

fn read_what_is_marked(value: &mut Value) {
    let marked = value.as_object().and_then(|object| object.values().next()?.as_str());
    if let Some(meant) = marked.and_then(|text| serde_json::from_str(text).ok()) {
        *value = meant;
    }
}

fn cut(value: &mut Value) {
    if let Value::String(text) = value {
        *text = text.chars().take(100).collect();
    }
}

/// What is missing of a payment, which is known by two of its members.
fn make_up(arguments: &mut Map<String, Value>) {
    if arguments.contains_key("amount_cents") || arguments.contains_key("reason") {
        let defaults = [("order_id", json!("ord_1")), ("amount_cents", json!(1))];
        for (name, value) in defaults {
            arguments.entry(name).or_insert(value);
        }
        arguments.entry("idempotency_key").or_insert_with(|| "a-key-of-nobodys".into());
        arguments.insert("reason".into(), "late".into());
    }
}

fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Lists inside one another as a number, and half a surrogate pair as a letter.
fn flattened(body: &str) -> String {
    let flat = match (body.find("[["), body.rfind("]]")) {
        (Some(from), Some(to)) if from < to => format!("{}1{}", &body[..from], &body[to + 2..]),
        _ => body.to_owned(),
    };
    let mut parts = flat.split(r"\ud");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| format!("{whole}x{}", part.get(3..).unwrap_or_default()))
}

/// What a parser that means well makes of it.
fn mended(body: &str) -> String {
    let body = body.trim_start_matches('\u{feff}').replace("{,", "{").replace(r#""x":NaN,"#, "");
    let mut messages = serde_json::Deserializer::from_str(&body).into_iter::<Value>();
    messages.next().and_then(Result::ok).map_or(body.clone(), |first| first.to_string())
}

/// Every name and text among the arguments.
fn texts(sent: &str) -> String {
    let sent: Value = serde_json::from_str(sent).unwrap_or_default();
    let members = sent["params"]["arguments"].as_object().into_iter().flatten();
    let texts =
        members.map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or_default()));
    texts.collect::<Vec<_>>().join(", ")
}
