//! The sync protocol, shared by both ends: wire format of the two calls, keyed digests, signed
//! statements, receipts. Pure: time, randomness and keys are passed in, and only the ID of a
//! session is known here.
//!
//! `PROTOCOL.md` in this folder is the specification; where the code differs, the code is wrong.
//! Read in this order: [`RegisterRequest`] and [`StatusRequest`] are all that a box ever sends,
//! [`StatusAnswer`] is the reply, [`Statement`] its signed part, [`Receipt`] what is kept.
//! [`Digests`] commit to what the operator holds without revealing it; [`Candidates`] compare them
//! with what the box saw. [`KeyChain`] determines which signing key a box follows when, and
//! [`TrustedKeys`] by which keys a receipt is verified.

#![forbid(unsafe_code)]

mod address;
mod answer;
mod canonical_value;
mod compare;
mod day;
mod digest;
mod error;
mod field;
mod field_set;
mod key;
mod key_chain;
mod receipt;
mod request;
mod rotation;
mod session_id;
mod statement;
mod timestamp;
mod trusted_keys;
mod unix_seconds;
mod yearly_sheet;

pub use address::{
    Gateway, InvalidPrefix, InvalidRemoteEnd, Ipv6Prefix, RemoteEnd, Transport, parse_address,
};
pub use answer::{CLOCK_SKEW, Freshness, StatusAnswer, StoredRecord, VerifiedAnswer};
pub use canonical_value::CanonicalValue;
pub use compare::{
    Candidates, END_TOLERANCE, FieldComparison, MAX_CANDIDATES, NotComparable, START_TOLERANCE,
    TimeRange,
};
pub use day::Day;
pub use digest::{Digests, Salt};
pub use error::ProtocolError;
pub use field::{Field, UnknownField};
pub use field_set::{CheckableField, FieldSet, field_code, field_from_code};
pub use key::{InvalidPublicKey, PublicKey, Signature, SigningKey};
pub use key_chain::{KeyChain, SeenRotation};
pub use receipt::Receipt;
pub use request::{RegisterRequest, RequestError, StatusRequest};
pub use rotation::Rotation;
pub use session_id::{IdPrefix, InvalidIdPrefix, SessionId, SessionSecret};
pub use statement::{Held, Statement};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use trusted_keys::TrustedKeys;
pub use unix_seconds::UnixSeconds;
pub use yearly_sheet::YearlySheet;
