//! The languages in which temoin speaks to members. Pure: which language and time zone to use is
//! passed in.
//!
//! The texts are constants that the build makes of the catalogues in `src/locales`; each is a
//! [`Message`], or a [`Plural`] where it depends on a count. What the record holds is named in one
//! place for all who show it, [`vocabulary`]; [`When`] writes dates, times and durations.

mod language;
mod message;
mod moment;
mod plural;
pub mod vocabulary;
mod when;

pub use language::{Language, UnknownLanguage};
pub use message::Message;
pub use plural::Plural;
pub use when::{When, written_date};
