//! Discovers the origin address of the tunnel, as the operator sees it.
//!
//! Only the VPN server itself and the home router are asked. An answer is a claim, kept with its
//! source; unknown is a valid result.

mod address_range;
mod exchange;
mod nat_pmp;
mod pcp;
mod routing_table;
mod stun;
mod untunnelled;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::str::FromStr;

use self::untunnelled::UntunnelledNetwork;
use temoin_core::session::{Attributes, Device, Observed, Source};

/// A method to find the origin address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OriginMethod {
    /// Pushed by the operator's server and reported by OpenVPN's script: nothing to discover.
    OperatorPush,
    /// A STUN server at the VPN server's own address (RFC 8489).
    Stun,
    /// The home router, by NAT-PMP (RFC 6886).
    NatPmp,
    /// The home router, by PCP (RFC 6887).
    Pcp,
    /// A public address of the box itself towards the VPN server.
    PublicInterface,
}

impl OriginMethod {
    /// Every method, in the order in which they are best tried.
    pub const ALL: [Self; 5] =
        [Self::OperatorPush, Self::Stun, Self::NatPmp, Self::Pcp, Self::PublicInterface];

    /// The stable name: that of the source which the address is then labelled with.
    pub fn name(self) -> &'static str {
        self.source().name()
    }

    fn source(self) -> Source {
        match self {
            Self::OperatorPush => Source::OperatorPush,
            Self::Stun => Source::Stun,
            Self::NatPmp => Source::NatPmp,
            Self::Pcp => Source::Pcp,
            Self::PublicInterface => Source::PublicInterface,
        }
    }
}

impl fmt::Display for OriginMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for OriginMethod {
    type Err = UnknownOriginMethod;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or(UnknownOriginMethod)
    }
}

/// Not a method to find the origin address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownOriginMethod;

impl fmt::Display for UnknownOriginMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a way to find the origin address; the ways are")?;
        for (place, method) in OriginMethod::ALL.into_iter().enumerate() {
            write!(f, "{}{method}", if place == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownOriginMethod {}

/// Tries `methods` in their order until one finds the address from which the tunnel on `device`
/// reaches the VPN server at `gateway`. `attributes` are those of the tunnel's session.
///
/// Blocks for ten seconds at most, if nobody answers: run it in its own thread.
pub fn discover(
    methods: &[OriginMethod],
    gateway: IpAddr,
    device: &Device,
    attributes: &Attributes,
) -> Option<Observed<IpAddr>> {
    let network = UntunnelledNetwork::of(device, attributes);
    let own = network.address_towards(gateway)?;
    let found = |method: OriginMethod| match method {
        OriginMethod::OperatorPush => None,
        OriginMethod::Stun => {
            let server = SocketAddr::new(gateway, stun::PORT);
            stun::ask(&network.socket(server)?, gateway, &stun::WAITS)
                .filter(|address| !network.is_of_the_tunnel(*address))
        }
        OriginMethod::NatPmp => {
            let router = SocketAddr::new(router_towards(gateway, device)?.into(), nat_pmp::PORT);
            nat_pmp::ask(&network.socket(router)?, &nat_pmp::WAITS)
                .map(IpAddr::V4)
                .filter(|address| address_range::is_routable(*address))
        }
        OriginMethod::Pcp => {
            let router = SocketAddr::new(router_towards(gateway, device)?.into(), pcp::PORT);
            pcp::ask(&network.socket(router)?, &pcp::WAITS)
                .map(IpAddr::V4)
                .filter(|address| address_range::is_routable(*address))
        }
        OriginMethod::PublicInterface => {
            Some(own).filter(|address| address_range::is_public(*address))
        }
    };
    methods.iter().enumerate().find_map(|(place, method)| {
        let is_repeated = methods.iter().take(place).any(|earlier| earlier == method);
        let address = if is_repeated { None } else { found(*method) };
        address.map(|address| Observed::new(address, method.source()))
    })
}

/// The address in a datagram that came back, where it is an answer to a question of this method with
/// this random number, sent from `own`. Methods that ask nobody have no answer.
pub fn answer(
    method: OriginMethod,
    random: [u8; 12],
    own: SocketAddrV4,
    datagram: &[u8],
) -> Option<IpAddr> {
    match method {
        OriginMethod::Stun => stun::read(datagram, random).answer(),
        OriginMethod::NatPmp => nat_pmp::read(datagram).answer().map(IpAddr::V4),
        OriginMethod::Pcp => pcp::read(own, random, datagram).answer().map(IpAddr::V4),
        OriginMethod::OperatorPush | OriginMethod::PublicInterface => None,
    }
}

/// The home router: the next hop towards an IPv4 server. Over IPv6 a router knows nothing that the
/// box's own addresses do not tell.
fn router_towards(gateway: IpAddr, device: &Device) -> Option<Ipv4Addr> {
    let IpAddr::V4(gateway) = gateway else { return None };
    routing_table::next_hop(&std::fs::read_to_string("/proc/net/route").ok()?, gateway, device)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{OriginMethod, discover};
    use temoin_core::session::Attributes;

    #[test]
    fn a_method_is_read_by_the_name_it_is_written_with() {
        let names = ["operator-push", "stun", "nat-pmp", "pcp", "public-interface"];
        assert_eq!(OriginMethod::ALL.map(OriginMethod::name), names);
        for method in OriginMethod::ALL {
            assert_eq!(method.to_string().parse(), Ok(method));
        }
        let error = "upnp".parse::<OriginMethod>().unwrap_err().to_string();
        assert!(error.ends_with("operator-push, stun, nat-pmp, pcp, public-interface"), "{error}");
    }

    #[test]
    fn an_address_that_is_not_public_is_not_the_origin() {
        let (methods, gateway) = ([OriginMethod::PublicInterface], Ipv4Addr::LOCALHOST.into());
        let device = "tun0".parse().unwrap();
        assert_eq!(discover(&methods, gateway, &device, &Attributes::default()), None);
    }

    #[test]
    fn nothing_is_asked_where_the_way_to_the_server_leads_through_the_tunnel() {
        let (gateway, device) = (IpAddr::from(Ipv4Addr::LOCALHOST), "lo".parse().unwrap());
        assert_eq!(discover(&OriginMethod::ALL, gateway, &device, &Attributes::default()), None);
    }
}
