use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::link;
use temoin_core::session::{Attributes, Device};

/// The network outside a tunnel.
#[derive(Debug)]
pub(super) struct UntunnelledNetwork {
    tunnel: Vec<IpAddr>,
}

impl UntunnelledNetwork {
    /// The network outside the tunnel on `device` with these facts.
    pub(super) fn of(device: &Device, attributes: &Attributes) -> Self {
        let mut tunnel = link::addresses(device);
        tunnel.extend(attributes.assigned_ipv4.map(|address| IpAddr::V4(address.value)));
        tunnel.extend(attributes.assigned_ipv6.map(|address| IpAddr::V6(address.value)));
        Self { tunnel }
    }

    /// Whether this is an address of the tunnel itself.
    pub(super) fn is_of_the_tunnel(&self, address: IpAddr) -> bool {
        self.tunnel.contains(&address)
    }

    /// A socket connected to `other`; `None` if the route leads through the tunnel.
    pub(super) fn socket(&self, other: SocketAddr) -> Option<UdpSocket> {
        let any: IpAddr = match other {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect(other).ok()?;
        let own = socket.local_addr().ok()?.ip();
        (!self.is_of_the_tunnel(own)).then_some(socket)
    }

    /// The box's own address on the route to `other`; `None` if it leads through the tunnel. Sends
    /// nothing.
    pub(super) fn address_towards(&self, other: IpAddr) -> Option<IpAddr> {
        // The port means nothing: a socket that is only connected sends nothing.
        Some(self.socket(SocketAddr::new(other, 9))?.local_addr().ok()?.ip())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::UntunnelledNetwork;
    use temoin_core::session::{Attributes, Observed, Source};

    #[test]
    fn a_way_from_an_address_of_the_tunnel_leads_through_it() {
        let (device, own) = ("no-such-link".parse().unwrap(), Ipv4Addr::LOCALHOST);
        let network = UntunnelledNetwork::of(&device, &Attributes::default());
        assert_eq!(network.address_towards(own.into()), Some(IpAddr::V4(own)));
        let assigned_ipv4 = Some(Observed::new(own, Source::Management));
        let network =
            UntunnelledNetwork::of(&device, &Attributes { assigned_ipv4, ..Attributes::default() });
        assert_eq!(network.address_towards(own.into()), None);
        let network = UntunnelledNetwork::of(&"lo".parse().unwrap(), &Attributes::default());
        assert!(network.socket("127.0.0.1:3478".parse().unwrap()).is_none());
    }
}
