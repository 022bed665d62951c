use std::fmt;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};

use super::ProtocolError;

/// A calendar day as on the wire, of the years 1970 to 9999.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Day(NaiveDate);

impl Day {
    pub(super) const SIZE: usize = 4;

    /// This day, if its year is in range.
    pub fn new(date: NaiveDate) -> Option<Self> {
        YEARS.contains(&date.year()).then_some(Self(date))
    }

    /// The day, for calendar arithmetic.
    pub fn date(self) -> NaiveDate {
        self.0
    }

    /// Year, month, day; all zero for none.
    pub(super) fn to_bytes(day: Option<Self>) -> [u8; Self::SIZE] {
        let number = |Self(day): Self| {
            let [high, low] = u16::try_from(day.year()).ok()?.to_be_bytes();
            Some([high, low, day.month().try_into().ok()?, day.day().try_into().ok()?])
        };
        day.and_then(number).unwrap_or_default()
    }

    pub(super) fn from_bytes(bytes: [u8; Self::SIZE]) -> Result<Option<Self>, ProtocolError> {
        if bytes == [0; Self::SIZE] {
            return Ok(None);
        }
        let [high, low, month, day] = bytes;
        let year = u16::from_be_bytes([high, low]);
        NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
            .and_then(Self::new)
            .map(Some)
            .ok_or(ProtocolError::Malformed)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const YEARS: RangeInclusive<i32> = 1970..=9999;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{Day, NaiveDate};

    #[test]
    fn a_day_is_year_month_and_day() {
        let day = Day::new(NaiveDate::from_ymd_opt(2027, 11, 25).unwrap());
        assert_eq!(Day::to_bytes(day), [0x07, 0xeb, 11, 25]);
        assert_eq!(Day::from_bytes([0; 4]), Ok(None));
        assert!(Day::new(NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()).is_none());
        for bytes in [[0x07, 0xeb, 2, 29], [0x07, 0xeb, 0, 1], [0x07, 0xb1, 12, 31], [0, 0, 1, 1]] {
            assert!(Day::from_bytes(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn a_day_reads_back_as_it_is_written(bytes in any::<[u8; 4]>()) {
            if let Ok(day) = Day::from_bytes(bytes) {
                prop_assert_eq!(Day::to_bytes(day), bytes);
            }
        }
    }
}
