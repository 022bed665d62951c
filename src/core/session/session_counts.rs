use super::{Session, Zone};

/// Session counts, grouped by the days they started and ended on. Grows with the days, not the
/// sessions.
#[derive(Clone, Debug)]
pub struct SessionCounts {
    /// The time zones whose days are used.
    pub zones: Vec<Zone>,
    /// Ended, fully dated sessions, grouped by the days of the bounds of their start and end in
    /// each zone: the earliest session of each group, and the size of the group.
    pub groups: Vec<(Session, u64)>,
    /// All other sessions.
    pub ungrouped: Vec<Session>,
}
