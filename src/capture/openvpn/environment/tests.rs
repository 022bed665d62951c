use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::sample::select;

use super::{DownEnvironment, NoDevice, OPENING, UpEnvironment};
use temoin_core::session::{Attributes, EndReason, Transport};

#[test]
fn every_opening_script_that_was_recorded_tells_the_session() {
    let mut ports = 0;
    for hook in ["route-up", "up"] {
        for dump in dumps(hook) {
            let opening = UpEnvironment::read(dump.environment.clone()).unwrap();
            let attributes = text(&opening.attributes);
            assert!(opening.bad_variables.is_empty(), "{}: {}", dump.name, opening.bad_variables);
            assert_eq!(opening.device.as_str(), "tunC", "{}", dump.name);
            // One run had no push by the operator, and the router had another address in two.
            let origin = match dump.run.as_str() {
                "R2-usr1-persist-static" => "-",
                "S1-stun" | "S5-tcp" => "203.0.113.8",
                _ => "203.0.113.7",
            };
            let port = dump.value("OPENVPN_TEMOIN_ORIGIN_PORT").unwrap_or("-");
            ports += usize::from(port != "-");
            let transport = if dump.run == "S5-tcp" { "tcp" } else { "udp" };
            let expected = format!(
                "{origin} {port} 10.99.0.10 2001:db8:99::10 2001:db8:1::/56 \
                 198.51.100.1:1194 {transport}"
            );
            assert_eq!(attributes, expected, "{}", dump.name);
        }
    }
    assert_eq!(ports, 30);
}

#[test]
fn every_closing_script_that_was_recorded_tells_why() {
    for (run, reasons) in [
        ("R1-usr1-nopersist", "restarted reloaded stopped-with-notice"),
        ("R2-usr1-persist-static", "stopped-with-notice"),
        ("R4-server-restart", "server-stopped server-silent stopped-with-notice"),
        ("R6-kill9", ""),
        ("S1-stun", "stopped-with-notice"),
        ("S5-tcp", "restarted connection-lost stopped"),
        ("S9-mgmt-client", "stopped"),
        ("out-A", "stopped-with-notice"),
        ("out-C", "settings-changed stopped-with-notice"),
    ] {
        for hook in ["down", "route-pre-down"] {
            let names: Vec<_> = dumps(hook)
                .into_iter()
                .filter(|dump| dump.run == run)
                .map(|dump| {
                    let closing = DownEnvironment::read(dump.environment).unwrap();
                    assert!(
                        closing.bad_variables.is_empty(),
                        "{}: {}",
                        dump.name,
                        closing.bad_variables
                    );
                    assert_eq!(closing.device.as_str(), "tunC", "{}", dump.name);
                    closing.reason.name()
                })
                .collect();
            assert_eq!(names.join(" "), reasons, "{hook} in {run}");
        }
    }
}

#[test]
fn scripts_that_run_before_there_is_a_tunnel_make_no_event() {
    for hook in ["ipchange", "tls-verify"] {
        for dump in dumps(hook) {
            assert_eq!(UpEnvironment::read(dump.environment.clone()), Err(NoDevice::Missing));
            assert_eq!(DownEnvironment::read(dump.environment), Err(NoDevice::Missing));
        }
    }
}

#[test]
fn over_ipv6_the_gateway_is_in_a_variable_of_its_own() {
    let opening = read(&[
        ("dev", "tun0"),
        ("proto_1", "udp6"),
        ("trusted_ip6", "2001:db8:51::1"),
        ("trusted_port", "1194"),
    ]);
    assert_eq!(text(&opening.attributes), "- - - - - [2001:db8:51::1]:1194 udp");
    assert!(opening.bad_variables.is_empty());
}

#[test]
fn a_gateway_of_two_addresses_is_unknown() {
    let both = [("dev", "tun0"), ("trusted_ip", "192.0.2.1"), ("trusted_ip6", "2001:db8::1")];
    let opening = read(&both);
    assert_eq!(opening.attributes, Attributes::default());
    assert_eq!(names(&opening), ["trusted_ip", "trusted_ip6"]);
}

#[test]
fn a_gateway_whose_port_is_unusable_is_still_a_gateway() {
    let variables = [("dev", "tun0"), ("trusted_ip", "192.0.2.1"), ("trusted_port", "0")];
    let opening = read(&variables);
    assert_eq!(text(&opening.attributes), "- - - - - 192.0.2.1 -");
    assert_eq!(names(&opening), ["trusted_port"]);
}

#[test]
fn the_transport_is_known_where_every_configured_connection_has_it() {
    let transport = |protocols: &[(&str, &str)]| {
        let mut variables = vec![("dev", "tun0")];
        variables.extend(protocols);
        read(&variables).attributes.transport.map(|transport| transport.value)
    };
    assert_eq!(
        transport(&[("proto_1", "tcp-client"), ("proto_2", "tcp6-client")]),
        Some(Transport::Tcp)
    );
    assert_eq!(transport(&[("proto_1", "udp"), ("proto_2", "tcp-client")]), None);
    assert_eq!(transport(&[("proto_1", "udp"), ("proto_2", "")]), None);
    assert_eq!(transport(&[("proto_1", "carrier-pigeon")]), None);
    assert_eq!(transport(&[("proto_x", "udp")]), None);
}

#[test]
fn of_several_servers_and_one_socket_the_transport_is_unknown() {
    let transport = |variables: &[(&str, &str)]| {
        let opening = read(&[[("dev", "tun0")].as_slice(), variables].concat());
        assert!(opening.bad_variables.is_empty(), "{}", opening.bad_variables);
        opening.attributes.transport.map(|transport| transport.value)
    };
    let (first, second) = (("remote_1", "192.0.2.1"), ("remote_2", "vpn.example"));
    // OpenVPN 2.7, connected by UDP.
    assert_eq!(transport(&[("proto_1", "tcp-client"), first, second]), None);
    assert_eq!(transport(&[("proto_1", "udp"), first, second]), None);
    assert_eq!(
        transport(&[("proto_1", "udp"), first, ("remote_port_1", "1")]),
        Some(Transport::Udp)
    );
    // OpenVPN 2.6.
    let both = [("proto_1", "udp"), ("proto_2", "udp"), first, second];
    assert_eq!(transport(&both), Some(Transport::Udp));
}

#[test]
fn what_openvpn_2_7_tells_is_read() {
    for (name, expected) in [
        ("tcp/client-route-up-1795997738.054593581.env", "10.99.0.2 198.51.100.1:1195 tcp 35056"),
        ("udp/client-route-up-1795997752.254123905.env", "10.99.0.2 198.51.100.1:1194 udp 37284"),
        // After an update was pushed.
        ("udp/client-route-up-1795997766.056154525.env", "10.99.0.77 198.51.100.1:1194 udp 37284"),
    ] {
        let opening = UpEnvironment::read(dump_2_7(name)).unwrap();
        assert!(opening.bad_variables.is_empty(), "{}", opening.bad_variables);
        let [address, gateway, transport, port] =
            expected.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let expected =
            format!("198.51.100.10 {port} {address} 2001:db8:99::1000 - {gateway} {transport}");
        assert_eq!(text(&opening.attributes), expected, "{name}");
    }
    for (name, reason) in [
        ("tcp/client-route-down-1795997745.238457550.env", EndReason::Stopped),
        ("udp/client-route-down-1795997765.032797084.env", EndReason::SettingsChanged),
        ("udp/client-route-down-1795997769.982180846.env", EndReason::StoppedWithNotice),
    ] {
        assert_eq!(DownEnvironment::read(dump_2_7(name)).unwrap().reason, reason, "{name}");
    }
}

/// What OpenVPN 2.7.8 gave its scripts.
fn dump_2_7(name: &str) -> Vec<(OsString, OsString)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/openvpn-2.7");
    let text = fs::read_to_string(fixtures.join(name)).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn an_ipv4_address_that_is_written_as_an_ipv6_one_is_the_ipv4_address() {
    let mapped = "::ffff:192.0.2.1";
    let opening = read(&[
        ("dev", "tun0"),
        ("trusted_ip6", mapped),
        ("OPENVPN_TEMOIN_ORIGIN_IP", mapped),
        ("ifconfig_ipv6_local", mapped),
    ]);
    assert_eq!(text(&opening.attributes), "192.0.2.1 - - - - 192.0.2.1 -");
    assert_eq!(names(&opening), ["ifconfig_ipv6_local"]);
}

#[test]
fn what_cannot_be_what_its_name_says_is_left_unknown_and_named() {
    for (name, value) in [
        ("trusted_ip", "$(reboot)"),
        ("trusted_ip", "192.0.2.1; reboot"),
        ("trusted_ip", "0.0.0.0"),
        ("trusted_ip", "2001:db8::1"),
        ("trusted_ip6", "192.0.2.1"),
        ("trusted_ip6", "fe80::1%eth0"),
        ("trusted_ip6", ""),
        ("ifconfig_local", "10.99.0.010"),
        ("ifconfig_local", "255.255.255.255"),
        ("ifconfig_local", &"1".repeat(100_000)),
        ("ifconfig_ipv6_local", "ff02::1"),
        ("ifconfig_ipv6_local", "2001:db8::1/64"),
        ("OPENVPN_DELEGATED_IPv6_PREFIX", "2001:db8:1::1/56"),
        ("OPENVPN_DELEGATED_IPv6_PREFIX", "2001:db8:1::"),
        ("OPENVPN_TEMOIN_ORIGIN_IP", "203.0.113.7\n"),
        ("OPENVPN_TEMOIN_ORIGIN_IP", "\u{1b}[2J"),
        ("OPENVPN_TEMOIN_ORIGIN_PORT", "0"),
        ("OPENVPN_TEMOIN_ORIGIN_PORT", "65536"),
        ("OPENVPN_TEMOIN_ORIGIN_PORT", "+80"),
        ("proto_1", "UDP"),
    ] {
        let opening = read(&[("dev", "tun0"), (name, value)]);
        assert_eq!(opening.attributes, Attributes::default(), "{name}={value}");
        assert_eq!(names(&opening), [name], "{value}");
        let log = opening.bad_variables.to_string();
        assert!(log.ends_with(&format!(": {name}")), "{log}");
    }
}

#[test]
fn bytes_that_are_no_text_are_left_unknown_too() {
    let byte = |byte| OsString::from_vec(vec![b't', byte]);
    let pairs = |device: OsString| {
        vec![("dev".into(), device), ("trusted_ip".into(), byte(0xff)), (byte(0xff), byte(0xff))]
    };
    assert_eq!(UpEnvironment::read(pairs(byte(0xff))), Err(NoDevice::Unusable));
    let opening = UpEnvironment::read(pairs("tun0".into())).unwrap();
    assert_eq!(names(&opening), ["trusted_ip"]);
}

#[test]
fn without_a_usable_interface_there_is_no_event_and_the_value_is_not_repeated() {
    for value in ["", "tun0; reboot", "../../etc", "sixteen-letters0", "\u{1b}[2J"] {
        let error = DownEnvironment::read([("dev".into(), value.into())]).unwrap_err();
        assert_eq!(error, NoDevice::Unusable);
        assert!(value.is_empty() || !error.to_string().contains(value));
    }
}

#[test]
fn an_end_without_a_usable_reason_is_still_an_end() {
    let closing = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| (name.into(), value.into()));
        DownEnvironment::read(pairs.collect::<Vec<_>>()).unwrap()
    };
    let silent = closing(&[("dev", "tun0"), ("trusted_ip", "not read")]);
    assert_eq!((silent.reason, silent.bad_variables.is_empty()), (EndReason::Other, true));
    let absurd = closing(&[("dev", "tun0"), ("signal", "`reboot`")]);
    assert_eq!((absurd.reason, absurd.bad_variables.is_empty()), (EndReason::Other, false));
    let unknown = closing(&[("dev", "tun0"), ("signal", "solar-flare")]);
    assert_eq!((unknown.reason, unknown.bad_variables.is_empty()), (EndReason::Other, true));
}

#[test]
fn of_two_variables_of_one_name_the_first_counts() {
    let opening = read(&[
        ("dev", "tun0"),
        ("dev", "tun1"),
        ("ifconfig_local", "10.99.0.10"),
        ("ifconfig_local", "10.99.0.11"),
    ]);
    assert_eq!(opening.device.as_str(), "tun0");
    assert_eq!(text(&opening.attributes), "- - 10.99.0.10 - - - -");
}

proptest! {
    #[test]
    fn any_environment_is_read_and_every_value_is_known_or_named(
        values in vec((select(OPENING.to_vec()), vec(any::<u8>(), 0..80)), 0..20),
        text in vec((select(OPENING.to_vec()), "[0-9a-f:./]{0,45}"), 0..20),
        rest in vec((vec(any::<u8>(), 0..20), vec(any::<u8>(), 0..20)), 0..20),
    ) {
        let mut pairs: Vec<(OsString, OsString)> = vec![("dev".into(), "tun0".into())];
        pairs.extend(values.into_iter().map(|(n, v)| (n.into(), OsString::from_vec(v))));
        pairs.extend(text.into_iter().map(|(n, v)| (n.into(), v.into())));
        pairs.extend(rest.into_iter().map(|(n, v)| {
            (OsString::from_vec(n), OsString::from_vec(v))
        }));
        let opening = UpEnvironment::read(pairs.clone()).unwrap();
        for name in ["ifconfig_local", "ifconfig_ipv6_local", "OPENVPN_TEMOIN_ORIGIN_IP"] {
            let attributes = &opening.attributes;
            let known = match name {
                "ifconfig_local" => attributes.assigned_ipv4.map(|it| it.value.into()),
                "ifconfig_ipv6_local" => attributes.assigned_ipv6.map(|it| it.value.into()),
                _ => attributes.origin_address.map(|it| it.value),
            };
            let doubted = opening.bad_variables.names().any(|doubted| doubted == name);
            match pairs.iter().find(|(other, _)| other == name) {
                None => assert!(known.is_none() && !doubted),
                Some((_, value)) => {
                    assert_ne!(known.is_some(), doubted);
                    assert!(known.is_none_or(|it| Some(Ok(it)) == value.to_str().map(str::parse)));
                }
            }
        }
        DownEnvironment::read(pairs).unwrap();
    }
}

struct EnvironmentDump {
    name: String,
    run: String,
    environment: Vec<(OsString, OsString)>,
}

impl EnvironmentDump {
    fn value(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(other, _)| other == name)?.1.to_str()
    }
}

/// The recorded environments of one script, in the order in which they were recorded.
fn dumps(hook: &str) -> Vec<EnvironmentDump> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/openvpn");
    let mut dumps = Vec::new();
    for run in fs::read_dir(root).unwrap().map(Result::unwrap) {
        if run.file_type().unwrap().is_file() {
            continue;
        }
        for file in fs::read_dir(run.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            let time = name.strip_prefix(&format!("client-{hook}-")).unwrap_or("");
            if time.starts_with(|c: char| c.is_ascii_digit()) {
                let text = fs::read_to_string(file.path()).unwrap();
                let lines = text.lines().filter(|line| !line.starts_with("##"));
                dumps.push(EnvironmentDump {
                    name,
                    run: run.file_name().into_string().unwrap(),
                    environment: lines
                        .map(|line| line.split_once('=').unwrap())
                        .map(|(name, value)| (name.into(), value.into()))
                        .collect(),
                });
            }
        }
    }
    assert!(dumps.len() >= 14, "{hook}: {}", dumps.len());
    dumps.sort_by(|one, other| one.name.cmp(&other.name));
    dumps
}

fn read(pairs: &[(&str, &str)]) -> UpEnvironment {
    let pairs = pairs.iter().map(|(name, value)| (name.into(), value.into()));
    UpEnvironment::read(pairs.collect::<Vec<_>>()).unwrap()
}

fn names(opening: &UpEnvironment) -> Vec<&str> {
    opening.bad_variables.names().collect()
}

/// The facts in a fixed order, a dash for what is unknown.
fn text(attributes: &Attributes) -> String {
    fn known<T: ToString>(fact: Option<temoin_core::session::Observed<T>>) -> String {
        fact.map_or_else(|| "-".to_owned(), |fact| fact.value.to_string())
    }
    [
        known(attributes.origin_address),
        known(attributes.origin_port),
        known(attributes.assigned_ipv4),
        known(attributes.assigned_ipv6),
        known(attributes.delegated_prefix),
        known(attributes.gateway),
        known(attributes.transport),
    ]
    .join(" ")
}
