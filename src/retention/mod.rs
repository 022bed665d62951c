//! What law and operators say of retention: editions of the law, operators' profiles, and until when
//! a session's facts are kept. Pure: texts and the time are passed in, what ships is compiled in.
//!
//! `README.md` beside this file describes both kinds of file for those who write them. Read in this
//! order: [`Edition`] is one file of law, [`Law`] all of them, [`Profile`] one operator's
//! declarations; [`judge`] says what the law says of a [`Span`], [`Profile::declared`] what the
//! operator does, and [`erase_by`] until when the box may keep its own record. [`vocabulary`] has
//! the words for all of it.

mod calendar;
mod check;
mod declared;
mod denied;
mod edition;
mod erase;
#[cfg(test)]
mod fixture;
mod judge;
mod law;
mod period;
mod problem;
mod profile;
mod public_key;
mod reader;
mod reference;
mod shipped;
mod span;
mod texts;
pub mod vocabulary;
mod word;

pub use check::check;
pub use declared::{Covered, Declared};
pub use edition::{
    AppliesTo, Authority, Certainty, Challenge, Combine, Computation, DefaultRule, Edition,
    Jurisdiction, Nature, Penalty, Recipients, Requirement, RequirementKind, Rule, Source,
    StartEvent, Status, Track, Verified,
};
pub use erase::{Because, EraseBy, GRACE_DAYS, HARD_BOUND_MONTHS, erase_by};
pub use judge::{
    Answer, Applicability, Dependence, Doubt, FieldLaw, Judgement, Kept, KeptUntil, Verdict, judge,
};
pub use law::Law;
pub use period::{Period, Retention};
pub use problem::{Problem, RuleFileError};
pub use profile::{
    Contact, Counting, MemberCalled, Profile, RegisteredWith, Software, Statement, StatementKind,
    Stores, Sync,
};
pub use public_key::{InvalidKeyDigest, InvalidPublicKey, KeyDigest, PublicKey};
pub use reference::{Id, InvalidId};
pub use span::Span;
pub use texts::Texts;
pub use word::Word;
