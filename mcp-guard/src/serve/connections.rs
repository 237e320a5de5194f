//! How many connections there may be, and how many of one address.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    admission::{Limits, Network},
    proxies::Proxies,
};
use crate::rate::{Slot, Slots};

/// The places for connections.
pub(super) struct Connections {
    in_all: Arc<Semaphore>,
    of_one: Option<Arc<Slots<Network>>>,
    proxies: Proxies,
}

/// A place for one connection, until it is dropped.
pub(super) struct Place {
    _in_all: OwnedSemaphorePermit,
    /// A proxy's are everybody's, and count for nobody.
    _of_one: Option<Slot<Network>>,
}

impl Connections {
    pub(super) fn new(limits: &Limits) -> Self {
        let of_one = limits.connections_per_address;
        Self {
            in_all: Arc::new(Semaphore::new(limits.connections)),
            of_one: of_one.map(|of_one| Slots::new(limits.connections, of_one)),
            proxies: limits.proxies.clone(),
        }
    }

    /// A place for one more from this address, if there is one.
    pub(super) fn place(&self, peer: IpAddr) -> Option<Place> {
        let in_all = Arc::clone(&self.in_all).try_acquire_owned().ok()?;
        let counted = self.of_one.as_ref().filter(|_| !self.proxies.trust(peer));
        let of_one = match counted {
            Some(slots) => Some(slots.take(Network::of(peer))?),
            None => None,
        };
        Some(Place { _in_all: in_all, _of_one: of_one })
    }
}
