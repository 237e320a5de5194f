//! The attribute as a constant: `ToolSpec`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    function::Parameter,
    model::{Access, Budget, Idempotent, Limit, Of, OnUnknown, Redact, Tool},
};

/// `ToolSpec { ... }`.
pub(super) fn spec(tool: &Tool) -> TokenStream {
    let Tool { name: (name, _), open_world, .. } = tool;
    let title = option(tool.title.as_ref());
    let description = &tool.function.docs;
    let access = access(&tool.access);
    let authorizes = tool.authorize.is_some();
    let effect = effect(tool);
    let limits = tool.limits.iter().map(|limit| self::limit(limit, tool));
    let budgets = tool.budgets.iter().map(|budget| self::budget(budget, tool));
    let redactions = tool.redactions.iter().flat_map(redactions);
    let restrictions = tool.function.arguments().flat_map(restrictions);
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
            authorizes: #authorizes,
            effect: #effect,
            limits: &[#(#limits),*],
            budgets: &[#(#budgets),*],
            redactions: &[#(#redactions),*],
            restrictions: &[#(#restrictions),*],
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

fn effect(tool: &Tool) -> TokenStream {
    let Some(idempotent) = tool.idempotent() else {
        return quote!(__mcp_guard::EffectClass::ReadOnly);
    };
    let Idempotent { retain, tombstone, lease, wait, .. } = idempotent;
    let lease = lease.as_ref().map(|(_, length)| *length);
    let [retain, tombstone, lease] =
        [*retain, *tombstone, lease].map(|how_long| option(how_long.map(duration)));
    let in_flight = match wait.map(duration) {
        None => quote!(__mcp_guard::InFlight::Refuse),
        Some(wait) => quote!(__mcp_guard::InFlight::Wait(#wait)),
    };
    let on_unknown = match idempotent.on_unknown {
        OnUnknown::Refuse => quote!(__mcp_guard::OnUnknown::Refuse),
        OnUnknown::Retry(_) => quote!(__mcp_guard::OnUnknown::Retry),
        OnUnknown::Reconcile(..) => quote!(__mcp_guard::OnUnknown::Reconcile),
    };
    let business_key = tool.business_key.iter().map(|index| wire_name(tool, *index));
    let dispatches = idempotent.dispatch.is_some();
    let transaction = idempotent.transaction.is_some();
    quote! {
        __mcp_guard::EffectClass::Idempotent(__mcp_guard::IdempotentSpec {
            retain: #retain,
            tombstone: #tombstone,
            lease: #lease,
            in_flight: #in_flight,
            on_unknown: #on_unknown,
            business_key: &[#(#business_key),*],
            dispatches: #dispatches,
            transaction: #transaction,
        })
    }
}

fn limit(limit: &Limit, tool: &Tool) -> TokenStream {
    let Limit { parameter, max, min, scope } = limit;
    let parameter = wire_name(tool, *parameter);
    let min = option(min.as_ref());
    let scope = option(scope.as_ref());
    quote! {
        __mcp_guard::LimitSpec { parameter: #parameter, max: #max, min: #min, scope: #scope }
    }
}

fn budget(budget: &Budget, tool: &Tool) -> TokenStream {
    let Budget { summed, max, per, of, .. } = budget;
    let parameter = option(summed.map(|index| wire_name(tool, index)));
    let per = duration(*per);
    let of = match of {
        Of::Caller => quote!(Caller),
        Of::Tenant => quote!(Tenant),
        Of::Tool => quote!(Tool),
        Of::Parameter(index) => {
            let name = wire_name(tool, *index);
            quote!(Parameter(#name))
        }
    };
    quote! {
        __mcp_guard::BudgetSpec {
            parameter: #parameter,
            max: #max,
            per: #per,
            of: __mcp_guard::BudgetOf::#of,
        }
    }
}

fn redactions(redact: &Redact) -> impl Iterator<Item = TokenStream> {
    let Redact { members, scope } = redact;
    members.iter().map(move |member| {
        let path = &member.path;
        quote!(__mcp_guard::RedactSpec { path: &[#(#path),*], scope: #scope })
    })
}

fn restrictions(argument: &Parameter) -> impl Iterator<Item = TokenStream> {
    let parameter = argument.wire_name();
    argument.restrictions().into_iter().map(move |rule| {
        quote!(__mcp_guard::RestrictionSpec { parameter: #parameter, rule: &[#(#rule),*] })
    })
}

fn wire_name(tool: &Tool, parameter: usize) -> String {
    tool.function.parameters[parameter].wire_name()
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
