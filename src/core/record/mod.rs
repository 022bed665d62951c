//! What is asked of the record and what it answers, without the record itself: who only shows it needs
//! no more, and cannot write it.

mod damaged_row;
mod erasure_certificate;
mod filter;
mod ledger_entry;
mod poll_reason;
mod records;

pub use damaged_row::{DamagedRow, EARLIEST_PLAUSIBLE};
pub use erasure_certificate::ErasureCertificate;
pub use filter::{Cursor, Filter, Pagination, SessionState};
pub use ledger_entry::{
    Call, CallResult, Departure, ENTRY_DAYS, EntryNumber, LedgerEntry, MAX_ENTRIES, RequestedId,
    ResponseSummary, RouteKind, SentRequest,
};
pub use poll_reason::PollReason;
pub use records::{Records, RecordsError, SessionReceipts};
