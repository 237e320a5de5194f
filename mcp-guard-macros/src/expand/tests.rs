//! The expansion, written down: what a reader of it should see, and nothing else.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::{guarded, tool_error};

/// The snapshot's text: the tokens as a person would write them.
fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

#[test]
fn a_function() {
    let expanded = guarded::function(
        quote!(
            idempotent(retain = "24h", in_flight = wait("5s"), on_unknown = retry),
            max_amount = 50000,
            limit(amount_cents <= 500_000, scope = "refunds:large"),
            scope = "refunds",
            timeout = "30s"
        ),
        &quote! {
            /// Issue a refund for a paid order.
            pub async fn create_refund(
                payments: &Payments,
                effect: &Effect,
                /// Order to refund, such as `ord_8821`.
                order_id: String,
                /// Amount to refund, in cents.
                #[schemars(range(min = 1))]
                mut amount_cents: u64,
                /// What kind of refund.
                #[serde(default)]
                r#type: Kind,
            ) -> Result<Refund, RefundError> {
                payments.refund(&order_id, amount_cents, r#type, effect.key()).await
            }
        },
    );
    insta::assert_snapshot!(pretty(expanded));
}

#[test]
fn a_function_without_parameters() {
    let expanded = guarded::function(
        quote!(read_only, any_caller, crate = renamed::guard),
        &quote! {
            /// Say what time it is.
            #[cfg(feature = "clock")]
            async fn now() -> Result<u64, Infallible> {
                Ok(0)
            }
        },
    );
    insta::assert_snapshot!(pretty(expanded));
}

#[test]
fn a_function_with_identity_budgets_and_reconciliation() {
    let expanded = guarded::function(
        quote!(
            idempotent(
                key = [order_id, r#type],
                lease = "60s",
                on_unknown = reconcile(ledger::find_refund),
                dispatch,
            ),
            any_caller,
            limit(fee <= 5),
            budget(cents <= 200_000, per = "24h"),
            budget(calls <= 20, per = "1h", of = tool),
            budget(cents <= 9_007_199_254_740_991, of = order_id, per = "24h"),
            budget(fee <= 1, per = "1ms", of = tenant),
        ),
        &quote! {
            /// Issue a refund for a paid order.
            async fn create_refund(
                payments: &Payments,
                effect: &Effect,
                /// Order to refund.
                #[serde(rename = "order")]
                order_id: String,
                /// Cents.
                cents: u64,
                /// A fee.
                fee: u32,
                /// What kind of refund.
                r#type: Kind,
            ) -> Result<Refund, RefundError> {
                payments.refund(order_id, cents, fee, r#type, effect).await
            }
        },
    );
    insta::assert_snapshot!(pretty(expanded));
}

#[test]
fn a_function_in_a_transaction() {
    let expanded = guarded::function(
        quote!(idempotent(store = "transaction", on_unknown = retry), any_caller),
        &quote! {
            /// Note something.
            async fn note(
                tx: &mut PgTransaction,
                caller: &Caller,
                /// What.
                text: String,
            ) -> Result<(), NoteError> {
                tx.execute(INSERT, &[&text, &caller.subject()]).await
            }
        },
    );
    insta::assert_snapshot!(pretty(expanded));
}

#[test]
fn methods_that_are_reconciled() {
    let expanded = guarded::methods(
        quote!(),
        &quote! {
            impl shop::Payments {
                /// Issue a refund.
                #[guarded_tool(
                    idempotent(on_unknown = reconcile(Self::find_refund)), any_caller
                )]
                async fn refund(
                    &self,
                    /// Cents.
                    cents: u64,
                ) -> Result<Refund, RefundError> {
                    self.send(cents).await
                }

                async fn find_refund(&self, cents: u64) -> Reconciled<Refund> {
                    self.find(cents).await
                }
            }
        },
    );
    insta::assert_snapshot!(pretty(expanded));
}

#[test]
fn methods() {
    let expanded = guarded::methods(
        quote!(),
        &quote! {
            impl Payments {
                /// Issue a refund.
                #[guarded_tool(idempotent, scope("refunds", "orders"), limit(cents <= 5))]
                pub async fn refund(
                    &self,
                    caller: &Caller,
                    /// Cents.
                    cents: u64,
                    /// An earlier state.
                    earlier: Vec<Self>,
                ) -> Result<Self, RefundError> {
                    self.send(caller, cents, earlier).await
                }

                fn unguarded(&self) {}
            }
        },
    );
    insta::assert_snapshot!(pretty(expanded));
}

#[test]
fn a_function_with_mistakes() {
    let expanded = guarded::function(
        quote!(read_only),
        &quote! {
            async fn now(#[amount] zone: &str) -> Result<u64, Infallible> {
                Ok(0)
            }
        },
    );
    insta::assert_snapshot!(pretty(expanded));
}

#[test]
fn an_error() {
    let expanded = tool_error::derive(quote! {
        enum RefundError<E> {
            #[tool_error(rejected, code = "order_not_found", field = "order_id", public)]
            NoSuchOrder(String),
            #[tool_error(transient, retry_after = "2s")]
            Unreachable { source: Io },
            #[tool_error(transparent)]
            Other(E),
        }
    });
    insta::assert_snapshot!(pretty(expanded));
}

/// In a crate that renames the dependency, there is no `mcp_guard`.
#[test]
fn a_renamed_crate_is_never_called_by_its_own_name() {
    let method = quote! {
        /// Say what time it is.
        #[guarded_tool(read_only, any_caller)]
        async fn now(&self, shop: &Shop) -> Result<u64, Infallible> { Ok(0) }
    };
    let wrong_method = quote!(
        #[guarded_tool]
        fn now(&self) {}
    );
    for expanded in [
        guarded::function(
            quote!(
                idempotent(key = [amount], on_unknown = reconcile(find), dispatch),
                any_caller,
                max_amount = 5,
                budget(amount <= 9, per = "1d", of = tool),
                crate = renamed
            ),
            &quote! {
                /// Pay.
                async fn pay(
                    effect: &Effect,
                    /// How much.
                    amount: u64,
                ) -> Result<u64, Infallible> { Ok(amount) }
            },
        ),
        guarded::function(
            quote!(idempotent(store = "transaction"), any_caller, crate = renamed),
            &quote! {
                /// Pay.
                async fn pay(tx: &mut Transaction) -> Result<u64, Infallible> { Ok(0) }
            },
        ),
        guarded::function(
            quote!(crate = renamed),
            &quote!(
                fn now() {}
            ),
        ),
        guarded::methods(quote!(crate = renamed), &quote!(impl Shop { #method })),
        guarded::methods(quote!(crate = renamed), &quote!(impl Shop { #wrong_method })),
        tool_error::derive(quote! {
            #[tool_error(crate = renamed)]
            enum Wrong<E> {
                #[tool_error(transparent)]
                One(E),
                #[tool_error(transient, retry_after = "1s", public, field = "a")]
                Two,
            }
        }),
        tool_error::derive(quote!(
            #[tool_error(crate = renamed)]
            enum Wrong {
                One,
            }
        )),
    ] {
        assert!(names(expanded.clone(), "renamed"), "{expanded}");
        assert!(!names(expanded.clone(), "mcp_guard"), "{expanded}");
    }
}

fn names(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => names(group.stream(), name),
        _ => false,
    })
}

#[test]
fn functions_that_are_authorized() {
    let given_all = guarded::function(
        quote!(
            idempotent(store = "transaction"),
            any_caller,
            authorize = orders::owns,
            crate = renamed::guard
        ),
        &quote! {
            /// Issue a refund for a paid order.
            async fn create_refund(
                /// Order to refund.
                #[serde(rename = "order-id")]
                order_id: String,
                orders: &Orders,
                tx: &mut Tx,
                effect: &Effect,
                caller: &Caller,
                credential: &Credential,
                /// What kind of refund.
                r#type: Kind,
            ) -> Result<Refund, RefundError> {
                refund(tx, order_id, r#type).await
            }
        },
    );
    let given_some = guarded::methods(
        TokenStream::new(),
        &quote! {
            impl Shop {
                /// Look at an order.
                #[guarded_tool(read_only, any_caller, authorize = Self::owns(r#type, order_id))]
                async fn get_order(
                    &self,
                    /// Order to look at.
                    order_id: String,
                    /// What kind of order.
                    r#type: Kind,
                ) -> Result<Order, Infallible> {
                    Ok(self.order(order_id))
                }
            }
        },
    );
    let both = [given_all, given_some].map(pretty);
    insta::assert_snapshot!(both.join("\n"));
}
