//! The assessment of a session: what this box observed, what the law says, what the operator
//! declares and what it has signed, side by side and never mixed. Command line, export and page
//! share it. The law, the operator's profile and the time are passed in.
//!
//! Read in this order: [`ApplicableRules`] is what a session is assessed by, [`Assessment`] the
//! assessment of one session, [`FieldAssessment`] of one of its fields, each kind of [`Knowledge`]
//! in a type of its own ([`ObservedField`], [`LegalPosition`], [`crate::retention::Declared`],
//! [`SignedField`]); [`Disagreement`] is a conflict between them, and [`Summary`] counts the
//! records that should be held today. `README.md` describes the JSON.

mod applicable_rules;
mod assessment;
mod assessment_json;
mod assessment_text;
mod assessment_view;
mod disagreement;
mod knowledge;
mod legal_position;
mod observed_field;
mod phrases;
mod signed_counts;
mod signed_status;
mod signed_status_text;
mod summary;
mod summary_text;
mod text_layout;

pub use applicable_rules::ApplicableRules;
pub use assessment::{Assessment, FieldAssessment};
pub use assessment_json::{HOLDING_FORMAT, SUMMARY_FORMAT};
pub use assessment_view::{AssessmentView, CitedSentence, FieldGroupView, RecipientsView};
pub use disagreement::Disagreement;
pub use knowledge::Knowledge;
pub use legal_position::LegalPosition;
pub use observed_field::{ObservedField, ObservedValue};
pub use signed_counts::SignedCounts;
pub use signed_status::{
    DigestComparison, NotHeldReason, SignedField, SignedState, SignedStatement, SignedStatus,
};
pub use summary::{
    GroupStatus, RecordCounts, RecordState, SessionGroup, SessionTally, Summary, UnknownReason,
};
