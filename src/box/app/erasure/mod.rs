//! Erasure: which sessions are due, and everything that is erased with them. The daemon and the
//! command line erase only through this module.
//!
//! A session is erased when its retention period is over, by [`temoin_core::law::erase_by`];
//! [`ExpiryCache`] caches that. If the operator states that it holds the record, the session waits
//! for the statement that it no longer does, up to the configured grace period, and is erased at
//! once when that arrives ([`DueSession::all`]). [`ErasureRun`] does the work.
//!
//! # What is erased, and when
//! * The session's row, and all that SQLite keeps of it: free pages and log. A certificate stays,
//!   with its ID and two dates; so do the operator's last signed statements on it, without salt and
//!   digests: no value can be computed from them.
//! * Its ID in the requests that left the box, which is blanked; and requests after
//!   [`temoin_core::record::ENTRY_DAYS`].
//! * Incomplete spool files, once they are old; unreadable spool files, after a week, and as soon
//!   as any session is erased.
//! * A damaged journal that was set aside: its content is unknown, but all of it was recorded
//!   before its last modification. So it is erased like a session that began and ended at that
//!   time: after thirteen months at the latest. A modification time in the future, or before the
//!   system existed, comes from a wrong clock: it is counted from now on.
//! * An end that no clock dates is taken for the moment at which it was noted, unless that clock was
//!   plainly wrong; the next trusted clock bounds it ([`temoin_journal::Journal::date`]).
//!
//! # What stops it, and what does not
//! An unconfirmed clock never triggers an erasure: a box that believes it is 2099 would erase
//! everything. Broken rule files do not stop it, see [`temoin_config::ruleset`]. While another process
//! reads the journal, the log cannot be emptied, and [`ErasureReport::is_complete`] says that it
//! must be retried; an interrupted erasure is redone in full at the next start.

mod due_session;
mod erasure_run;
mod expired_files;
mod expiry_cache;

pub(crate) use due_session::DueSession;
pub(crate) use erasure_run::{ErasureReport, ErasureRun, FileScope};
pub(crate) use expiry_cache::ExpiryCache;
