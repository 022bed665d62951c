use chrono::Days;

use crate::session::{Field, SessionId, Timestamp, Zone};
use temoin_protocol::{Day, Receipt, UnixSeconds};

/// Days after its erase-by date from which a record counts as overdue (PROTOCOL.md, "Erase-by").
pub const OVERDUE_DAYS: u64 = 14;

/// How many statements of a session are kept beside the last ones.
pub const MOST_EARLIER: usize = 16;

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
        let is_undone = |(place, it): &(usize, &&Receipt)| {
            let is_known = all[..*place].iter().any(|it| it.statement().held().is_some());
            all[place + 1..].iter().any(|later| self.differs(it, is_known, later))
        };
        all.iter().enumerate().filter(is_undone).map(|(_, it)| *it).collect()
    }

    /// Takes over a statement that a record is held, in the place of the last ones. Returns those of them
    /// that stay: the first, and each that this one contradicts. Of more than [`MOST_EARLIER`] in all, the
    /// others are dropped: an operator that contradicts itself every day does not fill the card.
    pub fn hold(&mut self, receipt: Receipt) -> Vec<Receipt> {
        let is_first = self.earlier.is_empty();
        let (held, not_held) = (self.held.take(), self.not_held.take());
        let is_known = !is_first || held.is_some();
        let mut kept: Vec<Receipt> = Vec::new();
        kept.extend(held.filter(|it| is_first || self.differs(it, true, &receipt)));
        kept.extend(
            not_held
                .filter(|it| (is_first && kept.is_empty()) || self.differs(it, is_known, &receipt)),
        );
        kept.truncate(MOST_EARLIER.saturating_sub(self.earlier.len()));
        self.earlier.extend(kept.iter().cloned());
        self.held = Some(receipt);
        kept
    }

    /// Whether an operator that stated `earlier` states otherwise by `later`: another day of erasure, other
    /// fields, or a record of which it held nothing though it knew the session, as it had bound its ID or
    /// stated a record before (`is_known`). Fields may come until the end is recorded.
    fn differs(&self, earlier: &Receipt, is_known: bool, later: &Receipt) -> bool {
        let Some(later) = later.statement().held() else { return false };
        let stated_at = earlier.statement().at().to_timestamp();
        let Some(earlier) = earlier.statement().held() else {
            let is_bound = |at: Timestamp| at <= stated_at;
            return is_known
                || matches!(self.registration, RegistrationState::Bound { at } if is_bound(at));
        };
        let (before, after) = (earlier.fields(), later.fields());
        let is_moved = earlier.erase_by().is_some() && earlier.erase_by() != later.erase_by();
        let has_lost = before.iter().any(|field| !after.contains(field));
        let has_gained = after.iter().any(|it| !before.contains(it) && it != Field::EndReason);
        is_moved || has_lost || (has_gained && before.contains(Field::SessionEnd))
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
