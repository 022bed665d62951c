//! The page: what the record holds, shown to the member who reads it. What it changes it asks of an
//! [`Office`]; itself it only reads.
//!
//! [`Site`] is served by [`http`](crate::http): a request becomes a response in `dispatch`, and `page`
//! writes HTML that needs neither script nor any request elsewhere. Where the record cannot be read,
//! the page says so and the log says why.

mod compared;
mod desk;
mod dispatch;
mod form;
mod html;
mod journal;
mod office;
mod page;
mod records;
mod request;
mod response;
mod site;
mod tally;
mod token;
mod trouble;

pub use compared::Compared;
pub use journal::open_records;
pub use office::{EraseError, Office};
pub use records::{Receipts, Records, Unreadable};
pub use site::{Book, Site};
pub use token::TokenKey;
pub use trouble::Trouble;

#[cfg(test)]
mod tests;
