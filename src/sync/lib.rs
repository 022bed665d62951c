//! The box's side of the sync: what to ask the operator, when, and by which route.
//!
//! Only session IDs are known here, never a session's values. [`Plan`] selects the IDs of a status
//! request, [`schedule`] times the calls; both are pure. [`HttpRequest`] is a request, byte for byte, and
//! can be built from IDs only. [`Client`] sends it through the tunnel or a proxy ([`Route`]) and
//! returns an [`HttpResponse`], whose meaning is defined in `protocol`.
//!
//! # Error handling
//! A call changes no state here, whatever its result. [`CallError`] says what can be done; all its
//! kinds but the last leave it to the next call, whose time does not depend on them.

#![forbid(unsafe_code)]

mod cancel;
mod client;
mod crypto_provider;
mod deadline;
mod error;
mod http_request;
mod http_response;
mod plan;
mod responder_url;
mod route;
pub mod schedule;
mod socks;
mod tls;

pub use cancel::CancelToken;
pub use client::{CALL_TIMEOUT, Client};
pub use error::CallError;
pub use http_request::HttpRequest;
pub use http_response::{HttpResponse, RegistrationAnswer};
pub use plan::{Plan, PlanReason, PollCandidate, Randomness};
pub use responder_url::{Host, InvalidResponderUrl, ResponderUrl};
pub use route::{Route, Tunnel};
pub use socks::{InvalidProxy, Proxy};
pub use tls::ServerTrust;
