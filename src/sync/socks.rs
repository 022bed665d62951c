use std::fmt;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::{CallError, Host};

/// A SOCKS proxy that resolves names itself, such as Tor's: `socks5h://`, address and port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Proxy(SocketAddr);

impl Proxy {
    /// Where it listens.
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.strip_prefix("socks5h://").ok_or(InvalidProxy)?;
        address.trim_end_matches('/').parse().map(Self).map_err(|_| InvalidProxy)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "socks5h://{}", self.0)
    }
}

/// Not a usable proxy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidProxy;

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "it is socks5h:// with an address and a port, such as \"socks5h://127.0.0.1:9050\", or \
             empty",
        )
    }
}

impl std::error::Error for InvalidProxy {}

/// Asks the proxy at the other end of `stream` to connect to `host` (RFC 1928), without
/// authentication. The host name is passed on unresolved.
pub(super) fn connect(
    stream: &mut (impl Read + Write),
    host: &Host,
    port: u16,
) -> Result<(), CallError> {
    let broken = |error: std::io::Error| match CallError::from_io(error) {
        CallError::Unreachable(error) => CallError::Proxy(error.to_string()),
        other => other,
    };
    stream.write_all(&[VERSION, 1, NO_LOGIN]).map_err(broken)?;
    let mut choice = [0; 2];
    stream.read_exact(&mut choice).map_err(broken)?;
    if choice != [VERSION, NO_LOGIN] {
        return Err(CallError::Proxy("it is no SOCKS 5 proxy, or wants a login".to_owned()));
    }

    let mut request = vec![VERSION, CONNECT, 0];
    match host {
        Host::Address(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Host::Address(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Host::Name(name) => {
            let length = u8::try_from(name.len())
                .map_err(|_| CallError::Proxy("the operator's name is too long".to_owned()))?;
            request.extend([NAME, length]);
            request.extend(name.as_bytes());
        }
    }
    request.extend(port.to_be_bytes());
    stream.write_all(&request).map_err(broken)?;

    let mut reply = [0; 4];
    stream.read_exact(&mut reply).map_err(broken)?;
    let [version, code, _, kind] = reply;
    if version != VERSION {
        return Err(CallError::Proxy("it is no SOCKS 5 proxy".to_owned()));
    }
    if code != 0 {
        return Err(CallError::Proxy(meaning(code).to_owned()));
    }
    // The address that the proxy connects from; ignored.
    let rest = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => {
            let mut length = [0];
            stream.read_exact(&mut length).map_err(broken)?;
            usize::from(length[0])
        }
        _ => return Err(CallError::Proxy("it is no SOCKS 5 proxy".to_owned())),
    };
    let mut ignored = vec![0; rest + 2];
    stream.read_exact(&mut ignored).map_err(broken)
}

/// RFC 1928, section 6.
fn meaning(code: u8) -> &'static str {
    match code {
        2 => "its rules do not allow the connection",
        3 => "the network cannot be reached from there",
        4 => "the host cannot be reached from there",
        5 => "the connection was refused",
        6 => "it took too long",
        7 => "it does not connect",
        8 => "it does not know this kind of address",
        _ => "it failed",
    }
}

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor};

    use proptest::prelude::{any, proptest};

    use super::*;

    /// A proxy that answers `says` to anything, and records what it heard.
    struct FakeProxy {
        says: Cursor<Vec<u8>>,
        heard: Vec<u8>,
    }

    impl Read for FakeProxy {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.says.read(buffer)
        }
    }

    impl Write for FakeProxy {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.heard.write(buffer)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ask(host: &Host, says: &[u8]) -> (Result<(), CallError>, Vec<u8>, u64) {
        let mut proxy = FakeProxy { says: Cursor::new(says.to_vec()), heard: Vec::new() };
        let result = connect(&mut proxy, host, 443);
        (result, proxy.heard, proxy.says.position())
    }

    #[test]
    fn a_name_is_handed_on_as_it_is() {
        let says = [5, 0, 5, 0, 0, 3, 2, b'x', b'y', 1, 2, 0x16];
        let (result, heard, read) = ask(&Host::Name("a.example".to_owned()), &says);
        result.unwrap();
        assert_eq!(heard, b"\x05\x01\x00\x05\x01\x00\x03\x09a.example\x01\xbb");
        // What follows is the operator's, and is left for TLS to read.
        assert_eq!(read, 11);
    }

    #[test]
    fn addresses_of_both_families_are_handed_on() {
        let says = [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let (result, heard, _) = ask(&Host::Address([192, 0, 2, 1].into()), &says);
        result.unwrap();
        assert_eq!(heard[3..], [5, 1, 0, 1, 192, 0, 2, 1, 1, 0xbb]);
        let says = [[5, 0, 5, 0, 0, 4].as_slice(), &[0; 18]].concat();
        let (result, heard, _) = ask(&Host::Address("2001:db8::1".parse().unwrap()), &says);
        result.unwrap();
        assert_eq!((heard[6], heard.len()), (4, 3 + 4 + 18));
    }

    #[test]
    fn a_proxy_that_does_not_do_it_is_named_as_the_cause() {
        for (says, part) in [
            (&[5, 0xff][..], "login"),
            (&[4, 0], "no SOCKS 5"),
            (&[5, 0, 5, 5, 0, 1], "refused"),
            (&[5, 0, 5, 2, 0, 1], "rules"),
            (&[5, 0, 5, 0, 0, 9], "no SOCKS 5"),
            (&[5, 0, 4, 0, 0, 1], "no SOCKS 5"),
            (&[5, 0, 5, 0, 0, 1, 0], "proxy"),
            (&[], "proxy"),
        ] {
            let (result, ..) = ask(&Host::Name("a.example".to_owned()), says);
            let error = result.unwrap_err();
            assert!(matches!(error, CallError::Proxy(_)), "{says:?}: {error:?}");
            assert!(error.to_string().contains(part), "{says:?}: {error}");
        }
    }

    #[test]
    fn only_a_proxy_that_looks_names_up_itself_is_taken() {
        let proxy: Proxy = "socks5h://127.0.0.1:9050".parse().unwrap();
        assert_eq!(proxy.address(), "127.0.0.1:9050".parse().unwrap());
        assert_eq!(proxy.to_string(), "socks5h://127.0.0.1:9050");
        for text in
            ["127.0.0.1:9050", "socks5://127.0.0.1:9050", "socks5h://tor:9050", "socks5h://"]
        {
            assert!(text.parse::<Proxy>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_proxy_makes_it_panic_or_read_without_end(says in any::<Vec<u8>>()) {
            let (_, _, read) = ask(&Host::Name("a.example".to_owned()), &says);
            assert!(read <= 2 + 4 + 1 + 255 + 2);
        }
    }
}
