use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::JournalError;
use super::connection::{self, DATABASE, companion, sync};
use super::schema::{self, CURRENT_VERSION};

/// What the names of databases that were set aside begin with; a number follows.
const DAMAGED: &str = "journal.damaged-";

/// In bytes; a shorter file is not a database (sqlite.org/fileformat2.html, 1.3, and the smallest
/// page).
const SMALLEST: u64 = 512;

/// A damaged database was moved aside and a new one created.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
    /// What SQLite found wrong with it.
    pub cause: String,
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(
            f,
            "the journal was damaged ({}); it is kept as {path} and a new one was begun. `sqlite3 \
             {path} .recover` may get the earlier sessions back; erasure on time does not reach this \
             file, so delete it when you no longer need it",
            self.cause
        )
    }
}

/// The files of set-aside databases in `directory`, sorted by name. Their content is erased only by
/// deleting them.
///
/// # Errors
/// When the directory cannot be read.
pub fn set_aside_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(DAMAGED) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// The copy that the package keeps during an upgrade, to roll back to if it fails.
pub fn copy_before_upgrade(directory: &Path) -> PathBuf {
    directory.join("journal.before-upgrade")
}

/// Moves the database, its log and the log's index to the first free name.
pub(super) fn set_aside(directory: &Path, cause: String) -> io::Result<SetAside> {
    let database = directory.join(DATABASE);
    let mut number = 1_u32;
    let path = loop {
        let path = directory.join(format!("{DAMAGED}{number}"));
        if !path.try_exists()? && !companion(&path, "-wal").try_exists()? {
            break path;
        }
        number += 1;
    };
    // The database last: while it is there, an interrupted move is taken up again at the next start.
    for suffix in ["-shm", "-wal", ""] {
        match fs::rename(companion(&database, suffix), companion(&path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    sync(directory)?;
    Ok(SetAside { path, cause })
}

/// The condition of the database file.
pub(super) enum DatabaseCondition {
    Damaged(String),
    Missing,
    Sound,
}

/// Checks whether the database at `path` is usable.
///
/// # Errors
/// [`JournalError::Newer`] where a later program wrote it; the others as their texts say.
pub(super) fn inspect(path: &Path) -> Result<DatabaseCondition, JournalError> {
    // Not opened but by SQLite: closing any descriptor of the file would drop the locks that other
    // connections of this process hold on it (fcntl(2)).
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A log that is left alone would be replayed into the new database.
            let log = fs::symlink_metadata(companion(path, "-wal"));
            return Ok(match log {
                Ok(_) => DatabaseCondition::Damaged("its log is there without it".to_owned()),
                Err(_) => DatabaseCondition::Missing,
            });
        }
        Err(error) => return Err(JournalError::from_io(path, &error)),
        Ok(file) if file.is_file() && file.len() < SMALLEST => {
            return Ok(DatabaseCondition::Damaged(format!("it is only {} bytes long", file.len())));
        }
        Ok(_) => {}
    }
    let check = connection::write(path).and_then(|connection| {
        let found = schema::version(&connection)?;
        let verdict =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?;
        Ok((found, verdict))
    });
    match check {
        Ok((found, _)) if found > CURRENT_VERSION => {
            Err(JournalError::Newer { path: path.to_owned(), found })
        }
        Ok((_, verdict)) if verdict == "ok" => Ok(DatabaseCondition::Sound),
        Ok((_, verdict)) => Ok(DatabaseCondition::Damaged(verdict)),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Ok(DatabaseCondition::Damaged(error.to_string()))
            }
            _ => Err(JournalError::from_sqlite(path, &error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use tempfile::tempdir;

    use super::super::Journal;
    use super::super::test_support::{all, opening, reading, session};
    use super::*;
    use temoin_core::session::Session;

    /// A journal of some sessions, all in the database or partly in the log.
    fn journal(directory: &Path, in_the_log: bool) -> Vec<Session> {
        let (mut journal, aside) = Journal::open(directory).unwrap();
        assert_eq!(aside, None);
        let mut sessions = Vec::new();
        for number in 0..50 {
            let opened = session(number, reading(0, i64::from(number), true));
            journal.record(&[opening(number, &opened)], None).unwrap();
            sessions.push(opened);
            if number == 30 || number == 49 && !in_the_log {
                assert!(journal.truncate().unwrap());
            }
        }
        sessions.reverse();
        sessions
    }

    fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
        let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(bytes).unwrap();
    }

    #[test]
    fn a_damaged_database_is_set_aside_and_a_new_one_begun() {
        type Damage = fn(&Path);
        let kinds: [(&str, Damage); 7] = [
            ("empty", |path| fs::write(path, "").unwrap()),
            ("torn header", |path| fs::write(path, b"SQLite format 3\0\x02\0").unwrap()),
            ("text", |path| fs::write(path, "not a database\n".repeat(500)).unwrap()),
            ("zeros", |path| fs::write(path, vec![0; 8192]).unwrap()),
            ("header overwritten", |path| overwrite(path, 0, &[0xa5; 100])),
            ("pages overwritten", |path| {
                let length = fs::metadata(path).unwrap().len();
                for page in 1..length / 512 {
                    overwrite(path, page * 512, &[0xa5; 512]);
                }
            }),
            ("cut short", |path| {
                let file = fs::OpenOptions::new().write(true).open(path).unwrap();
                file.set_len(file.metadata().unwrap().len() / 2).unwrap();
            }),
        ];
        for (kind, damage) in kinds {
            let directory = tempdir().unwrap();
            journal(directory.path(), false);
            let path = directory.path().join(DATABASE);
            damage(&path);
            let damaged = fs::read(&path).unwrap();

            let (mut journal, aside) = Journal::open(directory.path()).unwrap();
            let aside = aside.unwrap_or_else(|| panic!("{kind}"));
            assert_eq!(aside.path, directory.path().join("journal.damaged-1"), "{kind}");
            assert_eq!(fs::read(&aside.path).unwrap(), damaged, "{kind}");
            assert!(aside.to_string().contains("journal.damaged-1"), "{aside}");
            assert_eq!(all(directory.path()), []);
            let opened = session(99, reading(0, 1, true));
            journal.record(&[opening(99, &opened)], None).unwrap();
            drop(journal);
            let (_, aside) = Journal::open(directory.path()).unwrap();
            assert_eq!(aside, None, "{kind}");
            assert_eq!(all(directory.path()), [opened], "{kind}");
        }
    }

    #[test]
    fn the_log_goes_aside_with_its_database_and_names_do_not_collide() {
        let directory = tempdir().unwrap();
        journal(directory.path(), true);
        let path = directory.path().join(DATABASE);
        let log = fs::read(companion(&path, "-wal")).unwrap();
        assert!(!log.is_empty());
        // The log holds page 1 too, so a damaged header alone would be healed by it.
        fs::write(&path, "").unwrap();
        fs::write(directory.path().join("journal.damaged-1"), "an earlier one").unwrap();
        let (_, aside) = Journal::open(directory.path()).unwrap();
        let aside = aside.unwrap().path;
        assert_eq!(aside, directory.path().join("journal.damaged-2"));
        assert_eq!(fs::read(companion(&aside, "-wal")).unwrap(), log);
        assert_eq!(
            set_aside_files(directory.path()).unwrap(),
            ["journal.damaged-1", "journal.damaged-2", "journal.damaged-2-wal"]
                .map(|name| directory.path().join(name))
        );
    }

    #[test]
    fn a_log_without_its_database_is_not_replayed_into_a_new_one() {
        let directory = tempdir().unwrap();
        journal(directory.path(), true);
        fs::remove_file(directory.path().join(DATABASE)).unwrap();
        let (_, aside) = Journal::open(directory.path()).unwrap();
        assert!(aside.is_some());
        assert_eq!(all(directory.path()), []);
    }

    #[test]
    fn a_log_whose_end_was_torn_loses_only_that_end() {
        let directory = tempdir().unwrap();
        let sessions = journal(directory.path(), true);
        let log = companion(&directory.path().join(DATABASE), "-wal");
        let length = fs::metadata(&log).unwrap().len();
        overwrite(&log, length - 100, &[0xa5; 100]);
        let (_, aside) = Journal::open(directory.path()).unwrap();
        assert_eq!(aside, None);
        assert_eq!(all(directory.path()), sessions[1..]);
    }

    #[test]
    fn an_interrupted_first_start_leaves_nothing_in_the_way() {
        let directory = tempdir().unwrap();
        fs::write(directory.path().join("journal.new"), "half").unwrap();
        let (_, aside) = Journal::open(directory.path()).unwrap();
        assert_eq!(aside, None);
        assert!(!directory.path().join("journal.new").exists());
    }

    #[test]
    fn what_is_no_damage_is_not_set_aside() {
        let directory = tempdir().unwrap();
        fs::create_dir(directory.path().join(DATABASE)).unwrap();
        let error = Journal::open(directory.path()).unwrap_err();
        assert!(matches!(error, JournalError::Storage { .. }), "{error:?}");

        let directory = tempdir().unwrap();
        journal(directory.path(), true);
        let holder = rusqlite::Connection::open(directory.path().join(DATABASE)).unwrap();
        holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE").unwrap();
        let error = Journal::open(directory.path()).unwrap_err();
        assert!(matches!(error, JournalError::Busy { .. }), "{error:?}");
        assert_eq!(set_aside_files(directory.path()).unwrap(), Vec::<PathBuf>::new());
    }
}
