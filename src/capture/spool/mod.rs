//! Passes events from OpenVPN's hooks to the daemon: a directory of small files, one per event.
//!
//! The writer is root and runs for milliseconds; the reader is the unprivileged daemon, which may
//! be down for days. The directory belongs to the reader, so the writer does not trust it: it
//! follows no symbolic link, opens no existing file, and uses only names.
//!
//! # Data storage
//! `<state directory>/spool/<sequence>-<uptime>-<random>`, mode 0600. A file is written under a
//! temporary name that begins with a dot, renamed, synced, and the directory is synced. Renaming it
//! before the sync rather than after it merges two file system transactions into one, and halves
//! the flushes. The price: a power cut in between may leave a name without its bytes, which the
//! checksum at the end of each event reveals. The sequence number is one more than the highest
//! present, so waiting events are in order even if the wall clock went back over a restart. Two
//! concurrent hooks may draw the same number; they run in the same boot, so the uptime orders them.
//! When the spool is empty the numbers restart: events already taken came before. No name is ever
//! reused, so a reader may remember names.
//!
//! `rejected/` holds the last few files that could not be read. They may hold addresses, so they
//! must be erased with the journal: [`Spool::erase_rejected`].
//!
//! # Error handling
//! A file that cannot be read is set aside and reported; it never blocks those behind it.

mod event;
mod name;
mod watch;

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat, renameat};
use nix::sys::stat::{Mode, fchmod, fstat, mkdirat, stat};
use nix::sys::statvfs::{FsFlags, fstatvfs};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, fsync, geteuid, unlinkat};

use self::name::TemporaryName;
use crate::messages::capture;
use crate::messages::capture::spool as msg;
use temoin_core::session::ClockReading;
use temoin_core::text::{Language, Localized, Message};

pub use self::event::{Event, EventKind, InvalidEvent};
pub use self::name::EventName;
pub use self::watch::SpoolWatch;

/// The directory in which events wait for the daemon.
#[derive(Debug)]
pub struct Spool {
    directory: OwnedFd,
    path: PathBuf,
}

impl Spool {
    /// How many events may wait. Without the daemon, a tunnel that fails every ten seconds fills
    /// this in twelve hours; the limit keeps it from filling the card.
    pub const CAPACITY: usize = 4096;

    /// Opens the spool, for a hook. It must already exist, with the right owner.
    ///
    /// # Errors
    /// [`SpoolError::Missing`], [`SpoolError::NotADirectory`] or [`SpoolError::System`].
    pub fn open(state_directory: &Path) -> Result<Self, SpoolError> {
        let path = state_directory.join(DIRECTORY);
        let failed = |errno| match errno {
            Errno::ENOENT => SpoolError::Missing(path.clone()),
            // A link in the state directory may be a trap; the state directory itself may be one,
            // since it stands where only root can put it (systemd's DynamicUser makes it one).
            Errno::ELOOP | Errno::ENOTDIR => SpoolError::NotADirectory(path.clone()),
            _ => SpoolError::system(&path)(errno),
        };
        let state = open(state_directory, OPEN_DIRECTORY, Mode::empty()).map_err(failed)?;
        let directory =
            openat(&state, DIRECTORY, OPEN_DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty())
                .map_err(failed)?;
        Ok(Self { directory, path })
    }

    /// Opens the spool, for the daemon: creates what is missing, accessible to its owner only. If
    /// root creates it, the owner is that of the state directory.
    ///
    /// # Errors
    /// [`SpoolError::NotADirectory`] or [`SpoolError::System`].
    pub fn create(state_directory: &Path) -> Result<Self, SpoolError> {
        let path = state_directory.join(DIRECTORY);
        match DirBuilder::new().recursive(true).mode(0o700).create(&path) {
            Ok(()) => {
                let spool = Self::open(state_directory)?;
                let failed = SpoolError::system(&spool.path);
                spool.give_to_owner_of(state_directory).map_err(failed)?;
                Ok(spool)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(SpoolError::NotADirectory(path))
            }
            Err(error) => Err(SpoolError::System { path, error }),
        }
    }

    fn give_to_owner_of(&self, state_directory: &Path) -> nix::Result<()> {
        let state = stat(state_directory)?;
        if geteuid().is_root() && state.st_uid != fstat(&self.directory)?.st_uid {
            let (owner, group) = (Uid::from_raw(state.st_uid), Gid::from_raw(state.st_gid));
            fchown(&self.directory, Some(owner), Some(group))?;
        }
        Ok(())
    }

    /// Where the spool is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where files that could not be read are kept, if any.
    pub fn rejected_path(&self) -> PathBuf {
        self.path.join(REJECTED)
    }

    /// Adds an event; durable once this returns.
    ///
    /// # Errors
    /// [`SpoolError::Full`] when too many wait already, else [`SpoolError::System`]; nothing is left
    /// behind then.
    pub fn write(&self, event: &Event) -> Result<EventName, SpoolError> {
        let present = self.names()?;
        if present.count >= Self::CAPACITY {
            return Err(SpoolError::Full(self.path.clone()));
        }
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| SpoolError::System {
            path: self.path.clone(),
            error: io::Error::other(error),
        })?;
        let name = EventName::new(
            present.highest.saturating_add(1),
            event.reading.uptime,
            u64::from_ne_bytes(random),
        );
        let temporary = TemporaryName::new(event.reading.boot, name);
        if let Err(errno) = self.write_as(&temporary, &name, &event.encode()) {
            for left in [temporary.to_string(), name.to_string()] {
                let _ = unlinkat(&self.directory, left.as_str(), UnlinkatFlags::NoRemoveDir);
            }
            return Err(SpoolError::system(&self.path.join(name.to_string()))(errno));
        }
        Ok(name)
    }

    /// The events that wait, in the order in which they happened.
    ///
    /// # Errors
    /// [`SpoolError::System`].
    pub fn waiting(&self) -> Result<Vec<EventName>, SpoolError> {
        let mut waiting = self.names()?.events;
        waiting.sort_unstable();
        Ok(waiting)
    }

    /// Reads an event without removing it. If it cannot be read, it is set aside.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(&self, name: EventName) -> Result<Event, ReadError> {
        let text = name.to_string();
        // Without O_NONBLOCK a FIFO of that name would block the daemon for ever.
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = match openat(&self.directory, text.as_str(), flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::ENOENT) => return Err(ReadError::Gone),
            Err(Errno::ELOOP | Errno::ENXIO) => {
                return Err(self.set_aside(name, RejectReason::NotAFile));
            }
            Err(errno) => return Err(ReadError::System(errno.into())),
        };
        if !file.metadata().map_err(ReadError::System)?.is_file() {
            return Err(self.set_aside(name, RejectReason::NotAFile));
        }
        let mut bytes = Vec::with_capacity(Event::MAXIMUM_LENGTH + 1);
        let limit = u64::try_from(Event::MAXIMUM_LENGTH).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut bytes).map_err(ReadError::System)?;
        if bytes.len() > Event::MAXIMUM_LENGTH {
            return Err(self.set_aside(name, RejectReason::TooLong));
        }
        Event::decode(&bytes)
            .map_err(|InvalidEvent| self.set_aside(name, RejectReason::InvalidEvent))
    }

    /// Removes an event that has been taken. One that is not there is removed already.
    ///
    /// The removal is not synced, which spares the card a write: after a power cut the event may
    /// be there once more, under the same name.
    ///
    /// # Errors
    /// [`SpoolError::System`].
    pub fn remove(&self, name: EventName) -> Result<(), SpoolError> {
        self.unlink(&self.directory, &name.to_string())
    }

    /// Removes partial files of interrupted hooks: from an earlier boot than that of `now`, or long
    /// before it. Returns how many.
    ///
    /// # Errors
    /// [`SpoolError::System`].
    pub fn sweep(&self, now: &ClockReading) -> Result<usize, SpoolError> {
        let left_over = self.names()?.temporaries.into_iter().filter(|name| name.is_stale(now));
        let mut count = 0;
        for name in left_over {
            self.unlink(&self.directory, &name.to_string())?;
            count += 1;
        }
        Ok(count)
    }

    /// Removes all that was set aside because it could not be read. Returns how many.
    ///
    /// # Errors
    /// [`SpoolError::System`].
    pub fn erase_rejected(&self) -> Result<usize, SpoolError> {
        let Some(rejected) = self.rejected()? else { return Ok(0) };
        let names = list(&rejected).map_err(SpoolError::system(&self.path.join(REJECTED)))?;
        for name in &names {
            self.unlink(&rejected, name)?;
        }
        Ok(names.len())
    }

    fn write_as(
        &self,
        temporary: &TemporaryName,
        name: &EventName,
        bytes: &[u8],
    ) -> nix::Result<()> {
        let temporary = temporary.to_string();
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        let mut file = File::from(openat(&self.directory, temporary.as_str(), flags, mode)?);
        if geteuid().is_root() {
            let owner = fstat(&self.directory)?;
            let (user, group) = (Uid::from_raw(owner.st_uid), Gid::from_raw(owner.st_gid));
            match fchown(&file, Some(user), Some(group)) {
                // Debian's unit of OpenVPN leaves root without CAP_CHOWN. The directory lets nobody
                // in but its owner, who then reads the file as one of the others.
                Err(Errno::EPERM) => fchmod(&file, READABLE)?,
                given => given?,
            }
        }
        file.write_all(bytes).map_err(|error| errno_of(&error))?;
        fsync(&file)?;
        renameat(&self.directory, temporary.as_str(), &self.directory, name.to_string().as_str())?;
        fsync(&self.directory)?;
        // ext4 may answer so when an error has just turned it read-only, and nothing arrived.
        if fstatvfs(&self.directory)?.flags().contains(FsFlags::ST_RDONLY) {
            return Err(Errno::EROFS);
        }
        Ok(())
    }

    fn names(&self) -> Result<Listing, SpoolError> {
        let names = list(&self.directory).map_err(SpoolError::system(&self.path))?;
        Ok(names.iter().fold(Listing::default(), |mut sorted, text| {
            if let Ok(name) = text.parse::<EventName>() {
                sorted.note(name);
                sorted.events.push(name);
            } else if let Ok(name) = text.parse::<TemporaryName>() {
                sorted.note(name.event());
                sorted.temporaries.push(name);
            }
            sorted
        }))
    }

    /// Moves a file into `rejected/`, removing the oldest there; if that fails the file is removed,
    /// so that it does not come up again.
    fn set_aside(&self, name: EventName, reason: RejectReason) -> ReadError {
        let text = name.to_string();
        let kept = self.move_to_rejected(&text).is_ok();
        if !kept {
            if let Err(SpoolError::System { error, .. }) = self.unlink(&self.directory, &text) {
                return ReadError::System(error);
            }
        }
        ReadError::Rejected {
            path: self.path.join(if kept { REJECTED } else { "" }).join(text),
            reason,
            kept,
        }
    }

    fn move_to_rejected(&self, name: &str) -> Result<(), SpoolError> {
        let failed = || SpoolError::system(&self.path);
        if self.rejected()?.is_none() {
            mkdirat(&self.directory, REJECTED, Mode::S_IRWXU).map_err(failed())?;
        }
        let Some(rejected) = self.rejected()? else {
            return Err(failed()(Errno::ENOENT));
        };
        let mut names = list(&rejected).map_err(failed())?;
        names.sort_unstable();
        let surplus = (names.len() + 1).saturating_sub(MAXIMUM_REJECTED);
        for oldest in names.iter().take(surplus) {
            self.unlink(&rejected, oldest)?;
        }
        renameat(&self.directory, name, &rejected, name).map_err(failed())
    }

    fn rejected(&self) -> Result<Option<OwnedFd>, SpoolError> {
        match openat(&self.directory, REJECTED, OPEN_DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty()) {
            Ok(directory) => Ok(Some(directory)),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(SpoolError::system(&self.path.join(REJECTED))(errno)),
        }
    }

    fn unlink(&self, directory: &OwnedFd, name: &str) -> Result<(), SpoolError> {
        match unlinkat(directory, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(SpoolError::system(&self.path.join(name))(errno)),
        }
    }
}

/// The names in the spool, sorted by kind.
#[derive(Debug, Default)]
struct Listing {
    count: usize,
    events: Vec<EventName>,
    highest: u64,
    temporaries: Vec<TemporaryName>,
}

impl Listing {
    fn note(&mut self, name: EventName) {
        self.count += 1;
        self.highest = self.highest.max(name.sequence());
    }
}

/// Why the spool could not be used.
#[derive(Debug)]
pub enum SpoolError {
    /// Too many events wait: the daemon has not run for long.
    Full(PathBuf),
    /// There is no spool: the daemon has never run with this state directory.
    Missing(PathBuf),
    /// Something else stands where the spool should be.
    NotADirectory(PathBuf),
    /// The system refused.
    System {
        /// With what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl SpoolError {
    fn system(path: &Path) -> impl FnOnce(Errno) -> Self {
        let path = path.to_owned();
        move |errno| Self::System { path, error: errno.into() }
    }
}

impl Localized for SpoolError {
    fn text(&self, language: Language) -> String {
        let say = |message: &Message, path: &Path, values: &[(&str, &str)]| {
            let path = path.display().to_string();
            message.fill(language, &[&[("path", path.as_str())], values].concat())
        };
        match self {
            Self::Full(path) => say(&msg::FULL, path, &[("count", &Spool::CAPACITY.to_string())]),
            Self::Missing(path) => say(&msg::MISSING, path, &[]),
            Self::NotADirectory(path) => say(&msg::NOT_A_DIRECTORY, path, &[]),
            Self::System { path, error } => {
                say(&capture::SYSTEM, path, &[("error", &error.to_string())])
            }
        }
    }
}

/// In English, for the log.
impl fmt::Display for SpoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl std::error::Error for SpoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { error, .. } => Some(error),
            Self::Full(_) | Self::Missing(_) | Self::NotADirectory(_) => None,
        }
    }
}

/// Why an event could not be read. None of these need stop the events behind it.
#[derive(Debug)]
pub enum ReadError {
    /// It is not there any more.
    Gone,
    /// It is no event, and will not come up again.
    Rejected {
        /// Where it is now, or was.
        path: PathBuf,
        /// What is wrong with it.
        reason: RejectReason,
        /// Whether it was set aside; else it was removed, since it could not be moved.
        kept: bool,
    },
    /// The system refused: try again later.
    System(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the event is not in the spool any more"),
            Self::Rejected { path, reason, kept } => {
                let fate = if *kept { "it was set aside" } else { "it was removed" };
                write!(
                    f,
                    "{}: {reason}; {fate}, and a session's start or end may be missing",
                    path.display()
                )
            }
            Self::System(error) => write!(f, "cannot read an event from the spool: {error}"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            Self::Gone | Self::Rejected { .. } => None,
        }
    }
}

/// What is wrong with a file that has an event's name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RejectReason {
    /// It is a directory, a link or the like.
    NotAFile,
    /// It is longer than any event.
    TooLong,
    /// Its bytes are no event that this version of temoin knows.
    InvalidEvent,
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAFile => "not a file",
            Self::TooLong => "longer than any event",
            Self::InvalidEvent => "not an event that this version of temoin can read",
        })
    }
}

/// The names in a directory, but for what is not UTF-8, which no hook writes.
///
/// By way of `/proc`, because nix's own listing fails on a 32-bit box where the file system counts
/// with 64 bits (`readdir(3)`, `EOVERFLOW`); the standard library's does not, but takes a path.
fn list(directory: &impl AsFd) -> nix::Result<Vec<String>> {
    let path = format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd());
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| errno_of(&error))? {
        let entry = entry.map_err(|error| errno_of(&error))?;
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

const DIRECTORY: &str = "spool";
const REJECTED: &str = "rejected";
const MAXIMUM_REJECTED: usize = 16;
const READABLE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR).union(Mode::S_IRGRP).union(Mode::S_IROTH);
const OPEN_DIRECTORY: OFlag = OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);

#[cfg(test)]
mod tests;
