use std::fmt;

use super::RowPlace;
use crate::StoreError;

/// Why an import stopped. What it had imported before is recorded, and is not imported again.
#[derive(Debug)]
pub enum ImportError {
    /// The accounting cannot be read.
    Accounting {
        /// What was named on the command line, without a password.
        source: String,
        /// What the database or the system says. Values of records are not in it.
        why: String,
    },
    /// The clock of this machine says that it is before 1970.
    ClockNotSet,
    /// There is no table `radacct`.
    NoTable {
        /// What was named on the command line, without a password.
        source: String,
    },
    /// The table has not a column that is needed, or the first line of an export does not name it.
    NoColumn {
        /// What was named on the command line, without a password.
        source: String,
        /// The column.
        column: &'static str,
    },
    /// The record cannot be written.
    Store(StoreError),
    /// The time zone of a text is neither in it nor given.
    ZoneMissing(RowPlace),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accounting { source, why } => write!(
                f,
                "the accounting in {source} cannot be read: {why}. Name FreeRADIUS's database, or \
                 an export of its table radacct, that this user may read."
            ),
            Self::ClockNotSet => f.write_str(
                "the clock of this machine is not set, so nothing can be imported: set it",
            ),
            Self::NoTable { source } => write!(
                f,
                "the accounting in {source} cannot be read: there is no table radacct. Name \
                 FreeRADIUS's database, or an export of that table."
            ),
            Self::NoColumn { source, column } => write!(
                f,
                "the accounting in {source} has no column {column}: it has to have the columns of \
                 FreeRADIUS's schema of radacct. An export names them in its first line."
            ),
            Self::Store(error) => error.fmt(f),
            Self::ZoneMissing(place) => write!(
                f,
                "{place}: the accounting does not say in which time zone its times are: add \
                 --time-zone, such as --time-zone Europe/Brussels"
            ),
        }
    }
}

impl std::error::Error for ImportError {}
