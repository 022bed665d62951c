use std::collections::HashSet;
use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, Result, Transaction, params};

use super::ledger;
use super::sync_state::{self, number_of_day, stage};
use super::{Journal, JournalError, Reader};
use temoin_core::assessment::LocalState;
use temoin_core::assessment::SyncState;
use temoin_core::assessment::SyncVerdict;
use temoin_core::record::PollReason;
use temoin_core::record::{CallResult, EntryNumber, LedgerEntry, RequestedId, SentRequest};
use temoin_core::session::{IdPrefix, SessionId, Timestamp, Zone};
use temoin_protocol::{KeyChain, PublicKey, Receipt, Rotation, UnixSeconds};

/// What an answer changes in the journal.
#[derive(Clone, Copy, Debug)]
pub enum SyncUpdate<'a> {
    /// The operator bound this ID to its session.
    Bound(SessionId),
    /// Nothing to store.
    Nothing,
    /// Another ID is bound to the session, or this ID to another session.
    Refused(SessionId),
    /// The responder rejected the registration of this ID with this HTTP status.
    Rejected(SessionId, u16),
    /// Verified statements.
    Statements {
        /// One for each session that was asked about.
        receipts: &'a [Receipt],
        /// The operator's keys, the last rotation included.
        keys: &'a KeyChain,
        /// The operator's time zone.
        zone: Zone,
    },
}

impl Journal {
    /// Logs a request before it is sent, with the session IDs in it and, for the daily one, when
    /// the next is due. A request that is not logged must not be sent; one that is logged is not
    /// sent again.
    ///
    /// # Errors
    /// Nothing was written, and nothing must be sent.
    pub fn note_request(
        &mut self,
        sent: &SentRequest,
        ids: &[SessionId],
        next_status: Option<Timestamp>,
    ) -> std::result::Result<EntryNumber, JournalError> {
        self.write(|transaction| {
            for id in ids {
                let known = transaction.execute(
                    "UPDATE sync_state SET asked_at = ?2
                     WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
                    params![id.as_bytes(), sent.at.milliseconds()],
                )?;
                if known == 0 && sync_state::local_state(transaction, id)? != LocalState::Erased {
                    transaction.execute(
                        "INSERT INTO sync_state (id, registration, asked_at, stage)
                         VALUES (?, ?, ?, ?)",
                        params![
                            id.as_bytes(),
                            sync_state::PENDING,
                            sent.at.milliseconds(),
                            stage::UNCONFIRMED
                        ],
                    )?;
                }
            }
            if let Some(at) = next_status {
                schedule(transaction, at)?;
            }
            ledger::insert(transaction, sent)
        })
    }

    /// Logs the result of a request and stores what it changes. Salt and digests are dropped for a
    /// session that was erased meanwhile.
    ///
    /// # Errors
    /// Nothing is written then, and the same call may be made again.
    pub fn note_answer(
        &mut self,
        number: EntryNumber,
        outcome: &CallResult,
        update: &SyncUpdate<'_>,
    ) -> std::result::Result<(), JournalError> {
        self.write(|transaction| {
            ledger::record_result(transaction, number, outcome)?;
            let register = |id, code, status| registered(transaction, id, code, status, outcome.at);
            match update {
                SyncUpdate::Bound(id) => register(id, sync_state::BOUND, None),
                SyncUpdate::Nothing => Ok(()),
                SyncUpdate::Refused(id) => register(id, sync_state::REFUSED, None),
                SyncUpdate::Rejected(id, status) => {
                    register(id, sync_state::REJECTED, Some(*status))
                }
                SyncUpdate::Statements { receipts, keys, zone } => {
                    learn_keys(transaction, keys, outcome.at)?;
                    let mut over = HashSet::new();
                    for receipt in *receipts {
                        if keep(transaction, receipt, *zone)? {
                            over.insert(*receipt.statement().id());
                        }
                    }
                    ledger::zero_ids(transaction, &over)
                }
            }
        })
    }

    /// Sets when the next daily request is due.
    ///
    /// # Errors
    /// Nothing is written then, and the same call may be made again.
    pub fn schedule_status(&mut self, at: Timestamp) -> std::result::Result<(), JournalError> {
        self.write(|transaction| schedule(transaction, at))
    }

    /// Drops requests older than the ledger's limit. Returns how many.
    ///
    /// # Errors
    /// Nothing is dropped then, and the same call may be made again.
    pub fn drop_old_requests(
        &mut self,
        now: Timestamp,
    ) -> std::result::Result<usize, JournalError> {
        self.write(|transaction| ledger::drop_old(transaction, now))
    }
}

impl Reader {
    /// The sync state of a session; `None` if it is neither in the journal nor was ever asked
    /// about.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn sync_state(
        &self,
        id: &SessionId,
    ) -> std::result::Result<Option<SyncState>, JournalError> {
        self.ask(|connection| sync_state::find(connection, id))
    }

    /// At most `limit` sessions to ask the operator about for this reason, least recently asked
    /// first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn sessions_to_poll(
        &self,
        reason: PollReason,
        limit: u32,
    ) -> std::result::Result<Vec<SyncState>, JournalError> {
        self.ask(|connection| sync_state::sessions_to_poll(connection, reason, limit))
    }

    /// The sync states of sessions still in the journal whose erasure the operator has confirmed.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn confirmed(&self) -> std::result::Result<Vec<SyncState>, JournalError> {
        self.ask(sync_state::confirmed)
    }

    /// Calls `visit` with each stored sync state, newest first and erased sessions included, until
    /// it breaks; returns the value of the break.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say; some may have been given already.
    pub fn for_each_sync_state<B>(
        &self,
        mut visit: impl FnMut(SyncState) -> ControlFlow<B>,
    ) -> std::result::Result<Option<B>, JournalError> {
        self.ask(|connection| {
            let mut statement =
                connection.prepare("SELECT id FROM sync_state ORDER BY number DESC")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id = SessionId::from_bytes(row.get(0)?);
                let Some(sync_state) = sync_state::find(connection, &id)? else { continue };
                if let ControlFlow::Break(value) = visit(sync_state) {
                    return Ok(Some(value));
                }
            }
            Ok(None)
        })
    }

    /// The stored sync states of sessions whose ID has this prefix, erased sessions included.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn sync_states(
        &self,
        prefix: &IdPrefix,
    ) -> std::result::Result<Vec<SyncState>, JournalError> {
        let (low, high) = prefix.range();
        self.ask(|connection| {
            let ids: Vec<SessionId> = connection
                .prepare(
                    "SELECT id FROM sync_state
                     WHERE substr(id, 1, 4) BETWEEN substr(?1, 1, 4) AND substr(?2, 1, 4)
                     AND id BETWEEN ?1 AND ?2 ORDER BY number DESC",
                )?
                .query_map([low.as_bytes(), high.as_bytes()], |row| {
                    Ok(SessionId::from_bytes(row.get(0)?))
                })?
                .collect::<Result<_>>()?;
            let mut sync_states = Vec::new();
            for id in ids {
                sync_states.extend(sync_state::find(connection, &id)?);
            }
            Ok(sync_states)
        })
    }

    /// The latest requests that left the box, newest first, after the first `offset` of them.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn ledger(
        &self,
        offset: u32,
        limit: u32,
    ) -> std::result::Result<Vec<LedgerEntry>, JournalError> {
        self.ask(|connection| ledger::list(connection, offset, limit))
    }

    /// Whether the ledger has a registration of this session with exactly this request head, which
    /// names the responder. Always false for a session erased here.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn was_registered_by(
        &self,
        head: &[u8],
        id: &SessionId,
    ) -> std::result::Result<bool, JournalError> {
        self.ask(|connection| ledger::has_registration(connection, head, id))
    }

    /// What each ID in a sent request is.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn requested_ids(
        &self,
        entry: &LedgerEntry,
    ) -> std::result::Result<Vec<RequestedId>, JournalError> {
        self.ask(|connection| ledger::requested_ids(connection, &entry.sent.body))
    }

    /// When the next daily request is due; `None` where none was scheduled yet.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn next_status(&self) -> std::result::Result<Option<Timestamp>, JournalError> {
        self.ask(|connection| {
            let at = connection
                .query_row("SELECT at FROM schedule WHERE call = 'status'", [], |row| {
                    sync_state::instant(row, 0)
                })
                .optional()?;
            Ok(at.flatten())
        })
    }

    /// The keys that lead from the one that the profile pins to the one now in force. A rotation that the
    /// old key did not heed, as a later statement of its shows, is not among them.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn keys(&self, pinned: PublicKey) -> std::result::Result<KeyChain, JournalError> {
        self.ask(|connection| {
            let mut chain =
                KeyChain::pinned(pinned).with_last_statements(last_statements(connection)?);
            for (rotation, seen_at) in rotations(connection, &pinned)? {
                // It was valid when it was stored; what makes it void came later.
                let _ = chain.extend(rotation, seen_at);
            }
            Ok(chain)
        })
    }

    /// The keys that a profile ever pinned and by which receipts were verified, oldest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn pinned_keys(&self) -> std::result::Result<Vec<PublicKey>, JournalError> {
        self.ask(|connection| {
            connection
                .prepare("SELECT pinned FROM operator_key WHERE rotation IS NULL ORDER BY number")?
                .query_map([], |row| {
                    PublicKey::from_bytes(row.get(0)?).map_err(|_| invalid_column("pinned"))
                })?
                .collect()
        })
    }
}

fn registered(
    transaction: &Transaction<'_>,
    id: &SessionId,
    registration: i64,
    status: Option<u16>,
    at: Timestamp,
) -> Result<()> {
    // If the operator refused the ID, a statement on it could only concern somebody else's session.
    let is_settled = registration != sync_state::BOUND;
    transaction.execute(
        "UPDATE sync_state SET registration = ?2, registration_status = ?3, registered_at = ?4,
                stage = CASE WHEN ?5 AND stage = ?6 THEN NULL ELSE stage END
         WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
        params![
            id.as_bytes(),
            registration,
            status,
            at.milliseconds(),
            is_settled,
            stage::UNCONFIRMED
        ],
    )?;
    Ok(())
}

/// Stores a receipt. True if the session was erased and nothing more is to be asked about it.
fn keep(transaction: &Transaction<'_>, receipt: &Receipt, zone: Zone) -> Result<bool> {
    let id = receipt.statement().id();
    let Some(mut sync_state) = sync_state::find(transaction, id)? else { return Ok(false) };
    let is_erased = sync_state.local_state == LocalState::Erased;
    let receipt = if is_erased { receipt.clone().without_digests() } else { receipt.clone() };
    let at = receipt.statement().at().to_timestamp();
    if receipt.statement().held().is_some() {
        let kept = sync_state.hold(receipt);
        sync_state::keep_earlier(transaction, id, &kept)?;
    } else {
        sync_state.not_held = Some(receipt);
    }
    let stage = match sync_state.verdict(zone, at) {
        SyncVerdict::Confirmed { .. } if is_erased => None,
        SyncVerdict::Confirmed { .. } => Some(stage::CONFIRMED),
        // Its registration may still be in flight.
        SyncVerdict::Unregistered { .. } if sync_state.local_state == LocalState::Open => {
            Some(stage::UNCONFIRMED)
        }
        SyncVerdict::Unregistered { .. } | SyncVerdict::Unstated => None,
        SyncVerdict::Contradicted { .. } if is_erased => None,
        SyncVerdict::GoneEarly { .. } if is_erased && sync_state.erase_by().is_none() => None,
        SyncVerdict::Contradicted { .. }
        | SyncVerdict::Due { .. }
        | SyncVerdict::GoneEarly { .. }
        | SyncVerdict::Held { .. }
        | SyncVerdict::Overdue { .. } => Some(stage::HELD),
    };
    let erase_by = sync_state.erase_by().map(number_of_day);
    let bytes = |receipt: &Option<Receipt>| receipt.as_ref().map(Receipt::to_bytes);
    transaction.execute(
        "UPDATE sync_state SET held = ?2, not_held = ?3, erase_by = ?4, stage = ?5
         WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
        params![
            id.as_bytes(),
            bytes(&sync_state.held),
            bytes(&sync_state.not_held),
            erase_by,
            stage
        ],
    )?;
    Ok(is_erased && stage.is_none())
}

fn learn_keys(transaction: &Transaction<'_>, keys: &KeyChain, at: Timestamp) -> Result<()> {
    let pinned = keys.pinned_key();
    let known = |rotation: Option<&[u8]>| {
        transaction
            .prepare("SELECT 1 FROM operator_key WHERE pinned = ? AND rotation IS ?")?
            .exists(params![pinned.as_bytes(), rotation])
    };
    let add = |rotation: Option<&[u8]>, at: Timestamp| {
        if known(rotation)? {
            return Ok(());
        }
        transaction
            .execute(
                "INSERT INTO operator_key (pinned, rotation, learnt_at) VALUES (?, ?, ?)",
                params![pinned.as_bytes(), rotation, at.milliseconds()],
            )
            .map(|_| ())
    };
    add(None, at)?;
    keys.rotations()
        .iter()
        .try_for_each(|seen| add(Some(&seen.rotation.to_bytes()), seen.seen_at.to_timestamp()))
}

/// Of each key, the time of the last statement by it. In a receipt the key is at offset 17 and the time of
/// stating at 81 (PROTOCOL.md, "Receipts"); times compare as their bytes do. A receipt that is damaged says
/// nothing.
fn last_statements(connection: &Connection) -> Result<Vec<(PublicKey, UnixSeconds)>> {
    connection
        .prepare(
            "SELECT substr(receipt, 18, 32), max(substr(receipt, 82, 8)) FROM (
                 SELECT held AS receipt FROM sync_state UNION ALL SELECT not_held FROM sync_state
                 UNION ALL SELECT receipt FROM earlier_statement
             ) WHERE receipt IS NOT NULL GROUP BY 1",
        )?
        .query_map([], |row| {
            let key = row.get(0).ok().and_then(|bytes| PublicKey::from_bytes(bytes).ok());
            let at = row.get(1).ok().map(u64::from_be_bytes).and_then(UnixSeconds::from_number);
            Ok(key.zip(at))
        })?
        .filter_map(Result::transpose)
        .collect()
}

/// The rotations of the operator's key that the box was shown, and when, oldest first.
fn rotations(connection: &Connection, pinned: &PublicKey) -> Result<Vec<(Rotation, UnixSeconds)>> {
    connection
        .prepare(
            "SELECT rotation, learnt_at FROM operator_key
             WHERE pinned = ? AND rotation IS NOT NULL ORDER BY number",
        )?
        .query_map([pinned.as_bytes()], |row| {
            let bytes: Vec<u8> = row.get(0)?;
            let seen_at = sync_state::instant(row, 1)?.and_then(UnixSeconds::containing);
            Ok((
                Rotation::from_bytes(&bytes).map_err(|_| invalid_column("rotation"))?,
                seen_at.ok_or_else(|| invalid_column("learnt_at"))?,
            ))
        })?
        .collect()
}

fn schedule(transaction: &Transaction<'_>, at: Timestamp) -> Result<()> {
    transaction
        .execute(
            "INSERT INTO schedule VALUES ('status', ?1) ON CONFLICT (call) DO UPDATE SET at = ?1",
            [at.milliseconds()],
        )
        .map(|_| ())
}

fn invalid_column(name: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(0, name.to_owned(), rusqlite::types::Type::Blob)
}

#[cfg(test)]
mod tests;
