//! Whether the arguments fit: strict JSON to typed arguments, and what identifies the operation.

use std::sync::Arc;

use serde_json::Value;

use super::{Stop, admit::Admitted, authorize::Grant};
use crate::{
    failure::Failure,
    key::{BusinessKey, Fingerprint, KEY_ARGUMENT, Key, OperationId},
    schema::Misfit,
    tool::{Decoded, EffectClass, IdempotentSpec},
};

/// Proof that the arguments fit the schema and their types.
pub(super) struct Valid {
    pub(super) grant: Admitted,
    pub(super) arguments: Box<dyn Decoded>,
    /// The arguments as they were sent, without the key.
    pub(super) sent: Arc<Value>,
    /// What is to happen at most once; `None` for a tool that changes nothing.
    pub(super) once: Option<Once>,
}

/// An operation that may happen at most once.
pub(super) struct Once {
    pub(super) operation: OperationId,
    pub(super) fingerprint: Fingerprint,
    /// What the operation is about, where the tool says which arguments tell.
    pub(super) business: Option<BusinessKey>,
    pub(super) spec: IdempotentSpec,
    /// The arguments as they were sent, without the key.
    pub(super) arguments: Arc<Value>,
}

/// Refuses arguments that do not fit, naming all that is wrong and no value. Tools ask for nothing and
/// give out no state (SEP-2322): the further round of a call was made up.
pub(super) fn validate(
    grant: Admitted,
    mut arguments: Value,
    further_round: bool,
) -> Result<Valid, Stop> {
    if further_round {
        return Err(Failure::nothing_was_asked().into());
    }
    let spec = match grant.tool().spec().effect {
        EffectClass::ReadOnly => None,
        EffectClass::Idempotent(spec) => Some(spec),
    };
    let key = fitting_key(&grant, spec.is_some(), &arguments)?;
    if let (Some(_), Some(members)) = (spec, arguments.as_object_mut()) {
        members.remove(KEY_ARGUMENT);
    }
    let sent = Arc::new(arguments.clone());
    let once = match spec.zip(key) {
        Some((spec, key)) => Some(once(&grant, spec, &key, &sent)?),
        None => None,
    };
    let arguments = grant.tool().decode(arguments).map_err(stop)?;
    Ok(Valid { grant, arguments, sent, once })
}

fn once(grant: &Grant, spec: IdempotentSpec, key: &Key, sent: &Arc<Value>) -> Result<Once, Stop> {
    let arguments: &Value = sent;
    let (caller, tool) = (grant.caller(), grant.tool().spec().name);
    let business = if spec.business_key.is_empty() {
        None
    } else {
        // The macro takes required parameters only: a missing one is a defect of this side.
        let business = BusinessKey::of(caller, tool, spec.business_key, arguments);
        Some(business.ok_or_else(|| Failure::internal("a part of the business key is missing"))?)
    };
    Ok(Once {
        operation: OperationId::of(caller, tool, key),
        fingerprint: Fingerprint::of(arguments),
        business,
        spec,
        arguments: Arc::clone(sent),
    })
}

/// The key, where there is to be one, of arguments that fit. What else is wrong is told with a key that
/// is refused.
fn fitting_key(grant: &Grant, is_needed: bool, arguments: &Value) -> Result<Option<Key>, Stop> {
    let schema = grant.tool().schema();
    match is_needed.then(|| key_of(arguments)).transpose() {
        Ok(key) => schema.check(arguments).map(|()| key).map_err(stop),
        Err(refused) => {
            let beside = schema.check_beside_key(arguments).err();
            Err(refused.and(beside.map(|misfit| misfit.message)).into())
        }
    }
}

fn key_of(arguments: &Value) -> Result<Key, Box<Failure>> {
    let sent = arguments.get(KEY_ARGUMENT).ok_or_else(Failure::key_missing)?;
    Ok(sent.as_str().and_then(Key::parse).ok_or_else(Failure::key_malformed)?)
}

fn stop(misfit: Misfit) -> Stop {
    Failure::invalid(misfit.code, misfit.message, misfit.field).into()
}
