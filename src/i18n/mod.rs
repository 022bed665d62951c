//! The four languages in which temoin speaks to members. Pure: which language to use is passed in.
//!
//! Texts stand beside the code that shows them, as [`Message`] constants: each has a field for each
//! language, so a missing translation does not compile.

mod language;
mod message;

pub use language::{Language, UnknownLanguage};
pub use message::Message;
