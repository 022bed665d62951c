//! What temoin does when OpenVPN runs one of its scripts: note one event, and never be the reason
//! why a tunnel waits or fails.
//!
//! OpenVPN waits for its scripts, and a card that hangs holds every process that syncs to it, beyond
//! all signals. So the process that OpenVPN waits for touches no disk: it starts a second one, which
//! does the work, and waits for that one no longer than [`PATIENCE`].
//!
//! # Error handling
//! Whatever goes wrong is one line in the system's log. The caller ends with success in any case.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::net::if_::if_nametoindex;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;

use super::clock::{self, Trust};
use super::environment::{Closing, Doubts, Opening};
use super::spool::{Event, Happening, Spool};
use super::syslog::{Severity, Syslog};

/// The scripts of OpenVPN's that temoin hangs on to, by the names that `vpnclient_ynh` gives them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hook {
    /// The tunnel has come up, with its routes.
    RouteUp,
    /// The tunnel has gone down. It is OpenVPN's `down` script, and so knows why.
    RouteDown,
}

impl Hook {
    /// Both.
    pub const ALL: [Self; 2] = [Self::RouteUp, Self::RouteDown];

    /// The name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::RouteUp => "route-up",
            Self::RouteDown => "route-down",
        }
    }

    /// The hook with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name() == name)
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How long OpenVPN is held up at most. What is written takes milliseconds; a card that is busy
/// with itself takes a second or two.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Runs this program once more, with the same environment and `arguments`, which are to make it call
/// [`record`], and waits until that is done, or for `patience`. What it prints comes out here.
pub fn supervise<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    patience: Duration,
    syslog: &Syslog,
) {
    match Worker::start(arguments).and_then(|worker| worker.outlast(patience)) {
        Ok(Outcome::Finished) => {}
        Ok(Outcome::Died) => syslog.report(
            Severity::Error,
            "the process that records the tunnel ended before it was done: an event may be missing",
        ),
        // Not to standard error, which may be a file on the card that hangs.
        Ok(Outcome::Late) => syslog.send(
            Severity::Warning,
            "recording the tunnel takes long, as on a card that hangs: it goes on by itself",
        ),
        Err(error) => syslog.report(
            Severity::Error,
            &format!("cannot start the process that records the tunnel: {error}"),
        ),
    }
}

/// Notes in the spool what OpenVPN says in this environment, and tells [`supervise`] that it is done.
///
/// The wall clock counts as right when the kernel says so: the configuration is not read here, so
/// who reads the event must apply what it says of the clock ([`Trust::applied_to`]).
pub fn record(
    hook: Hook,
    state_directory: &Path,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    syslog: &Syslog,
) {
    match try_record(hook, state_directory, environment) {
        Ok(doubts) if doubts.is_empty() => {}
        Ok(doubts) => syslog.report(Severity::Warning, &format!("{hook}: {doubts}")),
        Err(error) => {
            syslog.report(Severity::Error, &format!("{hook} is missing from the record: {error}"));
        }
    }
    let mut output = io::stdout();
    let _ = output.write_all(&[DONE]).and_then(|()| output.flush());
}

fn try_record(
    hook: Hook,
    state_directory: &Path,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Doubts, Box<dyn Error>> {
    // First of all, since it is the moment of the event.
    let reading = clock::read(Trust::Kernel)?;
    let (device, happening, doubts) = match hook {
        Hook::RouteUp => {
            let Opening { device, facts, doubts } = Opening::read(environment)?;
            let interface = if_nametoindex(device.as_str()).ok();
            (device, Happening::Up { interface, facts }, doubts)
        }
        Hook::RouteDown => {
            let Closing { device, reason, doubts } = Closing::read(environment)?;
            (device, Happening::Down { reason }, doubts)
        }
    };
    Spool::open(state_directory)?.write(&Event { reading, device, happening })?;
    Ok(doubts)
}

/// The second process, by the pipe that is its output and ends when it does.
struct Worker(File);

impl Worker {
    fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> io::Result<Self> {
        let (reader, writer): (OwnedFd, OwnedFd) = pipe2(OFlag::O_CLOEXEC)?;
        // Its standard error is not ours: who reads ours to its end, as run-parts may, would wait
        // for it. A process group of its own, so that what ends ours does not end it.
        Command::new("/proc/self/exe")
            .arg0("temoin")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .spawn()?;
        Ok(Self(File::from(reader)))
    }

    /// Waits for the end of the output and not of the process, which comes later and may not come.
    fn outlast(mut self, patience: Duration) -> io::Result<Outcome> {
        let deadline = Instant::now() + patience;
        let mut output = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // Rounded up, so as not to spin through the last millisecond.
            let timeout = PollTimeout::try_from(left + Duration::from_micros(999))
                .unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)], timeout) {
                Ok(0) => return Ok(Outcome::Late),
                Ok(_) => {}
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno.into()),
            }
            let mut piece = [0; 1024];
            let length = self.0.read(&mut piece)?;
            if length == 0 {
                break;
            }
            if output.len() < MAXIMUM_OUTPUT {
                output.extend_from_slice(&piece[..length]);
            }
        }
        let finished = output.contains(&DONE);
        output.retain(|byte| *byte != DONE);
        let _ = io::stderr().write_all(&output);
        Ok(if finished { Outcome::Finished } else { Outcome::Died })
    }
}

/// What became of the second process.
enum Outcome {
    Finished,
    Died,
    Late,
}

/// The byte that says in the output that the work is done, or has failed and that was reported.
const DONE: u8 = 0;

/// In bytes. A worker prints a line, or what a panic says.
const MAXIMUM_OUTPUT: usize = 8192;
