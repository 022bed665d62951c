use std::collections::HashSet;
use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, Result, Transaction, params};

use super::dealing::{self, Presence, number_of_day, stage};
use super::ledger::{self, EntryNumber, LedgerEntry, Named, Outcome, Sent};
use super::{Dealing, Journal, JournalError, Reader, Standing, Worth};
use crate::domain::{IdPrefix, SessionId, Timestamp, Zone};
use crate::protocol::{KeyChain, PublicKey, Receipt, Rotation};

/// What an answer tells.
#[derive(Clone, Copy, Debug)]
pub enum Learnt<'a> {
    /// The operator bound this ID to its session.
    Bound(SessionId),
    /// Nothing that is to be kept.
    Nothing,
    /// Another ID is bound to the session, or this ID to another one.
    Refused(SessionId),
    /// The operator's end will not take the registration of this ID, with this HTTP status.
    Rejected(SessionId, u16),
    /// Statements that were verified.
    Statements {
        /// One for each session that was asked about.
        receipts: &'a [Receipt],
        /// The operator's keys, the last rotation included.
        keys: &'a KeyChain,
        /// The operator's time zone.
        zone: Zone,
    },
}

/// A rotation of the operator's key that the box followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Succession {
    /// From which key to which, and when.
    pub rotation: Rotation,
    /// When the box learnt of it.
    pub learnt_at: Timestamp,
}

impl Journal {
    /// Notes a request before it is sent, with the sessions that it names and, where it is the daily
    /// one, when the next is due: a request that is not noted must not leave, and one that is noted
    /// is not sent again.
    ///
    /// # Errors
    /// Nothing is written then, and nothing must be sent.
    pub fn note_request(
        &mut self,
        sent: &Sent,
        ids: &[SessionId],
        next_status: Option<Timestamp>,
    ) -> std::result::Result<EntryNumber, JournalError> {
        self.write(|transaction| {
            for id in ids {
                let known = transaction.execute(
                    "UPDATE dealing SET asked_at = ?2
                     WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
                    params![id.as_bytes(), sent.at.milliseconds()],
                )?;
                if known == 0 && dealing::presence(transaction, id)? != Presence::Erased {
                    transaction.execute(
                        "INSERT INTO dealing (id, registration, asked_at, stage)
                         VALUES (?, ?, ?, ?)",
                        params![
                            id.as_bytes(),
                            dealing::PENDING,
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

    /// Notes what came of a request, and what is to be kept of it. Of a session that was erased
    /// meanwhile, salt and digests are forgotten.
    ///
    /// # Errors
    /// Nothing is written then, and the same call may be made again.
    pub fn note_answer(
        &mut self,
        number: EntryNumber,
        outcome: &Outcome,
        learnt: &Learnt<'_>,
    ) -> std::result::Result<(), JournalError> {
        self.write(|transaction| {
            ledger::conclude(transaction, number, outcome)?;
            let register = |id, code, status| registered(transaction, id, code, status, outcome.at);
            match learnt {
                Learnt::Bound(id) => register(id, dealing::BOUND, None),
                Learnt::Nothing => Ok(()),
                Learnt::Refused(id) => register(id, dealing::REFUSED, None),
                Learnt::Rejected(id, status) => register(id, dealing::REJECTED, Some(*status)),
                Learnt::Statements { receipts, keys, zone } => {
                    learn_keys(transaction, keys, outcome.at)?;
                    let mut over = HashSet::new();
                    for receipt in *receipts {
                        if keep(transaction, receipt, *zone)? {
                            over.insert(*receipt.statement().id());
                        }
                    }
                    ledger::blank(transaction, &over)
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

    /// Drops the requests that the ledger has kept for long enough; says how many.
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
    /// What passed about a session; `None` where the record neither has the session nor ever asked
    /// about it.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn dealing(&self, id: &SessionId) -> std::result::Result<Option<Dealing>, JournalError> {
        self.ask(|connection| dealing::find(connection, id))
    }

    /// At most `limit` sessions that the operator could be asked about for this reason, those first
    /// that were not asked about for the longest time.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn worth_asking(
        &self,
        worth: Worth,
        limit: u32,
    ) -> std::result::Result<Vec<Dealing>, JournalError> {
        self.ask(|connection| dealing::worth_asking(connection, worth, limit))
    }

    /// What passed about the sessions that the record still has though the operator's is gone, as its
    /// statements confirm.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn confirmed(&self) -> std::result::Result<Vec<Dealing>, JournalError> {
        self.ask(dealing::confirmed)
    }

    /// Gives what passed about each session about which anything did, erased ones included, to `visit`,
    /// the newest first, one at a time, until it breaks off; returns what it broke off with.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say; some may have been given already.
    pub fn for_each_dealing<B>(
        &self,
        mut visit: impl FnMut(Dealing) -> ControlFlow<B>,
    ) -> std::result::Result<Option<B>, JournalError> {
        self.ask(|connection| {
            let mut statement =
                connection.prepare("SELECT id FROM dealing ORDER BY number DESC")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id = SessionId::from_bytes(row.get(0)?);
                let Some(dealing) = dealing::find(connection, &id)? else { continue };
                if let ControlFlow::Break(value) = visit(dealing) {
                    return Ok(Some(value));
                }
            }
            Ok(None)
        })
    }

    /// What passed about the sessions whose ID begins so, erased ones included, where anything did.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn dealings(&self, prefix: &IdPrefix) -> std::result::Result<Vec<Dealing>, JournalError> {
        let (low, high) = prefix.range();
        self.ask(|connection| {
            let ids: Vec<SessionId> = connection
                .prepare(
                    "SELECT id FROM dealing
                     WHERE substr(id, 1, 4) BETWEEN substr(?1, 1, 4) AND substr(?2, 1, 4)
                     AND id BETWEEN ?1 AND ?2 ORDER BY number DESC",
                )?
                .query_map([low.as_bytes(), high.as_bytes()], |row| {
                    Ok(SessionId::from_bytes(row.get(0)?))
                })?
                .collect::<Result<_>>()?;
            let mut dealings = Vec::new();
            for id in ids {
                dealings.extend(dealing::find(connection, &id)?);
            }
            Ok(dealings)
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

    /// Whether the ledger has a registration of this session with exactly this head, which names the
    /// responder. Of one that was erased here it does not.
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

    /// What stands at each place of a request that left the box.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn named(&self, entry: &LedgerEntry) -> std::result::Result<Vec<Named>, JournalError> {
        self.ask(|connection| ledger::named(connection, &entry.sent.body))
    }

    /// When the next daily request is due; `None` where none was scheduled yet.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn next_status(&self) -> std::result::Result<Option<Timestamp>, JournalError> {
        self.ask(|connection| {
            let at = connection
                .query_row("SELECT at FROM schedule WHERE call = 'status'", [], |row| {
                    dealing::instant(row, 0)
                })
                .optional()?;
            Ok(at.flatten())
        })
    }

    /// The keys that lead from the one that the profile pins to the one now in force.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn keys(&self, pinned: PublicKey) -> std::result::Result<KeyChain, JournalError> {
        self.ask(|connection| {
            let mut chain = KeyChain::pinned(pinned);
            for succession in successions(connection, &pinned)? {
                // What was learnt once was fit to follow then.
                let _ = chain.extend(succession.rotation);
            }
            Ok(chain)
        })
    }

    /// The rotations of the operator's key that the box followed from the pinned one, oldest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn successions(
        &self,
        pinned: PublicKey,
    ) -> std::result::Result<Vec<Succession>, JournalError> {
        self.ask(|connection| successions(connection, &pinned))
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
                    PublicKey::from_bytes(row.get(0)?).map_err(|_| strange("pinned"))
                })?
                .collect()
        })
    }
}

/// Forgets salt and digests of a session that is erased, drops what then says nothing more, and
/// settles what there is still to ask.
pub(super) fn forget(transaction: &Transaction<'_>, id: &SessionId) -> Result<()> {
    let Some(dealing) = dealing::find(transaction, id)? else { return Ok(()) };
    let is_bound = matches!(dealing.registration, super::Registration::Bound { .. });
    if dealing.last().is_none() && !is_bound {
        transaction.execute(
            "DELETE FROM dealing WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
            [id.as_bytes()],
        )?;
        return Ok(());
    }
    let bytes = |receipt: Option<Receipt>| receipt.map(|receipt| receipt.forget().to_bytes());
    // Of a record that was never stated as held, or is gone and has no day, nothing more can be
    // confirmed.
    let is_open_ended = dealing.not_held.is_some() && dealing.erase_by().is_none();
    transaction.execute(
        "UPDATE dealing SET held = ?2, not_held = ?3,
                stage = CASE WHEN ?4 OR stage = ?5 THEN NULL ELSE stage END
         WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
        params![
            id.as_bytes(),
            bytes(dealing.held),
            bytes(dealing.not_held),
            is_open_ended,
            stage::CONFIRMED
        ],
    )?;
    Ok(())
}

fn registered(
    transaction: &Transaction<'_>,
    id: &SessionId,
    registration: i64,
    status: Option<u16>,
    at: Timestamp,
) -> Result<()> {
    // Where the operator will not have the ID, a statement on it could only be about another's.
    let is_settled = registration != dealing::BOUND;
    transaction.execute(
        "UPDATE dealing SET registration = ?2, registration_status = ?3, registered_at = ?4,
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

/// Keeps a receipt. Says whether what there was to learn about a session that was erased is learnt.
fn keep(transaction: &Transaction<'_>, receipt: &Receipt, zone: Zone) -> Result<bool> {
    let id = receipt.statement().id();
    let Some(mut dealing) = dealing::find(transaction, id)? else { return Ok(false) };
    let is_erased = dealing.presence == Presence::Erased;
    let receipt = if is_erased { receipt.clone().forget() } else { receipt.clone() };
    let at = receipt.statement().at().begins();
    if receipt.statement().held().is_some() {
        dealing.held = Some(receipt);
        dealing.not_held = None;
    } else {
        dealing.not_held = Some(receipt);
    }
    let stage = match dealing.standing(zone, at) {
        Standing::Confirmed { .. } if is_erased => None,
        Standing::Confirmed { .. } => Some(stage::CONFIRMED),
        // Its registration may still be on the way.
        Standing::Unregistered { .. } if dealing.presence == Presence::Open => {
            Some(stage::UNCONFIRMED)
        }
        Standing::Unregistered { .. } | Standing::Unstated => None,
        Standing::Contradicted { .. } if is_erased => None,
        Standing::GoneEarly { .. } if is_erased && dealing.erase_by().is_none() => None,
        Standing::Contradicted { .. }
        | Standing::Due { .. }
        | Standing::GoneEarly { .. }
        | Standing::Held { .. }
        | Standing::Overdue { .. } => Some(stage::HELD),
    };
    let erase_by = dealing.erase_by().map(number_of_day);
    let bytes = |receipt: &Option<Receipt>| receipt.as_ref().map(Receipt::to_bytes);
    transaction.execute(
        "UPDATE dealing SET held = ?2, not_held = ?3, erase_by = ?4, stage = ?5
         WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
        params![id.as_bytes(), bytes(&dealing.held), bytes(&dealing.not_held), erase_by, stage],
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
    let add = |rotation: Option<&[u8]>| {
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
    add(None)?;
    keys.rotations().iter().try_for_each(|rotation| add(Some(&rotation.to_bytes())))
}

fn successions(connection: &Connection, pinned: &PublicKey) -> Result<Vec<Succession>> {
    connection
        .prepare(
            "SELECT rotation, learnt_at FROM operator_key
             WHERE pinned = ? AND rotation IS NOT NULL ORDER BY number",
        )?
        .query_map([pinned.as_bytes()], |row| {
            let bytes: Vec<u8> = row.get(0)?;
            Ok(Succession {
                rotation: Rotation::from_bytes(&bytes).map_err(|_| strange("rotation"))?,
                learnt_at: dealing::instant(row, 1)?.ok_or_else(|| strange("learnt_at"))?,
            })
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

fn strange(name: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(0, name.to_owned(), rusqlite::types::Type::Blob)
}

#[cfg(test)]
mod tests;
