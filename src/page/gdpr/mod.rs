//! Data subjects' rights: letters, deadlines, comparison with an operator's reply. Pure: today,
//! randomness and the reply's bytes are passed in.
//!
//! In the order in which a member needs them: [`letter`] writes the request, [`one_month_deadline`]
//! gives the date for the answer and [`CalendarEntry`] a calendar entry, [`temoin_reply`] reads the
//! answer and [`compare`] compares it with the box's own sessions; [`letter`] also writes the
//! complaint if there was none. [`ErasureDueDate`] says whether an erasure is overdue, for the
//! reminder letter.

mod calendar_entry;
mod deadline;
mod erasure_due_date;
mod letter;
mod letter_wrap;
mod reply_comparison;
mod reply_matching;

pub use calendar_entry::{CalendarEntry, GdprRequest};
pub(crate) use deadline::Deadline;
pub use deadline::one_month_deadline;
pub use erasure_due_date::ErasureDueDate;
pub use letter::{
    Addressee, ComplaintReason, LETTER_STYLE, Letter, LetterDetails, LetterKind, OverdueErasure,
    Sender, letter,
};
pub use reply_comparison::ReplyComparison;
pub(crate) use reply_comparison::{ComparedValue, DifferingSession};
pub use reply_matching::{TimeTolerance, compare};
