use std::fmt;

use super::Language;

/// What says something to a reader in each of the languages, such as an error.
pub trait Localized: fmt::Debug {
    /// What it says, in one of them.
    fn text(&self, language: Language) -> String;
}
