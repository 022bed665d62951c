//! What is held about a session: what this box saw, what the law says, what the operator declares
//! and what it has signed, side by side and never mixed. Command line, export and page share it.
//! Pure: the law, the operator's profile and the time are passed in.
//!
//! Read in this order: [`Rulebook`] is what a session is held against, [`Holding`] the answers for
//! one session, [`FieldHolding`] for one of its fields, each kind of [`Knowledge`] in a type of its
//! own ([`Seen`], [`LawSays`], [`crate::retention::Declared`], [`SignedField`]); [`Disagreement`] is
//! what does not go together, and [`Summary`] how many records should be held today. `README.md`
//! describes the JSON.

mod answers;
mod disagreement;
mod json;
mod knowledge;
mod layout;
mod legal;
mod phrase;
mod rulebook;
mod seen;
mod signed;
mod signed_tally;
mod signed_text;
mod summary;
mod summary_text;
mod text;
mod told;

pub use answers::{FieldHolding, Holding};
pub use disagreement::Disagreement;
pub use json::{HOLDING_FORMAT, SUMMARY_FORMAT};
pub use knowledge::Knowledge;
pub use legal::LawSays;
pub use rulebook::Rulebook;
pub use seen::{Seen, Value};
pub use signed::{Absence, Comparison, Signed, SignedField, SignedState, SignedStatement};
pub use signed_tally::SignedTally;
pub use summary::{Count, Due, Group, Standing, Summary, Tally, Untold};
pub use told::{Answers, Obtaining, Sourced, Told};
