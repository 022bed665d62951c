use std::fmt;

use crate::Timestamp;

/// Unix time in seconds, as on the wire: since 1970-01-01T00:00:00Z without leap seconds, until the
/// end of the year 9999.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnixSeconds(u64);

impl UnixSeconds {
    /// How many bytes it takes on the wire.
    pub(super) const SIZE: usize = 8;

    /// The second that contains an instant; `None` before 1970 (a clock that was not set).
    pub fn containing(at: Timestamp) -> Option<Self> {
        u64::try_from(at.milliseconds().div_euclid(1000)).ok().and_then(Self::from_number)
    }

    /// The second with this number, if it is within range.
    pub fn from_number(number: u64) -> Option<Self> {
        (number <= LAST).then_some(Self(number))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The instant at which the second begins.
    pub fn to_timestamp(self) -> Timestamp {
        Timestamp::EPOCH.shifted(i64::try_from(self.0).unwrap_or(i64::MAX).saturating_mul(1000))
    }

    /// This second plus `seconds`, or the last one in range.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds).min(LAST))
    }

    /// This second minus `seconds`, or the first one in range.
    #[must_use]
    pub fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    pub(super) fn to_bytes(self) -> [u8; Self::SIZE] {
        self.0.to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; Self::SIZE]) -> Option<Self> {
        Self::from_number(u64::from_be_bytes(bytes))
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_timestamp().fmt(f)
    }
}

/// 9999-12-31T23:59:59Z, the last that RFC 3339 can write.
const LAST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::{Timestamp, UnixSeconds};

    #[test]
    fn an_instant_lies_in_the_second_that_began_before_it() {
        let second = |milliseconds| {
            UnixSeconds::containing(Timestamp::from_milliseconds(milliseconds).unwrap())
                .map(UnixSeconds::number)
        };
        assert_eq!((second(0), second(999), second(1000)), (Some(0), Some(0), Some(1)));
        assert_eq!(second(-1), None);
        assert_eq!(second(253_402_300_799_999), Some(super::LAST));
        assert_eq!(UnixSeconds::from_number(super::LAST + 1), None);
    }
}
