use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::NaiveDate;

use super::ApplicableRules;
use super::erased_group::ErasedGroup;
use super::record_state::{RecordState, UnknownReason};
use crate::law::{
    Applicability, Covered, Doubt, Kept, KeptUntil, Nature, OperatorName, Profile, Span, Track,
    Verdict, judge,
};
use crate::session::{
    DayCache, Field, Session, SessionCounts, SessionId, TimeBounds, Timestamp, Zone,
};

/// How many records the operator should hold today, by law and by its own declaration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    /// The day, where the operator or, without one, the law counts.
    pub today: NaiveDate,
    /// The zone in which that day is counted.
    pub zone: Zone,
    /// What the operator is called; `None` where it is not known.
    pub operator: Option<OperatorName>,
    /// The date of the operator's newest statement and the day since when the present law applies, where
    /// the law is younger than every statement.
    pub predated: Option<(NaiveDate, NaiveDate)>,
    /// How many sessions there are.
    pub sessions: u64,
    /// How many of them last.
    pub open: u64,
    /// By the law; `None` where it is not known whose law applies.
    pub law: Option<RecordCounts>,
    /// By the operator's newest statement on each field; `None` where its declarations are not known.
    pub declared: Option<RecordCounts>,
}

impl Summary {
    /// Summarises sessions in one pass, in any order.
    pub fn of<S: Borrow<Session>>(
        sessions: impl IntoIterator<Item = S>,
        applicable_rules: ApplicableRules<'_>,
        now: Timestamp,
    ) -> Self {
        let mut tally = SessionTally::new(applicable_rules, None);
        for session in sessions {
            tally.add(session.borrow());
        }
        tally.summary(applicable_rules, now)
    }

    /// The sum of statuses found by the same rules as of the same `now`.
    fn sum(
        standings: &[GroupStatus],
        erased: &[ErasedStatus],
        applicable_rules: ApplicableRules<'_>,
        now: Timestamp,
    ) -> Self {
        let zone = zones(applicable_rules, None).first().copied().unwrap_or(Zone::UTC);
        let mut summary = Self {
            today: zone.date(now),
            zone,
            operator: applicable_rules.profile.map(Profile::operator_name),
            predated: predated(applicable_rules, zone.date(now)),
            sessions: 0,
            open: 0,
            law: applicable_rules.jurisdiction.map(|_| RecordCounts::default()),
            declared: applicable_rules.profile.map(|_| RecordCounts::default()),
        };
        for GroupStatus { group, law, declared } in standings {
            summary.sessions += group.count;
            summary.open += if group.span.is_open() { group.count } else { 0 };
            let counts = [(&mut summary.law, law), (&mut summary.declared, declared)];
            for (count, due) in counts {
                if let (Some(count), Some(due)) = (count, due) {
                    count.add(*due, group);
                }
            }
        }
        for ErasedStatus { group, law, declared } in erased {
            for (count, due) in [(&mut summary.law, law), (&mut summary.declared, declared)] {
                if let (Some(count), Some(due)) = (count, due) {
                    count.add_erased(*due, group.count);
                }
            }
        }
        for count in [&mut summary.law, &mut summary.declared].into_iter().flatten() {
            count.untold.sort_unstable();
        }
        summary
    }
}

/// When the newest statement was made and since when the law of today applies, where that is later.
fn predated(
    applicable_rules: ApplicableRules<'_>,
    today: NaiveDate,
) -> Option<(NaiveDate, NaiveDate)> {
    let profile = applicable_rules.profile?;
    let stated = profile.statements.iter().map(|statement| statement.stated_on).max()?;
    let jurisdiction = applicable_rules.jurisdiction?;
    let since = applicable_rules.law.on(today, jurisdiction, Track::General)?.effective_from;
    (stated < since).then_some((stated, since))
}

/// Counts of records by one source of retention periods. Every session is counted in exactly one of
/// `held`, `over`, `none` and `untold`; so is one that was erased here before its date at the operator,
/// since erasing it here changes nothing there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecordCounts {
    /// To be held today.
    pub held: u64,
    /// How many of `held` are erased here.
    pub erased_here: u64,
    /// Past their retention period.
    pub over: u64,
    /// Without any retention period.
    pub none: u64,
    /// Unknown, and why.
    pub untold: Vec<(UnknownReason, u64)>,
    /// The record to be held whose session began first, of those that are still here.
    pub oldest: Option<(SessionId, TimeBounds)>,
    /// The record to be held that is erased first, with its last day, if known; without its session where
    /// that is erased here.
    pub next: Option<(Option<SessionId>, NaiveDate)>,
}

impl RecordCounts {
    /// How many are unknown.
    pub fn untold(&self) -> u64 {
        self.untold.iter().map(|(_, count)| count).sum()
    }

    /// The most that may be held: what is unknown may be.
    pub fn at_most(&self) -> u64 {
        self.held + self.untold()
    }

    fn add(&mut self, due: RecordState, group: &SessionGroup) {
        match due {
            RecordState::Held(last) => {
                self.held += group.count;
                let (id, start) = group.first;
                if self.oldest.is_none_or(|known| rank((id, start)) < rank(known)) {
                    self.oldest = Some((id, start));
                }
                self.expect(Some(id), last);
            }
            RecordState::Over => self.over += group.count,
            RecordState::None => self.none += group.count,
            RecordState::Untold(why) => self.add_untold(why, group.count),
        }
    }

    fn add_erased(&mut self, due: RecordState, count: u64) {
        match due {
            RecordState::Held(last) => {
                self.held += count;
                self.erased_here += count;
                self.expect(None, last);
            }
            // Gone at both ends.
            RecordState::Over => {}
            RecordState::None => self.none += count,
            RecordState::Untold(why) => self.add_untold(why, count),
        }
    }

    fn add_untold(&mut self, why: UnknownReason, count: u64) {
        match self.untold.iter_mut().find(|(known, _)| *known == why) {
            Some((_, known)) => *known += count,
            None => self.untold.push((why, count)),
        }
    }

    fn expect(&mut self, session: Option<SessionId>, last: Option<NaiveDate>) {
        let Some(last) = last else { return };
        if self.next.is_none_or(|(_, known)| last < known) {
            self.next = Some((session, last));
        }
    }
}

/// The sort key that puts the earliest session first.
fn rank((id, start): (SessionId, TimeBounds)) -> (bool, Option<Timestamp>, SessionId) {
    (start.best().is_none(), start.best(), id)
}

/// Counts sessions one by one. What law and operator say depends only on the days on which a
/// session began and ended, so sessions of the same days are counted together and judged once. A
/// tally can be kept and added to.
#[derive(Clone, Debug)]
pub struct SessionTally {
    /// The zones in which days are counted: first those of law and operator.
    zones: Vec<DayCache>,
    /// How many of them law and operator have.
    judged: usize,
    groups: HashMap<GroupKey, SessionGroup>,
    erased: Vec<ErasedGroup>,
}

impl SessionTally {
    /// An empty tally. Days are counted in the zones of law and operator, and in the zone `shown`.
    pub fn new(applicable_rules: ApplicableRules<'_>, shown: Option<Zone>) -> Self {
        let judged = zones(applicable_rules, None).len();
        let zones = zones(applicable_rules, shown).into_iter().map(DayCache::new).collect();
        Self { zones, judged, groups: HashMap::new(), erased: Vec::new() }
    }

    /// The tally of a journal, from its stored session counts; `None` if those were counted in
    /// other zones than needed.
    pub fn of(
        counts: &SessionCounts,
        applicable_rules: ApplicableRules<'_>,
        shown: Option<Zone>,
    ) -> Option<Self> {
        let mut tally = Self::new(applicable_rules, shown);
        if !tally.zones.iter().all(|days| counts.zones.contains(&days.zone())) {
            return None;
        }
        for (first, count) in &counts.groups {
            tally.add_alike(first, *count);
        }
        for session in &counts.ungrouped {
            tally.add(session);
        }
        Some(tally)
    }

    /// Adds one session.
    pub fn add(&mut self, session: &Session) {
        self.add_alike(session, 1);
    }

    /// Adds sessions of the same days, of which this one began first.
    fn add_alike(&mut self, first: &Session, count: u64) {
        let span = Span::from(first);
        let first = (first.id, first.start.value);
        match self.groups.entry(GroupKey::of(span, &mut self.zones)) {
            Entry::Occupied(mut known) => {
                let group = known.get_mut();
                group.count += count;
                if rank(first) < rank(group.first) {
                    group.first = first;
                }
            }
            Entry::Vacant(place) => {
                place.insert(SessionGroup { span, count, first });
            }
        }
    }

    /// The same with the sessions that were erased here.
    #[must_use]
    pub fn with_erased(self, erased: Vec<ErasedGroup>) -> Self {
        Self { erased, ..self }
    }

    /// The sessions that were erased here, and that the operator should hold or may hold today.
    pub fn erased(
        &self,
        applicable_rules: ApplicableRules<'_>,
        now: Timestamp,
    ) -> Vec<ErasedStatus> {
        let today = zones(applicable_rules, None).first().copied().unwrap_or(Zone::UTC).date(now);
        let all = self.erased.iter().map(|group| ErasedStatus {
            group: *group,
            law: applicable_rules.jurisdiction.map(|_| group.state(today)),
            declared: applicable_rules.profile.map(|profile| match group.state(today) {
                RecordState::Over => RecordState::Over,
                _ if profile.stores_recorded() => RecordState::Untold(UnknownReason::ErasedHere),
                _ => RecordState::None,
            }),
        });
        all.filter(|status| status.group.state(today) != RecordState::Over).collect()
    }

    /// The status of each group of sessions as of `now`, the oldest first.
    pub fn standings(
        &self,
        applicable_rules: ApplicableRules<'_>,
        now: Timestamp,
    ) -> Vec<GroupStatus> {
        // Days in the shown zone may separate sessions that law and operator judge as one.
        let mut judgements = HashMap::new();
        let mut all: Vec<GroupStatus> = self
            .groups
            .iter()
            .map(|(key, group)| {
                let (law, declared) =
                    *judgements.entry(key.of_first(self.judged)).or_insert_with(|| {
                        let span = group.span;
                        (
                            by_law(span, applicable_rules, now),
                            by_declaration(span, applicable_rules, now),
                        )
                    });
                GroupStatus { group: *group, law, declared }
            })
            .collect();
        all.sort_by_key(|standing| {
            let (id, start) = standing.group.first;
            (start.best(), id)
        });
        all
    }

    /// The sum of all.
    pub fn summary(&self, applicable_rules: ApplicableRules<'_>, now: Timestamp) -> Summary {
        let erased = self.erased(applicable_rules, now);
        Summary::sum(&self.standings(applicable_rules, now), &erased, applicable_rules, now)
    }
}

/// Sessions that began on the same day and ended on the same day.
#[derive(Clone, Copy, Debug)]
pub struct SessionGroup {
    /// When one of them lasted.
    pub span: Span,
    /// How many there are.
    pub count: u64,
    /// The one that began first.
    pub first: (SessionId, TimeBounds),
}

/// The status of a group of sessions.
#[derive(Clone, Copy, Debug)]
pub struct GroupStatus {
    /// Which sessions.
    pub group: SessionGroup,
    /// By the law; `None` where it is not known whose law applies.
    pub law: Option<RecordState>,
    /// By the operator's newest statement on each field; `None` where its declarations are not known.
    pub declared: Option<RecordState>,
}

/// The status of sessions that were erased here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ErasedStatus {
    /// Which sessions.
    pub group: ErasedGroup,
    /// By the law; `None` where it is not known whose law applies.
    pub law: Option<RecordState>,
    /// By the operator's statements, whose dates no certificate keeps; `None` where its declarations are
    /// not known.
    pub declared: Option<RecordState>,
}

/// The zones in which days are to be counted: the operator's, the law's, and the one that is shown.
fn zones(applicable_rules: ApplicableRules<'_>, shown: Option<Zone>) -> Vec<Zone> {
    let mut zones: Vec<Zone> =
        applicable_rules.profile.iter().map(|profile| profile.zone).collect();
    for edition in applicable_rules.law.editions() {
        let ours = Some(edition.jurisdiction) == applicable_rules.jurisdiction;
        if ours && !zones.contains(&edition.zone) {
            zones.push(edition.zone);
        }
    }
    // Two at most differ in practice.
    zones.truncate(ZONES - 1);
    zones.extend(shown.filter(|shown| !zones.contains(shown)));
    zones
}

/// In how many zones days are counted at most.
const ZONES: usize = 3;

/// All of a session that its judgement depends on: whether it lasts, and the days, in each zone, of
/// the bounds of its start and its end.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct GroupKey {
    open: bool,
    days: [[Option<NaiveDate>; 4]; ZONES],
}

impl GroupKey {
    fn of(span: Span, zones: &mut [DayCache]) -> Self {
        let mut days = [[None; 4]; ZONES];
        let end = span.end.unwrap_or_else(|| TimeBounds::between(None, None));
        let instants = [span.start.earliest, span.start.latest, end.earliest, end.latest];
        for (place, zone) in days.iter_mut().zip(zones) {
            *place = instants.map(|at| at.map(|at| zone.of(at)));
        }
        Self { open: span.is_open(), days }
    }

    /// The same in the days of the first zones alone.
    fn of_first(&self, zones: usize) -> (bool, &[[Option<NaiveDate>; 4]]) {
        (self.open, self.days.get(..zones).unwrap_or(&self.days))
    }
}

fn by_law(
    span: Span,
    applicable_rules: ApplicableRules<'_>,
    now: Timestamp,
) -> Option<RecordState> {
    let judgement = judge(span, applicable_rules.law, applicable_rules.jurisdiction?, now);
    let must = |verdict: &&Verdict<'_>| {
        verdict.rule.nature == Nature::Must
            && verdict.rule.fields.iter().any(|field| field.is_recorded())
    };
    let certain =
        |verdict: &&Verdict<'_>| must(verdict) && verdict.applies == Applicability::Certain;
    let mut last = LastDay::default();
    for verdict in judgement.verdicts.iter().filter(certain) {
        last.add(&verdict.kept, verdict.edition.zone.date(now));
    }
    Some(last.due().unwrap_or_else(|| {
        let doubt = judgement.doubts.iter().find(|doubt| general(doubt));
        match doubt {
            Some(Doubt::Gap { .. }) => RecordState::Untold(UnknownReason::Gap),
            Some(Doubt::LeftOpen(_)) => RecordState::Untold(UnknownReason::LeftOpen),
            Some(Doubt::Stale(_)) => RecordState::Untold(UnknownReason::Stale),
            Some(Doubt::Undated) => RecordState::Untold(UnknownReason::Undated),
            None if judgement.verdicts.iter().any(|it| must(&it)) => {
                RecordState::Untold(UnknownReason::Depends)
            }
            None => RecordState::None,
        }
    }))
}

/// Whether a doubt is about the general law: an injunction reaches a part of a record only.
fn general(doubt: &Doubt<'_>) -> bool {
    match doubt {
        Doubt::Gap { track, .. } => *track == Track::General,
        Doubt::LeftOpen(edition) | Doubt::Stale(edition) => edition.track == Track::General,
        Doubt::Undated => true,
    }
}

fn by_declaration(
    span: Span,
    applicable_rules: ApplicableRules<'_>,
    now: Timestamp,
) -> Option<RecordState> {
    let profile = applicable_rules.profile?;
    let today = profile.zone.date(now);
    let mut last = LastDay::default();
    for field in Field::ALL.into_iter().filter(|field| field.is_recorded()) {
        let declared = profile.declared(field, span, now);
        if let Some(newest) = declared.iter().find(|it| it.covered != Covered::No) {
            last.add(&newest.kept, today);
        }
    }
    Some(last.due().unwrap_or(RecordState::None))
}

/// The last day of a record: that of the field that is kept longest.
#[derive(Default)]
struct LastDay {
    until: Option<KeptUntil>,
    today: Option<NaiveDate>,
    is_endless: bool,
    is_undated: bool,
}

impl LastDay {
    fn add(&mut self, kept: &Kept<'_>, today: NaiveDate) {
        self.today = Some(today);
        match kept {
            Kept::Until(until) => {
                let merged = self.until.map_or(*until, |known| KeptUntil {
                    earliest: known.earliest.max(until.earliest),
                    latest: known.latest.zip(until.latest).map(|(one, two)| one.max(two)),
                    live: known.live || until.live,
                    ..known
                });
                self.until = Some(merged);
            }
            Kept::AfterEvent(_) | Kept::NoLength => self.is_endless = true,
            Kept::Unknown(_) => self.is_undated = true,
            Kept::Never => {}
        }
    }

    fn due(&self) -> Option<RecordState> {
        let today = self.today?;
        let Some(until) = self.until else {
            return match (self.is_endless, self.is_undated) {
                (true, _) => Some(RecordState::Untold(UnknownReason::NoLength)),
                (_, true) => Some(RecordState::Untold(UnknownReason::Undated)),
                _ => None,
            };
        };
        let lasts = until.earliest.is_some_and(|earliest| today <= earliest);
        Some(if lasts {
            RecordState::Held(until.last_day().filter(|_| !self.is_endless))
        } else if self.is_endless {
            RecordState::Untold(UnknownReason::NoLength)
        } else if until.live || self.is_undated {
            RecordState::Untold(UnknownReason::Between)
        } else {
            match until.latest {
                Some(latest) if latest < today => RecordState::Over,
                Some(_) => RecordState::Untold(UnknownReason::Between),
                None => RecordState::Untold(UnknownReason::Undated),
            }
        })
    }
}
