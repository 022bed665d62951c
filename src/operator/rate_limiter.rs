use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How many registrations an hour are answered to one source.
pub(super) const REGISTRATIONS_PER_HOUR: u32 = 60;

/// How many status requests an hour are answered to one source.
pub(super) const STATUS_REQUESTS_PER_HOUR: u32 = 12;

/// A rate limit per source. A source whose allowance is full again is forgotten.
#[derive(Debug)]
pub(super) struct RateLimiter<S> {
    burst: u32,
    /// The time in which a source regains one call.
    interval: Duration,
    /// When the allowance of each recent source will be full again.
    replenished_at: HashMap<S, Instant>,
}

impl<S: Copy + Eq + Hash> RateLimiter<S> {
    /// Allows so many calls an hour, in whatever rhythm.
    pub(super) fn per_hour(calls: u32) -> Self {
        Self { burst: calls, interval: HOUR / calls.max(1), replenished_at: HashMap::new() }
    }

    /// Whether a source may call now; if so, it is counted.
    pub(super) fn allow(&mut self, source: S, now: Instant) -> bool {
        let known = self.replenished_at.get(&source).copied();
        let after = known.filter(|at| *at > now).unwrap_or(now) + self.interval;
        if after.saturating_duration_since(now) > self.interval * self.burst {
            return false;
        }
        if known.is_none() && self.replenished_at.len() >= MAX_SOURCES {
            self.evict(now);
        }
        self.replenished_at.insert(source, after);
        true
    }

    /// Evicts the sources whose allowance is full again, or else the half closest to that, which gains
    /// the least from it.
    fn evict(&mut self, now: Instant) {
        self.replenished_at.retain(|_, at| *at > now);
        if self.replenished_at.len() >= MAX_SOURCES {
            let mut times: Vec<Instant> = self.replenished_at.values().copied().collect();
            let (_, median, _) = times.select_nth_unstable(MAX_SOURCES / 2);
            let median = *median;
            self.replenished_at.retain(|_, at| *at > median);
        }
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

/// How many sources are remembered, in less than a megabyte.
const MAX_SOURCES: usize = 8_192;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::{Duration, Instant};

    use super::{HOUR, MAX_SOURCES, RateLimiter};

    fn source(number: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(number)
    }

    #[test]
    fn so_many_calls_an_hour_are_allowed_in_any_rhythm_and_no_more() {
        let (mut limits, start) = (RateLimiter::per_hour(12), Instant::now());
        for _ in 0..12 {
            assert!(limits.allow(source(1), start));
        }
        assert!(!limits.allow(source(1), start));
        assert!(limits.allow(source(2), start));
        assert!(!limits.allow(source(1), start + HOUR / 12 - Duration::from_secs(1)));
        assert!(limits.allow(source(1), start + HOUR / 12));
        assert!(!limits.allow(source(1), start + HOUR / 12));

        let mut limits = RateLimiter::per_hour(60);
        for call in 0..600 {
            assert!(limits.allow(source(1), start + HOUR / 60 * call), "{call}");
        }
    }

    #[test]
    fn a_flood_of_sources_takes_bounded_memory_and_frees_none_that_called_most() {
        let (mut limits, start) = (RateLimiter::per_hour(12), Instant::now());
        while limits.allow(source(0), start) {}
        for number in 1..100_000 {
            assert!(limits.allow(source(number), start));
            assert!(limits.replenished_at.len() <= MAX_SOURCES);
        }
        assert!(!limits.allow(source(0), start));
        assert!(limits.allow(source(100_000), start + HOUR * 2));
        limits.evict(start + HOUR * 2);
        assert_eq!(limits.replenished_at.len(), 1);
    }
}
