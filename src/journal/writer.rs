use std::collections::{BTreeMap, HashSet};
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::statvfs::{FsFlags, statvfs};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::connection::{self, CreateError, DATABASE, checkpoint_long_log, empty_log};
use super::damage::{DatabaseCondition, inspect, set_aside};
use super::schema::{self, CURRENT_VERSION};
use super::session_counts::{self, CountsUpdater};
use super::{ErasedCount, JournalError, SetAside};
use super::{ledger, sessions, sync_state};
use temoin_core::record::{DamagedRow, ErasureCertificate};
use temoin_core::session::{
    Attributes, Change, ClockReading, Session, SessionId, Timestamp, Uptime, Zone,
};

/// The journal's single writer.
///
/// Between calls it holds no connection, cache or database lock, only the writer lock.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// Spool files that were present at the last check; all other names may be dropped.
    present: Option<Vec<String>>,
    /// The latest uptime at which the current boot can have begun.
    boot_started_by: Uptime,
    /// Maximum pages of the database, to simulate a full disk.
    #[cfg(test)]
    pub(super) max_pages: Option<u32>,
    _right_to_write: Option<Flock<File>>,
}

impl Journal {
    /// Opens the journal in `directory`, creating both if missing. A damaged database is set aside
    /// and replaced by a new one.
    ///
    /// # Errors
    /// [`JournalError::InUse`] while another `Journal` holds the directory; the others as their texts
    /// say. Only damage sets a database aside, never an error.
    pub fn open(directory: &Path) -> Result<(Self, Option<SetAside>), JournalError> {
        let io_error = |error: io::Error| JournalError::from_io(directory, &error);
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(io_error)?;
        let handle = File::open(directory).map_err(io_error)?;
        let lock =
            Flock::lock(handle, FlockArg::LockExclusiveNonblock).map_err(
                |(_, error)| match error {
                    Errno::EWOULDBLOCK => JournalError::InUse { path: directory.to_owned() },
                    other => io_error(other.into()),
                },
            )?;
        let mut journal = Self::at(directory);
        journal._right_to_write = Some(lock);
        let path = &journal.path;
        let mut aside = None;
        let is_new = match inspect(path)? {
            DatabaseCondition::Sound => false,
            DatabaseCondition::Missing => true,
            DatabaseCondition::Damaged(cause) => {
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

    /// The journal in `directory`, for a command that may write while the daemon runs. Does not
    /// create or repair: `None` if there is none yet.
    ///
    /// # Errors
    /// [`JournalError::Older`] if the journal has an older schema version; the others as their
    /// texts say.
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
        if found > CURRENT_VERSION {
            return Err(JournalError::Newer { path, found });
        }
        if found < CURRENT_VERSION {
            return Err(JournalError::Older { path });
        }
        Ok(Some(journal))
    }

    /// Says when the present boot had begun for certain: see
    /// [`Tracker::with_boot_started_by`](temoin_core::session::Tracker::with_boot_started_by).
    #[must_use]
    pub fn with_boot_started_by(self, uptime: Uptime) -> Self {
        Self { boot_started_by: uptime, ..self }
    }

    /// The sessions that the journal holds open, oldest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn open_sessions(&self) -> Result<Vec<Session>, JournalError> {
        let connection = self.connect()?;
        sessions::open(&connection).map_err(|error| self.error(&error))
    }

    /// From now on, every writer keeps sessions counted by the days of these zones, for
    /// [`Reader::session_counts`](super::Reader::session_counts). The first call reads the
    /// whole journal once.
    ///
    /// # Errors
    /// Nothing is changed then, and the same call may be made again.
    pub fn count_in(&mut self, zones: &[Zone]) -> Result<(), JournalError> {
        if self.is_counted_in(zones)? {
            return Ok(());
        }
        self.write(|transaction| session_counts::count_in(transaction, zones))
    }

    /// Whether sessions are counted by the days of each of these zones.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn is_counted_in(&self, zones: &[Zone]) -> Result<bool, JournalError> {
        let connection = self.connect()?;
        session_counts::is_counted_in(&connection, zones).map_err(|error| self.error(&error))
    }

    /// Writes the tracker's changes in one transaction, with the name of the spool file they came
    /// from. Changes from a spool file that is already recorded are skipped.
    ///
    /// An update or end of a session that is not in the journal is dropped: it was erased. Values
    /// that an earlier version of a session had and this one lacks are kept.
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
                transaction.execute("INSERT INTO unfinished VALUES ('taken', ?)", [name])?;
            }
            let mut updater = CountsUpdater::begin(transaction)?;
            for change in changes {
                match change {
                    Change::Open(session, secret) => {
                        sessions::insert(transaction, session, secret.as_bytes(), &mut updater)?;
                    }
                    Change::Update(session) | Change::Close(session) => {
                        sessions::change(transaction, session, &mut updater)?;
                    }
                }
            }
            updater.finish(transaction)
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

    /// Makes the next [`Journal::record`] drop the names of spool files that are not in `present`,
    /// those still in the spool. Writes nothing itself.
    pub fn forget_taken(&mut self, present: Vec<String>) {
        self.present = Some(present);
    }

    /// Fills in values of a session found out later; known ones are not overwritten. Returns
    /// whether anything changed. An erased session is left alone.
    ///
    /// # Errors
    /// Nothing is written then, and the same call may be made again.
    pub fn learn(&mut self, id: SessionId, attributes: &Attributes) -> Result<bool, JournalError> {
        self.write(|transaction| {
            let Some((number, mut session)) = sessions::find(transaction, &id)? else {
                return Ok(false);
            };
            let before = session.attributes.clone();
            session.attributes.fill_missing(attributes);
            let changes = session.attributes != before;
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
        let boot = trusted.instant_at(self.boot_started_by);
        self.write(|transaction| {
            let mut updater = CountsUpdater::begin(transaction)?;
            let mut changed = BTreeMap::new();
            let mut rest = Vec::new();
            for (number, mut session) in sessions::undated(transaction)? {
                let known = session.clone();
                if session.date(trusted) {
                    sessions::update(transaction, number, &session)?;
                    updater.change(transaction, number, &known, &session)?;
                    changed.insert(number, session.clone());
                }
                if session.is_undated() && session.opened.boot != trusted.boot {
                    rest.push((number, session));
                }
            }
            // After the loop above: sessions just dated are neighbours of these.
            for (number, mut session) in rest {
                let ended_before =
                    session.end.as_ref().is_none_or(|it| it.closed.boot != trusted.boot);
                let boot = boot.filter(|_| ended_before);
                let (before, after) = sessions::neighbours(transaction, number, &session, boot)?;
                let known = session.clone();
                session.narrow_bounds(before, after);
                if session != known {
                    sessions::update(transaction, number, &session)?;
                    updater.change(transaction, number, &known, &session)?;
                    changed.insert(number, session);
                }
            }
            updater.finish(transaction)?;
            Ok(changed.into_values().collect())
        })
    }

    /// Erases the sessions named by the certificates, and stores the certificates of those that
    /// existed. Also erases the salt and digests of the operator's statements, and the IDs in sent
    /// requests. If [`ErasedCount::is_complete`], no byte of them is left in the journal's files.
    ///
    /// # Errors
    /// Nothing is erased then, and the same call may be made again.
    pub fn erase(
        &mut self,
        certificates: &[ErasureCertificate],
    ) -> Result<ErasedCount, JournalError> {
        let sessions = self.write(|transaction| {
            let mut sessions = 0;
            let mut has_damaged = false;
            let mut gone = HashSet::new();
            forget(transaction, self.present.as_deref())?;
            let mut updater = CountsUpdater::begin(transaction)?;
            for certificate in certificates {
                let Some(number) = sessions::number_of(transaction, &certificate.id)? else {
                    continue;
                };
                if let Some(session) = sessions::at(transaction, number)? {
                    sessions::remove(transaction, number, &session, &mut updater)?;
                } else {
                    sessions::delete(transaction, number)?;
                    has_damaged = true;
                }
                certify(transaction, certificate)?;
                sync_state::forget(transaction, &certificate.id)?;
                gone.insert(certificate.id);
                sessions += 1;
            }
            updater.finish(transaction)?;
            gone.extend(sync_state::forget_orphans(transaction)?);
            if has_damaged {
                session_counts::recount(transaction)?;
            }
            ledger::zero_ids(transaction, &gone)?;
            Ok(sessions)
        })?;
        Ok(self.finish_erasure(sessions))
    }

    /// Erases rows that are damaged, by their numbers, whatever they hold; one that was repaired since
    /// stays. A certificate is stored for each of which the ID can be read. As the ID may be wrong, what
    /// the operator stated about any session that is not in the journal loses its salt and digests, too.
    ///
    /// # Errors
    /// Nothing is erased then, and the same call may be made again.
    pub fn erase_damaged(
        &mut self,
        rows: &[DamagedRow],
        erased_at: Timestamp,
    ) -> Result<ErasedCount, JournalError> {
        if rows.is_empty() {
            return Ok(ErasedCount { sessions: 0, is_complete: true });
        }
        let sessions = self.write(|transaction| {
            let mut sessions = 0;
            for row in rows {
                if sessions::at(transaction, row.number)?.is_some() {
                    continue;
                }
                sessions::delete(transaction, row.number)?;
                sessions += 1;
                if let Some(id) = row.id {
                    let expiry = DAMAGED.to_owned();
                    certify(transaction, &ErasureCertificate { id, erased_at, expiry })?;
                }
            }
            let gone = sync_state::forget_orphans(transaction)?;
            ledger::zero_ids(transaction, &gone)?;
            session_counts::recount(transaction)?;
            Ok(sessions)
        })?;
        Ok(self.finish_erasure(sessions))
    }

    fn finish_erasure(&mut self, sessions: usize) -> ErasedCount {
        let is_complete = sessions == 0
            || self.truncate().unwrap_or_else(|error| {
                log::warn!("the log still holds what was erased: {error}");
                false
            });
        ErasedCount { sessions, is_complete }
    }

    /// Truncates the write-ahead log, which may still hold erased values. Waits some seconds for
    /// readers; false if one was still open.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn truncate(&mut self) -> Result<bool, JournalError> {
        let connection = self.connect()?;
        // If there is a reader, the connection is shared and waits for it to finish.
        let is_empty = empty_log(&connection).map_err(|error| self.error(&error))?;
        self.check_writable()?;
        Ok(is_empty)
    }

    fn at(directory: &Path) -> Self {
        Self {
            path: directory.join(DATABASE),
            present: None,
            boot_started_by: Uptime::START,
            #[cfg(test)]
            max_pages: None,
            _right_to_write: None,
        }
    }

    fn connect(&self) -> Result<Connection, JournalError> {
        let connection = connection::write(&self.path).map_err(|error| self.error(&error))?;
        #[cfg(test)]
        if let Some(pages) = self.max_pages {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        }
        Ok(connection)
    }

    /// Runs `work` in one transaction, durable when this returns.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let mut connection = self.connect()?;
        let value = checkpoint_long_log(&connection)
            .and_then(|()| connection.transaction_with_behavior(TransactionBehavior::Immediate))
            .and_then(|transaction| {
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            })
            .map_err(|error| self.error(&error))?;
        self.check_writable()?;
        Ok(value)
    }

    /// ext4 may report a sync as done right after an error made it read-only, with nothing written.
    fn check_writable(&self) -> Result<(), JournalError> {
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

/// Whether a running daemon holds the writer lock of the journal in `directory`.
pub fn is_in_use(directory: &Path) -> bool {
    let Ok(handle) = File::open(directory) else { return false };
    matches!(Flock::lock(handle, FlockArg::LockSharedNonblock), Err((_, Errno::EWOULDBLOCK)))
}

/// Why a damaged row was erased, in its certificate.
const DAMAGED: &str = "damaged";

fn certify(
    transaction: &Transaction<'_>,
    certificate: &ErasureCertificate,
) -> rusqlite::Result<usize> {
    transaction.execute(
        "INSERT INTO erasure (id, erased_at, expiry) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        params![
            certificate.id.as_bytes(),
            certificate.erased_at.milliseconds(),
            certificate.expiry
        ],
    )
}

fn has_taken(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection.prepare("SELECT 1 FROM unfinished WHERE kind = 'taken' AND item = ?")?.exists([name])
}

fn forget(transaction: &Transaction<'_>, present: Option<&[String]>) -> rusqlite::Result<()> {
    let Some(present) = present else { return Ok(()) };
    let taken: Vec<String> = transaction
        .prepare("SELECT item FROM unfinished WHERE kind = 'taken'")?
        .query_map([], |row| Ok(row.get(0).ok()))?
        .filter_map(Result::transpose)
        .collect::<rusqlite::Result<_>>()?;
    for name in taken.iter().filter(|name| !present.contains(name)) {
        transaction.execute("DELETE FROM unfinished WHERE kind = 'taken' AND item = ?", [name])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
