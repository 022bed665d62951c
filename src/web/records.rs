use std::fmt;
use std::ops::ControlFlow;

use crate::domain::{IdPrefix, Session, SessionId, Timestamp};
use crate::holding::{Rulebook, Signed};
use crate::journal::{Census, Certificate, Dealing, Filter, LedgerEntry, Page, Place, Worth};
use crate::protocol::{KeyChain, Receipt};

/// What the page asks of the record. Nothing in it can write.
pub trait Records {
    /// How many sessions `filter` names.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn count(&self, filter: &Filter) -> Result<u64, Unreadable>;

    /// All sessions, counted; `None` where nothing counts them.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn census(&self) -> Result<Option<Census>, Unreadable>;

    /// A page of the sessions that `filter` names, newest first.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn sessions(&self, filter: &Filter, page: &Page) -> Result<Vec<Session>, Unreadable>;

    /// At most `limit` of the sessions that `filter` names, newest first, each with its place: from the
    /// newest on, or from before a place.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn some_before(
        &self,
        filter: &Filter,
        place: Option<Place>,
        limit: u32,
    ) -> Result<Vec<(Place, Session)>, Unreadable>;

    /// Gives each session that `filter` names to `visit`, newest first, until it breaks off.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn each(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(Session) -> ControlFlow<()>,
    ) -> Result<(), Unreadable>;

    /// The sessions that last.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn open(&self) -> Result<Vec<Session>, Unreadable>;

    /// The sessions whose ID begins so; where there are several, any two of them are enough.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, Unreadable>;

    /// What the operator has signed about a session, or why there is nothing.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn signed(
        &self,
        session: &Session,
        rulebook: Rulebook<'_>,
        asks_operator: bool,
        now: Timestamp,
    ) -> Result<Signed, Unreadable>;

    /// What passed with the operator about at most `limit` sessions of this kind.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn dealings(&self, kind: Worth, limit: u32) -> Result<Vec<Dealing>, Unreadable>;

    /// What passed about at most `limit` of the newest sessions on which the operator stated something.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn stated(&self, limit: usize) -> Result<Vec<Dealing>, Unreadable>;

    /// What the operator has signed about a session, and by which keys.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn receipts(&self, id: &SessionId) -> Result<Receipts, Unreadable>;

    /// How many sessions were ever erased.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn erased(&self) -> Result<u64, Unreadable>;

    /// At most `limit` certificates of erasure, newest first, after the first `offset`.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn certificates(&self, offset: u32, limit: u32) -> Result<Vec<Certificate>, Unreadable>;

    /// At most `limit` of the requests that left the box, newest first, after the first `offset`.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn ledger(&self, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>, Unreadable>;
}

/// A record that was not begun yet holds nothing.
impl<R: Records> Records for Option<R> {
    fn count(&self, filter: &Filter) -> Result<u64, Unreadable> {
        self.as_ref().map_or(Ok(0), |records| records.count(filter))
    }

    fn census(&self) -> Result<Option<Census>, Unreadable> {
        self.as_ref().map_or(Ok(None), Records::census)
    }

    fn sessions(&self, filter: &Filter, page: &Page) -> Result<Vec<Session>, Unreadable> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.sessions(filter, page))
    }

    fn some_before(
        &self,
        filter: &Filter,
        place: Option<Place>,
        limit: u32,
    ) -> Result<Vec<(Place, Session)>, Unreadable> {
        let none = || Ok(Vec::new());
        self.as_ref().map_or_else(none, |records| records.some_before(filter, place, limit))
    }

    fn each(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(Session) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        self.as_ref().map_or(Ok(()), |records| records.each(filter, visit))
    }

    fn open(&self) -> Result<Vec<Session>, Unreadable> {
        self.as_ref().map_or(Ok(Vec::new()), Records::open)
    }

    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, Unreadable> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.find(prefix))
    }

    fn signed(
        &self,
        session: &Session,
        rulebook: Rulebook<'_>,
        asks_operator: bool,
        now: Timestamp,
    ) -> Result<Signed, Unreadable> {
        let none = || Ok(Signed::default());
        let read = |records: &R| records.signed(session, rulebook, asks_operator, now);
        self.as_ref().map_or_else(none, read)
    }

    fn dealings(&self, kind: Worth, limit: u32) -> Result<Vec<Dealing>, Unreadable> {
        self.as_ref().map_or_else(|| Ok(Vec::new()), |records| records.dealings(kind, limit))
    }

    fn stated(&self, limit: usize) -> Result<Vec<Dealing>, Unreadable> {
        self.as_ref().map_or_else(|| Ok(Vec::new()), |records| records.stated(limit))
    }

    fn receipts(&self, id: &SessionId) -> Result<Receipts, Unreadable> {
        self.as_ref().map_or_else(|| Ok(Receipts::default()), |records| records.receipts(id))
    }

    fn erased(&self) -> Result<u64, Unreadable> {
        self.as_ref().map_or(Ok(0), Records::erased)
    }

    fn certificates(&self, offset: u32, limit: u32) -> Result<Vec<Certificate>, Unreadable> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.certificates(offset, limit))
    }

    fn ledger(&self, offset: u32, limit: u32) -> Result<Vec<LedgerEntry>, Unreadable> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.ledger(offset, limit))
    }
}

/// What was signed about one session.
#[derive(Clone, Debug, Default)]
pub struct Receipts {
    /// The statements: that a record is held, that none is, or both one after the other.
    pub receipts: Vec<Receipt>,
    /// The chains of keys that the record knows.
    pub chains: Vec<KeyChain>,
}

/// The record cannot be read. Why is in the log already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unreadable {
    /// Not just now: it is being written to for longer than anybody waits.
    Busy,
    /// Not before somebody has looked after it.
    Broken,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record cannot be read; the log says why")
    }
}

impl std::error::Error for Unreadable {}
