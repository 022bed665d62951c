use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::page::session_days as msg;
use crate::tally::tally;
use crate::{RecordsError, Site};
use temoin_core::assessment::ErasedGroup;
use temoin_core::assessment::{ErasedStatus, GroupStatus, RecordState};
use temoin_core::session::{Timestamp, Zone};
use temoin_core::text::Message;

/// Longest session in days: a wrongly dated one must not fill the page.
const MAX_SHOWN: usize = 800;

/// The days with sessions, in the page's time zone.
pub(super) struct SessionDays {
    /// By day.
    pub(super) days: BTreeMap<NaiveDate, DaySummary>,
    /// Today.
    pub(super) today: NaiveDate,
    /// The retention status of the sessions, by group.
    pub(super) standings: Vec<GroupStatus>,
    /// The sessions that were erased here, and that the operator should hold or may hold today.
    pub(super) erased: Vec<ErasedGroup>,
    /// The zone.
    pub(super) zone: Zone,
}

/// One day.
#[derive(Clone, Copy, Debug)]
pub(super) struct DaySummary {
    /// The retention status of the day.
    pub(super) mark: RetentionMark,
    /// How many sessions were open on it.
    pub(super) sessions: u64,
}

/// Retention status as drawn; the strongest last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum RetentionMark {
    /// Should be erased, or is not subject to retention.
    Gone,
    /// Unknown.
    Untold,
    /// Should be held.
    Held,
}

impl SessionDays {
    /// The days of the site's record.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read.
    pub(super) fn read(site: &Site) -> Result<Self, RecordsError> {
        let records = (site.records)()?;
        let ruleset = (site.ruleset)()?;
        let (now, zone) = ((site.clock)(), site.zone);
        let applicable_rules = ruleset.applicable_rules();
        let tally = tally(records.as_ref(), applicable_rules, zone)?;
        let standings = tally.standings(applicable_rules, now);
        let mut days: BTreeMap<NaiveDate, DaySummary> = BTreeMap::new();
        for standing in &standings {
            let mark = RetentionMark::of(standing);
            for date in dates(standing, zone, now) {
                let day = days.entry(date).or_insert(DaySummary { mark, sessions: 0 });
                day.mark = day.mark.max(mark);
                day.sessions += standing.group.count;
            }
        }
        let judged = |status: &ErasedStatus| status.law.or(status.declared).is_some();
        let erased = tally.erased(applicable_rules, now).into_iter().filter(judged);
        let erased = erased.map(|status| status.group).collect();
        Ok(Self { days, today: zone.date(now), standings, erased, zone })
    }

    /// How many of the sessions have no day.
    fn undated(&self) -> u64 {
        let undated = self.standings.iter().filter(|standing| self.began(standing).is_none());
        undated.map(|standing| standing.group.count).sum()
    }

    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.standings.is_empty() && self.erased.is_empty()
    }

    /// How many sessions erased here should be gone at the operator's in the month of a day.
    pub(super) fn erased_due_in(&self, month: NaiveDate) -> u64 {
        let due = self.erased.iter().filter(|group| {
            group.day.is_some_and(|day| (day.year(), day.month()) == (month.year(), month.month()))
        });
        due.map(|group| group.count).sum()
    }

    /// What no day or month of the record can show.
    pub(super) fn write_beyond(&self, html: &mut Html, context: &PageContext) {
        let erased = |is_dated: bool| {
            let groups = self.erased.iter().filter(move |group| group.day.is_some() == is_dated);
            groups.map(|group| group.count).sum()
        };
        for (message, count) in [
            (&msg::UNDATED, self.undated()),
            (&msg::ERASED_HERE, erased(true)),
            (&msg::ERASED_UNDATED, erased(false)),
        ] {
            if count > 0 {
                html.leaf("p", &[], message.fill(context.language(), count, &[]));
            }
        }
    }

    /// The day on which a group's sessions began, if known.
    pub(super) fn began(&self, standing: &GroupStatus) -> Option<NaiveDate> {
        let start = standing.group.span.start;
        start.earliest.or(start.latest).map(|at| self.zone.date(at))
    }
}

impl RetentionMark {
    /// All, the strongest first.
    pub(super) const ALL: [Self; 3] = [Self::Held, Self::Untold, Self::Gone];

    /// The status of a group: by law, or if that is unknown, by declaration.
    pub(super) fn of(standing: &GroupStatus) -> Self {
        match due(standing) {
            Some(RecordState::Held(_)) => Self::Held,
            Some(RecordState::Untold(_)) | None => Self::Untold,
            Some(RecordState::Over | RecordState::None) => Self::Gone,
        }
    }

    /// CSS class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Untold => "untold",
            Self::Held => "held",
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static Message {
        match self {
            Self::Gone => &msg::GONE,
            Self::Untold => &msg::UNTOLD,
            Self::Held => &msg::HELD,
        }
    }
}

/// Whether a group's records are due: by law, or if that is unknown, by declaration.
pub(super) fn due(standing: &GroupStatus) -> Option<RecordState> {
    standing.law.or(standing.declared)
}

/// The legend of the colours.
pub(super) fn legend(html: &mut Html, context: &PageContext) {
    html.element("ul", &[("class", "legend")], |html| {
        for mark in RetentionMark::ALL {
            html.element("li", &[], |html| {
                let class = format!("swatch {}", mark.class());
                html.leaf("span", &[("class", &class)], "");
                html.text(context.say(mark.name()));
            });
        }
    });
}

/// The days on which a session of a group may have been open.
fn dates(standing: &GroupStatus, zone: Zone, now: Timestamp) -> impl Iterator<Item = NaiveDate> {
    let span = standing.group.span;
    let first = span.start.earliest.or(span.start.latest);
    let last = match span.end {
        Some(end) => end.latest.or(end.earliest).or(first),
        None => first.map(|first| first.max(now)),
    };
    let (first, last) = (first.map(|at| zone.date(at)), last.map(|at| zone.date(at)));
    first
        .into_iter()
        .flat_map(|day| day.iter_days())
        .take(MAX_SHOWN)
        .take_while(move |day| last.is_some_and(|last| *day <= last))
}
