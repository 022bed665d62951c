use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params, params_from_iter};

use super::error::Failing;
use super::file::{NAME, PATIENCE};
use super::{Certificate, Filter, JournalError, row};
use crate::domain::{IdPrefix, Session};

/// The record, to read. Any number of readers may be open while the daemon writes.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens the record in a state directory; `None` where none was begun yet.
    ///
    /// # Errors
    /// [`JournalError`] where there is one and it cannot be read.
    pub fn open(directory: &Path) -> Result<Option<Self>, JournalError> {
        let path = directory.join(NAME);
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(JournalError::system("read")(error)),
        }
        let reader = Self { connection: connect(&path)? };
        // A daemon that has just begun may have made the file and not yet what is in it.
        let tables: i64 = reader
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'session'", [], |row| {
                row.get(0)
            })
            .failing("read")?;
        Ok((tables == 1).then_some(reader))
    }

    /// At most `limit` sessions, the newest first, after the first `offset`.
    ///
    /// # Errors
    /// [`JournalError`] where the record cannot be read.
    pub fn sessions(
        &self,
        filter: &Filter,
        limit: u32,
        offset: u64,
    ) -> Result<Vec<Session>, JournalError> {
        let mut sessions = Vec::new();
        self.visit(filter, Some(limit), offset, &mut |session| {
            sessions.push(session);
            Ok::<(), JournalError>(())
        })?;
        Ok(sessions)
    }

    /// Hands out sessions one after the other, the newest first, at most `limit` where there is one.
    ///
    /// # Errors
    /// What `visit` gives, or [`JournalError`] where the record cannot be read.
    pub fn for_each<E: From<JournalError>>(
        &self,
        filter: &Filter,
        limit: Option<u32>,
        mut visit: impl FnMut(Session) -> Result<(), E>,
    ) -> Result<(), E> {
        self.visit(filter, limit, 0, &mut visit)
    }

    fn visit<E: From<JournalError>>(
        &self,
        filter: &Filter,
        limit: Option<u32>,
        offset: u64,
        visit: &mut dyn FnMut(Session) -> Result<(), E>,
    ) -> Result<(), E> {
        let (condition, values) = filter.condition();
        let limit = limit.map_or(-1, i64::from);
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT * FROM session{condition} ORDER BY number DESC LIMIT {limit} OFFSET {offset}"
        );
        let mut statement = self.connection.prepare(&sql).failing("read")?;
        let mut rows = statement.query(params_from_iter(values)).failing("read")?;
        while let Some(found) = rows.next().failing("read")? {
            visit(row::session(found).failing("read")?)?;
        }
        Ok(())
    }

    /// How many sessions there are.
    ///
    /// # Errors
    /// [`JournalError`] where the record cannot be read.
    pub fn count(&self, filter: &Filter) -> Result<u64, JournalError> {
        let (condition, values) = filter.condition();
        let sql = format!("SELECT count(*) FROM session{condition}");
        let count: i64 = self
            .connection
            .query_row(&sql, params_from_iter(values), |row| row.get(0))
            .failing("read")?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The sessions that last.
    ///
    /// # Errors
    /// [`JournalError`] where the record cannot be read.
    pub fn open_sessions(&self) -> Result<Vec<Session>, JournalError> {
        open_sessions(&self.connection)
    }

    /// The sessions whose ID begins so, the newest first; two at most, which is one too many.
    ///
    /// # Errors
    /// [`JournalError`] where the record cannot be read.
    pub fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, JournalError> {
        let (first, last) = prefix.range();
        let sql = "SELECT * FROM session WHERE id BETWEEN ?1 AND ?2 ORDER BY number DESC LIMIT 2";
        let mut statement = self.connection.prepare(sql).failing("read")?;
        statement
            .query_map(params![first.as_bytes(), last.as_bytes()], row::session)
            .and_then(Iterator::collect)
            .failing("read")
    }

    /// The certificates of erasure, the newest first.
    ///
    /// # Errors
    /// [`JournalError`] where the record cannot be read.
    pub fn certificates(&self, limit: u32) -> Result<Vec<Certificate>, JournalError> {
        Certificate::read(&self.connection, limit)
    }
}

pub(super) fn open_sessions(connection: &Connection) -> Result<Vec<Session>, JournalError> {
    let sql = "SELECT * FROM session WHERE end_source IS NULL ORDER BY number";
    let mut statement = connection.prepare(sql).failing("read")?;
    statement.query_map([], row::session).and_then(Iterator::collect).failing("read")
}

/// Opens a file to read. On a disk that cannot be written SQLite has no place for its shared memory:
/// a journal that was closed in order is then read as a file that nobody changes.
fn connect(path: &Path) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = |name: PathBuf, flags| {
        let connection = Connection::open_with_flags(name, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    let first = open(path.to_owned(), flags);
    let is_refused = matches!(
        first.as_ref().err().and_then(rusqlite::Error::sqlite_error_code),
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
    );
    let log = path.with_extension("db-wal");
    let is_complete = log.metadata().map_or(true, |log| log.len() == 0);
    if is_refused && is_complete {
        let name =
            path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let immutable = format!("file:{name}?immutable=1");
        return open(immutable.into(), flags | OpenFlags::SQLITE_OPEN_URI).failing("read");
    }
    first.failing("read")
}
