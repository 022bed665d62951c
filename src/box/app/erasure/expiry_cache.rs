use std::collections::HashMap;

use chrono::NaiveDate;

use temoin_core::assessment::ApplicableRules;
use temoin_core::law::{EraseBy, Span, erase_by};
use temoin_core::record::{DamagedRow, EARLIEST_PLAUSIBLE};
use temoin_core::session::{Session, TimeBounds, Timestamp, Zone};

/// Caches until when each session may be kept. That depends only on the days on which a session's
/// bounds lie, so each combination of days is judged once.
#[derive(Debug)]
pub(crate) struct ExpiryCache<'a> {
    applicable_rules: ApplicableRules<'a>,
    now: Timestamp,
    zones: Vec<Zone>,
    judged: HashMap<(bool, Vec<Option<NaiveDate>>), EraseBy<'a>>,
}

impl<'a> ExpiryCache<'a> {
    /// An empty cache for a time and the rules at that time.
    pub(crate) fn new(applicable_rules: ApplicableRules<'a>, now: Timestamp) -> Self {
        let mut zones = vec![applicable_rules.profile.map_or(Zone::UTC, |profile| profile.zone)];
        for edition in applicable_rules.law.editions() {
            let ours = Some(edition.jurisdiction) == applicable_rules.jurisdiction;
            if ours && !zones.contains(&edition.zone) {
                zones.push(edition.zone);
            }
        }
        Self { applicable_rules, now, zones, judged: HashMap::new() }
    }

    /// The time that it was made for.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The time zone in which the operator counts days.
    pub(crate) fn operator_zone(&self) -> Zone {
        self.zones[0]
    }

    /// Until when a session may be kept.
    pub(crate) fn of(&mut self, session: &Session) -> &EraseBy<'a> {
        self.of_span(span(session, self.now))
    }

    /// Whether a session should be erased.
    pub(crate) fn is_due(&mut self, session: &Session) -> bool {
        let now = self.now;
        is_past(self.of(session), now)
    }

    /// Whether a damaged row should be erased: counted from the last of its dates that can be read. One
    /// without any is due at once, since nothing says that it may be kept.
    pub(crate) fn is_damaged_due(&mut self, row: &DamagedRow) -> bool {
        let now = self.now;
        row.last.is_none_or(|last| is_past(self.of_file(last), now))
    }

    /// Until when a file that was last written to at an instant, and may hold a session of that
    /// time, may be kept.
    pub(super) fn of_file(&mut self, written: Timestamp) -> &EraseBy<'a> {
        let moment = TimeBounds::exact(written);
        self.of_span(Span { start: moment, end: Some(moment) })
    }

    /// The day from which a session should be erased.
    pub(crate) fn day(&self, until: &EraseBy<'_>) -> Option<NaiveDate> {
        until.day(self.operator_zone())
    }

    fn of_span(&mut self, span: Span) -> &EraseBy<'a> {
        let Self { applicable_rules, now, zones, judged } = self;
        let end = span.end.unwrap_or_else(|| TimeBounds::between(None, None));
        let bounds = [span.start.earliest, span.start.latest, end.earliest, end.latest];
        let days = zones.iter().flat_map(|zone| bounds.map(|at| at.map(|at| zone.date(at))));
        judged.entry((span.is_open(), days.collect())).or_insert_with(|| {
            erase_by(
                span,
                applicable_rules.law,
                applicable_rules.jurisdiction,
                applicable_rules.profile,
                *now,
            )
        })
    }
}

/// From when to when a session lasted, an end that nothing else dates taken for the moment at which
/// it was noted.
fn span(session: &Session, now: Timestamp) -> Span {
    let mut span = Span::from(session);
    if let (Some(moment), Some(end)) = (&mut span.end, &session.end) {
        let noted = end.closed.realtime;
        if moment.latest.is_none() && is_possible(noted, now) {
            moment.latest = Some(noted.max(moment.earliest.unwrap_or(noted)));
        }
    }
    span
}

/// Whether something of temoin's may have happened at an instant.
pub(super) fn is_possible(at: Timestamp, now: Timestamp) -> bool {
    at.milliseconds() >= EARLIEST_PLAUSIBLE && at <= now
}

/// Whether something should be erased.
pub(super) fn is_past(until: &EraseBy<'_>, now: Timestamp) -> bool {
    matches!(until, EraseBy::At { at, .. } if *at <= now)
}

#[cfg(test)]
mod tests {
    use super::super::due_session::tests::{at, closed};
    use super::*;
    use temoin_core::law::{Jurisdiction, Law};
    use temoin_core::session::{End, Observed, Source};

    fn ends(session: &Session, law: &Law, now: Timestamp) -> Option<String> {
        let mut expiry_cache =
            ExpiryCache::new(ApplicableRules::of_jurisdiction(law, Jurisdiction::Belgium), now);
        let until = expiry_cache.of(session).clone();
        expiry_cache.day(&until).map(|day| day.to_string())
    }

    fn ended(mut session: Session, moment: TimeBounds) -> Session {
        let end = session.end.take().unwrap();
        session.end = Some(End { moment: Observed::new(moment, Source::Bounds), ..end });
        session
    }

    #[test]
    fn an_end_without_a_date_counts_from_when_it_was_noted() {
        let law = Law::compiled_in().unwrap();
        let now = at("2026-11-24T12:00:00Z");
        let noted = closed(1, "2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z");
        assert_eq!(ends(&noted, &law, now).as_deref(), Some("2027-03-03"));
        let unknown = TimeBounds::between(None, None);
        assert_eq!(ends(&ended(noted.clone(), unknown), &law, now).as_deref(), Some("2027-03-03"));
        // The clock of an earlier boot, which nobody had set, says nothing of the end.
        for wrong in ["1970-01-01T00:01:00Z", "2099-01-01T00:00:00Z"] {
            let noted = closed(1, "2026-03-01T10:00:00Z", wrong);
            assert_eq!(ends(&ended(noted, unknown), &law, now), None);
        }
    }

    #[test]
    fn what_was_judged_once_is_judged_alike_by_its_days() {
        let law = Law::compiled_in().unwrap();
        let now = at("2026-11-24T12:00:00Z");
        let mut expiry_cache =
            ExpiryCache::new(ApplicableRules::of_jurisdiction(&law, Jurisdiction::Belgium), now);
        for (start, end) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"),
            ("2026-03-01T10:00:00Z", "2026-03-01T22:59:00Z"),
            // Midnight in Brussels.
            ("2026-03-01T10:00:00Z", "2026-03-01T23:01:00Z"),
            ("2026-03-01T23:00:00Z", "2026-03-02T23:01:00Z"),
        ] {
            let session = closed(1, start, end);
            let alone =
                erase_by(Span::from(&session), &law, Some(Jurisdiction::Belgium), None, now);
            assert_eq!(*expiry_cache.of(&session), alone);
        }
        assert_eq!(expiry_cache.judged.len(), 3);
    }
}
