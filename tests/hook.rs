//! temoin's hook as OpenVPN runs it: it succeeds at once, whatever is wrong; what reaches the spool and
//! the system's log.
//!
//! This program stands in for `temoin`, whose log is always the system's, so that a test can read
//! what is logged: run with `--exact hook` it is the hook, and with `--exact worker` the second
//! process that the hook starts.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::env;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::{Uid, mkfifo, setuid};
use temoin_capture::openvpn::hook::{self, Hook};
use temoin_capture::spool::{Event, EventKind, Spool};
use temoin_capture::syslog::Syslog;
use temoin_core::session::{EndReason, Source};

#[test]
fn a_session_that_begins_and_ends_is_in_the_spool() {
    let fixture = HookFixture::with_spool();
    fixture.run(Hook::RouteUp, &session());
    fixture.run(Hook::RouteDown, &[("dev", "tun0"), ("signal", "sigterm")]);
    assert_eq!(fixture.log(), Vec::<String>::new());
    let [up, down] = fixture.events().try_into().unwrap();
    assert_eq!(up.device.as_str(), "tun0");
    assert_eq!(up.reading.boot, down.reading.boot);
    assert!(up.reading.uptime <= down.reading.uptime);
    let EventKind::Up { interface: None, attributes } = up.kind else { panic!("{up:?}") };
    assert_eq!(attributes.assigned_ipv4.unwrap().value.to_string(), "10.99.0.10");
    assert_eq!(down.kind, EventKind::Down { reason: EndReason::Stopped });
}

#[test]
fn the_kernels_number_of_an_interface_that_exists_is_kept() {
    let fixture = HookFixture::with_spool();
    fixture.run(Hook::RouteUp, &[("dev", "lo")]);
    let [event] = fixture.events().try_into().unwrap();
    let index: u32 =
        fs::read_to_string("/sys/class/net/lo/ifindex").unwrap().trim().parse().unwrap();
    assert!(matches!(event.kind, EventKind::Up { interface: Some(it), .. } if it == index));
}

#[test]
fn an_address_and_a_prefix_of_vpnclients_settings_are_told_of_its_tunnel() {
    if !Uid::effective().is_root() {
        return;
    }
    let fixture = HookFixture::with_spool();
    let settings = "ip6_addr: 2001:db8:42::2\nip6_net: '2001:db8:42::'\n";
    fs::write(fixture.path().join("settings.yml"), settings).unwrap();
    // YunoHost's directory and the tunnel that vpnclient's script has set up, of this test alone.
    let script = "mount -t tmpfs temoin /etc && mkdir -p /etc/yunohost/apps/vpnclient
        cp \"$1\" /etc/yunohost/apps/vpnclient && shift
        ip tuntap add tun0 mode tun && ip link set tun0 up
        ip address add 2001:db8:42::2/64 dev tun0 && exec \"$@\"";
    let hook = fixture.command(Hook::RouteUp, &session());
    let mut unshared = Command::new("unshare");
    unshared.args(["--mount", "--net", "sh", "-euc", script, "sh"]);
    unshared.arg(fixture.path().join("settings.yml")).arg(hook.get_program()).args(hook.get_args());
    unshared.envs(hook.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = unshared.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fixture.log(), Vec::<String>::new());
    let [event] = fixture.events().try_into().unwrap();
    let EventKind::Up { attributes, .. } = event.kind else { panic!() };
    let address = attributes.assigned_ipv6.unwrap();
    assert_eq!(
        (address.value.to_string().as_str(), address.source),
        ("2001:db8:42::2", Source::Interface)
    );
    let prefix = attributes.delegated_prefix.unwrap();
    let expected = ("2001:db8:42::/64", Source::VpnClientSettings);
    assert_eq!((prefix.value.to_string().as_str(), prefix.source), expected);
}

#[test]
fn hooks_at_the_same_time_leave_one_event_each() {
    let fixture = HookFixture::with_spool();
    let mut hooks: Vec<_> = (0..12)
        .map(|_| fixture.command(Hook::RouteUp, &session()).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    for hook in &mut hooks {
        assert!(hook.wait().unwrap().success());
    }
    assert_eq!(fixture.log(), Vec::<String>::new());
    assert_eq!(fixture.events().len(), 12);
}

#[test]
fn event_is_readable_by_the_spool_owner_under_debians_openvpn_unit() {
    if !Uid::effective().is_root() {
        return;
    }
    let fixture = HookFixture::with_spool();
    let spool = fixture.state().join("spool");
    chown(&spool, Some(65_534), Some(65_534)).unwrap();
    let unit = fs::read_to_string("/lib/systemd/system/openvpn@.service").unwrap();
    let bounds = unit.lines().find_map(|line| line.strip_prefix("CapabilityBoundingSet=")).unwrap();
    let bounds: String =
        bounds.split(' ').map(|name| name.to_lowercase().replace("cap_", ",+")).collect();
    let hook = fixture.command(Hook::RouteUp, &session());
    let mut bounded = Command::new("setpriv");
    bounded.arg(format!("--bounding-set=-all{bounds}")).arg(hook.get_program());
    bounded.args(hook.get_args()).env_clear();
    bounded.envs(hook.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = bounded.env("PATH", "/usr/bin:/bin").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fixture.log(), Vec::<String>::new());
    let written: Vec<PathBuf> =
        fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [event] = &written[..] else { panic!("{written:?}") };
    let read = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "cat"])
        .arg(event)
        .output()
        .unwrap();
    assert!(read.status.success() && !read.stdout.is_empty(), "{read:?}");
}

#[test]
fn without_a_spool_there_is_one_line_in_the_log_and_nothing_is_made() {
    let fixture = HookFixture::new();
    let output = fixture.run(Hook::RouteUp, &session());
    let line = fixture.only_line();
    assert!(line.contains("route-up is missing from the record: "), "{line}");
    assert!(line.contains("spool: there is no such directory; start the temoin service"), "{line}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("there is no such directory"));
    assert!(!fixture.state().join("spool").exists());
}

#[test]
fn a_spool_that_cannot_be_written_is_one_line_in_the_log() {
    let fixture = HookFixture::with_spool();
    fs::set_permissions(fixture.state().join("spool"), Permissions::from_mode(0o555)).unwrap();
    fixture.run(Hook::RouteUp, &[("dev", "tun0"), (UNPRIVILEGED, "1")]);
    let line = fixture.only_line();
    assert!(line.contains("/state/spool/") && line.contains("Permission denied"), "{line}");
    assert_eq!(fixture.events(), []);
}

#[test]
fn a_full_spool_is_one_line_in_the_log_and_takes_no_more() {
    let fixture = HookFixture::with_spool();
    let spool = fixture.state().join("spool");
    for number in 1..=Spool::CAPACITY {
        fs::write(spool.join(format!("{number:020}-{number:020}-{number:016x}")), "").unwrap();
    }
    fixture.run(Hook::RouteUp, &session());
    let line = fixture.only_line();
    assert!(line.contains("4096 events wait already"), "{line}");
    assert_eq!(fs::read_dir(spool).unwrap().count(), Spool::CAPACITY);
}

#[test]
fn a_link_in_the_spools_place_leads_nowhere() {
    let fixture = HookFixture::new();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), fixture.state().join("spool")).unwrap();
    fixture.run(Hook::RouteUp, &session());
    let line = fixture.only_line();
    assert!(line.contains("spool: not a directory"), "{line}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn an_environment_as_large_as_the_kernel_allows_is_no_trouble() {
    let fixture = HookFixture::with_spool();
    // The kernel passes at most six megabytes, and only where the stack may grow to four times that.
    let script = "ulimit -s unlimited || exit 9; value=$(head -c 100000 /dev/zero | tr '\\0' x)
        number=0; while [ $number -lt 55 ]; do number=$((number + 1)); export \"absurd$number=$value\"; done
        export trusted_ip=\"$value\"; exec \"$@\"";
    let hook = fixture.command(Hook::RouteUp, &[("dev", "tun0"), ("ifconfig_local", "10.99.0.10")]);
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(hook.get_program()).args(hook.get_args()).env_clear();
    shell.envs(hook.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let line = fixture.only_line();
    assert!(line.ends_with("so temoin leaves it unknown: trusted_ip"), "{line}");
    let [event] = fixture.events().try_into().unwrap();
    let EventKind::Up { attributes, .. } = event.kind else { panic!() };
    assert_eq!(attributes.assigned_ipv4.unwrap().value.to_string(), "10.99.0.10");
    assert_eq!(attributes.gateway, None);
}

#[test]
fn bytes_that_are_no_text_are_left_out_and_reported_without_their_value() {
    let fixture = HookFixture::with_spool();
    let bytes = OsString::from_vec(b"192.0.2.1\xff\x1b[2J".to_vec());
    let mut command = fixture.command(Hook::RouteUp, &session());
    let output = command.env("trusted_ip", &bytes).output().unwrap();
    assert!(output.status.success());
    let line = fixture.only_line();
    assert!(line.ends_with(": trusted_ip") && !line.contains("192.0.2.1"), "{line}");
    assert!(line.contains("<28>temoin["), "{line}");
    assert_eq!(fixture.events().len(), 1);
}

#[test]
fn an_environment_that_is_not_openvpns_is_one_line_in_the_log() {
    let fixture = HookFixture::with_spool();
    fixture.run(Hook::RouteDown, &[]);
    let line = fixture.only_line();
    assert!(line.contains("<27>temoin[") && line.contains("the variable dev is not set"), "{line}");
    assert_eq!(fixture.events(), []);
}

#[test]
fn a_worker_that_dies_is_one_line_in_the_log_and_no_failure() {
    let fixture = HookFixture::with_spool();
    fixture.run(Hook::RouteUp, &[("dev", "tun0"), (DIE, "1")]);
    let line = fixture.only_line();
    assert!(line.contains("ended before it was done"), "{line}");
    assert_eq!(fixture.events(), []);
}

#[test]
fn a_worker_that_hangs_is_left_behind_and_finishes_when_it_can() {
    let fixture = HookFixture::with_spool();
    let gate = fixture.path().join("gate");
    mkfifo(&gate, Mode::S_IRWXU).unwrap();
    // Closed when this test ends in any way, and then the worker goes on.
    let closed = fs::File::options().read(true).write(true).open(&gate).unwrap();
    fixture.run(Hook::RouteUp, &[("dev", "tun0"), (GATE, gate.to_str().unwrap())]);
    let line = fixture.only_line();
    assert!(line.contains("recording the tunnel takes long"), "{line}");
    assert_eq!(fixture.events(), []);
    drop(closed);
    while fixture.events().is_empty() {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(fixture.log(), Vec::<String>::new());
}

#[test]
#[ignore = "stands in for `temoin hook`"]
fn hook() {
    // Long enough that only a worker which hangs is left behind, wherever this runs.
    let patience = if env::var_os(GATE).is_some() { 1 } else { 60 };
    let arguments = ["--exact", "--ignored", "--nocapture", "worker"];
    hook::supervise(arguments, Duration::from_secs(patience), &syslog());
}

#[test]
#[ignore = "stands in for the process that `temoin hook` starts"]
fn worker() {
    if let Some(gate) = env::var_os(GATE) {
        fs::File::open(gate).unwrap().read_to_end(&mut Vec::new()).unwrap();
    }
    if env::var_os(DIE).is_some() {
        std::process::abort();
    }
    if env::var_os(UNPRIVILEGED).is_some() && Uid::effective().is_root() {
        setuid(Uid::from_raw(65_534)).unwrap();
    }
    let hook = Hook::from_name(&env::var(HOOK).unwrap()).unwrap();
    let state = PathBuf::from(env::var_os(STATE).unwrap());
    hook::record(hook, &state, env::vars_os(), &syslog());
}

fn syslog() -> Syslog {
    Syslog::at(PathBuf::from(env::var_os(LOG).unwrap()))
}

const DIE: &str = "TEST_DIE";
const GATE: &str = "TEST_GATE";
const HOOK: &str = "TEST_HOOK";
const LOG: &str = "TEST_LOG";
const STATE: &str = "TEST_STATE";
const UNPRIVILEGED: &str = "TEST_UNPRIVILEGED";

/// A state directory and a system's log of a test's own.
struct HookFixture {
    directory: tempfile::TempDir,
    socket: UnixDatagram,
}

impl HookFixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(directory.path().join("log")).unwrap();
        socket.set_nonblocking(true).unwrap();
        // The user that a test switches to must still find the spool and the log.
        for path in [directory.path(), &directory.path().join("log")] {
            fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
        }
        fs::create_dir(directory.path().join("state")).unwrap();
        Self { directory, socket }
    }

    fn with_spool() -> Self {
        let fixture = Self::new();
        Spool::create(&fixture.state()).unwrap();
        fixture
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    fn command(&self, hook: Hook, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "--ignored", "--nocapture", "--quiet", "hook"])
            .env_clear()
            .envs(environment.iter().copied())
            .env(HOOK, hook.name())
            .env(LOG, self.path().join("log"))
            .env(STATE, self.state());
        command
    }

    /// Runs a hook, which must succeed.
    fn run(&self, hook: Hook, environment: &[(&str, &str)]) -> Output {
        let output = self.command(hook, environment).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output
    }

    /// The lines that have come into the log since it was last asked.
    fn log(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = [0; 2048];
        while let Ok(length) = self.socket.recv(&mut line) {
            lines.push(String::from_utf8(line[..length].to_vec()).unwrap());
        }
        lines
    }

    fn only_line(&self) -> String {
        let mut lines = self.log();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.pop().unwrap()
    }

    fn events(&self) -> Vec<Event> {
        let spool = Spool::open(&self.state()).unwrap();
        let names = spool.waiting().unwrap();
        names.into_iter().map(|name| spool.read(name).unwrap()).collect()
    }
}

fn session() -> [(&'static str, &'static str); 5] {
    [
        ("dev", "tun0"),
        ("proto_1", "udp"),
        ("trusted_ip", "198.51.100.1"),
        ("trusted_port", "1194"),
        ("ifconfig_local", "10.99.0.10"),
    ]
}
