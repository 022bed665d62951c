//! Runs in OpenVPN's scripts: records one event, without ever delaying the tunnel for long or
//! failing it.
//!
//! OpenVPN waits for its scripts, and a hanging card blocks every process that syncs to it, even
//! against SIGKILL. So the process that OpenVPN waits for touches no disk: it starts a second one
//! to do the work, and waits for it no longer than [`HOOK_TIMEOUT`].
//!
//! # Error handling
//! Any error is one line in the system log. The caller always exits successfully.

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

use super::environment::{BadVariables, DownEnvironment, UpEnvironment};
use super::vpnclient::{SETTINGS, VpnClientSettings};
use crate::clock::{self, ClockTrust};
use crate::link;
use crate::spool::{Event, EventKind, Spool};
use crate::syslog::{Severity, Syslog};

/// The OpenVPN scripts that temoin hooks into, by their `vpnclient_ynh` names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hook {
    /// The tunnel has come up, with its routes.
    RouteUp,
    /// The tunnel has gone down. This is OpenVPN's `down` script, which knows why.
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

/// How long OpenVPN is delayed at most. A write takes milliseconds; on a busy card a second or two.
pub const HOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs this program again with the same environment and `arguments`, which must make it call
/// [`record`]. Waits for it, `timeout` at most, and relays its output.
pub fn supervise<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    timeout: Duration,
    syslog: &Syslog,
) {
    match Worker::start(arguments).and_then(|worker| worker.wait(timeout)) {
        Ok(WorkerExit::Finished) => {}
        Ok(WorkerExit::Died) => syslog.report(
            Severity::Error,
            "the process that records the tunnel ended before it was done: an event may be missing",
        ),
        // Not to standard error, which may be a file on the card that hangs.
        Ok(WorkerExit::Late) => syslog.send(
            Severity::Warning,
            "recording the tunnel takes long, as on a card that hangs: it goes on by itself",
        ),
        Err(error) => syslog.report(
            Severity::Error,
            &format!("cannot start the process that records the tunnel: {error}"),
        ),
    }
}

/// Writes the event in this environment to the spool, and signals [`supervise`] that it is done.
///
/// The clock is trusted according to the kernel alone: the configuration is not read here, so the
/// reader of the event must apply its setting ([`ClockTrust::applied_to`]).
pub fn record(
    hook: Hook,
    state_directory: &Path,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    syslog: &Syslog,
) {
    match try_record(hook, state_directory, environment) {
        Ok(bad_variables) if bad_variables.is_empty() => {}
        Ok(bad_variables) => syslog.report(Severity::Warning, &format!("{hook}: {bad_variables}")),
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
) -> Result<BadVariables, Box<dyn Error>> {
    // First: this is the time of the event.
    let reading = clock::read(ClockTrust::Kernel)?;
    let (device, kind, bad_variables) = match hook {
        Hook::RouteUp => {
            let UpEnvironment { device, mut attributes, bad_variables } =
                UpEnvironment::read(environment)?;
            VpnClientSettings::read(Path::new(SETTINGS))
                .complete(&mut attributes, &link::addresses(&device));
            let interface = if_nametoindex(device.as_str()).ok();
            (device, EventKind::Up { interface, attributes }, bad_variables)
        }
        Hook::RouteDown => {
            let DownEnvironment { device, reason, bad_variables } =
                DownEnvironment::read(environment)?;
            (device, EventKind::Down { reason }, bad_variables)
        }
    };
    Spool::open(state_directory)?.write(&Event { reading, device, kind })?;
    Ok(bad_variables)
}

/// The second process, represented by the pipe of its output.
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

    /// Waits for the end of the output rather than of the process, which comes later or never.
    fn wait(mut self, timeout: Duration) -> io::Result<WorkerExit> {
        let deadline = Instant::now() + timeout;
        let mut output = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // Rounded up, so as not to spin through the last millisecond.
            let timeout = PollTimeout::try_from(left + Duration::from_micros(999))
                .unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)], timeout) {
                Ok(0) => return Ok(WorkerExit::Late),
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
        Ok(if finished { WorkerExit::Finished } else { WorkerExit::Died })
    }
}

/// How the second process ended.
enum WorkerExit {
    Finished,
    Died,
    Late,
}

/// Output byte that signals that the work is done, or has failed and was reported.
const DONE: u8 = 0;

/// In bytes. A worker prints a line, or what a panic says.
const MAXIMUM_OUTPUT: usize = 8192;
