//! What the server provides to a tool's borrowed parameters, looked up by type.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    sync::Arc,
};

use crate::{caller::Caller, credential::Credential, effect::Effect};

/// One borrowed parameter: the type that must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    type_id: TypeId,
    written: &'static str,
    is_transaction: bool,
}

impl Requirement {
    /// A parameter of type `&T`, with the type as the function spells it.
    #[must_use]
    pub fn of<T: Any>(written: &'static str) -> Self {
        Self { type_id: TypeId::of::<T>(), written, is_transaction: false }
    }

    /// A parameter of type `&mut T`: the transaction that the effect is written in.
    #[must_use]
    pub fn of_transaction<T: Any>(written: &'static str) -> Self {
        Self { is_transaction: true, ..Self::of::<T>(written) }
    }

    /// Whether this is the call's transaction, and of which type.
    pub(crate) fn transaction(&self) -> Option<TypeId> {
        self.is_transaction.then_some(self.type_id)
    }

    /// Whether this is who calls.
    pub(crate) fn is_caller(&self) -> bool {
        self.type_id == TypeId::of::<Caller>()
    }

    /// The type as the function spells it.
    pub(crate) fn written(&self) -> &'static str {
        self.written
    }

    /// Whether this is the call's effect, which only a tool that changes something has.
    pub(crate) fn is_effect(&self) -> bool {
        self.type_id == TypeId::of::<Effect>()
    }

    /// Whether this is what the call's backend is reached with.
    pub(crate) fn is_credential(&self) -> bool {
        self.type_id == TypeId::of::<Credential>()
    }

    fn is_from_the_call(&self) -> bool {
        self.is_effect() || self.is_caller() || self.is_credential() || self.is_transaction
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

/// What the server can lend to calls. Implemented for every type that threads can share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be lent to calls, which run at the same time on several threads",
    label = "expected a type that is `Send` and `Sync`",
    note = "in it, write `Arc` for `Rc`, `Mutex` for `RefCell`, and an atomic for `Cell`"
)]
pub trait Lent: Any + Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Any + Send + Sync> Lent for T {}

/// What one call can borrow: the server's values, the caller, the effect, the credential, and the
/// transaction.
pub struct Provided<'a> {
    providers: &'a Providers,
    caller: Option<&'a Caller>,
    effect: Option<&'a Effect>,
    credential: Option<&'a Credential>,
    transaction: Option<&'a mut (dyn Any + Send + Sync)>,
}

impl<'a> Provided<'a> {
    pub(crate) fn new(
        providers: &'a Providers,
        caller: Option<&'a Caller>,
        effect: Option<&'a Effect>,
    ) -> Self {
        Self { providers, caller, effect, credential: None, transaction: None }
    }

    pub(crate) fn with_credential(self, credential: Option<&'a Credential>) -> Self {
        Self { credential, ..self }
    }

    pub(crate) fn with_transaction(
        self,
        transaction: Option<&'a mut (dyn Any + Send + Sync)>,
    ) -> Self {
        Self { transaction, ..self }
    }

    /// The value of type `T`.
    ///
    /// # Panics
    /// When there is none. `build()` refuses a guard in which that can happen.
    #[must_use]
    pub fn get<T: Lent>(&self) -> &'a T {
        let value: Option<&'a dyn Any> = if TypeId::of::<T>() == TypeId::of::<Caller>() {
            self.caller.map(|caller| caller as &dyn Any)
        } else if TypeId::of::<T>() == TypeId::of::<Effect>() {
            self.effect.map(|effect| effect as &dyn Any)
        } else if TypeId::of::<T>() == TypeId::of::<Credential>() {
            self.credential.map(|credential| credential as &dyn Any)
        } else {
            self.providers.0.get(&TypeId::of::<T>()).map(|value| &**value as &dyn Any)
        };
        value.and_then(<dyn Any>::downcast_ref).unwrap_or_else(|| missing::<T>())
    }

    /// The transaction that the effect is written in, once.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    #[must_use]
    pub fn transaction<T: Lent>(&mut self) -> &'a mut T {
        let transaction: Option<&'a mut (dyn Any + Send + Sync)> = self.transaction.take();
        transaction.and_then(|open| open.downcast_mut()).unwrap_or_else(|| missing::<T>())
    }
}

fn missing<T>() -> ! {
    unreachable!("build() checked that {} is there", type_name::<T>())
}
