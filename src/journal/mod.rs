//! The record, in SQLite.
//!
//! [`Journal`] is the daemon's: it alone writes. [`Reader`] is everybody else's: it can do nothing
//! but read.
//!
//! # Data storage
//! `journal.db` in the state directory, for its owner alone, with SQLite's own `-wal` and `-shm` beside
//! it while it is open. `schema` says what each column is for; the file's `user_version` counts the
//! steps of the schema that it has been through. `journal.lock` is locked while a daemon runs.
//!
//! Each observation is one transaction, so that a power cut leaves all of it or nothing. Deleted
//! values are overwritten (`secure_delete`), and an erasure ends with a checkpoint that empties the
//! `-wal`, so that nothing of them stays in any file.
//!
//! # Error handling
//! [`JournalError`] is told apart by what can be done. A file that is damaged is set aside, never
//! deleted, and a new one begun: [`SetAside`] says where it is. A full disk, a card that became
//! read-only or a file that somebody else holds is not damage: nothing is set aside for it.

mod erasure;
mod error;
mod file;
mod filter;
mod reader;
mod row;
mod schema;
mod writer;

pub use erasure::Certificate;
pub use error::JournalError;
pub use file::{SetAside, is_in_use};
pub use filter::Filter;
pub use reader::Reader;
pub use writer::Journal;

#[cfg(test)]
mod tests;
