//! What members can demand: letters, deadlines, comparison with an operator's reply. Pure: today,
//! randomness and the reply's bytes are passed in.
//!
//! In the order in which a member needs them: [`letter`] asks the operator, [`one_month_deadline`]
//! says until when it may answer and [`Reminder`] puts that into a calendar, [`parse_reply`] reads
//! the answer and [`compare`] holds it against the box's own sessions; [`letter`] again complains
//! where there was none. [`Due`] says whether an erasure is overdue, of which a letter reminds.

mod calendar;
mod compare;
mod comparison;
mod deadline;
mod holiday;
mod layout;
mod letter;
mod overdue;
mod reply;

pub use calendar::{Demand, Reminder};
pub use compare::{Tolerance, compare};
pub use comparison::{Comparison, Difference, Differing, HeldUnknown, NotHeld, Said, Same};
pub use deadline::{Deadline, extended_deadline, one_month_deadline};
pub use letter::{
    Addressee, Details, Grievance, LETTER_STYLE, Letter, LetterKind, Overdue, Sender, letter,
};
pub use overdue::{Due, NotOverdue};
pub use reply::{
    InvalidMapping, Mapping, Place, Record, Reply, ReplyError, ReplyFormat, UnknownZone, Zone,
    parse_reply,
};
