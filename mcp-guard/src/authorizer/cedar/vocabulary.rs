//! What policies can name: a schema made of the tools, and requests that fit it.

use std::collections::{BTreeMap, HashMap, HashSet};

use cedar_policy::{
    Context, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema,
    SchemaFragment,
};
use serde_json::{Map, Value, json};

use super::{
    CedarAuthorizer, failed,
    kind::{Kind, Unfit},
};
use crate::{
    authorizer::{AccessRequest, AuthorizeError, ToolDescription},
    caller::Caller,
};

/// Which argument names a tool's resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) tool: String,
    pub(super) entity_type: String,
    pub(super) argument: String,
}

/// What policies can name.
pub(super) struct Vocabulary {
    schema: Schema,
    /// What the schema was made of.
    written: Value,
    tools: BTreeMap<&'static str, Asked>,
}

/// How a tool is asked about.
struct Asked {
    arguments: Kind,
    resource: Option<(EntityTypeName, String)>,
}

/// A request to decide on.
pub(super) struct Question {
    pub(super) caller: Entity,
    pub(super) action: EntityUid,
    pub(super) resource: EntityUid,
    pub(super) context: Context,
}

impl Vocabulary {
    /// The tools' words, and the user's own; or everything that is wrong with them.
    pub(super) fn new(
        tools: &[ToolDescription],
        fragment: Option<&str>,
        mappings: &[Mapping],
    ) -> Result<Self, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut asked: BTreeMap<_, _> = tools
            .iter()
            .map(|tool| {
                let arguments = Kind::of_arguments(tool.arguments());
                (tool.spec().name, Asked { arguments, resource: None })
            })
            .collect();
        for mapping in mappings {
            mistakes.extend(mapping.apply(&mut asked).err());
        }
        let own = own_fragment(fragment).map_err(|mistake| mistakes.push(mistake)).ok().flatten();
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let generated = generated(&asked, own.as_ref());
        let written = json!([generated, fragment]);
        let fragments = std::iter::once(generated).chain(own).map(SchemaFragment::from_json_value);
        let schema = fragments.collect::<Result<Vec<_>, _>>();
        let schema = schema.and_then(Schema::from_schema_fragments);
        let schema = schema.map_err(|error| vec![format!("its schema: {error}")])?;
        Ok(Self { schema, written, tools: asked })
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.written == other.written
    }

    /// The request in these words. Arguments that Cedar cannot hold are unfit.
    ///
    /// # Errors
    /// When it is about a tool that is not among them.
    pub(super) fn question(
        &self,
        request: &AccessRequest<'_>,
    ) -> Result<Result<Question, Unfit>, AuthorizeError> {
        let tool = request.tool().name;
        let unknown = || AuthorizeError::new(format!("tool `{tool}` has no action"));
        let asked = self.tools.get(tool).ok_or_else(unknown)?;
        let caller = caller(request.caller())?;
        let arguments = Value::Object(request.arguments().clone());
        let resource = match &asked.resource {
            None => uid(type_name("Tool")?, tool),
            Some((entity_type, argument)) => match id_of(&arguments[argument]) {
                Some(id) => uid(entity_type.clone(), &id),
                None => return Ok(Err(Unfit::Mistyped)),
            },
        };
        let context = match asked.arguments.express(&arguments) {
            Ok(arguments) => Context::from_pairs([("arguments".to_owned(), arguments)]),
            Err(unfit) => return Ok(Err(unfit)),
        };
        let context = context.map_err(failed)?;
        let action = uid(type_name("Action")?, tool);
        Ok(Ok(Question { caller, action, resource, context }))
    }
}

impl Mapping {
    /// Notes it with its tool.
    fn apply(&self, tools: &mut BTreeMap<&'static str, Asked>) -> Result<(), String> {
        let Self { tool, entity_type, argument } = self;
        let written = format!("`.resource(\"{tool}\", \"{entity_type}\", \"{argument}\")`");
        let asked = tools
            .get_mut(tool.as_str())
            .ok_or_else(|| format!("{written}: there is no tool `{tool}`"))?;
        if asked.resource.is_some() {
            return Err(format!("{written}: the tool has a resource already: remove one"));
        }
        let parsed = entity_type
            .parse()
            .map_err(|_| format!("{written}: `{entity_type}` is no name of an entity type"))?;
        let Kind::Record(arguments) = &asked.arguments else { return Ok(()) };
        match arguments.get(argument) {
            Some(member)
                if member.required && matches!(member.kind, Kind::Text | Kind::Integer) => {}
            Some(_) => {
                return Err(format!(
                    "{written}: `{argument}` must be a required text or integer to name a resource"
                ));
            }
            None => return Err(format!("{written}: the tool has no argument `{argument}`")),
        }
        asked.resource = Some((parsed, argument.clone()));
        Ok(())
    }
}

/// The user's schema, as JSON.
fn own_fragment(text: Option<&str>) -> Result<Option<Value>, String> {
    let Some(text) = text else { return Ok(None) };
    let (fragment, warnings) = SchemaFragment::from_cedarschema_str(text)
        .map_err(|error| format!("its schema: {error}"))?;
    for warning in warnings {
        tracing::warn!(target: "mcp_guard", %warning, "a schema of policies is doubtful");
    }
    fragment.to_json_value().map(Some).map_err(|error| format!("its schema: {error}"))
}

/// The schema that the tools make.
fn generated(tools: &BTreeMap<&'static str, Asked>, own: Option<&Value>) -> Value {
    let optional = |required: bool| json!({"type": "String", "required": required});
    let mut types = Map::new();
    types.insert("Tool".into(), json!({}));
    types.insert(
        "Caller".into(),
        json!({"shape": {"type": "Record", "attributes": {
            "issuer": optional(true),
            "tenant": optional(false),
            "subject": optional(true),
            "client": optional(false),
            "scopes": {"type": "Set", "element": {"type": "String"}},
        }}}),
    );
    let mut actions = Map::new();
    for (name, asked) in tools {
        let resource = asked.resource.as_ref().map(|(resource, _)| resource);
        if let Some(resource) = resource.filter(|it| !is_declared(it, own)) {
            types.entry(resource.to_string()).or_insert_with(|| json!({}));
        }
        let resource = resource.map_or("Tool".into(), ToString::to_string);
        let attributes = json!({"arguments": asked.arguments.to_json()});
        actions.insert(
            (*name).into(),
            json!({"appliesTo": {
                "principalTypes": ["Caller"],
                "resourceTypes": [resource],
                "context": {"type": "Record", "attributes": attributes},
            }}),
        );
    }
    json!({"": {"entityTypes": types, "actions": actions}})
}

/// Whether the user's schema says what a type is like. In a namespace, only the user can.
fn is_declared(name: &EntityTypeName, own: Option<&Value>) -> bool {
    let declared = || own?.get("")?.get("entityTypes")?.get(name.basename());
    name.namespace_components().next().is_some() || declared().is_some()
}

/// The caller, as policies know it.
fn caller(caller: &Caller) -> Result<Entity, AuthorizeError> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let scopes = RestrictedExpression::new_set(caller.scopes().map(text));
    let known = [
        ("issuer", Some(text(caller.issuer()))),
        ("tenant", caller.tenant().map(text)),
        ("subject", Some(text(caller.subject()))),
        ("client", caller.client().map(text)),
        ("scopes", Some(scopes)),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let uid = uid(type_name("Caller")?, &CedarAuthorizer::caller_id(caller));
    Entity::new(uid, known.collect::<HashMap<_, _>>(), HashSet::new()).map_err(failed)
}

fn type_name(name: &str) -> Result<EntityTypeName, AuthorizeError> {
    name.parse().map_err(failed)
}

fn uid(entity_type: EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(entity_type, EntityId::new(id))
}

/// What names a resource.
fn id_of(argument: &Value) -> Option<String> {
    match argument {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
