use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::http::Source;

/// How often each source may call. Nothing is kept of a source that has its whole allowance again.
#[derive(Debug)]
pub(super) struct Limits {
    burst: u32,
    /// In what time a source regains one call.
    interval: Duration,
    /// When each source that called lately will have its whole allowance again.
    whole_again: HashMap<Source, Instant>,
}

impl Limits {
    /// Allows so many calls an hour, in whatever rhythm.
    pub(super) fn an_hour(calls: u32) -> Self {
        Self { burst: calls, interval: HOUR / calls.max(1), whole_again: HashMap::new() }
    }

    /// Whether a source may call now; if so, it is counted.
    pub(super) fn allow(&mut self, source: Source, now: Instant) -> bool {
        let known = self.whole_again.get(&source).copied();
        let after = known.filter(|at| *at > now).unwrap_or(now) + self.interval;
        if after.saturating_duration_since(now) > self.interval * self.burst {
            return false;
        }
        if known.is_none() && self.whole_again.len() >= MOST_SOURCES {
            self.forget(now);
        }
        self.whole_again.insert(source, after);
        true
    }

    /// Makes room: forgets those who have their whole allowance, or else the half that is nearest to
    /// it, who gain the least by being forgotten.
    fn forget(&mut self, now: Instant) {
        self.whole_again.retain(|_, at| *at > now);
        if self.whole_again.len() >= MOST_SOURCES {
            let mut times: Vec<Instant> = self.whole_again.values().copied().collect();
            let (_, median, _) = times.select_nth_unstable(MOST_SOURCES / 2);
            let median = *median;
            self.whole_again.retain(|_, at| *at > median);
        }
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

/// How many sources are remembered, in less than a megabyte.
const MOST_SOURCES: usize = 8_192;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::{Duration, Instant};

    use super::{HOUR, Limits, MOST_SOURCES, Source};

    fn source(number: u32) -> Source {
        Source::of(Ipv4Addr::from_bits(number).into())
    }

    #[test]
    fn so_many_calls_an_hour_are_allowed_in_any_rhythm_and_no_more() {
        let (mut limits, start) = (Limits::an_hour(12), Instant::now());
        for _ in 0..12 {
            assert!(limits.allow(source(1), start));
        }
        assert!(!limits.allow(source(1), start));
        assert!(limits.allow(source(2), start));
        assert!(!limits.allow(source(1), start + HOUR / 12 - Duration::from_secs(1)));
        assert!(limits.allow(source(1), start + HOUR / 12));
        assert!(!limits.allow(source(1), start + HOUR / 12));

        let mut limits = Limits::an_hour(60);
        for call in 0..600 {
            assert!(limits.allow(source(1), start + HOUR / 60 * call), "{call}");
        }
    }

    #[test]
    fn a_flood_of_sources_takes_bounded_memory_and_frees_none_that_called_most() {
        let (mut limits, start) = (Limits::an_hour(12), Instant::now());
        while limits.allow(source(0), start) {}
        for number in 1..100_000 {
            assert!(limits.allow(source(number), start));
            assert!(limits.whole_again.len() <= MOST_SOURCES);
        }
        assert!(!limits.allow(source(0), start));
        assert!(limits.allow(source(100_000), start + HOUR * 2));
        limits.forget(start + HOUR * 2);
        assert_eq!(limits.whole_again.len(), 1);
    }
}
