//! The web page that shows the member what is recorded. It only reads; changes go through [`Actions`].
//!
//! [`Site`] is served by [`http`](temoin_http): `dispatch` turns a request into a response, and `page`
//! writes HTML without scripts or external requests. If the record cannot be read, the page says so and the
//! log says why.

mod actions;
mod auth;
mod comparison_cache;
mod dispatch;
mod form;
mod health_issue;
mod html;
mod journal;
mod page;
mod page_request;
mod page_response;
mod records;
mod site;
mod tally;
mod token;

pub use actions::{Actions, EraseError};
pub use comparison_cache::ComparisonCache;
pub(crate) use health_issue::HealthIssue;
pub use journal::open_records;
pub(crate) use records::{Records, RecordsError, SessionReceipts};
pub use site::{PageRuleset, Site};
pub use token::TokenKey;

#[cfg(test)]
mod tests;
