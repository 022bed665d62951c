use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::{fmt, time::Duration};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use rusqlite::{Connection, OpenFlags};

use super::JournalError;
use super::error::Failing;
use super::schema;
use crate::domain::Timestamp;

/// The journal's file in the state directory.
pub(super) const NAME: &str = "journal.db";

const LOCK: &str = "journal.lock";

/// Left where damage was found while the journal was in use: the next start looks at all of it.
const SUSPECT: &str = "journal.suspect";

/// Up to which size a journal is looked at as a whole at every start, in bytes: what a slow card
/// reads in a second. Some thirty years of a member's sessions fit in.
const SMALL: u64 = 8 * 1024 * 1024;

/// The smallest that spares a card: each transaction writes whole pages, and a session is a third of
/// one of these.
const PAGE_SIZE: i64 = 1_024;

/// How long to wait for somebody who reads or writes at this moment.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A damaged journal that was set aside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the journal was damaged ({}); it is set aside as {} and a new one is begun. What can \
             be read of it: sqlite3 {0} .recover. Delete it when you need it no more: temoin does \
             not erase it when its time comes.",
            self.why,
            self.path.display()
        )
    }
}

/// Whether a daemon keeps the journal in this directory now.
pub fn is_in_use(directory: &Path) -> bool {
    let Ok(file) = File::open(directory.join(LOCK)) else { return false };
    matches!(Flock::lock(file, FlockArg::LockSharedNonblock), Err((_, Errno::EWOULDBLOCK)))
}

/// Takes the journal in this directory for one daemon. Nobody else can until the lock is dropped.
pub(super) fn lock(directory: &Path) -> Result<Flock<File>, JournalError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(JournalError::system("make the directory of"))?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(directory.join(LOCK))
        .map_err(JournalError::system("lock"))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
        Errno::EWOULDBLOCK => JournalError::Busy,
        other => JournalError::system("lock")(other.into()),
    })
}

/// Opens the journal to write to it; begins one where there is none, or where it is damaged.
pub(super) fn open(
    directory: &Path,
    now: Timestamp,
) -> Result<(Connection, Option<SetAside>), JournalError> {
    match open_sound(directory) {
        Ok(connection) => Ok((connection, None)),
        Err(JournalError::Damaged(why)) => {
            let path = set_aside(directory, now).map_err(JournalError::system("set aside"))?;
            let connection = open_sound(directory)?;
            Ok((connection, Some(SetAside { path, why })))
        }
        Err(error) => Err(error),
    }
}

fn open_sound(directory: &Path) -> Result<Connection, JournalError> {
    let path = directory.join(NAME);
    // Made here, so that nobody else can ever read it; SQLite gives its other files the same mode.
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    let length = file
        .and_then(|file| file.metadata())
        .map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull => JournalError::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                JournalError::ReadOnly(error.to_string())
            }
            _ => JournalError::system("open")(error),
        })?
        .len();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags).failing("open")?;
    connection.busy_timeout(PATIENCE).failing("open")?;
    connection.pragma_update(None, "page_size", PAGE_SIZE).failing("open")?;
    connection.pragma_update(None, "journal_mode", "WAL").failing("open")?;
    connection.pragma_update(None, "synchronous", "FULL").failing("open")?;
    connection.pragma_update(None, "secure_delete", true).failing("open")?;
    connection.pragma_update(None, "foreign_keys", true).failing("open")?;
    // KiB, when negative.
    connection.pragma_update(None, "cache_size", -128).failing("open")?;
    let suspect = directory.join(SUSPECT);
    if length <= SMALL || suspect.exists() {
        let found: String =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).failing("check")?;
        if found != "ok" {
            return Err(JournalError::Damaged(found));
        }
    }
    schema::migrate(&mut connection)?;
    // It was looked at as a whole now.
    let _ = fs::remove_file(suspect);
    Ok(connection)
}

/// Has the next start look at the whole journal.
pub(super) fn suspect(directory: &Path) {
    if let Err(error) = File::create(directory.join(SUSPECT)) {
        log::error!("cannot note that the journal is to be checked: {error}");
    }
}

/// Renames the journal and SQLite's files beside it; nothing is deleted, nothing written over.
fn set_aside(directory: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let stamp = now.to_utc().format("%Y%m%dT%H%M%SZ");
    let target = (0..u32::MAX)
        .map(|number| match number {
            0 => directory.join(format!("journal.damaged-{stamp}")),
            _ => directory.join(format!("journal.damaged-{stamp}-{number}")),
        })
        .find(|path| !path.exists())
        .ok_or(io::ErrorKind::AlreadyExists)?;
    for suffix in ["", "-wal", "-shm"] {
        let with_suffix = |path: &Path| {
            let mut name = OsString::from(path);
            name.push(suffix);
            PathBuf::from(name)
        };
        match fs::rename(with_suffix(&directory.join(NAME)), with_suffix(&target)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let _ = fs::remove_file(directory.join(SUSPECT));
    File::open(directory)?.sync_all()?;
    Ok(target)
}
