use std::{fmt, io};

use rusqlite::ErrorCode;

/// Why the journal could not be used.
#[derive(Debug)]
pub enum JournalError {
    /// Another daemon keeps this journal.
    Busy,
    /// The file is damaged. The next start sets it aside and begins a new one.
    Damaged(String),
    /// The disk is full: what was not written can be written later.
    Full,
    /// The file was made by a newer temoin.
    Newer {
        /// The version of its schema.
        version: i64,
        /// The newest that this temoin knows.
        present: i64,
    },
    /// The disk cannot be written, or the file may not be.
    ReadOnly(String),
    /// The system refused: trying again may help.
    System {
        /// What was tried, as a verb.
        action: &'static str,
        /// What it said.
        error: String,
    },
}

impl JournalError {
    pub(super) fn system(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::System { action, error: error.to_string() }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str(
                "the journal is in use already: only one daemon can keep it. Stop the other one.",
            ),
            Self::Damaged(error) => write!(
                f,
                "the journal is damaged ({error}). Restart temoin: it is set aside and a new one begun.",
            ),
            Self::Full => {
                f.write_str("the journal cannot grow: the disk is full. Free some space.")
            }
            Self::Newer { version, present } => write!(
                f,
                "the journal was made by a newer temoin (its schema is {version}, the newest known \
                 here is {present}). Install that version again; nothing was changed.",
            ),
            Self::ReadOnly(error) => write!(
                f,
                "the journal cannot be written ({error}). Check whose it is, and whether the disk \
                 became read-only, as a failing card does.",
            ),
            Self::System { action, error } => write!(f, "cannot {action} the journal: {error}."),
        }
    }
}

impl std::error::Error for JournalError {}

/// Says what was tried when SQLite refused.
pub(super) trait Failing<T> {
    fn failing(self, action: &'static str) -> Result<T, JournalError>;
}

impl<T> Failing<T> for rusqlite::Result<T> {
    fn failing(self, action: &'static str) -> Result<T, JournalError> {
        self.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => JournalError::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                JournalError::Damaged(error.to_string())
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                JournalError::ReadOnly(error.to_string())
            }
            // A value that no version of temoin writes.
            None => JournalError::Damaged(error.to_string()),
            Some(_) => JournalError::System { action, error: error.to_string() },
        })
    }
}
