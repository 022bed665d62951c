use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::{fmt, fs};

use serde::{Deserialize, Serialize};

use super::gateway::{ListeningSockets, StatedGateway};
use super::{Config, EndTime, ServerName, ServerRun, SessionEnd, SessionRecord, TerminateCause};
use temoin_core::session::{Ipv6Prefix, Timestamp, Transport, parse_address};
use temoin_protocol::UnixSeconds;

/// What an OpenVPN server passes to its script when a client connects or disconnects, before the
/// fields that the configuration does not keep are dropped.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Event {
    /// Whether the client connected or disconnected.
    pub kind: EventKind,
    /// When the client came or left, in seconds since 1970.
    at: u64,
    /// The server's network interface.
    device: String,
    /// When the server's process began, in seconds since 1970.
    run: u64,
    /// When the server accepted the client, likewise.
    began: u64,
    origin_address: Option<IpAddr>,
    origin_port: Option<u16>,
    assigned_ipv4: Option<Ipv4Addr>,
    assigned_ipv6: Option<Ipv6Addr>,
    delegated_prefix: Option<Ipv6Prefix>,
    gateway: StatedGateway,
    transport: Option<Transport>,
    member_identity: Option<String>,
    client_version: Option<String>,
    client_platform: Option<String>,
}

/// Which of OpenVPN's scripts ran.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum EventKind {
    /// `client-connect`.
    Connect,
    /// `client-disconnect`.
    Disconnect,
}

impl Event {
    /// Reads the environment that OpenVPN gives its script.
    ///
    /// `overrides` are the lines of configuration that hold for this client alone: they may assign
    /// it other addresses than the environment has, since OpenVPN reads them after the script.
    ///
    /// # Errors
    /// [`InvalidEnvironment`] names the variable that is missing or makes no sense.
    pub fn read(
        kind: EventKind,
        environment: &HashMap<String, String>,
        overrides: &str,
        now: Timestamp,
    ) -> Result<Self, InvalidEnvironment> {
        let text = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let number = |name: &'static str| {
            let number = text(name).and_then(|text| text.parse().ok());
            number.and_then(UnixSeconds::from_number).ok_or(InvalidEnvironment { variable: name })
        };
        let address = |ipv4: &str, ipv6: &str| {
            text(ipv4).or_else(|| text(ipv6)).and_then(|text| parse_address(text))
        };
        // After a change of the client's address the trusted one is the last, the other the first.
        let untrusted = address("untrusted_ip", "untrusted_ip6");
        let (origin, port) = match untrusted {
            Some(origin) => (Some(origin), "untrusted_port"),
            None => (address("trusted_ip", "trusted_ip6"), "trusted_port"),
        };
        let sockets = ListeningSockets::of(environment, origin);
        let short =
            |name: &str| text(name).map(|value| value.chars().take(MAX_TEXT_LENGTH).collect());
        let device = text("dev").ok_or(InvalidEnvironment { variable: "dev" })?.clone();
        let began = number("time_unix")?;
        // What OpenVPN measured, since the script may run late.
        let lasted = text("time_duration").and_then(|text| text.parse().ok());
        let at = match lasted.filter(|_| kind == EventKind::Disconnect) {
            Some(lasted) => began.plus(lasted),
            None => {
                UnixSeconds::containing(now).ok_or(InvalidEnvironment { variable: "the clock" })?
            }
        };
        let mut event = Self {
            kind,
            at: at.number(),
            device,
            run: number("daemon_start_time")?.number(),
            began: began.number(),
            origin_address: origin,
            origin_port: text(port).and_then(|port| port.parse().ok()),
            assigned_ipv4: text("ifconfig_pool_remote_ip").and_then(|text| text.parse().ok()),
            assigned_ipv6: text("ifconfig_pool_remote_ip6").and_then(|text| text.parse().ok()),
            delegated_prefix: None,
            gateway: sockets.gateway(),
            transport: sockets.transport(),
            member_identity: short("common_name"),
            client_version: short("IV_VER"),
            client_platform: short("IV_PLAT"),
        };
        event.apply(overrides);
        Ok(event)
    }

    /// The lines of configuration for this client alone: those in OpenVPN's client-config-dir, and
    /// those that scripts wrote before.
    pub fn overrides(
        environment: &HashMap<String, String>,
        client_config_dir: Option<&Path>,
        dynamic: String,
    ) -> String {
        let name = environment.get("common_name").filter(|name| !name.contains('/'));
        let own = client_config_dir.zip(name).and_then(|(directory, name)| {
            let own = fs::read_to_string(directory.join(name));
            own.or_else(|_| fs::read_to_string(directory.join("DEFAULT"))).ok()
        });
        [own, Some(dynamic)].into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    fn apply(&mut self, overrides: &str) {
        for line in overrides.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(directive), Some(value)) = (words.next(), words.next()) else { continue };
            match directive {
                "ifconfig-push" => self.assigned_ipv4 = value.parse().ok().or(self.assigned_ipv4),
                "ifconfig-ipv6-push" => {
                    let address = value.split('/').next().and_then(|text| text.parse().ok());
                    self.assigned_ipv6 = address.or(self.assigned_ipv6);
                }
                "iroute-ipv6" => {
                    self.delegated_prefix = value.parse().ok().or(self.delegated_prefix);
                }
                _ => {}
            }
        }
    }

    /// The lines by which OpenVPN pushes the client its origin address.
    pub fn push_lines(&self) -> String {
        let mut lines = String::new();
        if let Some(address) = self.origin_address {
            lines += &format!("push \"setenv-safe TEMOIN_ORIGIN_IP {address}\"\n");
            if let Some(port) = self.origin_port {
                lines += &format!("push \"setenv-safe TEMOIN_ORIGIN_PORT {port}\"\n");
            }
        }
        lines
    }

    /// The server run that it belongs to, on a gateway of this name, and its record, reduced to the
    /// fields that the configuration keeps.
    pub fn into_record(self, gateway: &str, config: &Config) -> Option<(ServerRun, SessionRecord)> {
        let server: ServerName = format!("{gateway}/{}", self.device).parse().ok()?;
        let run = ServerRun { server, began: UnixSeconds::from_number(self.run)? };
        let (began, at) =
            (UnixSeconds::from_number(self.began)?, UnixSeconds::from_number(self.at)?);
        let end = (self.kind == EventKind::Disconnect).then(|| SessionEnd {
            when: EndTime::At(at.max(began)),
            reason: TerminateCause::Disconnected,
        });
        let record = SessionRecord {
            origin_address: self.origin_address,
            origin_port: self.origin_port,
            assigned_ipv4: self.assigned_ipv4,
            assigned_ipv6: self.assigned_ipv6,
            delegated_prefix: self.delegated_prefix,
            // The script runs when the addresses are given, in the second of the start.
            assigned_at: Some(began),
            began,
            end,
            gateway: self.gateway.settle(config.gateway, self.origin_address),
            transport: self.transport,
            member_identity: self.member_identity,
            client_version: self.client_version,
            client_platform: self.client_platform,
        };
        Some((run, record.keeping(config.fields)))
    }
}

/// Limit for names and versions, in characters.
const MAX_TEXT_LENGTH: usize = 256;

/// The environment is not that of OpenVPN's script.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidEnvironment {
    variable: &'static str,
}

impl fmt::Display for InvalidEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is missing or makes no sense: OpenVPN has to run this, as client-connect or \
             client-disconnect of a server",
            self.variable
        )
    }
}

impl std::error::Error for InvalidEnvironment {}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use super::*;

    /// What OpenVPN 2.6 gave its scripts.
    fn dump(name: &str) -> HashMap<String, String> {
        read_dump(&format!("openvpn/R4-server-restart/{name}"))
    }

    /// What OpenVPN gave its scripts.
    fn read_dump(name: &str) -> HashMap<String, String> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
        let path = fixtures.join(name);
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().filter_map(|line| line.split_once('='));
        lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn now() -> Timestamp {
        "2026-11-23T06:35:42Z".parse().unwrap()
    }

    fn connected() -> HashMap<String, String> {
        dump("server-client-connect-1795415741.688405840.env")
    }

    #[test]
    fn what_openvpn_says_of_a_client_becomes_a_record() {
        let lines = "ifconfig-push 10.99.0.10 255.255.255.0\n\
                     ifconfig-ipv6-push 2001:db8:99::10/64 2001:db8:99::1\n\
                     iroute-ipv6 2001:db8:1::/56\n";
        let event = Event::read(EventKind::Connect, &connected(), lines, now()).unwrap();
        assert_eq!(
            event.push_lines(),
            "push \"setenv-safe TEMOIN_ORIGIN_IP 203.0.113.7\"\n\
             push \"setenv-safe TEMOIN_ORIGIN_PORT 40195\"\n"
        );
        let config = Config::parse("").unwrap();
        let (run, record) = event.into_record("gw1", &config).unwrap();
        assert_eq!(run.server.as_str(), "gw1/tunS");
        assert_eq!(run.began.number(), 1_795_415_703);
        assert_eq!(record.began.number(), 1_795_415_741);
        assert_eq!(record.assigned_ipv4, "10.99.0.10".parse().ok());
        assert_eq!(record.assigned_ipv6, "2001:db8:99::10".parse().ok());
        assert_eq!(record.delegated_prefix, "2001:db8:1::/56".parse().ok());
        assert_eq!(record.gateway.unwrap().to_string(), "198.51.100.1:1194");
        assert_eq!(record.transport, Some(Transport::Udp));
        // Not among the fields that are kept unless asked for.
        assert_eq!((record.member_identity, record.client_version), (None, None));
    }

    #[test]
    fn without_lines_of_its_own_a_client_has_the_address_of_the_pool() {
        let event = Event::read(EventKind::Connect, &connected(), "", now()).unwrap();
        assert_eq!(event.assigned_ipv4, "10.99.0.2".parse().ok());
        let leaves = dump("server-client-disconnect-1795415741.668829686.env");
        let event = Event::read(EventKind::Disconnect, &leaves, "", now()).unwrap();
        assert_eq!(event.assigned_ipv4, "10.99.0.10".parse().ok());
        let (_, record) = event.into_record("gw1", &Config::parse("").unwrap()).unwrap();
        let ended = "2026-11-23T06:35:41Z".parse::<Timestamp>().unwrap();
        assert_eq!(record.end_seen().unwrap().to_timestamp(), ended);
    }

    #[test]
    fn a_script_that_runs_late_does_not_make_a_session_longer() {
        let mut leaves = dump("server-client-disconnect-1795415741.668829686.env");
        let read = |environment: &HashMap<String, String>, kind| {
            let late = "2028-01-23T06:35:42Z".parse().unwrap();
            let event = Event::read(kind, environment, "", late).unwrap();
            event.into_record("gw1", &Config::parse("").unwrap()).unwrap().1
        };
        let record = read(&leaves, EventKind::Disconnect);
        assert_eq!(record.end_seen(), Some(record.began.plus(4)));
        leaves.insert("time_duration".to_owned(), String::new());
        let ended = read(&leaves, EventKind::Disconnect).end_seen().unwrap();
        assert_eq!(ended.to_timestamp(), "2028-01-23T06:35:42Z".parse().unwrap());
    }

    #[test]
    fn after_a_float_the_first_origin_counts() {
        let mut environment = connected();
        environment.insert("trusted_ip".to_owned(), "203.0.113.8".to_owned());
        let event = Event::read(EventKind::Disconnect, &environment, "", now()).unwrap();
        assert_eq!(event.origin_address, "203.0.113.7".parse().ok());
    }

    #[test]
    fn of_a_server_with_several_sockets_only_what_is_certain_is_recorded() {
        for name in [
            "tcp/server-client-connect-1795997737.931333784.env",
            "udp/server-client-connect-1795997752.227514531.env",
            "udp/server-client-disconnect-1795997773.155049346.env",
        ] {
            for (configured, expected) in [
                ("", "198.51.100.1"),
                ("[gateway]\naddress = \"193.190.0.1:4194\"", "193.190.0.1"),
                ("[gateway]\naddress = \"[2001:db8:5::1]:4194\"", "198.51.100.1"),
            ] {
                let environment = read_dump(&format!("openvpn-2.7/{name}"));
                let event = Event::read(EventKind::Connect, &environment, "", now()).unwrap();
                let config = Config::parse(configured).unwrap();
                let (_, record) = event.into_record("gw1", &config).unwrap();
                assert_eq!(record.gateway.unwrap().to_string(), expected, "{name} {configured}");
                assert_eq!(record.transport, None, "{name}");
                assert_eq!(record.origin_address, "198.51.100.10".parse().ok());
            }
        }
    }

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        let mut environment = connected();
        for name in ["trusted_ip", "untrusted_ip"] {
            environment.insert(name.to_owned(), "::ffff:203.0.113.7".to_owned());
        }
        environment.insert("local_1".to_owned(), "::ffff:198.51.100.1".to_owned());
        let event = Event::read(EventKind::Connect, &environment, "", now()).unwrap();
        let (_, record) = event.into_record("gw1", &Config::parse("").unwrap()).unwrap();
        assert_eq!(record.origin_address, "203.0.113.7".parse().ok());
        assert_eq!(record.gateway.unwrap().to_string(), "198.51.100.1:1194");
    }

    #[test]
    fn a_private_address_of_the_server_is_not_what_boxes_connect_to() {
        for (address, is_kept) in [("10.0.0.1", false), ("fd00::1", false), ("198.51.100.1", true)]
        {
            let mut environment = connected();
            environment.insert("local_1".to_owned(), address.to_owned());
            let event = Event::read(EventKind::Connect, &environment, "", now()).unwrap();
            let (_, record) = event.into_record("gw1", &Config::parse("").unwrap()).unwrap();
            assert_eq!(record.gateway.is_some(), is_kept, "{address}");
        }
    }

    #[test]
    fn what_does_not_come_from_openvpn_is_refused_with_the_variable_named() {
        for variable in ["time_unix", "daemon_start_time", "dev"] {
            let mut environment = connected();
            environment.remove(variable);
            let error = Event::read(EventKind::Connect, &environment, "", now()).unwrap_err();
            assert!(error.to_string().contains(variable), "{error}");
            environment.insert(variable.to_owned(), String::new());
            assert!(Event::read(EventKind::Connect, &environment, "", now()).is_err());
        }
    }
}
