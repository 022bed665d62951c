use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{AccessFlags, eaccess};
use rusqlite::ErrorCode;

use super::schema::CURRENT_VERSION;
use crate::messages::journal as msg;
use temoin_core::text::{Language, Localized, Message};

/// Free bytes below which the disk counts as full when SQLite does not say: what a transaction and
/// its log may need.
const MIN_FREE: u64 = 256 * 1024;

/// Why the journal could not be read or written. Nothing was changed by the call that returned it.
#[derive(Debug)]
pub enum JournalError {
    /// Another program is using the journal: try again soon.
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// The database was found damaged while in use: start temoin again.
    Damaged {
        /// The database.
        path: PathBuf,
    },
    /// A permission is missing.
    Denied {
        /// The database or its directory.
        path: PathBuf,
    },
    /// The disk is full: try again once there is space.
    Full {
        /// The database.
        path: PathBuf,
    },
    /// Another temoin process has this journal open for writing.
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A newer temoin wrote the journal: upgrade.
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema version.
        found: i32,
    },
    /// An older temoin wrote the journal, and only the daemon migrates it.
    Older {
        /// The database.
        path: PathBuf,
    },
    /// The file system is mounted read-only.
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// The disk failed, or the system refused for another reason.
    Storage {
        /// The database or its directory.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// A row holds a value that temoin never writes.
    InvalidValue {
        /// The database.
        path: PathBuf,
        /// Which value.
        cause: String,
    },
}

impl JournalError {
    /// Whether the same call may succeed later without intervention.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Full { .. })
    }

    /// What SQLite's `error` about the database at `path` means.
    pub(super) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let cause = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure,
            ) => Self::from_system(path, cause),
            Some(_) => Self::Storage { path, cause },
            None => Self::InvalidValue { path, cause },
        }
    }

    /// What the system's `error` about `path` means.
    pub(super) fn from_io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Storage { path, cause: error.to_string() },
        }
    }

    /// Tells apart the causes for which SQLite has a single code.
    fn from_system(path: PathBuf, cause: String) -> Self {
        let directory = path.parent().unwrap_or(&path);
        if let Ok(system) = statvfs(directory) {
            if system.flags().contains(FsFlags::ST_RDONLY) {
                return Self::ReadOnly { path };
            }
            #[allow(clippy::useless_conversion, reason = "narrower on 32-bit ARM")]
            let free = u64::from(system.blocks_available()) * u64::from(system.fragment_size());
            if free < MIN_FREE {
                return Self::Full { path };
            }
        }
        let all = AccessFlags::R_OK | AccessFlags::W_OK;
        let denied = eaccess(directory, all | AccessFlags::X_OK).is_err()
            || path.exists() && eaccess(&path, all).is_err();
        if denied { Self::Denied { path } } else { Self::Storage { path, cause } }
    }
}

impl Localized for JournalError {
    fn text(&self, language: Language) -> String {
        let say = |message: &Message, path: &Path, values: &[(&str, &str)]| {
            let path = path.display().to_string();
            message.fill(language, &[&[("path", path.as_str())], values].concat())
        };
        match self {
            Self::Busy { path } => say(&msg::BUSY, path, &[]),
            Self::Damaged { path } => say(&msg::DAMAGED, path, &[]),
            Self::Denied { path } => say(&msg::DENIED, path, &[]),
            Self::Full { path } => say(&msg::FULL, path, &[]),
            Self::InUse { path } => say(&msg::IN_USE, path, &[]),
            Self::Newer { path, found } => {
                let (found, known) = (found.to_string(), CURRENT_VERSION.to_string());
                say(&msg::NEWER, path, &[("found", &found), ("known", &known)])
            }
            Self::Older { path } => say(&msg::OLDER, path, &[]),
            Self::ReadOnly { path } => say(&msg::READ_ONLY, path, &[]),
            Self::Storage { path, cause } => say(&msg::STORAGE, path, &[("cause", cause)]),
            Self::InvalidValue { path, cause } => {
                say(&msg::INVALID_VALUE, path, &[("cause", cause)])
            }
        }
    }
}

/// In English, for the log.
impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl std::error::Error for JournalError {}
