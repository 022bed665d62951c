use chrono::NaiveDate;

use super::{Timestamp, Zone};

/// Maps instants to days in a zone, caching the last day: consecutive lookups mostly fall on the
/// same one.
#[derive(Clone, Debug)]
pub struct DayCache {
    zone: Zone,
    day: NaiveDate,
    from: Timestamp,
    to: Timestamp,
}

impl DayCache {
    /// An empty cache for a zone.
    pub fn new(zone: Zone) -> Self {
        Self { zone, day: NaiveDate::MIN, from: Timestamp::EPOCH, to: Timestamp::EPOCH }
    }

    /// The zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// The day of an instant.
    pub fn of(&mut self, at: Timestamp) -> NaiveDate {
        if !(self.from <= at && at < self.to) {
            self.day = self.zone.date(at);
            self.from = self.zone.first_instant(self.day);
            self.to = self.zone.first_instant(self.day.succ_opt().unwrap_or(NaiveDate::MAX));
        }
        self.day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_the_zone_whatever_was_asked_before() {
        let zone: Zone = "Europe/Brussels".parse().unwrap();
        let mut days = DayCache::new(zone);
        for text in [
            "2026-11-24T12:00:00Z",
            "2026-11-24T22:59:59.999Z",
            "2026-11-24T23:00:00Z",
            "2026-11-24T22:00:00Z",
            "2026-10-24T22:00:00Z",
            "2026-10-25T22:59:59.999Z",
            "2026-10-25T23:00:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999Z",
            "1970-01-01T00:00:00Z",
        ] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(days.of(at), zone.date(at), "{text}");
            assert_eq!(days.of(at), zone.date(at), "{text}");
        }
    }
}
