use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use temoin_core::session::{Gateway, Transport, parse_address};

/// What a server says of the address and port that a client connected to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct StatedGateway {
    pub(super) address: Stated<IpAddr>,
    pub(super) port: Stated<u16>,
}

/// What a server says of one fact.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Stated<T> {
    /// It listens in several ways that differ in this, and does not say which of them it was.
    Differs,
    /// This.
    Is(T),
    /// Nothing.
    Nothing,
}

impl<T: Copy> Stated<T> {
    pub(super) fn value(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Differs | Self::Nothing => None,
        }
    }
}

impl StatedGateway {
    /// The gateway of a session from `origin`: the configured one, except where that would say more than
    /// is known, as it names one place and the server listens at several. An address of the other
    /// family than the origin's is not what the client connected to.
    pub(super) fn settle(
        self,
        configured: Option<Gateway>,
        origin: Option<IpAddr>,
    ) -> Option<Gateway> {
        let is_of_family =
            |address: IpAddr| origin.is_none_or(|origin| origin.is_ipv4() == address.is_ipv4());
        let configured = configured.filter(|gateway| is_of_family(gateway.address));
        match configured.filter(|_| self.address != Stated::Differs) {
            Some(Gateway { address, port }) => {
                Some(Gateway { address, port: port.filter(|_| self.port != Stated::Differs) })
            }
            None => {
                let address = self.address.value();
                let address =
                    address.filter(|address| is_public(*address) && is_of_family(*address));
                address.map(|address| Gateway { address, port: self.port.value() })
            }
        }
    }
}

/// The sockets on which an OpenVPN server may have accepted a client. From 2.7 on there are several,
/// numbered in the environment, which does not say which of them it was.
pub(super) struct ListeningSockets<'a>(Vec<ListeningSocket<'a>>);

struct ListeningSocket<'a> {
    /// An address, or a name.
    host: Option<&'a str>,
    port: Option<&'a str>,
    protocol: Option<&'a str>,
}

impl<'a> ListeningSockets<'a> {
    /// Those in the environment that a client from `origin` can reach.
    pub(super) fn of(environment: &'a HashMap<String, String>, origin: Option<IpAddr>) -> Self {
        let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
        let numbers: BTreeSet<&str> = environment
            .keys()
            .flat_map(|name| VARIABLES.map(|variable| name.strip_prefix(variable)))
            .flatten()
            .filter(is_number)
            .collect();
        let [protocol, host, port] = VARIABLES;
        let value = |variable: &str, number: &str| {
            let value = environment.get(&format!("{variable}{number}"))?;
            Some(value.as_str()).filter(|value| !value.is_empty())
        };
        let sockets = numbers.into_iter().map(|number| ListeningSocket {
            host: value(host, number),
            port: value(port, number),
            protocol: value(protocol, number),
        });
        Self(sockets.filter(|socket| socket.accepts(origin)).collect())
    }

    pub(super) fn gateway(&self) -> StatedGateway {
        StatedGateway {
            address: self.stated(|socket| socket.host, parse_address),
            port: self.stated(|socket| socket.port, |text| text.parse().ok()),
        }
    }

    pub(super) fn transport(&self) -> Option<Transport> {
        let transports = self.0.iter().map(|socket| Transport::from_openvpn(socket.protocol?));
        same(transports)?
    }

    fn stated<T>(
        &self,
        text: impl Fn(&ListeningSocket<'a>) -> Option<&'a str>,
        parse: impl Fn(&'a str) -> Option<T>,
    ) -> Stated<T> {
        if self.0.is_empty() {
            return Stated::Nothing;
        }
        match same(self.0.iter().map(text)) {
            None => Stated::Differs,
            Some(text) => text.and_then(parse).map_or(Stated::Nothing, Stated::Is),
        }
    }
}

impl ListeningSocket<'_> {
    /// Whether a client from this address may have reached it. An IPv6 socket that has no address of its
    /// own may be for both families.
    fn accepts(&self, origin: Option<IpAddr>) -> bool {
        let Some(origin) = origin else { return true };
        let is_for_ipv4 = self.protocol.is_some_and(|protocol| protocol.contains('4'));
        match self.host.and_then(parse_address) {
            Some(IpAddr::V4(_)) => origin.is_ipv4(),
            Some(IpAddr::V6(own)) if !own.is_unspecified() => origin.is_ipv6(),
            _ => origin.is_ipv4() || !is_for_ipv4,
        }
    }
}

/// The one value that all of them have; `None` where they differ or there is none.
fn same<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Whether boxes can connect to it: not the private address of a server behind NAT.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified())
        }
        IpAddr::V6(address) => {
            !(address.is_unique_local()
                || address.is_loopback()
                || address.is_unicast_link_local()
                || address.is_unspecified())
        }
    }
}

/// A number follows: that of the socket.
const VARIABLES: [&str; 3] = ["proto_", "local_", "local_port_"];

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(text: &str) -> HashMap<String, String> {
        let lines = text.split_whitespace().filter_map(|line| line.split_once('='));
        lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The gateway and the transport of a session.
    fn read(text: &str, origin: &str, configured: Option<&str>) -> (String, String) {
        let environment = environment(text);
        let origin = parse_address(origin);
        let configured = configured.map(|text| {
            let address: std::net::SocketAddr = text.parse().unwrap();
            Gateway { address: address.ip(), port: Some(address.port()) }
        });
        let sockets = ListeningSockets::of(&environment, origin);
        let gateway = sockets.gateway().settle(configured, origin);
        let unknown = || "?".to_owned();
        (
            gateway.map_or_else(unknown, |gateway| gateway.to_string()),
            sockets.transport().map_or_else(unknown, |transport| transport.to_string()),
        )
    }

    #[test]
    fn of_several_sockets_only_what_is_certain_is_taken() {
        let two = "proto_1=udp local_1=198.51.100.1 local_port_1=1194 \
                   proto_2=tcp-server local_2=198.51.100.1 local_port_2=1195";
        let three = &format!("{two} proto_3=udp local_3=2001:db8:5::1 local_port_3=1196");
        let any = "proto_1=udp local_port_1=1194 proto_2=tcp-server local_port_2=1194";
        let names = "proto_1=udp local_1=a.example proto_2=udp local_2=b.example";
        let nat = "proto_1=udp local_1=10.0.0.1 local_port_1=1194 \
                   proto_2=tcp-server local_2=10.0.0.1 local_port_2=443";
        let families = "proto_1=udp4 local_port_1=1194 proto_2=tcp6-server local_port_2=443";
        let own = Some("193.190.0.1:4194");
        let (v4, v6) = ("203.0.113.7", "2001:db8:7::9");
        for (text, origin, configured, expected) in [
            (two, v4, None, ("198.51.100.1", "?")),
            (two, v4, own, ("193.190.0.1", "?")),
            (two, "::ffff:203.0.113.7", None, ("198.51.100.1", "?")),
            (two, "", None, ("198.51.100.1", "?")),
            (three, v4, own, ("193.190.0.1", "?")),
            (three, v6, own, ("[2001:db8:5::1]:1196", "udp")),
            (three, "", own, ("?", "?")),
            (any, v4, own, ("193.190.0.1:4194", "?")),
            (any, v6, own, ("?", "?")),
            (any, v4, None, ("?", "?")),
            (names, v4, own, ("?", "udp")),
            (nat, v4, own, ("193.190.0.1", "?")),
            (nat, v4, None, ("?", "?")),
            (families, v6, Some("[2001:db8:5::2]:443"), ("[2001:db8:5::2]:443", "tcp")),
            (families, v4, own, ("193.190.0.1", "?")),
            ("", v4, own, ("193.190.0.1:4194", "?")),
            ("proto_1=udp remote_port_1=1194 local_1=", v4, own, ("193.190.0.1:4194", "udp")),
        ] {
            let expected = (expected.0.to_owned(), expected.1.to_owned());
            assert_eq!(read(text, origin, configured), expected, "{text} {origin} {configured:?}");
        }
    }
}
