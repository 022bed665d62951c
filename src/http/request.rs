use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::head::Head;

/// A request that is whole.
#[derive(Debug)]
pub struct Request {
    /// What is asked for.
    pub head: Head,
    /// What was sent with it; empty where the handler wanted nothing.
    pub body: Vec<u8>,
    /// Who sent it.
    pub peer: Peer,
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Peer {
    /// Somebody on the network, or on this machine's loopback interface.
    Network(SocketAddr),
    /// A program on this machine that may use the Unix socket: the web server that stands before.
    Socket,
}

impl Peer {
    /// What counts as one source: an address, and of IPv6 the network of 64 bits, within which one
    /// machine takes as many addresses as it likes. `None` for all that come by the socket.
    pub fn source(self) -> Option<Source> {
        match self {
            Self::Network(address) => Some(Source::of(address.ip())),
            Self::Socket => None,
        }
    }
}

/// Those who cannot be told apart by their addresses.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Source(IpAddr);

impl Source {
    /// The source that an address belongs to.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                Self(IpAddr::V6(Ipv6Addr::from_bits(network)))
            }
            address => Self(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn a_source_is_an_address_or_a_network_of_ipv6() {
        let source = |address: &str| Source::of(address.parse().unwrap());
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:ffff:ffff:ffff"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
    }
}
