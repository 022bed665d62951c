use std::collections::HashSet;

use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, Row, Transaction, params};

use super::sync_state::{self, instant};
use temoin_core::record::{
    Call, CallResult, ENTRY_DAYS, EntryNumber, LedgerEntry, MAX_ENTRIES, RequestedId,
    ResponseSummary, RouteKind, SentRequest,
};
use temoin_core::session::{SessionId, Timestamp};
use temoin_protocol::StatusRequest;

pub(super) fn insert(transaction: &Transaction<'_>, sent: &SentRequest) -> Result<EntryNumber> {
    transaction.execute(
        "INSERT INTO ledger (sent_at, call, route, manual, head, body) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            sent.at.milliseconds(),
            call_code(sent.call),
            route_code(sent.route),
            sent.is_manual,
            sent.head,
            sent.body
        ],
    )?;
    let number = transaction.last_insert_rowid();
    transaction
        .execute("DELETE FROM ledger WHERE number <= ?", [number - i64::from(MAX_ENTRIES)])?;
    Ok(EntryNumber::new(number))
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
            number.value()
        ],
    )?;
    Ok(())
}

/// What each ID in a request body is.
pub(super) fn requested_ids(connection: &Connection, body: &[u8]) -> Result<Vec<RequestedId>> {
    let mut places = Vec::with_capacity(body.len() / 32);
    // A status request ends in bytes that are no ID.
    for bytes in
        body.chunks_exact(32).take(StatusRequest::IDS).filter_map(|place| place.try_into().ok())
    {
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
        // What cannot be read may name any of them.
        let read: Result<Vec<u8>> = row.get(1);
        let mut names = read.is_err();
        let mut body = read.unwrap_or_default();
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
        .exists(params![call_code(Call::Register), id.as_bytes(), head])
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
            .find(|it| call_code(*it) == call)
            .ok_or_else(|| invalid_column(2, "call"))?,
        route: RouteKind::ALL
            .into_iter()
            .find(|it| route_code(*it) == route)
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
    Ok(LedgerEntry { number: EntryNumber::new(row.get(0)?), sent, outcome })
}

/// In column `call`.
fn call_code(call: Call) -> i64 {
    match call {
        Call::Register => 1,
        Call::Status => 2,
    }
}

/// In column `route`.
fn route_code(route: RouteKind) -> i64 {
    match route {
        RouteKind::Proxy => 2,
        RouteKind::Tunnel => 1,
    }
}
