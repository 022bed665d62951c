use std::borrow::Borrow;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::Rulebook;
use crate::domain::{Field, Moment, Session, SessionId, Timestamp, Zone};
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
        let mut tally = Tally::new(rulebook, now);
        for session in sessions {
            tally.add(session.borrow());
        }
        tally.finish()
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

    fn add(&mut self, due: Due, session: &Session) {
        match due {
            Due::Held(last) => {
                self.held += 1;
                let start = session.start.value;
                let earlier = |known: Moment| {
                    start.best().is_some_and(|own| known.best().is_none_or(|best| own < best))
                };
                if self.oldest.is_none_or(|(_, known)| earlier(known)) {
                    self.oldest = Some((session.id, start));
                }
                if let Some(last) = last {
                    if self.next.is_none_or(|(_, known)| last < known) {
                        self.next = Some((session.id, last));
                    }
                }
            }
            Due::Over => self.over += 1,
            Due::None => self.none += 1,
            Due::Untold(why) => match self.untold.iter_mut().find(|(known, _)| *known == why) {
                Some((_, count)) => *count += 1,
                None => self.untold.push((why, 1)),
            },
        }
    }
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

/// Sums sessions up one by one. What law and operator say depends on nothing but the days on which
/// a session began and ended, so each pair of days is judged once.
#[derive(Debug)]
pub struct Tally<'a> {
    rulebook: Rulebook<'a>,
    now: Timestamp,
    summary: Summary,
    /// The zones in which days are counted.
    zones: Vec<Days>,
    judged: HashMap<Key, Judged>,
}

impl<'a> Tally<'a> {
    /// Before the first session.
    pub fn new(rulebook: Rulebook<'a>, now: Timestamp) -> Self {
        let mut zones: Vec<Zone> = rulebook.profile.iter().map(|profile| profile.zone).collect();
        for edition in rulebook.law.editions() {
            let ours = Some(edition.jurisdiction) == rulebook.jurisdiction;
            if ours && !zones.contains(&edition.zone) {
                zones.push(edition.zone);
            }
        }
        let zone = zones.first().copied().unwrap_or(Zone::UTC);
        let summary = Summary {
            today: zone.date(now),
            zone,
            operator: rulebook.profile.map(|profile| profile.name.clone()),
            sessions: 0,
            open: 0,
            law: rulebook.jurisdiction.map(|_| Count::default()),
            declared: rulebook.profile.map(|_| Count::default()),
        };
        let zones = zones.into_iter().map(Days::new).collect();
        Self { rulebook, now, summary, zones, judged: HashMap::new() }
    }

    /// Adds one session.
    pub fn add(&mut self, session: &Session) {
        let span = Span::from(session);
        self.summary.sessions += 1;
        self.summary.open += u64::from(span.is_open());
        let key = self.key(span);
        let judged = match self.judged.get(&key) {
            Some(judged) => *judged,
            None => {
                let judged = Judged::of(span, self.rulebook, self.now);
                self.judged.insert(key, judged);
                judged
            }
        };
        if let (Some(count), Some(due)) = (&mut self.summary.law, judged.law) {
            count.add(due, session);
        }
        if let (Some(count), Some(due)) = (&mut self.summary.declared, judged.declared) {
            count.add(due, session);
        }
    }

    /// After the last one.
    pub fn finish(self) -> Summary {
        let mut summary = self.summary;
        for count in [&mut summary.law, &mut summary.declared].into_iter().flatten() {
            count.untold.sort_unstable();
        }
        summary
    }

    fn key(&mut self, span: Span) -> Key {
        // Two zones at most differ in practice: the operator's and the law's.
        let mut days = [[None; 4]; 2];
        let end = span.end.unwrap_or_else(|| Moment::between(None, None));
        let instants = [span.start.earliest, span.start.latest, end.earliest, end.latest];
        for (place, zone) in self.zones.iter_mut().enumerate().take(2) {
            days[place] = instants.map(|at| at.map(|at| zone.of(at)));
        }
        Key { open: span.is_open(), days }
    }
}

/// All of a session that its judgement depends on: whether it lasts, and the days, in each zone, of
/// the bounds of its start and its end.
#[derive(Debug, Eq, Hash, PartialEq)]
struct Key {
    open: bool,
    days: [[Option<NaiveDate>; 4]; 2],
}

/// Finds the day of an instant; sessions come in order, so most fall on the day of the one before.
#[derive(Debug)]
struct Days {
    zone: Zone,
    day: NaiveDate,
    from: Timestamp,
    to: Timestamp,
}

impl Days {
    fn new(zone: Zone) -> Self {
        Self { zone, day: NaiveDate::MIN, from: Timestamp::EPOCH, to: Timestamp::EPOCH }
    }

    fn of(&mut self, at: Timestamp) -> NaiveDate {
        if !(self.from <= at && at < self.to) {
            self.day = self.zone.date(at);
            self.from = self.zone.first_instant(self.day);
            self.to = self.zone.first_instant(self.day.succ_opt().unwrap_or(NaiveDate::MAX));
        }
        self.day
    }
}

/// Whether a record should be held today.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// It should, until this day where it is known.
    Held(Option<NaiveDate>),
    Over,
    None,
    Untold(Untold),
}

#[derive(Clone, Copy, Debug)]
struct Judged {
    law: Option<Due>,
    declared: Option<Due>,
}

impl Judged {
    fn of(span: Span, rulebook: Rulebook<'_>, now: Timestamp) -> Self {
        Self { law: by_law(span, rulebook, now), declared: by_declaration(span, rulebook, now) }
    }
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
