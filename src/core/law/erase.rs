use chrono::NaiveDate;

use super::day_arithmetic;
use super::declared::Covered;
use super::edition::{Jurisdiction, Nature};
use super::editions::Law;
use super::judge::{Applicability, Verdict, judge};
use super::period::Period;
use super::profile::Profile;
use super::span::Span;
use crate::session::{Field, Timestamp, Zone};

/// The longest that the box keeps a session after its end, in calendar months: a month more than the
/// longest period that a law names for such records.
pub const HARD_BOUND_MONTHS: u32 = 13;

/// How many days the box may keep a session past its erasure date, to notice a record that is
/// overdue at the operator's.
pub const GRACE_DAYS: u32 = 14;

/// Until when the box may keep its own record of a session.
///
/// It is erased when the operator's record should be, so that the box never keeps data longer: when
/// the law's last period for what the box records ends, or earlier if the operator declares an
/// earlier end for everything it holds of the session. A declaration for only part of it does not
/// count: an old page on a debugging log would make the box erase what the law requires the
/// operator to keep. If neither is known, and in any case at the latest, [`HARD_BOUND_MONTHS`]
/// after the end.
pub fn erase_by<'a>(
    span: Span,
    law: &'a Law,
    jurisdiction: Option<Jurisdiction>,
    profile: Option<&Profile>,
    now: Timestamp,
) -> EraseBy<'a> {
    let span = span.tightened();
    let Some(end) = span.end else { return EraseBy::Open };
    let Some(end) = end.latest else { return EraseBy::Undated };
    let zone = profile.map_or(Zone::UTC, |profile| profile.zone);
    let last = Period::Months(HARD_BOUND_MONTHS).last_day(zone.date(end));
    let mut at = day_arithmetic::erasable_from(last, zone);
    let mut because = EraseReason::HardBound;

    let required = jurisdiction.map_or_else(Vec::new, |it| required(span, law, it, now));
    let declared = profile.and_then(|profile| declared(span, profile, &required, now));
    let by_law = required
        .into_iter()
        .filter_map(|verdict| Some((verdict.erasable_from()?, verdict)))
        .max_by_key(|(erasable, _)| *erasable);
    if let Some((erasable, verdict)) = by_law {
        if erasable <= at {
            at = erasable;
            because = EraseReason::Law(Box::new(verdict));
        }
    }
    if let Some((erasable, field)) = declared {
        if erasable < at {
            at = erasable;
            because = EraseReason::Declared(field);
        }
    }
    let grace = day_arithmetic::after(zone.date(at), GRACE_DAYS);
    EraseBy::At { at, at_the_latest: zone.first_instant(grace).max(at), because }
}

/// Until when the box may keep its own record of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum EraseBy<'a> {
    /// The session is open: nothing is to be erased yet.
    Open,
    /// It ended, but no bound of its end is known: that has to be found first
    /// ([`crate::session::Session::narrow_bounds`]).
    Undated,
    /// Until an instant.
    At {
        /// From here on it should be erased.
        at: Timestamp,
        /// With sync on, it may stay until here to notice an overdue record; never longer.
        at_the_latest: Timestamp,
        /// Why then.
        because: EraseReason<'a>,
    },
}

impl EraseBy<'_> {
    /// The day from which the session should be erased, in the zone of whoever sets it.
    pub fn day(&self, operator_zone: Zone) -> Option<NaiveDate> {
        let Self::At { at, because, .. } = self else { return None };
        let zone = match because {
            EraseReason::Law(verdict) => verdict.edition.zone,
            EraseReason::Declared(_) | EraseReason::HardBound => operator_zone,
        };
        Some(zone.date(*at))
    }
}

/// Why a session is to be erased then.
#[derive(Clone, Debug, PartialEq)]
pub enum EraseReason<'a> {
    /// The operator declares an end for all that it holds, for this field the last.
    Declared(Field),
    /// This rule's period ends, and no other's later.
    Law(Box<Verdict<'a>>),
    /// Nothing else is known, or it would be later.
    HardBound,
}

/// What the law requires to be kept of what the box records.
fn required<'a>(
    span: Span,
    law: &'a Law,
    jurisdiction: Jurisdiction,
    now: Timestamp,
) -> Vec<Verdict<'a>> {
    let mut verdicts = judge(span, law, jurisdiction, now).verdicts;
    verdicts.retain(|verdict| {
        verdict.rule.nature == Nature::Must
            && verdict.applies != Applicability::Unknown
            && verdict.rule.fields.iter().any(|field| field.is_recorded())
    });
    verdicts
}

/// When the operator erases the last of what the box records, by the newest statement on each
/// field; `None` unless the statements cover everything stored and everything certainly required.
fn declared(
    span: Span,
    profile: &Profile,
    required: &[Verdict<'_>],
    now: Timestamp,
) -> Option<(Timestamp, Field)> {
    let mut last = None;
    for field in Field::ALL.into_iter().filter(|field| field.is_recorded()) {
        let declared = profile.declared(field, span, now);
        match declared.iter().find(|it| it.covered != Covered::No) {
            Some(newest) if newest.stores.stored => {
                let erasable = newest.kept.until().and_then(|until| until.erasable_from)?;
                last = last.max(Some((erasable, field)));
            }
            Some(_) => {}
            None => {
                let certain = |it: &&Verdict<'_>| it.applies == Applicability::Certain;
                if required.iter().filter(certain).any(|it| it.rule.fields.contains(&field)) {
                    return None;
                }
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::super::test_support::{at, closed, edition, law, open, profile, rule};
    use super::{EraseBy, EraseReason, erase_by};
    use crate::law::{Jurisdiction, Law, Profile, Span};
    use crate::session::{Field, TimeBounds, Timestamp};

    const NOW: &str = "2026-11-24T12:00:00Z";
    const BE: Option<Jurisdiction> = Some(Jurisdiction::Belgium);

    fn belgium() -> Law {
        let end = "start_event = \"session_end\"\nperiod = { months = 12 }";
        let rules = [
            rule("source", "[\"origin_address\"]", end),
            // The box does not record it, so it does not keep the session for it.
            rule(
                "identity",
                "[\"member_identity\"]",
                "start_event = \"session_end\"\nperiod = { years = 5 }",
            ),
            // The operator's own purposes are not the box's.
            rule(
                "own",
                "[\"gateway\"]",
                "nature = \"may\"\nstart_event = \"session_end\"\nperiod = { years = 3 }",
            ),
        ];
        law(&[edition("be", "BE", "general", ("2022-08-18", ""), &rules)])
    }

    fn declares(period: &str) -> Profile {
        profile(&format!(
            "[[statement.stores]]\nfield = \"origin_address\"\nstored = true\n\
             erase_after = {period}\ncounted_from = \"session_end\"\n"
        ))
    }

    fn session() -> Span {
        closed("2026-01-01T10:00:00Z", "2026-01-31T10:00:00Z")
    }

    fn times(erase: &EraseBy<'_>) -> (Timestamp, Timestamp) {
        let EraseBy::At { at, at_the_latest, .. } = erase else { panic!("{erase:?}") };
        (*at, *at_the_latest)
    }

    #[test]
    fn the_laws_period_for_what_the_box_records_ends_it() {
        let law = belgium();
        let erase = erase_by(session(), &law, BE, None, at(NOW));
        assert_eq!(times(&erase).0, at("2027-01-31T23:00:00Z"));
        assert!(
            matches!(&erase, EraseBy::At { because: EraseReason::Law(it), .. }
                if it.rule.id.as_str() == "source"),
            "{erase:?}"
        );
    }

    #[test]
    fn an_operator_that_erases_earlier_ends_it_earlier_and_one_that_erases_later_does_not() {
        let law = belgium();
        let (six, never) = (declares("{ months = 6 }"), declares("{ years = 3 }"));
        let erase = erase_by(session(), &law, BE, Some(&six), at(NOW));
        let expected = EraseBy::At {
            at: at("2026-07-31T22:00:00Z"),
            at_the_latest: at("2026-08-14T22:00:00Z"),
            because: EraseReason::Declared(Field::OriginAddress),
        };
        assert_eq!(erase, expected);
        let erase = erase_by(session(), &law, BE, Some(&never), at(NOW));
        assert_eq!(times(&erase).0, at("2027-01-31T23:00:00Z"));
    }

    #[test]
    fn a_declaration_for_some_of_it_does_not_shorten_what_the_law_says() {
        let law = belgium();
        let silent_on_the_address = profile(
            "[[statement.stores]]\nfield = \"session_start\"\nstored = true\n\
             erase_after = { days = 31 }\n",
        );
        let without_a_period_for_one = profile(
            "[[statement.stores]]\nfield = \"origin_address\"\nstored = true\n\
             erase_after = { days = 31 }\n\
             [[statement.stores]]\nfield = \"assigned_ipv4\"\nstored = true\n",
        );
        for profile in [silent_on_the_address, without_a_period_for_one] {
            let erase = erase_by(session(), &law, BE, Some(&profile), at(NOW));
            assert_eq!(times(&erase).0, at("2027-01-31T23:00:00Z"));
        }
        // What it says that it does not store, it need not erase.
        let all = profile(
            "[[statement.stores]]\nfield = \"origin_address\"\nstored = true\n\
             erase_after = { days = 31 }\ncounted_from = \"session_end\"\n\
             [[statement.stores]]\nfield = \"assigned_ipv4\"\nstored = false\n",
        );
        let erase = erase_by(session(), &law, BE, Some(&all), at(NOW));
        assert_eq!(times(&erase).0, at("2026-03-03T23:00:00Z"));
    }

    #[test]
    fn a_log_of_a_month_that_neutrinet_once_described_does_not_end_it() {
        let law = Law::compiled_in().unwrap();
        let profiles = Profile::compiled_in().unwrap();
        let neutrinet = profiles.iter().find(|it| it.id.as_str() == "neutrinet").unwrap();
        let erase = erase_by(session(), &law, BE, Some(neutrinet), at(NOW));
        assert_eq!(times(&erase).0, at("2027-01-31T23:00:00Z"));
    }

    #[test]
    fn without_any_rule_it_goes_thirteen_months_after_the_end() {
        let law = belgium();
        let erase = erase_by(session(), &law, None, None, at(NOW));
        let expected = EraseBy::At {
            at: at("2027-03-01T00:00:00Z"),
            at_the_latest: at("2027-03-15T00:00:00Z"),
            because: EraseReason::HardBound,
        };
        assert_eq!(erase, expected);
        // A stale edition is no rule.
        let stale = at("2027-06-01T00:00:00Z");
        assert_eq!(erase_by(session(), &law, BE, None, stale), expected);
        // Nor can a profile alone lengthen it.
        let profile = declares("{ years = 3 }");
        let erase = erase_by(session(), &law, None, Some(&profile), at(NOW));
        assert_eq!(times(&erase).0, at("2027-02-28T23:00:00Z"));
    }

    #[test]
    fn a_session_that_lasts_or_whose_end_is_not_known_is_not_erased() {
        let law = belgium();
        let start = "2020-01-01T00:00:00Z";
        assert_eq!(erase_by(open(start), &law, BE, None, at(NOW)), EraseBy::Open);
        let nothing = TimeBounds::between(Some(at(start)), None);
        let span = Span { start: TimeBounds::exact(at(start)), end: Some(nothing) };
        assert_eq!(erase_by(span, &law, BE, None, at(NOW)), EraseBy::Undated);
    }

    proptest! {
        #[test]
        fn nothing_stays_longer_than_the_bound_and_the_grace(
            start in any::<(Option<i64>, Option<i64>)>(),
            end in any::<(Option<i64>, Option<i64>)>(),
            now in any::<i64>(),
            with_law in any::<bool>(),
            months in proptest::option::of(1_u32..100),
        ) {
            let law = belgium();
            let profile = months.map(|months| declares(&format!("{{ months = {months} }}")));
            let at = |milliseconds| Timestamp::EPOCH.shifted(milliseconds);
            let moment = |(earliest, latest): (Option<i64>, Option<i64>)| {
                TimeBounds::between(earliest.map(at), latest.map(at))
            };
            let span = Span { start: moment(start), end: Some(moment(end)) };
            let jurisdiction = BE.filter(|_| with_law);
            let erase = erase_by(span, &law, jurisdiction, profile.as_ref(), at(now));
            match end.1 {
                None => prop_assert!(erase == EraseBy::Undated),
                Some(end) => {
                    let (gone, latest) = times(&erase);
                    // Thirteen months have at most 397 days; a day for the zone and its midnight.
                    let days = |days: i64| days * 86_400_000;
                    prop_assert!(gone <= at(end).shifted(days(397 + 2)), "{erase:?}");
                    prop_assert!(gone <= latest && latest <= gone.shifted(days(14) + 3_600_000));
                }
            }
        }
    }
}
