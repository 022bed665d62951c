use std::collections::{BTreeMap, HashSet};
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::statvfs::{FsFlags, statvfs};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::census::{self, Teller};
use super::connection::{self, CreateError, DATABASE, begin_log_anew, empty_log};
use super::damage::{Finding, inspect, set_aside};
use super::schema::{self, CURRENT};
use super::{Certificate, Erased, JournalError, SetAside};
use super::{correspondence, ledger, sessions};
use crate::domain::{Change, ClockReading, Facts, Session, SessionId, Uptime, Zone};

/// The record, for the one that writes it.
///
/// Between calls it holds no connection, no cache and no lock on the database, only the right to be
/// the journal's writer.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// Spool files that were still there when last asked; all other names may be forgotten.
    present: Option<Vec<String>>,
    /// When the present boot had begun for certain.
    boot_began_by: Uptime,
    /// Pages that the database may have, to provoke a full disk.
    #[cfg(test)]
    pub(super) most_pages: Option<u32>,
    _right_to_write: Option<Flock<File>>,
}

impl Journal {
    /// Opens the journal in `directory`, or begins one, making the directory where it is missing. A
    /// database that is damaged is set aside and a new one begun.
    ///
    /// # Errors
    /// [`JournalError::Held`] while another `Journal` holds the directory; the others as their texts
    /// say. Only damage sets a database aside, never an error.
    pub fn open(directory: &Path) -> Result<(Self, Option<SetAside>), JournalError> {
        let io_error = |error: io::Error| JournalError::from_io(directory, &error);
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(io_error)?;
        let handle = File::open(directory).map_err(io_error)?;
        let lock =
            Flock::lock(handle, FlockArg::LockExclusiveNonblock).map_err(
                |(_, error)| match error {
                    Errno::EWOULDBLOCK => JournalError::Held { path: directory.to_owned() },
                    other => io_error(other.into()),
                },
            )?;
        let mut journal = Self::at(directory);
        journal._right_to_write = Some(lock);
        let path = &journal.path;
        let mut aside = None;
        let is_new = match inspect(path)? {
            Finding::Sound => false,
            Finding::Missing => true,
            Finding::Damaged(cause) => {
                let moved = set_aside(directory, cause).map_err(io_error)?;
                log::error!("{moved}");
                aside = Some(moved);
                true
            }
        };
        if is_new {
            connection::create(path).map_err(|error| match error {
                CreateError::Io(error) => JournalError::from_io(path, &error),
                CreateError::Sqlite(error) => JournalError::from_sqlite(path, &error),
            })?;
        }
        journal.write(schema::migrate)?;
        Ok((journal, aside))
    }

    /// The journal in `directory`, for a command that writes while the daemon may run. It neither
    /// begins nor repairs a journal: `None` where there is none yet.
    ///
    /// # Errors
    /// [`JournalError::Older`] where the journal has an earlier form than this program writes; the
    /// others as their texts say.
    pub fn open_beside(directory: &Path) -> Result<Option<Self>, JournalError> {
        let journal = Self::at(directory);
        match journal.path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(JournalError::from_io(&journal.path, &error)),
        }
        let path = journal.path.clone();
        let found = connection::write(&path)
            .and_then(|connection| schema::version(&connection))
            .map_err(|error| JournalError::from_sqlite(&path, &error))?;
        if found > CURRENT {
            return Err(JournalError::Newer { path, found });
        }
        if found < CURRENT {
            return Err(JournalError::Older { path });
        }
        Ok(Some(journal))
    }

    /// Says when the present boot had begun for certain: see
    /// [`Tracker::in_boot_begun_by`](crate::domain::Tracker::in_boot_begun_by).
    #[must_use]
    pub fn in_boot_begun_by(self, uptime: Uptime) -> Self {
        Self { boot_began_by: uptime, ..self }
    }

    /// The sessions that the journal holds open, oldest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn open_sessions(&self) -> Result<Vec<Session>, JournalError> {
        let connection = self.connect()?;
        sessions::open(&connection).map_err(|error| self.error(&error))
    }

    /// Has the sessions counted in the days of these zones, for [`Reader::census`](super::Reader::census),
    /// from now on and by whoever writes. Where they are not yet, the whole record is read once.
    ///
    /// # Errors
    /// Nothing is changed then, and the same call may be made again.
    pub fn count_in(&mut self, zones: &[Zone]) -> Result<(), JournalError> {
        if self.is_counted_in(zones)? {
            return Ok(());
        }
        self.write(|transaction| census::count_in(transaction, zones))
    }

    /// Whether the sessions are counted, and in the days of each of these zones.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn is_counted_in(&self, zones: &[Zone]) -> Result<bool, JournalError> {
        let connection = self.connect()?;
        census::is_counted_in(&connection, zones).map_err(|error| self.error(&error))
    }

    /// Writes down what the tracker found, in one transaction, together with the name of the spool
    /// file that it came from. Changes whose spool file is noted already are not written again.
    ///
    /// An update or an end of a session that is not in the journal is dropped: it was erased. What an
    /// earlier word on a session knew and this one does not is kept.
    ///
    /// # Errors
    /// Nothing is written then, and the same call may be made again.
    pub fn record(&mut self, changes: &[Change], taken: Option<&str>) -> Result<(), JournalError> {
        if changes.is_empty() {
            return Ok(());
        }
        let present = self.present.take();
        let result = self.write(|transaction| {
            if let Some(name) = taken {
                if has_taken(transaction, name)? {
                    return Ok(());
                }
                forget(transaction, present.as_deref())?;
                transaction.execute("INSERT INTO underway VALUES ('taken', ?)", [name])?;
            }
            let mut teller = Teller::begin(transaction)?;
            for change in changes {
                match change {
                    Change::Open(session, secret) => {
                        sessions::insert(transaction, session, secret.as_bytes(), &mut teller)?;
                    }
                    Change::Update(session) | Change::Close(session) => {
                        sessions::change(transaction, session, &mut teller)?;
                    }
                }
            }
            teller.end(transaction)
        });
        if result.is_err() {
            self.present = present;
        }
        result
    }

    /// Whether the changes of the spool file of this name are recorded.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn has_taken(&self, name: &str) -> Result<bool, JournalError> {
        let connection = self.connect()?;
        has_taken(&connection, name).map_err(|error| self.error(&error))
    }

    /// Lets the next [`Journal::record`] of a spool file forget the names of all that are not in
    /// `present`, the names that are still in the spool. It writes nothing itself.
    pub fn forget_taken(&mut self, present: Vec<String>) {
        self.present = Some(present);
    }

    /// Notes facts that were found out later about a session, open or closed; only what is unknown
    /// is filled in. Says whether that changed anything; a session that was erased is left alone.
    ///
    /// # Errors
    /// Nothing is written then, and the same call may be made again.
    pub fn learn(&mut self, id: SessionId, facts: &Facts) -> Result<bool, JournalError> {
        self.write(|transaction| {
            let Some((number, mut session)) = sessions::find(transaction, &id)? else {
                return Ok(false);
            };
            let before = session.facts.clone();
            session.facts.complete_with(facts);
            let changes = session.facts != before;
            if changes {
                sessions::update(transaction, number, &session)?;
            }
            Ok(changes)
        })
    }

    /// Dates what a trusted reading of the clocks can date: the sessions of the same boot exactly,
    /// those of earlier boots by bounds from what was recorded before and after them on the same
    /// interface, and from the start of the present boot. Returns the sessions that it changed.
    ///
    /// # Errors
    /// Nothing is written then, and the same call may be made again.
    pub fn date(&mut self, trusted: &ClockReading) -> Result<Vec<Session>, JournalError> {
        if !trusted.synchronised {
            return Ok(Vec::new());
        }
        let boot = trusted.instant_at(self.boot_began_by);
        self.write(|transaction| {
            let mut teller = Teller::begin(transaction)?;
            let mut changed = BTreeMap::new();
            let mut rest = Vec::new();
            for (number, mut session) in sessions::undated(transaction)? {
                let known = session.clone();
                if session.date(trusted) {
                    sessions::update(transaction, number, &session)?;
                    teller.change(transaction, number, &known, &session)?;
                    changed.insert(number, session.clone());
                }
                if session.is_undated() && session.opened.boot != trusted.boot {
                    rest.push((number, session));
                }
            }
            // Only now, since what was just dated is a neighbour of these.
            for (number, mut session) in rest {
                let ended_before =
                    session.end.as_ref().is_none_or(|it| it.closed.boot != trusted.boot);
                let boot = boot.filter(|_| ended_before);
                let (before, after) = sessions::neighbours(transaction, number, &session, boot)?;
                let known = session.clone();
                session.enclose(before, after);
                if session != known {
                    sessions::update(transaction, number, &session)?;
                    teller.change(transaction, number, &known, &session)?;
                    changed.insert(number, session);
                }
            }
            teller.end(transaction)?;
            Ok(changed.into_values().collect())
        })
    }

    /// Erases the sessions that the certificates name, and keeps the certificates of those that were
    /// there. With each go salt and digests of the operator's statements on it, and its ID from what
    /// was sent. When it returns with [`Erased::is_complete`], no byte of what the sessions held is in
    /// the journal's files.
    ///
    /// # Errors
    /// Nothing is erased then, and the same call may be made again.
    pub fn erase(&mut self, certificates: &[Certificate]) -> Result<Erased, JournalError> {
        let sessions = self.write(|transaction| {
            let mut sessions = 0;
            let mut gone = HashSet::new();
            forget(transaction, self.present.as_deref())?;
            let mut teller = Teller::begin(transaction)?;
            for certificate in certificates {
                let Some((number, session)) = sessions::find(transaction, &certificate.id)? else {
                    continue;
                };
                sessions::remove(transaction, number, &session, &mut teller)?;
                transaction.execute(
                    "INSERT INTO erasure (id, erased_at, expiry) VALUES (?, ?, ?)
                     ON CONFLICT (id) DO NOTHING",
                    params![
                        certificate.id.as_bytes(),
                        certificate.erased_at.milliseconds(),
                        certificate.expiry
                    ],
                )?;
                correspondence::forget(transaction, &certificate.id)?;
                gone.insert(certificate.id);
                sessions += 1;
            }
            teller.end(transaction)?;
            ledger::blank(transaction, &gone)?;
            Ok(sessions)
        })?;
        let is_complete = sessions == 0
            || self.truncate().unwrap_or_else(|error| {
                log::warn!("the log still holds what was erased: {error}");
                false
            });
        Ok(Erased { sessions, is_complete })
    }

    /// Empties the log, in which erased values may be left. Says whether it could: not while somebody
    /// reads the journal, for which it waits some seconds.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn truncate(&mut self) -> Result<bool, JournalError> {
        let connection = self.connect()?;
        // With a reader about, the connection shares the database and waits for it to finish.
        let is_empty = empty_log(&connection).map_err(|error| self.error(&error))?;
        self.must_be_writable()?;
        Ok(is_empty)
    }

    fn at(directory: &Path) -> Self {
        Self {
            path: directory.join(DATABASE),
            present: None,
            boot_began_by: Uptime::START,
            #[cfg(test)]
            most_pages: None,
            _right_to_write: None,
        }
    }

    fn connect(&self) -> Result<Connection, JournalError> {
        let connection = connection::write(&self.path).map_err(|error| self.error(&error))?;
        #[cfg(test)]
        if let Some(pages) = self.most_pages {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        }
        Ok(connection)
    }

    /// Runs `work` in one transaction, which is on the card when this returns.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let mut connection = self.connect()?;
        let value = begin_log_anew(&connection)
            .and_then(|()| connection.transaction_with_behavior(TransactionBehavior::Immediate))
            .and_then(|transaction| {
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            })
            .map_err(|error| self.error(&error))?;
        self.must_be_writable()?;
        Ok(value)
    }

    /// ext4 may take a sync for done when an error has just turned it read-only, and nothing arrived.
    fn must_be_writable(&self) -> Result<(), JournalError> {
        let directory = self.path.parent().unwrap_or(&self.path);
        match statvfs(directory) {
            Ok(system) if system.flags().contains(FsFlags::ST_RDONLY) => {
                Err(JournalError::ReadOnly { path: self.path.clone() })
            }
            Ok(_) => Ok(()),
            Err(errno) => Err(JournalError::from_io(&self.path, &errno.into())),
        }
    }

    fn error(&self, error: &rusqlite::Error) -> JournalError {
        JournalError::from_sqlite(&self.path, error)
    }
}

/// Whether somebody holds the right to write the journal in `directory`: a daemon that runs.
pub fn is_in_use(directory: &Path) -> bool {
    let Ok(handle) = File::open(directory) else { return false };
    matches!(Flock::lock(handle, FlockArg::LockSharedNonblock), Err((_, Errno::EWOULDBLOCK)))
}

fn has_taken(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection.prepare("SELECT 1 FROM underway WHERE kind = 'taken' AND item = ?")?.exists([name])
}

fn forget(transaction: &Transaction<'_>, present: Option<&[String]>) -> rusqlite::Result<()> {
    let Some(present) = present else { return Ok(()) };
    let taken: Vec<String> = transaction
        .prepare("SELECT item FROM underway WHERE kind = 'taken'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for name in taken.iter().filter(|name| !present.contains(name)) {
        transaction.execute("DELETE FROM underway WHERE kind = 'taken' AND item = ?", [name])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
