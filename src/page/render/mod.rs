//! An assessment, a summary and the record's values as text for a terminal, as JSON and as what the
//! page shows. `README.md` describes the JSON.

mod assessment_json;
mod assessment_text;
mod assessment_view;
pub(crate) mod law_words;
mod phrases;
mod signed_counts;
mod signed_status_text;
mod summary_text;
mod text_layout;
pub mod words;

pub use assessment_json::{HOLDING_FORMAT, SUMMARY_FORMAT, assessment_json, summary_json};
pub use assessment_text::assessment_text;
pub(crate) use assessment_view::{AssessmentView, FieldGroupView};
pub use signed_counts::SignedCounts;
pub use signed_status_text::signed_status_text;
pub use summary_text::summary_text;
pub(crate) use summary_text::{how_many_held, why_counts_differ};
