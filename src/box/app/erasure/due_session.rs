use std::collections::HashSet;
use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::ExpiryCache;
use temoin_core::assessment::{LocalState, SyncState, SyncVerdict};
use temoin_core::law::{EraseBy, EraseReason, GRACE_DAYS};
use temoin_core::record::{ErasureCertificate, Filter, SessionState};
use temoin_core::session::{Session, SessionId, Timestamp, Zone};
use temoin_journal::{JournalError, Reader};
use temoin_protocol::Day;

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// A session that is to be erased.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct DueSession {
    /// Which.
    pub id: SessionId,
    /// The day from which it should be erased; `None` if not known.
    pub day: Option<NaiveDate>,
}

impl DueSession {
    /// The sessions that should be erased, the newest first.
    ///
    /// A session whose record the operator has signed to hold waits up to `grace_days` for the
    /// signed confirmation of its erasure, so that both are erased together, or the member learns
    /// that only one was. One confirmed erased is due at once, even before its day: the box must
    /// not keep it longer.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub(crate) fn all(
        reader: &Reader,
        expiry_cache: &mut ExpiryCache<'_>,
        grace_days: u32,
    ) -> Result<Vec<Self>, JournalError> {
        let now = expiry_cache.now();
        let grace = i64::from(grace_days.min(GRACE_DAYS)) * DAY;
        let closed = Filter { state: Some(SessionState::Closed), ..Filter::all(now) };
        let mut due = Vec::new();
        let mut may_wait = Vec::new();
        reader.for_each(&closed, |session| {
            let until = expiry_cache.of(&session).clone();
            if let EraseBy::At { at, .. } = until {
                if at <= now {
                    may_wait.push(now < at.shifted(grace));
                    due.push(Self { id: session.id, day: expiry_cache.day(&until) });
                }
            }
            ControlFlow::<()>::Continue(())
        })?;
        let zone = expiry_cache.operator_zone();
        let mut going = Vec::new();
        for (due, may_wait) in due.into_iter().zip(may_wait) {
            let is_waiting = may_wait
                && match reader.sync_state(&due.id) {
                    // What the operator stated is damaged: nothing to wait for.
                    Err(JournalError::InvalidValue { .. }) => false,
                    sync_state => is_confirmation_pending(sync_state?, zone, now),
                };
            if !is_waiting {
                going.push(due);
            }
        }
        let known: HashSet<SessionId> = going.iter().map(|due| due.id).collect();
        let confirmed = match reader.confirmed() {
            Err(error @ JournalError::InvalidValue { .. }) => {
                log::error!("{error}");
                Vec::new()
            }
            confirmed => confirmed?,
        };
        for sync_state in confirmed {
            if sync_state.local_state == LocalState::Ended && !known.contains(&sync_state.id) {
                going.push(Self { id: sync_state.id, day: sync_state.erase_by().map(Day::date) });
            }
        }
        Ok(going)
    }

    /// A session that is to be erased by request, due or not. The day on which only the box's own limit
    /// would end says nothing of the operator's record, so it is not kept.
    pub(crate) fn requested(session: &Session, expiry_cache: &mut ExpiryCache<'_>) -> Self {
        let until = expiry_cache.of(session).clone();
        let is_known = !matches!(until, EraseBy::At { because: EraseReason::HardBound, .. });
        Self { id: session.id, day: expiry_cache.day(&until).filter(|_| is_known) }
    }

    /// The certificate that remains of it.
    pub(super) fn certificate(&self, now: Timestamp) -> ErasureCertificate {
        let expiry = self.day.map_or_else(|| "on request".to_owned(), |day| day.to_string());
        ErasureCertificate { id: self.id, erased_at: now, expiry }
    }
}

/// Whether the operator's confirmation of erasure is still pending.
fn is_confirmation_pending(sync_state: Option<SyncState>, zone: Zone, now: Timestamp) -> bool {
    sync_state.is_some_and(|sync_state| {
        sync_state.held.is_some()
            && !matches!(sync_state.verdict(zone, now), SyncVerdict::Confirmed { .. })
    })
}

#[cfg(test)]
pub(super) mod tests {
    use tempfile::tempdir;

    use super::*;
    use temoin_core::assessment::ApplicableRules;
    use temoin_core::law::{Jurisdiction, Law};
    use temoin_core::record::{Call, CallResult, RouteKind, SentRequest};
    use temoin_core::session::{
        Attributes, BootId, Change, ClockReading, Coverage, End, EndReason, Field, Observed,
        SessionSecret, Source, TimeBounds, Uptime,
    };
    use temoin_journal::{Journal, SyncUpdate};
    use temoin_protocol::{
        FieldSet, Freshness, Held, KeyChain, Salt, SigningKey, StatusAnswer, StatusRequest,
        StoredRecord, UnixSeconds,
    };

    pub(in crate::app::erasure) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(in crate::app::erasure) fn secret(number: u8) -> SessionSecret {
        SessionSecret::from_bytes([number; 32])
    }

    pub(in crate::app::erasure) fn open(number: u8, start: &str) -> Session {
        Session {
            id: secret(number).id(),
            device: "tun0".parse().unwrap(),
            interface: Some(4),
            opened: reading(start),
            start: Observed::new(TimeBounds::exact(at(start)), Source::OpenVpnHook),
            end: None,
            attributes: Attributes::default(),
            coverage: Coverage::Complete,
            connection: None,
            last_seen: None,
        }
    }

    pub(in crate::app::erasure) fn closed(number: u8, start: &str, end: &str) -> Session {
        let end = End {
            moment: Observed::new(TimeBounds::exact(at(end)), Source::OpenVpnHook),
            closed: reading(end),
            reason: EndReason::StoppedWithNotice,
        };
        Session { end: Some(end), ..open(number, start) }
    }

    pub(in crate::app::erasure) fn reading(realtime: &str) -> ClockReading {
        ClockReading {
            boot: BootId::from_bytes([3; 16]),
            uptime: Uptime::from_milliseconds(1_000),
            realtime: at(realtime),
            synchronised: true,
        }
    }

    /// Records sessions, each open or closed as it is.
    pub(in crate::app::erasure) fn record(journal: &mut Journal, sessions: &[(u8, Session)]) {
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
        let due = |now: &str, applicable_rules: ApplicableRules<'_>| {
            DueSession::all(&reader, &mut ExpiryCache::new(applicable_rules, at(now)), 0).unwrap()
        };
        let belgium = ApplicableRules::of_jurisdiction(&law, Jurisdiction::Belgium);
        let expected = [DueSession {
            id: secret(1).id(),
            day: Some(NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()),
        }];
        assert_eq!(due("2026-11-24T12:00:00Z", belgium), expected);
        assert_eq!(due("2026-11-24T23:00:00Z", belgium).len(), 2);
        // Whose law applies is not known: thirteen months.
        let nobody = ApplicableRules { law: &law, jurisdiction: None, profile: None };
        assert_eq!(due("2026-11-24T23:00:00Z", nobody), []);
        assert_eq!(due("2026-12-26T00:00:00Z", nobody).len(), 2);
    }
    fn brussels() -> Zone {
        "Europe/Brussels".parse().unwrap()
    }

    /// Notes that the operator stated this of the session with this number, at an instant.
    pub(in crate::app::erasure) fn state(
        journal: &mut Journal,
        number: u8,
        when: &str,
        held: Option<&str>,
    ) {
        let id = secret(number).id();
        let mut random = [[0; 32]; StatusRequest::RANDOM];
        (0..).zip(&mut random).for_each(|(place, bytes)| *bytes = [place; 32]);
        let request = StatusRequest::new(&[id], &random).unwrap();
        let key = SigningKey::from_seed(&[3; 32]);
        let keys = KeyChain::pinned(key.public());
        let day = |text: &str| Day::new(text.parse().unwrap());
        let fields = FieldSet::from_iter([Field::SessionStart]);
        let salt = Salt::from_random([number; 32]).unwrap();
        let stated = UnixSeconds::containing(at(when)).unwrap();
        let answer = StatusAnswer::new(&request, stated, &key, None, |asked| {
            let held = Held::new(day(held?), fields).filter(|_| *asked == id)?;
            Some(StoredRecord { held, values: &[], salt })
        });
        let verified = answer.verify(&request, &keys, Freshness::ClockNotTrusted).unwrap();
        let sent = SentRequest {
            at: at(when),
            call: Call::Status,
            route: RouteKind::Tunnel,
            is_manual: false,
            head: Vec::new(),
            body: request.to_bytes().to_vec(),
        };
        let entry = journal.note_request(&sent, &[id], None).unwrap();
        let outcome = CallResult { at: at(when), answer: None, failure: None };
        let receipts = &verified.receipts;
        let learnt = SyncUpdate::Statements { receipts, keys: &keys, zone: brussels() };
        journal.note_answer(entry, &outcome, &learnt).unwrap();
    }

    #[test]
    fn a_session_whose_record_is_held_waits_for_its_erasure_but_never_longer_than_the_grace() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let session = |number| closed(number, "2025-11-20T10:00:00Z", "2025-11-22T10:00:00Z");
        record(&mut journal, &[1, 2, 3, 4].map(|number| (number, session(number))));
        // The law's last day is 2026-11-22. Of session 4 nobody ever said anything.
        for (number, erase_by) in [(1, "2026-11-23"), (2, "2026-11-23"), (3, "2026-03-01")] {
            state(&mut journal, number, "2025-12-01T10:00:00Z", Some(erase_by));
        }
        let law = Law::compiled_in().unwrap();
        let belgium = ApplicableRules::of_jurisdiction(&law, Jurisdiction::Belgium);
        let due = |now: &str, grace| {
            let reader = Reader::open(directory.path()).unwrap().unwrap();
            let mut expiry_cache = ExpiryCache::new(belgium, at(now));
            let due = DueSession::all(&reader, &mut expiry_cache, grace).unwrap();
            let mut numbers: Vec<u8> = (1..=4)
                .filter(|number| due.iter().any(|due| due.id == secret(*number).id()))
                .collect();
            numbers.sort_unstable();
            assert_eq!(numbers.len(), due.len(), "one is named twice");
            (numbers, due)
        };
        assert_eq!(due("2026-11-22T12:00:00Z", 14).0, [0; 0]);
        assert_eq!(due("2026-11-22T23:00:00Z", 14).0, [4]);
        assert_eq!(due("2026-11-22T23:00:00Z", 0).0, [1, 2, 3, 4]);
        assert_eq!(due("2026-11-25T22:59:00Z", 3).0, [4]);
        assert_eq!(due("2026-11-25T23:00:00Z", 3).0, [1, 2, 3, 4]);
        assert_eq!(due("2026-12-06T22:59:00Z", 14).0, [4]);
        // However long the configuration would have it wait.
        assert_eq!(due("2026-12-06T23:00:00Z", 1000).0, [1, 2, 3, 4]);
        // Erased there, so erased here: 1 in its grace, 3 long before the law's day.
        state(&mut journal, 1, "2026-11-24T10:00:00Z", None);
        assert_eq!(due("2026-11-24T11:00:00Z", 14).0, [1, 4]);
        state(&mut journal, 3, "2026-03-02T10:00:00Z", None);
        let (numbers, due) = due("2026-03-02T11:00:00Z", 14);
        assert!(numbers.contains(&3), "{numbers:?}");
        let third = due.iter().find(|due| due.id == secret(3).id()).unwrap();
        assert_eq!(third.day, NaiveDate::from_ymd_opt(2026, 3, 1));
    }
}
