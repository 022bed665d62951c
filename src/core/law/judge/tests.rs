use chrono::Days;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::super::test_support::{at, closed, day, edition, law, open, rule};
use super::{Applicability, Condition, Doubt, Kept, KeptUntil, LegalAnswer, judge};
use crate::law::{Jurisdiction, Law, Span, Track};
use crate::session::{Field, TimeBounds, Timestamp};

const BE: Jurisdiction = Jurisdiction::Belgium;
const FR: Jurisdiction = Jurisdiction::France;
const NOW: &str = "2026-11-24T12:00:00Z";

/// Belgium's clock starts at the session's end.
fn belgium() -> Law {
    let lines = "start_event = \"session_end\"\nperiod = { months = 12 }";
    let rules = [rule("source", "[\"origin_address\", \"assigned_ipv4\"]", lines)];
    law(&[edition("be", "BE", "general", ("2022-08-18", ""), &rules)])
}

/// France's starts at the connection; before 2021-10-21 it started at the recording.
fn france() -> Law {
    let of = |lines: &str| [rule("source", "[\"origin_address\"]", lines)];
    let old = of("start_event = \"recording\"\nperiod = { years = 1 }");
    let new = of("start_event = \"session_start\"\nperiod = { years = 1 }");
    let lines = "applies_to = \"injunction\"\nstart_event = \"session_start\"\n\
                 period = { years = 1 }";
    let times = [rule("times", "[\"session_start\", \"session_end\"]", lines)];
    law(&[
        edition("fr-2012", "FR", "general", ("2013-01-01", "2021-10-20"), &old),
        edition("fr-2021", "FR", "general", ("2021-10-21", ""), &new),
        edition("fr-2025", "FR", "injunction", ("2025-10-21", "2026-10-20"), &times),
    ])
}

fn until(kept: &Kept<'_>) -> KeptUntil {
    *kept.until().unwrap_or_else(|| panic!("{kept:?}"))
}

/// What the only rule on the origin address says.
fn only(span: Span, law: &Law, jurisdiction: Jurisdiction, now: &str) -> KeptUntil {
    let judgement = judge(span, law, jurisdiction, at(now));
    let address = judgement.of(Field::OriginAddress);
    assert_eq!(address.verdicts.len(), 1, "{address:?}");
    until(&address.verdicts[0].kept)
}

#[test]
fn belgium_counts_from_the_end_and_france_from_the_connection() {
    let span = closed("2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z");
    let belgian = only(span, &belgium(), BE, NOW);
    assert_eq!(belgian.last_day(), Some(day("2027-02-28")));
    assert_eq!(belgian.erasable_from, Some(at("2027-02-28T23:00:00Z")));
    let french = only(span, &france(), FR, NOW);
    assert_eq!(french.last_day(), Some(day("2027-01-31")));
    assert_eq!(french.erasable_from, Some(at("2027-01-31T23:00:00Z")));
}

#[test]
fn the_day_is_that_of_the_rules_zone_not_of_utc() {
    let span = closed("2024-12-31T20:00:00Z", "2024-12-31T23:30:00Z");
    assert_eq!(only(span, &belgium(), BE, NOW).last_day(), Some(day("2026-01-01")));
    let span = closed("2024-12-31T20:00:00Z", "2024-12-31T22:59:59.999Z");
    assert_eq!(only(span, &belgium(), BE, NOW).last_day(), Some(day("2025-12-31")));
}

#[test]
fn leap_days_end_on_the_last_day_of_february() {
    for (end, last) in [
        ("2024-02-29T12:00:00Z", "2025-02-28"),
        ("2023-02-28T12:00:00Z", "2024-02-28"),
        ("2024-02-28T12:00:00Z", "2025-02-28"),
        // Already 29 February in Brussels.
        ("2024-02-28T23:00:00Z", "2025-02-28"),
        // Already 1 March in Brussels.
        ("2024-02-29T23:00:00Z", "2025-03-01"),
    ] {
        let span = closed("2024-02-01T12:00:00Z", end);
        let span = Span { start: TimeBounds::between(None, span.start.latest), ..span };
        assert_eq!(only(span, &belgium(), BE, NOW).last_day(), Some(day(last)), "{end}");
    }
}

#[test]
fn midnight_follows_the_clock_through_summer_time() {
    // The clock is put forward at 01:00Z on 2027-03-28, and put back on 2026-10-25.
    for (end, erasable) in [
        ("2026-03-27T12:00:00Z", "2027-03-27T23:00:00Z"),
        ("2026-03-28T12:00:00Z", "2027-03-28T22:00:00Z"),
        ("2025-10-24T12:00:00Z", "2026-10-24T22:00:00Z"),
        ("2025-10-25T12:00:00Z", "2026-10-25T23:00:00Z"),
    ] {
        let kept = only(closed("2025-06-01T00:00:00Z", end), &belgium(), BE, NOW);
        assert_eq!(kept.erasable_from, Some(at(erasable)), "{end}");
    }
}

#[test]
fn an_open_session_has_no_end_date_in_belgium_yet() {
    let kept = only(open("2026-01-31T10:00:00Z"), &belgium(), BE, NOW);
    assert!(kept.live);
    assert_eq!((kept.earliest, kept.latest), (Some(day("2027-11-24")), None));
    assert_eq!(kept.erasable_from, None);
    // France counts from the start, which is known.
    let kept = only(open("2026-01-31T10:00:00Z"), &france(), FR, NOW);
    assert!(!kept.live);
    assert_eq!(kept.last_day(), Some(day("2027-01-31")));
}

#[test]
fn an_end_that_is_only_bounded_gives_a_range_erasable_by_the_latest() {
    let end =
        TimeBounds::between(Some(at("2026-01-31T10:00:00Z")), Some(at("2026-03-01T10:00:00Z")));
    let span = Span { start: TimeBounds::exact(at("2026-01-01T00:00:00Z")), end: Some(end) };
    let kept = only(span, &belgium(), BE, NOW);
    let range = (Some(day("2027-01-31")), Some(day("2027-03-01")));
    assert_eq!((kept.earliest, kept.latest), range);
    assert_eq!((kept.last_day(), kept.live), (None, false));
    assert_eq!(kept.erasable_from, Some(at("2027-03-01T23:00:00Z")));
}

#[test]
fn an_unknown_bound_stays_unknown() {
    let end = TimeBounds::between(None, None);
    let span = Span { start: TimeBounds::exact(at("2026-01-01T12:00:00Z")), end: Some(end) };
    let kept = only(span, &belgium(), BE, NOW);
    // It did not end before it began.
    assert_eq!((kept.earliest, kept.latest), (Some(day("2027-01-01")), None));
    assert_eq!((kept.erasable_from, kept.live), (None, false));

    let nothing = TimeBounds::claimed(at("2026-01-01T12:00:00Z"));
    let span = Span { start: nothing, end: Some(nothing) };
    let law = belgium();
    let judgement = judge(span, &law, BE, at(NOW));
    assert_eq!(judgement.verdicts[0].kept, Kept::Unknown(Doubt::Undated));
    assert_eq!(judgement.of(Field::OriginAddress).answer(), LegalAnswer::Unknown);
}

#[test]
fn each_rule_is_that_of_the_edition_on_the_day_of_its_own_event() {
    let law = france();
    // It began under the old edition, which counts from the recording, and ended under the new.
    let span = closed("2021-10-10T10:00:00Z", "2021-11-10T10:00:00Z");
    let judgement = judge(span, &law, FR, at(NOW));
    let [verdict] = &judgement.verdicts[..] else { panic!("{judgement:?}") };
    assert_eq!(verdict.edition.id.as_str(), "fr-2012");
    assert_eq!(verdict.applies, Applicability::Depends(vec![Condition::Day]));
    let kept = until(&verdict.kept);
    // If it was recorded under that edition, then on its last day at the latest.
    let range = (Some(day("2022-10-10")), Some(day("2022-10-20")));
    assert_eq!((kept.earliest, kept.latest), range);
    assert_eq!(judgement.editions.len(), 2);

    // Half an hour before midnight in UTC it is the new edition's first day in Paris.
    let span = closed("2021-10-20T22:30:00Z", "2021-10-20T22:40:00Z");
    let judgement = judge(span, &law, FR, at(NOW));
    let [verdict] = &judgement.verdicts[..] else { panic!("{judgement:?}") };
    assert_eq!(verdict.edition.id.as_str(), "fr-2021");
    assert_eq!(verdict.applies, Applicability::Certain);
    assert_eq!(until(&verdict.kept).last_day(), Some(day("2022-10-21")));
}

#[test]
fn an_injunction_that_ended_leaves_what_comes_after_it_unknown() {
    let law = france();
    let answer = |span: Span, field: Field| judge(span, &law, FR, at(NOW)).of(field).answer();
    // The last minute of 2026-10-20 in Paris, and the first of the next day.
    let before = closed("2026-10-20T21:59:00Z", "2026-10-20T21:59:30Z");
    let after = closed("2026-10-20T22:00:00Z", "2026-10-20T22:00:30Z");
    assert_eq!(answer(before, Field::SessionStart), LegalAnswer::Required);
    assert_eq!(answer(after, Field::SessionStart), LegalAnswer::Unknown);
    // What it does not name is not in doubt.
    assert_eq!(answer(after, Field::OriginAddress), LegalAnswer::Required);
    assert_eq!(answer(after, Field::EndReason), LegalAnswer::Unlisted);
    // Before there was any, nothing was left to it.
    let long_before = closed("2024-01-01T12:00:00Z", "2024-01-01T13:00:00Z");
    assert_eq!(answer(long_before, Field::SessionStart), LegalAnswer::Unlisted);

    // What was kept before its end keeps its year, and the days after are in doubt.
    let across = closed("2026-10-10T10:00:00Z", "2026-10-25T10:00:00Z");
    let judgement = judge(across, &law, FR, at(NOW));
    let start = judgement.of(Field::SessionStart);
    assert_eq!(until(&start.verdicts[0].kept).last_day(), Some(day("2027-10-10")));
    let gap =
        Doubt::Gap { track: Track::Injunction, from: day("2026-10-21"), to: day("2026-10-25") };
    assert_eq!(start.doubts, [&gap]);
}

#[test]
fn a_gap_answers_unknown_for_every_field() {
    let law = belgium();
    let span = closed("2022-08-01T10:00:00Z", "2022-08-17T10:00:00Z");
    let judgement = judge(span, &law, BE, at(NOW));
    assert!(judgement.verdicts.is_empty() && judgement.editions.is_empty());
    for field in Field::ALL {
        assert_eq!(judgement.of(field).answer(), LegalAnswer::Unknown, "{field}");
    }
    assert_eq!(judge(span, &law, FR, at(NOW)).of(Field::Content).answer(), LegalAnswer::Unknown);
}

#[test]
fn a_file_past_its_check_date_answers_unknown_from_the_day_after() {
    let law = belgium();
    let span = closed("2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z");
    // 180 days after 2026-11-23 is 2027-05-22, which ends at 22:00Z in Brussels.
    let judgement = judge(span, &law, BE, at("2027-05-22T21:59:59Z"));
    assert_eq!(judgement.of(Field::OriginAddress).answer(), LegalAnswer::Required);
    let judgement = judge(span, &law, BE, at("2027-05-22T22:00:00Z"));
    assert_eq!(judgement.of(Field::OriginAddress).answer(), LegalAnswer::Unknown);
    assert_eq!(judgement.of(Field::EndReason).answer(), LegalAnswer::Unknown);
    let verdict = &judgement.verdicts[0];
    assert_eq!(verdict.kept, Kept::Unknown(Doubt::Stale(verdict.edition)));
}

#[test]
fn an_annulled_edition_leaves_open_what_it_does_not_list() {
    let text = edition("be", "BE", "general", ("2021-04-22", "2022-08-17"), &[])
        .replace("\"in-force\"", "\"annulled\"");
    let law = law(&[text]);
    let span = closed("2022-01-01T10:00:00Z", "2022-01-01T11:00:00Z");
    let judgement = judge(span, &law, BE, at(NOW));
    let address = judgement.of(Field::OriginAddress);
    assert_eq!(address.answer(), LegalAnswer::Unknown);
    assert_eq!(address.doubts, [&Doubt::LeftOpen(&law.editions()[0])]);
}

#[test]
fn what_the_box_cannot_know_is_said_to_depend() {
    let rules = [
        rule(
            "times",
            "[\"session_start\"]",
            "applies_to = \"targeted-area\"\nstart_event = \"communication\"\n\
             period = { months = 12 }\nperiod_alternatives = [{ months = 6 }, { months = 9 }]\n\
             combine = \"shortest\"",
        ),
        rule(
            "identity",
            "[\"member_identity\"]",
            "start_event = \"contract_end\"\nperiod = { months = 12 }",
        ),
        rule("security", "[\"session_end\"]", "applies_to = \"own-purpose\"\nnature = \"may\""),
        rule("content", "[\"content\"]", "nature = \"must-not\""),
    ];
    let law = law(&[edition("be", "BE", "general", ("2022-08-18", ""), &rules)]);
    let span = closed("2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z");
    let judgement = judge(span, &law, BE, at(NOW));
    let answer = |field: Field| judgement.of(field).answer();
    assert_eq!(answer(Field::SessionStart), LegalAnswer::RequiredPerhaps);
    assert_eq!(answer(Field::SessionEnd), LegalAnswer::Allowed);
    assert_eq!(answer(Field::MemberIdentity), LegalAnswer::Required);
    assert_eq!(answer(Field::Content), LegalAnswer::Forbidden);
    assert_eq!(answer(Field::BytesIn), LegalAnswer::Unlisted);

    let [times, identity, security, content] = &judgement.verdicts[..] else { panic!() };
    assert_eq!(times.applies, Applicability::Depends(vec![Condition::TargetedArea]));
    // A communication may lie anywhere in the session; the shortest period wins.
    let kept = until(&times.kept);
    let range = (Some(day("2026-07-31")), Some(day("2026-08-28")));
    assert_eq!((kept.earliest, kept.latest), range);
    assert!(matches!(identity.kept, Kept::AfterEvent(_)));
    assert_eq!(security.kept, Kept::NoLength);
    assert_eq!(content.kept, Kept::Never);
}

#[test]
fn the_editions_that_ship_answer_for_today() {
    let law = Law::compiled_in().unwrap();
    let span = closed("2026-11-01T10:00:00Z", "2026-11-20T10:00:00Z");
    let belgian = judge(span, &law, BE, at(NOW));
    assert_eq!(belgian.of(Field::OriginAddress).answer(), LegalAnswer::Required);
    assert_ne!(belgian.of(Field::SessionStart).answer(), LegalAnswer::Required);
    assert_eq!(belgian.of(Field::Content).answer(), LegalAnswer::Forbidden);
    let french = judge(span, &law, FR, at(NOW));
    assert_eq!(french.of(Field::OriginAddress).answer(), LegalAnswer::Required);
    assert_eq!(french.of(Field::SessionStart).answer(), LegalAnswer::Unknown);
    assert_eq!(french.of(Field::Content).answer(), LegalAnswer::Forbidden);
}

#[test]
fn the_french_editions_that_ship_change_on_their_days() {
    let law = Law::compiled_in().unwrap();
    let answer = |start: &str, end: &str, field: Field| {
        judge(closed(start, end), &law, FR, at(NOW)).of(field).answer()
    };
    // The last minute of the injunction of 2025 in Paris, and the first after it.
    let last = ("2026-10-20T21:58:00Z", "2026-10-20T21:59:59Z");
    let after = ("2026-10-20T22:00:00Z", "2026-10-20T22:01:00Z");
    assert_eq!(answer(last.0, last.1, Field::SessionStart), LegalAnswer::Required);
    assert_eq!(answer(after.0, after.1, Field::SessionStart), LegalAnswer::Unknown);

    let span = closed("2021-10-20T10:00:00Z", "2021-10-21T10:00:00Z");
    let judgement = judge(span, &law, FR, at(NOW));
    let general = judgement.editions.iter().filter(|it| it.track == Track::General);
    let ids: Vec<&str> = general.map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["fr-cpce-2021-transition", "fr-cpce-2021"]);
}

fn some_instant() -> impl Strategy<Value = Timestamp> {
    // From 2022-08-18, when the edition begins, to 2026-11-23.
    (1_660_773_600_000_i64..1_795_000_000_000)
        .prop_map(|milliseconds| Timestamp::from_milliseconds(milliseconds).unwrap())
}

proptest! {
    #[test]
    fn what_ends_later_is_never_erased_earlier(one in some_instant(), two in some_instant()) {
        let law = belgium();
        let start = TimeBounds::exact(at("2022-08-18T00:00:00Z"));
        let erasable = |end: Timestamp| {
            let span = Span { start, end: Some(TimeBounds::exact(end)) };
            only(span, &law, BE, NOW).erasable_from
        };
        prop_assert!(erasable(one.min(two)) <= erasable(one.max(two)));
    }

    #[test]
    fn nothing_is_erasable_before_its_event_or_at_another_time_than_midnight(
        start in some_instant(), end in some_instant(),
    ) {
        let law = belgium();
        let (start, end) = (start.min(end), start.max(end));
        let span = Span { start: TimeBounds::exact(start), end: Some(TimeBounds::exact(end)) };
        let kept = only(span, &law, BE, NOW);
        let (last, erasable) = (kept.last_day().unwrap(), kept.erasable_from.unwrap());
        let zone = law.editions()[0].zone;
        prop_assert!(erasable > end);
        prop_assert_eq!(zone.civil(erasable), (last + Days::new(1)).and_hms_opt(0, 0, 0).unwrap());
        prop_assert_eq!(zone.date(erasable.shifted(-1)), last);
    }

    #[test]
    fn a_range_holds_what_every_instant_in_it_would_give(
        bounds in (some_instant(), some_instant()), place in 0.0..=1.0_f64,
    ) {
        let law = belgium();
        let (low, high) = (bounds.0.min(bounds.1), bounds.0.max(bounds.1));
        let width = u32::try_from(high.since(low).as_secs()).unwrap();
        #[allow(clippy::cast_possible_truncation, reason = "at most the width, in seconds")]
        let inside = low.shifted((f64::from(width) * place) as i64 * 1_000);
        let start = TimeBounds::exact(at("2022-08-18T00:00:00Z"));
        let of = |end: TimeBounds| only(Span { start, end: Some(end) }, &law, BE, NOW);
        let range = of(TimeBounds::between(Some(low), Some(high)));
        let exact = of(TimeBounds::exact(inside)).last_day();
        prop_assert!(range.earliest <= exact && exact <= range.latest);
    }

    #[test]
    fn any_bounds_at_all_are_judged(
        start in any::<(Option<i64>, Option<i64>)>(),
        end in any::<Option<(Option<i64>, Option<i64>)>>(),
        now in any::<i64>(),
    ) {
        let law = france();
        let at = |milliseconds| Timestamp::EPOCH.shifted(milliseconds);
        let moment = |(earliest, latest): (Option<i64>, Option<i64>)| {
            TimeBounds::between(earliest.map(at), latest.map(at))
        };
        let span = Span { start: moment(start), end: end.map(moment) };
        let judgement = judge(span, &law, FR, at(now));
        for field in Field::ALL {
            let law_of = judgement.of(field);
            prop_assert!(law_of.answer() != LegalAnswer::Unlisted || law_of.doubts.is_empty());
        }
    }
}
