//! When calls are made. Random numbers are passed in, uniform over the range of their type.

use temoin_protocol::Timestamp;

/// What to do about the daily request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DailyAction {
    /// Send it, and schedule the next one.
    Ask {
        /// At a moment of the next day.
        next: Timestamp,
    },
    /// Wait until then; `None`: until a route is available.
    Wait(Option<Timestamp>),
    /// Use and store this newly drawn time.
    Redraw(Timestamp),
}

/// What to do about the daily request that is due `at`, by a clock that says `now`; `can_ask` if a
/// route is available.
pub fn daily(
    at: Option<Timestamp>,
    now: Timestamp,
    is_trusted: bool,
    can_ask: bool,
    random: u64,
) -> DailyAction {
    match at {
        None => DailyAction::Redraw(first(now, random)),
        Some(at) if !is_plausible(at, now) => {
            // A clock in 1970 is usually set soon.
            if is_trusted {
                DailyAction::Redraw(first(now, random))
            } else {
                DailyAction::Wait(None)
            }
        }
        Some(at) if now < at => DailyAction::Wait(Some(at)),
        Some(_) if !can_ask => DailyAction::Wait(None),
        Some(at) if now.since(at).as_millis() > MISSED_AFTER => {
            DailyAction::Redraw(after_missed(now, random))
        }
        Some(_) => DailyAction::Ask { next: next_day(now, random) },
    }
}

/// When the daily request after one at `now` is due: at a uniformly random time of the next UTC
/// day. UTC, so that boxes in one time zone share no hour in which none asks.
fn next_day(now: Timestamp, random: u64) -> Timestamp {
    let today = now.milliseconds().div_euclid(DAY) * DAY;
    now.shifted(today - now.milliseconds() + DAY + below(DAY, random))
}

/// When the first daily request of a box is due.
fn first(now: Timestamp, random: u64) -> Timestamp {
    now.shifted(below(DAY, random))
}

/// When to make up for a missed request (box off, no tunnel): at a random time within the hour,
/// since boxes that share a power line or a server come back together.
fn after_missed(now: Timestamp, random: u64) -> Timestamp {
    now.shifted(below(HOUR, random))
}

/// Whether `at` can have been drawn by a clock that says `now`: at most until the end of the next
/// day.
fn is_plausible(at: Timestamp, now: Timestamp) -> bool {
    at.milliseconds() - now.milliseconds() <= 2 * DAY
}

/// Delay in milliseconds after this many failed registrations: exponential back-off from 30 seconds
/// to an hour, of which a random 50 to 100 %.
pub fn retry_delay(failures: u32, random: u64) -> u64 {
    let doubled = FIRST_PAUSE.checked_shl(failures.saturating_sub(1).min(16)).unwrap_or(HOUR);
    let whole = doubled.min(HOUR);
    whole.div_euclid(2).saturating_add(below(whole.div_euclid(2) + 1, random)).unsigned_abs()
}

/// A number below `limit`.
fn below(limit: i64, random: u64) -> i64 {
    // Of 2⁶⁴ numbers to a day, no moment gets more than another by one part in 10¹¹.
    let drawn = (u128::from(random) * u128::from(limit.unsigned_abs())) >> 64;
    i64::try_from(drawn).unwrap_or(0)
}

/// In milliseconds: a request later than this counts as missed.
const MISSED_AFTER: u128 = 600_000;

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
        assert_eq!(after_missed(now(), u64::MAX).to_string(), "2026-11-24T22:29:59.999Z");
    }

    #[test]
    fn attempts_at_a_registration_become_rarer_up_to_one_an_hour() {
        for (failures, whole) in [(1, 30_000), (2, 60_000), (3, 120_000), (7, 1_920_000)] {
            assert_eq!(
                (retry_delay(failures, 0), retry_delay(failures, u64::MAX)),
                (whole / 2, whole)
            );
        }
        for failures in [8, 9, 100, u32::MAX] {
            assert_eq!(retry_delay(failures, u64::MAX), 3_600_000, "{failures}");
        }
    }

    #[test]
    fn what_was_missed_is_made_once_within_an_hour_of_a_way_out() {
        let day_ago = now().shifted(-DAY);
        assert_eq!(daily(Some(day_ago), now(), true, false, 0), DailyAction::Wait(None));
        let DailyAction::Redraw(at) = daily(Some(day_ago), now(), true, true, u64::MAX) else {
            panic!()
        };
        assert_eq!(daily(Some(at), now(), true, true, 0), DailyAction::Wait(Some(at)));
        let DailyAction::Ask { next } = daily(Some(at), at, true, true, 0) else { panic!() };
        assert_eq!(next.to_string(), "2026-11-25T00:00:00.000Z");
        assert_eq!(daily(Some(next), at, true, true, 0), DailyAction::Wait(Some(next)));
    }

    #[test]
    fn a_clock_that_is_far_off_draws_nothing_until_it_is_trusted() {
        let far = Some(now().shifted(3 * DAY));
        assert_eq!(daily(far, now(), false, true, 7), DailyAction::Wait(None));
        assert_eq!(daily(far, now(), true, true, 0), DailyAction::Redraw(now()));
        assert_eq!(daily(None, now(), false, true, 0), DailyAction::Redraw(now()));
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
