use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::domain::{Moment, Timestamp};

/// The time zone of times that do not name theirs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Zone {
    /// Central European Time with its summer time, as in Brussels and Paris. Its summer time is that
    /// of directive 2000/84/EC, which has not changed since 1996.
    CentralEurope,
    /// This many minutes east of UTC, at all seasons.
    Fixed(i16),
}

impl Zone {
    /// When a clock in this zone showed `local`: a moment of two bounds where the end of summer time
    /// made it show the same hour twice; `None` where its beginning skipped that hour.
    pub(super) fn moment(self, local: NaiveDateTime) -> Option<Moment> {
        match self {
            Self::CentralEurope => {
                let candidate = |hours: i16| {
                    let utc = utc(local, hours * 60)?;
                    (is_summer(utc) == (hours == 2)).then(|| timestamp(utc)).flatten()
                };
                let (summer, winter) = (candidate(2), candidate(1));
                (summer.is_some() || winter.is_some())
                    .then(|| Moment::between(summer.or(winter), winter.or(summer)))
            }
            Self::Fixed(minutes) => timestamp(utc(local, minutes)?).map(Moment::exact),
        }
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// Reads `UTC`, `Europe/Brussels`, `Europe/Paris`, or a distance from UTC: `+01:00`, `+0100`,
    /// `+01`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "UTC" | "Z" | "GMT" => return Ok(Self::Fixed(0)),
            "Europe/Brussels" | "Europe/Paris" => return Ok(Self::CentralEurope),
            _ => {}
        }
        let (sign, digits) = match text.split_at_checked(1) {
            Some(("+", digits)) => (1, digits),
            Some(("-", digits)) => (-1, digits),
            _ => return Err(UnknownZone),
        };
        let digits = digits.replacen(':', "", 1);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
            return Err(UnknownZone);
        }
        let number = |text: &str| text.parse::<i16>().map_err(|_| UnknownZone);
        let hours = number(&digits[..2])?;
        let minutes = if digits.len() == 4 { number(&digits[2..])? } else { 0 };
        if hours > 15 || minutes > 59 {
            return Err(UnknownZone);
        }
        Ok(Self::Fixed(sign * (hours * 60 + minutes)))
    }
}

/// Not a time zone that temoin knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownZone;

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "unknown time zone; use UTC, Europe/Brussels, Europe/Paris, or a distance from UTC \
             such as +01:00",
        )
    }
}

impl std::error::Error for UnknownZone {}

fn utc(local: NaiveDateTime, minutes_east: i16) -> Option<DateTime<Utc>> {
    Some(local.checked_sub_signed(TimeDelta::minutes(minutes_east.into()))?.and_utc())
}

pub(super) fn timestamp(utc: DateTime<Utc>) -> Option<Timestamp> {
    Timestamp::from_milliseconds(utc.timestamp_millis()).ok()
}

/// Whether summer time holds in the Union: from 01:00 UTC on the last Sunday of March until 01:00
/// UTC on the last Sunday of October.
fn is_summer(at: DateTime<Utc>) -> bool {
    let change = |month: u32| {
        let last = NaiveDate::from_ymd_opt(at.year(), month, 31)?;
        let sunday = last - TimeDelta::days(last.weekday().num_days_from_sunday().into());
        Some(sunday.and_time(NaiveTime::from_hms_opt(1, 0, 0)?).and_utc())
    };
    change(3).is_some_and(|begin| begin <= at) && change(10).is_some_and(|end| at < end)
}

#[cfg(test)]
mod tests {
    use super::{Moment, Zone};

    fn moment(zone: Zone, local: &str) -> Option<Moment> {
        zone.moment(local.parse().unwrap())
    }

    fn exact(text: &str) -> Option<Moment> {
        Some(Moment::exact(text.parse().unwrap()))
    }

    #[test]
    fn summer_and_winter_are_told_apart() {
        let brussels: Zone = "Europe/Brussels".parse().unwrap();
        for (local, utc) in [
            ("2026-01-15T12:00:00", "2026-01-15T11:00:00Z"),
            ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
            ("2026-07-15T12:00:00", "2026-07-15T10:00:00Z"),
            ("2026-10-25T01:59:59", "2026-10-24T23:59:59Z"),
            ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
            ("2025-01-01T00:30:00", "2024-12-31T23:30:00Z"),
        ] {
            assert_eq!(moment(brussels, local), exact(utc), "{local}");
        }
    }

    #[test]
    fn an_hour_that_came_twice_is_two_bounds_and_one_that_never_came_is_nothing() {
        let twice = moment(Zone::CentralEurope, "2026-10-25T02:30:00").unwrap();
        assert_eq!(twice.earliest, "2026-10-25T00:30:00Z".parse().ok());
        assert_eq!(twice.latest, "2026-10-25T01:30:00Z".parse().ok());
        assert_eq!(moment(Zone::CentralEurope, "2026-03-29T02:30:00"), None);
    }

    #[test]
    fn a_distance_from_utc_is_read() {
        for (text, minutes) in [("UTC", 0), ("+01:00", 60), ("-0530", -330), ("+00", 0)] {
            assert_eq!(text.parse(), Ok(Zone::Fixed(minutes)), "{text}");
        }
        for text in ["", "+", "CET", "+1", "+01:0", "+é1", "+99:00", "+01::00"] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
        assert_eq!(moment(Zone::Fixed(-330), "2026-01-01T00:00:00"), exact("2026-01-01T05:30:00Z"));
    }
}
