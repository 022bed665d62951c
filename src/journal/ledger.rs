use std::collections::HashSet;

use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, Row, Transaction, params};

use super::sync_state::{self, instant};
use temoin_core::assessment::LocalState;
use temoin_core::session::{SessionId, Timestamp};

/// How many requests the ledger keeps: years of daily ones, or weeks of unanswered registrations.
pub const MAX_ENTRIES: u32 = 2_000;

/// Maximum age of an entry in days: thirteen months, like a session.
pub const ENTRY_DAYS: i64 = 400;

/// A sent request, byte for byte, except that the IDs of sessions erased since are zeroed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LedgerEntry {
    /// Its number in the ledger.
    pub number: EntryNumber,
    /// What was sent.
    pub sent: SentRequest,
    /// Its result; `None` if unknown, as after a power cut.
    pub outcome: Option<CallResult>,
}

/// The number of a request in the ledger, in the order of sending.
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
pub struct SentRequest {
    /// When.
    pub at: Timestamp,
    /// Which of the two calls.
    pub call: Call,
    /// The route it took.
    pub route: RouteKind,
    /// Whether it was requested manually.
    pub is_manual: bool,
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

/// The kind of route that a request took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RouteKind {
    /// Through the configured SOCKS proxy.
    Proxy,
    /// Through the tunnel.
    Tunnel,
}

impl RouteKind {
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

/// The result of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallResult {
    /// When the answer arrived, or the call was given up.
    pub at: Timestamp,
    /// The answer, if any.
    pub answer: Option<ResponseSummary>,
    /// Why there is no usable answer.
    pub failure: Option<String>,
}

/// What the ledger keeps of an answer; its content is in the receipts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ResponseSummary {
    /// The HTTP status.
    pub status: u16,
    /// The body's size in bytes.
    pub size: u64,
    /// The body's SHA-256.
    pub digest: [u8; 32],
}

/// What one ID in a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestedId {
    /// The ID of a session of this box that was erased since; zeroed.
    Erased,
    /// A random filler.
    Filler(SessionId),
    /// The ID of a session of this box.
    Session(SessionId, LocalState),
}

pub(super) fn insert(transaction: &Transaction<'_>, sent: &SentRequest) -> Result<EntryNumber> {
    transaction.execute(
        "INSERT INTO ledger (sent_at, call, route, manual, head, body) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            sent.at.milliseconds(),
            sent.call.code(),
            sent.route.code(),
            sent.is_manual,
            sent.head,
            sent.body
        ],
    )?;
    let number = transaction.last_insert_rowid();
    transaction
        .execute("DELETE FROM ledger WHERE number <= ?", [number - i64::from(MAX_ENTRIES)])?;
    Ok(EntryNumber(number))
}

pub(super) fn record_result(
    transaction: &Transaction<'_>,
    number: EntryNumber,
    outcome: &CallResult,
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

/// What each ID in a request body is.
pub(super) fn requested_ids(connection: &Connection, body: &[u8]) -> Result<Vec<RequestedId>> {
    let mut places = Vec::with_capacity(body.len() / 32);
    for bytes in body.chunks_exact(32).filter_map(|place| place.try_into().ok()) {
        let id = SessionId::from_bytes(bytes);
        places.push(if bytes == [0; 32] {
            RequestedId::Erased
        } else {
            match sync_state::find(connection, &id)? {
                Some(sync_state) => RequestedId::Session(id, sync_state.local_state),
                None => RequestedId::Filler(id),
            }
        });
    }
    Ok(places)
}

/// Zeroes the IDs of these sessions in all logged requests.
pub(super) fn zero_ids(transaction: &Transaction<'_>, ids: &HashSet<SessionId>) -> Result<()> {
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

/// Drops requests that are past their maximum age.
pub(super) fn drop_old(transaction: &Transaction<'_>, now: Timestamp) -> Result<usize> {
    let oldest = now.shifted(-ENTRY_DAYS * 86_400_000).milliseconds();
    transaction.execute("DELETE FROM ledger WHERE sent_at < ?", [oldest])
}

/// Whether there is a registration of this session with this request head.
pub(super) fn has_registration(
    connection: &Connection,
    head: &[u8],
    id: &SessionId,
) -> Result<bool> {
    connection
        .prepare("SELECT 1 FROM ledger WHERE call = ? AND body = ? AND head = ?")?
        .exists(params![Call::Register.code(), id.as_bytes(), head])
}

/// The newest requests, skipping `offset`.
pub(super) fn list(connection: &Connection, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>> {
    connection
        .prepare(
            "SELECT number, sent_at, call, route, manual, head, body,
                    answered_at, status, size, digest, failure
             FROM ledger ORDER BY number DESC LIMIT ? OFFSET ?",
        )?
        .query_map([limit, offset], read)?
        .collect()
}

fn read(row: &Row<'_>) -> Result<LedgerEntry> {
    let invalid_column =
        |place, name: &str| Error::InvalidColumnType(place, name.to_owned(), Type::Integer);
    let (call, route) = (row.get::<_, i64>(2)?, row.get::<_, i64>(3)?);
    let sent = SentRequest {
        at: instant(row, 1)?.ok_or_else(|| invalid_column(1, "sent_at"))?,
        call: Call::ALL
            .into_iter()
            .find(|it| it.code() == call)
            .ok_or_else(|| invalid_column(2, "call"))?,
        route: RouteKind::ALL
            .into_iter()
            .find(|it| it.code() == route)
            .ok_or_else(|| invalid_column(3, "route"))?,
        is_manual: row.get(4)?,
        head: row.get(5)?,
        body: row.get(6)?,
    };
    let answer = match (row.get(8)?, row.get::<_, Option<i64>>(9)?, row.get(10)?) {
        (Some(status), Some(size), Some(digest)) => {
            Some(ResponseSummary { status, size: size.unsigned_abs(), digest })
        }
        _ => None,
    };
    let failure: Option<String> = row.get(11)?;
    let outcome = instant(row, 7)?.map(|at| CallResult { at, answer, failure });
    Ok(LedgerEntry { number: EntryNumber(row.get(0)?), sent, outcome })
}
