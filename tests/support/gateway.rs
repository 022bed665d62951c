//! A machine with a VPN server, and temoin-operator beside it.
#![allow(
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a part of several test programs, each of which uses its own share"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use temoin_operator::{Location, Store};
use tempfile::TempDir;

use super::support::{Cluster, await_value};

/// A machine with a VPN server, and temoin-operator beside it.
pub struct TestGateway {
    directory: TempDir,
    location: Location,
}

impl TestGateway {
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(directory.path().join("record/record.db"));
        Self::made(directory, location)
    }

    pub fn postgres() -> Self {
        let location = Location::Postgres(Cluster::shared().database());
        Self::made(tempfile::tempdir().unwrap(), location)
    }

    /// Another one that shares a record.
    pub fn at(location: &Location) -> Self {
        Self::made(tempfile::tempdir().unwrap(), location.clone())
    }

    fn made(directory: TempDir, location: Location) -> Self {
        let gateway = Self::empty(directory, location);
        gateway.run(&["init"]);
        gateway
    }

    /// One with nothing but its configuration.
    pub fn empty(directory: TempDir, location: Location) -> Self {
        let gateway = Self { directory, location };
        gateway.configure("");
        gateway
    }

    /// Where its record is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Writes a configuration with these lines in it.
    pub fn configure(&self, lines: &str) {
        let store = match &self.location {
            Location::Postgres(url) => url.clone(),
            Location::Sqlite(path) => path.display().to_string(),
        };
        let path = |name: &str| self.path(name).display().to_string();
        let (spool, socket, key) = (path("spool"), path("serve.sock"), path("signing.key"));
        let lines = lines.strip_prefix("[gateway]\n").unwrap_or(lines);
        let text = format!(
            "[store]\nlocation = {store:?}\n[serve]\nlisten = {socket:?}\nsigning_key = {key:?}\n\
             [gateway]\nspool = {spool:?}\n{lines}"
        );
        fs::write(self.path("operator.toml"), text).unwrap();
    }

    /// A file of its.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn store(&self) -> Store {
        Store::open(&self.location).unwrap()
    }

    pub fn id(&self) -> temoin_core::session::SessionId {
        temoin_core::session::SessionId::from_bytes([7; 32])
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_temoin-operator"));
        command.arg("--config").arg(self.path("operator.toml")).args(arguments).env_clear();
        command
    }

    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Begins to answer boxes, until what this returns is dropped.
    pub fn serve(&self) -> ServeProcess {
        let serving = ServeProcess(self.command(&["serve"]).spawn().unwrap());
        await_value("a responder", || UnixStream::connect(self.path("serve.sock")).ok());
        serving
    }

    /// The status that a box gets which registers from this address.
    pub fn register(&self, source: &str, id: temoin_core::session::SessionId) -> u16 {
        let body = temoin_protocol::RegisterRequest::new(id).to_bytes();
        let head = format!(
            "POST /temoin/2/register HTTP/1.1\r\nContent-Type: application/octet-stream\r\n\
             Content-Length: {}\r\nX-Real-IP: {source}\r\n\r\n",
            body.len()
        );
        let mut stream = UnixStream::connect(self.path("serve.sock")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        answer[9..12].parse().unwrap()
    }

    /// Runs a hook as OpenVPN does; returns its error output.
    pub fn hook(
        &self,
        name: &str,
        environment: &BTreeMap<String, String>,
        dynamic: Option<&Path>,
    ) -> String {
        let mut command = self.command(&["hook", name]);
        let errors = fs::File::create(self.path("errors")).unwrap();
        // A file, since the part of the hook that goes on would hold a pipe open.
        command.args(dynamic).envs(environment).stderr(errors);
        let Output { status, .. } = command.output().unwrap();
        assert!(status.success(), "{status}");
        fs::read_to_string(self.path("errors")).unwrap()
    }

    /// What OpenVPN says of a client, in which client `number` differs from others.
    pub fn client(&self, number: u8) -> BTreeMap<String, String> {
        let path = "tests/fixtures/openvpn/R4-server-restart/\
                    server-client-connect-1795415741.688405840.env";
        let text =
            fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path))
                .unwrap();
        let lines = text.lines().filter_map(|line| line.split_once('='));
        let mut environment: BTreeMap<String, String> =
            lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        environment.remove("client_connect_config_file");
        for (name, value) in [
            ("untrusted_ip", format!("203.0.113.{number}")),
            ("untrusted_port", (40_000 + u16::from(number)).to_string()),
            ("ifconfig_pool_remote_ip", format!("10.99.0.1{number}")),
            ("ifconfig_pool_remote_ip6", format!("2001:db8:99::{number}")),
        ] {
            environment.insert(name.to_owned(), value);
        }
        environment
    }

    /// How many events wait in the spool.
    pub fn waiting(&self) -> usize {
        let names = fs::read_dir(self.path("spool")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).count()
    }

    /// Delivers the spooled events, which a background hook may do too.
    pub fn take(&self) {
        let until = Instant::now() + Duration::from_secs(90);
        while self.waiting() > 0 {
            assert!(Instant::now() < until, "events still wait");
            let _ = self.command(&["take"]).output().unwrap();
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until so many sessions are recorded, of which so many last.
    pub fn await_counts(&self, sessions: u64, open: u64) {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let stats = self.store().stats().unwrap();
            if (stats.sessions, stats.open) == (sessions, open) {
                return;
            }
            assert!(Instant::now() < until, "{stats:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// `temoin-operator serve`, which dropping this kills as `kill -9` does.
pub struct ServeProcess(Child);

impl ServeProcess {
    pub fn id(&self) -> i32 {
        self.0.id().try_into().unwrap()
    }

    /// Tells it to end, as a service manager does, and waits until it has.
    pub fn terminate(mut self) -> std::process::ExitStatus {
        let pid = nix::unistd::Pid::from_raw(self.id());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        self.0.wait().unwrap()
    }
}

impl Drop for ServeProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
