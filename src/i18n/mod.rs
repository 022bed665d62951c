//! The languages in which temoin speaks to members. Pure: which language and time zone to use is
//! passed in.
//!
//! The texts are constants that the build makes of the catalogues in `src/locales`; each is a
//! [`Message`], or a [`Plural`] where it depends on a count. What the record holds is named in one
//! place for all who show it, [`vocabulary`]; [`DateFormatter`] writes dates, times and durations.

mod date_formatter;
mod language;
mod message;
mod plural;
mod time_bounds_text;
pub mod vocabulary;

pub use date_formatter::{DateFormatter, written_date};
pub use language::{Language, UnknownLanguage};
pub use message::Message;
pub use plural::Plural;
