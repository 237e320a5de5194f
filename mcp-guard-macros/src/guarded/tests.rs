//! What the macros do with input that is being typed.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

use crate::{guarded, tool_error};

/// Whatever token is missing while a person types, the function is still there, and so is its
/// marker.
#[test]
fn an_attribute_with_any_token_missing_keeps_the_function() {
    let attribute = quote!(
        idempotent(
            key = [price, order_id],
            retain = "24h",
            in_flight = wait("5s"),
            on_unknown = reconcile(a::find),
            dispatch,
            store = "transaction",
        ),
        max_amount = 50000,
        limit(quantity <= -5, scope = "large"),
        budget(price <= 5, per = "24h", of = tenant),
        budget(calls <= 20, of = order_id, per = "1h"),
        scope("a", "b"),
        timeout = "30s",
        name = "a",
        title = "b",
        destructive = false,
        open_world,
        crate = a::b
    );
    let item = quote! {
        /// Pay.
        async fn pay(
            effect: &Effect,
            tx: &mut Transaction,
            /// For which.
            order_id: String,
            /// How much.
            #[amount]
            price: u64,
            /// How many.
            quantity: Option<i8>,
        ) -> Result<(), Infallible> { Ok(()) }
    };
    let wrecks = wrecks(attribute);
    assert!(wrecks.len() > 100);
    for attribute in wrecks {
        let expanded = guarded::function(attribute.clone(), &item);
        let file: syn::File = syn::parse2(expanded).unwrap();
        assert!(
            matches!(&file.items[0], syn::Item::Fn(it) if it.sig.ident == "pay"),
            "{attribute}"
        );
        assert!(matches!(&file.items[1], syn::Item::Enum(it) if it.ident == "pay"), "{attribute}");
    }
}

/// What a body says is the compiler's to judge, and what is typed in it the editor's to complete.
#[test]
fn a_body_that_is_being_typed_goes_back_as_it_is() {
    let function = quote! {
        /// Pay.
        async fn pay(shop: &Shop) -> Result<(), Infallible> { let price = shop. ; }
    };
    let expanded = guarded::function(quote!(read_only, any_caller), &function).to_string();
    assert!(expanded.contains("{ let price = shop . ; }"), "{expanded}");
    assert!(expanded.contains("impl __mcp_guard :: Tool for pay"), "{expanded}");

    let block = quote! {
        impl Shop {
            /// Pay.
            #[guarded_tool(read_only, any_caller)]
            async fn pay(&self) -> Result<(), Infallible> { self. ; }
            fn other(&self) { self.price }
        }
    };
    let expanded = guarded::methods(TokenStream::new(), &block).to_string();
    for kept in ["{ self . ; }", "Tool for __tool_pay", "fn other (& self) { self . price }"] {
        assert!(expanded.contains(kept), "{kept} in {expanded}");
    }
}

/// Of a block with one signature that cannot be read, the other methods are still tools; nothing that
/// could be a tool is left out of a program that compiles.
#[test]
fn a_signature_that_is_being_typed_leaves_the_others() {
    let block = quote! {
        impl Shop<{ 2 }> {
            const PRICE: u8 = { 1 };
            const GET: fn() -> u8 = { || 1 };
            fn three(&self) -> Many<{ 3 }> { Many }
            many! { fn some() }
            /// Pay.
            #[guarded_tool(read_only, any_caller)]
            async fn pay(&self, /** How much. */ price: ) -> Result<(), Infallible> { Ok(()) }
            /// Look.
            #[guarded_tool(read_only, any_caller)]
            async fn look(&self) -> Result<(), Infallible> { Ok(()) }
        }
    };
    let expanded = guarded::methods(TokenStream::new(), &block).to_string();
    for kept in [
        "const PRICE",
        "{ | | 1 } ;",
        "Many < { 3 } > { Many }",
        "many !",
        "async fn look",
        "Tool for __tool_look",
        "core :: panic !",
    ] {
        assert!(expanded.contains(kept), "{kept} in {expanded}");
    }
    assert!(!expanded.contains("fn pay"), "{expanded}");

    let function = quote!(
        pub(crate) async fn pay(price: ) -> Result<(), Infallible> { Ok(()) }
    );
    let expanded = guarded::function(quote!(read_only, any_caller), &function).to_string();
    for kept in ["pub (crate) enum pay { }", "Tool for pay", "ToolSpec = :: core :: panic !"] {
        assert!(expanded.contains(kept), "{kept} in {expanded}");
    }
}

/// The same of the item, where what is emitted may be as broken as what was written.
#[test]
fn an_item_with_any_token_missing_is_no_panic() {
    let method = quote! {
        /// Pay.
        #[guarded_tool(idempotent, any_caller, max_amount = 5)]
        async fn pay(
            &self,
            caller: &Caller,
            /// How much.
            #[amount] #[serde(rename = "price", default)]
            price: Option<u64>,
        ) -> Result<Vec<Self>, Infallible> { Ok(()) }
    };
    for item in wrecks(quote!(impl Shop { #method })) {
        assert!(!guarded::methods(TokenStream::new(), &item).is_empty());
    }
    for item in wrecks(method) {
        assert!(!guarded::function(quote!(read_only, any_caller), &item).is_empty());
    }
    let error = quote! {
        #[tool_error(crate = a::b)]
        enum Wrong<T: Send> {
            #[tool_error(transient, retry_after = "1s", field = "a", public)]
            One { a: u8 },
            #[tool_error(transparent)]
            Two(#[from] T),
        }
    };
    for item in wrecks(error) {
        assert!(!tool_error::derive(item).is_empty());
    }
}

/// The tokens, each time without another one of them.
fn wrecks(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let with = |index: usize, replacement: Option<TokenTree>| -> TokenStream {
        let (before, after) = (&tokens[..index], &tokens[index + 1..]);
        before.iter().chain(&replacement).chain(after).cloned().collect()
    };
    let mut wrecks = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        wrecks.push(with(index, None));
        if let TokenTree::Group(group) = token {
            wrecks.extend(
                self::wrecks(group.stream())
                    .into_iter()
                    .map(|inner| with(index, Some(Group::new(group.delimiter(), inner).into()))),
            );
        }
    }
    wrecks
}
