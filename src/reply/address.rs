use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use temoin_core::session::Ipv6Prefix;

/// An address, with a port or without, in the notations of OpenVPN, RADIUS and databases; an IPv4 address
/// written as IPv6 is the IPv4 address.
pub(crate) fn endpoint(text: &str) -> Option<(IpAddr, Option<u16>)> {
    let text = text.trim();
    // OpenVPN 2.7 writes `udp4:192.0.2.1:1194` and `tcp4-server:192.0.2.1:1194`.
    if let Some((name, rest)) = text.split_once(':') {
        let is_transport = ["udp", "tcp"].iter().any(|own| {
            name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(own))
                && name[3..]
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        });
        if is_transport {
            return named(rest);
        }
    }
    // OpenVPN's log writes `[AF_INET]192.0.2.1:1194`.
    if let Some((family, rest)) =
        text.strip_prefix("[AF_INET").and_then(|rest| rest.split_once(']'))
    {
        return matches!(family, "" | "6").then(|| named(rest))?;
    }
    plain(text)
}

/// An IPv4 address.
pub(crate) fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let text = text.trim();
    match host(text)? {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// An IPv6 address, with the length of a prefix or without.
pub(crate) fn ipv6(text: &str) -> Option<Ipv6Addr> {
    let text = text.trim();
    let bare = text.split('/').next().unwrap_or(text);
    without_brackets(bare).parse().ok()
}

/// An IPv6 prefix.
pub(crate) fn prefix(text: &str) -> Option<Ipv6Prefix> {
    text.trim().parse().ok()
}

/// The address in the form in which the same one is always equal: IPv4 where IPv6 only carries it, as
/// mapped or behind NAT64's well-known prefix (RFC 6052, section 2.1).
#[must_use]
pub fn canonical_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0] => {
            let [.., a, b, c, d] = address.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        address => address,
    }
}

/// An address behind the name of a transport: a port always follows, also where IPv6 has no brackets.
fn named(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if !text.starts_with('[') {
        if let Some((address, port)) = text.rsplit_once(':') {
            if let (Some(address), Ok(port)) = (host(address), port.parse()) {
                return Some((canonical_address(address), Some(port)));
            }
        }
    }
    plain(text)
}

fn plain(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Some(address) = host(text) {
        return Some((canonical_address(address), None));
    }
    if let Ok(endpoint) = text.parse::<SocketAddr>() {
        return Some((canonical_address(endpoint.ip()), Some(endpoint.port())));
    }
    let (address, port) = text.rsplit_once(':')?;
    Some((ipv4(address)?.into(), Some(port.parse().ok()?)))
}

/// An address alone: `192.0.2.1`, `192.000.002.001`, `3221225985`, `192.0.2.1/32`, `[2001:db8::1]`.
fn host(text: &str) -> Option<IpAddr> {
    let bare = text.strip_suffix("/32").or_else(|| text.strip_suffix("/128")).unwrap_or(text);
    let bare = without_brackets(bare);
    if let Ok(address) = bare.parse::<IpAddr>() {
        let is_whole = !text.ends_with("/32") || address.is_ipv4();
        return is_whole.then_some(address);
    }
    if bare.len() >= 8 && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        // As MySQL's INET_ATON and a column of that type give it.
        return bare.parse::<u32>().ok().map(|number| Ipv4Addr::from(number).into());
    }
    padded(bare).map(IpAddr::V4)
}

/// An IPv4 address with zeros in front of its numbers, where they mean the same to all: some read such a
/// number as octal, unless every one of them has three digits.
fn padded(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    let parts: [&str; 4] = parts.try_into().ok()?;
    let is_padded = parts.iter().all(|part| part.len() == 3);
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(parts) {
        let is_digits =
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        *octet = part.parse().ok().filter(|_| is_digits)?;
        if part.len() > 1 && part.starts_with('0') && *octet > 7 && !is_padded {
            return None;
        }
    }
    Some(octets.into())
}

fn without_brackets(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{canonical_address, endpoint, ipv4, ipv6};

    #[test]
    fn an_address_is_read_in_every_notation() {
        for (text, address, port) in [
            ("203.0.113.7", "203.0.113.7", None),
            ("203.0.113.7:30804", "203.0.113.7", Some(30804)),
            ("203.0.113.7/32", "203.0.113.7", None),
            ("203.000.113.007", "203.0.113.7", None),
            ("203.000.113.007:1194", "203.0.113.7", Some(1194)),
            ("203.0.113.07", "203.0.113.7", None),
            ("3405803783", "203.0.113.7", None),
            ("udp4:203.0.113.7:30804", "203.0.113.7", Some(30804)),
            ("tcp4-server:203.0.113.7:30804", "203.0.113.7", Some(30804)),
            ("udp6:[2001:db8::7]:30804", "2001:db8::7", Some(30804)),
            ("udp6:2001:db8::7:30804", "2001:db8::7", Some(30804)),
            ("[AF_INET]203.0.113.7:30804", "203.0.113.7", Some(30804)),
            ("[AF_INET6]2001:db8::7:30804", "2001:db8::7", Some(30804)),
            ("::ffff:203.0.113.7", "203.0.113.7", None),
            ("[::ffff:203.0.113.7]:9", "203.0.113.7", Some(9)),
            ("64:ff9b::cb00:7107", "203.0.113.7", None),
            ("2001:db8::7/128", "2001:db8::7", None),
            ("[2001:db8::7]", "2001:db8::7", None),
            ("[2001:db8::7]:30804", "2001:db8::7", Some(30804)),
        ] {
            assert_eq!(endpoint(text), Some((address.parse().unwrap(), port)), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_addresses_or_none_is_refused() {
        for text in [
            "",
            "home",
            "203.0.113.010",
            "203.0.113.256",
            "1",
            "203.0.113",
            "2001:db8::/32",
            "00:11:22:33:44:55",
        ] {
            assert_eq!(endpoint(text), None, "{text}");
        }
        assert_eq!((ipv4("2001:db8::1"), ipv6("10.0.0.1")), (None, None));
    }

    #[test]
    fn only_the_well_known_prefix_carries_an_address() {
        for (text, same) in [
            ("64:ff9b::c633:6401", "198.51.100.1"),
            ("64:ff9b:1::c633:6401", "64:ff9b:1::c633:6401"),
        ] {
            assert_eq!(
                canonical_address(text.parse().unwrap()),
                same.parse::<std::net::IpAddr>().unwrap()
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), like in "[0-9a-f:.\\[\\]/]{0,40}") {
            let _ = (endpoint(&text), endpoint(&like), ipv4(&like), ipv6(&like));
        }
    }
}
