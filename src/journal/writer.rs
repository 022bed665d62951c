use std::fs::File;
use std::path::{Path, PathBuf};

use nix::fcntl::Flock;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::Failing;
use super::reader::open_sessions;
use super::{JournalError, SetAside, file, row};
use crate::domain::{Change, ClockReading, Facts, Session, SessionId, Timestamp};

/// How many names of taken spool files are kept. The removal of a spool file is not synced, so that
/// after a power cut the last few may be there again.
const TAKEN: i64 = 256;

/// The record, to write: one daemon's.
#[derive(Debug)]
pub struct Journal {
    pub(super) connection: Connection,
    directory: PathBuf,
    next_slot: i64,
    _lock: Flock<File>,
}

impl Journal {
    /// Opens the journal in a state directory, or begins one. `now` names what is set aside.
    ///
    /// # Errors
    /// [`JournalError`], but not for a damaged file: that is set aside.
    pub fn open(
        directory: &Path,
        now: Timestamp,
    ) -> Result<(Self, Option<SetAside>), JournalError> {
        let lock = file::lock(directory)?;
        let (connection, set_aside) = file::open(directory, now)?;
        let sql = "SELECT slot FROM taken ORDER BY name DESC LIMIT 1";
        let last: Option<i64> =
            connection.query_row(sql, [], |row| row.get(0)).optional().failing("read")?;
        let next_slot = last.map_or(0, |slot| (slot + 1) % TAKEN);
        let directory = directory.to_owned();
        Ok((Self { connection, directory, next_slot, _lock: lock }, set_aside))
    }

    /// The sessions that last.
    ///
    /// # Errors
    /// [`JournalError`] where the journal cannot be read.
    pub fn open_sessions(&self) -> Result<Vec<Session>, JournalError> {
        open_sessions(&self.connection)
    }

    /// Whether the event in the spool file of this name is recorded already.
    ///
    /// # Errors
    /// [`JournalError`] where the journal cannot be read.
    pub fn has_taken(&self, name: &str) -> Result<bool, JournalError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM taken WHERE name = ?1)";
        self.connection.query_row(sql, [name], |row| row.get(0)).failing("read")
    }

    /// Writes down what came of one observation, in one transaction; with `taken`, the name of the
    /// spool file that it came from.
    ///
    /// # Errors
    /// [`JournalError`]; nothing of it is written then.
    pub fn record(&mut self, changes: &[Change], taken: Option<&str>) -> Result<(), JournalError> {
        let slot = self.next_slot;
        self.write(|transaction| {
            for change in changes {
                match change {
                    Change::Open(session, secret) => {
                        let device = session.device.as_str();
                        transaction.prepare_cached(row::INSERT)?.execute(params![
                            session.id.as_bytes(),
                            secret.as_bytes(),
                            device
                        ])?;
                        store(transaction, session)?;
                    }
                    Change::Update(session) | Change::Close(session) => {
                        store(transaction, session)?;
                    }
                }
            }
            if let Some(name) = taken {
                let sql = "INSERT OR REPLACE INTO taken (slot, name) VALUES (?1, ?2)";
                transaction.prepare_cached(sql)?.execute(params![slot, name])?;
            }
            Ok(())
        })?;
        if taken.is_some() {
            self.next_slot = (slot + 1) % TAKEN;
        }
        Ok(())
    }

    /// Adds to a session what was found out later, even after it ended; what is known stays.
    ///
    /// # Errors
    /// [`JournalError`]; nothing of it is written then.
    pub fn learn(&mut self, id: SessionId, facts: &Facts) -> Result<(), JournalError> {
        self.write(|transaction| {
            let found = transaction
                .prepare_cached("SELECT * FROM session WHERE id = ?1")?
                .query_row([id.as_bytes()], row::session)
                .optional()?;
            let Some(mut session) = found else { return Ok(()) };
            let before = session.facts.clone();
            session.facts.complete_with(facts);
            if session.facts != before {
                store(transaction, &session)?;
            }
            Ok(())
        })
    }

    /// Dates what is not dated yet, now that the clock is trusted: exactly what happened in the same
    /// boot, and by what is recorded before and after it what happened in others. Returns how many
    /// sessions changed.
    ///
    /// # Errors
    /// [`JournalError`]; nothing of it is written then.
    pub fn date(&mut self, trusted: &ClockReading) -> Result<usize, JournalError> {
        let any = "SELECT EXISTS (SELECT 1 FROM session WHERE is_undated = 1)";
        let any: bool = self.connection.query_row(any, [], |row| row.get(0)).failing("read")?;
        if !any {
            return Ok(0);
        }
        self.write(|transaction| {
            let undated: Vec<(i64, Session)> = transaction
                .prepare("SELECT * FROM session WHERE is_undated = 1 ORDER BY number")?
                .query_map([], |found| Ok((found.get("number")?, row::session(found)?)))?
                .collect::<Result<_, _>>()?;
            let mut changed = 0;
            for (number, before) in undated {
                let mut session = before.clone();
                session.date(trusted);
                if session.opened.boot != trusted.boot {
                    let earlier = neighbour(transaction, number, true)?;
                    let later = neighbour(transaction, number, false)?;
                    session.enclose(earlier, later.or_else(|| trusted.boot_started()));
                }
                if session != before {
                    store(transaction, &session)?;
                    changed += 1;
                }
                // No later reading can tell more of it.
                let settled = "UPDATE session SET is_undated = 0 WHERE number = ?1";
                transaction.prepare_cached(settled)?.execute([number])?;
            }
            Ok(changed)
        })
    }

    /// Does something in one transaction.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let written = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| {
                let done = work(&transaction)?;
                transaction.commit()?;
                Ok(done)
            })
            .failing("write");
        if let Err(JournalError::Damaged(_)) = &written {
            file::suspect(&self.directory);
        }
        written
    }
}

fn store(transaction: &Transaction<'_>, session: &Session) -> rusqlite::Result<()> {
    row::update(&mut transaction.prepare_cached(row::UPDATE)?, session).map(drop)
}

/// The nearest exact instant of a session recorded before (or after) another one.
fn neighbour(
    transaction: &Transaction<'_>,
    number: i64,
    is_before: bool,
) -> rusqlite::Result<Option<Timestamp>> {
    let sql = if is_before {
        "SELECT CASE WHEN end_latest = end_earliest THEN end_latest ELSE start_latest END
         FROM session WHERE number < ?1 AND start_claimed IS NULL AND start_earliest = start_latest
         ORDER BY number DESC LIMIT 1"
    } else {
        "SELECT start_earliest
         FROM session WHERE number > ?1 AND start_claimed IS NULL AND start_earliest = start_latest
         ORDER BY number LIMIT 1"
    };
    let milliseconds: Option<i64> =
        transaction.prepare_cached(sql)?.query_row([number], |row| row.get(0)).optional()?;
    Ok(milliseconds.and_then(|milliseconds| Timestamp::from_milliseconds(milliseconds).ok()))
}
