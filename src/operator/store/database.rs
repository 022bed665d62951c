use std::time::Duration;

use super::StoreError;

/// What the store needs of a database. Both have the same statements, with parameters `$1`, `$2` …
/// in the order in which they appear, and the same three types.
pub(super) trait Database: Send {
    /// Runs a statement; returns how many rows it changed.
    fn execute(&mut self, statement: &str, values: &[SqlParam<'_>]) -> Result<u64, StoreError>;

    /// Runs a statement that answers with rows.
    fn query(
        &mut self,
        statement: &str,
        values: &[SqlParam<'_>],
    ) -> Result<Vec<SqlRow>, StoreError>;

    /// Serialises the transactions that name the same number.
    fn serialise(&mut self, number: i64) -> Result<(), StoreError>;

    /// Bounds how long each statement may take from now on.
    fn bound(&mut self, timeout: Duration) -> Result<(), StoreError>;

    /// Claims a name until the connection ends; `false` where another connection has it.
    fn claim(&mut self, name: &str) -> Result<bool, StoreError>;

    /// Runs statements without parameters.
    fn batch(&mut self, statements: &str) -> Result<(), StoreError>;

    /// Begins a transaction that may write.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// The database's type names and additional statements for the schema.
    fn dialect(&self) -> Dialect;

    /// Removes erased data from the disk, as far as the database can.
    fn scrub(&mut self) -> Result<ScrubOutcome, StoreError>;

    /// The error for an impossible answer.
    fn unexpected(&self, why: &str) -> StoreError;
}

/// Runs `action` in a transaction.
pub(super) fn transaction<T>(
    database: &mut dyn Database,
    action: impl FnOnce(&mut dyn Database) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    database.begin()?;
    let done = action(database).and_then(|done| database.batch("COMMIT").map(|()| done));
    if done.is_err() {
        // Where this fails too, the connection is gone, and the transaction with it.
        let _ = database.batch("ROLLBACK");
    }
    done
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum SqlParam<'a> {
    Bytes(&'a [u8]),
    Null,
    Number(i64),
    Text(&'a str),
}

/// A value in an answer.
#[derive(Clone, Debug)]
pub(super) enum SqlValue {
    Bytes(Vec<u8>),
    Null,
    Number(i64),
    Text(String),
}

/// The values of one row, in the order of the statement's columns.
pub(super) type SqlRow = Vec<SqlValue>;

/// Where the two databases differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// The type of bytes.
    pub(super) bytes: &'static str,
    /// The type of a whole number of 64 bits.
    pub(super) number: &'static str,
    /// The type of a column that numbers its rows.
    pub(super) key: &'static str,
    /// What ends the statement that creates a table.
    pub(super) table: &'static str,
    /// Prevents concurrent schema migrations within a transaction.
    pub(super) lock: &'static str,
    /// Statements that follow.
    pub(super) afterwards: &'static str,
}

/// How completely erased data was removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ScrubOutcome {
    /// From every file of the database that this program can reach.
    Gone,
    /// Somebody was reading or a right is missing, so it may still be in the write-ahead log.
    LogRemains,
}
