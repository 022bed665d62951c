use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Deserializer, de};

use super::Milliseconds;

/// One session as the operator's OpenVPN server reported it to its scripts.
#[derive(Clone, Debug, Deserialize)]
pub struct ServerConnection {
    #[serde(rename = "start_ns", deserialize_with = "from_nanoseconds")]
    pub start: Milliseconds,
    #[serde(rename = "end_ns", deserialize_with = "from_optional_nanoseconds")]
    pub end: Option<Milliseconds>,
    pub address: IpAddr,
    pub port: u16,
    pub ipv4: Option<Ipv4Addr>,
    pub ipv6: Option<Ipv6Addr>,
    /// The address at the end, after the client may have moved to another one.
    pub last_address: IpAddr,
}

/// One run of OpenVPN's hooks in the box, noted by a hook that is not temoin's.
#[derive(Clone, Debug, Deserialize)]
pub struct HookRun {
    pub hook: String,
    #[serde(rename = "at_ns", deserialize_with = "from_nanoseconds")]
    pub at: Milliseconds,
    pub signal: String,
    /// The pushed origin port of the connection; 0 where none was pushed.
    pub port: u16,
}

fn from_nanoseconds<'de, D: Deserializer<'de>>(source: D) -> Result<Milliseconds, D::Error> {
    milliseconds(&String::deserialize(source)?)
}

fn from_optional_nanoseconds<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<Milliseconds>, D::Error> {
    Option::<String>::deserialize(source)?.as_deref().map(milliseconds).transpose()
}

fn milliseconds<E: de::Error>(nanoseconds: &str) -> Result<Milliseconds, E> {
    nanoseconds.parse::<i64>().map(|value| value / 1_000_000).map_err(E::custom)
}
