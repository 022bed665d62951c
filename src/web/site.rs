use crate::domain::{Timestamp, Zone};

use super::Records;

/// What the pages are made from.
pub struct Site {
    /// The record.
    pub records: Box<dyn Records + Send>,
    /// Tells the time.
    pub clock: Box<dyn Fn() -> Timestamp + Send>,
    /// The time zone in which times are shown.
    pub zone: Zone,
}
