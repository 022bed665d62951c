use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{self, PAGE_SIZE};

/// The database's name in its directory.
pub(super) const DATABASE: &str = "journal.db";

/// How long a call waits for another program that uses the journal.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A WAL longer than this, some forty sessions, is checkpointed. Every connection reads it in full,
/// and a page that occurs in it many times costs one write in the database.
const MAX_LOG_PAGES: i64 = 1000;

/// Page cache of a connection, in KiB (negative: SQLite's convention).
const CACHE: i64 = -128;

/// Opens a writing connection; exclusive unless somebody reads, which keeps the WAL index off the
/// card.
pub(super) fn write(path: &Path) -> rusqlite::Result<Connection> {
    match open_locked(path, "EXCLUSIVE", Duration::ZERO) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            open_locked(path, "NORMAL", BUSY_TIMEOUT)
        }
        result => result,
    }
}

fn open_locked(path: &Path, locking: &str, timeout: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(timeout)?;
    // Keep the log after closing, or every transaction would write its pages twice.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update_and_check(None, "locking_mode", locking, |_| Ok(()))?;
    configure(&connection)?;
    // Takes the lock requested by `locking`.
    schema::version(&connection)?;
    Ok(connection)
}

/// Keeps values out of files that erasure does not know of, and out of pages that are free. For every
/// connection, whether it reads or writes: SQLite may have been built with other defaults.
pub(super) fn confine_values(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", CACHE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    confine_values(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // `checkpoint_long_log` checkpoints instead: a new connection does not know how much of the log
    // is already in the database, so SQLite's automatic checkpoints would let it grow without
    // bound.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))
}

/// Creates an empty journal under a temporary name and renames it when complete.
pub(super) fn create(path: &Path) -> Result<(), CreateError> {
    let new = path.with_extension("new");
    for suffix in ["", "-journal", "-wal", "-shm"] {
        match fs::remove_file(companion(&new, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let mut connection = open_empty(&new)?;
    let transaction = connection.transaction()?;
    schema::migrate(&transaction)?;
    transaction.commit()?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    fs::rename(&new, path)?;
    if let Some(directory) = path.parent() {
        sync(directory)?;
    }
    Ok(())
}

/// Opens a writing connection to an empty file.
fn open_empty(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    configure(&connection)?;
    Ok(connection)
}

/// Why a journal could not be created.
pub(super) enum CreateError {
    Io(io::Error),
    Sqlite(rusqlite::Error),
}

impl From<io::Error> for CreateError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rusqlite::Error> for CreateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Checkpoints a long log, so that the next transaction on this connection restarts it in place: a
/// file that does not grow needs no metadata writes. Does nothing while somebody reads.
pub(super) fn checkpoint_long_log(connection: &Connection) -> rusqlite::Result<()> {
    let frames = |mode: &str| {
        connection
            .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get::<_, i64>(1))
    };
    if frames("NOOP")? > MAX_LOG_PAGES {
        frames("PASSIVE")?;
    }
    Ok(())
}

/// Checkpoints and truncates the log. False if a reader prevented it.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "PRAGMA wal_checkpoint(TRUNCATE)",
        [],
        |row| Ok(row.get::<_, i64>(0)? == 0),
    )
}

/// The path of one of SQLite's companion files.
pub(super) fn companion(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    name.into()
}

/// Syncs a directory.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
pub(super) mod tests {
    use tempfile::tempdir;

    use super::super::{Journal, Reader};
    use super::*;

    /// Panics unless the connection keeps values where erasure reaches them.
    pub(in super::super) fn assert_confined(connection: &Connection, kind: &str) {
        for (pragma, expected) in [("temp_store", 2), ("secure_delete", 1)] {
            let found: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
            assert_eq!(found, expected, "{pragma} of {kind}");
        }
    }

    #[test]
    fn a_connection_that_writes_keeps_values_where_erasure_reaches_them() {
        let directory = tempdir().unwrap();
        let empty = directory.path().join("empty");
        File::create_new(&empty).unwrap();
        assert_confined(&open_empty(&empty).unwrap(), "a new journal");

        drop(Journal::open(directory.path()).unwrap());
        let path = directory.path().join(DATABASE);
        let locking_mode = |connection: &Connection| {
            connection.pragma_query_value(None, "locking_mode", |row| row.get::<_, String>(0))
        };
        let alone = write(&path).unwrap();
        assert_eq!(locking_mode(&alone).unwrap(), "exclusive");
        assert_confined(&alone, "a writer");
        drop(alone);
        let _reader = Reader::open(directory.path()).unwrap().unwrap();
        let beside = write(&path).unwrap();
        assert_eq!(locking_mode(&beside).unwrap(), "normal");
        assert_confined(&beside, "a writer beside a reader");
    }
}
