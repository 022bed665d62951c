//! Parses the environment of OpenVPN's scripts.
//!
//! Only the variables named here are used. Some values come from the other end of the tunnel, so
//! each is parsed strictly or left unknown; none is passed on as text. Which variables exist in
//! which script was measured with OpenVPN 2.6.14 and 2.7.8.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use temoin_core::session::{
    Attributes, Device, EndReason, Gateway, InvalidDevice, Observed, Source, Transport,
    parse_address,
};

/// The environment of a `route-up` script.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpEnvironment {
    /// The tunnel's interface.
    pub device: Device,
    /// What is known of the session.
    pub attributes: Attributes,
    /// Which variables were left unread.
    pub bad_variables: BadVariables,
}

impl UpEnvironment {
    /// Reads the environment of a `route-up` script.
    ///
    /// # Errors
    /// [`NoDevice`], without which nothing can be said.
    pub fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, NoDevice> {
        let mut variables = Variables::named(environment, |name| {
            OPENING.contains(&name) || is_numbered(TRANSPORT, name) || is_numbered(REMOTE, name)
        });
        let device = variables.device()?;
        let attributes = Attributes {
            origin_address: observed(variables.address(ORIGIN_ADDRESS), Source::OperatorPush),
            origin_port: observed(variables.port(ORIGIN_PORT), Source::OperatorPush),
            assigned_ipv4: observed(variables.ipv4(ASSIGNED_IPV4), Source::OpenVpnHook),
            assigned_ipv6: observed(variables.ipv6(ASSIGNED_IPV6), Source::OpenVpnHook),
            delegated_prefix: observed(variables.value(DELEGATED_PREFIX), Source::OpenVpnHook),
            gateway: observed(variables.gateway(), Source::OpenVpnHook),
            transport: observed(variables.transport(), Source::OpenVpnHook),
        };
        Ok(Self { device, attributes, bad_variables: variables.bad_variables })
    }
}

/// The environment of a `down` script: only why it ended, since after a reconnect the other
/// variables may already be those of the next session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DownEnvironment {
    /// The tunnel's interface.
    pub device: Device,
    /// Why the session ended.
    pub reason: EndReason,
    /// Which variables were left unread.
    pub bad_variables: BadVariables,
}

impl DownEnvironment {
    /// Reads the environment of a `down` script.
    ///
    /// # Errors
    /// [`NoDevice`], without which nothing can be said.
    pub fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, NoDevice> {
        let mut variables = Variables::named(environment, |name| CLOSING.contains(&name));
        let device = variables.device()?;
        let signal = variables.value::<PlainWord>(SIGNAL);
        let reason =
            signal.map_or(EndReason::Other, |PlainWord(word)| EndReason::from_openvpn(&word));
        Ok(Self { device, reason, bad_variables: variables.bad_variables })
    }
}

/// Variables with an invalid value, which was left unknown.
///
/// Only their names are kept: a value may be anything, even somebody's mistyped address, and must
/// not be logged.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BadVariables(Vec<String>);

impl BadVariables {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for BadVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "OpenVPN's variables do not hold what their names say, so temoin leaves it unknown: {}",
            self.0.join(", ")
        )
    }
}

/// The environment does not say which interface the tunnel is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoDevice {
    /// It is not of a `route-up` or `down` script of OpenVPN's.
    Missing,
    /// The variable holds something else.
    Unusable,
}

impl fmt::Display for NoDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str(
                "the variable dev is not set: run this from OpenVPN's route-up or down script",
            ),
            Self::Unusable => write!(f, "OpenVPN's variable dev is {InvalidDevice}"),
        }
    }
}

impl std::error::Error for NoDevice {}

/// The relevant variables by name, and the invalid ones.
struct Variables {
    values: BTreeMap<String, OsString>,
    bad_variables: BadVariables,
}

impl Variables {
    /// Of two variables of the same name the first counts, as for getenv(3).
    fn named(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        wanted: impl Fn(&str) -> bool,
    ) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in environment {
            if let Some(name) = name.to_str().filter(|name| wanted(name)) {
                values.entry(name.to_owned()).or_insert(value);
            }
        }
        Self { values, bad_variables: BadVariables::default() }
    }

    fn device(&mut self) -> Result<Device, NoDevice> {
        if self.values.contains_key(DEVICE) {
            self.value(DEVICE).ok_or(NoDevice::Unusable)
        } else {
            Err(NoDevice::Missing)
        }
    }

    /// The value of a variable; an invalid one is noted.
    fn value<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let text = self.values.get(name)?.to_str().filter(|text| text.len() <= MAXIMUM_LENGTH);
        let value = text.and_then(|text| text.parse().ok());
        if value.is_none() {
            self.bad_variables.0.push(name.to_owned());
        }
        value
    }

    fn address(&mut self, name: &str) -> Option<IpAddr> {
        self.value(name).map(|HostAddress(address)| address)
    }

    fn ipv4(&mut self, name: &str) -> Option<Ipv4Addr> {
        self.address_of(name, |address| match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
    }

    fn ipv6(&mut self, name: &str) -> Option<Ipv6Addr> {
        self.address_of(name, |address| match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some(address),
        })
    }

    /// An address that `convert` takes; another one is noted.
    fn address_of<T>(&mut self, name: &str, convert: impl Fn(IpAddr) -> Option<T>) -> Option<T> {
        let address = self.address(name)?;
        let converted = convert(address);
        if converted.is_none() {
            self.bad_variables.0.push(name.to_owned());
        }
        converted
    }

    fn port(&mut self, name: &str) -> Option<u16> {
        self.value(name).map(|PortNumber(port)| port)
    }

    /// Over IPv6 only `trusted_ip6` is set. Should both be, neither is known to be in use.
    fn gateway(&mut self) -> Option<Gateway> {
        let ipv4 = self.ipv4(GATEWAY_IPV4).map(IpAddr::V4);
        // A socket for both families names an IPv4 server by an IPv6 address (RFC 4291 2.5.5.2).
        let ipv6 = self.value(GATEWAY_IPV6).map(|WrittenAsIpv6(address)| address);
        let port = self.port(GATEWAY_PORT);
        let address = match (ipv4, ipv6) {
            (Some(_), Some(_)) => {
                self.bad_variables.0.extend([GATEWAY_IPV4.to_owned(), GATEWAY_IPV6.to_owned()]);
                None
            }
            (ipv4, ipv6) => ipv4.or(ipv6),
        };
        address.map(|address| Gateway { address, port })
    }

    /// OpenVPN numbers the connections that it is configured with and does not say which one is in
    /// use, so the transport is known where they all have the same. From 2.7 on it numbers local
    /// sockets instead, of which a client has one, whatever the transports of its servers are.
    fn transport(&mut self) -> Option<Transport> {
        let remotes = self.values.keys().filter(|name| is_numbered(REMOTE, name)).count();
        let names: Vec<String> =
            self.values.keys().filter(|name| is_numbered(TRANSPORT, name)).cloned().collect();
        if remotes > 1 && names.len() < remotes {
            return None;
        }
        let mut transports = names.iter().map(|name| self.value(name).map(|TransportWord(it)| it));
        let first = transports.next()??;
        transports.all(|other| other == Some(first)).then_some(first)
    }
}

/// An address that a host can have.
struct HostAddress(IpAddr);

impl FromStr for HostAddress {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = parse_address(text).ok_or(())?;
        let impossible = match address {
            IpAddr::V4(ipv4) => ipv4.is_broadcast() || ipv4.is_multicast() || ipv4.is_unspecified(),
            IpAddr::V6(ipv6) => ipv6.is_multicast() || ipv6.is_unspecified(),
        };
        if impossible { Err(()) } else { Ok(Self(address)) }
    }
}

/// Such an address, where an IPv6 one is to be.
struct WrittenAsIpv6(IpAddr);

impl FromStr for WrittenAsIpv6 {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let HostAddress(address) = text.parse()?;
        text.contains(':').then_some(Self(address)).ok_or(())
    }
}

/// A port that can be in use: not 0.
struct PortNumber(u16);

impl FromStr for PortNumber {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The standard library would take a sign, too.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|port| digits && *port > 0).map(Self).ok_or(())
    }
}

/// One of OpenVPN's words for a transport, such as `udp4` and `tcp4-client`.
struct TransportWord(Transport);

impl FromStr for TransportWord {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.get(..3) {
            Some("tcp") => Ok(Self(Transport::Tcp)),
            Some("udp") => Ok(Self(Transport::Udp)),
            _ => Err(()),
        }
    }
}

/// A keyword of OpenVPN.
struct PlainWord(String);

impl FromStr for PlainWord {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let word = !text.is_empty() && text.bytes().all(plain);
        word.then(|| Self(text.to_owned())).ok_or(())
    }
}

/// Whether this is `proto_1` or the like, by what stands before the number.
fn is_numbered(prefix: &str, name: &str) -> bool {
    let number = name.strip_prefix(prefix).unwrap_or_default();
    (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn observed<T>(value: Option<T>, source: Source) -> Option<Observed<T>> {
    value.map(|value| Observed::new(value, source))
}

/// Longer than any value that is looked at, of which an IPv6 prefix is the longest.
const MAXIMUM_LENGTH: usize = 64;

const ASSIGNED_IPV4: &str = "ifconfig_local";
const ASSIGNED_IPV6: &str = "ifconfig_ipv6_local";
const DELEGATED_PREFIX: &str = "OPENVPN_DELEGATED_IPv6_PREFIX";
const DEVICE: &str = "dev";
const GATEWAY_IPV4: &str = "trusted_ip";
const GATEWAY_IPV6: &str = "trusted_ip6";
const GATEWAY_PORT: &str = "trusted_port";
const ORIGIN_ADDRESS: &str = "OPENVPN_TEMOIN_ORIGIN_IP";
const ORIGIN_PORT: &str = "OPENVPN_TEMOIN_ORIGIN_PORT";
const SIGNAL: &str = "signal";
/// A number follows.
const REMOTE: &str = "remote_";
/// A number follows.
const TRANSPORT: &str = "proto_";

const OPENING: [&str; 9] = [
    ASSIGNED_IPV4,
    ASSIGNED_IPV6,
    DELEGATED_PREFIX,
    DEVICE,
    GATEWAY_IPV4,
    GATEWAY_IPV6,
    GATEWAY_PORT,
    ORIGIN_ADDRESS,
    ORIGIN_PORT,
];
const CLOSING: [&str; 2] = [DEVICE, SIGNAL];

#[cfg(test)]
mod tests;
