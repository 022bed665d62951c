//! Asks the package's clock unit whether the kernel's clock is synchronised.
//!
//! The system call that queries the clock status can also set the clock, so the daemon's sandbox
//! forbids it. Another unit of the package, which may call it and has access to nothing else,
//! answers at [`SOCKET`].
//!
//! # Error handling
//! No answer, or any other answer, counts as not synchronised.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use temoin_core::session::{Timestamp, Uptime};

/// Where the clock unit listens.
pub(super) const SOCKET: &str = "/run/temoin-clock.sock";

/// The unit's two answers, printed by `temoin clock`.
const RIGHT: &str = "synchronised\n";
const UNCONFIRMED: &str = "unsynchronised\n";

/// How long the daemon waits for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// Validity of an answer in milliseconds. Each starts a program, so one serves several queries in a
/// row; it is shorter than the shortest interval between two checks of a clock that is not trusted
/// yet.
const VALID_FOR: u64 = 20_000;

/// Maximum drift of the wall clock from the uptime, in milliseconds, while an answer is valid:
/// after a jump the answer no longer applies. A clock that is slewed stays far below.
const MAX_DRIFT: u64 = 1_000;

/// The answer for this status.
pub(super) fn status_word(synchronised: bool) -> &'static str {
    if synchronised { RIGHT } else { UNCONFIRMED }
}

/// An answer, and what the clocks showed at that time.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockAnswer {
    synchronised: bool,
    uptime: Uptime,
    realtime: Timestamp,
}

impl ClockAnswer {
    /// Whether this answer applies to these clocks and says that they are right.
    pub(super) fn confirms(&self, uptime: Uptime, realtime: Timestamp) -> bool {
        self.synchronised && self.applies_to(uptime, realtime)
    }

    fn applies_to(&self, uptime: Uptime, realtime: Timestamp) -> bool {
        let Some(elapsed) = uptime.milliseconds().checked_sub(self.uptime.milliseconds()) else {
            return false;
        };
        let shown = realtime.milliseconds() - self.realtime.milliseconds();
        elapsed < VALID_FOR && i64::try_from(elapsed).is_ok_and(|e| shown.abs_diff(e) < MAX_DRIFT)
    }
}

/// The last answer if it still applies to these clocks, or a new one.
pub(super) fn answer(
    socket: &Path,
    last: &Mutex<Option<ClockAnswer>>,
    uptime: Uptime,
    realtime: Timestamp,
) -> ClockAnswer {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = last.filter(|answer| answer.applies_to(uptime, realtime)) {
        return known;
    }
    let synchronised = ask(socket).is_ok_and(|said| said == RIGHT);
    *last.insert(ClockAnswer { synchronised, uptime, realtime })
}

fn ask(socket: &Path) -> io::Result<String> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
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

    use temoin_core::session::{Timestamp, Uptime};

    use super::{ClockAnswer, MAX_DRIFT, RIGHT, UNCONFIRMED, VALID_FOR, answer, status_word};

    const NOON: i64 = 1_795_435_200_000;

    fn clocks(uptime: u64, realtime: i64) -> (Uptime, Timestamp) {
        (Uptime::from_milliseconds(uptime), Timestamp::from_milliseconds(realtime).unwrap())
    }

    fn at_noon(synchronised: bool) -> ClockAnswer {
        let (uptime, realtime) = clocks(5_000, NOON);
        ClockAnswer { synchronised, uptime, realtime }
    }

    fn confirmed(synchronised: bool, uptime: u64, realtime: i64) -> bool {
        let (uptime, realtime) = clocks(uptime, realtime);
        at_noon(synchronised).confirms(uptime, realtime)
    }

    #[test]
    fn an_answer_holds_for_a_while_and_for_a_clock_that_did_not_leap() {
        assert!(confirmed(true, 5_000, NOON));
        assert!(confirmed(true, 15_000, NOON + 10_000));
        assert!(!confirmed(true, 5_000 + VALID_FOR, NOON + i64::try_from(VALID_FOR).unwrap()));
        let leap = i64::try_from(MAX_DRIFT).unwrap();
        assert!(!confirmed(true, 6_000, NOON + 1_000 + leap));
        assert!(!confirmed(true, 6_000, NOON + 1_000 - leap));
        assert!(confirmed(true, 6_000, NOON + 1_000 + leap - 1));
    }

    #[test]
    fn an_answer_says_nothing_of_what_came_before() {
        assert!(!confirmed(true, 4_999, NOON - 1));
    }

    #[test]
    fn a_clock_that_is_not_confirmed_is_not_vouched_for() {
        assert!(!confirmed(false, 5_000, NOON));
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
                answer(&socket, &last, uptime, realtime).confirms(uptime, realtime)
            })
            .collect();
        speaker.join().unwrap();
        answers
    }

    #[test]
    fn a_clock_is_asked_about_again_when_it_leapt() {
        let at = [(5_000, 5_000), (6_000, 6_000), (7_000, NOON), (8_000, NOON + 1_000)];
        let says = &[status_word(false), status_word(true)];
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
        assert!(!answer.confirms(uptime, realtime));
    }
}
