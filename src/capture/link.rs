use std::net::{Ipv4Addr, Ipv6Addr};

use nix::ifaddrs::getifaddrs;
use nix::net::if_::if_nametoindex;

use crate::domain::{Device, Facts, Observed, Source};

/// The kernel's number of an interface, and the addresses that it has now; `None` when it is not
/// there.
///
/// An address is told only where the interface has exactly one that could be the assigned one:
/// vpnclient, for instance, may put an address of the delegated prefix beside it, and which is which
/// cannot be seen.
pub fn look(device: &Device) -> Option<(u32, Facts)> {
    let interface = if_nametoindex(device.as_str()).ok()?;
    let addresses = getifaddrs().into_iter().flatten();
    let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
    for address in addresses.filter(|address| address.interface_name == device.as_str()) {
        let Some(address) = address.address else { continue };
        if let Some(address) = address.as_sockaddr_in() {
            ipv4.push(address.ip());
        } else if let Some(address) = address.as_sockaddr_in6() {
            ipv6.push(address.ip());
        }
    }
    Some((interface, facts(&ipv4, &ipv6)))
}

fn facts(ipv4: &[Ipv4Addr], ipv6: &[Ipv6Addr]) -> Facts {
    let ipv4 = only(ipv4.iter().filter(|address| !address.is_link_local()));
    let ipv6 = only(ipv6.iter().filter(|address| !address.is_unicast_link_local()));
    Facts {
        assigned_ipv4: ipv4.map(|address| Observed::new(address, Source::Interface)),
        assigned_ipv6: ipv6.map(|address| Observed::new(address, Source::Interface)),
        ..Facts::default()
    }
}

fn only<'a, T: Copy + 'a>(mut candidates: impl Iterator<Item = &'a T>) -> Option<T> {
    let first = candidates.next()?;
    candidates.next().is_none().then_some(*first)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::{facts, look};
    use crate::domain::{Observed, Source};

    #[test]
    fn the_loopback_interface_is_seen_with_its_address() {
        let (interface, facts) = look(&"lo".parse().unwrap()).unwrap();
        assert_eq!(interface, 1);
        let expected = Observed::new(Ipv4Addr::LOCALHOST, Source::Interface);
        assert!(facts.assigned_ipv4.is_none_or(|address| address == expected));
    }

    #[test]
    fn an_interface_that_is_not_there_is_not_seen() {
        assert_eq!(look(&"no-such-link".parse().unwrap()), None);
    }

    #[test]
    fn a_link_local_address_is_not_the_assigned_one() {
        let assigned: Ipv6Addr = "2001:db8:99::10".parse().unwrap();
        let facts = facts(&[], &["fe80::1".parse().unwrap(), assigned]);
        assert_eq!(facts.assigned_ipv6, Some(Observed::new(assigned, Source::Interface)));
        assert_eq!(facts.assigned_ipv4, None);
    }

    #[test]
    fn of_two_addresses_neither_is_told_as_the_assigned_one() {
        let facts = facts(
            &[Ipv4Addr::new(192, 0, 2, 10), Ipv4Addr::new(192, 0, 2, 11)],
            &["2001:db8:99::10".parse().unwrap(), "2001:db8:1::42".parse().unwrap()],
        );
        assert_eq!((facts.assigned_ipv4, facts.assigned_ipv6), (None, None));
    }
}
