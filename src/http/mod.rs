//! HTTP/1 for the few who stand near: a small server, for the page and for the operator's responder.
//!
//! One thread serves, by a poll loop of its own: [`Server`] takes connections from a [`Listener`], a
//! [`Handler`] turns each [`Request`] into a [`Response`]. There is one request to a connection, and how
//! much body it may have is decided by its head. At rest the loop sleeps until somebody connects.
//!
//! HTTP is `tiny_http`'s: its types hold what was asked, its [`Response`](tiny_http::Response) writes
//! the answer. Its server is not used: it waits without a limit for whoever says nothing, a thread for
//! each. `head` takes requests apart more strictly than it would.
//!
//! A body is whole in memory, or made piece by piece as the client takes it ([`Pieces`]), and then sent
//! in chunks, by whose last one a client knows that it has all. One that speaks HTTP/1.0 cannot know.
//!
//! A client that is slow, or says too much, costs a bounded piece of memory for a bounded time and
//! keeps nobody waiting.

mod body;
mod connection;
mod head;
mod listener;
mod request;
mod response;
mod rest;
mod server;

pub use body::Body;
pub use head::{BadRequest, Head};
pub use listener::{Address, BindError, Listener, Stream};
pub use request::{Peer, Request, Source};
pub use response::Response;
pub use rest::{Pieces, Rest};
pub use server::{Handler, Server};
pub use tiny_http::Method;
