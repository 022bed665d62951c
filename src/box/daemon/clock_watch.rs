use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use temoin_core::session::Uptime;

/// The first and the longest pause between two checks of an untrusted clock, in milliseconds. A step wakes
/// the daemon anyway; only a clock that is slewed has to be checked.
const FIRST_PAUSE: u64 = 30_000;
const LONGEST_PAUSE: u64 = 3_600_000;

/// Detects that the wall clock was set.
pub(super) struct ClockWatch {
    timer: TimerFd,
    pause: u64,
}

impl ClockWatch {
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let watch =
            Self { timer: TimerFd::new(ClockId::CLOCK_REALTIME, flags)?, pause: FIRST_PAUSE };
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
        self.pause = FIRST_PAUSE;
        self.arm()
    }

    /// When to check an untrusted clock again.
    pub(super) fn next_check(&mut self, now: Uptime) -> Uptime {
        let at = now.plus(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        at
    }
}
