//! The languages in which temoin speaks to members. Pure: which language and time zone to use is
//! passed in.
//!
//! The texts are constants that the build makes of the catalogues in `src/locales`; each is a
//! [`Message`], or a [`Plural`] where it depends on a count. [`DateFormatter`]
//! writes dates, times and durations.

mod date_formatter;
mod language;
mod letter_case;
mod localized;
mod message;
mod packed_texts;
mod plain_text;
mod plural;
mod time_bounds_text;

pub use date_formatter::{DateFormatter, written_date};
pub use language::{Language, UnknownLanguage};
pub use letter_case::{mid_sentence, sentence_start};
pub use localized::Localized;
pub use message::Message;
pub use packed_texts::PackedTexts;
pub use plain_text::plain;
pub use plural::Plural;
