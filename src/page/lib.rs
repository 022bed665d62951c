//! The page that shows a member what is recorded, and what else is written for members: letters,
//! comparisons with an operator's answer, exports. It reads the record through
//! [`Records`] and knows no journal; changes go through [`Actions`].
//!
//! [`Site`] is served by [`temoin_http`]: `dispatch` turns a request into a response, and `pages` writes
//! HTML without scripts or external requests. If the record cannot be read, the page says so and the
//! log says why.
#![forbid(unsafe_code)]

mod actions;
mod auth;
mod comparison_cache;
mod dispatch;
mod export;
mod form;
mod gdpr;
mod health_issue;
mod html;
mod page_request;
mod page_response;
mod pages;
mod render;
mod site;
mod tally;
mod token;

use temoin_core::record::{Records, RecordsError, SessionReceipts};

pub use actions::{Actions, EraseError};
pub use comparison_cache::ComparisonCache;
pub use export::{CsvWriter, JsonWriter, ReceiptBundle, ReceiptsWriter, receipt_json, session};
pub use gdpr::{
    Addressee, CalendarEntry, ComplaintReason, ErasureDueDate, GdprRequest, LETTER_STYLE, Letter,
    LetterDetails, LetterKind, OverdueErasure, ReplyComparison, Sender, TimeTolerance, compare,
    letter, one_month_deadline,
};
pub use health_issue::HealthIssue;
pub use render::law_words::verified;
pub use render::{
    HOLDING_FORMAT, SUMMARY_FORMAT, SignedCounts, assessment_json, assessment_text,
    signed_status_text, summary_json, summary_text, words,
};
pub use site::{PageRuleset, Site};
pub use token::TokenKey;

/// What an erasure cannot reach.
pub const OUT_OF_REACH: temoin_core::text::Message = messages::common::OUT_OF_REACH;

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

#[cfg(test)]
mod tests;
