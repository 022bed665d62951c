use std::collections::HashSet;

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, Transaction, params};

use temoin_core::assessment::{LocalState, RegistrationState, SyncState};
use temoin_core::record::PollReason;
use temoin_core::session::{SessionId, Timestamp};
use temoin_protocol::{Day, Receipt};

/// Values of column `stage`: what is still to be found out.
pub(super) mod stage {
    /// Whether it is registered.
    pub(in super::super) const UNCONFIRMED: i64 = 1;
    /// Whether its record is gone.
    pub(in super::super) const HELD: i64 = 2;
    /// Nothing; the session itself is to be erased, as the operator's record is gone.
    pub(in super::super) const CONFIRMED: i64 = 3;
}

/// The columns that [`read`] takes.
const COLUMNS: &str =
    "id, registration, registration_status, registered_at, asked_at, held, not_held";

/// The sync state of this session, if it is in the journal or was ever asked about.
pub(super) fn find(connection: &Connection, id: &SessionId) -> Result<Option<SyncState>> {
    let noted = connection
        .query_row(
            &format!(
                "SELECT {COLUMNS} FROM sync_state
                 WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1"
            ),
            [id.as_bytes()],
            read,
        )
        .optional()?;
    let local_state = local_state(connection, id)?;
    Ok(match noted {
        Some(noted) => {
            let earlier = earlier(connection, id)?;
            Some(with_local_state(SyncState { earlier, ..noted }, local_state))
        }
        None if local_state == LocalState::Erased => None,
        None => {
            let registration = RegistrationState::Pending;
            let nothing = SyncState {
                id: *id,
                local_state,
                registration,
                asked_at: None,
                held: None,
                not_held: None,
                earlier: Vec::new(),
            };
            Some(with_local_state(nothing, local_state))
        }
    })
}

/// At most `limit` sessions to ask about, least recently asked first.
pub(super) fn sessions_to_poll(
    connection: &Connection,
    reason: PollReason,
    limit: u32,
) -> Result<Vec<SyncState>> {
    let (text, day) = poll_query(reason);
    let mut statement = connection.prepare(&text)?;
    let rows = match day {
        None => statement.query_map([limit], read)?.collect::<Result<Vec<_>>>()?,
        Some(day) => {
            statement.query_map(params![limit, number_of_day(day)], read)?.collect::<Result<_>>()?
        }
    };
    rows.into_iter().map(|noted| complete(connection, noted)).collect()
}

/// The sync states of sessions still in the journal whose erasure the operator has confirmed.
pub(super) fn confirmed(connection: &Connection) -> Result<Vec<SyncState>> {
    let text = format!("SELECT {COLUMNS} FROM sync_state WHERE stage = {}", stage::CONFIRMED);
    let rows = connection.prepare(&text)?.query_map([], read)?.collect::<Result<Vec<_>>>()?;
    rows.into_iter().map(|noted| complete(connection, noted)).collect()
}

fn complete(connection: &Connection, noted: SyncState) -> Result<SyncState> {
    let local_state = local_state(connection, &noted.id)?;
    let earlier = earlier(connection, &noted.id)?;
    Ok(with_local_state(SyncState { earlier, ..noted }, local_state))
}

/// A query text whose first parameter is the limit, and its second parameter if it has one.
pub(super) fn poll_query(reason: PollReason) -> (String, Option<Day>) {
    let held = format!("stage = {}", stage::HELD);
    let (index, terms, day) = match reason {
        PollReason::Unconfirmed => ("stage", format!("stage = {}", stage::UNCONFIRMED), None),
        PollReason::Undetermined => {
            ("erase_by", format!("{held} AND erase_by IS NULL AND not_held IS NULL"), None)
        }
        PollReason::Due(day) => ("erase_by", format!("{held} AND erase_by <= ?2"), Some(day)),
        PollReason::Sample(day) => {
            ("stage", format!("{held} AND (erase_by IS NULL OR erase_by > ?2)"), Some(day))
        }
    };
    let text = format!(
        "SELECT {COLUMNS} FROM sync_state INDEXED BY sync_state_by_{index}
         WHERE {terms} ORDER BY asked_at LIMIT ?1"
    );
    (text, day)
}

/// Days since 1970-01-01.
pub(super) fn number_of_day(day: Day) -> i64 {
    day.date().signed_duration_since(chrono::NaiveDate::default()).num_days()
}

/// Whether the journal has a session.
pub(super) fn local_state(connection: &Connection, id: &SessionId) -> Result<LocalState> {
    let has_ended = connection
        .query_row(
            "SELECT end_reason IS NOT NULL FROM session
             WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
            [id.as_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(match has_ended {
        Some(true) => LocalState::Ended,
        Some(false) => LocalState::Open,
        None => LocalState::Erased,
    })
}

/// The statements on a session before those in its row, oldest first.
fn earlier(connection: &Connection, id: &SessionId) -> Result<Vec<Receipt>> {
    let receipts = connection
        .prepare_cached(
            "SELECT receipt FROM earlier_statement
             WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1 ORDER BY number",
        )?
        .query_map([id.as_bytes()], |row| receipt(row, 0))?
        .collect::<Result<Vec<_>>>()?;
    Ok(receipts.into_iter().flatten().collect())
}

/// Keeps statements on a session beside the last ones.
pub(super) fn keep_earlier(
    transaction: &Transaction<'_>,
    id: &SessionId,
    receipts: &[Receipt],
) -> Result<()> {
    for receipt in receipts {
        transaction.execute(
            "INSERT INTO earlier_statement (id, receipt) VALUES (?, ?)",
            params![id.as_bytes(), receipt.to_bytes()],
        )?;
    }
    Ok(())
}

/// The sync state in a row of [`COLUMNS`], as if the session were open.
pub(super) fn read(row: &Row<'_>) -> Result<SyncState> {
    let invalid_column =
        |place| Error::InvalidColumnType(place, "registration".to_owned(), Type::Integer);
    let at = instant(row, 3)?;
    let registration = match (row.get(1)?, at) {
        (PENDING, _) => RegistrationState::Pending,
        (BOUND, Some(at)) => RegistrationState::Bound { at },
        (REFUSED, Some(at)) => RegistrationState::Refused { at },
        (REJECTED, Some(at)) => RegistrationState::Rejected { at, status: row.get(2)? },
        _ => return Err(invalid_column(1)),
    };
    Ok(SyncState {
        id: SessionId::from_bytes(row.get(0)?),
        local_state: LocalState::Open,
        registration,
        asked_at: instant(row, 4)?,
        held: receipt(row, 5)?,
        not_held: receipt(row, 6)?,
        earlier: Vec::new(),
    })
}

fn with_local_state(noted: SyncState, local_state: LocalState) -> SyncState {
    let registration = match noted.registration {
        RegistrationState::Pending if local_state != LocalState::Open => RegistrationState::Missed,
        registration => registration,
    };
    SyncState { local_state, registration, ..noted }
}

fn receipt(row: &Row<'_>, place: usize) -> Result<Option<Receipt>> {
    let Some(bytes) = row.get::<_, Option<Vec<u8>>>(place)? else { return Ok(None) };
    let name = || row.as_ref().column_name(place).map(str::to_owned).unwrap_or_default();
    let receipt = Receipt::from_bytes(&bytes);
    receipt.map(Some).map_err(|_| Error::InvalidColumnType(place, name(), Type::Blob))
}

/// The instant in a nullable column.
pub(super) fn instant(row: &Row<'_>, place: usize) -> Result<Option<Timestamp>> {
    let Some(at) = row.get::<_, Option<i64>>(place)? else { return Ok(None) };
    Timestamp::from_milliseconds(at)
        .map(Some)
        .map_err(|_| Error::IntegralValueOutOfRange(place, at))
}

/// In column `registration`.
pub(super) const PENDING: i64 = 0;
pub(super) const BOUND: i64 = 1;
pub(super) const REFUSED: i64 = 2;
pub(super) const REJECTED: i64 = 3;

/// Drops salts and digests of sessions that are not in the journal, as where a bit of an ID has flipped:
/// nothing else would ever erase them. Returns the IDs.
pub(super) fn forget_orphans(transaction: &Transaction<'_>) -> Result<HashSet<SessionId>> {
    transaction.execute(
        "DELETE FROM earlier_statement WHERE length(id) <> 32 OR NOT EXISTS (
             SELECT 1 FROM sync_state
             WHERE substr(sync_state.id, 1, 4) = substr(earlier_statement.id, 1, 4)
             AND sync_state.id = earlier_statement.id)",
        [],
    )?;
    transaction.execute("DELETE FROM sync_state WHERE length(id) <> 32", [])?;
    let orphans: HashSet<SessionId> = transaction
        .prepare(&format!(
            "SELECT id FROM sync_state
             WHERE max(length(coalesce(held, '')), length(coalesce(not_held, ''))) > {}
             AND NOT EXISTS (
                 SELECT 1 FROM session WHERE substr(session.id, 1, 4) = substr(sync_state.id, 1, 4)
                 AND session.id = sync_state.id)",
            Receipt::SIZE_WITHOUT_DIGESTS
        ))?
        .query_map([], |row| Ok(SessionId::from_bytes(row.get(0)?)))?
        .collect::<Result<_>>()?;
    orphans.iter().try_for_each(|id| forget(transaction, id))?;
    Ok(orphans)
}

/// Drops the salt and digests of an erased session, deletes rows that then carry no information,
/// and updates what there is still to ask.
pub(super) fn forget(transaction: &Transaction<'_>, id: &SessionId) -> Result<()> {
    let known = match find(transaction, id) {
        // The row is damaged, and may hold salt and digests nevertheless.
        Err(error) if error.sqlite_error_code().is_none() => None,
        Ok(None) => return Ok(()),
        known => known?,
    };
    transaction.execute(
        "DELETE FROM earlier_statement WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
        [id.as_bytes()],
    )?;
    let has_meaning = |sync_state: &SyncState| {
        let is_bound = matches!(sync_state.registration, RegistrationState::Bound { .. });
        sync_state.last().is_some() || is_bound
    };
    let Some(sync_state) = known.filter(has_meaning) else {
        transaction.execute(
            "DELETE FROM sync_state WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
            [id.as_bytes()],
        )?;
        return Ok(());
    };
    let bytes =
        |receipt: Option<Receipt>| receipt.map(|receipt| receipt.without_digests().to_bytes());
    let earlier: Vec<Receipt> =
        sync_state.earlier.iter().map(|receipt| receipt.clone().without_digests()).collect();
    keep_earlier(transaction, id, &earlier)?;
    // Nothing more can be confirmed of a record that was never stated as held, or that is gone and
    // had no date.
    let is_open_ended = sync_state.not_held.is_some() && sync_state.erase_by().is_none();
    transaction.execute(
        "UPDATE sync_state SET held = ?2, not_held = ?3,
                stage = CASE WHEN ?4 OR stage = ?5 THEN NULL ELSE stage END
         WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
        params![
            id.as_bytes(),
            bytes(sync_state.held),
            bytes(sync_state.not_held),
            is_open_ended,
            stage::CONFIRMED
        ],
    )?;
    Ok(())
}
