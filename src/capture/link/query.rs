use std::net::IpAddr;

use nix::ifaddrs::getifaddrs;
use nix::net::if_::if_nametoindex;

use super::uplink::is_uplink;
use temoin_core::session::{Attributes, Device, Link, Observed, Source};

/// An interface as it is now; `None` if it does not exist.
///
/// An address is returned only if it is the only candidate: vpnclient, for instance, may add an
/// address of the delegated prefix, and the two cannot be told apart.
pub fn query_link(device: &Device) -> Option<Link> {
    let interface = if_nametoindex(device.as_str()).ok()?;
    let attributes = attributes(&addresses(device));
    Some(Link { interface, attributes, is_uplink: is_uplink(device) })
}

/// The addresses that an interface has now.
pub(crate) fn addresses(device: &Device) -> Vec<IpAddr> {
    let all = getifaddrs().into_iter().flatten();
    all.filter(|entry| entry.interface_name == device.as_str())
        .filter_map(|entry| {
            let address = entry.address?;
            let ipv4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
            ipv4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
        })
        .collect()
}

fn attributes(addresses: &[IpAddr]) -> Attributes {
    let ipv4 = only(addresses.iter().filter_map(|address| match address {
        IpAddr::V4(address) if !address.is_link_local() => Some(*address),
        _ => None,
    }));
    let ipv6 = only(addresses.iter().filter_map(|address| match address {
        IpAddr::V6(address) if !address.is_unicast_link_local() => Some(*address),
        _ => None,
    }));
    Attributes {
        assigned_ipv4: ipv4.map(|address| Observed::new(address, Source::Interface)),
        assigned_ipv6: ipv6.map(|address| Observed::new(address, Source::Interface)),
        ..Attributes::default()
    }
}

fn only<T>(mut candidates: impl Iterator<Item = T>) -> Option<T> {
    let first = candidates.next()?;
    candidates.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::{attributes, query_link};
    use temoin_core::session::{Link, Observed, Source};

    #[test]
    fn the_loopback_interface_is_seen_with_its_address() {
        let Link { interface, attributes, is_uplink } = query_link(&"lo".parse().unwrap()).unwrap();
        assert_eq!((interface, is_uplink), (1, false));
        let expected = Observed::new(Ipv4Addr::LOCALHOST, Source::Interface);
        assert!(attributes.assigned_ipv4.is_none_or(|address| address == expected));
    }

    #[test]
    fn an_interface_that_is_not_there_is_not_seen() {
        assert_eq!(query_link(&"no-such-link".parse().unwrap()), None);
    }

    #[test]
    fn a_link_local_address_is_not_the_assigned_one() {
        let assigned: Ipv6Addr = "2001:db8:99::10".parse().unwrap();
        let attributes = attributes(&["fe80::1".parse().unwrap(), assigned.into()]);
        assert_eq!(attributes.assigned_ipv6, Some(Observed::new(assigned, Source::Interface)));
        assert_eq!(attributes.assigned_ipv4, None);
    }

    #[test]
    fn of_two_addresses_neither_is_told_as_the_assigned_one() {
        let addresses = ["192.0.2.10", "192.0.2.11", "2001:db8:99::10", "2001:db8:1::42"];
        let attributes = attributes(&addresses.map(|address| address.parse().unwrap()));
        assert_eq!((attributes.assigned_ipv4, attributes.assigned_ipv6), (None, None));
    }
}
