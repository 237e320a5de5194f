//! Resolves names to addresses that may be asked: what is returned here is what is connected to.

use std::{error::Error, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::{Reach, target::is_localhost};

/// The system's resolver, without the addresses that may not be asked.
pub(super) struct GuardedResolver {
    reach: Reach,
}

/// The name has no other address.
#[derive(Debug, thiserror::Error)]
#[error("no address that may be asked")]
struct Refusal;

impl GuardedResolver {
    pub(super) fn new(reach: Reach) -> Self {
        Self { reach }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await?;
            let allowed = allowed(found, is_localhost(name.as_str()), reach);
            if allowed.is_empty() {
                return Err(Refusal.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// A name that is loopback by definition is the one that plain HTTP may go to, so nothing else may
/// stand behind it.
fn allowed(
    found: impl Iterator<Item = SocketAddr>,
    is_localhost: bool,
    reach: Reach,
) -> Vec<SocketAddr> {
    let fits = |address: &SocketAddr| {
        reach.allows(address.ip()) && (!is_localhost || address.ip().is_loopback())
    };
    found.filter(fits).collect()
}

/// Whether an error of the client comes from here.
pub(super) fn is_refusal(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<Refusal>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_asked_is_connected_to() {
        let found = ["10.0.0.1:0", "1.1.1.1:0", "169.254.169.254:0", "127.0.0.1:0", "[::1]:0"];
        let kept = |is_localhost, reach| {
            let found = found.map(|address| address.parse().expect("an address"));
            let kept = allowed(found.into_iter(), is_localhost, reach);
            kept.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(kept(false, Reach::default()), ["1.1.1.1:0"]);
        assert_eq!(kept(true, Reach::default()), [""; 0]);
        let development = Reach { http_on_loopback: true, ..Reach::default() };
        assert_eq!(kept(true, development), ["127.0.0.1:0", "[::1]:0"]);
    }
}
