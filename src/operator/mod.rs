//! The operator's end: the record that an OpenVPN gateway keeps of its sessions, and what the sync
//! asks of it.
//!
//! Read in this order: [`Record`] is what is held of one session, [`Policy`] until when, [`Store`]
//! where, in SQLite or, where several gateways share it, in PostgreSQL. [`hook`] is what an OpenVPN
//! server runs: an [`Event`] waits in the [`Spool`] until the store has it. [`cli`] is the command
//! line of `temoin-operator`.

pub mod cli;
mod config;
mod end;
mod event;
pub mod hook;
mod policy;
mod record;
mod spool;
pub mod store;

pub use config::{Config, ConfigError};
pub use end::{End, EndReason, When};
pub use event::{Event, Kind, NotFromOpenVpn};
pub use policy::Policy;
pub use record::{Entry, Record};
pub use spool::{Spool, Taken};
pub use store::{Bound, Location, Run, ServerName, Store, StoreError};
