//! The configuration of a box, its settings, and the law and profiles as this box has them.
#![forbid(unsafe_code)]

mod config;
pub mod ruleset;
pub mod settings;

pub use config::{Config, ConfigError, DEFAULT_PATH, UserName};
