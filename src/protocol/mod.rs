//! What both ends of the sync share: the bytes of the two calls, keyed digests, signed statements,
//! receipts. Pure: the time, randomness and keys are passed in, and of a session nothing is known
//! here but its ID.
//!
//! `PROTOCOL.md` beside this file is the specification; where this code does otherwise, the code is
//! wrong. Read in this order: [`RegisterRequest`] and [`StatusRequest`] are all that a box ever sends,
//! [`StatusAnswer`] is what comes back, [`Statement`] what of it is signed, [`Receipt`] what is kept.
//! [`Digests`] say what the operator holds without telling it, and [`Candidates`] ask them whether
//! that is what the box saw. [`KeyChain`] says whose signature counts.

mod answer;
mod canonical;
mod compare;
mod day;
mod digest;
mod field;
mod key;
mod key_chain;
mod receipt;
mod refused;
mod request;
mod rotation;
mod second;
mod statement;

pub use answer::{CLOCK_SKEW, Freshness, Record, StatusAnswer, Verified};
pub use canonical::Canonical;
pub use compare::{
    Candidates, CannotTell, Comparison, END_TOLERANCE, MOST_CANDIDATES, START_TOLERANCE,
};
pub use day::Day;
pub use digest::{Digests, Salt};
pub use field::{Checkable, FieldSet, code, field_with_code};
pub use key::{InvalidPublicKey, PublicKey, Signature, SigningKey};
pub use key_chain::KeyChain;
pub use receipt::Receipt;
pub use refused::Refused;
pub use request::{CannotAsk, RegisterRequest, StatusRequest};
pub use rotation::Rotation;
pub use second::Second;
pub use statement::{Held, Statement};
