use chrono::NaiveDate;

use super::day_arithmetic;
use super::edition::{AppliesTo, Edition, Jurisdiction, Nature, Rule, StartEvent, Track};
use super::editions::Law;
use super::named_enum::NamedEnum;
use super::period::RetentionPeriod;
use super::span::{EventDays, Span};
use crate::session::{Field, Timestamp, Zone};

/// What the law of one jurisdiction says of a session, as of `now`.
///
/// A rule is taken from the edition in force on the day of its own start event. Transitional law,
/// which could change what an edition says of older records, is not in the files.
pub fn judge<'a>(
    span: Span,
    law: &'a Law,
    jurisdiction: Jurisdiction,
    now: Timestamp,
) -> Judgement<'a> {
    let span = span.tightened();
    let mut judgement = Judgement {
        law,
        jurisdiction,
        editions: Vec::new(),
        verdicts: Vec::new(),
        doubts: Vec::new(),
    };
    let undated = span.start.earliest.is_none() || span.end.is_some_and(|end| end.latest.is_none());
    if undated {
        judgement.doubts.push(Doubt::Undated);
    }
    for track in Track::ALL {
        judgement.judge_track(span, *track, now);
    }
    judgement
}

/// What the law says of a session.
#[derive(Clone, Debug)]
pub struct Judgement<'a> {
    law: &'a Law,
    /// Whose law.
    pub jurisdiction: Jurisdiction,
    /// The editions that apply on any day of the session, those that leave open what they say
    /// included.
    pub editions: Vec<&'a Edition>,
    /// What their rules say, one each.
    pub verdicts: Vec<Verdict<'a>>,
    /// Why there may be more than they say.
    pub doubts: Vec<Doubt<'a>>,
}

impl<'a> Judgement<'a> {
    /// What the law says of one field.
    pub fn of(&self, field: Field) -> FieldLaw<'_, 'a> {
        let verdicts: Vec<&Verdict<'a>> =
            self.verdicts.iter().filter(|it| it.rule.fields.contains(&field)).collect();
        let names = |edition: &Edition| verdicts.iter().any(|it| it.edition.id == edition.id);
        let unlisted_in = self
            .editions
            .iter()
            .copied()
            .filter(|it| it.track == Track::General && !it.status.leaves_open() && !names(it))
            .collect();
        let doubts = self.doubts.iter().filter(|it| self.concerns(it, field)).collect();
        FieldLaw { field, verdicts, doubts, unlisted_in }
    }

    fn concerns(&self, doubt: &Doubt<'_>, field: Field) -> bool {
        let track = match doubt {
            Doubt::Undated => return true,
            Doubt::Gap { track, .. } => *track,
            Doubt::LeftOpen(edition) | Doubt::Stale(edition) => edition.track,
        };
        track == Track::General
            || self
                .law
                .track(self.jurisdiction, track)
                .any(|edition| edition.rules.iter().any(|rule| rule.fields.contains(&field)))
    }

    fn judge_track(&mut self, span: Span, track: Track, now: Timestamp) {
        let editions = self.law.track(self.jurisdiction, track);
        let zone = editions.clone().next().map_or(Zone::UTC, |edition| edition.zone);
        let (first, last) = days(span, now, zone);
        for (from, to) in self.law.gaps(first, last, self.jurisdiction, track) {
            self.doubts.push(Doubt::Gap { track, from, to });
        }
        for edition in editions {
            if !meets(edition, first, last) {
                continue;
            }
            self.editions.push(edition);
            if edition.status.leaves_open() {
                self.doubts.push(Doubt::LeftOpen(edition));
            } else if edition.is_stale(now) {
                self.doubts.push(Doubt::Stale(edition));
            }
            for rule in &edition.rules {
                self.verdicts.extend(verdict(rule, edition, span, now));
            }
        }
    }
}

/// What the law says of one field of a session.
#[derive(Clone, Debug)]
pub struct FieldLaw<'j, 'a> {
    /// The field.
    pub field: Field,
    /// What each rule that names it says.
    pub verdicts: Vec<&'j Verdict<'a>>,
    /// Why the law may say more of it.
    pub doubts: Vec<&'j Doubt<'a>>,
    /// The editions of the general law that apply and do not name it.
    pub unlisted_in: Vec<&'a Edition>,
}

impl FieldLaw<'_, '_> {
    /// The overall answer. See also `doubts`: an answer other than [`LegalAnswer::Unknown`] may
    /// still hold for only a part of the session.
    pub fn answer(&self) -> LegalAnswer {
        let any = |nature: Nature, applies: fn(&Applicability) -> bool| {
            self.verdicts.iter().any(|it| it.rule.nature == nature && applies(&it.applies))
        };
        let certain = |applies: &Applicability| *applies == Applicability::Certain;
        let known = |applies: &Applicability| *applies != Applicability::Unknown;
        let open = !self.doubts.is_empty()
            || self.verdicts.iter().any(|it| it.applies == Applicability::Unknown);
        if any(Nature::Must, certain) {
            LegalAnswer::Required
        } else if open {
            LegalAnswer::Unknown
        } else if any(Nature::MustNot, known) {
            LegalAnswer::Forbidden
        } else if any(Nature::Must, known) {
            LegalAnswer::RequiredPerhaps
        } else if any(Nature::May, known) {
            LegalAnswer::Allowed
        } else {
            LegalAnswer::Unlisted
        }
    }
}

/// The law's overall answer on a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LegalAnswer {
    /// It must be kept.
    Required,
    /// It must be kept under conditions that the box cannot know.
    RequiredPerhaps,
    /// It may be kept.
    Allowed,
    /// It must not be kept.
    Forbidden,
    /// It is known that no rule names it: the edition's `default` applies.
    Unlisted,
    /// It is not known.
    Unknown,
}

/// What one rule says of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict<'a> {
    /// The edition in which the rule stands.
    pub edition: &'a Edition,
    /// The rule: its nature, certainty, basis and recipients are there.
    pub rule: &'a Rule,
    /// Whether it applies to this session.
    pub applies: Applicability,
    /// Until when the data must be kept, if it applies.
    pub kept: Kept<'a>,
}

impl Verdict<'_> {
    /// The first instant at which what the rule has kept may be erased, where it is known.
    pub fn erasable_from(&self) -> Option<Timestamp> {
        self.kept.until().and_then(|until| until.erasable_from)
    }
}

/// Whether a rule applies to a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Applicability {
    /// It does.
    Certain,
    /// It does under conditions that the box cannot know, at least one.
    Depends(Vec<Condition>),
    /// It is not known: the edition's status or age leaves it open.
    Unknown,
}

/// A condition on which a rule applies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Condition {
    /// On lists of areas that may be secret.
    TargetedArea,
    /// On whether the operator chooses to.
    OwnPurpose,
    /// On whether an authority had data frozen.
    ExpeditedPreservation,
    /// On a day that may lie outside the edition, or of which there are several: only a part of the
    /// session may fall under it.
    Day,
}

/// Until when something is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept<'a> {
    /// Until a day.
    Until(KeptUntil),
    /// Until an event that is none of the session's, or for a period after it, which is the rule's.
    AfterEvent(StartEvent),
    /// No length is named.
    NoLength,
    /// Not at all: the law forbids it, or the operator says that it does not store it.
    Never,
    /// It is not known.
    Unknown(Doubt<'a>),
}

impl Kept<'_> {
    /// The day, where there is one.
    pub fn until(&self) -> Option<&KeptUntil> {
        match self {
            Self::Until(until) => Some(until),
            Self::AfterEvent(_) | Self::NoLength | Self::Never | Self::Unknown(_) => None,
        }
    }

    /// For `retention` from the days on which `event` may fall.
    pub(super) fn counted(
        event: Option<StartEvent>,
        days: EventDays,
        retention: &RetentionPeriod,
        zone: Zone,
    ) -> Self {
        let earliest = days.earliest.map(|day| retention.last_days(day).0);
        let latest = days.latest.map(|day| retention.last_days(day).1);
        if earliest.is_none() && latest.is_none() {
            return Self::Unknown(Doubt::Undated);
        }
        let erasable_from = latest.map(|day| day_arithmetic::erasable_from(day, zone));
        Self::Until(KeptUntil { event, earliest, latest, live: days.live, erasable_from })
    }
}

/// Until which day something is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeptUntil {
    /// What it is counted from; `None` where nobody says.
    pub event: Option<StartEvent>,
    /// The last day on which it is kept is not before this; `None` is unknown.
    pub earliest: Option<NaiveDate>,
    /// The last day on which it is kept is not after this; `None` is unknown.
    pub latest: Option<NaiveDate>,
    /// The session is open, so the period has not started, or not for all of it: `earliest` moves
    /// on every day if it is counted from the end.
    pub live: bool,
    /// Midnight after the latest last day, in the zone of whoever counts; `None` is unknown.
    pub erasable_from: Option<Timestamp>,
}

impl KeptUntil {
    /// The one last day, where it is known exactly.
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.latest.filter(|_| self.latest == self.earliest)
    }
}

/// Why the law's answer is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Doubt<'a> {
    /// No edition covers these days of the session.
    Gap {
        /// Of which track.
        track: Track,
        /// The first of these days.
        from: NaiveDate,
        /// The last of these days.
        to: NaiveDate,
    },
    /// The edition was annulled, or nobody found out what it says: its status tells.
    LeftOpen(&'a Edition),
    /// It is too long since the edition was compared with the law.
    Stale(&'a Edition),
    /// The days of the session are not known.
    Undated,
}

/// The first and the last day of a session, today at the latest; where they are not known, the
/// nearest that is.
fn days(span: Span, now: Timestamp, zone: Zone) -> (NaiveDate, NaiveDate) {
    let last = span.end.map_or(Some(now), |end| end.latest).unwrap_or(now);
    let first = span.start.earliest.or(span.start.latest).unwrap_or(last);
    (zone.date(first), zone.date(last.max(first)))
}

fn meets(edition: &Edition, first: NaiveDate, last: NaiveDate) -> bool {
    edition.effective_from <= last && edition.effective_to.is_none_or(|end| first <= end)
}

/// What a rule says, where the day that counts may fall under its edition.
fn verdict<'a>(
    rule: &'a Rule,
    edition: &'a Edition,
    span: Span,
    now: Timestamp,
) -> Option<Verdict<'a>> {
    let zone = edition.zone;
    let event_days = rule.start_event.and_then(|event| span.days_of(event, now, zone));
    let (session_first, session_last) = days(span, now, zone);
    let (first, last) = match event_days {
        Some(days) => {
            let first = days.earliest.unwrap_or(NaiveDate::MIN);
            (first, days.latest.unwrap_or(session_last).max(first))
        }
        None => (session_first, session_last),
    };
    if !meets(edition, first, last) {
        return None;
    }
    if edition.status.leaves_open() || edition.is_stale(now) {
        let doubt =
            if edition.is_stale(now) { Doubt::Stale(edition) } else { Doubt::LeftOpen(edition) };
        let (applies, kept) = (Applicability::Unknown, Kept::Unknown(doubt));
        return Some(Verdict { edition, rule, applies, kept });
    }

    let mut depends = Vec::new();
    match rule.applies_to {
        AppliesTo::AllUsers | AppliesTo::Injunction => {}
        AppliesTo::TargetedArea => depends.push(Condition::TargetedArea),
        AppliesTo::OwnPurpose => depends.push(Condition::OwnPurpose),
        AppliesTo::ExpeditedPreservation => depends.push(Condition::ExpeditedPreservation),
    }
    if !(edition.covers(first) && edition.covers(last)) {
        depends.push(Condition::Day);
    }
    let applies = match depends.is_empty() {
        true => Applicability::Certain,
        false => Applicability::Depends(depends),
    };
    let kept = match (rule.nature, rule.start_event, &rule.retention, event_days) {
        (Nature::MustNot, ..) => Kept::Never,
        (_, Some(event), Some(retention), Some(days)) => {
            let days = within(days, edition);
            Kept::counted(Some(event), days, retention, zone)
        }
        (_, Some(event), _, None) => Kept::AfterEvent(event),
        _ => Kept::NoLength,
    };
    Some(Verdict { edition, rule, applies, kept })
}

/// The same days, as far as the edition covers them: if the rule applies, its event fell on one.
fn within(days: EventDays, edition: &Edition) -> EventDays {
    let latest = match (days.latest, edition.effective_to) {
        (Some(latest), Some(end)) => Some(latest.min(end)),
        (latest, _) => latest,
    };
    let earliest = days.earliest.map(|earliest| earliest.max(edition.effective_from));
    EventDays { earliest, latest, live: days.live }
}

#[cfg(test)]
mod tests;
