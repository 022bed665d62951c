//! The socket by which hooks give their events to the program that serves.
//!
//! # Protocol
//! Each message is its length as `u32`, big-endian, and so many bytes of postcard. Who is admitted gets a
//! [`HookSettings`], sends one [`Report`], and gets one [`Answer`].

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};
use std::{fs, mem};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect, getsockopt, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeVal;
use nix::unistd::{User, geteuid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Config;
use super::config::HookSettings;
use super::delivery::DeliveryWaker;
use super::event::Event;
use super::spool::Spool;

/// What a hook says.
#[derive(Debug, Deserialize, Serialize)]
enum Report {
    Event(Box<Event>),
    /// OpenVPN's environment made no sense.
    Lost,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Answer {
    /// It survives a power cut.
    Durable,
    /// It could not be written.
    Lost,
}

/// A hook's connection to the program that serves.
pub(super) struct HookClient {
    stream: UnixStream,
    settings: HookSettings,
    deadline: Instant,
}

impl HookClient {
    /// Connects, and waits until the deadline to be admitted.
    pub(super) fn connect(path: &Path, deadline: Instant) -> io::Result<Self> {
        let socket = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        // Else a full queue would hold up `connect`.
        setsockopt(&socket, sockopt::SendTimeout, &left(deadline)?)?;
        connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
        let mut stream = UnixStream::from(socket);
        let settings = receive(&mut stream, deadline)?;
        Ok(Self { stream, settings, deadline })
    }

    /// What the program that serves has in its configuration.
    pub(super) fn settings(&self) -> &HookSettings {
        &self.settings
    }

    /// Gives it the event, and waits until the deadline for what becomes of it.
    pub(super) fn report(mut self, event: &Event) -> io::Result<Answer> {
        self.send(&Report::Event(Box::new(event.clone())))
    }

    /// Tells it that a hook is lost.
    pub(super) fn report_lost(&mut self) -> io::Result<Answer> {
        self.send(&Report::Lost)
    }

    fn send(&mut self, report: &Report) -> io::Result<Answer> {
        self.stream.write_all(&message(report)?)?;
        receive(&mut self.stream, self.deadline)
    }
}

fn receive<T: DeserializeOwned>(stream: &mut UnixStream, deadline: Instant) -> io::Result<T> {
    let mut fill = |bytes: &mut [u8]| {
        let mut filled = 0;
        while filled < bytes.len() {
            setsockopt(&*stream, sockopt::ReceiveTimeout, &left(deadline)?)?;
            match stream.read(&mut bytes[filled..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    let mut length = [0; 4];
    fill(&mut length)?;
    let mut bytes = vec![0; length_of(length)?];
    fill(&mut bytes)?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}

/// The time that is left, which is never zero: that would mean no limit.
fn left(deadline: Instant) -> io::Result<TimeVal> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let microseconds = i64::try_from(left.as_micros()).unwrap_or(i64::MAX).max(1);
    Ok(TimeVal::new(microseconds / 1_000_000, microseconds % 1_000_000))
}

fn message(content: &impl Serialize) -> io::Result<Vec<u8>> {
    let bytes = postcard::to_stdvec(content).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes()[..], &bytes].concat())
}

fn length_of(bytes: [u8; 4]) -> io::Result<usize> {
    let length = usize::try_from(u32::from_be_bytes(bytes)).map_err(io::Error::other)?;
    if length <= MAX_MESSAGE { Ok(length) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Takes events from hooks on a thread of its own. `unsure` is set while a lost hook could not be noted.
///
/// # Errors
/// When the socket cannot be made: hooks then write to the spool themselves.
pub(super) fn start(
    config: &Config,
    unsure: Arc<AtomicBool>,
    delivery: DeliveryWaker,
) -> io::Result<()> {
    let path = &config.hook.socket;
    match UnixStream::connect(path) {
        Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)?,
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    // Whoever connects is known by the kernel.
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))?;
    listener.set_nonblocking(true)?;
    let mut admitted = vec![0, geteuid().as_raw()];
    if let Some(name) = &config.openvpn_user {
        match User::from_name(name).ok().flatten() {
            Some(user) => admitted.push(user.uid.as_raw()),
            None => log::error!("gateway.openvpn_user: there is no user {name}"),
        }
    }
    let receiver = Receiver {
        listener,
        admitted,
        greeting: message(&config.hook)?,
        spool: Spool::for_batches(&config.hook.spool),
        unsure,
        delivery,
        connections: Vec::new(),
    };
    Builder::new().name("hooks".to_owned()).spawn(move || receiver.run())?;
    Ok(())
}

struct Receiver {
    listener: UnixListener,
    /// The users who may report.
    admitted: Vec<u32>,
    greeting: Vec<u8>,
    spool: Spool,
    unsure: Arc<AtomicBool>,
    delivery: DeliveryWaker,
    connections: Vec<Connection>,
}

struct Connection {
    stream: UnixStream,
    received: Vec<u8>,
    deadline: Instant,
}

impl Receiver {
    fn run(mut self) {
        loop {
            if let Err(error) = self.wait() {
                log::error!("hooks: {error}");
                std::thread::sleep(Duration::from_secs(1));
            }
            self.accept();
            self.take();
        }
    }

    fn wait(&self) -> io::Result<()> {
        let is_full = self.connections.len() >= MAX_CONNECTIONS;
        let accept = if is_full { PollFlags::empty() } else { PollFlags::POLLIN };
        let mut waiting = vec![PollFd::new(self.listener.as_fd(), accept)];
        waiting.extend(
            self.connections.iter().map(|it| PollFd::new(it.stream.as_fd(), PollFlags::POLLIN)),
        );
        let deadline = self.connections.iter().map(|it| it.deadline).min();
        let timeout = deadline.map_or(PollTimeout::NONE, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut waiting, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn accept(&mut self) {
        while self.connections.len() < MAX_CONNECTIONS {
            let Ok((stream, _)) = self.listener.accept() else { return };
            let is_admitted = getsockopt(&stream, sockopt::PeerCredentials)
                .is_ok_and(|peer| self.admitted.contains(&peer.uid()));
            if is_admitted
                && stream.set_nonblocking(true).is_ok()
                && (&stream).write_all(&self.greeting).is_ok()
            {
                let deadline = Instant::now() + REPORT_TIMEOUT;
                self.connections.push(Connection { stream, received: Vec::new(), deadline });
            }
        }
    }

    /// Takes all that is complete, writes it at once, and answers.
    fn take(&mut self) {
        let (mut reports, mut waiting) = (Vec::new(), Vec::new());
        for mut connection in mem::take(&mut self.connections) {
            match connection.read() {
                Ok(Some(report)) => reports.push((connection.stream, report)),
                Ok(None) if connection.deadline > Instant::now() => waiting.push(connection),
                _ => {}
            }
        }
        self.connections = waiting;
        if reports.is_empty() {
            return;
        }
        let events: Vec<Event> = reports
            .iter()
            .filter_map(|(_, report)| match report {
                Report::Event(event) => Some((**event).clone()),
                Report::Lost => None,
            })
            .collect();
        let mut lost = reports.len() - events.len();
        let mut answer = Answer::Durable;
        if !events.is_empty() {
            if let Err(error) = self.spool.put(&events) {
                log::error!("{} hooks are lost: the spool: {error}", events.len());
                lost += events.len();
                answer = Answer::Lost;
            }
        }
        if lost > 0 {
            if let Err(error) = self.spool.series().note_lost(lost.try_into().unwrap_or(u64::MAX)) {
                log::error!("no box is registered until lost hooks can be noted: {error}");
                self.unsure.store(true, Ordering::SeqCst);
            }
        }
        self.delivery.wake();
        if let Ok(bytes) = message(&answer) {
            for (mut stream, _) in reports {
                // Fails where the hook has given up.
                let _ = stream.write_all(&bytes);
            }
        }
    }
}

impl Connection {
    /// The report, once it is complete.
    fn read(&mut self) -> io::Result<Option<Report>> {
        let mut chunk = [0; 4_096];
        loop {
            if let Some((length, rest)) = self.received.split_first_chunk() {
                if let Some(bytes) = rest.get(..length_of(*length)?) {
                    return postcard::from_bytes(bytes).map(Some).map_err(io::Error::other);
                }
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.received.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// More than any message.
const MAX_MESSAGE: usize = 16 << 10;

const MAX_CONNECTIONS: usize = 256;

/// How long a hook may take to say what it has to.
const REPORT_TIMEOUT: Duration = Duration::from_secs(2);
