use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::layout::Visit;
use crate::domain::{Timestamp, Zone};
use crate::holding::{Due, Standing};
use crate::i18n::Message;
use crate::messages::page::days as msg;
use crate::web::html::Html;
use crate::web::tally::tally;
use crate::web::{Site, Unreadable};

/// More days than any session of a record can last: what is dated wrongly must not fill the page.
const LONGEST: usize = 800;

/// What there was on each day that had a session, in the days of the zone that is shown.
pub(super) struct Days {
    /// By day.
    pub(super) days: BTreeMap<NaiveDate, Day>,
    /// Today.
    pub(super) today: NaiveDate,
    /// How the sessions stand.
    pub(super) standings: Vec<Standing>,
    /// The zone.
    pub(super) zone: Zone,
}

/// What there was on a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    /// How the record of that day stands.
    pub(super) mark: Mark,
    /// How many sessions lasted on it.
    pub(super) sessions: u64,
}

/// How a record stands, as it is drawn: the strongest last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Mark {
    /// It should be gone, or nothing says that it is kept.
    Gone,
    /// It cannot be told.
    Untold,
    /// It should be held.
    Held,
}

impl Days {
    /// The days of the site's record.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read.
    pub(super) fn read(site: &Site) -> Result<Self, Unreadable> {
        let records = (site.records)()?;
        let book = (site.book)()?;
        let (now, zone) = ((site.clock)(), site.zone);
        let rulebook = book.rulebook();
        let tally = tally(records.as_ref(), rulebook, zone)?;
        let standings = tally.standings(rulebook, now);
        let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
        for standing in &standings {
            let mark = Mark::of(standing);
            for date in dates(standing, zone, now) {
                let day = days.entry(date).or_insert(Day { mark, sessions: 0 });
                day.mark = day.mark.max(mark);
                day.sessions += standing.group.count;
            }
        }
        Ok(Self { days, today: zone.date(now), standings, zone })
    }

    /// The day on which sessions of a group began, as far as it is known.
    pub(super) fn began(&self, standing: &Standing) -> Option<NaiveDate> {
        let start = standing.group.span.start;
        start.earliest.or(start.latest).map(|at| self.zone.date(at))
    }
}

impl Mark {
    /// All of them, the strongest first.
    pub(super) const ALL: [Self; 3] = [Self::Held, Self::Untold, Self::Gone];

    /// How the sessions of a group stand: by law, or where that is not known, by declaration.
    pub(super) fn of(standing: &Standing) -> Self {
        match due(standing) {
            Some(Due::Held(_)) => Self::Held,
            Some(Due::Untold(_)) | None => Self::Untold,
            Some(Due::Over | Due::None) => Self::Gone,
        }
    }

    /// Its class in the style sheet.
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

/// Whether the records of a group are due: by law, or where that is not known, by declaration.
pub(super) fn due(standing: &Standing) -> Option<Due> {
    standing.law.or(standing.declared)
}

/// What the colours mean.
pub(super) fn legend(html: &mut Html, visit: &Visit) {
    html.element("ul", &[("class", "legend")], |html| {
        for mark in Mark::ALL {
            html.element("li", &[], |html| {
                let class = format!("swatch {}", mark.class());
                html.leaf("span", &[("class", &class)], "");
                html.text(visit.say(mark.name()));
            });
        }
    });
}

/// The days on which a session of a group may have lasted.
fn dates(standing: &Standing, zone: Zone, now: Timestamp) -> impl Iterator<Item = NaiveDate> {
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
        .take(LONGEST)
        .take_while(move |day| last.is_some_and(|last| *day <= last))
}
