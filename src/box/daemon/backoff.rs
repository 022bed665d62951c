use temoin_core::session::Uptime;

/// When something is tried again: after a pause that doubles each time, up to a longest one.
#[derive(Debug)]
pub(super) struct Backoff {
    first: u64,
    longest: u64,
    pause: u64,
}

impl Backoff {
    /// For a write that failed.
    pub(super) const WRITE: Self = Self::between(1_000, 300_000);

    /// Pauses between these two, in milliseconds.
    pub(super) const fn between(first: u64, longest: u64) -> Self {
        Self { first, longest, pause: first }
    }

    /// Begins with the first pause again.
    pub(super) fn reset(&mut self) {
        self.pause = self.first;
    }

    /// When to try again what was tried `now`.
    pub(super) fn next(&mut self, now: Uptime) -> Uptime {
        let at = now.plus(self.pause);
        self.pause = (self.pause * 2).min(self.longest);
        at
    }
}
