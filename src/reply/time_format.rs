use chrono::DateTime;
use chrono::format::{Parsed, StrftimeItems, parse};
use temoin_core::session::TimeBounds;

use crate::time_text::{DateOrder, TimeProblem, TimeText, whole_day};
use crate::zone::{ReplyZone, timestamp};

/// How a reply writes its times.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum TimeFormat {
    /// One of the usual notations: see [`TimeText::parse`].
    #[default]
    Automatic,
    /// A pattern as `strftime(3)` takes it.
    Pattern(String),
}

impl TimeFormat {
    /// The time that `text` names.
    pub(crate) fn read(
        &self,
        text: &str,
        order: Option<DateOrder>,
        zone: Option<ReplyZone>,
    ) -> Result<TimeBounds, TimeProblem> {
        match self {
            Self::Automatic => {
                TimeText::parse(text).ok_or(TimeProblem::Unreadable)?.moment(order, zone)
            }
            Self::Pattern(pattern) => by_pattern(pattern, text, zone),
        }
    }
}

fn by_pattern(
    pattern: &str,
    text: &str,
    zone: Option<ReplyZone>,
) -> Result<TimeBounds, TimeProblem> {
    let unreadable = TimeProblem::Unreadable;
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(pattern)).map_err(|_| unreadable)?;
    let moment = if let Some(seconds) = parsed.timestamp() {
        DateTime::from_timestamp(seconds, 0).and_then(timestamp).map(TimeBounds::exact)
    } else if parsed.offset().is_some() {
        let instant = parsed.to_datetime().map_err(|_| unreadable)?;
        timestamp(instant.to_utc()).map(TimeBounds::exact)
    } else {
        let date = parsed.to_naive_date().map_err(|_| unreadable)?;
        let zone = zone.ok_or(TimeProblem::ZoneMissing)?;
        if parsed.hour_mod_12().is_none() && parsed.hour_div_12().is_none() {
            return whole_day(zone, date).ok_or(unreadable);
        }
        let time = parsed.to_naive_time().map_err(|_| unreadable)?;
        zone.moment(date.and_time(time))
    };
    let moment = moment.ok_or(unreadable)?;
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

    use super::{ReplyZone, TimeBounds, TimeFormat, TimeProblem};

    fn brussels() -> Option<ReplyZone> {
        "Europe/Brussels".parse().ok()
    }

    fn by(pattern: &str, text: &str, zone: Option<ReplyZone>) -> Result<TimeBounds, TimeProblem> {
        TimeFormat::Pattern(pattern.to_owned()).read(text, None, zone)
    }

    fn bounds(from: &str, to: &str) -> Result<TimeBounds, TimeProblem> {
        Ok(TimeBounds::between(from.parse().ok(), to.parse().ok()))
    }

    #[test]
    fn a_pattern_says_how_to_read() {
        let exact = bounds("2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z");
        let pattern = "%d/%m/%Y %H:%M:%S";
        assert_eq!(by(pattern, "24/11/2026 09:00:00", brussels()), exact);
        assert_eq!(by(pattern, "24/11/2026 09:00:00", None), Err(TimeProblem::ZoneMissing));
        assert_eq!(by("%d.%m.%y %H:%M:%S %z", "24.11.26 09:00:00 +0100", None), exact);
        assert_eq!(
            by("%d/%m/%Y %H:%M", "24/11/2026 09:00", brussels()),
            bounds("2026-11-24T08:00:00Z", "2026-11-24T08:00:59.999Z")
        );
        assert_eq!(
            by("%Y-%m-%d", "2026-11-24", brussels()),
            bounds("2026-11-23T23:00:00Z", "2026-11-24T22:59:59.999Z")
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), pattern in any::<String>()) {
            let _ = by(&pattern, &text, brussels());
        }
    }
}
