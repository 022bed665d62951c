use std::collections::HashSet;

use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, Row, Transaction, params};

use super::Presence;
use super::dealing::{self, instant};
use crate::domain::{SessionId, Timestamp};

/// How many requests the ledger keeps: some years of one a day, or weeks of registrations that nobody
/// answers.
pub const MOST_ENTRIES: u32 = 2_000;

/// How long a request is kept at most, in days: as long as a session may be, thirteen months.
pub const ENTRY_DAYS: i64 = 400;

/// A request that left the box, byte for byte but for the IDs of sessions that were erased since:
/// these are zeros.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LedgerEntry {
    /// Its place in the ledger.
    pub number: EntryNumber,
    /// What was sent.
    pub sent: Sent,
    /// What came of it; `None` where that is not known, as after a power cut.
    pub outcome: Option<Outcome>,
}

/// The place of a request in the ledger; later ones have greater numbers.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EntryNumber(i64);

impl EntryNumber {
    /// The number.
    pub fn value(self) -> i64 {
        self.0
    }
}

/// A request as it is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// Which of the two calls.
    pub call: Call,
    /// By what way.
    pub way: Way,
    /// Whether a person asked for it.
    pub by_hand: bool,
    /// Request line and header fields, up to and with the empty line.
    pub head: Vec<u8>,
    /// The body: one ID or sixty-four.
    pub body: Vec<u8>,
}

/// The calls of the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    /// `POST /temoin/1/register`.
    Register,
    /// `POST /temoin/1/status`.
    Status,
}

impl Call {
    const ALL: [Self; 2] = [Self::Register, Self::Status];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Status => "status",
        }
    }

    fn code(self) -> i64 {
        match self {
            Self::Register => 1,
            Self::Status => 2,
        }
    }
}

/// By what way a request left the box.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// By the SOCKS proxy of the configuration.
    Proxy,
    /// Through the tunnel.
    Tunnel,
}

impl Way {
    const ALL: [Self; 2] = [Self::Proxy, Self::Tunnel];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Tunnel => "tunnel",
        }
    }

    fn code(self) -> i64 {
        match self {
            Self::Proxy => 2,
            Self::Tunnel => 1,
        }
    }
}

/// What came of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// When the answer had arrived, or was given up.
    pub at: Timestamp,
    /// The answer, where there was one.
    pub answer: Option<Answer>,
    /// Why it is of no use, or did not come.
    pub failure: Option<String>,
}

/// What is kept of an answer: what it says is in the receipts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body's size in bytes.
    pub size: u64,
    /// The body's SHA-256.
    pub digest: [u8; 32],
}

/// What stands at one place of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Named {
    /// The ID of a session of this box that was erased since, so that zeros are left of it.
    Blank,
    /// Random bytes that were drawn to fill the request up.
    Filler(SessionId),
    /// The ID of a session of this box.
    Session(SessionId, Presence),
}

pub(super) fn insert(transaction: &Transaction<'_>, sent: &Sent) -> Result<EntryNumber> {
    transaction.execute(
        "INSERT INTO ledger (sent_at, call, way, by_hand, head, body) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            sent.at.milliseconds(),
            sent.call.code(),
            sent.way.code(),
            sent.by_hand,
            sent.head,
            sent.body
        ],
    )?;
    let number = transaction.last_insert_rowid();
    transaction
        .execute("DELETE FROM ledger WHERE number <= ?", [number - i64::from(MOST_ENTRIES)])?;
    Ok(EntryNumber(number))
}

pub(super) fn conclude(
    transaction: &Transaction<'_>,
    number: EntryNumber,
    outcome: &Outcome,
) -> Result<()> {
    let answer = outcome.answer;
    transaction.execute(
        "UPDATE ledger SET (answered_at, status, size, digest, failure) = (?, ?, ?, ?, ?)
         WHERE number = ?",
        params![
            outcome.at.milliseconds(),
            answer.map(|answer| answer.status),
            answer.map(|answer| i64::try_from(answer.size).unwrap_or(i64::MAX)),
            answer.map(|answer| answer.digest),
            outcome.failure,
            number.0
        ],
    )?;
    Ok(())
}

/// What stands at each place of a body.
pub(super) fn named(connection: &Connection, body: &[u8]) -> Result<Vec<Named>> {
    let mut places = Vec::with_capacity(body.len() / 32);
    for bytes in body.chunks_exact(32).filter_map(|place| place.try_into().ok()) {
        let id = SessionId::from_bytes(bytes);
        places.push(if bytes == [0; 32] {
            Named::Blank
        } else {
            match dealing::find(connection, &id)? {
                Some(dealing) => Named::Session(id, dealing.presence),
                None => Named::Filler(id),
            }
        });
    }
    Ok(places)
}

/// Puts zeros in the place of these sessions' IDs wherever they were sent.
pub(super) fn blank(transaction: &Transaction<'_>, ids: &HashSet<SessionId>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut changed = Vec::new();
    let mut statement = transaction.prepare("SELECT number, body FROM ledger")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut body: Vec<u8> = row.get(1)?;
        let mut names = false;
        for place in body.chunks_exact_mut(32) {
            let id = <[u8; 32]>::try_from(&*place).map(SessionId::from_bytes);
            if id.is_ok_and(|id| ids.contains(&id)) {
                place.fill(0);
                names = true;
            }
        }
        if names {
            changed.push((row.get::<_, i64>(0)?, body));
        }
    }
    for (number, body) in changed {
        transaction
            .execute("UPDATE ledger SET body = ? WHERE number = ?", params![body, number])?;
    }
    Ok(())
}

/// Drops the requests that are too old to be kept.
pub(super) fn drop_old(transaction: &Transaction<'_>, now: Timestamp) -> Result<usize> {
    let oldest = now.shifted(-ENTRY_DAYS * 86_400_000).milliseconds();
    transaction.execute("DELETE FROM ledger WHERE sent_at < ?", [oldest])
}

/// Whether this session was named by a request with this head.
pub(super) fn has_registration(
    connection: &Connection,
    head: &[u8],
    id: &SessionId,
) -> Result<bool> {
    connection
        .prepare("SELECT 1 FROM ledger WHERE call = ? AND body = ? AND head = ?")?
        .exists(params![Call::Register.code(), id.as_bytes(), head])
}

/// The newest requests, after the first `offset` of them.
pub(super) fn list(connection: &Connection, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>> {
    connection
        .prepare(
            "SELECT number, sent_at, call, way, by_hand, head, body,
                    answered_at, status, size, digest, failure
             FROM ledger ORDER BY number DESC LIMIT ? OFFSET ?",
        )?
        .query_map([limit, offset], read)?
        .collect()
}

fn read(row: &Row<'_>) -> Result<LedgerEntry> {
    let strange =
        |place, name: &str| Error::InvalidColumnType(place, name.to_owned(), Type::Integer);
    let (call, way) = (row.get::<_, i64>(2)?, row.get::<_, i64>(3)?);
    let sent = Sent {
        at: instant(row, 1)?.ok_or_else(|| strange(1, "sent_at"))?,
        call: Call::ALL
            .into_iter()
            .find(|it| it.code() == call)
            .ok_or_else(|| strange(2, "call"))?,
        way: Way::ALL.into_iter().find(|it| it.code() == way).ok_or_else(|| strange(3, "way"))?,
        by_hand: row.get(4)?,
        head: row.get(5)?,
        body: row.get(6)?,
    };
    let answer = match (row.get(8)?, row.get::<_, Option<i64>>(9)?, row.get(10)?) {
        (Some(status), Some(size), Some(digest)) => {
            Some(Answer { status, size: size.unsigned_abs(), digest })
        }
        _ => None,
    };
    let failure: Option<String> = row.get(11)?;
    let outcome = instant(row, 7)?.map(|at| Outcome { at, answer, failure });
    Ok(LedgerEntry { number: EntryNumber(row.get(0)?), sent, outcome })
}
