//! The domain model: sessions, their fields, how each value is known, and when things happened.
//! Pure: nothing here reads a clock, a file or a socket; time and randomness are passed in.
//!
//! Read in this order: [`Field`] names the attributes, [`Session`] holds them, [`Observed`] records
//! how each is known, [`TimeBounds`] how well a time is known, and [`Tracker`] turns observations
//! into sessions that open and close.

mod clock;
mod day_cache;
mod device;
mod end;
mod observed;
mod session_counts;
mod time_bounds;
mod tracker;
mod vpn_session;
mod zone;

pub use clock::{BootId, ClockReading, InvalidBootId, Uptime};
pub use day_cache::DayCache;
pub use device::{Device, InvalidDevice};
pub use end::{EndReason, OperatorEnd};
pub use observed::{Observed, Source};
pub use session_counts::SessionCounts;
pub use temoin_protocol::{
    Field, Gateway, IdPrefix, InvalidIdPrefix, InvalidPrefix, InvalidRemoteEnd, InvalidTimestamp,
    Ipv6Prefix, RemoteEnd, SessionId, SessionSecret, Timestamp, Transport, UnknownField,
    parse_address,
};
pub use time_bounds::TimeBounds;
pub use tracker::{Change, Evidence, Link, Observation, Tracker};
pub use vpn_session::{Attributes, Coverage, End, Session};
pub use zone::{InvalidZoneFile, UnknownZone, Zone};
