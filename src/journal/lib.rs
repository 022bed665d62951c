//! The session journal, in SQLite: sessions during their retention period, a certificate for each
//! one erased, and the log of the sync with the operator.
//!
//! [`Journal`] is the single writer; any number of [`Reader`]s may read at the same time.
//!
//! # Data storage
//!
//! Everything is in one directory, `/var/lib/temoin` by default, accessible to its owner only:
//!
//! * `journal.db`: the database. `schema.rs` documents each column.
//! * `journal.db-wal`: SQLite's write-ahead log, with recent writes not yet in `journal.db`. Copy both or
//!   neither: one alone is incomplete.
//! * `journal.db-shm`: an index of that log, created when somebody reads; disposable.
//! * `journal.damaged-1` and so on, each with its `-wal`: a database that could not be read and was set
//!   aside. It may hold addresses, and erasure does not process it.
//!
//! Flash cards wear out by the page, so the design minimises the pages touched per session: one row
//! per session, with a primary key in recording order that starts with the day (see `schema.rs`),
//! so that the newest rows share a page and no time index is needed; SQLite's smallest page size;
//! and a connection opened per transaction with the whole database locked, which lets SQLite keep
//! the WAL index in memory. A shared connection keeps that index in a file, and the kernel writes
//! some of its pages after each transaction; this happens only while somebody reads.
//!
//! Measured by `write_cost.rs` on ext4: a session, in its two transactions, writes 4.6 kB. The
//! kernel counts 13 kB, since it writes its own whole pages; 22 kB with a flush in between, as when
//! sessions are hours apart; and 60 kB with a reader open. Pages of 1 KiB write over 50 % more, the
//! usual 4 KiB five times as much.
//!
//! `session_counts.rs` keeps counts of sessions that share the same start and end days, updated in
//! the transaction that changes a session, so that nobody has to read every session to tell how
//! many should be held. The price is one more page written when a session ends.
//!
//! # Error handling
//!
//! When a call returns, its transaction is either durable or has changed nothing and can be
//! retried. [`JournalError`] separates transient errors from those that need an administrator.
//! Erased sessions stay erased: later updates to them are dropped. A database is set aside
//! ([`SetAside`]), never deleted, and replaced by a new one only if SQLite reports it as damaged or
//! not a database; a full disk, a lock or a missing permission is an error that changes nothing.

#![forbid(unsafe_code)]

mod certificate;
mod connection;
mod damage;
mod error;
mod filter;
mod ledger;
mod reader;
mod records;
mod row;
mod schema;
mod session_counts;
mod sessions;
mod sync_log;
mod sync_state;
mod writer;

#[cfg(test)]
mod test_support;
#[cfg(test)]
mod write_cost;

pub use certificate::ErasedCount;
pub use damage::{SetAside, copy_before_upgrade, set_aside_files};
pub use error::JournalError;
pub use reader::Reader;
pub use records::open_records;
pub use sync_log::SyncUpdate;
pub use writer::{Journal, is_in_use};

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
