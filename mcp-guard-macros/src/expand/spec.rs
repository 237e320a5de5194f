//! The attribute as a constant: `ToolSpec`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    attr::Idempotent,
    model::{Access, Effect, Limit, Tool},
};

/// `ToolSpec { ... }`.
pub(super) fn spec(tool: &Tool) -> TokenStream {
    let Tool { name: (name, _), open_world, .. } = tool;
    let title = option(tool.title.as_ref());
    let description = &tool.function.docs;
    let access = access(&tool.access);
    let effect = effect(&tool.effect);
    let limits = tool.limits.iter().map(|limit| self::limit(limit, tool));
    let timeout = option(tool.timeout.map(duration));
    // MCP's default: what changes something destroys something, unless it says otherwise.
    let destructive =
        tool.destructive.as_ref().map_or(!tool.is_read_only(), |(_, destructive)| *destructive);
    quote! {
        __mcp_guard::ToolSpec {
            name: #name,
            title: #title,
            description: #description,
            access: #access,
            effect: #effect,
            limits: &[#(#limits),*],
            timeout: #timeout,
            destructive: #destructive,
            open_world: #open_world,
        }
    }
}

fn access(access: &Access) -> TokenStream {
    match access {
        Access::AnyCaller => quote!(__mcp_guard::Access::AnyCaller),
        Access::Scopes(scopes) => quote!(__mcp_guard::Access::Scopes(&[#(#scopes),*])),
    }
}

fn effect(effect: &Effect) -> TokenStream {
    let Effect::Idempotent(idempotent) = effect else {
        return quote!(__mcp_guard::EffectClass::ReadOnly);
    };
    let Idempotent { retain, tombstone, lease, wait, retry } = idempotent;
    let [retain, tombstone, lease] =
        [retain, tombstone, lease].map(|how_long| option(how_long.map(duration)));
    let in_flight = match wait.map(duration) {
        None => quote!(__mcp_guard::InFlight::Refuse),
        Some(wait) => quote!(__mcp_guard::InFlight::Wait(#wait)),
    };
    let on_unknown = if retry.is_some() {
        quote!(__mcp_guard::OnUnknown::Retry)
    } else {
        quote!(__mcp_guard::OnUnknown::Refuse)
    };
    quote! {
        __mcp_guard::EffectClass::Idempotent(__mcp_guard::IdempotentSpec {
            retain: #retain,
            tombstone: #tombstone,
            lease: #lease,
            in_flight: #in_flight,
            on_unknown: #on_unknown,
        })
    }
}

fn limit(limit: &Limit, tool: &Tool) -> TokenStream {
    let Limit { parameter, max, min, scope } = limit;
    let parameter = tool.function.parameters[*parameter].wire_name();
    let min = option(min.as_ref());
    let scope = option(scope.as_ref());
    quote! {
        __mcp_guard::LimitSpec { parameter: #parameter, max: #max, min: #min, scope: #scope }
    }
}

/// An expression for a duration.
pub(crate) fn duration(duration: Duration) -> TokenStream {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#milliseconds))
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        None => quote!(::core::option::Option::None),
        Some(value) => quote!(::core::option::Option::Some(#value)),
    }
}
