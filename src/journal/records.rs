use std::ops::ControlFlow;
use std::path::Path;

use super::{JournalError, Reader};
use temoin_core::assessment::ErasedGroup;
use temoin_core::assessment::SyncState;
use temoin_core::assessment::{ApplicableRules, SignedStatus};
use temoin_core::record::{
    Cursor, DamagedRow, ErasureCertificate, Filter, LedgerEntry, Pagination, PollReason, Records,
    RecordsError, SessionReceipts,
};
use temoin_core::session::SessionCounts;
use temoin_core::session::{IdPrefix, Session, SessionId, Timestamp};

/// Opens the journal in `directory` for the page.
///
/// # Errors
/// `RecordsError` when it cannot be read; the log says why.
pub fn open_records(directory: &Path) -> Result<Box<dyn Records>, RecordsError> {
    Ok(Box::new(Reader::open(directory).map_err(records_error)?))
}

impl Records for Reader {
    fn count(&self, filter: &Filter) -> Result<u64, RecordsError> {
        Self::count(self, filter).map_err(records_error)
    }

    fn session_counts(&self) -> Result<Option<SessionCounts>, RecordsError> {
        Self::session_counts(self).map_err(records_error)
    }

    fn sessions(&self, filter: &Filter, page: &Pagination) -> Result<Vec<Session>, RecordsError> {
        Self::sessions(self, filter, page).map_err(records_error)
    }

    fn some_before(
        &self,
        filter: &Filter,
        place: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<(Cursor, Session)>, RecordsError> {
        Self::some_before(self, filter, place, limit).map_err(records_error)
    }

    fn each(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(Session) -> ControlFlow<()>,
    ) -> Result<(), RecordsError> {
        self.for_each(filter, visit).map(|_| ()).map_err(records_error)
    }

    fn damaged(&self, now: Timestamp) -> Result<Vec<DamagedRow>, RecordsError> {
        Self::damaged(self, now).map_err(records_error)
    }

    fn open(&self) -> Result<Vec<Session>, RecordsError> {
        self.open_sessions().map_err(records_error)
    }

    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, RecordsError> {
        Self::find(self, prefix).map_err(records_error)
    }

    fn signed(
        &self,
        session: &Session,
        applicable_rules: ApplicableRules<'_>,
        asks_operator: bool,
        now: Timestamp,
    ) -> Result<SignedStatus, RecordsError> {
        let state = self.sync_state(&session.id).map_err(records_error)?;
        Ok(SignedStatus::new(session, state.as_ref(), applicable_rules, asks_operator, now))
    }

    fn sync_states(&self, kind: PollReason, limit: u32) -> Result<Vec<SyncState>, RecordsError> {
        self.sessions_to_poll(kind, limit).map_err(records_error)
    }

    fn stated(&self, limit: usize) -> Result<Vec<SyncState>, RecordsError> {
        let mut found = Vec::new();
        let mut looked_at = 0;
        let read = self.for_each_sync_state(|sync_state| {
            looked_at += 1;
            found.extend(sync_state.last().is_some().then_some(sync_state));
            // An operator that never answers must not make the page read the whole record.
            let is_enough = found.len() >= limit || looked_at >= 2 * limit;
            if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        read.map(|_| found).map_err(records_error)
    }

    fn receipts(&self, id: &SessionId) -> Result<SessionReceipts, RecordsError> {
        let read = || {
            let sync_state = self.sync_state(id)?;
            let signed = sync_state
                .into_iter()
                .flat_map(|sync_state| [sync_state.held, sync_state.not_held]);
            let pinned = self.pinned_keys()?;
            let chains = pinned.into_iter().map(|key| self.keys(key)).collect::<Result<_, _>>()?;
            Ok(SessionReceipts { receipts: signed.flatten().collect(), chains })
        };
        read().map_err(records_error)
    }

    fn erased(&self) -> Result<u64, RecordsError> {
        self.erasures().map_err(records_error)
    }

    fn erased_by_day(&self) -> Result<Vec<ErasedGroup>, RecordsError> {
        Self::erased_by_day(self).map_err(records_error)
    }

    fn certificates(
        &self,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<ErasureCertificate>, RecordsError> {
        self.some_certificates(offset, limit).map_err(records_error)
    }

    fn ledger(&self, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>, RecordsError> {
        Self::ledger(self, offset, limit).map_err(records_error)
    }
}

fn records_error(error: JournalError) -> RecordsError {
    log::error!("{error}");
    if error.is_transient() { RecordsError::Busy } else { RecordsError::Broken }
}
