use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language in which temoin speaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Language {
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Dutch.
    #[serde(rename = "nl")]
    Dutch,
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// Every language, in the order in which a choice of them is shown.
    pub const ALL: [Self; 4] = [Self::French, Self::Dutch, Self::English, Self::German];

    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::Dutch => "nl",
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What its speakers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::French => "Français",
            Self::Dutch => "Nederlands",
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The first of a list of locale names (`LC_ALL`, `LC_MESSAGES`, `LANG`) that names one of the
    /// languages; English where none does.
    pub fn from_locales<'a>(locales: impl IntoIterator<Item = &'a str>) -> Self {
        locales
            .into_iter()
            .find_map(|locale| locale.get(..2)?.parse().ok())
            .unwrap_or(Self::English)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|language| language.code().eq_ignore_ascii_case(code))
            .ok_or(UnknownLanguage)
    }
}

/// Not a language in which temoin speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownLanguage;

impl fmt::Display for UnknownLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown language; the languages are fr, nl, en, de")
    }
}

impl std::error::Error for UnknownLanguage {}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_first_locale_with_a_known_language_decides() {
        assert_eq!(Language::from_locales(["", "C", "nl_BE.UTF-8", "fr_FR"]), Language::Dutch);
        assert_eq!(Language::from_locales(["C.UTF-8"]), Language::English);
    }
}
