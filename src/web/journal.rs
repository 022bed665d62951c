use std::ops::ControlFlow;
use std::path::Path;

use crate::domain::{IdPrefix, Session, SessionId, Timestamp};
use crate::holding::{Rulebook, Signed};
use crate::journal::{
    Census, Certificate, Dealing, Filter, JournalError, LedgerEntry, Page, Place, Reader, Worth,
};

use super::{Receipts, Records, Unreadable};

/// Opens the journal in `directory` for the page.
///
/// # Errors
/// [`Unreadable`] when it cannot be read; the log says why.
pub fn open_records(directory: &Path) -> Result<Box<dyn Records>, Unreadable> {
    Ok(Box::new(Reader::open(directory).map_err(unreadable)?))
}

impl Records for Reader {
    fn count(&self, filter: &Filter) -> Result<u64, Unreadable> {
        Self::count(self, filter).map_err(unreadable)
    }

    fn census(&self) -> Result<Option<Census>, Unreadable> {
        Self::census(self).map_err(unreadable)
    }

    fn sessions(&self, filter: &Filter, page: &Page) -> Result<Vec<Session>, Unreadable> {
        Self::sessions(self, filter, page).map_err(unreadable)
    }

    fn some_before(
        &self,
        filter: &Filter,
        place: Option<Place>,
        limit: u32,
    ) -> Result<Vec<(Place, Session)>, Unreadable> {
        Self::some_before(self, filter, place, limit).map_err(unreadable)
    }

    fn each(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(Session) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        self.for_each(filter, visit).map(|_| ()).map_err(unreadable)
    }

    fn open(&self) -> Result<Vec<Session>, Unreadable> {
        self.open_sessions().map_err(unreadable)
    }

    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, Unreadable> {
        Self::find(self, prefix).map_err(unreadable)
    }

    fn signed(
        &self,
        session: &Session,
        rulebook: Rulebook<'_>,
        asks_operator: bool,
        now: Timestamp,
    ) -> Result<Signed, Unreadable> {
        Signed::read(session, self, rulebook, asks_operator, now).map_err(unreadable)
    }

    fn dealings(&self, kind: Worth, limit: u32) -> Result<Vec<Dealing>, Unreadable> {
        self.worth_asking(kind, limit).map_err(unreadable)
    }

    fn stated(&self, limit: usize) -> Result<Vec<Dealing>, Unreadable> {
        let mut found = Vec::new();
        let mut looked_at = 0;
        let read = self.for_each_dealing(|dealing| {
            looked_at += 1;
            found.extend(dealing.last().is_some().then_some(dealing));
            // An operator that never answers must not make the page read the whole record.
            let is_enough = found.len() >= limit || looked_at >= 2 * limit;
            if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        read.map(|_| found).map_err(unreadable)
    }

    fn receipts(&self, id: &SessionId) -> Result<Receipts, Unreadable> {
        let read = || {
            let dealing = self.dealing(id)?;
            let signed = dealing.into_iter().flat_map(|dealing| [dealing.held, dealing.not_held]);
            let pinned = self.pinned_keys()?;
            let chains = pinned.into_iter().map(|key| self.keys(key)).collect::<Result<_, _>>()?;
            Ok(Receipts { receipts: signed.flatten().collect(), chains })
        };
        read().map_err(unreadable)
    }

    fn erased(&self) -> Result<u64, Unreadable> {
        self.erasures().map_err(unreadable)
    }

    fn certificates(&self, offset: u32, limit: u32) -> Result<Vec<Certificate>, Unreadable> {
        self.some_certificates(offset, limit).map_err(unreadable)
    }

    fn ledger(&self, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>, Unreadable> {
        Self::ledger(self, offset, limit).map_err(unreadable)
    }
}

fn unreadable(error: JournalError) -> Unreadable {
    log::error!("{error}");
    if error.is_passing() { Unreadable::Busy } else { Unreadable::Broken }
}
