//! Finds the address that the tunnel comes from, as the operator sees it.
//!
//! Nobody is asked but the VPN server itself and the home router. Whoever answers gives a claim,
//! which is kept with its source; not to know is an answer too.

mod exchange;
mod nat_pmp;
mod outside;
mod pcp;
mod range;
mod route;
mod stun;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::str::FromStr;

use self::outside::Outside;
use crate::domain::{Device, Facts, Observed, Source};

/// A way to find the origin address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// The operator's server pushed it, and OpenVPN's script brought it: nothing is left to find.
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

impl Method {
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

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or(UnknownMethod)
    }
}

/// Not a way to find the origin address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownMethod;

impl fmt::Display for UnknownMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a way to find the origin address; the ways are")?;
        for (place, method) in Method::ALL.into_iter().enumerate() {
            write!(f, "{}{method}", if place == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownMethod {}

/// Tries `methods` in their order until one finds the address from which the tunnel on `device`
/// reaches the VPN server at `gateway`. `facts` are those of the tunnel's session.
///
/// It blocks for ten seconds at most, when nobody answers: for a thread of its own.
pub fn discover(
    methods: &[Method],
    gateway: IpAddr,
    device: &Device,
    facts: &Facts,
) -> Option<Observed<IpAddr>> {
    let outside = Outside::of(device, facts);
    let own = outside.address_towards(gateway)?;
    let found = |method: Method| match method {
        Method::OperatorPush => None,
        Method::Stun => {
            let server = SocketAddr::new(gateway, stun::PORT);
            stun::ask(&outside.socket(server)?, gateway, &stun::WAITS)
                .filter(|address| !outside.is_of_the_tunnel(*address))
        }
        Method::NatPmp => {
            let router = SocketAddr::new(router_towards(gateway, device)?.into(), nat_pmp::PORT);
            nat_pmp::ask(&outside.socket(router)?, &nat_pmp::WAITS)
                .map(IpAddr::V4)
                .filter(|address| range::may_be_seen(*address))
        }
        Method::Pcp => {
            let router = SocketAddr::new(router_towards(gateway, device)?.into(), pcp::PORT);
            pcp::ask(&outside.socket(router)?, &pcp::WAITS)
                .map(IpAddr::V4)
                .filter(|address| range::may_be_seen(*address))
        }
        Method::PublicInterface => Some(own).filter(|address| range::is_public(*address)),
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
    method: Method,
    random: [u8; 12],
    own: SocketAddrV4,
    datagram: &[u8],
) -> Option<IpAddr> {
    match method {
        Method::Stun => stun::read(datagram, random).answer(),
        Method::NatPmp => nat_pmp::read(datagram).answer().map(IpAddr::V4),
        Method::Pcp => pcp::read(own, random, datagram).answer().map(IpAddr::V4),
        Method::OperatorPush | Method::PublicInterface => None,
    }
}

/// The home router: the next hop towards an IPv4 server. Over IPv6 a home router tells nothing that
/// its network's own addresses do not.
fn router_towards(gateway: IpAddr, device: &Device) -> Option<Ipv4Addr> {
    let IpAddr::V4(gateway) = gateway else { return None };
    route::next_hop(&std::fs::read_to_string("/proc/net/route").ok()?, gateway, device)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{Method, discover};
    use crate::domain::Facts;

    #[test]
    fn a_method_is_read_by_the_name_it_is_written_with() {
        let names = ["operator-push", "stun", "nat-pmp", "pcp", "public-interface"];
        assert_eq!(Method::ALL.map(Method::name), names);
        for method in Method::ALL {
            assert_eq!(method.to_string().parse(), Ok(method));
        }
        let error = "upnp".parse::<Method>().unwrap_err().to_string();
        assert!(error.ends_with("operator-push, stun, nat-pmp, pcp, public-interface"), "{error}");
    }

    #[test]
    fn an_address_that_is_not_public_is_not_the_origin() {
        let (methods, gateway) = ([Method::PublicInterface], Ipv4Addr::LOCALHOST.into());
        let device = "tun0".parse().unwrap();
        assert_eq!(discover(&methods, gateway, &device, &Facts::default()), None);
    }

    #[test]
    fn nothing_is_asked_where_the_way_to_the_server_leads_through_the_tunnel() {
        let (gateway, device) = (IpAddr::from(Ipv4Addr::LOCALHOST), "lo".parse().unwrap());
        assert_eq!(discover(&Method::ALL, gateway, &device, &Facts::default()), None);
    }
}
