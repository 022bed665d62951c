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
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A log of more pages than this is brought into the database: some forty sessions. Every connection
/// reads it through, and a page that is in it many times over costs one write there.
const LONG_LOG: i64 = 1000;

/// The pages that one connection holds in memory, in KiB (negative is SQLite's way to say so).
const CACHE: i64 = -128;

/// A connection that writes: with the whole database to itself where nobody reads it just now, which
/// keeps the index of the log off the card.
pub(super) fn write(path: &Path) -> rusqlite::Result<Connection> {
    match attempt(path, "EXCLUSIVE", Duration::ZERO) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            attempt(path, "NORMAL", PATIENCE)
        }
        result => result,
    }
}

fn attempt(path: &Path, locking: &str, patience: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    // The log outlives each connection, else every transaction would write its pages twice.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update_and_check(None, "locking_mode", locking, |_| Ok(()))?;
    configure(&connection)?;
    // Takes the lock that `locking` asks for.
    schema::version(&connection)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", CACHE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The log is emptied by `begin_log_anew`: a connection that begins does not know how much of it is
    // in the database already, so SQLite's own way would let it grow for ever.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))
}

/// Makes an empty journal beside the name that it gets when it is whole.
pub(super) fn create(path: &Path) -> Result<(), CreateError> {
    let new = path.with_extension("new");
    for suffix in ["", "-journal", "-wal", "-shm"] {
        match fs::remove_file(companion(&new, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let mut connection = Connection::open_with_flags(&new, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    configure(&connection)?;
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

/// Why a journal could not be made.
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

/// Brings a long log into the database, so that the transaction which follows on this connection begins
/// it anew in place: a file that does not grow costs the file system nothing to note. Unless somebody
/// reads.
pub(super) fn begin_log_anew(connection: &Connection) -> rusqlite::Result<()> {
    let frames = |mode: &str| {
        connection
            .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get::<_, i64>(1))
    };
    if frames("NOOP")? > LONG_LOG {
        frames("PASSIVE")?;
    }
    Ok(())
}

/// Brings the log into the database and empties it; says whether it could, with nobody reading.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "PRAGMA wal_checkpoint(TRUNCATE)",
        [],
        |row| Ok(row.get::<_, i64>(0)? == 0),
    )
}

/// The file of this name that SQLite keeps beside a database.
pub(super) fn companion(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    name.into()
}

/// Brings the names in a directory onto the card.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
