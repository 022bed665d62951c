//! What temoin knows without asking anybody: sessions ([`session`]), the law ([`law`]), what both
//! come to for one session ([`assessment`]), what is asked of the record ([`record`]), and how that is written in each language ([`text`]). No
//! I/O, no clock, no SQL: time, randomness and files' texts are passed in.
#![forbid(unsafe_code)]

pub mod assessment;
pub mod law;
pub mod record;
pub mod session;
pub mod text;

/// The texts that dates and durations take, from the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use crate::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
