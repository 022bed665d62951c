use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The VPN server's end of the tunnel's outer connection, as the box sees it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Gateway {
    /// The server's address.
    pub address: IpAddr,
    /// The server's port; unknown when `None`.
    pub port: Option<u16>,
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => SocketAddr::new(self.address, port).fmt(f),
            None => self.address.fmt(f),
        }
    }
}

/// What carries the tunnel's packets.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

impl Transport {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }

    /// The transport with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Udp, Self::Tcp].into_iter().find(|transport| transport.name() == name)
    }

    /// The transport in OpenVPN's many words for it: `udp`, `udp4`, `tcp-server`, `TCPv6_SERVER`.
    pub fn from_openvpn(word: &str) -> Option<Self> {
        let (name, rest) = word.split_at_checked(3)?;
        let known = ["", "4", "6", "v4", "v6"];
        let ends = ["", "-client", "-server", "_client", "_server"];
        let rest = rest.to_ascii_lowercase();
        let is_known = known
            .iter()
            .any(|family| rest.strip_prefix(family).is_some_and(|end| ends.contains(&end)));
        Self::from_name(&name.to_ascii_lowercase()).filter(|_| is_known)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads an address. An IPv4 address that is written as an IPv6 one (RFC 4291, section 2.5.5.2) is the
/// IPv4 address, so that the same address is the same wherever it was read. Each address in a text is
/// read by this.
pub fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// Where the other end of a connection is, as servers and their accounting write it: `203.0.113.7`,
/// `203.0.113.7:30804`, `[2001:db8:7::9]:30804`, and `udp4:203.0.113.7:30804`, as OpenVPN 2.7 has it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RemoteEnd {
    /// The address.
    pub address: IpAddr,
    /// The port, where there is one.
    pub port: Option<u16>,
    /// What carries the packets, where the text says so.
    pub transport: Option<Transport>,
}

impl FromStr for RemoteEnd {
    type Err = InvalidRemoteEnd;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (transport, text) = match text.split_once(':') {
            Some((word, rest)) if Transport::from_openvpn(word).is_some() => {
                (Transport::from_openvpn(word), rest)
            }
            _ => (None, text),
        };
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Some(address) = parse_address(bare) {
            return Ok(Self { address, port: None, transport });
        }
        let end: SocketAddr = text.parse().map_err(|_| InvalidRemoteEnd)?;
        let port = Some(end.port()).filter(|port| *port != 0);
        Ok(Self { address: end.ip().to_canonical(), port, transport })
    }
}

/// Not an address, with or without a port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidRemoteEnd;

impl fmt::Display for InvalidRemoteEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an address such as 203.0.113.7, 203.0.113.7:30804 or [2001:db8::9]:30804")
    }
}

impl std::error::Error for InvalidRemoteEnd {}

/// An IPv6 prefix delegated to the member, such as `2001:db8:1::/56`: no bit is set past its length.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(into = "(Ipv6Addr, u8)", try_from = "(Ipv6Addr, u8)")]
pub struct Ipv6Prefix {
    address: Ipv6Addr,
    length: u8,
}

impl Ipv6Prefix {
    /// The prefix of `length` bits that `address` begins with.
    ///
    /// # Errors
    /// [`InvalidPrefix`] when the length is over 128, or a bit is set past it.
    pub fn new(address: Ipv6Addr, length: u8) -> Result<Self, InvalidPrefix> {
        let host_bits = 128_u32.checked_sub(length.into()).ok_or(InvalidPrefix)?;
        let host_mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |bit| bit - 1);
        (u128::from(address) & host_mask == 0)
            .then_some(Self { address, length })
            .ok_or(InvalidPrefix)
    }

    /// The first address of the prefix.
    pub fn address(self) -> Ipv6Addr {
        self.address
    }

    /// Whether an address begins with it.
    pub fn contains(self, address: Ipv6Addr) -> bool {
        let host_bits = 128_u32.saturating_sub(self.length.into());
        let network = |address: Ipv6Addr| u128::from(address).checked_shr(host_bits).unwrap_or(0);
        network(address) == network(self.address)
    }

    /// How many bits the prefix fixes.
    pub fn length(self) -> u8 {
        self.length
    }
}

impl From<Ipv6Prefix> for (Ipv6Addr, u8) {
    fn from(prefix: Ipv6Prefix) -> Self {
        (prefix.address, prefix.length)
    }
}

impl TryFrom<(Ipv6Addr, u8)> for Ipv6Prefix {
    type Error = InvalidPrefix;

    fn try_from((address, length): (Ipv6Addr, u8)) -> Result<Self, Self::Error> {
        Self::new(address, length)
    }
}

impl FromStr for Ipv6Prefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, length) = text.split_once('/').ok_or(InvalidPrefix)?;
        let digits = length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|_| digits).ok_or(InvalidPrefix)?;
        Self::new(address.parse().map_err(|_| InvalidPrefix)?, length)
    }
}

impl fmt::Display for Ipv6Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// Not an IPv6 prefix.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidPrefix;

impl fmt::Display for InvalidPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an IPv6 prefix such as 2001:db8:1::/56, with no bit set past its length")
    }
}

impl std::error::Error for InvalidPrefix {}

#[cfg(test)]
mod tests {
    use super::{Ipv6Prefix, RemoteEnd, Transport, parse_address};

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        let address = "203.0.113.7".parse().ok();
        for text in ["203.0.113.7", "::ffff:203.0.113.7", "::FFFF:cb00:7107"] {
            assert_eq!(parse_address(text), address, "{text}");
        }
        for text in ["", "203.0.113", "203.0.113.7/32", "2001:db8::g", " 203.0.113.7"] {
            assert_eq!(parse_address(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_other_end_is_read_with_a_port_and_a_transport_or_without() {
        let read = |text: &str| {
            text.parse().ok().map(|RemoteEnd { address, port, transport }| {
                (address.to_string(), port, transport)
            })
        };
        let ipv4 = |port, transport| Some(("203.0.113.7".to_owned(), port, transport));
        let ipv6 = |port, transport| Some(("2001:db8:7::9".to_owned(), port, transport));
        for (text, expected) in [
            ("203.0.113.7", ipv4(None, None)),
            ("203.0.113.7:30804", ipv4(Some(30_804), None)),
            ("203.0.113.7:0", ipv4(None, None)),
            ("::ffff:203.0.113.7", ipv4(None, None)),
            ("[::ffff:203.0.113.7]:30804", ipv4(Some(30_804), None)),
            ("udp4:203.0.113.7:30804", ipv4(Some(30_804), Some(Transport::Udp))),
            ("udp6:203.0.113.7:30804", ipv4(Some(30_804), Some(Transport::Udp))),
            ("tcp4-server:203.0.113.7:30804", ipv4(Some(30_804), Some(Transport::Tcp))),
            ("TCPv4_SERVER:203.0.113.7", ipv4(None, Some(Transport::Tcp))),
            ("2001:db8:7::9", ipv6(None, None)),
            ("[2001:db8:7::9]", ipv6(None, None)),
            ("[2001:db8:7::9]:30804", ipv6(Some(30_804), None)),
            ("udp6:[2001:db8:7::9]:30804", ipv6(Some(30_804), Some(Transport::Udp))),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in ["", "udp4:", "02:00:5E:10:00:01", "203.0.113.7:x", "203.0.113.7:70000", "udp"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_prefix_is_read_and_written() {
        let prefix: Ipv6Prefix = "2001:db8:1::/56".parse().unwrap();
        assert_eq!(prefix.to_string(), "2001:db8:1::/56");
        for text in ["::/0", "2001:db8::1/128"] {
            assert_eq!(text.parse::<Ipv6Prefix>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_address_that_begins_with_a_prefix_is_in_it() {
        let contains = |prefix: &str, address: &str| {
            let prefix: Ipv6Prefix = prefix.parse().unwrap();
            prefix.contains(address.parse().unwrap())
        };
        assert!(contains("2001:db8:1::/56", "2001:db8:1:ff::1"));
        assert!(!contains("2001:db8:1::/56", "2001:db8:1:100::1"));
        assert!(contains("::/0", "2001:db8::1") && contains("::1/128", "::1"));
        assert!(!contains("::1/128", "::2"));
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in ["", "2001:db8::", "2001:db8::1/56", "::/129", "::/+1", "192.0.2.0/24", "::/"] {
            assert!(text.parse::<Ipv6Prefix>().is_err(), "{text:?}");
        }
    }
}
