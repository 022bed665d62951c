use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use temoin_capture::inotify_error;
use temoin_capture::openvpn::{ManagementNotice, ManagementSocket};
use temoin_core::session::{Evidence, Uptime};

/// The pause after a failed attempt, in milliseconds: OpenVPN creates the socket shortly before it listens.
const RETRY_DELAY: u64 = 200;

/// How many times to try before waiting for the next sign of life from OpenVPN.
const ATTEMPTS: u32 = 10;

/// Connects to OpenVPN's management socket whenever it exists.
pub(super) struct ManagementClient {
    path: PathBuf,
    connection: Option<ManagementSocket>,
    /// Watches the socket's directory for new files.
    new_files: Option<Inotify>,
    attempts_left: u32,
    next_attempt: Option<Uptime>,
}

impl ManagementClient {
    pub(super) fn new(path: &Path) -> Self {
        let new_files = path.parent().and_then(|directory| {
            watch(directory)
                .map_err(inotify_error)
                .inspect_err(|error| {
                    log::warn!("cannot watch {} for OpenVPN: {error}", directory.display());
                })
                .ok()
        });
        Self {
            path: path.to_owned(),
            connection: None,
            new_files,
            attempts_left: 0,
            next_attempt: None,
        }
    }

    pub(super) fn connection(&self) -> Option<BorrowedFd<'_>> {
        self.connection.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn new_files(&self) -> Option<BorrowedFd<'_>> {
        self.new_files.as_ref().map(AsFd::as_fd)
    }

    /// When the next connection attempt is due.
    pub(super) fn deadline(&self) -> Option<Uptime> {
        self.next_attempt
    }

    /// Starts connection attempts: OpenVPN showed a sign of life.
    pub(super) fn start_attempts(&mut self, now: Uptime) {
        if self.connection.is_none() {
            self.attempts_left = ATTEMPTS;
            self.attempt(now);
        }
    }

    /// Handles a new file in the socket's directory.
    pub(super) fn handle_new_file(&mut self, now: Uptime) {
        let events = self.new_files.as_ref().and_then(|inotify| inotify.read_events().ok());
        let name = self.path.file_name();
        if events.unwrap_or_default().iter().any(|event| event.name.as_deref() == name) {
            self.start_attempts(now);
        }
    }

    /// Tries to connect.
    pub(super) fn attempt(&mut self, now: Uptime) {
        self.next_attempt = None;
        if self.connection.is_some() {
            return;
        }
        match ManagementSocket::connect(&self.path) {
            Ok(connection) => self.connection = Some(connection),
            Err(_) if self.attempts_left > 0 => {
                self.attempts_left -= 1;
                self.next_attempt = Some(now.plus(RETRY_DELAY));
            }
            Err(error) => log::debug!("{}: {error}", self.path.display()),
        }
    }

    /// The evidence read from the socket.
    pub(super) fn read(&mut self) -> Vec<Evidence> {
        let Some(connection) = &mut self.connection else { return Vec::new() };
        let notices = connection.read().unwrap_or_else(|error| {
            log::warn!("{}: {error}", self.path.display());
            vec![ManagementNotice::Closed]
        });
        if notices.iter().any(|notice| matches!(notice, ManagementNotice::Closed)) {
            self.connection = None;
        }
        notices
            .into_iter()
            .map(|notice| match notice {
                ManagementNotice::Attached { connections, connected } => {
                    Evidence::ManagementAttached { connections, connected }
                }
                ManagementNotice::Connected { attributes } => Evidence::Connected { attributes },
                ManagementNotice::Disconnected { reason } => Evidence::Disconnected { reason },
                ManagementNotice::Closed => Evidence::ManagementClosed,
            })
            .collect()
    }
}

fn watch(directory: &Path) -> nix::Result<Inotify> {
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    inotify.add_watch(directory, AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO)?;
    Ok(inotify)
}
