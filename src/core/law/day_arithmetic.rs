use chrono::{Days, NaiveDate};

use crate::session::{Timestamp, Zone};

/// From when what is kept up to and including `last_day` may be erased: the first instant of the
/// next day in the zone.
pub(super) fn erasable_from(last_day: NaiveDate, zone: Zone) -> Timestamp {
    zone.first_instant(after(last_day, 1))
}

/// The day `days` later.
pub(super) fn after(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}
