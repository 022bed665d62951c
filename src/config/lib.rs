//! The configuration of a box, its settings, and the law and profiles as this box has them.
#![forbid(unsafe_code)]

mod config;
pub mod ruleset;
pub mod settings;
mod text_file;
mod time_zone;

pub use config::{Config, ConfigError, DEFAULT_PATH, UserName};
pub use text_file::utf8_text;
pub use time_zone::{SystemZone, zone_named};

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
