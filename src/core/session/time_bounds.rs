use super::Timestamp;

/// When something happened, as far as it is known.
///
/// An unobserved end, or an untrusted clock, leaves bounds instead of an instant. Both bounds are
/// kept and shown; nothing in between is invented.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeBounds {
    /// Not before this; unknown when `None`.
    pub earliest: Option<Timestamp>,
    /// Not after this; unknown when `None`.
    pub latest: Option<Timestamp>,
    /// What the box's own clock said while nothing confirmed it; `None` where it was trusted.
    pub claimed: Option<Timestamp>,
}

impl TimeBounds {
    /// Exactly then.
    pub fn exact(at: Timestamp) -> Self {
        Self { earliest: Some(at), latest: Some(at), claimed: None }
    }

    /// Somewhere between two instants, either of which may be unknown.
    pub fn between(earliest: Option<Timestamp>, latest: Option<Timestamp>) -> Self {
        Self { earliest, latest, claimed: None }
    }

    /// Known only from the box's own, unconfirmed clock.
    pub fn claimed(at: Timestamp) -> Self {
        Self { earliest: None, latest: None, claimed: Some(at) }
    }

    /// The earliest and the latest instant; `None` where either is not known.
    pub fn range(&self) -> Option<(Timestamp, Timestamp)> {
        self.earliest.zip(self.latest)
    }

    /// The instant, where it is known exactly.
    pub fn instant(&self) -> Option<Timestamp> {
        self.earliest.filter(|_| self.earliest == self.latest)
    }

    /// The best single instant for ordering and counting; never shown as exact.
    pub fn best(&self) -> Option<Timestamp> {
        self.latest.or(self.claimed).or(self.earliest)
    }

    /// The same, narrowed by two instants known to lie around it.
    #[must_use]
    pub fn within(self, earliest: Option<Timestamp>, latest: Option<Timestamp>) -> Self {
        Self {
            earliest: self.earliest.max(earliest),
            latest: match (self.latest, latest) {
                (Some(own), Some(other)) => Some(own.min(other)),
                (own, other) => own.or(other),
            },
            claimed: self.claimed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TimeBounds, Timestamp};

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds).unwrap()
    }

    #[test]
    fn bounds_are_no_instant_unless_they_meet() {
        assert_eq!(TimeBounds::exact(at(5)).instant(), Some(at(5)));
        assert_eq!(TimeBounds::between(Some(at(5)), Some(at(6))).instant(), None);
        assert_eq!(TimeBounds::between(None, None).instant(), None);
        assert_eq!(TimeBounds::claimed(at(5)).instant(), None);
    }

    #[test]
    fn bounds_only_ever_draw_closer() {
        let moment = TimeBounds::between(Some(at(5)), None).within(Some(at(3)), Some(at(9)));
        assert_eq!((moment.earliest, moment.latest), (Some(at(5)), Some(at(9))));
        let moment = moment.within(Some(at(6)), Some(at(12)));
        assert_eq!((moment.earliest, moment.latest), (Some(at(6)), Some(at(9))));
    }
}
