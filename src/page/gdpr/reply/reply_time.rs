use chrono::format::{Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveDateTime};

use super::ReplyZone;
use super::reply_zone::timestamp;
use temoin_core::session::{TimeBounds, Timestamp};

/// How a reply writes its times.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum TimeFormat {
    /// RFC 3339, `2026-11-24 08:00:00` with or without a zone, or seconds since 1970 (milliseconds
    /// where there are 13 digits): these cannot be mistaken for each other.
    #[default]
    Automatic,
    /// A pattern as `strftime(3)` takes it.
    Pattern(String),
}

impl TimeFormat {
    /// The time that `text` names.
    pub(super) fn read(
        &self,
        text: &str,
        zone: Option<ReplyZone>,
    ) -> Result<TimeBounds, TimeParseError> {
        match self {
            Self::Automatic => automatic(text, zone),
            Self::Pattern(pattern) => by_pattern(pattern, text, zone),
        }
    }
}

/// Why a text is no time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TimeParseError {
    /// It is not written as the format says, or no clock ever showed it.
    Unreadable,
    /// It does not say its zone, and nothing else does.
    ZoneMissing,
}

fn automatic(text: &str, zone: Option<ReplyZone>) -> Result<TimeBounds, TimeParseError> {
    if let Some(seconds) = since_1970(text) {
        return Ok(TimeBounds::exact(seconds));
    }
    // Seconds must be there: without them it could be another notation.
    let (date, time) = text.split_once(['T', 't', ' ']).ok_or(TimeParseError::Unreadable)?;
    let end = time
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ',')))
        .unwrap_or(time.len());
    let (clock, suffix) = time.split_at(end);
    let local = format!("{date} {}", clock.replace(',', "."));
    let local = NaiveDateTime::parse_from_str(&local, "%Y-%m-%d %H:%M:%S%.f")
        .map_err(|_| TimeParseError::Unreadable)?;
    let zone = match suffix.trim() {
        "" => zone.ok_or(TimeParseError::ZoneMissing)?,
        suffix => suffix.to_ascii_uppercase().parse().map_err(|_| TimeParseError::Unreadable)?,
    };
    zone.moment(local).ok_or(TimeParseError::Unreadable)
}

/// Seconds since 1970, with a fraction or without; milliseconds where there are 13 digits.
fn since_1970(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || !(9..=13).contains(&whole.len()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    if whole.len() == 13 {
        return Timestamp::from_milliseconds(number).ok();
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let milliseconds = number.checked_mul(1000)?.checked_add(thousandths.parse().ok()?)?;
    Timestamp::from_milliseconds(milliseconds).ok()
}

fn by_pattern(
    pattern: &str,
    text: &str,
    zone: Option<ReplyZone>,
) -> Result<TimeBounds, TimeParseError> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(pattern))
        .map_err(|_| TimeParseError::Unreadable)?;
    let moment = if let Some(seconds) = parsed.timestamp() {
        DateTime::from_timestamp(seconds, 0).and_then(timestamp).map(TimeBounds::exact)
    } else if parsed.offset().is_some() {
        let instant = parsed.to_datetime().map_err(|_| TimeParseError::Unreadable)?;
        timestamp(instant.to_utc()).map(TimeBounds::exact)
    } else {
        let date = parsed.to_naive_date().map_err(|_| TimeParseError::Unreadable)?;
        let time = parsed.to_naive_time().map_err(|_| TimeParseError::Unreadable)?;
        zone.ok_or(TimeParseError::ZoneMissing)?.moment(date.and_time(time))
    };
    let moment = moment.ok_or(TimeParseError::Unreadable)?;
    if parsed.timestamp().is_none() && parsed.second().is_none() {
        // Written to the minute: somewhere within it.
        let latest = moment.latest.map(|at| at.shifted(59_999));
        return Ok(TimeBounds::between(moment.earliest, latest));
    }
    Ok(moment)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{ReplyZone, TimeBounds, TimeFormat, TimeParseError};

    fn brussels() -> Option<ReplyZone> {
        "Europe/Brussels".parse().ok()
    }

    fn exact(text: &str) -> Result<TimeBounds, TimeParseError> {
        Ok(TimeBounds::exact(text.parse().unwrap()))
    }

    #[test]
    fn the_usual_notations_are_read_without_being_told() {
        for text in [
            "2026-11-24T08:00:00Z",
            "2026-11-24T09:00:00+01:00",
            "2026-11-24 08:00:00+00",
            "2026-11-24 09:00:00.000+0100",
            "2026-11-24 08:00:00 UTC",
            "1795507200",
            "1795507200.000",
            "1795507200000",
        ] {
            assert_eq!(
                TimeFormat::Automatic.read(text, None),
                exact("2026-11-24T08:00:00Z"),
                "{text}"
            );
        }
        assert_eq!(
            TimeFormat::Automatic.read("2026-11-24 09:00:00", brussels()),
            exact("2026-11-24T08:00:00Z")
        );
        assert_eq!(
            TimeFormat::Automatic.read("1795507200.25", None),
            exact("2026-11-24T08:00:00.25Z")
        );
    }

    #[test]
    fn a_zone_is_never_guessed() {
        assert_eq!(
            TimeFormat::Automatic.read("2026-11-24 09:00:00", None),
            Err(TimeParseError::ZoneMissing)
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-24",
            "24/11/2026 09:00:00",
            "2026-13-24T08:00:00Z",
            "17",
            "soon",
            "2026-07-24 08:00:00 CET",
        ] {
            assert_eq!(
                TimeFormat::Automatic.read(text, Some(ReplyZone::Fixed(0))),
                Err(TimeParseError::Unreadable),
                "{text}"
            );
        }
    }

    #[test]
    fn a_pattern_says_how_to_read() {
        let pattern = TimeFormat::Pattern("%d/%m/%Y %H:%M:%S".to_owned());
        assert_eq!(pattern.read("24/11/2026 09:00:00", brussels()), exact("2026-11-24T08:00:00Z"));
        assert_eq!(pattern.read("24/11/2026 09:00:00", None), Err(TimeParseError::ZoneMissing));
        let offset = TimeFormat::Pattern("%d.%m.%y %H:%M:%S %z".to_owned());
        assert_eq!(offset.read("24.11.26 09:00:00 +0100", None), exact("2026-11-24T08:00:00Z"));
        let minute = TimeFormat::Pattern("%d/%m/%Y %H:%M".to_owned());
        let moment = minute.read("24/11/2026 09:00", brussels()).unwrap();
        assert_eq!(moment.earliest, "2026-11-24T08:00:00Z".parse().ok());
        assert_eq!(moment.latest, "2026-11-24T08:00:59.999Z".parse().ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), pattern in any::<String>()) {
            let _ = TimeFormat::Automatic.read(&text, brussels());
            let _ = TimeFormat::Pattern(pattern).read(&text, brussels());
        }

        #[test]
        fn every_second_is_read_back(seconds in 1_000_000_000_i64..4_000_000_000) {
            let at: temoin_core::session::Timestamp = (seconds * 1000).try_into().unwrap();
            let expected = Ok(TimeBounds::exact(at));
            assert_eq!(TimeFormat::Automatic.read(&at.to_string(), None), expected);
            assert_eq!(TimeFormat::Automatic.read(&seconds.to_string(), None), expected);
        }
    }
}
