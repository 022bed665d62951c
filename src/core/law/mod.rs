//! Data retention: editions of the law, operators' profiles, and until when a session's data are
//! kept. Pure: files and the time are passed in; the shipped files are compiled in.
//!
//! `src/law/README.md` describes both kinds of file for those who write them. Read in this
//! order: [`Edition`] is one file of law, [`Law`] all of them, [`Profile`] one operator's
//! declarations; [`judge`] applies the law to a [`Span`], [`Profile::declared`] the operator's
//! declarations, and [`erase_by`] says until when the box may keep its own record.

mod bundled_files;
mod check;
mod day_arithmetic;
mod declared;
mod denied_fields;
mod edition;
mod editions;
mod erase;
mod file_problem;
mod holiday;
mod judge;
mod localized_text;
mod named_enum;
mod period;
mod profile;
mod public_key;
mod slug;
mod span;
#[cfg(test)]
mod test_support;
mod toml_reader;

pub use check::check;
pub use declared::{Covered, Declared};
pub use edition::{
    AppliesTo, Authority, Certainty, Computation, DefaultRule, Edition, EditionStatus,
    Jurisdiction, LegalChallenge, LegalSource, Nature, Penalty, Recipients, Requirement,
    RequirementKind, Rule, StartEvent, Track, Verified,
};
pub use editions::Law;
pub use erase::{EraseBy, EraseReason, GRACE_DAYS, HARD_BOUND_MONTHS, erase_by};
pub use file_problem::{FileProblem, RuleFileError};
pub use judge::{
    Applicability, Condition, Doubt, FieldLaw, Judgement, Kept, KeptUntil, LegalAnswer, Verdict,
    judge,
};
pub use localized_text::LocalizedText;
pub use named_enum::NamedEnum;
pub use period::{Period, PeriodChoice, RetentionPeriod};
pub use profile::{
    Contact, CountedFrom, MemberCalled, OperatorName, Profile, ProfileStatement, RegisteredWith,
    Software, StatementKind, StoredField, SyncEndpoint,
};
pub use public_key::{InvalidKeyDigest, InvalidPublicKey, KeyDigest, PublicKey};
pub use slug::{InvalidSlug, Slug};
pub use span::Span;
