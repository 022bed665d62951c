use chrono::NaiveDate;

use super::edition::StartEvent;
use crate::session::{Session, TimeBounds, Timestamp, Zone};

/// A session's start and end, as far as they are known: all that retention depends on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    /// When it began.
    pub start: TimeBounds,
    /// When it ended; `None` while it lasts.
    pub end: Option<TimeBounds>,
}

impl Span {
    /// Whether the session still lasts.
    pub fn is_open(&self) -> bool {
        self.end.is_none()
    }

    /// The same with each bound drawn as close as the other allows, since no session ends before it
    /// began.
    pub(super) fn tightened(self) -> Self {
        let Some(end) = self.end else { return self };
        Self {
            start: self.start.within(None, end.latest),
            end: Some(end.within(self.start.earliest, None)),
        }
    }

    /// The days on which an event of the session may fall; `None` for one that is none of the
    /// session's, such as the end of a contract.
    pub(super) fn days_of(
        &self,
        event: StartEvent,
        now: Timestamp,
        zone: Zone,
    ) -> Option<EventDays> {
        let live = self.is_open() && event != StartEvent::SessionStart;
        let (earliest, latest) = match (event, self.end) {
            (StartEvent::SessionStart, _) => (self.start.earliest, self.start.latest),
            (StartEvent::SessionEnd, Some(end)) => (end.earliest, end.latest),
            (StartEvent::SessionEnd, None) => (self.start.earliest.max(Some(now)), None),
            (StartEvent::Communication | StartEvent::Recording, end) => {
                (self.start.earliest, end.and_then(|end| end.latest))
            }
            _ => return None,
        };
        let day = |at: Option<Timestamp>| at.map(|at| zone.date(at));
        Some(EventDays { earliest: day(earliest), latest: day(latest), live })
    }
}

impl From<&Session> for Span {
    fn from(session: &Session) -> Self {
        Self { start: session.start.value, end: session.end.as_ref().map(|end| end.moment.value) }
    }
}

/// The days on which an event may fall.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct EventDays {
    /// Not before this day; `None` is unknown.
    pub(super) earliest: Option<NaiveDate>,
    /// Not after this day; `None` is unknown.
    pub(super) latest: Option<NaiveDate>,
    /// Whether it may still happen, since the session lasts.
    pub(super) live: bool,
}
