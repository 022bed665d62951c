//! The page: what the record holds, shown to the member who reads it. It only reads.
//!
//! [`Site`] is served by [`http`](crate::http): a request becomes a response in `dispatch`, and `page`
//! writes HTML that needs neither script nor any request elsewhere. Where the record cannot be read,
//! the page says so and the log says why.

mod counted;
mod dispatch;
mod html;
mod journal;
mod page;
mod records;
mod request;
mod response;
mod site;
mod trouble;

pub use counted::Counted;
pub use journal::open_records;
pub use records::{Records, Unreadable};
pub use site::{Book, Site};
pub use trouble::Trouble;

#[cfg(test)]
mod tests;
