//! Names, types, values and the crate's path may come from `macro_rules!`.
#![deny(warnings)]

use mcp_guard::{Requirement, Tool, prelude::*};
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

macro_rules! kept {
    (
        $name:ident, $order:ident, $cents:ident <= $cap:literal per $per:literal,
        $find:path, $lent:ty, $tx:ty, $mode:literal
    ) => {
        /// Charge.
        #[guarded_tool(
            idempotent(key = [$order], on_unknown = reconcile($find)),
            any_caller,
            budget($cents <= $cap, per = $per, of = $order),
        )]
        async fn $name(
            lent: $lent,
            /// For which.
            $order: String,
            /// How much.
            $cents: u64,
        ) -> Result<u64, Infallible> {
            let _ = (lent, $order);
            Ok($cents)
        }

        /// In a transaction.
        mod transactional {
            use super::*;

            /// Charge.
            #[guarded_tool(idempotent(store = $mode), any_caller)]
            pub(super) async fn $name(tx: $tx) -> Result<u64, Infallible> {
                *tx += 1;
                Ok(*tx)
            }
        }
    };
}

mod ledger {
    pub(crate) async fn find(
        _: &super::Shop,
        order_id: String,
        cents: u64,
    ) -> mcp_guard::Reconciled<u64> {
        let _ = order_id;
        mcp_guard::Reconciled::Landed(cents)
    }
}

struct Shop;

kept!(
    book, order_id, cents <= 200 per "24h",
    crate::ledger::find, &Shop, &mut u64, "transaction"
);
tool!(charge, "Charge.", "charges", 500, &Shop, amount_cents: u64);

fn main() {
    assert_eq!(charge::SPEC.name, "charge");
    assert_eq!(charge::SPEC.limits[0].max, 500);
    assert_eq!(charge::requires().len(), 1);
    assert_eq!(book::SPEC.budgets[0].max, 200);
    assert_eq!(transactional::book::requires(), [Requirement::of_transaction::<u64>("u64")]);
    let _ = Guard::builder().tool::<charge>().tool::<book>().tool::<transactional::book>();
}
