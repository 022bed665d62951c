//! Events that the store does not have yet: a directory of small files, one per event, in order.
//!
//! # Data storage
//! `<number>` of ten digits, one more than the highest that is there, mode 0600. A file is written
//! and synced under a temporary name that begins with a dot, then linked to its number, which fails
//! where another hook was faster, and the directory is synced. `<number>.rejected` could not be read
//! or was refused by the store; it is kept for inspection until [`Spool::prune_rejected`].

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime};

use nix::fcntl::{Flock, FlockArg};

use super::event::Event;

/// The directory in which events wait.
#[derive(Clone, Debug)]
pub struct Spool {
    directory: PathBuf,
}

impl Spool {
    /// The spool in an existing directory.
    pub fn at(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// The same; creates the directory, accessible to its owner alone.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(directory: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        Ok(Self::at(directory))
    }

    /// Adds an event. It survives a power cut once this returns.
    ///
    /// # Errors
    /// What the system says.
    pub fn put(&self, event: &Event) -> io::Result<()> {
        let bytes = postcard::to_stdvec(event).map_err(io::Error::other)?;
        let temporary = self.directory.join(format!(".{}", process::id()));
        let _ = fs::remove_file(&temporary);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        self.chown_to_directory_owner(&file)?;
        let done = file.write_all(&bytes).and_then(|()| file.sync_all());
        let linked = done.and_then(|()| self.link(&temporary));
        let removed = fs::remove_file(&temporary);
        linked.and(removed)?;
        File::open(&self.directory)?.sync_all()
    }

    /// Gives a file created by root to the directory's owner, who may have to read it.
    fn chown_to_directory_owner(&self, file: &File) -> io::Result<()> {
        let owner = fs::metadata(&self.directory)?;
        if file.metadata()?.uid() == 0 && owner.uid() != 0 {
            fchown(file, Some(owner.uid()), Some(owner.gid()))?;
        }
        Ok(())
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

    /// Passes each event to `deliver`, in order, and removes it on success; unreadable ones are set aside.
    /// If another process is draining the spool, it is left to that one, which looks again when it is
    /// done. Returns how many were delivered.
    ///
    /// # Errors
    /// The first error of `deliver` or of the system; the remaining events stay.
    pub fn drain<E: From<io::Error>>(
        &self,
        mut deliver: impl FnMut(Event) -> Result<SpoolOutcome, E>,
    ) -> Result<usize, E> {
        let mut taken = 0;
        while !self.pending()?.is_empty() {
            let lock = File::open(&self.directory)?;
            let Ok(_lock) = Flock::lock(lock, FlockArg::LockExclusiveNonblock) else { break };
            for number in self.pending()? {
                let path = self.path(number);
                let event = postcard::from_bytes(&fs::read(&path)?).ok();
                match event.map_or(Ok(SpoolOutcome::Refused), &mut deliver)? {
                    SpoolOutcome::Done => {
                        fs::remove_file(&path)?;
                        taken += 1;
                    }
                    SpoolOutcome::Refused => fs::rename(&path, path.with_extension(REJECTED))?,
                }
            }
        }
        Ok(taken)
    }

    /// Lets one process at a time retry while the store is unavailable; `None` if another does.
    ///
    /// # Errors
    /// What the system says.
    pub fn try_lock_retries(&self) -> io::Result<Option<RetryLock>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(self.directory.join(".persists"))?;
        self.chown_to_directory_owner(&file)?;
        Ok(Flock::lock(file, FlockArg::LockExclusiveNonblock).ok().map(RetryLock))
    }

    /// How many events are pending, and how many were set aside.
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
            let modified = fs::metadata(&path)?.modified()?;
            if now.duration_since(modified).is_ok_and(|old| old > age) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:010}"))
    }

    /// The numbers of the pending events, in order.
    fn pending(&self) -> io::Result<Vec<u64>> {
        let names = self.names()?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
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

/// Held while a process retries, until dropped.
#[derive(Debug)]
pub struct RetryLock(#[expect(dead_code, reason = "held, not read")] Flock<File>);

const REJECTED: &str = "rejected";
