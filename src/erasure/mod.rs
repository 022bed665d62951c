//! Erasure: which sessions are due, and everything that goes with them. The daemon and the command
//! line erase through this room alone.
//!
//! A session goes when the law's period for it is over, as [`crate::retention::erase_by`] says:
//! [`Calendar`] asks that, session by session. Where the operator states that it holds the record, the
//! session waits for the statement that it does no longer, up to the grace of the configuration, and
//! goes at once when that has come ([`Due::all`]). [`Erasure`] does the work.
//!
//! # What goes, and when
//! * The session's row, with it all that SQLite keeps of it: free pages and log. A certificate stays,
//!   with its ID and two dates; so do the operator's last signed statements on it, without salt and
//!   digests: nothing in them can be computed back.
//! * Its ID in the requests that left the box, of which blanks remain; and requests after
//!   [`crate::journal::ENTRY_DAYS`].
//! * What hooks left half written in the spool, once it is old; what was set aside there because it
//!   could not be read, after a week, and as soon as any session goes.
//! * A damaged journal that was set aside: nobody can tell what it holds, but all of it was recorded
//!   before it was last written to. So it goes when a session would go that began and ended at that
//!   moment: after thirteen months at the latest. One that seems to have been written to in the
//!   future, or before its system existed, was written to with a wrong clock: it is counted from now on.
//! * An end that no clock dates is taken for the moment at which it was noted, unless that clock was
//!   plainly wrong; the next trusted clock bounds it ([`crate::journal::Journal::date`]).
//!
//! # What stops it, and what does not
//! A clock that nobody confirmed never erases by itself: a box that believes to be in 2099 would
//! erase everything. Broken rule files do not stop it, see [`crate::lawbook`]. When somebody reads the
//! journal all the while, the log cannot be emptied, and [`Outcome::is_complete`] says that it has to
//! be tried again; so does an erasure that was cut off, by doing it all once more at the next start.

mod calendar;
mod due;
mod files;
mod run;

pub use calendar::Calendar;
pub use due::Due;
pub use run::{Erasure, Files, Outcome};
