//! What temoin talks about: sessions, their fields, how each value is known, and when things
//! happened. Pure: nothing here reads a clock, a file or a socket; time and randomness are passed
//! in.
//!
//! Read in this order: [`Field`] names the facts, [`Session`] holds them, [`Observed`] says how each
//! is known, [`Moment`] how well a time is known, and [`Tracker`] turns what the box observes into
//! sessions that open and close.

mod address;
mod clock;
mod days;
mod end;
mod field;
mod id;
mod moment;
mod observed;
mod session;
mod timestamp;
mod tracker;
mod zone;

pub use address::{Device, Gateway, InvalidDevice, InvalidPrefix, Ipv6Prefix, Transport};
pub use clock::{BootId, ClockReading, InvalidBootId, Uptime};
pub use days::Days;
pub use end::{EndReason, OperatorEnd};
pub use field::{Field, UnknownField};
pub use id::{IdPrefix, InvalidIdPrefix, SessionId, SessionSecret};
pub use moment::Moment;
pub use observed::{Observed, Source};
pub use session::{Coverage, End, Facts, Session};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use tracker::{Change, Evidence, Observation, Tracker};
pub use zone::{UnknownZone, Zone};
