//! The operator's end: the record that an OpenVPN gateway keeps of its sessions, and what the sync
//! asks of it.
//!
//! Read in this order: [`Record`] is what is held of one session, [`Policy`] until when, [`Store`]
//! where, in SQLite or, where several gateways share it, in PostgreSQL.

mod end;
mod policy;
mod record;
pub mod store;

pub use end::{End, EndReason, When};
pub use policy::Policy;
pub use record::{Entry, Record};
pub use store::{Bound, Location, Run, ServerName, Store, StoreError};
