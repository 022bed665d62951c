use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the address is routable on the internet: in none of the private, link-local, loopback or
/// special-purpose ranges (RFC 6890), nor in the carrier-grade NAT range 100.64.0.0/10 (RFC 6598).
pub(super) fn is_routable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            !(first == 0
                || first >= 224
                || address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || (first == 100 && second & 0xc0 == 64)
                || (first == 192 && second == 0 && third == 0)
                || (first == 198 && second & 0xfe == 18))
        }
        // Allocated global unicast, except 2001::/23, which is reserved for protocols.
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            first & 0xe000 == 0x2000 && !(first == 0x2001 && second < 0x200)
        }
    }
}

/// Whether this address may be a machine's own on the internet: the ranges for documentation
/// (RFC 5737, RFC 3849, RFC 9637) are nobody's.
pub(super) fn is_public(address: IpAddr) -> bool {
    is_routable(address)
        && match address {
            IpAddr::V4(address) => !is_documentation(address),
            IpAddr::V6(address) => !is_documentation_v6(address),
        }
}

fn is_documentation(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    matches!((first, second, third), (192, 0, 2) | (198, 51, 100) | (203, 0, 113))
}

fn is_documentation_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::{is_public, is_routable};

    #[test]
    fn what_stays_in_a_home_a_provider_or_a_machine_is_not_seen() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.1.1",
            "172.31.0.1",
            "192.0.0.1",
            "192.168.77.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:8.8.8.8",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:0:1::1",
        ] {
            assert!(!is_routable(address.parse().unwrap()), "{address}");
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn an_address_for_documentation_may_be_told_but_is_nobodys_own() {
        for address in ["192.0.2.1", "198.51.100.1", "203.0.113.7", "2001:db8::1", "3fff::1"] {
            assert!(is_routable(address.parse().unwrap()), "{address}");
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn other_addresses_are_public() {
        for address in ["1.1.1.1", "80.67.169.12", "100.63.0.1", "100.128.0.1", "2a00:5881::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
