//! The operator's hooks as each user that OpenVPN may run them as, in the ways that administrators call
//! them, and against what the service's user may have put in their way. Root alone can be each of
//! these users: without root nothing is tested here, but the ways.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

#[path = "support/gateway.rs"]
mod gateway;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use temoin_operator::Location;

use gateway::TestGateway;
use support::await_value;

/// The user who serves, and whose the configuration, the spool and the record are.
const SERVICE: u32 = 64_321;

/// What Debian's units leave to OpenVPN: `CapabilityBoundingSet` of `openvpn@.service`.
const DEBIAN: &str = "--bounding-set=-all,+ipc_lock,+net_admin,+net_bind_service,+net_raw,+setgid,\
    +setuid,+setpcap,+sys_chroot,+dac_override,+audit_write";

/// A gateway whose files are the service's.
fn installed(lines: &str) -> TestGateway {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(directory.path().join("record/record.db"));
    let gateway = TestGateway::empty(directory, location);
    fs::set_permissions(gateway.path(""), Permissions::from_mode(0o755)).unwrap();
    chown(gateway.path(""), Some(SERVICE), Some(SERVICE)).unwrap();
    gateway.configure(lines);
    chown(gateway.path("operator.toml"), Some(SERVICE), Some(SERVICE)).unwrap();
    assert!(as_service(&gateway.command(&["init"])).status().unwrap().success());
    gateway
}

/// The same command by the service's user.
fn as_service(command: &Command) -> Command {
    wrapped(command, &["setpriv", "--reuid=64321", "--regid=64321", "--clear-groups"])
}

/// A command as what follows the words of another one.
fn wrapped(command: &Command, words: &[&str]) -> Command {
    let mut wrapped = Command::new(words[0]);
    wrapped.args(&words[1..]).arg(command.get_program()).args(command.get_args()).env_clear();
    wrapped.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    wrapped
}

/// A hook of a client, as OpenVPN would start it.
fn hook(gateway: &TestGateway, number: u8, words: &[&str]) -> Command {
    let mut command = gateway.command(words);
    command.envs(gateway.client(number));
    command
}

struct Serving(Child);

impl Serving {
    fn start(gateway: &TestGateway) -> Self {
        let child = as_service(&gateway.command(&["serve"])).stderr(Stdio::null()).spawn().unwrap();
        let serving = Self(child);
        await_value("a socket for hooks", || gateway.path("hook.sock").exists().then_some(()));
        await_value("a responder", || gateway.path("serve.sock").exists().then_some(()));
        serving
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sessions(gateway: &TestGateway) -> u64 {
    gateway.store().stats().unwrap().sessions
}

fn await_sessions(gateway: &TestGateway, count: u64) {
    await_value("the sessions", || (sessions(gateway) == count).then_some(()));
}

#[test]
fn whichever_user_openvpn_has_its_sessions_are_recorded() {
    if !Uid::effective().is_root() {
        return;
    }
    let gateway = installed("[gateway]\nopenvpn_user = \"nobody\"\n");
    let ways: [&[&str]; 4] = [
        &["setpriv", DEBIAN],
        &["env"],
        &["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"],
        &["setpriv", "--reuid=64321", "--regid=64321", "--clear-groups"],
    ];
    let serving = Serving::start(&gateway);
    let mut number = 0_u8;
    for way in ways {
        for name in ["client-connect", "client-disconnect"] {
            number += u8::from(name == "client-connect");
            let output = wrapped(&hook(&gateway, number, &["hook", name]), way).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{way:?}: {output:?}");
        }
        await_sessions(&gateway, number.into());
    }
    // Another one, even of the web server's group, is not admitted.
    let other = ["setpriv", "--reuid=64322", "--regid=www-data", "--clear-groups"];
    let output = wrapped(&hook(&gateway, 9, &["hook", "client-connect"]), &other).output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("missing from the record") && said.contains("openvpn_user"), "{said}");
    drop(serving);

    // Where nobody serves, root becomes the service's user, and Debian's root can too.
    for way in [ways[0], ways[1], ways[3]] {
        number += 1;
        let command = hook(&gateway, number, &["hook", "client-connect"]);
        let output = wrapped(&command, way).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{way:?}: {output:?}");
    }
    assert!(as_service(&gateway.command(&["take"])).status().unwrap().success());
    assert_eq!(sessions(&gateway), u64::from(number));
    for entry in fs::read_dir(gateway.path("spool")).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().uid(), SERVICE);
    }
}

#[test]
fn root_touches_nothing_of_the_services_user_as_root() {
    if !Uid::effective().is_root() {
        return;
    }
    let gateway = installed("");
    let (target, made) = (gateway.path("target"), gateway.path("made"));
    fs::write(&target, "root's").unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o600)).unwrap();
    let spool = gateway.path("spool");
    for (name, to) in [(".persists", &target), ("0000000000", &target), ("0000000001", &made)] {
        symlink(to, spool.join(name)).unwrap();
    }
    fs::create_dir(spool.join("0000000002")).unwrap();
    fs::write(spool.join("+5"), "x").unwrap();
    assert!(Command::new("mkfifo").arg(spool.join("0000000003")).status().unwrap().success());
    // Where events are kept from being recorded, as long as a hook may try.
    for busy in [true, false] {
        let connection = rusqlite::Connection::open(gateway.path("record/record.db")).unwrap();
        connection.execute_batch(if busy { "BEGIN EXCLUSIVE" } else { "SELECT 1" }).unwrap();
        let began = Instant::now();
        let output = hook(&gateway, 1, &["hook", "client-connect"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    }
    let found = fs::metadata(&target).unwrap();
    assert_eq!((found.uid(), found.mode() & 0o777), (0, 0o600));
    assert_eq!(fs::read_to_string(&target).unwrap(), "root's");
    assert!(!made.exists());
    // What was in the way is set aside, and stops neither what follows nor an erasure.
    let erased = as_service(&gateway.command(&["erase"])).output().unwrap();
    assert!(erased.status.success(), "{erased:?}");
    assert_eq!(sessions(&gateway), 1);
    let stats = gateway.run(&["stats"]);
    assert!(stats.contains("waiting      0") && stats.contains("set aside    4"), "{stats}");

    // A configuration that leads root elsewhere is read as its owner.
    let elsewhere = gateway.path("root-only");
    fs::create_dir(&elsewhere).unwrap();
    fs::set_permissions(&elsewhere, Permissions::from_mode(0o700)).unwrap();
    let text = fs::read_to_string(gateway.path("operator.toml")).unwrap();
    let led = text.replace(&spool.display().to_string(), &elsewhere.display().to_string());
    fs::write(gateway.path("operator.toml"), led).unwrap();
    let output = hook(&gateway, 2, &["hook", "client-connect"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("missing from the record"), "{said}");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn however_a_script_calls_it_the_server_is_not_held_up() {
    let gateway = TestGateway::sqlite();
    let directory = gateway.path("");
    // The record is away for longer than anybody would wait.
    let connection = rusqlite::Connection::open(gateway.path("record/record.db")).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let program = env!("CARGO_BIN_EXE_temoin-operator");
    let ways = [
        format!("{program} --config operator.toml hook client-connect '' --more 'and more'"),
        format!("{program} --config ./operator.toml hook client-disconnect surplus -x --yes"),
        format!(
            "{program} --config {}/operator.toml hook client-connect 2>&1 | cat",
            directory.display()
        ),
    ];
    let mut serving = Some(gateway.serve());
    for most in [1, 3] {
        for (number, way) in (1..).zip(&ways) {
            let began = Instant::now();
            let mut shell = Command::new("sh");
            shell.args(["-c", way]).current_dir(&directory).env_clear();
            shell.env("PATH", "/usr/bin:/bin").envs(gateway.client(number));
            let output = shell.output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{way}: {output:?}");
            assert!(output.stdout.is_empty(), "{way}: {output:?}");
            let held_up = began.elapsed();
            assert!(held_up < Duration::from_secs(most), "{way}: {held_up:?}");
        }
        serving = None;
    }
    drop(serving);
    drop(connection);
    gateway.take();
    assert_eq!(sessions(&gateway), 3);
}

#[test]
fn what_serves_may_hang_or_die_and_no_session_is_lost() {
    let gateway = TestGateway::sqlite();
    let serving = gateway.serve();
    let stopped = Pid::from_raw(serving.id());
    kill(stopped, Signal::SIGSTOP).unwrap();
    let began = Instant::now();
    assert_eq!(gateway.hook("client-connect", &gateway.client(1), None), "");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    kill(stopped, Signal::SIGCONT).unwrap();
    gateway.await_counts(1, 1);
    drop(serving);
    assert_eq!(gateway.hook("client-disconnect", &gateway.client(1), None), "");
    gateway.await_counts(1, 0);
}

#[test]
fn hooks_at_once_are_all_recorded() {
    let gateway = TestGateway::sqlite();
    let _serving = gateway.serve();
    let hooks: Vec<Child> = (1..=60)
        .map(|number| hook(&gateway, number, &["hook", "client-connect"]).spawn().unwrap())
        .collect();
    for mut hook in hooks {
        assert!(hook.wait().unwrap().success());
    }
    gateway.await_counts(60, 60);
}

/// A small file system in memory, mounted for a test.
struct SmallDisk<'a>(&'a Path);

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_hook_that_is_lost_on_a_full_disk_is_counted_and_nobody_is_bound_to_what_may_be_another_s() {
    if !Uid::effective().is_root() {
        return;
    }
    let gateway = TestGateway::sqlite();
    let spool = gateway.path("spool");
    fs::remove_dir_all(&spool).unwrap();
    fs::create_dir(&spool).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=32k,mode=700", "tmpfs"])
        .arg(&spool)
        .status()
        .unwrap();
    assert!(mounted.success());
    let _disk = SmallDisk(&spool);
    gateway.run(&["init"]);
    let id = |number: u8| temoin_core::session::SessionId::from_bytes([number; 32]);
    for is_served in [true, false] {
        let first = if is_served { 1 } else { 11 };
        let serving = gateway.serve();
        assert_eq!(gateway.hook("client-connect", &gateway.client(first), None), "");
        let mut stays = gateway.client(first + 1);
        stays.insert("untrusted_port".to_owned(), "7".to_owned());
        assert_eq!(gateway.hook("client-connect", &stays, None), "");
        await_value("both", || (gateway.store().stats().unwrap().open >= 2).then_some(()));
        assert_eq!(gateway.register(&format!("10.99.0.1{}", first + 1), id(first + 1)), 204);
        let mut serving = Some(serving);
        if !is_served {
            serving = None;
        }

        // The first leaves, another gets the address, and there is no space for either hook.
        let _ = fs::write(spool.join("filler"), vec![1; 64_000]);
        let said = gateway.hook("client-disconnect", &gateway.client(first), None);
        assert!(said.contains("missing from the record"), "{said}");
        let mut second = gateway.client(first);
        second.insert("untrusted_ip".to_owned(), "198.51.100.99".to_owned());
        second.insert("time_unix".to_owned(), "1795415800".to_owned());
        let said = gateway.hook("client-connect", &second, None);
        assert!(said.contains("missing from the record"), "{said}");
        fs::remove_file(spool.join("filler")).unwrap();
        let serving = serving.unwrap_or_else(|| gateway.serve());

        let address = format!("10.99.0.1{first}");
        assert_eq!(gateway.register(&address, id(first)), 404);
        let lost = if is_served { 2 } else { 4 };
        let stats = gateway.run(&["stats"]);
        assert!(stats.contains(&format!("lost         {lost}")), "{stats}");
        // What was bound stays so, and whoever comes from now on is bound again.
        second.insert("time_unix".to_owned(), "1795415900".to_owned());
        assert_eq!(gateway.hook("client-connect", &second, None), "");
        assert_eq!(gateway.register(&address, id(first)), 204);
        drop(serving);
    }
}

#[test]
fn nobody_is_bound_while_an_event_waits() {
    let gateway = TestGateway::sqlite();
    let _serving = gateway.serve();
    assert_eq!(gateway.hook("client-connect", &gateway.client(1), None), "");
    gateway.await_counts(1, 1);
    let connection = rusqlite::Connection::open(gateway.path("record/record.db")).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut second = gateway.client(1);
    second.insert("untrusted_ip".to_owned(), "198.51.100.99".to_owned());
    second.insert("time_unix".to_owned(), "1795415800".to_owned());
    assert_eq!(gateway.hook("client-disconnect", &gateway.client(1), None), "");
    assert_eq!(gateway.hook("client-connect", &second, None), "");
    // The second asks at the moment at which the record can be written again.
    let asked = thread::scope(|scope| {
        let asking = scope.spawn(|| gateway.register("10.99.0.11", gateway.id()));
        thread::sleep(Duration::from_millis(300));
        connection.execute_batch("ROLLBACK").unwrap();
        asking.join().unwrap()
    });
    assert!(matches!(asked, 204 | 503), "{asked}");
    gateway.await_counts(2, 1);
    assert_eq!(gateway.register("10.99.0.11", gateway.id()), 204);
    let mut ids = [temoin_core::session::SessionId::from_bytes([0; 32]); 64];
    ids[0] = gateway.id();
    let held = gateway.store().look_up(&ids).unwrap().remove(&gateway.id()).unwrap();
    assert_eq!(held.record.origin_address, "198.51.100.99".parse().ok());
}
