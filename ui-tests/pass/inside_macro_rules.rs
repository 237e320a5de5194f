//! Names, types, values and the crate's path may come from `macro_rules!`.
#![deny(warnings)]

use mcp_guard::{Tool, prelude::*};
use std::convert::Infallible;

/// As a crate that wraps the attribute would.
mod wrapper {
    pub use mcp_guard;
}

macro_rules! tool {
    ($name:ident, $docs:literal, $scope:literal, $max:literal, $provided:ty, $amount:ident: $ty:ty) => {
        #[doc = $docs]
        #[guarded_tool(
            idempotent, scope = $scope, max_amount = $max, crate = $crate::wrapper::mcp_guard
        )]
        async fn $name(
            provided: $provided,
            #[doc = $docs]
            $amount: $ty,
            /// Another.
            other: Option<$ty>,
        ) -> Result<$ty, Infallible> {
            let _ = (provided, other);
            Ok($amount)
        }
    };
}

struct Shop;

tool!(charge, "Charge.", "charges", 500, &Shop, amount_cents: u64);

fn main() {
    assert_eq!(charge::SPEC.name, "charge");
    assert_eq!(charge::SPEC.limits[0].max, 500);
    assert_eq!(charge::requires().len(), 1);
    let _ = Guard::builder().tool::<charge>();
}
