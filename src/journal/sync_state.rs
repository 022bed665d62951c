use chrono::Days;
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use crate::domain::{SessionId, Timestamp, Zone};
use crate::protocol::{Day, Receipt, UnixSeconds};

/// Days after its erase-by date from which a record counts as overdue (PROTOCOL.md, "Erase-by").
pub const OVERDUE_DAYS: u64 = 14;

/// The state of the sync with the operator about one session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyncState {
    /// The session's opaque ID.
    pub id: SessionId,
    /// Whether the journal still has the session.
    pub local_state: LocalState,
    /// Its registration with the operator.
    pub registration: RegistrationState,
    /// When it was last asked about; `None` if never.
    pub asked_at: Option<Timestamp>,
    /// The latest statement that a record is held.
    pub held: Option<Receipt>,
    /// The latest statement, if it says that no record is held.
    pub not_held: Option<Receipt>,
}

impl SyncState {
    /// The latest statement.
    pub fn last(&self) -> Option<&Receipt> {
        self.not_held.as_ref().or(self.held.as_ref())
    }

    /// The erase-by date, as last stated by the operator.
    pub fn erase_by(&self) -> Option<Day> {
        self.held.as_ref()?.statement().held()?.erase_by()
    }

    /// The conclusion from the statements as of `now`, with days in the operator's time zone.
    pub fn verdict(&self, zone: Zone, now: Timestamp) -> SyncVerdict {
        if let Some(not_held) = &self.not_held {
            let at = not_held.statement().at();
            return match (&self.held, self.erase_by()) {
                (Some(_), Some(day)) if day.date() <= zone.date(at.to_timestamp()) => {
                    SyncVerdict::Confirmed { at }
                }
                (Some(_), _) => SyncVerdict::GoneEarly { at },
                (None, _) if matches!(self.registration, RegistrationState::Bound { .. }) => {
                    SyncVerdict::Contradicted { at }
                }
                (None, _) => SyncVerdict::Unregistered { at },
            };
        }
        let Some(held) = &self.held else { return SyncVerdict::Unstated };
        // A statement made before that day says nothing about the time after it.
        let stated = held.statement().at().to_timestamp();
        match self.erase_by() {
            Some(day) if is_overdue(day, zone.date(stated)) => SyncVerdict::Overdue { since: day },
            Some(day) if day.date() <= zone.date(now) => SyncVerdict::Due { since: day },
            erase_by => SyncVerdict::Held { erase_by },
        }
    }
}

fn is_overdue(day: Day, stated: chrono::NaiveDate) -> bool {
    day.date().checked_add_days(Days::new(OVERDUE_DAYS)).is_some_and(|last| last <= stated)
}

/// Whether the journal has a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LocalState {
    /// It ended.
    Ended,
    /// It was erased here; only its sync state is left.
    Erased,
    /// It is still open.
    Open,
}

/// The registration of a session with the operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RegistrationState {
    /// The operator confirmed that it bound the ID to the session.
    Bound {
        /// When.
        at: Timestamp,
    },
    /// The session ended before a conclusive answer.
    Missed,
    /// Not answered yet, and the session is still open.
    Pending,
    /// Another ID is bound to the session, or this ID to another session (status 409).
    Refused {
        /// When.
        at: Timestamp,
    },
    /// The responder rejected the request.
    Rejected {
        /// When.
        at: Timestamp,
        /// The HTTP status.
        status: u16,
    },
}

impl RegistrationState {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bound { .. } => "bound",
            Self::Missed => "missed",
            Self::Pending => "pending",
            Self::Refused { .. } => "refused",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// The conclusion from the operator's statements on a session (PROTOCOL.md, "What *not held*
/// means").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SyncVerdict {
    /// Held before, and no longer held on or after its erase-by date: erased.
    Confirmed {
        /// When that was stated.
        at: UnixSeconds,
    },
    /// The operator bound the ID to the session, and states that it holds nothing: not registered
    /// after all, or erased since.
    Contradicted {
        /// When that was stated.
        at: UnixSeconds,
    },
    /// Stated as held and due for erasure by today; no statement since.
    Due {
        /// The day that was named.
        since: Day,
    },
    /// Held before, and no longer held before its erase-by date: erased early, or denied.
    GoneEarly {
        /// When that was stated.
        at: UnixSeconds,
    },
    /// Held.
    Held {
        /// To be erased before the end of this day; `None` if not determined yet.
        erase_by: Option<Day>,
    },
    /// Still stated as held [`OVERDUE_DAYS`] or more after its erase-by date.
    Overdue {
        /// The day that was named.
        since: Day,
    },
    /// Not held, and the session is not known to be registered: nothing is known of the record.
    Unregistered {
        /// When that was stated.
        at: UnixSeconds,
    },
    /// No statement yet.
    Unstated,
}

/// Why to ask the operator about a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PollReason {
    /// The record was to be erased by this day; not confirmed yet.
    Due(Day),
    /// A record is held with an erase-by date after this day, or none: check that it is unchanged.
    Sample(Day),
    /// No statement has confirmed its registration yet.
    Unconfirmed,
    /// A record is held, and its erase-by date was not determined at the last statement.
    Undetermined,
}

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
                "SELECT {COLUMNS} FROM dealing
                 WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1"
            ),
            [id.as_bytes()],
            read,
        )
        .optional()?;
    let local_state = local_state(connection, id)?;
    Ok(match noted {
        Some(noted) => Some(with_local_state(noted, local_state)),
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
    let text = format!("SELECT {COLUMNS} FROM dealing WHERE stage = {}", stage::CONFIRMED);
    let rows = connection.prepare(&text)?.query_map([], read)?.collect::<Result<Vec<_>>>()?;
    rows.into_iter().map(|noted| complete(connection, noted)).collect()
}

fn complete(connection: &Connection, noted: SyncState) -> Result<SyncState> {
    let local_state = local_state(connection, &noted.id)?;
    Ok(with_local_state(noted, local_state))
}

/// A query text whose first parameter is the limit, and its second parameter if it has one.
pub(super) fn poll_query(reason: PollReason) -> (String, Option<Day>) {
    let held = format!("stage = {}", stage::HELD);
    let (index, terms, day) = match reason {
        PollReason::Unconfirmed => ("stage", format!("stage = {}", stage::UNCONFIRMED), None),
        PollReason::Undetermined => {
            ("day", format!("{held} AND erase_by IS NULL AND not_held IS NULL"), None)
        }
        PollReason::Due(day) => ("day", format!("{held} AND erase_by <= ?2"), Some(day)),
        PollReason::Sample(day) => {
            ("stage", format!("{held} AND (erase_by IS NULL OR erase_by > ?2)"), Some(day))
        }
    };
    let text = format!(
        "SELECT {COLUMNS} FROM dealing INDEXED BY dealing_by_{index}
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
