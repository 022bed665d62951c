use std::net::{Ipv4Addr, Ipv6Addr};

use temoin_core::session::{Attributes, EndReason, Gateway, Observed, Source, parse_address};

/// A state reported by OpenVPN.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum OpenVpnState {
    /// The process has started: the first state of each, and told only once.
    Started,
    /// It is on its way to a connection.
    Connecting,
    /// A connection stands, with these facts.
    Connected(Attributes),
    /// The connection ended, or the attempt failed.
    Ended(EndReason),
}

impl OpenVpnState {
    /// Reads `time,state,description,tunnel IPv4,remote,port,local,port,tunnel IPv6`, as the history
    /// and, behind `>STATE:`, a notice have it. `None` for a state that says nothing of a connection.
    ///
    /// The time is left alone: OpenVPN keeps a clock of its own, which stays wrong by hours once the
    /// box's clock was set back (measured with 2.6.14).
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(',');
        let time = fields.next()?;
        if time.is_empty() || !time.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match fields.next()? {
            "CONNECTING" => Some(Self::Started),
            "ADD_ROUTES" | "ASSIGN_IP" | "AUTH" | "GET_CONFIG" | "RESOLVE" | "TCP_CONNECT"
            | "WAIT" => Some(Self::Connecting),
            "CONNECTED" => Some(Self::Connected(attributes(fields.skip(1)))),
            "EXITING" | "RECONNECTING" => {
                Some(Self::Ended(EndReason::from_openvpn(fields.next().unwrap_or_default())))
            }
            _ => None,
        }
    }
}

/// The facts in the fields behind the description; what is empty or unreadable is unknown.
fn attributes<'a>(mut fields: impl Iterator<Item = &'a str>) -> Attributes {
    let tunnel_ipv4 = address::<Ipv4Addr>(fields.next());
    // A socket for both families names an IPv4 server by an IPv6 address (RFC 4291 2.5.5.2).
    let remote = fields.next().and_then(parse_address);
    let port = fields.next().and_then(|text| text.parse().ok()).filter(|port| *port != 0);
    let tunnel_ipv6 = address::<Ipv6Addr>(fields.nth(2));
    let gateway = remote
        .map(|address| Gateway { address, port })
        .filter(|gateway| !gateway.address.is_unspecified());
    Attributes {
        assigned_ipv4: tunnel_ipv4
            .filter(|address| !address.is_unspecified())
            .map(|address| Observed::new(address, Source::Management)),
        assigned_ipv6: tunnel_ipv6
            .filter(|address| !address.is_unspecified())
            .map(|address| Observed::new(address, Source::Management)),
        gateway: gateway.map(|gateway| Observed::new(gateway, Source::Management)),
        ..Attributes::default()
    }
}

fn address<A: std::str::FromStr>(field: Option<&str>) -> Option<A> {
    field?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::OpenVpnState;
    use temoin_core::session::{Attributes, EndReason, Source};

    fn connected(line: &str) -> Attributes {
        match OpenVpnState::parse(line) {
            Some(OpenVpnState::Connected(attributes)) => attributes,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_connection_tells_the_tunnels_addresses_and_the_server() {
        let attributes = connected(
            "1795415958,CONNECTED,SUCCESS,10.99.0.10,198.51.100.1,1194,192.0.2.10,58508,2001:db8:99::10",
        );
        let ipv4 = attributes.assigned_ipv4.unwrap();
        assert_eq!(
            (ipv4.value.to_string().as_str(), ipv4.source),
            ("10.99.0.10", Source::Management)
        );
        assert_eq!(attributes.assigned_ipv6.unwrap().value.to_string(), "2001:db8:99::10");
        assert_eq!(attributes.gateway.unwrap().value.to_string(), "198.51.100.1:1194");
        assert_eq!(
            (attributes.origin_address, attributes.origin_port, attributes.transport),
            (None, None, None)
        );
    }

    #[test]
    fn a_server_of_either_family_is_told_as_itself() {
        let attributes = connected("1,CONNECTED,SUCCESS,,2001:db8:51::1,1194,,,");
        assert_eq!(attributes.gateway.unwrap().value.to_string(), "[2001:db8:51::1]:1194");
        assert_eq!((attributes.assigned_ipv4, attributes.assigned_ipv6), (None, None));
        let attributes = connected("1,CONNECTED,SUCCESS,,::ffff:198.51.100.1,1194,,,");
        assert_eq!(attributes.gateway.unwrap().value.to_string(), "198.51.100.1:1194");
    }

    #[test]
    fn what_is_missing_or_unreadable_is_unknown() {
        assert_eq!(connected("1,CONNECTED"), Attributes::default());
        assert_eq!(connected("1,CONNECTED,ERROR,0.0.0.0,,,,,::"), Attributes::default());
        let attributes =
            connected("1,CONNECTED,SUCCESS,10.99.0,198.51.100.1,70000,,,2001:db8:99::10%tun0");
        assert_eq!(attributes.gateway.unwrap().value.port, None);
        assert_eq!((attributes.assigned_ipv4, attributes.assigned_ipv6), (None, None));
    }

    #[test]
    fn an_end_tells_why() {
        for (line, reason) in [
            ("1,RECONNECTING,SIGUSR1,,,,,", EndReason::Restarted),
            ("1,RECONNECTING,ping-restart,,,,,", EndReason::ServerSilent),
            ("1,EXITING,exit-with-notification,,,,,", EndReason::StoppedWithNotice),
            ("1,EXITING", EndReason::Other),
        ] {
            assert_eq!(OpenVpnState::parse(line), Some(OpenVpnState::Ended(reason)), "{line}");
        }
    }

    #[test]
    fn what_is_no_state_of_a_connection_is_left_alone() {
        for line in ["", "END", "1", ",CONNECTED,SUCCESS", "-1,CONNECTED", "1,AUTH_PENDING,x"] {
            assert_eq!(OpenVpnState::parse(line), None, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_the_parser_panic(line: String, rest: String) {
            OpenVpnState::parse(&line);
            OpenVpnState::parse(&format!("1,CONNECTED,{rest}"));
        }
    }
}
