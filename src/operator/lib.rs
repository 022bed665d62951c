//! The operator's end: the record that an OpenVPN gateway keeps of its sessions, and the responder
//! that boxes sync with.
//!
//! Read in this order: [`SessionRecord`] is what is held of one session, [`RetentionPolicy`] until when, [`Store`]
//! where, in SQLite or, where several gateways share it, in PostgreSQL. [`hook`] is what an OpenVPN
//! server runs: an [`Event`] waits in the [`Spool`] until the store has it. [`Responder`] answers boxes
//! from the store, signed with the key in [`KeyFile`]. [`cli`] is the command line of
//! `temoin-operator`.

#![forbid(unsafe_code)]

mod answers;
pub mod cli;
mod clock;
mod config;
mod delivery;
mod end;
mod endpoint;
mod event;
mod gateway;
pub mod hook;
mod hook_socket;
mod hook_trail;
mod keys;
mod policy;
mod privileges;
mod rate_limiter;
mod record;
mod responder;
mod routes;
mod series;
mod spool;
mod status_answer;
pub mod store;
mod tls;

pub use clock::{ClockMemory, ClockReading};
pub use config::{Config, ConfigError, HookSettings};
pub use delivery::{DeliveryError, deliver};
pub use end::{EndTime, SessionEnd, TerminateCause};
pub use endpoint::{Endpoint, ServeError, listen};
pub use event::{Event, EventKind, InvalidEnvironment};
pub use hook_trail::HookTrail;
pub use keys::{ClockBehind, KeyError, KeyFile, SigningKeys};
pub use policy::RetentionPolicy;
pub use record::{HeldRecord, SessionRecord};
pub use responder::{Responder, ResponderError};
pub use series::{Series, SeriesFile};
pub use spool::{Spool, SpoolOutcome};
pub use status_answer::answer_status;
pub use store::{
    BindOutcome, Holder, Location, Registration, ServerName, ServerRun, Store, StoreError,
};
pub use tls::{TlsError, certificate_key};

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
