use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{AccessFlags, eaccess};
use rusqlite::ErrorCode;

use super::schema::CURRENT_VERSION;

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

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { path } => write!(
                f,
                "{}: another program is using the journal; try again in a moment",
                path.display()
            ),
            Self::Damaged { path } => write!(
                f,
                "{}: the journal is damaged; start temoin again (systemctl restart temoin), which \
                 sets the file aside and begins a new one",
                path.display()
            ),
            Self::Denied { path } => write!(
                f,
                "{}: permission denied; run this as root or as the user that temoin runs as, which \
                 must own the directory and the files in it",
                path.display()
            ),
            Self::Full { path } => write!(
                f,
                "{}: the disk is full; nothing is lost, what was to be recorded waits in the spool: \
                 make room (df -h), temoin then goes on by itself",
                path.display()
            ),
            Self::InUse { path } => write!(
                f,
                "{}: another temoin writes this journal; stop it first (systemctl stop temoin)",
                path.display()
            ),
            Self::Newer { path, found } => write!(
                f,
                "{}: a newer temoin wrote this journal (form {found}, this one knows up to \
                 {CURRENT_VERSION}); upgrade temoin, the journal was left as it is",
                path.display()
            ),
            Self::Older { path } => write!(
                f,
                "{}: an older temoin wrote this journal; start the daemon once, which brings it up to \
                 date (systemctl restart temoin)",
                path.display()
            ),
            Self::ReadOnly { path } => write!(
                f,
                "{}: the file system is read-only, as it becomes when a card fails; look at dmesg, \
                 then mount it writable again or replace the card",
                path.display()
            ),
            Self::Storage { path, cause } => write!(
                f,
                "{}: {cause}; look at dmesg for errors of the disk, and try again",
                path.display()
            ),
            Self::InvalidValue { path, cause } => write!(
                f,
                "{}: the journal holds a value that temoin did not write ({cause}); restore it from \
                 a backup, or move it away for temoin to begin a new one",
                path.display()
            ),
        }
    }
}

impl std::error::Error for JournalError {}
