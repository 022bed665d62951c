use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The base URL of an operator's responder: `https://`, a host, optionally a port and a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponderUrl {
    authority: String,
    host: Host,
    port: u16,
    path: String,
}

/// A host: a name to be resolved, or an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Host {
    /// An address.
    Address(IpAddr),
    /// A name.
    Name(String),
}

impl ResponderUrl {
    /// Host and port as in the URL, for the `Host` header field.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port; 443 unless the address says another one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The prefix of each call's path: empty, or starting with a slash.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for ResponderUrl {
    type Err = InvalidResponderUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("https://").ok_or(InvalidResponderUrl)?;
        let is_plain = |c: char| c.is_ascii_graphic() && !"\"?#@\\".contains(c);
        if !rest.chars().all(is_plain) || rest.ends_with('/') {
            return Err(InvalidResponderUrl);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.strip_prefix('[') {
            Some(inner) => {
                let (address, port) = inner.split_once(']').ok_or(InvalidResponderUrl)?;
                let address = address.parse::<Ipv6Addr>().map_err(|_| InvalidResponderUrl)?;
                (
                    Host::Address(address.into()),
                    port.strip_prefix(':').or_else(|| port.is_empty().then_some("443")),
                )
            }
            None => {
                let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
                let address = host.parse().map(IpAddr::V4);
                (address.map_or_else(|_| Host::Name(host.to_owned()), Host::Address), Some(port))
            }
        };
        let port = port.filter(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
        let port = port.and_then(|port| port.parse().ok()).filter(|port| *port != 0);
        let is_name = |name: &str| {
            // RFC 1035, 2.3.4, and what a SOCKS request can carry.
            (1..=253).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        match (&host, port) {
            (Host::Name(name), _) if !is_name(name) => Err(InvalidResponderUrl),
            (_, None) => Err(InvalidResponderUrl),
            (_, Some(port)) => {
                Ok(Self { authority: authority.to_owned(), host, port, path: path.to_owned() })
            }
        }
    }
}

impl fmt::Display for ResponderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}{}", self.authority, self.path)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Not the base URL of a responder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidResponderUrl;

impl fmt::Display for InvalidResponderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not the base address of a responder: https:// and a host are expected, such as \
             https://temoin.example.org, without a query or a slash at the end",
        )
    }
}

impl std::error::Error for InvalidResponderUrl {}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Host, ResponderUrl};

    #[test]
    fn host_port_and_path_are_told_apart() {
        for (text, authority, host, port, path) in [
            ("https://a.example", "a.example", Host::Name("a.example".into()), 443, ""),
            (
                "https://a.example:8443/x/y",
                "a.example:8443",
                Host::Name("a.example".into()),
                8443,
                "/x/y",
            ),
            ("https://192.0.2.1", "192.0.2.1", Host::Address([192, 0, 2, 1].into()), 443, ""),
            (
                "https://[2001:db8::1]:444/x",
                "[2001:db8::1]:444",
                Host::Address("2001:db8::1".parse().unwrap()),
                444,
                "/x",
            ),
        ] {
            let base: ResponderUrl = text.parse().unwrap();
            assert_eq!((base.authority(), base.path(), base.port()), (authority, path, port));
            assert_eq!((base.host(), base.to_string().as_str()), (&host, text));
        }
    }

    #[test]
    fn what_is_no_base_address_is_refused() {
        for text in [
            "",
            "http://a.example",
            "https://",
            "https://a.example/",
            "https://a.example/x/",
            "https://a.example?x",
            "https://a.example#x",
            "https://me@a.example",
            "https://a.example:",
            "https://a.example:0",
            "https://a.example:+1",
            "https://a.example:65536",
            "https://[::1",
            "https://[::1]x",
            "https://[192.0.2.1]",
            "https://a b",
            "https://é.example",
            "https://a.example\r\nX: y",
        ] {
            assert!(text.parse::<ResponderUrl>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_alike(text in "https://[a-z0-9:./\\[\\]-]{0,30}") {
            if let Ok(base) = text.parse::<ResponderUrl>() {
                prop_assert_eq!(base.to_string(), text);
            }
        }
    }
}
