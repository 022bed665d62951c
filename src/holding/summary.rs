use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::NaiveDate;

use super::Rulebook;
use crate::domain::{Days, Field, Moment, Session, SessionId, Timestamp, Zone};
use crate::journal::Census;
use crate::retention::{
    Applicability, Covered, Doubt, Kept, KeptUntil, Nature, Span, Track, Verdict, judge,
};

/// How many records the operator should hold today, by law and by its own declaration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    /// The day, where the operator or, without one, the law counts.
    pub today: NaiveDate,
    /// The zone in which that day is counted.
    pub zone: Zone,
    /// What the operator calls itself.
    pub operator: Option<String>,
    /// How many sessions there are.
    pub sessions: u64,
    /// How many of them last.
    pub open: u64,
    /// By the law; `None` where it is not known whose law applies.
    pub law: Option<Count>,
    /// By the operator's newest statement on each field; `None` where its declarations are not known.
    pub declared: Option<Count>,
}

impl Summary {
    /// Sums sessions up in one pass, in any order.
    pub fn of<S: Borrow<Session>>(
        sessions: impl IntoIterator<Item = S>,
        rulebook: Rulebook<'_>,
        now: Timestamp,
    ) -> Self {
        let mut tally = Tally::new(rulebook, None);
        for session in sessions {
            tally.add(session.borrow());
        }
        tally.summary(rulebook, now)
    }

    /// The sum of standings that were found by the same rulebook as of the same `now`.
    pub fn sum(standings: &[Standing], rulebook: Rulebook<'_>, now: Timestamp) -> Self {
        let zone = zones(rulebook, None).first().copied().unwrap_or(Zone::UTC);
        let mut summary = Self {
            today: zone.date(now),
            zone,
            operator: rulebook.profile.map(|profile| profile.name.clone()),
            sessions: 0,
            open: 0,
            law: rulebook.jurisdiction.map(|_| Count::default()),
            declared: rulebook.profile.map(|_| Count::default()),
        };
        for Standing { group, law, declared } in standings {
            summary.sessions += group.count;
            summary.open += if group.span.is_open() { group.count } else { 0 };
            let counts = [(&mut summary.law, law), (&mut summary.declared, declared)];
            for (count, due) in counts {
                if let (Some(count), Some(due)) = (count, due) {
                    count.add(*due, group);
                }
            }
        }
        for count in [&mut summary.law, &mut summary.declared].into_iter().flatten() {
            count.untold.sort_unstable();
        }
        summary
    }
}

/// How the records stand by one account of how long they are kept. Every session is counted in
/// exactly one of `held`, `over`, `none` and `untold`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Count {
    /// To be held today.
    pub held: u64,
    /// The time is over: to be gone.
    pub over: u64,
    /// Nothing says that they are kept.
    pub none: u64,
    /// It cannot be told, and why.
    pub untold: Vec<(Untold, u64)>,
    /// The record to be held whose session began first.
    pub oldest: Option<(SessionId, Moment)>,
    /// The record to be held that goes first, with its last day, where that is known.
    pub next: Option<(SessionId, NaiveDate)>,
}

impl Count {
    /// Of how many it cannot be told.
    pub fn untold(&self) -> u64 {
        self.untold.iter().map(|(_, count)| count).sum()
    }

    fn add(&mut self, due: Due, group: &Group) {
        match due {
            Due::Held(last) => {
                self.held += group.count;
                let (id, start) = group.first;
                if self.oldest.is_none_or(|known| rank((id, start)) < rank(known)) {
                    self.oldest = Some((id, start));
                }
                if let Some(last) = last {
                    if self.next.is_none_or(|(_, known)| last < known) {
                        self.next = Some((id, last));
                    }
                }
            }
            Due::Over => self.over += group.count,
            Due::None => self.none += group.count,
            Due::Untold(why) => match self.untold.iter_mut().find(|(known, _)| *known == why) {
                Some((_, count)) => *count += group.count,
                None => self.untold.push((why, group.count)),
            },
        }
    }
}

/// By which the one of two sessions that began first comes first.
fn rank((id, start): (SessionId, Moment)) -> (bool, Option<Timestamp>, SessionId) {
    (start.best().is_none(), start.best(), id)
}

/// Why it cannot be told whether a record should be held.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Untold {
    /// Today lies between the earliest and the latest day on which it may go.
    Between,
    /// It depends on what the box cannot know, such as secret lists.
    Depends,
    /// No edition of law covers the session's days.
    Gap,
    /// What the edition says was not established, or it was annulled.
    LeftOpen,
    /// It is said to be stored, without a length.
    NoLength,
    /// It is too long since the edition was compared with the law.
    Stale,
    /// The days of the session are not known.
    Undated,
}

impl Untold {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Between => "between",
            Self::Depends => "depends",
            Self::Gap => "gap",
            Self::LeftOpen => "left-open",
            Self::NoLength => "no-length",
            Self::Stale => "stale",
            Self::Undated => "undated",
        }
    }
}

/// Counts sessions one by one. What law and operator say depends on nothing but the days on which a
/// session began and ended, so those of the same days are counted together and judged once; and a
/// tally can be kept and added to.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The zones in which days are counted: first those of law and operator.
    zones: Vec<Days>,
    /// How many of them law and operator have.
    judged: usize,
    groups: HashMap<Key, Group>,
}

impl Tally {
    /// Before the first session. Its days are those of law and operator, and of the zone in which
    /// they are `shown`.
    pub fn new(rulebook: Rulebook<'_>, shown: Option<Zone>) -> Self {
        let judged = zones(rulebook, None).len();
        let zones = zones(rulebook, shown).into_iter().map(Days::new).collect();
        Self { zones, judged, groups: HashMap::new() }
    }

    /// The tally of a record, as its census has counted it; `None` where that was done in the days of
    /// other zones than are needed.
    pub fn of(census: &Census, rulebook: Rulebook<'_>, shown: Option<Zone>) -> Option<Self> {
        let mut tally = Self::new(rulebook, shown);
        if !tally.zones.iter().all(|days| census.zones.contains(&days.zone())) {
            return None;
        }
        for (first, count) in &census.alike {
            tally.add_alike(first, *count);
        }
        for session in &census.others {
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
        match self.groups.entry(Key::of(span, &mut self.zones)) {
            Entry::Occupied(mut known) => {
                let group = known.get_mut();
                group.count += count;
                if rank(first) < rank(group.first) {
                    group.first = first;
                }
            }
            Entry::Vacant(place) => {
                place.insert(Group { span, count, first });
            }
        }
    }

    /// How the sessions stand as of `now`, those of the same days together, the oldest first.
    pub fn standings(&self, rulebook: Rulebook<'_>, now: Timestamp) -> Vec<Standing> {
        // In the days of the zone that is shown they may be apart which law and operator judge as one.
        let mut judgements = HashMap::new();
        let mut all: Vec<Standing> = self
            .groups
            .iter()
            .map(|(key, group)| {
                let (law, declared) =
                    *judgements.entry(key.of_first(self.judged)).or_insert_with(|| {
                        let span = group.span;
                        (by_law(span, rulebook, now), by_declaration(span, rulebook, now))
                    });
                Standing { group: *group, law, declared }
            })
            .collect();
        all.sort_by_key(|standing| {
            let (id, start) = standing.group.first;
            (start.best(), id)
        });
        all
    }

    /// The sum of all.
    pub fn summary(&self, rulebook: Rulebook<'_>, now: Timestamp) -> Summary {
        Summary::sum(&self.standings(rulebook, now), rulebook, now)
    }
}

/// Sessions that began on the same day and ended on the same day.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// When one of them lasted.
    pub span: Span,
    /// How many there are.
    pub count: u64,
    /// The one that began first.
    pub first: (SessionId, Moment),
}

/// How the sessions of a group stand.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Which sessions.
    pub group: Group,
    /// By the law; `None` where it is not known whose law applies.
    pub law: Option<Due>,
    /// By the operator's newest statement on each field; `None` where its declarations are not known.
    pub declared: Option<Due>,
}

/// The zones in which days are to be counted: the operator's, the law's, and the one that is shown.
fn zones(rulebook: Rulebook<'_>, shown: Option<Zone>) -> Vec<Zone> {
    let mut zones: Vec<Zone> = rulebook.profile.iter().map(|profile| profile.zone).collect();
    for edition in rulebook.law.editions() {
        let ours = Some(edition.jurisdiction) == rulebook.jurisdiction;
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
struct Key {
    open: bool,
    days: [[Option<NaiveDate>; 4]; ZONES],
}

impl Key {
    fn of(span: Span, zones: &mut [Days]) -> Self {
        let mut days = [[None; 4]; ZONES];
        let end = span.end.unwrap_or_else(|| Moment::between(None, None));
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

/// Whether a record should be held today.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Due {
    /// It should, until the end of this day where it is known.
    Held(Option<NaiveDate>),
    /// The time is over: it should be gone.
    Over,
    /// Nothing says that it is kept.
    None,
    /// It cannot be told, and why.
    Untold(Untold),
}

fn by_law(span: Span, rulebook: Rulebook<'_>, now: Timestamp) -> Option<Due> {
    let judgement = judge(span, rulebook.law, rulebook.jurisdiction?, now);
    let must = |verdict: &&Verdict<'_>| {
        verdict.rule.nature == Nature::Must
            && verdict.rule.fields.iter().any(|field| field.is_recorded())
    };
    let certain =
        |verdict: &&Verdict<'_>| must(verdict) && verdict.applies == Applicability::Certain;
    let mut last = Last::default();
    for verdict in judgement.verdicts.iter().filter(certain) {
        last.add(&verdict.kept, verdict.edition.zone.date(now));
    }
    Some(last.due().unwrap_or_else(|| {
        let doubt = judgement.doubts.iter().find(|doubt| general(doubt));
        match doubt {
            Some(Doubt::Gap { .. }) => Due::Untold(Untold::Gap),
            Some(Doubt::LeftOpen(_)) => Due::Untold(Untold::LeftOpen),
            Some(Doubt::Stale(_)) => Due::Untold(Untold::Stale),
            Some(Doubt::Undated) => Due::Untold(Untold::Undated),
            None if judgement.verdicts.iter().any(|it| must(&it)) => Due::Untold(Untold::Depends),
            None => Due::None,
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

fn by_declaration(span: Span, rulebook: Rulebook<'_>, now: Timestamp) -> Option<Due> {
    let profile = rulebook.profile?;
    let today = profile.zone.date(now);
    let mut last = Last::default();
    for field in Field::ALL.into_iter().filter(|field| field.is_recorded()) {
        let declared = profile.declared(field, span, now);
        if let Some(newest) = declared.iter().find(|it| it.covered != Covered::No) {
            last.add(&newest.kept, today);
        }
    }
    Some(last.due().unwrap_or(Due::None))
}

/// The last day of a record: that of the field that is kept longest.
#[derive(Default)]
struct Last {
    until: Option<KeptUntil>,
    today: Option<NaiveDate>,
    is_endless: bool,
    is_undated: bool,
}

impl Last {
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

    fn due(&self) -> Option<Due> {
        let today = self.today?;
        let Some(until) = self.until else {
            return match (self.is_endless, self.is_undated) {
                (true, _) => Some(Due::Untold(Untold::NoLength)),
                (_, true) => Some(Due::Untold(Untold::Undated)),
                _ => None,
            };
        };
        let lasts = until.earliest.is_some_and(|earliest| today <= earliest);
        Some(if lasts {
            Due::Held(until.last_day().filter(|_| !self.is_endless))
        } else if self.is_endless {
            Due::Untold(Untold::NoLength)
        } else if until.live || self.is_undated {
            Due::Untold(Untold::Between)
        } else {
            match until.latest {
                Some(latest) if latest < today => Due::Over,
                Some(_) => Due::Untold(Untold::Between),
                None => Due::Untold(Untold::Undated),
            }
        })
    }
}
