//! The assessment of a session: what this box observed, what the law says, what the operator
//! declares and what it has signed, side by side and never mixed. Command line, export and page
//! share it. The law, the operator's profile and the time are passed in.
//!
//! Read in this order: [`ApplicableRules`] is what a session is assessed by, [`Assessment`] the
//! assessment of one session, [`FieldAssessment`] of one of its fields, each kind of [`Knowledge`]
//! in a type of its own ([`ObservedField`], [`LegalPosition`], [`crate::law::Declared`],
//! [`SignedField`]); [`Disagreement`] is a conflict between them, and [`Summary`] counts the
//! records that should be held today. `README.md` describes the JSON.

mod applicable_rules;
mod disagreement;
mod erased_group;
mod knowledge;
mod legal_position;
mod observed_field;
mod record_state;
mod session_assessment;
mod signed_status;
mod summary;
mod sync_state;

pub use applicable_rules::ApplicableRules;
pub use disagreement::Disagreement;
pub use erased_group::ErasedGroup;
pub use knowledge::Knowledge;
pub use legal_position::LegalPosition;
pub use observed_field::{ObservedField, ObservedValue};
pub use record_state::{RecordState, UnknownReason};
pub use session_assessment::{Assessment, FieldAssessment};
pub use signed_status::{
    DigestComparison, EarlierStatement, NotHeldReason, SignedField, SignedState, SignedStatement,
    SignedStatus,
};
pub use summary::{ErasedStatus, GroupStatus, RecordCounts, SessionGroup, SessionTally, Summary};
pub use sync_state::{
    LocalState, MOST_EARLIER, OVERDUE_DAYS, RegistrationState, SyncState, SyncVerdict,
};
