//! A small HTTP/1 server for local clients and the operator's responder.
//!
//! One thread runs a poll loop: [`Server`] accepts connections from a [`Listener`], and a [`Handler`]
//! turns each [`Request`] into a [`Response`]. Each connection carries one request; the handler sets the
//! body limit from its head. When idle, the loop sleeps until a client connects.
//!
//! HTTP is `tiny_http`'s: its types hold what was asked, its [`Response`](tiny_http::Response) writes
//! the answer. Its server is not used: it takes a thread per connection and never times out idle clients.
//! `head` parses requests more strictly than it would.
//!
//! A body is either held in memory or generated as the client reads it ([`ChunkSource`]) and sent with chunked
//! encoding, so that the client can detect truncation. An HTTP/1.0 client cannot.
//!
//! A handler that has to wait for something hands the request to a thread of its own, which gives the
//! answer by a [`Reply`]; the connection is answered without it where that takes too long.
//!
//! A client that is slow or sends too much uses bounded memory for a bounded time and does not delay the
//! others.

#![forbid(unsafe_code)]

mod body_limit;
mod body_stream;
mod connection;
mod handler;
mod head;
mod listener;
mod reply;
mod request;
mod response;
mod server;

pub use body_limit::BodyLimit;
pub use body_stream::{BodyStream, ChunkSource};
pub use handler::{Handler, REPLY_TIMEOUT};
pub use head::{BadRequest, Head};
pub use listener::{Address, BindError, Listener, Stream};
pub use reply::{PendingResponse, Reply};
pub use request::{ClientSource, Peer, Request};
pub use response::Response;
pub use server::Server;
pub use tiny_http::Method;
