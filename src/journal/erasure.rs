use rusqlite::{Connection, params};

use super::error::Failing;
use super::{Journal, JournalError};
use crate::domain::{SessionId, Timestamp};

/// What stays of a session that was erased. No address is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// The session's ID.
    pub id: SessionId,
    /// The day on which it began, as `2026-11-24`, where it is known.
    pub began: Option<String>,
    /// The day on which it ended, as `2026-11-24`, where it is known.
    pub ended: Option<String>,
    /// When it was erased.
    pub erased_at: Timestamp,
}

impl Certificate {
    pub(super) fn read(connection: &Connection, limit: u32) -> Result<Vec<Self>, JournalError> {
        let sql = "SELECT id, began, ended, erased_at FROM erasure ORDER BY number DESC LIMIT ?1";
        let mut statement = connection.prepare(sql).failing("read")?;
        statement
            .query_map([limit], |row| {
                Ok(Self {
                    id: SessionId::from_bytes(row.get(0)?),
                    began: row.get(1)?,
                    ended: row.get(2)?,
                    erased_at: Timestamp::EPOCH.shifted(row.get(3)?),
                })
            })
            .and_then(Iterator::collect)
            .failing("read")
    }
}

impl Journal {
    /// Erases sessions and leaves a certificate of each, in one transaction. [`Journal::scrub`] must
    /// follow. Returns how many were there.
    ///
    /// # Errors
    /// [`JournalError`]; nothing is erased then.
    pub fn erase(&mut self, certificates: &[Certificate]) -> Result<usize, JournalError> {
        self.write(|transaction| {
            let mut erased = 0;
            for certificate in certificates {
                let id = certificate.id.as_bytes();
                let gone = transaction
                    .prepare_cached("DELETE FROM session WHERE id = ?1")?
                    .execute([id])?;
                if gone > 0 {
                    let sql = "INSERT INTO erasure (id, began, ended, erased_at)
                               VALUES (?1, ?2, ?3, ?4)";
                    transaction.prepare_cached(sql)?.execute(params![
                        id,
                        certificate.began,
                        certificate.ended,
                        certificate.erased_at.milliseconds()
                    ])?;
                    erased += gone;
                }
            }
            Ok(erased)
        })
    }

    /// Moves everything from the write-ahead log into the file and empties the log, so that no byte
    /// of what was erased stays in either. `false` where a reader was in the way for too long: to be
    /// tried again.
    ///
    /// # Errors
    /// [`JournalError`] where the journal cannot be written.
    pub fn scrub(&mut self) -> Result<bool, JournalError> {
        let busy: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .failing("scrub")?;
        Ok(busy == 0)
    }
}
