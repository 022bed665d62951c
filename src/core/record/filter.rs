use std::net::IpAddr;

use crate::session::{SessionId, Timestamp};

/// Selects sessions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Filter {
    /// Those that may have lasted at this instant or later.
    pub since: Option<Timestamp>,
    /// Those that may have begun before this instant.
    pub until: Option<Timestamp>,
    /// Those with this origin, assigned or gateway address, or with it in their delegated prefix.
    pub address: Option<IpAddr>,
    /// Those in this state.
    pub state: Option<SessionState>,
    /// The current time, taken as the end of open sessions.
    pub now: Timestamp,
}

impl Filter {
    /// Every session.
    pub fn all(now: Timestamp) -> Self {
        Self { since: None, until: None, address: None, state: None, now }
    }
}

/// Whether a session is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SessionState {
    /// Ended.
    Closed,
    /// Still open.
    Open,
}

/// A page of the sessions that a filter selects, newest first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pagination {
    /// Only those recorded before this session; fast however far back it is. Empty if the session
    /// is not in the journal.
    pub after: Option<SessionId>,
    /// How many to skip. Each of them is read, so prefer `after` for large skips.
    pub offset: u32,
    /// Maximum number of sessions.
    pub limit: u32,
}

impl Pagination {
    /// The newest `limit` sessions.
    pub fn first(limit: u32) -> Self {
        Self { after: None, offset: 0, limit }
    }
}

/// A position in recording order, from which reading can resume even if the session there is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor(i64);

impl Cursor {
    /// The position behind the session of this number.
    #[must_use]
    pub fn at(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}
