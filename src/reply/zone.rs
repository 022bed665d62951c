use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use temoin_core::session::{TimeBounds, Timestamp};

/// The time zone for times without one of their own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplyZone {
    /// A fixed offset, in minutes east of UTC.
    Fixed(i16),
    /// A named time zone.
    Named(temoin_core::session::Zone),
}

impl ReplyZone {
    /// When a clock in this zone showed `local`: a moment of two bounds where the end of summer time
    /// made it show the same hour twice; `None` where its beginning skipped that hour.
    pub(crate) fn moment(self, local: NaiveDateTime) -> Option<TimeBounds> {
        match self {
            Self::Fixed(minutes) => {
                let utc = local.checked_sub_signed(TimeDelta::minutes(minutes.into()))?.and_utc();
                timestamp(utc).map(TimeBounds::exact)
            }
            Self::Named(zone) => {
                let (earliest, latest) = zone.instants(local)?;
                Some(TimeBounds::between(Some(earliest), Some(latest)))
            }
        }
    }
}

impl ReplyZone {
    /// The first instant of a day.
    pub(crate) fn first_instant(self, date: NaiveDate) -> Option<Timestamp> {
        match self {
            Self::Fixed(_) => self.moment(date.and_time(NaiveTime::MIN))?.earliest,
            Self::Named(zone) => Some(zone.first_instant(date)),
        }
    }
}

impl fmt::Display for ReplyZone {
    /// As it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(0) => f.write_str("UTC"),
            Self::Fixed(minutes) => {
                let sign = if *minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            Self::Named(zone) => zone.fmt(f),
        }
    }
}

impl FromStr for ReplyZone {
    type Err = UnknownReplyZone;

    /// Reads a place's name of a [`temoin_core::session::Zone`], `UTC`, or a distance from UTC: `+01:00`, `+0100`, `+01`, `Z`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if matches!(text, "UTC" | "Z" | "GMT") {
            return Ok(Self::Fixed(0));
        }
        // `CET` is also an old name of the clocks of Brussels, but behind a time it may mean winter
        // time in summer too: only the name of a place says which.
        if text.contains('/') {
            return text.parse().map(Self::Named).map_err(|_| UnknownReplyZone);
        }
        let (sign, digits) = match text.split_at_checked(1) {
            Some(("+", digits)) => (1, digits),
            Some(("-", digits)) => (-1, digits),
            _ => return Err(UnknownReplyZone),
        };
        let digits = digits.replacen(':', "", 1);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
            return Err(UnknownReplyZone);
        }
        let number = |text: &str| text.parse::<i16>().map_err(|_| UnknownReplyZone);
        let hours = number(&digits[..2])?;
        let minutes = if digits.len() == 4 { number(&digits[2..])? } else { 0 };
        if hours > 15 || minutes > 59 {
            return Err(UnknownReplyZone);
        }
        Ok(Self::Fixed(sign * (hours * 60 + minutes)))
    }
}

/// Neither the name of a time zone that temoin knows nor a distance from UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownReplyZone;

impl fmt::Display for UnknownReplyZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, nor a distance from UTC such as +01:00", temoin_core::session::UnknownZone)
    }
}

impl std::error::Error for UnknownReplyZone {}

pub(crate) fn timestamp(utc: DateTime<Utc>) -> Option<Timestamp> {
    Timestamp::from_milliseconds(utc.timestamp_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::{ReplyZone, TimeBounds};

    fn moment(zone: ReplyZone, local: &str) -> Option<TimeBounds> {
        zone.moment(local.parse().unwrap())
    }

    fn exact(text: &str) -> Option<TimeBounds> {
        Some(TimeBounds::exact(text.parse().unwrap()))
    }

    #[test]
    fn an_hour_that_came_twice_is_two_bounds_and_one_that_never_came_is_nothing() {
        let zone: ReplyZone = "Europe/Brussels".parse().unwrap();
        assert_eq!(moment(zone, "2026-07-15T12:00:00"), exact("2026-07-15T10:00:00Z"));
        let twice = moment(zone, "2026-10-25T02:30:00").unwrap();
        assert_eq!(twice.earliest, "2026-10-25T00:30:00Z".parse().ok());
        assert_eq!(twice.latest, "2026-10-25T01:30:00Z".parse().ok());
        assert_eq!(moment(zone, "2026-03-29T02:30:00"), None);
    }

    #[test]
    fn a_zone_of_the_box_is_read_by_its_name_and_another_is_told_which_there_are() {
        assert_eq!(
            "Indian/Reunion".parse(),
            Ok(ReplyZone::Named("Indian/Reunion".parse().unwrap()))
        );
        let error = "Europe/Bruxelles".parse::<ReplyZone>().unwrap_err().to_string();
        for part in ["Europe/Brussels", "Indian/Reunion", "+01:00"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_distance_from_utc_is_read() {
        for (text, minutes) in [("UTC", 0), ("+01:00", 60), ("-0530", -330), ("+00", 0)] {
            assert_eq!(text.parse(), Ok(ReplyZone::Fixed(minutes)), "{text}");
        }
        for text in ["", "+", "CET", "MET", "GB", "+1", "+01:0", "+é1", "+99:00", "+01::00"] {
            assert!(text.parse::<ReplyZone>().is_err(), "{text}");
        }
        assert_eq!(
            moment(ReplyZone::Fixed(-330), "2026-01-01T00:00:00"),
            exact("2026-01-01T05:30:00Z")
        );
    }
}
