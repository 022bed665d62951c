use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use temoin_core::session::Uptime;

use super::backoff::Backoff;

/// When an untrusted clock is checked. A step wakes the daemon anyway; only a clock that is slewed has
/// to be checked.
const CHECKS: Backoff = Backoff::between(30_000, 3_600_000);

/// Detects that the wall clock was set.
pub(super) struct ClockWatch {
    timer: TimerFd,
    checks: Backoff,
}

impl ClockWatch {
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let watch = Self { timer: TimerFd::new(ClockId::CLOCK_REALTIME, flags)?, checks: CHECKS };
        watch.arm()?;
        Ok(watch)
    }

    /// Arms a timer that never expires but is cancelled when the clock is set (`timerfd_create(2)`).
    fn arm(&self) -> io::Result<()> {
        // The last second of a 32-bit clock.
        let never = TimeSpec::new(i32::MAX.into(), 0);
        let flags =
            TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        Ok(self.timer.set(Expiration::OneShot(never), flags)?)
    }

    /// Readable when the clock was set.
    pub(super) fn was_set(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }

    /// Arms the timer for the next clock change.
    pub(super) fn rearm(&mut self) -> io::Result<()> {
        // The expected error is ECANCELED.
        let _ = self.timer.wait();
        self.checks.reset();
        self.arm()
    }

    /// When to check an untrusted clock again.
    pub(super) fn next_check(&mut self, now: Uptime) -> Uptime {
        self.checks.next(now)
    }
}
