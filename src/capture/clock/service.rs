//! The kernel's word at second hand.
//!
//! Whether the clock is right can only be asked with the call that could also set it, which the
//! daemon's sandbox takes away. Where that is so, another unit of the package's, which may ask and
//! can reach nothing else, answers at [`SOCKET`].
//!
//! # Error handling
//! Whoever does not answer, or not in these words, has not said that the clock is right.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::{Timestamp, Uptime};

/// Where the unit with the kernel's word listens.
pub(super) const SOCKET: &str = "/run/temoin-clock.sock";

/// The two things that the unit says, and so what `temoin clock` prints.
const RIGHT: &str = "synchronised\n";
const UNCONFIRMED: &str = "unsynchronised\n";

/// How long the daemon waits for what is said, at the longest.
const PATIENCE: Duration = Duration::from_secs(3);

/// For how many milliseconds an answer holds. A program is started for each, so what comes close
/// together is answered by one; it is less than the shortest pause between two looks at a clock that
/// is not trusted yet.
const HOLDS: u64 = 20_000;

/// By how many milliseconds the wall clock may part from the uptime while an answer holds: a clock
/// that leapt is not the one that was asked about. One that is only drawn right stays far below.
const LEAP: u64 = 1_000;

/// How to say whether the clock is right.
pub(super) fn word(synchronised: bool) -> &'static str {
    if synchronised { RIGHT } else { UNCONFIRMED }
}

/// What was said of the clock, and what the clocks showed when it was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    synchronised: bool,
    uptime: Uptime,
    realtime: Timestamp,
}

impl Answer {
    /// Whether this answer says that a clock which shows this is right.
    pub(super) fn vouches_for(&self, uptime: Uptime, realtime: Timestamp) -> bool {
        self.synchronised && self.is_of(uptime, realtime)
    }

    fn is_of(&self, uptime: Uptime, realtime: Timestamp) -> bool {
        let Some(elapsed) = uptime.milliseconds().checked_sub(self.uptime.milliseconds()) else {
            return false;
        };
        let shown = realtime.milliseconds() - self.realtime.milliseconds();
        elapsed < HOLDS && i64::try_from(elapsed).is_ok_and(|e| shown.abs_diff(e) < LEAP)
    }
}

/// The last answer, where it is one of the clock that shows this now, or a new one.
pub(super) fn answer(
    socket: &Path,
    last: &Mutex<Option<Answer>>,
    uptime: Uptime,
    realtime: Timestamp,
) -> Answer {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = last.filter(|answer| answer.is_of(uptime, realtime)) {
        return known;
    }
    let synchronised = ask(socket).is_ok_and(|said| said == RIGHT);
    *last.insert(Answer { synchronised, uptime, realtime })
}

fn ask(socket: &Path) -> io::Result<String> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut said = String::new();
    // One more than the longest answer, so that a longer one is none.
    stream.take(16).read_to_string(&mut said)?;
    Ok(said)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixListener;
    use std::sync::Mutex;
    use std::thread;

    use crate::domain::{Timestamp, Uptime};

    use super::{Answer, HOLDS, LEAP, RIGHT, UNCONFIRMED, answer, word};

    const NOON: i64 = 1_795_435_200_000;

    fn clocks(uptime: u64, realtime: i64) -> (Uptime, Timestamp) {
        (Uptime::from_milliseconds(uptime), Timestamp::from_milliseconds(realtime).unwrap())
    }

    fn at_noon(synchronised: bool) -> Answer {
        let (uptime, realtime) = clocks(5_000, NOON);
        Answer { synchronised, uptime, realtime }
    }

    fn vouches(synchronised: bool, uptime: u64, realtime: i64) -> bool {
        let (uptime, realtime) = clocks(uptime, realtime);
        at_noon(synchronised).vouches_for(uptime, realtime)
    }

    #[test]
    fn an_answer_holds_for_a_while_and_for_a_clock_that_did_not_leap() {
        assert!(vouches(true, 5_000, NOON));
        assert!(vouches(true, 15_000, NOON + 10_000));
        assert!(!vouches(true, 5_000 + HOLDS, NOON + i64::try_from(HOLDS).unwrap()));
        let leap = i64::try_from(LEAP).unwrap();
        assert!(!vouches(true, 6_000, NOON + 1_000 + leap));
        assert!(!vouches(true, 6_000, NOON + 1_000 - leap));
        assert!(vouches(true, 6_000, NOON + 1_000 + leap - 1));
    }

    #[test]
    fn an_answer_says_nothing_of_what_came_before() {
        assert!(!vouches(true, 4_999, NOON - 1));
    }

    #[test]
    fn a_clock_that_is_not_confirmed_is_not_vouched_for() {
        assert!(!vouches(false, 5_000, NOON));
    }

    /// Asks someone who says each of these once, in turn, at these clocks.
    fn asked(says: &[&'static str], at: &[(u64, i64)]) -> Vec<bool> {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("clock");
        let listener = UnixListener::bind(&socket).unwrap();
        let says = says.to_vec();
        let speaker = thread::spawn(move || {
            for said in says {
                // Who has heard enough may be gone before all is said.
                let _ = listener.accept().unwrap().0.write_all(said.as_bytes());
            }
        });
        let last = Mutex::new(None);
        let answers = at
            .iter()
            .map(|at| {
                let (uptime, realtime) = clocks(at.0, at.1);
                answer(&socket, &last, uptime, realtime).vouches_for(uptime, realtime)
            })
            .collect();
        speaker.join().unwrap();
        answers
    }

    #[test]
    fn a_clock_is_asked_about_again_when_it_leapt() {
        let at = [(5_000, 5_000), (6_000, 6_000), (7_000, NOON), (8_000, NOON + 1_000)];
        let says = &[word(false), word(true)];
        assert_eq!(asked(says, &at), [false, false, true, true]);
    }

    #[test]
    fn other_words_vouch_for_nothing() {
        for says in [&[""], &["synchronised"], &["synchronised\nsynchronised\n"], &["\u{1f550}"]] {
            assert_eq!(asked(says, &[(5_000, NOON)]), [false]);
        }
        assert!(UNCONFIRMED.len() < 16 && RIGHT.len() < 16);
    }

    #[test]
    fn where_nobody_listens_nothing_is_vouched_for() {
        let directory = tempfile::tempdir().unwrap();
        let (uptime, realtime) = clocks(5_000, NOON);
        let answer = answer(&directory.path().join("none"), &Mutex::new(None), uptime, realtime);
        assert!(!answer.vouches_for(uptime, realtime));
    }
}
