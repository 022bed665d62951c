use chrono::Days;

use crate::session::{Field, SessionId, Timestamp, Zone};
use temoin_protocol::{Day, Receipt, UnixSeconds};

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
    /// Statements before these, oldest first: the first, and those that a later one contradicts.
    pub earlier: Vec<Receipt>,
}

impl SyncState {
    /// The latest statement.
    pub fn last(&self) -> Option<&Receipt> {
        self.not_held.as_ref().or(self.held.as_ref())
    }

    /// All statements that are kept, oldest first.
    pub fn statements(&self) -> impl Iterator<Item = &Receipt> {
        self.earlier.iter().chain(&self.held).chain(&self.not_held)
    }

    /// The erase-by date: the earliest that the operator has stated, as no later statement undoes it.
    pub fn erase_by(&self) -> Option<Day> {
        self.statements().filter_map(|it| it.statement().held()?.erase_by()).min()
    }

    /// What the operator stated otherwise before its last statement, oldest first.
    pub fn contradictions(&self) -> Vec<&Receipt> {
        let all: Vec<&Receipt> = self.statements().collect();
        let later = |place: usize| all[place + 1..].iter();
        let is_undone = |(place, it): &(usize, &&Receipt)| {
            later(*place).any(|later| is_contradicted(it, later))
        };
        all.iter().enumerate().filter(is_undone).map(|(_, it)| *it).collect()
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

/// Whether an operator that stated `earlier` cannot rightly state `later`: another day of erasure, other
/// fields than those that come with the end of a session, or a record again of which it held nothing.
pub fn is_contradicted(earlier: &Receipt, later: &Receipt) -> bool {
    let Some(later) = later.statement().held() else { return false };
    let Some(earlier) = earlier.statement().held() else { return true };
    let is_moved = earlier.erase_by().is_some() && earlier.erase_by() != later.erase_by();
    let gained = later.fields().iter().filter(|field| !earlier.fields().contains(*field));
    let has_changed = earlier.fields().iter().any(|field| !later.fields().contains(field))
        || gained.into_iter().any(|field| !matches!(field, Field::SessionEnd | Field::EndReason));
    is_moved || has_changed
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
