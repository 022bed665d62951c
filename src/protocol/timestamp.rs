use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

/// An instant in UTC, in milliseconds since 1970-01-01T00:00:00Z (negative before).
///
/// Written as RFC 3339 with milliseconds, always in UTC: `2026-11-24T08:00:00.000Z`. Only instants
/// that RFC 3339 can write (years 0 to 9999) exist as a `Timestamp`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "i64", try_from = "i64")]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// 0000-01-01T00:00:00Z.
    const MIN: i64 = -62_167_219_200_000;
    /// 9999-12-31T23:59:59.999Z.
    const MAX: i64 = 253_402_300_799_999;

    /// The instant that lies `milliseconds` after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] outside the years 0 to 9999.
    pub fn from_milliseconds(milliseconds: i64) -> Result<Self, InvalidTimestamp> {
        (Self::MIN..=Self::MAX)
            .contains(&milliseconds)
            .then_some(Self(milliseconds))
            .ok_or(InvalidTimestamp)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn milliseconds(self) -> i64 {
        self.0
    }

    /// This instant, `milliseconds` later (earlier when negative), held within the years 0 to 9999.
    #[must_use]
    pub fn shifted(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds).clamp(Self::MIN, Self::MAX))
    }

    /// How long after `earlier` this instant lies; zero when it does not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).try_into().unwrap_or(0))
    }

    /// The same instant for calendar arithmetic.
    pub fn to_utc(self) -> DateTime<chrono::Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Reads RFC 3339 with any offset; what is finer than a millisecond is cut off.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let instant = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTimestamp)?;
        Self::from_milliseconds(instant.timestamp_millis())
    }
}

impl From<Timestamp> for i64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl TryFrom<i64> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(milliseconds: i64) -> Result<Self, Self::Error> {
        Self::from_milliseconds(milliseconds)
    }
}

/// Not an instant between the years 0 and 9999.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidTimestamp;

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an instant as RFC 3339 writes it, such as 2026-11-24T08:00:00Z")
    }
}

impl std::error::Error for InvalidTimestamp {}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn is_written_in_utc_with_milliseconds_and_read_back() {
        let instant: Timestamp = "2026-11-24T09:00:00.25+01:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-11-24T08:00:00.250Z");
        assert_eq!(instant.to_string().parse(), Ok(instant));
    }

    #[test]
    fn refuses_years_that_rfc_3339_cannot_write() {
        assert!(Timestamp::from_milliseconds(Timestamp::MAX).is_ok());
        assert!(Timestamp::from_milliseconds(Timestamp::MAX + 1).is_err());
        assert!(Timestamp::from_milliseconds(i64::MIN).is_err());
        assert!("+12026-11-24T09:00:00Z".parse::<Timestamp>().is_err());
    }
}
