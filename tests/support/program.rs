use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::{NamedTempFile, TempDir};

/// What OpenVPN's environment says of a tunnel in these tests.
pub const TUNNEL: [(&str, &str); 10] = [
    ("dev", "tun9"),
    ("trusted_ip", "198.51.100.1"),
    ("trusted_port", "1194"),
    ("proto_1", "udp4"),
    ("ifconfig_local", "192.0.2.10"),
    ("ifconfig_ipv6_local", "2001:db8:99::10"),
    ("OPENVPN_DELEGATED_IPv6_PREFIX", "2001:db8:1::/56"),
    ("OPENVPN_TEMOIN_ORIGIN_IP", "203.0.113.7"),
    ("OPENVPN_TEMOIN_ORIGIN_PORT", "47525"),
    ("signal", "exit-with-notification"),
];

/// What nginx says of a member who has logged in at YunoHost: `printf camille:- | base64`.
pub const LOGIN: &str = "Ynh-User: camille\r\nAuthorization: Basic Y2FtaWxsZTot\r\n";

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A `temoin` program with a record of its own.
pub struct Program {
    command: Vec<String>,
    directory: TempDir,
    daemon: Option<Child>,
    /// Beside the directory: what a service manager keeps of a log is none of the program's files.
    log: NamedTempFile,
}

impl Program {
    /// The program that `command` runs, with an empty record.
    pub fn new(command: Vec<String>) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let log = NamedTempFile::new().expect("a file for the log");
        let program = Self { command, directory, daemon: None, log };
        // The interface of these tests is not there, and nobody is asked for an origin.
        program.configure(
            "[tunnel]\ndevices = [\"tun9\"]\n[clock]\ntrust = \"always\"\n[origin]\nmethods = []\n",
        );
        program
    }

    /// The program for this machine.
    pub fn native() -> Self {
        Self::new(vec![super::built("temoin").display().to_string()])
    }

    pub fn configure(&self, text: &str) {
        fs::write(self.configuration(), text).expect("the configuration");
    }

    pub fn configuration(&self) -> PathBuf {
        self.directory.path().join("temoin.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    pub fn scripts(&self) -> PathBuf {
        self.directory.path().join("scripts")
    }

    /// The page's socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("page.sock")
    }

    /// A command of the program, in English and in UTC.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(&self.command[0]);
        command
            .args(&self.command[1..])
            .arg("--state-dir")
            .arg(self.state())
            .arg("--config")
            .arg(self.configuration())
            .args(words.split_whitespace())
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("TMPDIR", self.directory());
        command
    }

    /// Where everything is that the program may write: record, configuration, temporary files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn run(&self, words: &str) -> Output {
        self.command(words).output().expect("temoin runs")
    }

    /// What a command that must succeed prints.
    pub fn print(&self, words: &str) -> String {
        let output = self.run(words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "temoin {words}: {:?} {errors}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    /// What a command prints as JSON, whether or not it succeeds.
    pub fn json(&self, words: &str) -> serde_json::Value {
        let output = self.run(words);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("temoin {words}: {error}: {}", String::from_utf8_lossy(&output.stderr))
        })
    }

    /// Runs a hook as OpenVPN does; it must succeed, whatever it does.
    pub fn hook(&self, words: &str) {
        let output = self.command(&format!("hook {words}")).envs(TUNNEL).output().expect("runs");
        assert!(output.status.success(), "hook {words}: {:?}", output.status);
    }

    /// Starts the daemon with its page on a socket.
    pub fn start_daemon(&mut self) {
        let socket = self.socket();
        let mut command = self.command("daemon");
        command.arg("--socket").arg(&socket);
        self.start(command);
        await_value("the page's socket", || UnixStream::connect(&socket).ok());
    }

    /// Suspends the daemon, as on a box that is busy with something else.
    pub fn pause_daemon(&self) {
        self.signal_daemon(nix::sys::signal::Signal::SIGSTOP);
    }

    pub fn resume_daemon(&self) {
        self.signal_daemon(nix::sys::signal::Signal::SIGCONT);
    }

    fn signal_daemon(&self, signal: nix::sys::signal::Signal) {
        let pid = self.daemon.as_ref().expect("a daemon").id().try_into().expect("a pid");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).expect("a signal");
    }

    /// Starts the daemon with its page on a port that is free, and returns its address.
    pub fn start_daemon_on_a_port(&mut self) -> SocketAddr {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = free.local_addr().expect("its address");
        drop(free);
        self.start(self.command(&format!("daemon --listen {address}")));
        await_value("the page's port", || TcpStream::connect(address).ok());
        address
    }

    fn start(&mut self, mut command: Command) {
        let log = fs::File::create(self.log.path()).expect("a file for the log");
        command.stderr(log);
        self.daemon = Some(command.spawn().expect("the daemon starts"));
    }

    /// Stops the daemon as a service manager does, and returns what it wrote to its log.
    pub fn stop_daemon(&mut self) -> String {
        self.signal_daemon(nix::sys::signal::Signal::SIGTERM);
        let mut daemon = self.daemon.take().expect("a daemon");
        let end = daemon.wait().expect("an end");
        let log = self.log();
        assert!(end.success(), "the daemon failed: {log}");
        log
    }

    /// What the daemon wrote to its log since it was started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log.path()).expect("the log")
    }

    /// The page at `target`, with its head.
    pub fn page(&self, target: &str) -> String {
        let mut stream = UnixStream::connect(self.socket()).expect("the page's socket");
        write!(stream, "GET {target} HTTP/1.1\r\nHost: box\r\n{LOGIN}Connection: close\r\n\r\n")
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Waits until as many sessions as `states` has words are recorded, each open or closed as its
    /// word says, the newest first.
    pub fn await_sessions(&self, states: &str) -> Vec<serde_json::Value> {
        await_value(states, || {
            let listing = self.json("sessions --json");
            let sessions = listing["sessions"].as_array().expect("sessions").clone();
            let found: Vec<&str> =
                sessions.iter().filter_map(|session| session["state"].as_str()).collect();
            (found.join(" ") == states).then_some(sessions)
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// Waits for something.
///
/// # Panics
///
/// When it does not come in time.
pub fn await_value<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(Instant::now() < deadline, "no {what} within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Every regular file below a directory.
pub fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}
