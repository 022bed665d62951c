use std::collections::{BTreeMap, HashSet};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::statvfs::{FsFlags, statvfs};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Transaction, TransactionBehavior};
use rusqlite::{params, params_from_iter};

use super::census::{self, Teller};
use super::connection::{self, CreateError, DATABASE, begin_log_anew, companion, empty_log};
use super::damage::set_aside;
use super::row::{self, COLUMNS};
use super::schema::{self, CURRENT, UNDATED};
use super::{Certificate, Erased, JournalError, SetAside};
use super::{correspondence, ledger};
use crate::domain::{Change, ClockReading, Facts, Session, SessionId, Timestamp, Zone};

/// Less than a database's header is none, in bytes (sqlite.org/fileformat2.html, 1.3, and the
/// smallest page).
const SMALLEST: u64 = 512;

/// The record, for the one that writes it.
///
/// Between calls it holds no connection, no cache and no lock on the database, only the right to be
/// the journal's writer.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// Spool files that were still there when last asked; all other names may be forgotten.
    present: Option<Vec<String>>,
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

    /// The sessions that the journal holds open, oldest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn open_sessions(&self) -> Result<Vec<Session>, JournalError> {
        let connection = self.connect()?;
        open_sessions(&connection).map_err(|error| self.error(&error))
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
                        insert(transaction, session, secret.as_bytes(), &mut teller)?;
                    }
                    Change::Update(session) | Change::Close(session) => {
                        change_row(transaction, session, &mut teller)?;
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
            let Some((number, mut session)) = find(transaction, &id)? else { return Ok(false) };
            let before = session.facts.clone();
            session.facts.complete_with(facts);
            let changes = session.facts != before;
            if changes {
                update(transaction, number, &session)?;
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
        self.write(|transaction| {
            let mut teller = Teller::begin(transaction)?;
            let mut changed = BTreeMap::new();
            let mut rest = Vec::new();
            for (number, mut session) in undated(transaction)? {
                let known = session.clone();
                if session.date(trusted) {
                    update(transaction, number, &session)?;
                    teller.change(transaction, number, &known, &session)?;
                    changed.insert(number, session.clone());
                }
                if session.is_undated() && session.opened.boot != trusted.boot {
                    rest.push((number, session));
                }
            }
            // Only now, since what was just dated is a neighbour of these.
            for (number, mut session) in rest {
                let (before, after) = neighbours(transaction, number, &session, trusted)?;
                let known = session.clone();
                session.enclose(before, after);
                if session != known {
                    update(transaction, number, &session)?;
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
                let Some((number, session)) = find(transaction, &certificate.id)? else {
                    continue;
                };
                transaction.execute("DELETE FROM session WHERE number = ?", [number])?;
                teller.remove(transaction, number, &session)?;
                transaction
                    .execute("DELETE FROM underway WHERE kind = 'open' AND item = ?", [number])?;
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

/// What is where the database should be.
enum Finding {
    Damaged(String),
    Missing,
    Sound,
}

fn inspect(path: &Path) -> Result<Finding, JournalError> {
    // Not opened but by SQLite: closing any descriptor of the file would drop the locks that other
    // connections of this process hold on it (fcntl(2)).
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A log that is left alone would be replayed into the new database.
            let log = fs::symlink_metadata(companion(path, "-wal"));
            return Ok(match log {
                Ok(_) => Finding::Damaged("its log is there without it".to_owned()),
                Err(_) => Finding::Missing,
            });
        }
        Err(error) => return Err(JournalError::from_io(path, &error)),
        Ok(file) if file.is_file() && file.len() < SMALLEST => {
            return Ok(Finding::Damaged(format!("it is only {} bytes long", file.len())));
        }
        Ok(_) => {}
    }
    let check = connection::write(path).and_then(|connection| {
        let found = schema::version(&connection)?;
        let verdict =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?;
        Ok((found, verdict))
    });
    match check {
        Ok((found, _)) if found > CURRENT => {
            Err(JournalError::Newer { path: path.to_owned(), found })
        }
        Ok((_, verdict)) if verdict == "ok" => Ok(Finding::Sound),
        Ok((_, verdict)) => Ok(Finding::Damaged(verdict)),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Ok(Finding::Damaged(error.to_string()))
            }
            _ => Err(JournalError::from_sqlite(path, &error)),
        },
    }
}

pub(super) fn open_sessions(connection: &Connection) -> rusqlite::Result<Vec<Session>> {
    connection
        .prepare(&format!(
            "SELECT number, id, {COLUMNS} FROM session
             WHERE number IN (SELECT item FROM underway WHERE kind = 'open') ORDER BY number"
        ))?
        .query_map([], |row| row::read(row, 1))?
        .collect()
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

fn insert(
    transaction: &Transaction<'_>,
    session: &Session,
    secret: &[u8; 32],
    teller: &mut Teller,
) -> rusqlite::Result<()> {
    if number_of(transaction, &session.id)?.is_some() {
        return Ok(());
    }
    let last = transaction
        .query_row("SELECT max(number) FROM session", [], |row| row.get::<_, Option<i64>>(0))?;
    let number = row::number_after(last.unwrap_or(0), session);
    let mut values = row::values(session);
    values.extend([session.id.as_bytes(), secret].map(|bytes| bytes.to_vec().into()));
    values.extend([number.into(), row::astray(session, number).into()]);
    let marks = vec!["?"; values.len()].join(", ");
    transaction.execute(
        &format!("INSERT INTO session ({COLUMNS}, id, secret, number, astray) VALUES ({marks})"),
        params_from_iter(values),
    )?;
    if session.end.is_none() {
        transaction.execute("INSERT INTO underway VALUES ('open', ?)", [number])?;
    }
    teller.add(transaction, number, session)
}

fn change_row(
    transaction: &Transaction<'_>,
    session: &Session,
    teller: &mut Teller,
) -> rusqlite::Result<()> {
    let Some((number, known)) = find(transaction, &session.id)? else {
        log::info!("session {} was erased; what came after is not recorded", session.id.short());
        return Ok(());
    };
    let session = joined(session.clone(), &known);
    if session == known {
        return Ok(());
    }
    update(transaction, number, &session)?;
    if session.end.is_some() && known.end.is_none() {
        transaction.execute("DELETE FROM underway WHERE kind = 'open' AND item = ?", [number])?;
    }
    teller.change(transaction, number, &known, &session)
}

/// The later word on a session, with what only the record knows: a fact that was found out later, a
/// date that was worked out since.
fn joined(mut session: Session, known: &Session) -> Session {
    session.facts.complete_with(&known.facts);
    session.last_seen = session.last_seen.max(known.last_seen);
    session.end = session.end.or_else(|| known.end.clone());
    if session.opened == known.opened && session.start.source == known.start.source {
        let start = known.start.value;
        if start.instant().is_some() {
            session.start.value = start;
        } else if session.start.value.instant().is_none() {
            session.start.value = session.start.value.within(start.earliest, start.latest);
        }
    }
    session
}

fn update(transaction: &Transaction<'_>, number: i64, session: &Session) -> rusqlite::Result<()> {
    let mut values = row::values(session);
    values.push(row::astray(session, number).into());
    let marks = vec!["?"; values.len()].join(", ");
    values.push(number.into());
    transaction.execute(
        &format!("UPDATE session SET ({COLUMNS}, astray) = ({marks}) WHERE number = ?"),
        params_from_iter(values),
    )?;
    Ok(())
}

fn number_of(transaction: &Transaction<'_>, id: &SessionId) -> rusqlite::Result<Option<i64>> {
    transaction
        .query_row(
            "SELECT number FROM session WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
            [id.as_bytes()],
            |row| row.get(0),
        )
        .optional()
}

fn find(transaction: &Transaction<'_>, id: &SessionId) -> rusqlite::Result<Option<(i64, Session)>> {
    let Some(number) = number_of(transaction, id)? else { return Ok(None) };
    transaction
        .query_row(
            &format!("SELECT number, id, {COLUMNS} FROM session WHERE number = ?"),
            [number],
            numbered,
        )
        .optional()
}

fn undated(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<(i64, Session)>> {
    transaction
        .prepare(&format!(
            "SELECT number, id, {COLUMNS} FROM session
             WHERE astray IS NOT NULL AND astray & {UNDATED} ORDER BY number"
        ))?
        .query_map([], numbered)?
        .collect()
}

fn numbered(row: &Row<'_>) -> rusqlite::Result<(i64, Session)> {
    Ok((row.get(0)?, row::read(row, 1)?))
}

/// Two instants between which the session of an earlier boot lies, as far as they are known. At most
/// one session is open on an interface, so those before it on the same one had ended.
fn neighbours(
    transaction: &Transaction<'_>,
    number: i64,
    session: &Session,
    trusted: &ClockReading,
) -> rusqlite::Result<(Option<Timestamp>, Option<Timestamp>)> {
    let device = session.device.as_str();
    let before = transaction
        .query_row(
            &format!(
                "SELECT number, id, {COLUMNS} FROM session WHERE number < ? AND device = ?
                 AND (start_earliest = start_latest OR end_earliest = end_latest)
                 ORDER BY number DESC LIMIT 1"
            ),
            params![number, device],
            numbered,
        )
        .optional()?
        .and_then(|(_, previous)| {
            let end = previous.end.as_ref().and_then(|end| end.moment.value.instant());
            end.max(previous.start.value.instant())
        });
    let next = transaction
        .query_row(
            &format!(
                "SELECT number, id, {COLUMNS} FROM session WHERE number > ? AND device = ?
                 AND start_earliest = start_latest ORDER BY number LIMIT 1"
            ),
            params![number, device],
            numbered,
        )
        .optional()?
        .and_then(|(_, next)| next.start.value.instant());
    let ended_before = session.end.as_ref().is_none_or(|end| end.closed.boot != trusted.boot);
    let boot = trusted.boot_started().filter(|_| ended_before);
    let end = session.end.as_ref().and_then(|end| end.moment.value.latest);
    let after = [next, boot, end].into_iter().flatten().min();
    // A clock that was trusted and wrong must not turn into bounds that exclude each other.
    Ok(match (before, after) {
        (Some(before), Some(after)) if before > after => (None, None),
        bounds => bounds,
    })
}

#[cfg(test)]
mod tests;
