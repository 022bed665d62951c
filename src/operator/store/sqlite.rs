use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};

use super::database::{Database, Dialect, ScrubOutcome, SqlParam, SqlRow, SqlValue};
use super::{Location, StoreError};

/// A store in one file.
pub(super) struct SqliteDatabase {
    connection: Connection,
    location: Location,
}

impl SqliteDatabase {
    /// Opens the file; with `create`, creates it if it is missing.
    pub(super) fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        let location = Location::Sqlite(path.to_owned());
        match path.try_exists() {
            Ok(false) if !create => return Err(StoreError::Missing(location)),
            Err(error) => {
                return Err(StoreError::Unusable { location, why: error.to_string() });
            }
            Ok(_) => {}
        }
        if create {
            make(path).map_err(|error| {
                let why = format!("it cannot be made: {error}");
                StoreError::Unusable { location: location.clone(), why }
            })?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(path, flags)
            .and_then(|connection| configure(&connection).map(|()| connection))
            .map_err(|error| failure(&location, &error))?;
        Ok(Self { connection, location })
    }

    /// Opens a foreign database for reading.
    pub(super) fn read_only(path: &Path) -> Result<Self, StoreError> {
        let location = Location::Sqlite(path.to_owned());
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .and_then(|connection| connection.busy_timeout(BUSY_TIMEOUT).map(|()| connection))
            .map_err(|error| failure(&location, &error))?;
        Ok(Self { connection, location })
    }

    fn failed<T>(&self, result: rusqlite::Result<T>) -> Result<T, StoreError> {
        result.map_err(|error| failure(&self.location, &error))
    }
}

impl Database for SqliteDatabase {
    fn execute(&mut self, statement: &str, values: &[SqlParam<'_>]) -> Result<u64, StoreError> {
        let changed = self
            .connection
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute(params_from_iter(values)));
        self.failed(changed).map(|changed| u64::try_from(changed).unwrap_or(u64::MAX))
    }

    fn query(
        &mut self,
        statement: &str,
        values: &[SqlParam<'_>],
    ) -> Result<Vec<SqlRow>, StoreError> {
        let rows = self.connection.prepare_cached(statement).and_then(|mut statement| {
            let columns = statement.column_count();
            let rows = statement.query_map(params_from_iter(values), |row| {
                (0..columns).map(|column| row.get_ref(column).map(answer)).collect()
            })?;
            rows.collect()
        });
        self.failed(rows)
    }

    fn serialise(&mut self, _number: i64) -> Result<(), StoreError> {
        // Transactions that may write are serialised anyhow.
        Ok(())
    }

    fn bound(&mut self, timeout: Duration) -> Result<(), StoreError> {
        let done = self.connection.busy_timeout(timeout);
        self.failed(done)
    }

    fn claim(&mut self, _name: &str) -> Result<bool, StoreError> {
        // The file is on this machine, as is whoever uses it.
        Ok(true)
    }

    fn batch(&mut self, statements: &str) -> Result<(), StoreError> {
        let done = self.connection.execute_batch(statements);
        self.failed(done)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN IMMEDIATE")
    }

    fn dialect(&self) -> Dialect {
        Dialect {
            bytes: "BLOB",
            number: "INTEGER",
            key: "INTEGER PRIMARY KEY",
            table: " STRICT",
            // A transaction that may write has the whole file.
            lock: "",
            afterwards: "",
        }
    }

    fn scrub(&mut self) -> Result<ScrubOutcome, StoreError> {
        // Deleted cells are overwritten by `secure_delete`; the log has the pages from before. While
        // it waits for readers nobody can write, so it waits for a moment only, some times over.
        self.connection
            .busy_timeout(CHECKPOINT_TIMEOUT)
            .map_err(|e| failure(&self.location, &e))?;
        let mut outcome = Ok(ScrubOutcome::LogRemains);
        for attempt in 0..CHECKPOINTS {
            thread::sleep(CHECKPOINT_TIMEOUT * attempt);
            let busy = self
                .connection
                .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
                .and_then(|()| {
                    let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
                    self.connection.query_row(truncate, [], |row| row.get::<_, i64>(0))
                });
            outcome = self
                .failed(busy)
                .map(|busy| if busy == 0 { ScrubOutcome::Gone } else { ScrubOutcome::LogRemains });
            if !matches!(outcome, Ok(ScrubOutcome::LogRemains)) {
                break;
            }
        }
        let restored = self.connection.busy_timeout(BUSY_TIMEOUT);
        self.failed(restored).and(outcome)
    }

    fn unexpected(&self, why: &str) -> StoreError {
        StoreError::Unusable { location: self.location.clone(), why: why.to_owned() }
    }
}

impl ToSql for SqlParam<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Null => ValueRef::Null,
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Creates an empty file for its owner alone, if there is none. The files that SQLite puts beside it
/// get its mode and owner.
fn make(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_SIZE);
    Ok(())
}

fn failure(location: &Location, error: &rusqlite::Error) -> StoreError {
    let location = location.clone();
    let why = error.to_string();
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::OutOfMemory
            | ErrorCode::SystemIoFailure,
        ) => StoreError::Unavailable { location, why },
        _ => StoreError::Unusable { location, why },
    }
}

fn answer(value: ValueRef<'_>) -> SqlValue {
    match value {
        ValueRef::Null => SqlValue::Null,
        ValueRef::Integer(number) => SqlValue::Number(number),
        // Of an accounting: seconds with a fraction. The store has no column of this type.
        ValueRef::Real(number) => SqlValue::Text(number.to_string()),
        ValueRef::Text(text) => SqlValue::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => SqlValue::Bytes(bytes.to_vec()),
    }
}

/// How long a call waits for another program that uses the store.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an erasure waits at a time for those who read, and how often.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_millis(200);
const CHECKPOINTS: u32 = 5;
/// More statements than the store has.
const STATEMENT_CACHE_SIZE: usize = 64;
