use crate::domain::{Timestamp, Zone};

use super::{Records, Unreadable};

/// What the pages are made from.
pub struct Site {
    /// Opens the record, once for each page that is asked for: between two pages nothing is held.
    pub records: Box<dyn Fn() -> Result<Box<dyn Records>, Unreadable> + Send>,
    /// Tells the time.
    pub clock: Box<dyn Fn() -> Timestamp + Send>,
    /// The time zone in which times are shown.
    pub zone: Zone,
}
