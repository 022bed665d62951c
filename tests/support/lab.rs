use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{HookRun, RecordedSession, ServerConnection};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lab/lab");

/// How long something that must happen may take, where a test says nothing else.
const PATIENCE: Duration = Duration::from_secs(20);

/// A network lab with temoin's hooks installed; dropping it takes it down.
pub struct Lab {
    directory: TempDir,
}

impl Lab {
    /// Builds a lab; `options` are those of `lab up`.
    ///
    /// # Panics
    ///
    /// When it cannot be built, for one without root or without the packages that `make setup`
    /// installs.
    pub fn up(options: &str) -> Self {
        let lab = Self { directory: TempDir::new().expect("a temporary directory") };
        lab.run("sweep");
        let temoin = super::built("temoin").display().to_string();
        lab.run(&format!("up --temoin {temoin} --owner {} {options}", id()));
        lab
    }

    /// A lab whose daemon runs already.
    pub fn with_daemon(options: &str) -> Self {
        let lab = Self::up(options);
        lab.run("daemon start");
        lab
    }

    /// Runs commands of the lab, separated by semicolons, each of which must succeed.
    pub fn run(&self, commands: &str) -> String {
        commands.split(';').map(|command| self.run_one(command)).collect()
    }

    fn run_one(&self, command: &str) -> String {
        let output = Command::new("timeout")
            .args(["60", PROGRAM, "--state"])
            .arg(self.state())
            .args(command.split_whitespace())
            .output()
            .expect("the lab's program");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "lab {command}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The lab's state directory.
    pub fn state(&self) -> PathBuf {
        self.directory.path().join("lab")
    }

    /// The directory of temoin's record.
    pub fn record(&self) -> PathBuf {
        self.state().join("temoin")
    }

    /// What the operator's server saw, the oldest first.
    pub fn truth(&self) -> Vec<ServerConnection> {
        serde_json::from_str(&self.run("truth")).expect("the truth in JSON")
    }

    /// How many connections the operator's server has seen.
    pub fn connections(&self) -> usize {
        let text = read(&self.state().join("truth.jsonl"));
        text.lines().filter(|line| line.contains(r#""event":"connect""#)).count()
    }

    /// What the box could have known, the oldest first.
    pub fn hook_runs(&self) -> Vec<HookRun> {
        let text = read(&self.state().join("witness.jsonl"));
        text.lines().map(|line| serde_json::from_str(line).expect("a witness line")).collect()
    }

    /// What temoin recorded, the oldest first.
    pub fn sessions(&self) -> Vec<RecordedSession> {
        RecordedSession::all(&self.record())
    }

    /// Waits until as many sessions as `states` has words are recorded, each open or closed as its
    /// word says, and returns them.
    pub fn await_sessions(&self, states: &str) -> Vec<RecordedSession> {
        self.await_sessions_within(PATIENCE, states)
    }

    /// As [`Lab::await_sessions`], with a patience of one's own.
    pub fn await_sessions_within(&self, patience: Duration, states: &str) -> Vec<RecordedSession> {
        let expected: Vec<&str> = states.split_whitespace().collect();
        self.await_value(patience, &format!("sessions: {states}"), || {
            let sessions = self.sessions();
            let found: Vec<&str> = sessions.iter().map(|session| session.state.as_str()).collect();
            (found == expected).then_some(sessions)
        })
    }

    /// Waits until the server's sessions are `count`, of which `ended` have ended, and the server has
    /// told the addresses of all.
    pub fn await_truth(&self, count: usize, ended: usize) -> Vec<ServerConnection> {
        self.await_value(PATIENCE, &format!("{count} connections, {ended} ended"), || {
            let truth = self.truth();
            let found = truth.iter().filter(|connection| connection.end.is_some()).count();
            let is_told = |own: &ServerConnection| own.ipv4.is_some() && own.ipv6.is_some();
            (truth.len() == count && found == ended && truth.iter().all(is_told)).then_some(truth)
        })
    }

    /// Waits for something.
    ///
    /// # Panics
    ///
    /// When it does not come in time, with what temoin, the server and the box have written.
    pub fn await_value<T>(
        &self,
        patience: Duration,
        what: &str,
        mut look: impl FnMut() -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(value) = look() {
                return value;
            }
            assert!(Instant::now() < deadline, "no {what} within {patience:?}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Everything that helps to understand a failure.
    fn evidence(&self) -> String {
        let mut evidence = String::new();
        for name in
            ["truth.jsonl", "witness.jsonl", "client.log", "server.log", "daemon.log", "stun.log"]
        {
            let text = read(&self.state().join(name));
            let lines: Vec<&str> = text.lines().collect();
            let last = &lines[lines.len().saturating_sub(60)..];
            let _ = writeln!(evidence, "==> {name}\n{}", last.join("\n"));
        }
        let _ = writeln!(evidence, "==> temoin sessions\n{}", self.listing());
        evidence
    }

    fn listing(&self) -> String {
        let output = Command::new(super::built("temoin"))
            .arg("--state-dir")
            .arg(self.record())
            .args(["sessions", "--json"])
            .output();
        output.map_or_else(
            |error| error.to_string(),
            |output| String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.evidence());
        }
        let _ = Command::new(PROGRAM).arg("--state").arg(self.state()).arg("down").status();
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
