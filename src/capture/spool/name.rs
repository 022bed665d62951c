use std::fmt::{self, Write};
use std::str::FromStr;

use temoin_core::session::{BootId, ClockReading, Uptime};

/// The file name of an event: a sequence number, the uptime in milliseconds, which orders events of
/// the same number, and a random number, which makes it unique.
///
/// Names sort as the events happened, both as text and as values.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EventName {
    sequence: u64,
    uptime: u64,
    random: u64,
}

impl EventName {
    pub(super) fn new(sequence: u64, uptime: Uptime, random: u64) -> Self {
        Self { sequence, uptime: uptime.milliseconds(), random }
    }

    /// Its number among the events that waited when it came.
    pub fn sequence(self) -> u64 {
        self.sequence
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}-{:020}-{:016x}", self.sequence, self.uptime, self.random)
    }
}

impl FromStr for EventName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-').map(|part| part.parse().ok());
        let (Some(Some(sequence)), Some(Some(uptime))) = (parts.next(), parts.next()) else {
            return Err(InvalidName);
        };
        let random = text.rsplit('-').next().and_then(|part| u64::from_str_radix(part, 16).ok());
        let name = Self { sequence, uptime, random: random.ok_or(InvalidName)? };
        // One form only: two names of the same value would be the same event.
        (name.to_string() == text).then_some(name).ok_or(InvalidName)
    }
}

/// The file name of an event while it is being written: hidden from readers, and with the writer's
/// boot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TemporaryName {
    boot: [u8; 4],
    event: EventName,
}

impl TemporaryName {
    pub(super) fn new(boot: BootId, event: EventName) -> Self {
        Self { boot: boot_prefix(boot), event }
    }

    pub(super) fn event(self) -> EventName {
        self.event
    }

    /// Whether its writer is certainly gone.
    pub(super) fn is_stale(self, now: &ClockReading) -> bool {
        let expiry = Uptime::from_milliseconds(self.event.uptime).plus(STALE_AFTER);
        self.boot != boot_prefix(now.boot) || expiry < now.uptime
    }
}

impl fmt::Display for TemporaryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('.')?;
        self.boot.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{}", self.event)
    }
}

impl FromStr for TemporaryName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (boot, event) =
            text.strip_prefix('.').ok_or(InvalidName)?.split_once('-').ok_or(InvalidName)?;
        let boot = u32::from_str_radix(boot, 16).map_err(|_| InvalidName)?.to_be_bytes();
        let name = Self { boot, event: event.parse()? };
        (name.to_string() == text).then_some(name).ok_or(InvalidName)
    }
}

/// Not the name of a spool file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidName;

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of an event in the spool")
    }
}

impl std::error::Error for InvalidName {}

fn boot_prefix(boot: BootId) -> [u8; 4] {
    let [first, second, third, fourth, ..] = *boot.as_bytes();
    [first, second, third, fourth]
}

/// Time in milliseconds after which a hook's unfinished file counts as stale. A hanging card has
/// been seen to take 30 seconds.
const STALE_AFTER: u64 = 600_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{EventName, TemporaryName};
    use temoin_core::session::{BootId, ClockReading, Timestamp, Uptime};

    fn name(sequence: u64, uptime: u64, random: u64) -> EventName {
        EventName::new(sequence, Uptime::from_milliseconds(uptime), random)
    }

    proptest! {
        #[test]
        fn names_are_read_as_written_and_sort_alike_as_text(
            one in any::<(u64, u64, u64)>(), other in any::<(u64, u64, u64)>()
        ) {
            let (one, other) = (name(one.0, one.1, one.2), name(other.0, other.1, other.2));
            assert_eq!(one.to_string().parse(), Ok(one));
            assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
            let temporary = TemporaryName::new(BootId::from_bytes([0xa5; 16]), one);
            assert_eq!(temporary.to_string().parse(), Ok(temporary));
            assert!(temporary.to_string().parse::<EventName>().is_err());
        }

        #[test]
        fn other_names_are_not_taken_for_events(text in ".{0,60}") {
            if let Ok(name) = text.parse::<EventName>() {
                assert_eq!(name.to_string(), text);
            }
            if let Ok(name) = text.parse::<TemporaryName>() {
                assert_eq!(name.to_string(), text);
            }
        }
    }

    #[test]
    fn only_one_form_of_a_name_is_read() {
        let good = "00000000000000000001-00000000000000030000-00000000000000ff";
        assert_eq!(good.parse(), Ok(name(1, 30_000, 255)));
        for text in [
            "",
            "1-30000-ff",
            "00000000000000000001-00000000000000030000-00000000000000FF",
            "+0000000000000000001-00000000000000030000-00000000000000ff",
            "00000000000000000001-00000000000000030000-00000000000000ff-1",
            "99999999999999999999-00000000000000030000-00000000000000ff",
            "00000000000000000001-00000000000000030000-00000000000000ff~",
        ] {
            assert!(text.parse::<EventName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_half_written_file_is_stale_after_a_restart_or_ten_minutes() {
        let boot = BootId::from_bytes([1; 16]);
        let now = |boot, uptime| ClockReading {
            boot,
            uptime: Uptime::from_milliseconds(uptime),
            realtime: Timestamp::EPOCH,
            synchronised: false,
        };
        let left = TemporaryName::new(boot, name(1, 30_000, 0));
        assert!(!left.is_stale(&now(boot, 30_000)));
        assert!(!left.is_stale(&now(boot, 630_000)));
        assert!(left.is_stale(&now(boot, 630_001)));
        assert!(left.is_stale(&now(BootId::from_bytes([2; 16]), 30_000)));
    }
}
