//! What may come in before anybody knows whose it is: the outermost layer, in front of authentication.

mod body;

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};

use super::proxies::Proxies;
use crate::rate::{Meter, Quota, Slots};

/// When a request that found no place may try again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the operator lets in.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(super) per_address: Option<Quota>,
    pub(super) requests: usize,
    pub(super) requests_per_address: Option<usize>,
    pub(super) connections: usize,
    pub(super) connections_per_address: Option<usize>,
    pub(super) sessions: Option<usize>,
    pub(super) sessions_per_caller: Option<usize>,
    pub(super) read_timeout: Duration,
    pub(super) proxies: Proxies,
}

impl Default for Limits {
    /// A process may often have 1,024 files open.
    fn default() -> Self {
        Self {
            per_address: None,
            requests: 768,
            requests_per_address: None,
            connections: 896,
            connections_per_address: None,
            sessions: None,
            sessions_per_caller: None,
            read_timeout: Duration::from_secs(30),
            proxies: Proxies::default(),
        }
    }
}

impl Limits {
    /// How many sessions there may be in all, and of one caller, if there may be any.
    pub(crate) fn sessions(&self) -> Option<(usize, usize)> {
        let in_all = self.sessions?;
        Some((in_all, self.sessions_per_caller.unwrap_or(in_all)))
    }

    /// What is wrong with them.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut mistakes: Vec<_> = self.proxies.mistakes().collect();
        if let Some(mistake) = self.per_address.and_then(Quota::mistake) {
            mistakes.push(format!("`.per_address(…)` {mistake}"));
        }
        for (name, count) in [
            ("max_concurrent_requests", self.requests),
            ("max_concurrent_requests_per_address", self.requests_per_address.unwrap_or(1)),
            ("max_connections", self.connections),
            ("max_connections_per_address", self.connections_per_address.unwrap_or(1)),
            ("max_sessions", self.sessions.unwrap_or(1)),
            ("max_sessions_per_caller", self.sessions_per_caller.unwrap_or(1)),
        ] {
            if count == 0 {
                mistakes.push(format!("`.{name}(0)` lets nothing in: write 1 or more"));
            }
        }
        if self.read_timeout.is_zero() || self.read_timeout > Duration::from_secs(86_400) {
            mistakes
                .push("`.read_timeout(…)` must be longer than nothing, and a day at most".into());
        }
        mistakes
    }
}

/// What has come in of late, and what is under way. Shared by every router of one guard.
pub(crate) struct Door {
    per_address: Option<Meter<Network>>,
    slots: Arc<Slots<Network>>,
    /// Whether anything depends on where a request comes from.
    asks_address: bool,
    read_timeout: Duration,
    proxies: Proxies,
}

/// Whom an address is taken for: an IPv4 address, or an IPv6 network of 64 bits, which is what one
/// customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Network(Ipv6Addr);

impl Network {
    const UNASKED: Self = Self(Ipv6Addr::UNSPECIFIED);

    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped()),
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        }
    }
}

/// Why a request is not let in.
enum NotLetIn {
    TooMany(Duration),
    Full,
    AddressUnknown,
}

impl Door {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let per_address = limits.requests_per_address.unwrap_or(limits.requests);
        Arc::new(Self {
            per_address: limits.per_address.map(Meter::new),
            slots: Slots::new(limits.requests, per_address),
            asks_address: limits.per_address.is_some() || limits.requests_per_address.is_some(),
            read_timeout: limits.read_timeout,
            proxies: limits.proxies.clone(),
        })
    }

    fn whose(&self, request: &Request) -> Result<Network, NotLetIn> {
        if !self.asks_address {
            return Ok(Network::UNASKED);
        }
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let ConnectInfo(peer) = peer.ok_or(NotLetIn::AddressUnknown)?;
        Ok(Network::of(self.proxies.client(peer.ip(), request.headers())))
    }
}

/// Puts the layer in front of a router.
pub(super) fn in_front_of(router: Router, door: Arc<Door>) -> Router {
    router.layer(from_fn_with_state(door, let_in))
}

/// A request has its place until it is answered, not until the client has read the answer.
async fn let_in(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let whose = match door.whose(&request) {
        Ok(whose) => whose,
        Err(refused) => return refused.into_response(),
    };
    if let Some(Err(after)) = door.per_address.as_ref().map(|meter| meter.take(&whose)) {
        return NotLetIn::TooMany(after).into_response();
    }
    let Some(_slot) = door.slots.take(whose) else { return NotLetIn::Full.into_response() };
    body::within(door.read_timeout, request, next).await
}

impl NotLetIn {
    /// Refusals are frequent where they matter, so they are not logged one by one.
    fn into_response(self) -> Response {
        let (status, after) = match self {
            Self::TooMany(after) => (StatusCode::TOO_MANY_REQUESTS, after),
            Self::Full => (StatusCode::SERVICE_UNAVAILABLE, LOOK_AGAIN),
            Self::AddressUnknown => {
                tracing::error!(
                    "a limit is per address, and a request came without one: serve the router with \
                     `into_make_service_with_connect_info::<SocketAddr>()`"
                );
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let seconds = after.as_millis().div_ceil(1000).to_string();
        (status, [(header::RETRY_AFTER, seconds)]).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_counts_with_its_network() {
        let network = |text: &str| Network::of(text.parse().expect("an address"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
