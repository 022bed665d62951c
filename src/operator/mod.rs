//! The operator's end: the record that an OpenVPN gateway keeps of its sessions, and what the sync
//! asks of it.
//!
//! Read in this order: [`Record`] is what is held of one session, [`Policy`] until when, [`Store`]
//! where, in SQLite or, where several gateways share it, in PostgreSQL. [`hook`] is what an OpenVPN
//! server runs: an [`Event`] waits in the [`Spool`] until the store has it. [`Responder`] answers boxes
//! from the store, signed with the key in [`KeyFile`]. [`cli`] is the command line of
//! `temoin-operator`.

pub mod cli;
mod config;
mod end;
mod event;
pub mod hook;
mod keys;
mod limits;
mod policy;
mod record;
mod responder;
mod serve;
mod spool;
pub mod store;
mod tls;

pub use config::{Config, ConfigError};
pub use end::{End, EndReason, When};
pub use event::{Event, Kind, NotFromOpenVpn};
pub use keys::{ClockBehind, KeyError, KeyFile, Keys};
pub use policy::Policy;
pub use record::{Entry, Record};
pub use responder::{Responder, ResponderError, state};
pub use serve::{Place, ServeError, listen};
pub use spool::{Spool, Taken};
pub use store::{Bound, Location, Run, ServerName, Store, StoreError};
pub use tls::{TlsError, certificate_key};
