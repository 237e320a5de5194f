//! Which addresses may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far into the operator's own network requests may go. By default nowhere: HTTPS to public
/// addresses alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Addresses of private networks, loopback, carrier-grade NAT and unique local ones.
    pub(crate) private_addresses: bool,
    /// Loopback addresses, with plain HTTP: for development and tests.
    pub(crate) http_on_loopback: bool,
}

impl Reach {
    /// Whether an address may be connected to.
    ///
    /// Link-local addresses and those of cloud metadata services never are: whatever is there hands
    /// out the machine's own credentials.
    pub(super) fn allows(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.allows_v4(address),
            IpAddr::V6(address) => match embedded(address) {
                Some(address) => self.allows_v4(address),
                None => self.allows_v6(address),
            },
        }
    }

    fn allows_v4(self, address: Ipv4Addr) -> bool {
        if METADATA_V4.contains(&address) {
            return false;
        }
        if address.is_loopback() {
            return self.private_addresses || self.http_on_loopback;
        }
        if address.is_private() || is_shared(address) {
            return self.private_addresses;
        }
        is_public_v4(address)
    }

    fn allows_v6(self, address: Ipv6Addr) -> bool {
        if address == METADATA_V6 {
            return false;
        }
        if address.is_loopback() {
            return self.private_addresses || self.http_on_loopback;
        }
        if address.is_unique_local() {
            return self.private_addresses;
        }
        is_public_v6(address)
    }
}

/// Metadata and host services of clouds that are not link-local: Alibaba's, and Azure's `WireServer`.
const METADATA_V4: [Ipv4Addr; 2] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];

/// Amazon's metadata service over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Carrier-grade NAT (RFC 6598).
fn is_shared(address: Ipv4Addr) -> bool {
    matches!(address.octets(), [100, 64..=127, ..])
}

/// What is not in IANA's registry of special-purpose addresses (RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = matches!(
        address.octets(),
        [0 | 224..=255, ..]
            | [169, 254, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    );
    !is_special
}

/// Global unicast, `2000::/3`, without what is documentation or leads to another address by a tunnel.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_special = matches!(
        address.segments(),
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..]
    );
    matches!(address.segments(), [0x2000..=0x3fff, ..]) && !is_special
}

/// The IPv4 address that a mapped (RFC 4291 §2.5.5.2) or translated (NAT64, RFC 6052) one stands for.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: Reach = Reach { private_addresses: false, http_on_loopback: false };
    const PRIVATE: Reach = Reach { private_addresses: true, http_on_loopback: false };
    const LOOPBACK: Reach = Reach { private_addresses: false, http_on_loopback: true };

    /// Which reaches allow the address: by default, private, loopback.
    fn allowed(address: &str) -> [bool; 3] {
        let address = address.parse().expect("an address");
        [PUBLIC, PRIVATE, LOOPBACK].map(|reach| reach.allows(address))
    }

    #[test]
    fn public_addresses_are_asked() {
        for address in ["1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.0.1.1"] {
            assert_eq!(allowed(address), [true; 3], "{address}");
        }
        for address in ["2606:4700::1111", "2001:4860::8888", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
        {
            assert_eq!(allowed(address), [true; 3], "{address}");
        }
    }

    #[test]
    fn private_ones_are_where_that_is_allowed() {
        for address in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "fd12::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
        ] {
            assert_eq!(allowed(address), [false, true, false], "{address}");
        }
        for address in ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(allowed(address), [false, true, true], "{address}");
        }
    }

    #[test]
    fn what_hands_out_credentials_or_is_nowhere_is_never_asked() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fd00:ec2::254",
            "fe80::1",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::127.0.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "3fff::1",
            "ff02::1",
            "fec0::1",
            "64:ff9b:1::1",
            "5f00::1",
        ] {
            assert_eq!(allowed(address), [false; 3], "{address}");
        }
    }
}
