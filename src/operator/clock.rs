//! Whether the clock may decide what is erased: one that jumped may not.

use std::str::FromStr;
use std::{fmt, fs, io};

use temoin_protocol::UnixSeconds;

/// What the clocks of this machine say at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClockReading {
    /// The time, in seconds since 1970.
    wall: u64,
    /// Which boot of the machine it is.
    boot: String,
    /// Seconds since that, which nobody can set.
    uptime: u64,
}

impl ClockReading {
    /// Reads what the kernel says beside this time.
    ///
    /// # Errors
    /// What the system says.
    pub fn at(now: UnixSeconds) -> io::Result<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned();
        let uptime = fs::read_to_string("/proc/uptime")?;
        let seconds = uptime.split('.').next().and_then(|text| text.parse().ok());
        let uptime = seconds.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { wall: now.number(), boot, uptime })
    }

    /// Whether the time that passed since an earlier reading is what the other clock says, or, over a
    /// restart of the machine, no more than [`LONGEST_ABSENCE`].
    fn follows(&self, earlier: &Self) -> bool {
        let passed = self.wall.saturating_sub(earlier.wall);
        if self.boot == earlier.boot {
            passed.abs_diff(self.uptime.saturating_sub(earlier.uptime)) <= TOLERANCE
        } else {
            passed <= LONGEST_ABSENCE
        }
    }

    /// Whether the clock may decide what is erased, given what was remembered.
    pub(super) fn judge(&self, memory: &ClockMemory) -> ClockVerdict {
        let is_later = |earlier: u64| self.wall > earlier.saturating_add(TOLERANCE);
        let is_explained = match (&memory.trusted, memory.last_sign) {
            // One that was set back erases less than is due.
            (Some(trusted), _) if !is_later(trusted.wall) => return ClockVerdict::Behind,
            (Some(trusted), _) => self.follows(trusted),
            (None, Some(sign)) => self.wall.saturating_sub(sign.number()) <= LONGEST_ABSENCE,
            (None, None) => true,
        };
        match &memory.doubted {
            _ if is_explained => ClockVerdict::Trusted,
            Some(first) if self.follows(first) && self.wall >= first.wall + PROBATION => {
                ClockVerdict::Trusted
            }
            Some(first) if self.follows(first) => ClockVerdict::Doubted(first.clone()),
            _ => ClockVerdict::Doubted(self.clone()),
        }
    }
}

impl fmt::Display for ClockReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.wall, self.boot, self.uptime)
    }
}

impl FromStr for ClockReading {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or(());
        let (wall, boot, uptime) = (word()?, word()?.to_owned(), word()?);
        Ok(Self {
            wall: wall.parse().map_err(|_| ())?,
            boot,
            uptime: uptime.parse().map_err(|_| ())?,
        })
    }
}

/// What is remembered of a gateway's clock.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClockMemory {
    /// The last reading that decided what was erased.
    pub trusted: Option<ClockReading>,
    /// The first reading of a clock that is in doubt.
    pub doubted: Option<ClockReading>,
    /// The last thing that any server reported.
    pub last_sign: Option<UnixSeconds>,
}

/// What may be done by a clock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum ClockVerdict {
    /// It goes on as it should.
    Trusted,
    /// It stands before a time at which it was trusted.
    Behind,
    /// It jumped. It is trusted once it has gone on for [`PROBATION`] from this reading.
    Doubted(ClockReading),
}

/// By how much the clocks may differ: more than a time service corrects, less than a day. In seconds.
const TOLERANCE: u64 = 3_600;

/// How long a machine may have been off, or nothing have been erased. In seconds.
const LONGEST_ABSENCE: u64 = 31 * 86_400;

/// How long a clock that jumped must go on before it is trusted. In seconds.
const PROBATION: u64 = 2 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn reading(days: u64, boot: &str, uptime: u64) -> ClockReading {
        ClockReading {
            wall: 1_800_000_000 + days * DAY,
            boot: boot.to_owned(),
            uptime: uptime * DAY,
        }
    }

    fn after(trusted: &ClockReading, doubted: Option<&ClockReading>) -> ClockMemory {
        ClockMemory { trusted: Some(trusted.clone()), doubted: doubted.cloned(), last_sign: None }
    }

    #[test]
    fn a_clock_is_trusted_as_long_as_the_time_since_is_explained() {
        let first = reading(0, "a", 5);
        for (next, verdict) in [
            (reading(1, "a", 6), ClockVerdict::Trusted),
            (reading(400, "a", 405), ClockVerdict::Trusted),
            (reading(31, "b", 0), ClockVerdict::Trusted),
            (reading(0, "b", 0), ClockVerdict::Behind),
            (reading(2, "a", 6), ClockVerdict::Doubted(reading(2, "a", 6))),
            (reading(32, "b", 0), ClockVerdict::Doubted(reading(32, "b", 0))),
        ] {
            assert_eq!(next.judge(&after(&first, None)), verdict, "{next}");
            assert_eq!(next.to_string().parse(), Ok(next));
        }
        let memory = ClockMemory {
            last_sign: UnixSeconds::from_number(first.wall),
            ..ClockMemory::default()
        };
        assert_eq!(reading(31, "a", 0).judge(&memory), ClockVerdict::Trusted);
        let far = reading(32, "a", 0);
        assert_eq!(far.judge(&memory), ClockVerdict::Doubted(far.clone()));
        assert_eq!(far.judge(&ClockMemory::default()), ClockVerdict::Trusted);
    }

    #[test]
    fn a_clock_that_jumped_is_trusted_when_it_has_gone_on_for_two_days_and_no_sooner() {
        let (trusted, jumped) = (reading(0, "a", 5), reading(1_200, "a", 6));
        let memory = after(&trusted, Some(&jumped));
        for (next, verdict) in [
            (reading(1_201, "a", 7), ClockVerdict::Doubted(jumped.clone())),
            (reading(1_202, "a", 8), ClockVerdict::Trusted),
            // It jumped once more: by the other clock no two days have passed.
            (reading(1_202, "a", 6), ClockVerdict::Doubted(reading(1_202, "a", 6))),
            (reading(3, "a", 8), ClockVerdict::Trusted),
        ] {
            assert_eq!(next.judge(&memory), verdict, "{next}");
        }
    }
}
