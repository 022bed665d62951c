//! The domain model: sessions, their fields, how each value is known, and when things happened.
//! Pure: nothing here reads a clock, a file or a socket; time and randomness are passed in.
//!
//! Read in this order: [`Field`] names the attributes, [`Session`] holds them, [`Observed`] records
//! how each is known, [`TimeBounds`] how well a time is known, and [`Tracker`] turns observations
//! into sessions that open and close.

mod address;
mod clock;
mod day_cache;
mod end;
mod field;
mod id;
mod observed;
mod session;
mod time_bounds;
mod timestamp;
mod tracker;
mod zone;

pub use address::{Device, Gateway, InvalidDevice, InvalidPrefix, Ipv6Prefix, Transport};
pub use clock::{BootId, ClockReading, InvalidBootId, Uptime};
pub use day_cache::DayCache;
pub use end::{EndReason, OperatorEnd};
pub use field::{Field, UnknownField};
pub use id::{IdPrefix, InvalidIdPrefix, SessionId, SessionSecret};
pub use observed::{Observed, Source};
pub use session::{Attributes, Coverage, End, Session};
pub use time_bounds::TimeBounds;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use tracker::{Change, Evidence, Observation, Tracker};
pub use zone::{UnknownZone, Zone};
