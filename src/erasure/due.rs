use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::Calendar;
use crate::domain::{SessionId, Timestamp};
use crate::journal::{Certificate, Filter, JournalError, Reader, State};
use crate::retention::EraseBy;

/// A session that is to be erased.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Due {
    /// Which.
    pub id: SessionId,
    /// The day from which on it should be gone; `None` where that is not known.
    pub day: Option<NaiveDate>,
}

impl Due {
    /// The sessions of the record that should be gone, the newest first.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn all(reader: &Reader, calendar: &mut Calendar<'_>) -> Result<Vec<Self>, JournalError> {
        let now = calendar.now();
        let closed = Filter { state: Some(State::Closed), ..Filter::all(now) };
        let mut due = Vec::new();
        reader.for_each(&closed, |session| {
            let until = calendar.of(&session);
            if is_past(until, now) {
                let until = until.clone();
                due.push(Self { id: session.id, day: calendar.day(&until) });
            }
            ControlFlow::<()>::Continue(())
        })?;
        Ok(due)
    }

    /// What remains of it.
    pub(super) fn certificate(&self, now: Timestamp) -> Certificate {
        let expiry = self.day.map_or_else(|| "on request".to_owned(), |day| day.to_string());
        Certificate { id: self.id, erased_at: now, expiry }
    }
}

/// Whether something should be gone.
pub(super) fn is_past(until: &EraseBy<'_>, now: Timestamp) -> bool {
    matches!(until, EraseBy::At { at, .. } if *at <= now)
}

#[cfg(test)]
pub(super) mod tests {
    use tempfile::tempdir;

    use super::*;
    use crate::domain::{
        BootId, Change, ClockReading, Coverage, End, EndReason, Facts, Moment, Observed, Session,
        SessionSecret, Source, Uptime,
    };
    use crate::holding::Rulebook;
    use crate::journal::Journal;
    use crate::retention::{Jurisdiction, Law};

    pub(in crate::erasure) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(in crate::erasure) fn secret(number: u8) -> SessionSecret {
        SessionSecret::from_bytes([number; 32])
    }

    pub(in crate::erasure) fn open(number: u8, start: &str) -> Session {
        Session {
            id: secret(number).id(),
            device: "tun0".parse().unwrap(),
            interface: Some(4),
            opened: reading(start),
            start: Observed::new(Moment::exact(at(start)), Source::OpenVpnHook),
            end: None,
            facts: Facts::default(),
            coverage: Coverage::Complete,
            connection: None,
            last_seen: None,
        }
    }

    pub(in crate::erasure) fn closed(number: u8, start: &str, end: &str) -> Session {
        let end = End {
            moment: Observed::new(Moment::exact(at(end)), Source::OpenVpnHook),
            closed: reading(end),
            reason: EndReason::StoppedWithNotice,
        };
        Session { end: Some(end), ..open(number, start) }
    }

    pub(in crate::erasure) fn reading(realtime: &str) -> ClockReading {
        ClockReading {
            boot: BootId::from_bytes([3; 16]),
            uptime: Uptime::from_milliseconds(1_000),
            realtime: at(realtime),
            synchronised: true,
        }
    }

    /// Records sessions, each open or closed as it is.
    pub(in crate::erasure) fn record(journal: &mut Journal, sessions: &[(u8, Session)]) {
        for (number, session) in sessions {
            let opening = Session { end: None, ..session.clone() };
            journal.record(&[Change::Open(opening, secret(*number))], None).unwrap();
            if session.end.is_some() {
                journal.record(&[Change::Close(session.clone())], None).unwrap();
            }
        }
    }

    #[test]
    fn what_is_over_is_due_and_what_lasts_never_is() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        record(
            &mut journal,
            &[
                (1, closed(1, "2025-11-20T10:00:00Z", "2025-11-22T10:00:00Z")),
                // Its last day is today.
                (2, closed(2, "2025-11-20T10:00:00Z", "2025-11-24T10:00:00Z")),
                (3, open(3, "2020-01-01T10:00:00Z")),
            ],
        );
        let law = Law::compiled_in().unwrap();
        let reader = Reader::open(directory.path()).unwrap().unwrap();
        let due = |now: &str, rulebook: Rulebook<'_>| {
            Due::all(&reader, &mut Calendar::new(rulebook, at(now))).unwrap()
        };
        let belgium = Rulebook::of_jurisdiction(&law, Jurisdiction::Belgium);
        let expected =
            [Due { id: secret(1).id(), day: Some(NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()) }];
        assert_eq!(due("2026-11-24T12:00:00Z", belgium), expected);
        assert_eq!(due("2026-11-24T23:00:00Z", belgium).len(), 2);
        // Whose law applies is not known: thirteen months.
        let nobody = Rulebook { law: &law, jurisdiction: None, profile: None };
        assert_eq!(due("2026-11-24T23:00:00Z", nobody), []);
        assert_eq!(due("2026-12-26T00:00:00Z", nobody).len(), 2);
    }
}
