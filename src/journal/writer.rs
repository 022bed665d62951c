use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Transaction, TransactionBehavior};
use rusqlite::{params, params_from_iter};

use super::connection::{self, CreateError, DATABASE, begin_log_anew, companion, empty_log};
use super::damage::set_aside;
use super::row::{self, COLUMNS};
use super::schema::{self, CURRENT, UNDATED};
use super::{Certificate, Erased, JournalError, SetAside};
use crate::domain::{Change, ClockReading, Facts, Session, SessionId, Timestamp};

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
    most_pages: Option<u32>,
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
            for change in changes {
                match change {
                    Change::Open(session, secret) => {
                        insert(transaction, session, secret.as_bytes())?;
                    }
                    Change::Update(session) | Change::Close(session) => {
                        change_row(transaction, session)?;
                    }
                }
            }
            Ok(())
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
            let mut changed = BTreeMap::new();
            let mut rest = Vec::new();
            for (number, mut session) in undated(transaction)? {
                if session.date(trusted) {
                    update(transaction, number, &session)?;
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
                    changed.insert(number, session);
                }
            }
            Ok(changed.into_values().collect())
        })
    }

    /// Erases the sessions that the certificates name, and keeps the certificates of those that were
    /// there. When it returns with [`Erased::is_complete`], no byte of what the sessions held is in
    /// the journal's files.
    ///
    /// # Errors
    /// Nothing is erased then, and the same call may be made again.
    pub fn erase(&mut self, certificates: &[Certificate]) -> Result<Erased, JournalError> {
        let sessions = self.write(|transaction| {
            let mut sessions = 0;
            forget(transaction, self.present.as_deref())?;
            for certificate in certificates {
                let Some(number) = number_of(transaction, &certificate.id)? else { continue };
                transaction.execute("DELETE FROM session WHERE number = ?", [number])?;
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
                sessions += 1;
            }
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
        empty_log(&connection).map_err(|error| self.error(&error))
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
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let mut connection = self.connect()?;
        begin_log_anew(&connection)
            .and_then(|()| connection.transaction_with_behavior(TransactionBehavior::Immediate))
            .and_then(|transaction| {
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            })
            .map_err(|error| self.error(&error))
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
    Ok(())
}

fn change_row(transaction: &Transaction<'_>, session: &Session) -> rusqlite::Result<()> {
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
    Ok(())
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
mod tests {
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::Duration;

    use proptest::collection::vec;
    use proptest::{prop_assert_eq, proptest};
    use tempfile::tempdir;

    use super::super::laboratory::{
        EIGHT, MINUTE, all, any_session, at, ended, opening, reading, session,
    };
    use super::super::{Reader, schema};
    use super::*;
    use crate::domain::{Moment, Observed, Source};

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(48))]
        #[test]
        fn what_is_recorded_is_read_back_the_same(sessions in vec(any_session(), 1..6)) {
            let directory = tempdir().unwrap();
            let mut journal = open(directory.path());
            let changes: Vec<Change> = sessions
                .iter()
                .map(|(session, secret)| Change::Open(session.clone(), secret.clone()))
                .collect();
            journal.record(&changes, None).unwrap();
            let expected: Vec<Session> =
                sessions.iter().rev().map(|(session, _)| session.clone()).collect();
            prop_assert_eq!(&all(directory.path()), &expected);
            let reader = Reader::open(directory.path()).unwrap().unwrap();
            for (session, secret) in &sessions {
                let kept = reader.secret(&session.id).unwrap();
                prop_assert_eq!(kept.as_ref(), Some(secret));
            }
            let open: Vec<Session> =
                expected.into_iter().rev().filter(|session| session.end.is_none()).collect();
            prop_assert_eq!(journal.open_sessions().unwrap(), open);
        }

        #[test]
        fn what_changes_is_read_back_the_same((first, secret) in any_session(),
                                              (mut later, _) in any_session()) {
            let directory = tempdir().unwrap();
            let mut journal = open(directory.path());
            let mut first = first;
            first.end = None;
            first.start.value = Moment::claimed(Timestamp::EPOCH);
            later.id = first.id;
            journal.record(&[Change::Open(first.clone(), secret)], None).unwrap();
            journal.record(&[Change::Close(later.clone())], None).unwrap();
            later.facts.complete_with(&first.facts);
            later.last_seen = later.last_seen.max(first.last_seen);
            prop_assert_eq!(all(directory.path()), [later.clone()]);
            prop_assert_eq!(journal.open_sessions().unwrap().is_empty(), later.end.is_some());
        }
    }

    #[test]
    fn a_session_that_was_closed_is_no_longer_open() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let opened = session(1, reading(0, 10, true));
        journal.record(&[opening(1, &opened)], Some("1")).unwrap();
        assert_eq!(journal.open_sessions().unwrap(), std::slice::from_ref(&opened));
        let closed = ended(opened, reading(0, 20, true));
        journal.record(&[Change::Close(closed.clone())], Some("2")).unwrap();
        assert_eq!(journal.open_sessions().unwrap(), []);
        assert_eq!(all(directory.path()), [closed]);
    }

    #[test]
    fn a_crash_before_the_spool_file_is_removed_records_nothing_twice() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let first = session(1, reading(0, 10, true));
        journal.record(&[opening(1, &first)], Some("0001-up")).unwrap();
        drop(journal);

        let mut journal = open(directory.path());
        assert!(journal.has_taken("0001-up").unwrap());
        assert!(!journal.has_taken("0002-up").unwrap());
        // After the crash the tracker has drawn another secret for what it takes for a new session.
        let again = session(2, reading(0, 10, true));
        journal.record(&[opening(2, &again)], Some("0001-up")).unwrap();
        assert_eq!(all(directory.path()), [first]);
    }

    #[test]
    fn names_of_spool_files_that_are_gone_are_forgotten_by_the_next_transaction() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        for (number, name) in [(1, "a"), (2, "b")] {
            let opened = session(number, reading(0, 10, true));
            journal.record(&[opening(number, &opened)], Some(name)).unwrap();
        }
        journal.forget_taken(vec!["b".to_owned()]);
        assert!(journal.has_taken("a").unwrap());
        journal.record(&[opening(3, &session(3, reading(0, 11, true)))], Some("c")).unwrap();
        let taken = ["a", "b", "c"].map(|name| journal.has_taken(name).unwrap());
        assert_eq!(taken, [false, true, true]);
    }

    #[test]
    fn a_late_fact_is_filled_in_and_a_known_one_stays() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let mut opened = session(1, reading(0, 10, true));
        opened.facts.origin_address = None;
        let closed = ended(opened.clone(), reading(0, 20, true));
        journal.record(&[opening(1, &opened), Change::Close(closed.clone())], None).unwrap();
        let found = |address: [u8; 4]| Facts {
            origin_address: Some(Observed::new(address.into(), Source::Stun)),
            ..Facts::default()
        };
        assert!(journal.learn(closed.id, &found([198, 51, 100, 7])).unwrap());
        assert!(!journal.learn(closed.id, &found([198, 51, 100, 8])).unwrap());
        assert!(!journal.learn(session(2, closed.opened).id, &found([1, 2, 3, 4])).unwrap());
        let mut expected = closed;
        expected.facts.complete_with(&found([198, 51, 100, 7]));
        assert_eq!(all(directory.path()), [expected]);
    }

    #[test]
    fn a_fact_found_out_meanwhile_outlives_a_word_that_does_not_know_it() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let mut opened = session(1, reading(0, 10, true));
        let origin = opened.facts.origin_address.take();
        journal.record(&[opening(1, &opened)], None).unwrap();
        journal.learn(opened.id, &Facts { origin_address: origin, ..Facts::default() }).unwrap();
        let mut closed = ended(opened, reading(0, 20, true));
        journal.record(&[Change::Close(closed.clone())], None).unwrap();
        closed.facts.origin_address = origin;
        assert_eq!(all(directory.path()), [closed]);
    }

    #[test]
    fn a_trusted_clock_dates_its_own_boot_exactly_and_once() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let opened = session(1, reading(2, 210, false));
        journal.record(&[opening(1, &opened)], None).unwrap();
        assert_eq!(journal.date(&reading(2, 230, false)).unwrap(), []);
        let dated = journal.date(&reading(2, 230, true)).unwrap();
        assert_eq!(dated.len(), 1);
        assert_eq!(dated[0].start.value, Moment::exact(at(EIGHT + 210 * MINUTE)));
        assert_eq!(all(directory.path()), dated);
        let log = companion(&directory.path().join(DATABASE), "-wal");
        let before = fs::read(&log).unwrap();
        assert_eq!(journal.date(&reading(2, 240, true)).unwrap(), []);
        assert_eq!(fs::read(&log).unwrap(), before);
        // A tracker that was not told of the date does not take it away.
        let closed = ended(opened, reading(2, 250, true));
        journal.record(&[Change::Close(closed)], None).unwrap();
        assert_eq!(all(directory.path())[0].start.value, dated[0].start.value);
    }

    #[test]
    fn a_session_of_an_earlier_boot_lies_between_its_neighbours_on_the_same_interface() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let before = ended(session(1, reading(0, 10, true)), reading(0, 20, true));
        let undated = ended(session(2, reading(1, 110, false)), reading(1, 120, false));
        let mut elsewhere = session(3, reading(1, 130, true));
        elsewhere.device = "tun1".parse().unwrap();
        let after = session(4, reading(2, 210, true));
        let changes = [(1, &before), (2, &undated), (3, &elsewhere), (4, &after)]
            .map(|(number, session)| opening(number, session));
        journal.record(&changes, None).unwrap();
        let dated = journal.date(&reading(2, 230, true)).unwrap();
        assert_eq!(dated.len(), 1);
        let bounds = (Some(at(EIGHT + 20 * MINUTE)), Some(at(EIGHT + 200 * MINUTE)));
        let start = dated[0].start.value;
        assert_eq!((start.earliest, start.latest), bounds);
        assert_eq!(start.claimed, Some(undated.opened.realtime));
        let end = dated[0].end.as_ref().unwrap().moment.value;
        assert_eq!((end.earliest, end.latest), bounds);
        assert_eq!(journal.date(&reading(2, 240, true)).unwrap(), []);
    }

    #[test]
    fn what_was_erased_stays_erased() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let opened = session(1, reading(0, 10, true));
        journal.record(&[opening(1, &opened)], None).unwrap();
        let certificate = Certificate {
            id: opened.id,
            erased_at: at(EIGHT + 15 * MINUTE),
            expiry: "2027-11-25".to_owned(),
        };
        let erased = journal.erase(std::slice::from_ref(&certificate)).unwrap();
        assert_eq!(erased, Erased { sessions: 1, is_complete: true });
        let closed = ended(opened.clone(), reading(0, 20, true));
        journal.record(&[Change::Update(opened), Change::Close(closed)], None).unwrap();
        assert_eq!(all(directory.path()), []);
        assert_eq!(journal.open_sessions().unwrap(), []);
        let again = journal.erase(std::slice::from_ref(&certificate)).unwrap();
        assert_eq!(again, Erased { sessions: 0, is_complete: true });
        let reader = Reader::open(directory.path()).unwrap().unwrap();
        assert_eq!(reader.certificates().unwrap(), [certificate]);
    }

    #[test]
    fn a_full_disk_is_said_and_the_journal_goes_on_when_there_is_room() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let mut recorded = 0;
        // Not a full disk but the same answer of SQLite's: it may have no more pages.
        journal.most_pages = Some(60);
        let error = loop {
            let opened = session(recorded, reading(0, i64::from(recorded), true));
            match journal.record(&[opening(recorded, &opened)], Some(&recorded.to_string())) {
                Ok(()) => recorded += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, JournalError::Full { .. }), "{error:?}");
        assert!(error.is_passing());
        assert!(recorded > 10);
        assert!(!journal.has_taken(&recorded.to_string()).unwrap());
        journal.most_pages = None;
        let opened = session(recorded, reading(0, i64::from(recorded), true));
        journal.record(&[opening(recorded, &opened)], Some(&recorded.to_string())).unwrap();
        assert_eq!(all(directory.path()).len(), usize::try_from(recorded).unwrap() + 1);
    }

    #[test]
    fn a_second_daemon_is_refused_while_a_command_beside_it_is_not() {
        let directory = tempdir().unwrap();
        assert!(Journal::open_beside(directory.path()).unwrap().is_none());
        let mut first = open(directory.path());
        let error = Journal::open(directory.path()).unwrap_err();
        assert!(matches!(error, JournalError::Held { .. }), "{error:?}");
        let opened = session(1, reading(0, 10, true));
        first.record(&[opening(1, &opened)], None).unwrap();
        let beside = Journal::open_beside(directory.path()).unwrap().unwrap();
        assert_eq!(beside.open_sessions().unwrap(), [opened]);
        drop(first);
        open(directory.path());
    }

    #[test]
    fn a_journal_of_a_newer_form_is_left_as_it_is() {
        let directory = tempdir().unwrap();
        drop(open(directory.path()));
        let path = directory.path().join(DATABASE);
        let newer = CURRENT + 1;
        Connection::open(&path).unwrap().pragma_update(None, "user_version", newer).unwrap();
        let before = fs::read(&path).unwrap();
        let errors = [
            Journal::open(directory.path()).unwrap_err(),
            Journal::open_beside(directory.path()).unwrap_err(),
            Reader::open(directory.path()).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, JournalError::Newer { found, .. } if found == newer));
            assert!(error.to_string().contains("upgrade temoin"), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn only_its_owner_may_look_into_the_journal() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempdir().unwrap();
        let directory = parent.path().join("a/b");
        let mut journal = open(&directory);
        journal.record(&[opening(1, &session(1, reading(0, 1, true)))], None).unwrap();
        let _reader = Reader::open(&directory).unwrap().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }

    #[test]
    fn the_log_stays_short() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        for number in 0..600 {
            let opened = session(number, reading(0, i64::from(number), true));
            journal.record(&[opening(number, &opened)], Some(&number.to_string())).unwrap();
            journal.forget_taken(Vec::new());
            journal.record(&[Change::Close(ended(opened, reading(0, 700, true)))], None).unwrap();
        }
        let log = companion(&directory.path().join(DATABASE), "-wal");
        assert!(fs::metadata(log).unwrap().len() < 600 * 1024);
        assert_eq!(all(directory.path()).len(), 600);
        assert!(!companion(&directory.path().join(DATABASE), "-journal").exists());
    }

    /// The variable that makes this test program write to the directory it names until it is killed.
    const VICTIM: &str = "TEMOIN_TEST_JOURNAL_TO_WRITE_UNTIL_KILLED";

    #[test]
    fn a_kill_in_the_middle_of_writing_leaves_a_sound_journal() {
        if let Some(directory) = std::env::var_os(VICTIM) {
            return write_for_ever(Path::new(&directory));
        }
        let directory = tempdir().unwrap();
        let mut known = 0;
        for round in 0..8 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "--nocapture"])
                .arg("journal::writer::tests::a_kill_in_the_middle_of_writing_leaves_a_sound_journal")
                .env(VICTIM, directory.path())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            // Until it writes, and then up to some moment within a transaction.
            for _ in 0..600 {
                let written = Reader::open(directory.path()).ok().flatten().map_or(0, |reader| {
                    reader.count(&crate::journal::Filter::all(at(EIGHT))).unwrap()
                });
                if written > known {
                    break;
                }
                thread::sleep(Duration::from_millis(10));
            }
            thread::sleep(Duration::from_millis(13 * round));
            child.kill().unwrap();
            child.wait().unwrap();

            let journal = open(directory.path());
            let sessions = all(directory.path());
            let written = sessions.len() as u64;
            assert!(written > known, "round {round} wrote nothing");
            known = written;
            // Each is there with the name of its file, or not at all, and none is left out.
            for (number, session) in (0..).zip(sessions.iter().rev()) {
                assert_eq!(session.id, super::super::laboratory::secret(number).id());
            }
            let taken: u64 = journal
                .write(|transaction| {
                    let sql = "SELECT count(*) FROM underway WHERE kind = 'taken'";
                    transaction.query_row(sql, [], |row| row.get::<_, i64>(0))
                })
                .unwrap()
                .unsigned_abs();
            assert_eq!(taken, written);
            assert!(journal.has_taken(&(written - 1).to_string()).unwrap());
            assert!(!journal.has_taken(&written.to_string()).unwrap());
        }
    }

    fn write_for_ever(directory: &Path) {
        let mut journal = open(directory);
        let first = u32::try_from(all(directory).len()).unwrap();
        for number in first.. {
            let opened = session(number, reading(0, i64::from(number), true));
            journal.record(&[opening(number, &opened)], Some(&number.to_string())).unwrap();
        }
    }

    #[test]
    fn readers_see_whole_transactions_while_the_daemon_writes_and_empties_its_log() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let pair = |number: u32| {
            let opened = session(number, reading(0, i64::from(number), true));
            let twin = session(number + 1, opened.opened);
            [opening(number, &opened), opening(number + 1, &twin)]
        };
        journal.record(&pair(0), None).unwrap();
        thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut seen = 0;
                        while seen < 300 {
                            let sessions = all(directory.path());
                            assert_eq!(sessions.len() % 2, 0);
                            assert!(sessions.len() >= seen);
                            seen = sessions.len();
                        }
                    })
                })
                .collect();
            for number in (2..300).step_by(2) {
                journal.record(&pair(number), None).unwrap();
                if number % 50 == 0 {
                    journal.truncate().unwrap();
                }
            }
            for reader in readers {
                reader.join().unwrap();
            }
        });
        assert_eq!(all(directory.path()).len(), 300);
        assert!(journal.truncate().unwrap());
        let log = companion(&directory.path().join(DATABASE), "-wal");
        assert_eq!(fs::metadata(log).unwrap().len(), 0);
    }

    #[test]
    fn an_erasure_during_a_reading_says_that_it_is_not_complete() {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let sessions: Vec<Session> =
            (0..40).map(|number| session(number, reading(0, i64::from(number), true))).collect();
        let changes: Vec<Change> = (0..).zip(&sessions).map(|(n, s)| opening(n, s)).collect();
        journal.record(&changes, None).unwrap();
        let certificate =
            Certificate { id: sessions[3].id, erased_at: at(EIGHT), expiry: String::new() };
        let reader = Reader::open(directory.path()).unwrap().unwrap();
        let mut seen = 0;
        reader
            .for_each(&crate::journal::Filter::all(at(EIGHT)), |_| {
                if seen == 0 {
                    let erased = journal.erase(std::slice::from_ref(&certificate)).unwrap();
                    assert_eq!(erased, Erased { sessions: 1, is_complete: false });
                }
                seen += 1;
                std::ops::ControlFlow::<()>::Continue(())
            })
            .unwrap();
        assert_eq!(seen, 40, "a reading sees one state of the journal");
        assert!(journal.truncate().unwrap());
        assert_eq!(all(directory.path()).len(), 39);
    }

    fn open(directory: &Path) -> Journal {
        let (journal, aside) = Journal::open(directory).unwrap();
        assert_eq!(aside, None);
        assert_eq!(journal.write(|transaction| schema::version(transaction)).unwrap(), CURRENT);
        journal
    }
}
