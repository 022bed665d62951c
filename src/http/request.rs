use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::head::Head;

/// A complete request.
#[derive(Debug)]
pub struct Request {
    /// Request line and header fields.
    pub head: Head,
    /// The body; empty if the handler takes none.
    pub body: Vec<u8>,
    /// Who sent it.
    pub peer: Peer,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Peer {
    /// A TCP client, on the network or the loopback interface.
    Network(SocketAddr),
    /// A program that may use the Unix socket: the reverse proxy.
    Socket,
}

impl Peer {
    /// The source to count this client under: an IPv4 address or an IPv6 /64, in which one machine can use
    /// any number of addresses. `None` for the Unix socket.
    pub fn source(self) -> Option<ClientSource> {
        match self {
            Self::Network(address) => Some(ClientSource::of(address.ip())),
            Self::Socket => None,
        }
    }
}

/// An IPv4 address or an IPv6 /64 network.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClientSource(IpAddr);

impl ClientSource {
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
    use super::ClientSource;

    #[test]
    fn a_source_is_an_address_or_a_network_of_ipv6() {
        let source = |address: &str| ClientSource::of(address.parse().unwrap());
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:ffff:ffff:ffff"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
    }
}
