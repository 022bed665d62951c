use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params_from_iter};

use super::JournalError;
use super::connection::{BUSY_TIMEOUT, DATABASE, confine_values};
use super::filter::Query;
use super::row::{self, SELECTED};
use super::schema::{self, CURRENT_VERSION};
use super::session_counts;
use super::sessions;
use temoin_core::record::{Cursor, DamagedRow, ErasureCertificate, Filter, Pagination};
use temoin_core::session::SessionCounts;
use temoin_core::session::{IdPrefix, Session, SessionId, SessionSecret, Timestamp};

/// The pages that a reader holds in memory, in KiB (negative is SQLite's way to say so).
const CACHE: i64 = -256;

/// How long a copy waits for a writer before it tries again.
const PAUSE: Duration = Duration::from_millis(100);

/// Read-only access to the journal.
///
/// It never blocks a writer. But while one exists, each transaction writes several times as much
/// (see the module's "Data storage"), and an erasure cannot complete during a long
/// [`Reader::for_each`]: open one for a single query, then drop it.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
    /// Excludes writers where SQLite's own locks cannot be taken.
    _writers_kept_away: Option<Flock<File>>,
}

impl Reader {
    /// Opens the journal in `directory` for reading; `None` where there is none yet.
    ///
    /// # Errors
    /// [`JournalError::Denied`] where the directory cannot be written and a daemon writes the journal:
    /// reading beside it takes a file of SQLite's in that directory. The others as their texts say.
    pub fn open(directory: &Path) -> Result<Option<Self>, JournalError> {
        let path = directory.join(DATABASE);
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(JournalError::from_io(&path, &error)),
        }
        let (connection, lock) = match shared(&path) {
            Ok(connection) => (connection, None),
            Err(error) => match JournalError::from_sqlite(&path, &error) {
                denied @ (JournalError::Denied { .. } | JournalError::ReadOnly { .. }) => {
                    let (connection, lock) = alone(directory, &path, denied)?;
                    (connection, Some(lock))
                }
                other => return Err(other),
            },
        };
        let reader = Self { connection, path, _writers_kept_away: lock };
        let found = reader.ask(schema::version)?;
        match found {
            CURRENT_VERSION => Ok(Some(reader)),
            0 => Ok(None),
            older if older < CURRENT_VERSION => Err(JournalError::Older { path: reader.path }),
            _ => Err(JournalError::Newer { path: reader.path, found }),
        }
    }

    /// A page of the sessions that `filter` selects, newest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn sessions(
        &self,
        filter: &Filter,
        page: &Pagination,
    ) -> Result<Vec<Session>, JournalError> {
        let read = |limit| {
            let page = Pagination { limit, ..*page };
            self.rows(Query::new(filter, Some(&page)))
        };
        Ok(intact(page.limit, read)?.into_iter().map(|(_, session)| session).collect())
    }

    /// Calls `visit` with each session that `filter` selects, newest first, until it breaks;
    /// returns the value of the break.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say; sessions may have been given already.
    pub fn for_each<B>(
        &self,
        filter: &Filter,
        mut visit: impl FnMut(Session) -> ControlFlow<B>,
    ) -> Result<Option<B>, JournalError> {
        let Query { text, values } = Query::new(filter, None);
        self.ask(|connection| {
            let mut statement = connection.prepare(&text)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                let Ok(session) = row::read(row) else { continue };
                if let ControlFlow::Break(value) = visit(session) {
                    return Ok(Some(value));
                }
            }
            Ok(None)
        })
    }

    /// At most `limit` of the sessions that `filter` selects, newest first, each with its cursor:
    /// from the newest on, or from before a cursor.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn some_before(
        &self,
        filter: &Filter,
        place: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<(Cursor, Session)>, JournalError> {
        let read = |limit| self.rows(Query::before(filter, place, limit));
        let sessions = intact(limit, read)?.into_iter();
        Ok(sessions.map(|(number, session)| (Cursor::at(number), session)).collect())
    }

    /// The rows that are damaged, newest first: every row is read. All else that reads sessions passes
    /// over them.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn damaged(&self, now: Timestamp) -> Result<Vec<DamagedRow>, JournalError> {
        self.ask(|connection| sessions::damaged(connection, now))
    }

    fn rows(&self, query: Query) -> Result<Vec<(i64, Option<Session>)>, JournalError> {
        let Query { text, values } = query;
        self.ask(|connection| {
            let mut statement = connection.prepare(&text)?;
            let rows = statement.query_map(params_from_iter(values), row::read_numbered)?;
            rows.collect()
        })
    }

    /// How many sessions `filter` selects.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn count(&self, filter: &Filter) -> Result<u64, JournalError> {
        let Query { text, values } = Query::counting(filter);
        self.ask(|connection| {
            connection.query_row(&text, params_from_iter(values), |row| row.get(0))
        })
        .map(|count: i64| count.unsigned_abs())
    }

    /// The session counts requested by [`Journal::count_in`](super::Journal::count_in); `None` if
    /// it was never called.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn session_counts(&self) -> Result<Option<SessionCounts>, JournalError> {
        self.ask(|connection| {
            // A consistent snapshot.
            let transaction = connection.unchecked_transaction()?;
            session_counts::read_all(&transaction)
        })
    }

    /// The sessions whose ID has this prefix, newest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, JournalError> {
        let (low, high) = prefix.range();
        self.ask(|connection| {
            connection
                .prepare(&format!(
                    "SELECT {SELECTED} FROM session
                     WHERE substr(id, 1, 4) BETWEEN substr(?1, 1, 4) AND substr(?2, 1, 4)
                     AND id BETWEEN ?1 AND ?2 ORDER BY number DESC"
                ))?
                .query_map([low.as_bytes(), high.as_bytes()], |row| Ok(row::read(row).ok()))?
                .filter_map(Result::transpose)
                .collect()
        })
    }

    /// The sessions that the journal holds open, oldest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn open_sessions(&self) -> Result<Vec<Session>, JournalError> {
        self.ask(sessions::open)
    }

    /// The secret of a session, with which a member can prove whose ID it was.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn secret(&self, id: &SessionId) -> Result<Option<SessionSecret>, JournalError> {
        self.ask(|connection| {
            connection
                .query_row(
                    "SELECT secret FROM session
                     WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
                    [id.as_bytes()],
                    |row| Ok(SessionSecret::from_bytes(row.get(0)?)),
                )
                .optional()
        })
    }

    /// The certificates of erasure, newest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn certificates(&self) -> Result<Vec<ErasureCertificate>, JournalError> {
        self.some_certificates(0, u32::MAX)
    }

    /// At most `limit` of the certificates, newest first, after the first `offset`.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn some_certificates(
        &self,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<ErasureCertificate>, JournalError> {
        self.ask(|connection| {
            connection
                .prepare(
                    "SELECT id, erased_at, expiry FROM erasure ORDER BY number DESC \
                     LIMIT ?1 OFFSET ?2",
                )?
                .query_map([limit, offset], |row| {
                    Ok(ErasureCertificate {
                        id: SessionId::from_bytes(row.get(0)?),
                        erased_at: Timestamp::from_milliseconds(row.get(1)?)
                            .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(1, 0))?,
                        expiry: row.get(2)?,
                    })
                })?
                .collect()
        })
    }

    /// How many sessions were ever erased.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn erasures(&self) -> Result<u64, JournalError> {
        // Certificates are numbered from 1 and stay.
        self.ask(|connection| {
            connection.query_row("SELECT ifnull(max(number), 0) FROM erasure", [], |row| row.get(0))
        })
        .map(|count: i64| count.unsigned_abs())
    }

    /// Copies the whole journal into the empty file at `path`, as it is at one moment, also while the
    /// daemon writes. Where that fails the file holds nothing of use.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn copy_to(&self, path: &Path) -> Result<(), JournalError> {
        let copied = open_copy(path).and_then(|mut copy| {
            let backup = Backup::new(&self.connection, &mut copy)?;
            // In one step: a writer in between would make it start over.
            while backup.step(-1)? != StepResult::Done {
                thread::sleep(PAUSE);
            }
            drop(backup);
            copy.close().map_err(|(_, error)| error)
        });
        copied.map_err(|error| JournalError::from_sqlite(path, &error))?;
        File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(|e| JournalError::from_io(path, &e))
    }

    pub(super) fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        question(&self.connection).map_err(|error| JournalError::from_sqlite(&self.path, &error))
    }
}

/// The first `limit` sessions of what `read` gives when it is to read so many rows; damaged ones are
/// passed over.
fn intact(
    limit: u32,
    read: impl Fn(u32) -> Result<Vec<(i64, Option<Session>)>, JournalError>,
) -> Result<Vec<(i64, Session)>, JournalError> {
    let mut asked = limit;
    loop {
        let rows = read(asked)?;
        let is_all = rows.len() < usize::try_from(asked).unwrap_or(usize::MAX);
        let damaged = rows.iter().filter(|(_, session)| session.is_none()).count();
        let missing = (u64::from(limit) + damaged as u64).saturating_sub(u64::from(asked));
        if is_all || missing == 0 {
            let sessions = rows.into_iter().filter_map(|(number, own)| Some((number, own?)));
            return Ok(sessions.collect());
        }
        asked = asked.saturating_add(u32::try_from(missing).unwrap_or(u32::MAX));
    }
}

/// A connection that lets the daemon write meanwhile.
fn shared(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags())?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    configure(&connection)?;
    schema::version(&connection)?;
    Ok(connection)
}

/// A connection where SQLite can make no file for the index of the log: it keeps that in memory, which
/// it does only without locks, so the right to write is held for as long as this reads.
fn alone(
    directory: &Path,
    path: &Path,
    denied: JournalError,
) -> Result<(Connection, Flock<File>), JournalError> {
    let handle = File::open(directory).map_err(|error| JournalError::from_io(directory, &error))?;
    let Ok(lock) = Flock::lock(handle, FlockArg::LockSharedNonblock) else { return Err(denied) };
    let connect = || {
        let connection = Connection::open_with_flags_and_vfs(path, flags(), c"unix-none")?;
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        configure(&connection)?;
        schema::version(&connection)?;
        Ok(connection)
    };
    connect().map(|connection| (connection, lock)).map_err(|error: rusqlite::Error| {
        match JournalError::from_sqlite(path, &error) {
            JournalError::Storage { .. } => denied,
            other => other,
        }
    })
}

/// A connection to the empty file that becomes a copy.
fn open_copy(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // A copy that breaks off is worth nothing: no file beside it that would say how to go on.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    confine_values(&connection)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", CACHE)?;
    confine_values(connection)
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use nix::unistd::{Gid, Uid, geteuid, setgid, setgroups, setuid};
    use tempfile::tempdir;

    use super::super::Journal;
    use super::super::connection::tests::assert_confined;
    use super::super::test_support::{EIGHT, at, opening, reading, session};
    use super::*;
    use temoin_core::record::Filter;

    #[test]
    fn a_connection_that_reads_or_copies_keeps_values_where_erasure_reaches_them() {
        let directory = tempdir().unwrap();
        drop(Journal::open(directory.path()).unwrap());
        let path = directory.path().join(DATABASE);
        assert_confined(&shared(&path).unwrap(), "a reader");
        let denied = JournalError::Denied { path: path.clone() };
        let (connection, _lock) = alone(directory.path(), &path, denied).unwrap();
        assert_confined(&connection, "a reader without rights");
        let copy = directory.path().join("copy");
        File::create_new(&copy).unwrap();
        assert_confined(&open_copy(&copy).unwrap(), "a copy");
    }

    #[test]
    fn there_is_nothing_to_read_before_a_journal_was_begun() {
        let directory = tempdir().unwrap();
        assert!(Reader::open(directory.path()).unwrap().is_none());
        assert!(Reader::open(&directory.path().join("missing")).unwrap().is_none());
    }

    #[test]
    fn a_copy_puts_no_file_beside_itself_that_would_stay_where_it_breaks_off() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        journal.record(&[opening(1, &session(1, reading(0, 1, true)))], None).unwrap();
        let copy = directory.path().join("copy");
        File::create_new(&copy).unwrap();
        fs::create_dir(directory.path().join("copy-journal")).unwrap();
        Reader::open(directory.path()).unwrap().unwrap().copy_to(&copy).unwrap();
    }

    #[test]
    fn a_copy_made_while_the_journal_is_written_is_a_journal_that_goes_on() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let opened = session(1, reading(0, 1, true));
        journal.record(&[opening(1, &opened)], None).unwrap();
        let elsewhere = tempdir().unwrap();
        let copy = elsewhere.path().join(DATABASE);
        File::create_new(&copy).unwrap();
        Reader::open(directory.path()).unwrap().unwrap().copy_to(&copy).unwrap();
        let later = session(2, reading(0, 2, true));
        journal.record(&[opening(2, &later)], None).unwrap();

        assert_eq!(newest(elsewhere.path()).unwrap(), std::slice::from_ref(&opened));
        let (mut restored, set_aside) = Journal::open(elsewhere.path()).unwrap();
        assert!(set_aside.is_none());
        restored.record(&[opening(2, &later)], None).unwrap();
        assert_eq!(newest(elsewhere.path()).unwrap(), newest(directory.path()).unwrap());
        // Written to the log and not in place, which is what erasure relies on.
        assert!(elsewhere.path().join("journal.db-wal").exists());
    }

    #[test]
    fn a_journal_is_read_without_a_daemon_and_without_what_a_daemon_leaves() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let opened = session(1, reading(0, 1, true));
        journal.record(&[opening(1, &opened)], None).unwrap();
        assert_eq!(newest(directory.path()).unwrap(), std::slice::from_ref(&opened));
        assert!(journal.truncate().unwrap());
        drop(journal);
        for suffix in ["journal.db-wal", "journal.db-shm"] {
            let _ = fs::remove_file(directory.path().join(suffix));
        }
        assert_eq!(newest(directory.path()).unwrap(), [opened]);
    }

    #[test]
    fn a_reader_writes_nothing_to_the_database_or_its_log() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        journal.record(&[opening(1, &session(1, reading(0, 1, true)))], None).unwrap();
        let files = ["journal.db", "journal.db-wal"].map(|name| directory.path().join(name));
        let before = files.each_ref().map(|file| fs::read(file).unwrap());
        newest(directory.path()).unwrap();
        assert_eq!(files.map(|file| fs::read(file).unwrap()), before);
    }

    /// The variable that makes this test program give up its rights and read the directory it names;
    /// the other one says what it is to find.
    const DIRECTORY: &str = "TEMOIN_TEST_JOURNAL_THAT_CANNOT_BE_WRITTEN";
    const EXPECTED: &str = "TEMOIN_TEST_JOURNAL_IS_EXPECTED_TO_BE";

    #[test]
    fn a_journal_that_cannot_be_written_is_read_only_while_nobody_else_writes_it() {
        if let Some(directory) = std::env::var_os(DIRECTORY) {
            let expected = std::env::var(EXPECTED).unwrap();
            return read_without_rights(Path::new(&directory), &expected);
        }
        let directory = tempdir().unwrap();
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let as_nobody = |expected: &str| {
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "--nocapture", "--test-threads", "1"])
                .arg(
                    "reader::tests::\
                     a_journal_that_cannot_be_written_is_read_only_while_nobody_else_writes_it",
                )
                .env(DIRECTORY, directory.path())
                .env(EXPECTED, expected)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("1 passed"), "{expected}: {output:?}");
        };
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        for number in 1..=3 {
            let opened = session(number, reading(0, i64::from(number), true));
            journal.record(&[opening(number, &opened)], None).unwrap();
        }
        mode(directory.path(), 0o555);
        for name in ["journal.db", "journal.db-wal"] {
            mode(&directory.path().join(name), 0o444);
        }
        assert!(!directory.path().join("journal.db-shm").exists());
        as_nobody("denied");
        drop(journal);
        // What was written is still in the log, and is seen.
        assert!(fs::metadata(directory.path().join("journal.db-wal")).unwrap().len() > 0);
        as_nobody("3");
        mode(&directory.path().join("journal.db"), 0o000);
        as_nobody("denied");
        mode(directory.path(), 0o755);
    }

    fn read_without_rights(directory: &Path, expected: &str) {
        if geteuid().is_root() {
            setgroups(&[]).unwrap();
            setgid(Gid::from_raw(65_534)).unwrap();
            setuid(Uid::from_raw(65_534)).unwrap();
        }
        match newest(directory) {
            Ok(sessions) => assert_eq!(sessions.len().to_string(), expected),
            Err(JournalError::Denied { .. }) => assert_eq!("denied", expected),
            Err(other) => panic!("{other:?}"),
        }
        let error = Journal::open(directory).unwrap_err();
        assert!(
            matches!(error, JournalError::Denied { .. } | JournalError::InUse { .. }),
            "{error:?}"
        );
        assert_eq!(super::super::set_aside_files(directory).unwrap().len(), 0);
    }

    fn newest(directory: &Path) -> Result<Vec<Session>, JournalError> {
        let reader = Reader::open(directory)?.unwrap();
        reader.sessions(&Filter::all(at(EIGHT)), &Pagination::first(100))
    }
}
