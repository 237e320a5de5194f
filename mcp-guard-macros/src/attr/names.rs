//! Names that an attribute lists: of a function, and of parameters.

use syn::{
    Error, Ident, Path, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use crate::errors::Errors;

/// `order_id, reason`: names, which may be keywords.
pub(super) struct Names(Vec<Ident>);

impl Names {
    /// Each name once: one that is repeated is a mistake.
    pub(super) fn distinct(self, errors: &Errors) -> Vec<Ident> {
        let mut distinct: Vec<Ident> = Vec::new();
        for name in self.0 {
            if distinct.iter().any(|earlier| earlier.unraw() == name.unraw()) {
                errors.at(&name, format!("`{}` is named twice: keep one", name.unraw()));
            } else {
                distinct.push(name);
            }
        }
        distinct
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Parse for Names {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let names = Punctuated::<_, Token![,]>::parse_terminated_with(input, Ident::parse_any)?;
        Ok(Self(names.into_iter().collect()))
    }
}

/// The path of a function. `Self` or a module alone is none.
pub(super) fn function(input: ParseStream<'_>) -> Result<Path> {
    let path = input.call(Path::parse_mod_style)?;
    let keywords = ["self", "Self", "super", "crate"];
    if path.segments.last().is_some_and(|last| keywords.iter().any(|word| last.ident == word)) {
        return Err(Error::new_spanned(&path, ""));
    }
    Ok(path)
}
