//! The box's end of the sync: what to ask the operator, when, and by which way it goes out.
//!
//! Nothing here knows a session, only its ID. [`Plan`] says which IDs a status request asks for and
//! why, [`schedule`] when calls are made; both are pure. [`Post`] is what goes out, byte for byte, and
//! can be built of IDs alone; [`Client`] sends it, through the tunnel or by a proxy ([`Way`]), and
//! brings back an [`Answer`]. What an answer means, `protocol` says.
//!
//! # Error handling
//! A call changes nothing at this end, whatever comes of it. [`CallError`] says what can be done; all
//! of its kinds but the last leave it to the next call, whose time does not depend on them.

mod answer;
mod base;
mod client;
mod deadline;
mod error;
mod plan;
mod post;
mod provider;
mod recall;
pub mod schedule;
mod socks;
mod tls;
mod way;

pub use answer::{Answer, Registration};
pub use base::{Base, Host, InvalidBase};
pub use client::{Client, PATIENCE};
pub use error::CallError;
pub use plan::{Candidate, Draw, Plan, Reason};
pub use post::Post;
pub use recall::Recall;
pub use socks::{InvalidProxy, Proxy};
pub use tls::Trust;
pub use way::{Tunnel, Way};
