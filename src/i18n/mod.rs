//! The four languages in which temoin speaks to members. Pure: which language and time zone to use
//! is passed in.
//!
//! Texts stand beside the code that shows them, as [`Message`] constants: each has a field for each
//! language, so a missing translation does not compile. What the record holds is named in one place
//! for all who show it, [`vocabulary`]; [`When`] writes dates, times and durations, and [`Plural`]
//! what depends on a count.

mod language;
mod message;
mod moment;
mod plural;
pub mod vocabulary;
mod when;

pub use language::{Language, UnknownLanguage};
pub use message::{Message, OUT_OF_REACH};
pub use plural::{Plural, SESSIONS};
pub use when::{When, written_date};
