//! Whether the arguments fit: strict JSON to typed arguments, and what identifies the operation.

use serde_json::Value;

use super::{Stop, authorize::Grant};
use crate::{
    failure::Failure,
    key::{Fingerprint, KEY_ARGUMENT, Key, OperationId},
    schema::Misfit,
    tool::{Decoded, EffectClass, IdempotentSpec},
};

/// Proof that the arguments fit the schema and their types.
pub(super) struct Valid {
    pub(super) grant: Grant,
    pub(super) arguments: Box<dyn Decoded>,
    /// What is to happen at most once; `None` for a tool that changes nothing.
    pub(super) once: Option<Once>,
}

/// An operation that may happen at most once.
pub(super) struct Once {
    pub(super) operation: OperationId,
    pub(super) fingerprint: Fingerprint,
    pub(super) spec: IdempotentSpec,
}

/// Refuses arguments that do not fit, naming all that is wrong and no value.
pub(super) fn validate(grant: Grant, mut arguments: Value) -> Result<Valid, Stop> {
    let spec = match grant.tool().spec().effect {
        EffectClass::ReadOnly => None,
        EffectClass::Idempotent(spec) => Some(spec),
    };
    let key = spec.map(|_| key_of(&arguments)).transpose()?;
    grant.tool().schema().check(&arguments).map_err(stop)?;
    if let Some(members) = arguments.as_object_mut() {
        members.remove(KEY_ARGUMENT);
    }
    let once = spec.zip(key).map(|(spec, key)| Once {
        operation: OperationId::of(grant.caller(), grant.tool().spec().name, &key),
        fingerprint: Fingerprint::of(&arguments),
        spec,
    });
    let arguments = grant.tool().decode(arguments).map_err(stop)?;
    Ok(Valid { grant, arguments, once })
}

fn key_of(arguments: &Value) -> Result<Key, Stop> {
    let sent = arguments.get(KEY_ARGUMENT).ok_or_else(Failure::key_missing)?;
    Ok(sent.as_str().and_then(Key::parse).ok_or_else(Failure::key_malformed)?)
}

fn stop(misfit: Misfit) -> Stop {
    Failure::invalid(misfit.code, misfit.message, misfit.field).into()
}
