use chrono::Days;
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use crate::domain::{SessionId, Timestamp, Zone};
use crate::protocol::{Day, Receipt, Second};

/// How many days after the day by which a record was to be erased it counts as overdue
/// (PROTOCOL.md, "Erase-by").
pub const OVERDUE_DAYS: u64 = 14;

/// What passed between this box and the operator about one session, and what of the session there
/// still is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dealing {
    /// The session's opaque name.
    pub id: SessionId,
    /// What the record has of the session.
    pub presence: Presence,
    /// What came of naming it to the operator.
    pub registration: Registration,
    /// When a request last named it; `None` where none ever did.
    pub asked_at: Option<Timestamp>,
    /// The latest statement that a record is held.
    pub held: Option<Receipt>,
    /// The latest statement, where it says that no record is held.
    pub not_held: Option<Receipt>,
}

impl Dealing {
    /// The latest statement.
    pub fn last(&self) -> Option<&Receipt> {
        self.not_held.as_ref().or(self.held.as_ref())
    }

    /// The day before whose end the record is to be gone, as the operator last stated.
    pub fn erase_by(&self) -> Option<Day> {
        self.held.as_ref()?.statement().held()?.erase_by()
    }

    /// What the statements come to, as of `now`, days counted in the operator's time zone.
    pub fn standing(&self, zone: Zone, now: Timestamp) -> Standing {
        if let Some(not_held) = &self.not_held {
            let at = not_held.statement().at();
            return match (&self.held, self.erase_by()) {
                (Some(_), Some(day)) if day.date() <= zone.date(at.begins()) => {
                    Standing::Confirmed { at }
                }
                (Some(_), _) => Standing::GoneEarly { at },
                (None, _) if matches!(self.registration, Registration::Bound { .. }) => {
                    Standing::Contradicted { at }
                }
                (None, _) => Standing::Unregistered { at },
            };
        }
        let Some(held) = &self.held else { return Standing::Unstated };
        // What was stated before that day says nothing of the time after it.
        let stated = held.statement().at().begins();
        match self.erase_by() {
            Some(day) if is_overdue(day, zone.date(stated)) => Standing::Overdue { since: day },
            Some(day) if day.date() <= zone.date(now) => Standing::Due { since: day },
            erase_by => Standing::Held { erase_by },
        }
    }
}

fn is_overdue(day: Day, stated: chrono::NaiveDate) -> bool {
    day.date().checked_add_days(Days::new(OVERDUE_DAYS)).is_some_and(|last| last <= stated)
}

/// What the record has of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presence {
    /// It ended.
    Ended,
    /// It was erased here; only what passed about it is left.
    Erased,
    /// It lasts.
    Open,
}

/// What came of naming a session to the operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registration {
    /// The operator confirmed that it bound the ID to the session.
    Bound {
        /// When.
        at: Timestamp,
    },
    /// The session ended without an answer that settles it.
    Missed,
    /// Nothing yet, and the session lasts.
    Pending,
    /// Another ID is bound to the session, or this ID to another one (status 409).
    Refused {
        /// When.
        at: Timestamp,
    },
    /// The operator's end would not take the request.
    Rejected {
        /// When.
        at: Timestamp,
        /// The HTTP status.
        status: u16,
    },
}

impl Registration {
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

/// What the operator's statements on a session come to (PROTOCOL.md, "What *not held* means").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Held before, and on its day or later not held any more: erased.
    Confirmed {
        /// When that was stated.
        at: Second,
    },
    /// The operator bound the ID to the session, and states that it holds nothing: not registered
    /// after all, or erased since.
    Contradicted {
        /// When that was stated.
        at: Second,
    },
    /// Stated as held, and to be gone by today: whether it is, was not stated yet.
    Due {
        /// The day that was named.
        since: Day,
    },
    /// Held before, and not held any more before its day: gone before its time, or denied.
    GoneEarly {
        /// When that was stated.
        at: Second,
    },
    /// Held.
    Held {
        /// Until before the end of this day; `None` where that is not determined yet.
        erase_by: Option<Day>,
    },
    /// Stated as held [`OVERDUE_DAYS`] after its day or later.
    Overdue {
        /// The day that was named.
        since: Day,
    },
    /// Not held, of a session of which nobody says that it was registered: nothing is known of the
    /// record.
    Unregistered {
        /// When that was stated.
        at: Second,
    },
    /// No statement has come.
    Unstated,
}

/// Why the operator could be asked about a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Worth {
    /// The record was to be gone by this day, and is not known to be.
    Due(Day),
    /// A record is held whose day is after this one, or not known: whether that is still so.
    Sample(Day),
    /// Whether it is registered is not known from a statement.
    Unconfirmed,
    /// A record is held, and the day by which it goes was not determined when that was stated.
    Undetermined,
}

/// In column `stage`: what there is still to learn.
pub(super) mod stage {
    /// Whether it is registered.
    pub(in super::super) const UNCONFIRMED: i64 = 1;
    /// Whether its record is gone.
    pub(in super::super) const HELD: i64 = 2;
    /// Nothing, and the session itself is to go, as the operator's record is gone.
    pub(in super::super) const CONFIRMED: i64 = 3;
}

/// The columns that [`read`] takes.
const COLUMNS: &str =
    "id, registration, registration_status, registered_at, asked_at, held, not_held";

/// The dealing on this session, where the record has the session or ever asked about it.
pub(super) fn find(connection: &Connection, id: &SessionId) -> Result<Option<Dealing>> {
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
    let presence = presence(connection, id)?;
    Ok(match noted {
        Some(noted) => Some(settle(noted, presence)),
        None if presence == Presence::Erased => None,
        None => {
            let registration = Registration::Pending;
            let nothing = Dealing {
                id: *id,
                presence,
                registration,
                asked_at: None,
                held: None,
                not_held: None,
            };
            Some(settle(nothing, presence))
        }
    })
}

/// At most `limit` of the sessions that are worth asking about, those that were not asked about for
/// the longest time first.
pub(super) fn worth_asking(
    connection: &Connection,
    worth: Worth,
    limit: u32,
) -> Result<Vec<Dealing>> {
    let (text, day) = question(worth);
    let mut statement = connection.prepare(&text)?;
    let rows = match day {
        None => statement.query_map([limit], read)?.collect::<Result<Vec<_>>>()?,
        Some(day) => {
            statement.query_map(params![limit, number_of_day(day)], read)?.collect::<Result<_>>()?
        }
    };
    rows.into_iter().map(|noted| place(connection, noted)).collect()
}

/// The dealings on sessions that the operator's record is confirmed to be gone of, and this one's not.
pub(super) fn confirmed(connection: &Connection) -> Result<Vec<Dealing>> {
    let text = format!("SELECT {COLUMNS} FROM dealing WHERE stage = {}", stage::CONFIRMED);
    let rows = connection.prepare(&text)?.query_map([], read)?.collect::<Result<Vec<_>>>()?;
    rows.into_iter().map(|noted| place(connection, noted)).collect()
}

fn place(connection: &Connection, noted: Dealing) -> Result<Dealing> {
    let presence = presence(connection, &noted.id)?;
    Ok(settle(noted, presence))
}

/// The text of a question with the limit as its first parameter, and the second where it has one.
pub(super) fn question(worth: Worth) -> (String, Option<Day>) {
    let held = format!("stage = {}", stage::HELD);
    let (index, terms, day) = match worth {
        Worth::Unconfirmed => ("stage", format!("stage = {}", stage::UNCONFIRMED), None),
        Worth::Undetermined => {
            ("day", format!("{held} AND erase_by IS NULL AND not_held IS NULL"), None)
        }
        Worth::Due(day) => ("day", format!("{held} AND erase_by <= ?2"), Some(day)),
        Worth::Sample(day) => {
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

/// What the record has of a session.
pub(super) fn presence(connection: &Connection, id: &SessionId) -> Result<Presence> {
    let has_ended = connection
        .query_row(
            "SELECT end_reason IS NOT NULL FROM session
             WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1",
            [id.as_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(match has_ended {
        Some(true) => Presence::Ended,
        Some(false) => Presence::Open,
        None => Presence::Erased,
    })
}

/// The dealing in a row of [`COLUMNS`], as of a session that lasts.
pub(super) fn read(row: &Row<'_>) -> Result<Dealing> {
    let strange = |place| Error::InvalidColumnType(place, "registration".to_owned(), Type::Integer);
    let at = instant(row, 3)?;
    let registration = match (row.get(1)?, at) {
        (PENDING, _) => Registration::Pending,
        (BOUND, Some(at)) => Registration::Bound { at },
        (REFUSED, Some(at)) => Registration::Refused { at },
        (REJECTED, Some(at)) => Registration::Rejected { at, status: row.get(2)? },
        _ => return Err(strange(1)),
    };
    Ok(Dealing {
        id: SessionId::from_bytes(row.get(0)?),
        presence: Presence::Open,
        registration,
        asked_at: instant(row, 4)?,
        held: receipt(row, 5)?,
        not_held: receipt(row, 6)?,
    })
}

fn settle(noted: Dealing, presence: Presence) -> Dealing {
    let registration = match noted.registration {
        Registration::Pending if presence != Presence::Open => Registration::Missed,
        registration => registration,
    };
    Dealing { presence, registration, ..noted }
}

fn receipt(row: &Row<'_>, place: usize) -> Result<Option<Receipt>> {
    let Some(bytes) = row.get::<_, Option<Vec<u8>>>(place)? else { return Ok(None) };
    let name = || row.as_ref().column_name(place).map(str::to_owned).unwrap_or_default();
    let receipt = Receipt::from_bytes(&bytes);
    receipt.map(Some).map_err(|_| Error::InvalidColumnType(place, name(), Type::Blob))
}

/// The instant in a cell that may be null.
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
