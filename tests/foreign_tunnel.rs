//! An interface that has the name of the tunnel and is another program's: no session, and the doctor says
//! so. Real interfaces in a network namespace, which only root can make: `make tunnel-lifecycle`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::process::Command;

use support::Program;

#[test]
fn a_server_of_the_members_own_is_no_session_and_a_tunnel_that_carries_the_boxs_traffic_is_one() {
    let network = Network::new("temoin-foreign");
    let mut program = network.program();
    let config =
        "[tunnel]\ndevices = [\"tun0\"]\n[clock]\ntrust = \"always\"\n[origin]\nmethods = []\n";
    program.configure(config);
    network.ip("tuntap add dev tun0 mode tun");
    network.ip("addr add 10.8.0.1/24 dev tun0");
    network.ip("link set tun0 up");
    program.start_daemon();
    assert_eq!(program.json("status --json")["recorded"], 0);
    assert_eq!(program.json("held --json")["sessions"], 0);
    let said = |program: &Program, check: &str| -> Vec<String> {
        let report = program.json("doctor --json --lang fr");
        let findings = report["findings"].as_array().unwrap().iter();
        let wanted = findings.filter(|finding| finding["check"] == check);
        wanted.map(|finding| finding["text"].as_str().unwrap().to_owned()).collect()
    };
    let told = said(&program, "tunnel");
    assert!(
        told.len() == 1 && told[0].contains("rien ne dit que c’est le tunnel d’un client"),
        "{told:?}"
    );

    // The hooks speak of another interface than the one configured.
    program.hook("route-up");
    program.await_sessions("open");
    let told = said(&program, "tunnel");
    let other =
        told.iter().find(|text| text.contains("parlent de tun9")).expect("the hooks’ interface");
    assert!(other.contains("surveille tun0") && other.contains("devices = [\"tun9\"]"), "{other}");
    program.hook("route-down");
    program.await_sessions("closed");
    program.stop_daemon();

    for halves in ["0.0.0.0/1", "128.0.0.0/1"] {
        network.ip(&format!("route add {halves} dev tun0"));
    }
    program.start_daemon();
    let sessions = program.await_sessions("open closed");
    assert_eq!(sessions[0]["device"], "tun0");
    assert_eq!(sessions[0]["coverage"], "interface");
    assert!(said(&program, "tunnel").iter().all(|text| !text.contains("rien ne dit")));
    program.stop_daemon();
}

#[test]
fn the_doctor_says_what_in_openvpns_configuration_keeps_sessions_from_being_noted() {
    let mut program = Program::native();
    program.start_daemon();
    for _ in 0..3 {
        program.hook("route-up");
        program.hook("route-down");
    }
    program.await_sessions("closed closed closed");
    let file = program.directory().join("client.conf");
    fs::write(&file, "client\ndev tun\ncomp-lzo adaptive\nuser nobody\ngroup nogroup\n").unwrap();
    let doctor = format!("doctor --json --scripts-dir {}", program.scripts().display());
    let said = |text: &str| {
        let report = program.json(&doctor);
        let findings = report["findings"].as_array().unwrap();
        findings.iter().any(|finding| finding["text"].as_str().unwrap().contains(text))
    };
    let (user, compression) = ("has “user nobody”", "3 sessions ended in the last ten minutes");
    assert!(said(user) && said(compression));
    fs::write(&file, "client\ndev tun\nuser root\n").unwrap();
    assert!(!said("has “user") && !said(compression));
}

/// A network namespace, which goes with its interfaces.
struct Network(&'static str);

impl Network {
    fn new(name: &'static str) -> Self {
        let network = Self(name);
        network.remove();
        let made = Command::new("ip").args(["netns", "add", name]).status().expect("ip runs");
        assert!(made.success(), "the namespace {name}");
        network
    }

    fn program(&self) -> Program {
        let program = support::built("temoin").display().to_string();
        Program::new(["ip", "netns", "exec", self.0, &program].map(str::to_owned).to_vec())
    }

    fn ip(&self, words: &str) {
        let mut command = Command::new("ip");
        command.args(["-n", self.0]).args(words.split_whitespace());
        assert!(command.status().expect("ip runs").success(), "ip {words}");
    }

    fn remove(&self) {
        // There may be none.
        let _ = Command::new("ip").args(["netns", "del", self.0]).output();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.remove();
    }
}
