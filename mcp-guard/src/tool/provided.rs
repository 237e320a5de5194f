//! What the server provides to a tool's borrowed parameters, looked up by type.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    sync::Arc,
};

use crate::{caller::Caller, effect::Effect};

/// One borrowed parameter: the type that must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    type_id: TypeId,
    written: &'static str,
}

impl Requirement {
    /// A parameter of type `&T`, with the type as the function spells it.
    #[must_use]
    pub fn of<T: Any>(written: &'static str) -> Self {
        Self { type_id: TypeId::of::<T>(), written }
    }

    /// The type as the function spells it.
    pub(crate) fn written(&self) -> &'static str {
        self.written
    }

    /// Whether this is the call's effect, which only a tool that changes something has.
    pub(crate) fn is_effect(&self) -> bool {
        self.type_id == TypeId::of::<Effect>()
    }

    fn is_from_the_call(&self) -> bool {
        self.is_effect() || self.type_id == TypeId::of::<Caller>()
    }
}

/// The values that the server provided, by type.
#[derive(Default, Clone)]
pub(crate) struct Providers(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Providers {
    /// Adds a value; `false` when there is one of its type already.
    pub(crate) fn insert<T: Any + Send + Sync>(&mut self, value: T) -> bool {
        self.0.insert(TypeId::of::<T>(), Arc::new(value)).is_none()
    }

    /// Whether a parameter of this type can be given at every call.
    pub(crate) fn has(&self, requirement: &Requirement) -> bool {
        requirement.is_from_the_call() || self.0.contains_key(&requirement.type_id)
    }
}

/// What one call can borrow: the server's values, the caller, the effect.
#[derive(Clone, Copy)]
pub struct Provided<'a> {
    providers: &'a Providers,
    caller: &'a Caller,
    effect: Option<&'a Effect>,
}

impl<'a> Provided<'a> {
    pub(crate) fn new(
        providers: &'a Providers,
        caller: &'a Caller,
        effect: Option<&'a Effect>,
    ) -> Self {
        Self { providers, caller, effect }
    }

    /// The value of type `T`.
    ///
    /// # Panics
    /// When there is none. `build()` refuses a guard in which that can happen.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(self) -> &'a T {
        let value: Option<&'a dyn Any> = if TypeId::of::<T>() == TypeId::of::<Caller>() {
            Some(self.caller)
        } else if TypeId::of::<T>() == TypeId::of::<Effect>() {
            self.effect.map(|effect| effect as &dyn Any)
        } else {
            self.providers.0.get(&TypeId::of::<T>()).map(|value| &**value as &dyn Any)
        };
        value
            .and_then(<dyn Any>::downcast_ref)
            .unwrap_or_else(|| unreachable!("build() checked that {} is there", type_name::<T>()))
    }
}
