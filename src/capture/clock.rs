//! Reads the box's clocks.

mod boot;
mod service;

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

use temoin_core::session::{ClockReading, Timestamp, Uptime};

pub use boot::began_by as boot_started_by;

/// Who decides whether the wall clock is right.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ClockTrust {
    /// The member: something the kernel does not know about, such as a virtual machine's host,
    /// keeps the clock right.
    Always,
    /// The kernel, which is told by a time service.
    #[default]
    Kernel,
}

impl ClockTrust {
    /// Applies this setting to a reading that was taken without knowing it, as in OpenVPN's hook.
    #[must_use]
    pub fn applied_to(self, reading: ClockReading) -> ClockReading {
        ClockReading { synchronised: reading.synchronised || self == Self::Always, ..reading }
    }
}

/// Reads all clocks, and whether the wall clock can be trusted. If this process may not ask the
/// kernel, it asks the package's clock unit, which may ([`status_word`]); if neither answers, the clock
/// is not trusted.
///
/// # Errors
/// What the system said when it did not tell the boot id or a clock, or a wall clock outside the
/// years 0 to 9999.
pub fn read(trust: ClockTrust) -> io::Result<ClockReading> {
    let boot = boot::id()?;
    // Asked before the clock is read: a time service that sets the clock in between makes a right
    // time look unconfirmed, never a wrong time look confirmed.
    let kernel = kernel_clock::is_synchronised();
    let said = match kernel {
        Some(_) => None,
        None => Some(service::answer(Path::new(service::SOCKET), &LAST, uptime()?, realtime()?)),
    };
    let (uptime, realtime) = (uptime()?, realtime()?);
    let synchronised =
        kernel.unwrap_or_else(|| said.is_some_and(|answer| answer.confirms(uptime, realtime)));
    Ok(trust.applied_to(ClockReading { boot, uptime, realtime, synchronised }))
}

/// What the package's clock unit answers: the status of the clock according to the kernel alone.
/// `None` if the kernel does not answer.
pub fn status_word() -> Option<&'static str> {
    kernel_clock::is_synchronised().map(service::status_word)
}

fn uptime() -> io::Result<Uptime> {
    let elapsed = clock_gettime(ClockId::CLOCK_BOOTTIME)?;
    let seconds = u64::try_from(elapsed.tv_sec()).unwrap_or(0);
    let milliseconds = u64::try_from(elapsed.tv_nsec()).unwrap_or(0) / 1_000_000;
    Ok(Uptime::from_milliseconds(seconds * 1_000 + milliseconds))
}

/// The wall clock, right or wrong. Outside the years 0 to 9999 it counts as 1970.
pub fn now() -> Timestamp {
    realtime().unwrap_or(Timestamp::EPOCH)
}

/// The standard library's reading and not `clock_gettime`, whose seconds have 32 bits on the box and
/// end in 2038.
fn realtime() -> io::Result<Timestamp> {
    let now = SystemTime::now();
    let milliseconds = match now.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()),
        Err(before) => {
            i64::try_from(before.duration().as_millis()).map(|milliseconds| -milliseconds)
        }
    };
    let milliseconds = milliseconds.map_err(io::Error::other)?;
    Timestamp::from_milliseconds(milliseconds).map_err(io::Error::other)
}

/// The last answer of the package's clock unit.
static LAST: Mutex<Option<service::ClockAnswer>> = Mutex::new(None);

#[cfg(test)]
mod tests {
    use super::{ClockTrust, read};

    #[test]
    fn readings_of_one_boot_are_in_order() {
        let first = read(ClockTrust::Kernel).unwrap();
        let second = read(ClockTrust::Kernel).unwrap();
        assert_eq!(first.boot, second.boot);
        assert!(first.uptime <= second.uptime);
        assert!(first.uptime.milliseconds() > 0);
    }

    #[test]
    fn the_members_word_makes_a_clock_trusted() {
        assert!(read(ClockTrust::Always).unwrap().synchronised);
        let unsure = temoin_core::session::ClockReading {
            synchronised: false,
            ..read(ClockTrust::Kernel).unwrap()
        };
        assert!(!ClockTrust::Kernel.applied_to(unsure).synchronised);
        assert!(ClockTrust::Always.applied_to(unsure).synchronised);
    }
}
