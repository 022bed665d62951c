use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{CheckableField, UnixSeconds};
use crate::{Gateway, Ipv6Prefix, Transport};

/// The canonical encoding of a value, used by both ends to compute its digest.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct CanonicalValue {
    field: CheckableField,
    bytes: [u8; MAX_LENGTH],
    length: usize,
}

impl CanonicalValue {
    /// The address that the tunnel comes from.
    pub fn origin_address(address: IpAddr) -> Self {
        Self::of_address(CheckableField::OriginAddress, address, &[])
    }

    /// The port that the tunnel comes from.
    pub fn origin_port(port: u16) -> Self {
        Self::new(CheckableField::OriginPort, &port.to_be_bytes())
    }

    /// The IPv4 address in the tunnel.
    pub fn assigned_ipv4(address: Ipv4Addr) -> Self {
        Self::new(CheckableField::AssignedIpv4, &address.octets())
    }

    /// The IPv6 address in the tunnel.
    pub fn assigned_ipv6(address: Ipv6Addr) -> Self {
        Self::new(CheckableField::AssignedIpv6, &address.octets())
    }

    /// The prefix routed to the member: its address, then its length.
    pub fn delegated_prefix(prefix: Ipv6Prefix) -> Self {
        let mut value = [0; 17];
        value[..16].copy_from_slice(&prefix.address().octets());
        value[16] = prefix.length();
        Self::new(CheckableField::DelegatedPrefix, &value)
    }

    /// When the addresses were assigned.
    pub fn assigned_at(at: UnixSeconds) -> Self {
        Self::new(CheckableField::AssignedAt, &at.to_bytes())
    }

    /// When the session began.
    pub fn session_start(at: UnixSeconds) -> Self {
        Self::new(CheckableField::SessionStart, &at.to_bytes())
    }

    /// When the session ended.
    pub fn session_end(at: UnixSeconds) -> Self {
        Self::new(CheckableField::SessionEnd, &at.to_bytes())
    }

    /// The VPN server's address, then its port; `None` if the port is not known, since an
    /// incomplete gateway has no digest.
    pub fn gateway(gateway: Gateway) -> Option<Self> {
        let port = gateway.port?.to_be_bytes();
        Some(Self::of_address(CheckableField::Gateway, gateway.address, &port))
    }

    /// The IP protocol that carries the tunnel, by the number that IANA gave it.
    pub fn transport(transport: Transport) -> Self {
        let number = match transport {
            Transport::Tcp => 6,
            Transport::Udp => 17,
        };
        Self::new(CheckableField::Transport, &[number])
    }

    /// The field that it is a value of.
    pub fn field(&self) -> CheckableField {
        self.field
    }

    /// The bytes that go into the digest, behind the field's code.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn of_address(field: CheckableField, address: IpAddr, rest: &[u8]) -> Self {
        // A dual-stack socket reports IPv4 peers as ::ffff:192.0.2.1.
        match address.to_canonical() {
            IpAddr::V4(address) => Self::new(field, &[&address.octets(), rest].concat()),
            IpAddr::V6(address) => Self::new(field, &[&address.octets(), rest].concat()),
        }
    }

    fn new(field: CheckableField, value: &[u8]) -> Self {
        let mut bytes = [0; MAX_LENGTH];
        let length = value.len().min(MAX_LENGTH);
        bytes[..length].copy_from_slice(&value[..length]);
        Self { field, bytes, length }
    }
}

impl fmt::Debug for CanonicalValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CanonicalValue({}, …)", self.field.field())
    }
}

/// An IPv6 address and a port.
const MAX_LENGTH: usize = 18;

#[cfg(test)]
mod tests {
    use super::{CanonicalValue, Gateway, IpAddr};

    #[test]
    fn an_address_of_ipv4_is_four_bytes_however_it_was_learnt() {
        let value = |text: &str| {
            CanonicalValue::origin_address(text.parse::<IpAddr>().unwrap()).as_bytes().to_vec()
        };
        assert_eq!(value("192.0.2.1"), [192, 0, 2, 1]);
        assert_eq!(value("::ffff:192.0.2.1"), [192, 0, 2, 1]);
        assert_eq!(value("2001:db8::1").len(), 16);
    }

    #[test]
    fn half_a_gateway_has_no_value() {
        let gateway = |port| Gateway { address: "192.0.2.1".parse().unwrap(), port };
        assert!(CanonicalValue::gateway(gateway(None)).is_none());
        let value = CanonicalValue::gateway(gateway(Some(1194))).unwrap();
        assert_eq!(value.as_bytes(), [192, 0, 2, 1, 0x04, 0xaa]);
    }
}
