use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Which run of the kernel a reading comes from: `/proc/sys/kernel/random/boot_id`, new at
/// every boot.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct BootId([u8; 16]);

impl BootId {
    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes of the id.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for BootId {
    type Err = InvalidBootId;

    /// Reads the kernel's form, a UUID in lower-case hexadecimal with hyphens, or systemd's, without.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.trim_end().chars().filter(|c| *c != '-').collect();
        if digits.len() != 32 || !digits.is_ascii() {
            return Err(InvalidBootId);
        }
        let mut bytes = [0; 16];
        for (byte, at) in bytes.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| InvalidBootId)?;
        }
        Ok(Self(bytes))
    }
}

/// Not a boot id as the kernel writes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidBootId;

impl fmt::Display for InvalidBootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a boot id: 32 hexadecimal digits are expected")
    }
}

impl std::error::Error for InvalidBootId {}

/// Milliseconds since the kernel started, time asleep included (`CLOCK_BOOTTIME`).
///
/// It never jumps, so within one boot it orders events and measures what lies between them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Uptime(u64);

impl Uptime {
    /// The moment at which the kernel started.
    pub const START: Self = Self(0);

    /// `milliseconds` after the kernel started.
    pub const fn from_milliseconds(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the kernel started.
    pub fn milliseconds(self) -> u64 {
        self.0
    }

    /// This moment, `milliseconds` later.
    #[must_use]
    pub fn plus(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `other` to this moment; negative when `other` is the later one.
    fn signed_distance_from(self, other: Self) -> i64 {
        let (later, earlier, sign) =
            if self >= other { (self, other, 1) } else { (other, self, -1) };
        i64::try_from(later.0 - earlier.0).unwrap_or(i64::MAX) * sign
    }
}

/// What the box's clocks said at one moment.
///
/// The board has no battery clock: after a power cut `realtime` may be an hour behind, or in 1970.
/// So a reading keeps what it takes to find the true time later.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ClockReading {
    /// The run of the kernel in which the reading was taken.
    pub boot: BootId,
    /// Time since that run began.
    pub uptime: Uptime,
    /// What the wall clock said (`CLOCK_REALTIME`).
    pub realtime: Timestamp,
    /// Whether the kernel held its wall clock to be set by a time service.
    pub synchronised: bool,
}

impl ClockReading {
    /// The true time of this reading, where the clock was trusted then, or was trusted at `trusted`
    /// in the same boot. `None` otherwise.
    pub fn dated_by(&self, trusted: &Self) -> Option<Timestamp> {
        if self.synchronised {
            return Some(self.realtime);
        }
        self.at_uptime_dated_by(trusted)
    }

    /// The true time at which the boot of this reading began, where this reading is trusted.
    pub fn boot_started(&self) -> Option<Timestamp> {
        self.instant_at(Uptime::START)
    }

    /// The true time at another moment of the same boot, where this reading is trusted.
    pub fn instant_at(&self, uptime: Uptime) -> Option<Timestamp> {
        Self { uptime, synchronised: false, ..*self }.at_uptime_dated_by(self)
    }

    fn at_uptime_dated_by(&self, trusted: &Self) -> Option<Timestamp> {
        (trusted.synchronised && trusted.boot == self.boot)
            .then(|| trusted.realtime.shifted(self.uptime.signed_distance_from(trusted.uptime)))
    }
}

#[cfg(test)]
mod tests {
    use super::{BootId, ClockReading, Timestamp, Uptime};

    fn reading(boot: u8, uptime: u64, realtime: i64, synchronised: bool) -> ClockReading {
        ClockReading {
            boot: BootId::from_bytes([boot; 16]),
            uptime: Uptime::from_milliseconds(uptime),
            realtime: Timestamp::from_milliseconds(realtime).unwrap(),
            synchronised,
        }
    }

    #[test]
    fn a_reading_in_1970_is_dated_once_the_clock_is_trusted() {
        let early = reading(1, 30_000, 31_000, false);
        let trusted = reading(1, 90_000, 1_795_415_486_000, true);
        assert_eq!(early.dated_by(&trusted).unwrap().milliseconds(), 1_795_415_426_000);
    }

    #[test]
    fn a_trusted_clock_of_another_boot_dates_nothing() {
        let early = reading(1, 30_000, 31_000, false);
        assert_eq!(early.dated_by(&reading(2, 90_000, 1_795_415_486_000, true)), None);
    }

    #[test]
    fn a_reading_taken_after_the_clock_lost_its_service_is_dated_backwards_in_time_too() {
        let later = reading(1, 90_000, 5, false);
        let trusted = reading(1, 30_000, 1_000_000, true);
        assert_eq!(later.dated_by(&trusted).unwrap().milliseconds(), 1_060_000);
    }

    #[test]
    fn a_trusted_reading_tells_when_its_boot_began() {
        assert_eq!(reading(1, 400, 1_000, true).boot_started().unwrap().milliseconds(), 600);
        assert_eq!(reading(1, 400, 1_000, false).boot_started(), None);
    }

    #[test]
    fn a_boot_id_is_read_as_the_kernel_writes_it() {
        let id: BootId = "6c616272-6971-7565-7465-737463617264\n".parse().unwrap();
        assert_eq!(id.as_bytes(), b"labriquetestcard");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("6c616272-6971".parse::<BootId>().is_err());
        assert!("zz616272-6971-7565-7465-737463617264".parse::<BootId>().is_err());
        assert!("é6c616272697175657465737463617264".parse::<BootId>().is_err());
    }
}
