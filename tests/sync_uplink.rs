//! What the home network sees of a sync request: nothing but the tunnel. In the network
//! lab, where the box has a route to the operator's responder that leads past the tunnel.
//!
//! These tests need root and the packages that `make setup` installs.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

#[path = "support/responder.rs"]
mod responder;

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, fs, thread};

use responder::{OperatorStub, TestCertificate, TestResponder, body, http};
use support::{Lab, await_value, now};
use temoin_core::assessment::RegistrationState;
use temoin_core::session::{SessionId, Timestamp};
use temoin_journal::Reader;

/// The VPN server.
const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// The operator's responder: not on the VPN server's own address, to which OpenVPN's client lets nothing
/// through the tunnel.
const RESPONDER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
const PORT: u16 = 8443;

/// The home router.
const ROUTER: Ipv4Addr = Ipv4Addr::new(192, 168, 77, 1);

/// The variable that makes this test program be the responder, and names a directory for what it has
/// to say.
const ROLE: &str = "TEMOIN_TEST_RESPONDER";

#[test]
fn no_packet_of_a_request_bypasses_the_tunnel() {
    if let Some(directory) = env::var_os(ROLE) {
        respond(Path::new(&directory));
    }
    let lab = Lab::up("--push origin --daemon-origin operator-push");
    let said = lab.state().join("responder");
    fs::create_dir(&said).unwrap();
    let _responder = in_namespace(&lab, "OPERATOR", &env::current_exe().unwrap())
        .args(["--exact", "no_packet_of_a_request_bypasses_the_tunnel"])
        .env(ROLE, &said)
        .stdout(Stdio::null())
        .spawn()
        .map(KillOnDrop)
        .unwrap();
    let profile = await_value("a responder", || fs::read_to_string(said.join("profile.toml")).ok());
    fs::create_dir(lab.state().join("profiles.d")).unwrap();
    fs::write(lab.state().join("profiles.d/template.toml"), profile).unwrap();
    let configuration = lab.state().join("temoin.toml");
    let text = fs::read_to_string(&configuration).unwrap();
    let sync = "[operator]\nprofile = \"template\"\n[sync]\nenabled = true\n";
    fs::write(&configuration, format!("{text}{sync}")).unwrap();

    let capture = UplinkCapture::begin(&lab, "asked");
    lab.run(&format!("box ip route add {RESPONDER} via {ROUTER}"));
    lab.run("daemon start; client start; wait up");
    let session = lab.await_sessions("open").remove(0);
    await_value("a registration", || {
        let reader = Reader::open(&lab.record()).unwrap()?;
        let sync_state = reader.sync_states(&session.id.parse().unwrap()).unwrap().pop()?;
        matches!(sync_state.registration, RegistrationState::Bound { .. }).then_some(())
    });
    let learnt = lab.run("temoin --lang en sync");
    assert!(learnt.contains("held, to be erased by"), "{learnt}");
    let (tunnel, others) = capture.end();
    assert!(tunnel > 10 && others.is_empty(), "{tunnel} packets of the tunnel's, and:\n{others}");

    // Both came from the address that the operator assigned.
    let assigned = session.assigned_ipv4.unwrap().value;
    let expected =
        format!("{assigned} POST /temoin/2/register\n{assigned} POST /temoin/2/status\n");
    let heard = || fs::read_to_string(said.join("heard")).ok();
    await_value(&expected, || heard().filter(|heard| *heard == expected));

    // A careless client bypasses the tunnel, and is seen.
    let capture = UplinkCapture::begin(&lab, "careless");
    lab.run(&format!("box socat -u /dev/null TCP:{RESPONDER}:{PORT}"));
    let (_, others) = capture.end();
    assert!(others.contains(&format!("{RESPONDER}.{PORT}")), "{others}");
}

/// Answers in the operator's network until the lab is taken down: binds each ID, and writes down
/// what was asked from where.
fn respond(directory: &Path) -> ! {
    let identity = TestCertificate::new(&["elsewhere.example"], 2090);
    let store = OperatorStub::new(present());
    let base = format!("https://{RESPONDER}:{PORT}");
    let profile = TestResponder::profile(&base, &store.key.public(), &identity);
    let store = Arc::new(Mutex::new(store));
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT));
    let responder = TestResponder::at(address, &identity, move |request, stream| {
        let mut store = store.lock().unwrap();
        store.at = present();
        if request.starts_with(b"POST /temoin/2/register ") {
            let id = SessionId::from_bytes(body(request).try_into().unwrap());
            store.hold(id, "2090-01-01");
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        } else {
            stream.write_all(&http("200 OK", &store.answer(request)))?;
        }
        stream.flush()?;
        // What comes after an answer, at the least the end of TLS, comes later. A box that does not wait
        // for it leaves its kernel to reply, which asks the routes. Several packets: the reply to the
        // first one still knows its connection.
        thread::sleep(Duration::from_millis(200));
        stream.write_all(&[0; 16 * 1024])
    });
    let whole = directory.join("profile.new");
    fs::write(&whole, profile).unwrap();
    fs::rename(whole, directory.join("profile.toml")).unwrap();
    loop {
        thread::sleep(Duration::from_millis(50));
        let mut text = String::new();
        for heard in responder.received_requests() {
            let line = heard.request.split(|byte| *byte == b'\r').next().unwrap();
            let line = String::from_utf8_lossy(line);
            let _ = writeln!(text, "{} {}", heard.from, line.trim_end_matches(" HTTP/1.1"));
        }
        let whole = directory.join("heard.new");
        fs::write(&whole, text).unwrap();
        fs::rename(whole, directory.join("heard")).unwrap();
    }
}

/// What passes the box's uplink.
struct UplinkCapture {
    tcpdump: Child,
    file: PathBuf,
}

impl UplinkCapture {
    fn begin(lab: &Lab, name: &str) -> Self {
        let file = lab.state().join(format!("{name}.pcap"));
        let tcpdump = in_namespace(lab, "BOX", Path::new("tcpdump"))
            .args(["--immediate-mode", "-Z", "root", "-U", "-i", "eth0", "-w"])
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        await_value("tcpdump", || fs::metadata(&file).ok().filter(|it| it.len() > 0));
        Self { tcpdump, file }
    }

    /// How many packets were the tunnel's own, and a line for each other one but for what the network
    /// itself says: who has which address.
    fn end(mut self) -> (usize, String) {
        // What was sent last may still be on its way to the file.
        thread::sleep(Duration::from_millis(500));
        let pid = nix::unistd::Pid::from_raw(self.tcpdump.id().try_into().unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        self.tcpdump.wait().unwrap();
        let tunnel = format!("host {SERVER} and udp port 1194");
        let lines = |filter: &str| {
            let output =
                Command::new("tcpdump").args(["-n", "-r"]).arg(&self.file).arg(filter).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let others = lines(&format!(
            "not ({tunnel}) and not arp and not icmp6 \
             and not (dst host ff02::16)"
        ));
        (lines(&tunnel).lines().count(), others)
    }
}

/// A process that ends with the test.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for UplinkCapture {
    fn drop(&mut self) {
        let _ = self.tcpdump.kill();
        let _ = self.tcpdump.wait();
    }
}

/// A command in one of the lab's namespaces, by its name in `lab.env`.
fn in_namespace(lab: &Lab, whose: &str, program: &Path) -> Command {
    let names = fs::read_to_string(lab.state().join("lab.env")).unwrap();
    let line = names.lines().find_map(|line| line.strip_prefix(&format!("{whose}="))).unwrap();
    let mut command = Command::new("ip");
    command.args(["netns", "exec", line.trim_matches('"')]).arg(program);
    command
}

fn present() -> Timestamp {
    Timestamp::from_milliseconds(now()).unwrap()
}
