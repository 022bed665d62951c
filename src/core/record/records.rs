use std::fmt;
use std::ops::ControlFlow;

use super::{Cursor, DamagedRow, ErasureCertificate, Filter, LedgerEntry, Pagination, PollReason};
use crate::assessment::ErasedGroup;
use crate::assessment::SyncState;
use crate::assessment::{ApplicableRules, SignedStatus};
use crate::session::SessionCounts;
use crate::session::{IdPrefix, Session, SessionId, Timestamp};
use temoin_protocol::{KeyChain, Receipt};

/// Read-only access to the record for the page.
pub trait Records {
    /// How many sessions match `filter`.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn count(&self, filter: &Filter) -> Result<u64, RecordsError>;

    /// The stored session counts; `None` if there are none.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn session_counts(&self) -> Result<Option<SessionCounts>, RecordsError>;

    /// A page of the sessions that match `filter`, newest first.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn sessions(&self, filter: &Filter, page: &Pagination) -> Result<Vec<Session>, RecordsError>;

    /// At most `limit` sessions that match `filter`, newest first, each with its place: from the newest, or
    /// from before `place`.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn some_before(
        &self,
        filter: &Filter,
        place: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<(Cursor, Session)>, RecordsError>;

    /// Calls `visit` for each session that matches `filter`, newest first, until it breaks.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn each(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(Session) -> ControlFlow<()>,
    ) -> Result<(), RecordsError>;

    /// The rows that are damaged, newest first. All else that reads sessions passes over them.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn damaged(&self, now: Timestamp) -> Result<Vec<DamagedRow>, RecordsError>;

    /// The open sessions.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn open(&self) -> Result<Vec<Session>, RecordsError>;

    /// The sessions whose ID has this prefix, at most two of them.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, RecordsError>;

    /// What the operator has signed about a session, or why there is nothing.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn signed(
        &self,
        session: &Session,
        applicable_rules: ApplicableRules<'_>,
        asks_operator: bool,
        now: Timestamp,
    ) -> Result<SignedStatus, RecordsError>;

    /// The sync state of at most `limit` sessions of this kind.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn sync_states(&self, kind: PollReason, limit: u32) -> Result<Vec<SyncState>, RecordsError>;

    /// The sync state of at most `limit` of the newest sessions on which the operator made a statement.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn stated(&self, limit: usize) -> Result<Vec<SyncState>, RecordsError>;

    /// What the operator has signed about a session, and by which keys.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn receipts(&self, id: &SessionId) -> Result<SessionReceipts, RecordsError>;

    /// How many sessions have been erased so far.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn erased(&self) -> Result<u64, RecordsError>;

    /// The erased sessions, counted by the day that their certificates name.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn erased_by_day(&self) -> Result<Vec<ErasedGroup>, RecordsError>;

    /// At most `limit` certificates of erasure, newest first, after the first `offset`.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn certificates(
        &self,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<ErasureCertificate>, RecordsError>;

    /// At most `limit` of the requests that left the box, newest first, after the first `offset`.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read; the cause has been logged.
    fn ledger(&self, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>, RecordsError>;
}

/// A record that does not exist yet is empty.
impl<R: Records> Records for Option<R> {
    fn count(&self, filter: &Filter) -> Result<u64, RecordsError> {
        self.as_ref().map_or(Ok(0), |records| records.count(filter))
    }

    fn session_counts(&self) -> Result<Option<SessionCounts>, RecordsError> {
        self.as_ref().map_or(Ok(None), Records::session_counts)
    }

    fn sessions(&self, filter: &Filter, page: &Pagination) -> Result<Vec<Session>, RecordsError> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.sessions(filter, page))
    }

    fn some_before(
        &self,
        filter: &Filter,
        place: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<(Cursor, Session)>, RecordsError> {
        let none = || Ok(Vec::new());
        self.as_ref().map_or_else(none, |records| records.some_before(filter, place, limit))
    }

    fn each(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(Session) -> ControlFlow<()>,
    ) -> Result<(), RecordsError> {
        self.as_ref().map_or(Ok(()), |records| records.each(filter, visit))
    }

    fn damaged(&self, now: Timestamp) -> Result<Vec<DamagedRow>, RecordsError> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.damaged(now))
    }

    fn open(&self) -> Result<Vec<Session>, RecordsError> {
        self.as_ref().map_or(Ok(Vec::new()), Records::open)
    }

    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, RecordsError> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.find(prefix))
    }

    fn signed(
        &self,
        session: &Session,
        applicable_rules: ApplicableRules<'_>,
        asks_operator: bool,
        now: Timestamp,
    ) -> Result<SignedStatus, RecordsError> {
        let none = || Ok(SignedStatus::default());
        let read = |records: &R| records.signed(session, applicable_rules, asks_operator, now);
        self.as_ref().map_or_else(none, read)
    }

    fn sync_states(&self, kind: PollReason, limit: u32) -> Result<Vec<SyncState>, RecordsError> {
        self.as_ref().map_or_else(|| Ok(Vec::new()), |records| records.sync_states(kind, limit))
    }

    fn stated(&self, limit: usize) -> Result<Vec<SyncState>, RecordsError> {
        self.as_ref().map_or_else(|| Ok(Vec::new()), |records| records.stated(limit))
    }

    fn receipts(&self, id: &SessionId) -> Result<SessionReceipts, RecordsError> {
        self.as_ref().map_or_else(|| Ok(SessionReceipts::default()), |records| records.receipts(id))
    }

    fn erased(&self) -> Result<u64, RecordsError> {
        self.as_ref().map_or(Ok(0), Records::erased)
    }

    fn erased_by_day(&self) -> Result<Vec<ErasedGroup>, RecordsError> {
        self.as_ref().map_or_else(|| Ok(Vec::new()), Records::erased_by_day)
    }

    fn certificates(
        &self,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<ErasureCertificate>, RecordsError> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.certificates(offset, limit))
    }

    fn ledger(&self, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>, RecordsError> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.ledger(offset, limit))
    }
}

/// What was signed about one session.
#[derive(Clone, Debug, Default)]
pub struct SessionReceipts {
    /// The statements that a record is held, that none is, or both in turn.
    pub receipts: Vec<Receipt>,
    /// The known key chains.
    pub chains: Vec<KeyChain>,
}

/// The record cannot be read. The cause has been logged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordsError {
    /// Locked by a writer for too long; try again later.
    Busy,
    /// Damaged or inaccessible; needs repair.
    Broken,
}

impl fmt::Display for RecordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record cannot be read; the log says why")
    }
}

impl std::error::Error for RecordsError {}
