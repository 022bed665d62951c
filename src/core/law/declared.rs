use super::edition::StartEvent;
use super::judge::Kept;
use super::period::RetentionPeriod;
use super::profile::{Profile, ProfileStatement, StoredField};
use super::span::Span;
use crate::session::{Field, Timestamp};

/// What one statement of an operator says of one field of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared<'a> {
    /// The statement: its date, kind and source are there.
    pub statement: &'a ProfileStatement,
    /// What it says of the field.
    pub stores: &'a StoredField,
    /// Whether it covers the session.
    pub covered: Covered,
    /// Until when it says that the field is kept.
    pub kept: Kept<'a>,
}

/// Whether a session falls into the time for which a statement says something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Covered {
    /// It does, or the statement names no first day.
    Yes,
    /// It ended before.
    No,
    /// It began before and ended later, or its days are not known.
    Perhaps,
}

impl Profile {
    /// What the operator's statements say of a field of a session, newest first. They may
    /// contradict each other; none is left out.
    pub fn declared(&self, field: Field, span: Span, now: Timestamp) -> Vec<Declared<'_>> {
        let span = span.tightened();
        let statements = self.statements.iter();
        statements
            .filter_map(|statement| {
                let stores = statement.of(field)?;
                let covered = self.covers(stores, span, now);
                let kept = self.kept(stores, span, now);
                Some(Declared { statement, stores, covered, kept })
            })
            .collect()
    }

    fn covers(&self, stores: &StoredField, span: Span, now: Timestamp) -> Covered {
        let Some(from) = stores.from else { return Covered::Yes };
        let day = |at: Timestamp| self.zone.date(at);
        let last = span.end.map_or(Some(now), |end| end.latest);
        if span.start.earliest.is_some_and(|at| day(at) >= from) {
            Covered::Yes
        } else if last.is_some_and(|at| day(at) < from) {
            Covered::No
        } else {
            Covered::Perhaps
        }
    }

    fn kept(&self, stores: &StoredField, span: Span, now: Timestamp) -> Kept<'_> {
        let Some(period) = stores.erase_after else {
            return if stores.stored { Kept::NoLength } else { Kept::Never };
        };
        let event = stores.counted_from.map(StartEvent::from);
        // Where it does not say from when it counts, it is from some moment of the session.
        let counted = event.unwrap_or(StartEvent::Recording);
        match span.days_of(counted, now, self.zone) {
            Some(days) => Kept::counted(event, days, &RetentionPeriod::of(period), self.zone),
            None => Kept::AfterEvent(counted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{at, closed, day, open, profile};
    use super::Covered;
    use crate::law::Kept;
    use crate::session::Field;

    const NOW: &str = "2026-11-24T12:00:00Z";

    #[test]
    fn a_period_that_is_counted_from_nothing_named_gives_a_range_over_the_session() {
        let profile = profile(
            "[[statement.stores]]\nfield = \"origin_address\"\nstored = true\n\
             erase_after = { months = 6 }\n\
             [[statement.stores]]\nfield = \"assigned_ipv4\"\nstored = true\n\
             erase_after = { days = 30 }\ncounted_from = \"session_end\"\n\
             [[statement.stores]]\nfield = \"gateway\"\nstored = true\n\
             [[statement.stores]]\nfield = \"bytes_in\"\nstored = false\n",
        );
        let span = closed("2026-01-31T10:00:00Z", "2026-03-31T10:00:00Z");
        let kept = |field| profile.declared(field, span, at(NOW))[0].kept.clone();
        let origin = *kept(Field::OriginAddress).until().unwrap();
        let range = (Some(day("2026-07-31")), Some(day("2026-09-30")));
        assert_eq!((origin.earliest, origin.latest, origin.event), (range.0, range.1, None));
        let assigned = *kept(Field::AssignedIpv4).until().unwrap();
        assert_eq!(assigned.last_day(), Some(day("2026-04-30")));
        assert_eq!(assigned.erasable_from, Some(at("2026-04-30T22:00:00Z")));
        assert_eq!(kept(Field::Gateway), Kept::NoLength);
        assert_eq!(kept(Field::BytesIn), Kept::Never);
        assert!(profile.declared(Field::Transport, span, at(NOW)).is_empty());
    }

    #[test]
    fn a_session_before_the_first_day_of_a_statement_is_not_covered_by_it() {
        let profile = profile(
            "[[statement.stores]]\nfield = \"origin_address\"\nstored = true\nfrom = 2026-02-01\n",
        );
        let covered = |span| profile.declared(Field::OriginAddress, span, at(NOW))[0].covered;
        // 2026-01-31T23:00Z is the first instant of February in Brussels.
        let before = closed("2026-01-30T10:00:00Z", "2026-01-31T22:59:59Z");
        let across = closed("2026-01-31T22:59:59Z", "2026-01-31T23:00:00Z");
        let after = closed("2026-01-31T23:00:00Z", "2026-01-31T23:00:00Z");
        assert_eq!(covered(before), Covered::No);
        assert_eq!(covered(across), Covered::Perhaps);
        assert_eq!(covered(after), Covered::Yes);
        assert_eq!(covered(open("2026-01-30T10:00:00Z")), Covered::Perhaps);
    }
}
