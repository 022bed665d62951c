//! The record, in SQLite: sessions while they are kept, certificates of those that were erased, and what
//! passed between the box and the operator about them.
//!
//! [`Journal`] writes, and there is one of it; [`Reader`] reads beside it at any time.
//!
//! # Data storage
//!
//! All of it is in one directory, by default `/var/lib/temoin`, that only its owner may enter:
//!
//! * `journal.db`, the database. `schema.rs` says what each column is for.
//! * `journal.db-wal`, what was last written and is not yet in `journal.db` (SQLite's write-ahead
//!   log). The two belong together: a copy of one without the other is not the record.
//! * `journal.db-shm`, an index of the log, made when somebody reads and of no value.
//! * `journal.damaged-1` and so on, with a `-wal` of the same name: a database that could not be read
//!   and was set aside. It may hold addresses, and erasure does not reach into it.
//!
//! The card that this is written to wears out by the page, and what matters is the number of pages
//! that a session touches. Hence one table row a session, whose primary key is the order of recording
//! and begins with the day (see `schema.rs`), so that the newest rows share a page and no index by
//! time is needed; the smallest pages that SQLite has; and a connection that is opened for each
//! transaction with the whole database locked, which lets SQLite keep the index of its log in memory.
//! A connection that shares the database keeps that index in a file, some pages of which the kernel
//! then writes after each transaction; that is what happens only while somebody reads.
//!
//! Measured by `cost.rs` (on ext4), a session in its two transactions is 4.6 kB, which the kernel counts
//! as 13 kB, since it writes whole pages of its own; 22 kB where all is flushed in between, as it is
//! when sessions are hours apart, and 60 kB beside a reader. With pages of 1 KiB more than half as much
//! again is handed over, with the usual 4 KiB five times as much.
//!
//! So that no page has to read all sessions to say how many should be held, those that are alike in
//! the days that this depends on are counted (`census.rs`), in the transaction that changes one of
//! them: a session costs one page more for it, when it ends.
//!
//! # Error handling
//!
//! A transaction either is on the card when the call returns, or has changed nothing and can be tried
//! again: [`JournalError`] tells the two kinds apart from those that need a person. What was erased
//! stays erased: a late word about such a session is dropped. Only a database that SQLite itself
//! finds to be none, or to be damaged, is set aside ([`SetAside`]), never deleted, and a new one begun;
//! a full disk, a lock or a missing permission is an error that leaves everything as it is.

mod census;
mod certificate;
mod connection;
mod correspondence;
mod damage;
mod dealing;
mod error;
mod filter;
mod ledger;
mod reader;
mod row;
mod schema;
mod sessions;
mod writer;

#[cfg(test)]
mod cost;
#[cfg(test)]
mod laboratory;

pub use census::Census;
pub use certificate::{Certificate, Erased};
pub use correspondence::{Learnt, Succession};
pub use damage::{SetAside, copy_before_upgrade, set_aside_files};
pub use dealing::{Dealing, OVERDUE_DAYS, Presence, Registration, Standing, Worth};
pub use error::JournalError;
pub use filter::{Filter, Page, Place, State};
pub use ledger::{
    Answer, Call, ENTRY_DAYS, EntryNumber, LedgerEntry, MOST_ENTRIES, Named, Outcome, Sent, Way,
};
pub use reader::Reader;
pub use writer::{Journal, is_in_use};
