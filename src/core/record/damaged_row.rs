use crate::session::{SessionId, Timestamp};

/// Before this, in milliseconds after 1970, the oldest system that temoin runs on did not exist, so a
/// clock that says so is wrong: Debian 12, 2023-06-10.
pub const EARLIEST_PLAUSIBLE: i64 = 1_686_355_200_000;

/// A session of which the storage has lost part: it cannot be shown, and can be erased.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DamagedRow {
    /// The number of its row in the record.
    pub number: i64,
    /// Its ID, where that can be read; a bit of it may be wrong.
    pub id: Option<SessionId>,
    /// The latest of its dates that can be read and are possible; `None` where there is none.
    pub last: Option<Timestamp>,
}
