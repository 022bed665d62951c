//! When calls are made. Random numbers are passed in, uniform over all that their type holds.

use crate::domain::Timestamp;

/// What is to be done about the daily request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Daily {
    /// Send it, and the next one then.
    Ask {
        /// At a moment of the next day.
        next: Timestamp,
    },
    /// Nothing before this; `None`: before a way out is there.
    Wait(Option<Timestamp>),
    /// Its moment is drawn anew, and is to be noted.
    Redraw(Timestamp),
}

/// What is to be done about the daily request that is due `at`, by a clock that says `now` and is
/// trusted or not; `can_ask` where there is a way out just now.
pub fn daily(
    at: Option<Timestamp>,
    now: Timestamp,
    is_trusted: bool,
    can_ask: bool,
    random: u64,
) -> Daily {
    match at {
        None => Daily::Redraw(first(now, random)),
        Some(at) if !is_plausible(at, now) => {
            // A clock in 1970 is mostly set soon.
            if is_trusted { Daily::Redraw(first(now, random)) } else { Daily::Wait(None) }
        }
        Some(at) if now < at => Daily::Wait(Some(at)),
        Some(_) if !can_ask => Daily::Wait(None),
        Some(at) if now.since(at).as_millis() > LATE => Daily::Redraw(after_a_miss(now, random)),
        Some(_) => Daily::Ask { next: next_day(now, random) },
    }
}

/// When the daily request after one at `now` is due: at a moment drawn uniformly from the next day.
/// The day is that of UTC, so that boxes of one zone have no hour in common in which none asks.
fn next_day(now: Timestamp, random: u64) -> Timestamp {
    let today = now.milliseconds().div_euclid(DAY) * DAY;
    now.shifted(today - now.milliseconds() + DAY + below(DAY, random))
}

/// When the first daily request is due, on a box that never made one.
fn first(now: Timestamp, random: u64) -> Timestamp {
    now.shifted(below(DAY, random))
}

/// When a request that could not be made at its time (the box was off, or had no tunnel) is made once
/// it can be: within an hour, since boxes that share a power line or a server come back together.
fn after_a_miss(now: Timestamp, random: u64) -> Timestamp {
    now.shifted(below(HOUR, random))
}

/// Whether a moment to ask at can have been drawn by a clock that says `now`: none lies further ahead
/// than the end of the next day.
fn is_plausible(at: Timestamp, now: Timestamp) -> bool {
    at.milliseconds() - now.milliseconds() <= 2 * DAY
}

/// How long to wait, in milliseconds, after so many attempts at a registration that failed: 30 seconds,
/// doubled each time up to an hour, of which between half and the whole.
pub fn pause(failures: u32, random: u64) -> u64 {
    let doubled = FIRST_PAUSE.checked_shl(failures.saturating_sub(1).min(16)).unwrap_or(HOUR);
    let whole = doubled.min(HOUR);
    whole.div_euclid(2).saturating_add(below(whole.div_euclid(2) + 1, random)).unsigned_abs()
}

/// A number from 0 up to but not `limit`.
fn below(limit: i64, random: u64) -> i64 {
    // Of 2⁶⁴ numbers to a day, no moment gets more than another by one part in 10¹¹.
    let drawn = (u128::from(random) * u128::from(limit.unsigned_abs())) >> 64;
    i64::try_from(drawn).unwrap_or(0)
}

/// In milliseconds: a request that is later than this was missed.
const LATE: u128 = 600_000;

/// In milliseconds.
const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const FIRST_PAUSE: i64 = 30_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T21:30:00Z".parse().unwrap()
    }

    #[test]
    fn the_next_day_is_drawn_from_its_first_moment_to_its_last() {
        assert_eq!(next_day(now(), 0).to_string(), "2026-11-25T00:00:00.000Z");
        assert_eq!(next_day(now(), u64::MAX).to_string(), "2026-11-25T23:59:59.999Z");
        assert_eq!(next_day(now(), u64::MAX / 2 + 1).to_string(), "2026-11-25T12:00:00.000Z");
        assert_eq!(first(now(), u64::MAX).to_string(), "2026-11-25T21:29:59.999Z");
        assert_eq!(after_a_miss(now(), u64::MAX).to_string(), "2026-11-24T22:29:59.999Z");
    }

    #[test]
    fn attempts_at_a_registration_become_rarer_up_to_one_an_hour() {
        for (failures, whole) in [(1, 30_000), (2, 60_000), (3, 120_000), (7, 1_920_000)] {
            assert_eq!((pause(failures, 0), pause(failures, u64::MAX)), (whole / 2, whole));
        }
        for failures in [8, 9, 100, u32::MAX] {
            assert_eq!(pause(failures, u64::MAX), 3_600_000, "{failures}");
        }
    }

    #[test]
    fn what_was_missed_is_made_once_within_an_hour_of_a_way_out() {
        let day_ago = now().shifted(-DAY);
        assert_eq!(daily(Some(day_ago), now(), true, false, 0), Daily::Wait(None));
        let Daily::Redraw(at) = daily(Some(day_ago), now(), true, true, u64::MAX) else { panic!() };
        assert_eq!(daily(Some(at), now(), true, true, 0), Daily::Wait(Some(at)));
        let Daily::Ask { next } = daily(Some(at), at, true, true, 0) else { panic!() };
        assert_eq!(next.to_string(), "2026-11-25T00:00:00.000Z");
        assert_eq!(daily(Some(next), at, true, true, 0), Daily::Wait(Some(next)));
    }

    #[test]
    fn a_clock_that_is_far_off_draws_nothing_until_it_is_trusted() {
        let far = Some(now().shifted(3 * DAY));
        assert_eq!(daily(far, now(), false, true, 7), Daily::Wait(None));
        assert_eq!(daily(far, now(), true, true, 0), Daily::Redraw(now()));
        assert_eq!(daily(None, now(), false, true, 0), Daily::Redraw(now()));
    }

    proptest! {
        #[test]
        fn each_day_has_one_request(milliseconds in 0_i64..4_000_000_000_000, random in any::<u64>()) {
            let now = Timestamp::from_milliseconds(milliseconds).unwrap();
            let next = next_day(now, random);
            let day = |at: Timestamp| at.milliseconds().div_euclid(DAY);
            prop_assert_eq!(day(next), day(now) + 1);
            prop_assert!(is_plausible(next, now) && is_plausible(first(now, random), now));
            prop_assert!(!is_plausible(now.shifted(3 * DAY), now));
        }
    }
}
