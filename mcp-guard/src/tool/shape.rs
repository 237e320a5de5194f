//! Whether a result is bare text, told when the tool is compiled. No trait says of a type that it is
//! *not* text, so generated code asks by a method call: where the type is text, [`Textual`]'s method
//! is found first; where it is anything else, [`Anything`]'s, one reference further.

use std::{borrow::Cow, marker::PhantomData, rc::Rc, sync::Arc};

/// A return type, to be asked about.
pub struct Shape<R>(PhantomData<fn() -> R>);

/// What [`Shape::shape`](Anything::shape) says of a result that is anything but bare text.
pub struct Structured;

/// What [`Shape::shape`](Textual::shape) says of a result that is bare text.
pub struct BareText<T>(PhantomData<fn() -> T>);

/// A result whose parts have names.
#[diagnostic::on_unimplemented(
    message = "a guarded tool does not return bare text",
    label = "expected a struct or enum whose members say what the text is",
    note = "write `#[derive(serde::Serialize, schemars::JsonSchema)] struct Receipt {{ receipt_id: String }}` \
            and return `Result<Receipt, E>`; text alone is where instructions to the model hide"
)]
pub trait StructuredResult {}

impl StructuredResult for Structured {}

/// A type that is written as a JSON string and says nothing else.
pub trait Text {}

impl Text for String {}
impl Text for str {}
impl Text for char {}
impl<T: Text + ?Sized> Text for &T {}
impl<T: Text + ?Sized> Text for Box<T> {}
impl<T: Text + ?Sized> Text for Rc<T> {}
impl<T: Text + ?Sized> Text for Arc<T> {}
impl<T: Text + ToOwned + ?Sized> Text for Cow<'_, T> {}
impl<T: Text> Text for Option<T> {}

impl<R> Shape<R> {
    /// The type `R`.
    #[expect(clippy::new_without_default, reason = "generated code alone makes one")]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Found where the result is text.
pub trait Textual {
    /// The result's type.
    type Result;
    /// Says so.
    fn shape(&self) -> BareText<Self::Result>;
}

impl<T: Text, E> Textual for Shape<Result<T, E>> {
    type Result = T;

    fn shape(&self) -> BareText<T> {
        BareText(PhantomData)
    }
}

/// Found where [`Textual`] is not.
pub trait Anything {
    /// Says that the result is not text.
    fn shape(&self) -> Structured;
}

impl<R> Anything for &Shape<R> {
    fn shape(&self) -> Structured {
        Structured
    }
}

/// Requires what [`Shape`] says to be a structured result.
pub const fn structured<S: StructuredResult>(_: &S) {}
