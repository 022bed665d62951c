//! What the box's clocks say now.

mod boot;
mod service;

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

use crate::domain::{ClockReading, Timestamp, Uptime};

pub use boot::began_by as boot_began_by;

/// Whose word counts on whether the wall clock is right.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Trust {
    /// The member says that something which the kernel does not know of keeps the clock right, such
    /// as a virtual machine's host.
    Always,
    /// The kernel's, which a time service tells.
    #[default]
    Kernel,
}

impl Trust {
    /// The same reading as this trust sees it: for one that was taken by somebody who did not know
    /// the member's word, as OpenVPN's hook does not.
    #[must_use]
    pub fn applied_to(self, reading: ClockReading) -> ClockReading {
        ClockReading { synchronised: reading.synchronised || self == Self::Always, ..reading }
    }
}

/// Reads all clocks, and whether the wall clock can be trusted. Where this process may not ask the
/// kernel, the package's unit that may is asked ([`word`]); if neither says so, it is not trusted.
///
/// # Errors
/// What the system said when it did not tell the boot id or a clock, or a wall clock outside the
/// years 0 to 9999.
pub fn read(trust: Trust) -> io::Result<ClockReading> {
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
        kernel.unwrap_or_else(|| said.is_some_and(|answer| answer.vouches_for(uptime, realtime)));
    Ok(trust.applied_to(ClockReading { boot, uptime, realtime, synchronised }))
}

/// What the package's unit says at its socket of the kernel's clock, from the kernel alone. `None`
/// where the kernel does not answer.
pub fn word() -> Option<&'static str> {
    kernel_clock::is_synchronised().map(service::word)
}

fn uptime() -> io::Result<Uptime> {
    let elapsed = clock_gettime(ClockId::CLOCK_BOOTTIME)?;
    let seconds = u64::try_from(elapsed.tv_sec()).unwrap_or(0);
    let milliseconds = u64::try_from(elapsed.tv_nsec()).unwrap_or(0) / 1_000_000;
    Ok(Uptime::from_milliseconds(seconds * 1_000 + milliseconds))
}

/// What the wall clock says, right or wrong. One outside the years 0 to 9999 is taken for 1970.
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

/// What the package's unit said last.
static LAST: Mutex<Option<service::Answer>> = Mutex::new(None);

#[cfg(test)]
mod tests {
    use super::{Trust, read};

    #[test]
    fn readings_of_one_boot_are_in_order() {
        let first = read(Trust::Kernel).unwrap();
        let second = read(Trust::Kernel).unwrap();
        assert_eq!(first.boot, second.boot);
        assert!(first.uptime <= second.uptime);
        assert!(first.uptime.milliseconds() > 0);
    }

    #[test]
    fn the_members_word_makes_a_clock_trusted() {
        assert!(read(Trust::Always).unwrap().synchronised);
        let unsure =
            crate::domain::ClockReading { synchronised: false, ..read(Trust::Kernel).unwrap() };
        assert!(!Trust::Kernel.applied_to(unsure).synchronised);
        assert!(Trust::Always.applied_to(unsure).synchronised);
    }
}
