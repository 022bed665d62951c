use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Checkable, Second};
use crate::domain::{Gateway, Ipv6Prefix, Transport};

/// The one form in which both ends write a value before they make a digest of it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Canonical {
    field: Checkable,
    bytes: [u8; LONGEST],
    length: usize,
}

impl Canonical {
    /// The address that the tunnel comes from.
    pub fn origin_address(address: IpAddr) -> Self {
        Self::of_address(Checkable::OriginAddress, address, &[])
    }

    /// The port that the tunnel comes from.
    pub fn origin_port(port: u16) -> Self {
        Self::new(Checkable::OriginPort, &port.to_be_bytes())
    }

    /// The IPv4 address in the tunnel.
    pub fn assigned_ipv4(address: Ipv4Addr) -> Self {
        Self::new(Checkable::AssignedIpv4, &address.octets())
    }

    /// The IPv6 address in the tunnel.
    pub fn assigned_ipv6(address: Ipv6Addr) -> Self {
        Self::new(Checkable::AssignedIpv6, &address.octets())
    }

    /// The prefix routed to the member: its address, then its length.
    pub fn delegated_prefix(prefix: Ipv6Prefix) -> Self {
        let mut value = [0; 17];
        value[..16].copy_from_slice(&prefix.address().octets());
        value[16] = prefix.length();
        Self::new(Checkable::DelegatedPrefix, &value)
    }

    /// When the addresses were assigned.
    pub fn assigned_at(at: Second) -> Self {
        Self::new(Checkable::AssignedAt, &at.to_bytes())
    }

    /// When the session began.
    pub fn session_start(at: Second) -> Self {
        Self::new(Checkable::SessionStart, &at.to_bytes())
    }

    /// When the session ended.
    pub fn session_end(at: Second) -> Self {
        Self::new(Checkable::SessionEnd, &at.to_bytes())
    }

    /// The VPN server's address, then its port; `None` where the port is not known, since half a
    /// gateway has no digest.
    pub fn gateway(gateway: Gateway) -> Option<Self> {
        let port = gateway.port?.to_be_bytes();
        Some(Self::of_address(Checkable::Gateway, gateway.address, &port))
    }

    /// The IP protocol that carries the tunnel, by the number that IANA gave it.
    pub fn transport(transport: Transport) -> Self {
        let number = match transport {
            Transport::Tcp => 6,
            Transport::Udp => 17,
        };
        Self::new(Checkable::Transport, &[number])
    }

    /// The field that it is a value of.
    pub fn field(&self) -> Checkable {
        self.field
    }

    /// The bytes that go into the digest, behind the field's code.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn of_address(field: Checkable, address: IpAddr, rest: &[u8]) -> Self {
        // A socket for both families says ::ffff:192.0.2.1 of what came by IPv4.
        match address.to_canonical() {
            IpAddr::V4(address) => Self::new(field, &[&address.octets(), rest].concat()),
            IpAddr::V6(address) => Self::new(field, &[&address.octets(), rest].concat()),
        }
    }

    fn new(field: Checkable, value: &[u8]) -> Self {
        let mut bytes = [0; LONGEST];
        let length = value.len().min(LONGEST);
        bytes[..length].copy_from_slice(&value[..length]);
        Self { field, bytes, length }
    }
}

impl fmt::Debug for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Canonical({}, …)", self.field.field())
    }
}

/// An IPv6 address and a port.
const LONGEST: usize = 18;

#[cfg(test)]
mod tests {
    use super::{Canonical, Gateway, IpAddr};

    #[test]
    fn an_address_of_ipv4_is_four_bytes_however_it_was_learnt() {
        let value = |text: &str| {
            Canonical::origin_address(text.parse::<IpAddr>().unwrap()).as_bytes().to_vec()
        };
        assert_eq!(value("192.0.2.1"), [192, 0, 2, 1]);
        assert_eq!(value("::ffff:192.0.2.1"), [192, 0, 2, 1]);
        assert_eq!(value("2001:db8::1").len(), 16);
    }

    #[test]
    fn half_a_gateway_has_no_value() {
        let gateway = |port| Gateway { address: "192.0.2.1".parse().unwrap(), port };
        assert!(Canonical::gateway(gateway(None)).is_none());
        let value = Canonical::gateway(gateway(Some(1194))).unwrap();
        assert_eq!(value.as_bytes(), [192, 0, 2, 1, 0x04, 0xaa]);
    }
}
