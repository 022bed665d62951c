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
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

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
    use super::Ipv6Prefix;

    #[test]
    fn a_prefix_is_read_and_written() {
        let prefix: Ipv6Prefix = "2001:db8:1::/56".parse().unwrap();
        assert_eq!(prefix.to_string(), "2001:db8:1::/56");
        for text in ["::/0", "2001:db8::1/128"] {
            assert_eq!(text.parse::<Ipv6Prefix>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in ["", "2001:db8::", "2001:db8::1/56", "::/129", "::/+1", "192.0.2.0/24", "::/"] {
            assert!(text.parse::<Ipv6Prefix>().is_err(), "{text:?}");
        }
    }
}
