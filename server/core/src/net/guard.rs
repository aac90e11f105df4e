//! Which addresses are public. Names are looked up here and the addresses found are the ones connected to, so that a
//! name cannot point outside while it is checked and inside when it is used (DNS rebinding).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

pub(super) const NOT_PUBLIC: &str = "the address is not public";

/// The resolver found an address that must not be called.
#[derive(Debug, thiserror::Error)]
#[error("{NOT_PUBLIC}")]
pub(super) struct Refused;

/// Blocks of the IANA IPv4 Special-Purpose Address Registry (RFC 6890) and of multicast that lead elsewhere than to the
/// public Internet, and one cloud's metadata service that hides behind a public address.
const NOT_PUBLIC_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),        // this network
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // carrier-grade NAT; also a metadata service
    ([127, 0, 0, 0], 8),      // loopback
    ([168, 63, 129, 16], 32), // Azure's metadata service
    ([169, 254, 0, 0], 16),   // link-local; the usual metadata service
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocol assignments; also a metadata service
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 88, 99, 0], 24),   // 6to4 relays
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

/// The only block of IPv6 from which public addresses are given out.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What is not public within it. Everything outside it (loopback, link-local, unique local, multicast, IPv4 mapped or
/// translated by NAT64) is not public anyway.
const NOT_PUBLIC_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4, which carries any IPv4 address
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Whether this address belongs to the public Internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|block| in_block_v4(address, *block)),
        IpAddr::V6(address) => {
            in_block_v6(address, GLOBAL_UNICAST) && !NOT_PUBLIC_V6.iter().any(|block| in_block_v6(address, *block))
        }
    }
}

fn in_block_v4(address: Ipv4Addr, (block, prefix): ([u8; 4], u32)) -> bool {
    (address.to_bits() ^ u32::from_be_bytes(block)).leading_zeros() >= prefix
}

fn in_block_v6(address: Ipv6Addr, (block, prefix): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ block.to_bits()).leading_zeros() >= prefix
}

/// The system's resolver behind the rule.
pub(super) struct Guard {
    pub(super) allow_private: bool,
}

impl Guard {
    /// One forbidden address spoils the whole answer: nobody mixes them in good faith.
    pub(super) fn vet(&self, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
        if self.allow_private || found.iter().all(|address| is_public(address.ip())) {
            Ok(found)
        } else {
            Err(Refused)
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Self {
            allow_private: self.allow_private,
        };
        Box::pin(async move {
            // the port is the caller's to set
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Addrs = Box::new(guard.vet(found.collect())?.into_iter());
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_pass_and_all_others_do_not() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81b::200e",
            "3ffe::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn one_inner_address_among_outer_ones_spoils_the_answer() {
        let found = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| text.parse().unwrap())
                .collect::<Vec<SocketAddr>>()
        };
        let strict = Guard { allow_private: false };
        assert_eq!(strict.vet(found(&["1.1.1.1:0", "[2606:4700::1]:0"])).unwrap().len(), 2);
        assert!(strict.vet(found(&["1.1.1.1:0", "10.0.0.1:0"])).is_err());
        assert!(strict.vet(found(&["[fd00::1]:0", "1.1.1.1:0"])).is_err());
        let open = Guard { allow_private: true };
        assert!(open.vet(found(&["1.1.1.1:0", "10.0.0.1:0"])).is_ok());
    }
}
