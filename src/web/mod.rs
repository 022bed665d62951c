//! The page: what the record holds, shown to the member who reads it. It only reads.
//!
//! One thread serves it, by a poll loop of its own: [`Server`] takes connections from an
//! [`Address`] that nobody beyond this machine can reach, a request becomes a response in
//! `dispatch`, and `page` writes HTML that needs neither script nor any request elsewhere. At rest
//! the loop sleeps until somebody connects.
//!
//! HTTP is `tiny_http`'s: its types hold what was asked, its [`Response`](tiny_http::Response) writes
//! the answer. Its server is not used: it waits without a limit for whoever says nothing, a thread for
//! each. `head` takes requests apart more strictly than it would.
//!
//! A client that is slow, or says too much, costs a bounded piece of memory for a bounded time and
//! keeps nobody waiting. Where the record cannot be read, the page says so and the log says why.

mod connection;
mod dispatch;
mod head;
mod html;
mod journal;
mod listener;
mod page;
mod records;
mod request;
mod response;
mod server;
mod site;

pub use journal::open_records;
pub use listener::{Address, BindError, Listener};
pub use records::{Records, Unreadable};
pub use server::Server;
pub use site::Site;

#[cfg(test)]
mod tests;
