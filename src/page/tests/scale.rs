//! A page reads the same amount of a long record as of a short one.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{Records, SessionReceipts};
use temoin_core::assessment::ErasedGroup;
use temoin_core::assessment::SignedStatus;
use temoin_core::assessment::SyncState;
use temoin_core::record::{Cursor, DamagedRow, Filter, LedgerEntry, Pagination, PollReason};
use temoin_core::session::IdPrefix;
use temoin_core::session::SessionCounts;

/// Days that have sessions.
pub(super) const DAYS: u32 = 365;

/// How many sessions were read.
#[derive(Clone, Default)]
struct ReadCounter(Arc<AtomicUsize>);

impl ReadCounter {
    fn note<T>(&self, read: T, count: impl FnOnce(&T) -> usize) -> T {
        self.0.fetch_add(count(&read), Ordering::Relaxed);
        read
    }

    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// The record, counting the sessions read.
struct CountingRecords {
    records: Box<dyn Records>,
    reads: ReadCounter,
}

impl Records for CountingRecords {
    fn count(&self, filter: &Filter) -> Result<u64, RecordsError> {
        let count = self.records.count(filter)?;
        Ok(self.reads.note(count, |count| usize::try_from(*count).unwrap()))
    }

    fn session_counts(&self) -> Result<Option<SessionCounts>, RecordsError> {
        let read = |session_counts: &Option<SessionCounts>| {
            session_counts.as_ref().map_or(0, |session_counts| {
                session_counts.groups.len() + session_counts.ungrouped.len()
            })
        };
        Ok(self.reads.note(self.records.session_counts()?, read))
    }

    fn sessions(&self, filter: &Filter, page: &Pagination) -> Result<Vec<Session>, RecordsError> {
        Ok(self.reads.note(self.records.sessions(filter, page)?, Vec::len))
    }

    fn damaged(&self, now: Timestamp) -> Result<Vec<DamagedRow>, RecordsError> {
        self.records.damaged(now)
    }

    fn some_before(
        &self,
        filter: &Filter,
        place: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<(Cursor, Session)>, RecordsError> {
        Ok(self.reads.note(self.records.some_before(filter, place, limit)?, Vec::len))
    }

    fn each(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(Session) -> ControlFlow<()>,
    ) -> Result<(), RecordsError> {
        self.records.each(filter, &mut |session| visit(self.reads.note(session, |_| 1)))
    }

    fn open(&self) -> Result<Vec<Session>, RecordsError> {
        Ok(self.reads.note(self.records.open()?, Vec::len))
    }

    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, RecordsError> {
        Ok(self.reads.note(self.records.find(prefix)?, Vec::len))
    }

    fn signed(
        &self,
        session: &Session,
        applicable_rules: ApplicableRules<'_>,
        asks_operator: bool,
        now: Timestamp,
    ) -> Result<SignedStatus, RecordsError> {
        self.records.signed(session, applicable_rules, asks_operator, now)
    }

    fn stated(&self, limit: usize) -> Result<Vec<SyncState>, RecordsError> {
        Ok(self.reads.note(self.records.stated(limit)?, Vec::len))
    }

    fn sync_states(&self, kind: PollReason, limit: u32) -> Result<Vec<SyncState>, RecordsError> {
        self.records.sync_states(kind, limit)
    }

    fn receipts(&self, id: &SessionId) -> Result<SessionReceipts, RecordsError> {
        self.records.receipts(id)
    }

    fn erased(&self) -> Result<u64, RecordsError> {
        self.records.erased()
    }

    fn erased_by_day(&self) -> Result<Vec<ErasedGroup>, RecordsError> {
        Ok(self.reads.note(self.records.erased_by_day()?, Vec::len))
    }

    fn certificates(
        &self,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<ErasureCertificate>, RecordsError> {
        self.records.certificates(offset, limit)
    }

    fn ledger(&self, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>, RecordsError> {
        self.records.ledger(offset, limit)
    }
}

/// A record with this many sessions on each of the days before [`NOW`], with counts as the daemon builds
/// them at start.
pub(super) fn record(directory: &Path, each_day: u32) -> Journal {
    let (mut journal, _) = Journal::open(directory).unwrap();
    journal.count_in(&[zone()]).unwrap();
    let sessions = (0..DAYS * each_day).rev().map(|number| {
        let secret = SessionSecret::from_bytes(
            [number.to_be_bytes().as_slice(), &[9; 28]].concat().try_into().unwrap(),
        );
        let minute = 24 * 60 / each_day;
        let start = at(NOW).shifted(-i64::from(number * minute + minute) * 60_000);
        let end = start.shifted(i64::from(minute / 2) * 60_000);
        let mut session = whole(1, &start.to_string(), &end.to_string(), EndReason::Stopped);
        session.id = secret.id();
        Change::Open(session, secret)
    });
    let changes: Vec<Change> = sessions.collect();
    journal.record(&changes, None).unwrap();
    journal
}

#[test]
fn a_page_reads_no_more_of_a_long_record_than_of_a_short_one_also_at_first_and_after_an_erasure() {
    let mut of_each: Vec<Vec<usize>> = Vec::new();
    for each_day in [1, 12] {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = record(directory.path(), each_day);
        let reads = ReadCounter::default();
        let (watched, path) = (reads.clone(), directory.path().to_owned());
        let server = start(Site {
            records: Arc::new(move || {
                let (records, reads) = (open_records(&path)?, watched.clone());
                Ok(Box::new(CountingRecords { records, reads }))
            }),
            ..empty_site()
        });
        let mut of_pages = Vec::new();
        let mut pages = || {
            for target in ["/", "/timeline", "/calendar", "/sessions", "/ask", "/rights"] {
                assert_eq!(get(&server, target).status(), 200);
                of_pages.push(reads.take());
            }
        };
        pages();
        let certificate = ErasureCertificate {
            id: oldest(directory.path()),
            erased_at: at(NOW),
            expiry: "on request".to_owned(),
        };
        journal.erase(&[certificate]).unwrap();
        pages();
        of_each.push(of_pages);
    }
    for (short, long) in of_each[0].iter().zip(&of_each[1]) {
        assert!(*long <= 2 * short, "{of_each:?}");
    }
}

/// The session that began first.
fn oldest(directory: &Path) -> SessionId {
    let mut oldest = None;
    let visit = &mut |session: Session| {
        oldest = Some(session.id);
        ControlFlow::Continue(())
    };
    open_records(directory).unwrap().each(&Filter::all(at(NOW)), visit).unwrap();
    oldest.unwrap()
}
