use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use crate::capture::{Management, ManagementNotice};
use crate::domain::{Evidence, Uptime};

/// How long after a failed attempt the socket is tried again, in milliseconds: OpenVPN makes the
/// socket a moment before it listens there.
const AGAIN_AFTER: u64 = 200;

/// How often that is done before the next sign of life from OpenVPN is waited for.
const ATTEMPTS: u32 = 10;

/// OpenVPN's management socket, reached whenever there is one.
pub(super) struct Line {
    path: PathBuf,
    connection: Option<Management>,
    /// Tells when something appears in the socket's directory.
    arrivals: Option<Inotify>,
    attempts_left: u32,
    next_attempt: Option<Uptime>,
}

impl Line {
    pub(super) fn new(path: &Path) -> Self {
        let arrivals = path.parent().and_then(|directory| {
            let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok()?;
            let flags = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
            inotify
                .add_watch(directory, flags)
                .inspect_err(|error| {
                    log::warn!("cannot watch {} for OpenVPN: {error}", directory.display());
                })
                .ok()?;
            Some(inotify)
        });
        Self {
            path: path.to_owned(),
            connection: None,
            arrivals,
            attempts_left: 0,
            next_attempt: None,
        }
    }

    pub(super) fn connection(&self) -> Option<BorrowedFd<'_>> {
        self.connection.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn arrivals(&self) -> Option<BorrowedFd<'_>> {
        self.arrivals.as_ref().map(AsFd::as_fd)
    }

    /// When the next attempt to reach the socket is due.
    pub(super) fn deadline(&self) -> Option<Uptime> {
        self.next_attempt
    }

    /// OpenVPN gave a sign of life: its socket may be there.
    pub(super) fn expect(&mut self, now: Uptime) {
        if self.connection.is_none() {
            self.attempts_left = ATTEMPTS;
            self.attempt(now);
        }
    }

    /// Something appeared in the socket's directory.
    pub(super) fn arrived(&mut self, now: Uptime) {
        let events = self.arrivals.as_ref().and_then(|inotify| inotify.read_events().ok());
        let name = self.path.file_name();
        if events.unwrap_or_default().iter().any(|event| event.name.as_deref() == name) {
            self.expect(now);
        }
    }

    /// Tries to reach the socket.
    pub(super) fn attempt(&mut self, now: Uptime) {
        self.next_attempt = None;
        if self.connection.is_some() {
            return;
        }
        match Management::connect(&self.path) {
            Ok(connection) => self.connection = Some(connection),
            Err(_) if self.attempts_left > 0 => {
                self.attempts_left -= 1;
                self.next_attempt = Some(now.plus(AGAIN_AFTER));
            }
            Err(error) => log::debug!("{}: {error}", self.path.display()),
        }
    }

    /// What the socket told.
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
                ManagementNotice::Connected { facts } => Evidence::Connected { facts },
                ManagementNotice::Disconnected { reason } => Evidence::Disconnected { reason },
                ManagementNotice::Closed => Evidence::ManagementClosed,
            })
            .collect()
    }
}
