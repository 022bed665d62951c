//! The sync protocol, shared by both ends: wire format of the two calls, keyed digests, signed
//! statements, receipts. Pure: time, randomness and keys are passed in, and only the ID of a
//! session is known here.
//!
//! `PROTOCOL.md` in this folder is the specification; where the code differs, the code is wrong.
//! Read in this order: [`RegisterRequest`] and [`StatusRequest`] are all that a box ever sends,
//! [`StatusAnswer`] is the reply, [`Statement`] its signed part, [`Receipt`] what is kept.
//! [`Digests`] commit to what the operator holds without revealing it; [`Candidates`] compare them
//! with what the box saw. [`KeyChain`] determines which signing key is valid when.

mod answer;
mod canonical_value;
mod compare;
mod day;
mod digest;
mod error;
mod field;
mod key;
mod key_chain;
mod receipt;
mod request;
mod rotation;
mod statement;
mod unix_seconds;

pub use answer::{CLOCK_SKEW, Freshness, StatusAnswer, StoredRecord, VerifiedAnswer};
pub use canonical_value::CanonicalValue;
pub use compare::{
    Candidates, END_TOLERANCE, FieldComparison, MAX_CANDIDATES, NotComparable, START_TOLERANCE,
};
pub use day::Day;
pub use digest::{Digests, Salt};
pub use error::ProtocolError;
pub use field::{CheckableField, FieldSet, field_code, field_from_code};
pub use key::{InvalidPublicKey, PublicKey, Signature, SigningKey};
pub use key_chain::KeyChain;
pub use receipt::Receipt;
pub use request::{RegisterRequest, RequestError, StatusRequest};
pub use rotation::Rotation;
pub use statement::{Held, Statement};
pub use unix_seconds::UnixSeconds;
