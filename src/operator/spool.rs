//! Events that the store does not have yet: a directory of small files, in order.
//!
//! # Data storage
//! `<number>` of ten digits, one more than the highest that is there, mode 0600: the events that were
//! written at once. A file is written and synced under a name that begins with `.new-` (by a hook) or
//! `.batch-` (by the program that serves), locked as long as its writer lives, then linked to its number, which fails where another hook was faster, and the
//! directory is synced. `<number>-<random>.rejected` could not be read or has an event that the store
//! refused; it is kept for inspection until [`Spool::prune_rejected`]. `series` is a [`SeriesFile`].

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::series::{Series, SeriesFile};

/// The directory in which events wait.
#[derive(Clone, Debug)]
pub struct Spool {
    directory: PathBuf,
    series: SeriesFile,
    draft: &'static str,
}

impl Spool {
    /// The spool in an existing directory.
    pub fn at(directory: &Path) -> Self {
        let series = SeriesFile::within(directory);
        Self { directory: directory.to_owned(), series, draft: HOOK_DRAFT }
    }

    /// The same, for a writer whose hooks write their events themselves where it dies.
    pub(super) fn for_batches(directory: &Path) -> Self {
        Self { draft: BATCH_DRAFT, ..Self::at(directory) }
    }

    /// The same; creates the directory, accessible to its owner alone, and what has to be in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(directory: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let spool = Self::at(directory);
        spool.series.create()?;
        Ok(spool)
    }

    /// Which series of hooks runs.
    pub fn series(&self) -> &SeriesFile {
        &self.series
    }

    /// Adds events, in order. They survive a power cut once this returns.
    ///
    /// # Errors
    /// What the system says; then none was added.
    pub fn put(&self, events: &[Event]) -> io::Result<()> {
        let series = self.series.read().ok().map(|(series, _)| series);
        let bytes = postcard::to_stdvec(&Spooled { series, events: events.to_vec() });
        let bytes = bytes.map_err(io::Error::other)?;
        let temporary = self.directory.join(format!("{}{}", self.draft, random()?));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        let written = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, why)| why.into());
        let linked = written.and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            self.link(&temporary)
        });
        let removed = fs::remove_file(&temporary);
        linked.and(removed)?;
        File::open(&self.directory)?.sync_all()
    }

    fn link(&self, temporary: &Path) -> io::Result<()> {
        loop {
            let number = self.pending()?.last().map_or(0, |last| last + 1);
            match fs::hard_link(temporary, self.path(number)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                result => return result,
            }
        }
    }

    /// Passes each event to `deliver`, in order, and removes its file on success. What cannot be read
    /// or is refused is set aside, and counts as a lost hook. If another process is draining the
    /// spool, it is left to that one, which looks again when it is done. Returns how many were
    /// delivered.
    ///
    /// # Errors
    /// The first error of `deliver`, after which the remaining events stay; or the first of the system,
    /// which does not stop what follows.
    pub fn drain<E: From<io::Error>>(
        &self,
        mut deliver: impl FnMut(Option<Series>, Event) -> Result<SpoolOutcome, E>,
    ) -> Result<usize, E> {
        let (mut taken, mut failed) = (0, None);
        let mut stuck: HashSet<String> = HashSet::new();
        while !self.waiting()?.is_subset(&stuck) {
            let lock = File::open(&self.directory)?;
            let Ok(_lock) = Flock::lock(lock, FlockArg::LockExclusiveNonblock) else { break };
            stuck.extend(self.remove_dead_drafts()?);
            for number in self.pending()? {
                let path = self.path(number);
                if stuck.contains(&format!("{number:010}")) {
                    continue;
                }
                let outcome = match read(&path) {
                    Ok(Some(Spooled { series, events })) => {
                        let mut outcome = SpoolOutcome::Done;
                        for event in events {
                            match deliver(series, event)? {
                                SpoolOutcome::Done => taken += 1,
                                SpoolOutcome::Refused => outcome = SpoolOutcome::Refused,
                            }
                        }
                        Ok(outcome)
                    }
                    Ok(None) => Ok(SpoolOutcome::Refused),
                    Err(error) => Err(error),
                };
                let done = outcome.and_then(|outcome| match outcome {
                    SpoolOutcome::Done => fs::remove_file(&path),
                    SpoolOutcome::Refused => self.set_aside(number),
                });
                if let Err(error) = done {
                    stuck.insert(format!("{number:010}"));
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(taken), |error| Err(error.into()))
    }

    fn set_aside(&self, number: u64) -> io::Result<()> {
        self.series.note_lost(1)?;
        let name = format!("{number:010}-{}.{REJECTED}", random()?);
        fs::rename(self.path(number), self.directory.join(name))
    }

    /// Removes what a hook left that was killed before its event was complete. Returns what is still being
    /// written.
    fn remove_dead_drafts(&self) -> io::Result<Vec<String>> {
        let mut alive = Vec::new();
        for name in self.names()?.into_iter().filter(|name| is_draft(name)) {
            let path = self.directory.join(&name);
            let lock = match open(&path) {
                Ok(file) => Flock::lock(file, FlockArg::LockExclusiveNonblock),
                // Its writer has finished.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(_) => {
                    self.series.note_lost(1)?;
                    fs::rename(&path, path.with_file_name(format!("{}.{REJECTED}", random()?)))?;
                    continue;
                }
            };
            let Ok(lock) = lock else {
                alive.push(name);
                continue;
            };
            // It is locked a moment after it is made.
            let found = lock.metadata()?;
            let is_new = found.modified()?.elapsed().is_ok_and(|age| age < LOCK_TIMEOUT);
            if found.len() == 0 && is_new {
                alive.push(name);
            } else if fs::symlink_metadata(&path).is_ok() {
                if name.starts_with(HOOK_DRAFT) {
                    self.series.note_lost(1)?;
                }
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(alive)
    }

    /// The names of the files in which events wait, or are being written.
    ///
    /// # Errors
    /// What the system says.
    pub fn waiting(&self) -> io::Result<HashSet<String>> {
        let is_event = |name: &String| is_draft(name) || number(name).is_some();
        Ok(self.names()?.into_iter().filter(is_event).collect())
    }

    /// How many files of events are pending, and how many were set aside.
    ///
    /// # Errors
    /// What the system says.
    pub fn counts(&self) -> io::Result<(usize, usize)> {
        Ok((self.pending()?.len(), self.rejected()?.len()))
    }

    /// Removes what was set aside longer ago than `age`.
    ///
    /// # Errors
    /// What the system says.
    pub fn prune_rejected(&self, age: Duration, now: SystemTime) -> io::Result<()> {
        for path in self.rejected()? {
            let found = fs::symlink_metadata(&path)?;
            if now.duration_since(found.modified()?).is_ok_and(|old| old > age) {
                if found.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }?;
            }
        }
        Ok(())
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:010}"))
    }

    /// The numbers of the pending files, in order.
    fn pending(&self) -> io::Result<Vec<u64>> {
        let mut numbers: Vec<u64> = self.names()?.iter().filter_map(|name| number(name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn rejected(&self) -> io::Result<Vec<PathBuf>> {
        let paths = self.names()?.into_iter().map(|name| self.directory.join(name));
        Ok(paths.filter(|path| path.extension().is_some_and(|it| it == REJECTED)).collect())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&self.directory)?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SpoolOutcome {
    /// The store has it.
    Done,
    /// It can never become a record.
    Refused,
}

/// The content of a file.
#[derive(Deserialize, Serialize)]
struct Spooled {
    /// The series in which the hooks ran; `None` where that is not known.
    series: Option<Series>,
    events: Vec<Event>,
}

/// The number that a file is named by: exactly as the spool writes it.
fn number(name: &str) -> Option<u64> {
    let number: u64 = name.parse().ok()?;
    (format!("{number:010}") == name).then_some(number)
}

/// The content of a file; `None` where it is none of the spool's, and never will be.
fn read(path: &Path) -> io::Result<Option<Spooled>> {
    let mut bytes = Vec::new();
    match open(path).and_then(|file| file.take(MAX_FILE_SIZE).read_to_end(&mut bytes)) {
        Ok(_) => Ok(postcard::from_bytes(&bytes).ok()),
        Err(error) => match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EACCES | Errno::EISDIR | Errno::ELOOP | Errno::ENXIO) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Opens a file of the spool; not what a link leads to, and without waiting for the other end of a pipe.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn random() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// How long after a file was made its writer may not have locked it yet.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

fn is_draft(name: &str) -> bool {
    name.starts_with(HOOK_DRAFT) || name.starts_with(BATCH_DRAFT)
}

/// How the name of a file begins that is being written.
const HOOK_DRAFT: &str = ".new-";
const BATCH_DRAFT: &str = ".batch-";

/// The extension of what was set aside.
const REJECTED: &str = "rejected";

/// More than the hooks of a thousand clients at once.
const MAX_FILE_SIZE: u64 = 4 << 20;
