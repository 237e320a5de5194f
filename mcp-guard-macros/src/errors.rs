//! Mistakes, collected so that all of them are reported at once.

use std::{cell::RefCell, fmt::Display, thread};

use quote::ToTokens;
use syn::{Error, Result};

/// The mistakes found so far.
///
/// It refuses to be forgotten: dropping one without [`finish`](Errors::finish) panics, because a
/// mistake that was found and never reported is a hole in what the macro promises.
pub(crate) struct Errors(RefCell<Option<Vec<Error>>>);

impl Errors {
    /// No mistakes yet.
    pub(crate) fn new() -> Self {
        Self(RefCell::new(Some(Vec::new())))
    }

    /// Notes a mistake at these tokens.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Notes a mistake.
    pub(crate) fn push(&self, error: Error) {
        if let Some(mistakes) = self.0.borrow_mut().as_mut() {
            mistakes.push(error);
        }
    }

    /// The value, or nothing and its mistake noted.
    pub(crate) fn keep<T>(&self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Every mistake as one error, in the order in which they were found.
    pub(crate) fn finish(self) -> Result<()> {
        let mistakes = self.0.borrow_mut().take().unwrap_or_default();
        mistakes
            .into_iter()
            .reduce(|mut all, next| {
                all.combine(next);
                all
            })
            .map_or(Ok(()), Err)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(
            thread::panicking() || self.0.borrow().is_none(),
            "mistakes were collected and never reported"
        );
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn every_mistake_is_reported_in_order() {
        let errors = Errors::new();
        errors.push(Error::new(Span::call_site(), "first"));
        assert_eq!(errors.keep(Err::<u8, _>(Error::new(Span::call_site(), "second"))), None);
        let reported: Vec<_> =
            errors.finish().unwrap_err().into_iter().map(|error| error.to_string()).collect();
        assert_eq!(reported, ["first", "second"]);
    }

    #[test]
    #[should_panic(expected = "never reported")]
    fn forgetting_them_panics() {
        drop(Errors::new());
    }
}
