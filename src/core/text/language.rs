use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

// The enum and its table: a variant for each catalogue in src/locales.
include!(concat!(env!("OUT_DIR"), "/language.rs"));

/// What a catalogue says of its language; the fields are those of its table `[language]`.
pub(super) struct Style {
    code: &'static str,
    name: &'static str,
    is_draft: bool,
    pub(super) singular: &'static [u64],
    pub(super) date: &'static str,
    pub(super) plain_date: &'static str,
    pub(super) day_month: &'static str,
    pub(super) month_year: &'static str,
    pub(super) day: &'static str,
    pub(super) short_date: &'static str,
    pub(super) day_number: &'static str,
    pub(super) first_day: &'static str,
    pub(super) capital_nouns: bool,
    pub(super) lowered_words: &'static [&'static str],
    no_break_before: &'static str,
}

impl Language {
    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        self.style().code
    }

    /// What its speakers call it.
    pub fn own_name(self) -> &'static str {
        self.style().name
    }

    /// Whether it is offered only where it is asked for by name.
    pub fn is_draft(self) -> bool {
        self.style().is_draft
    }

    /// A text with spaces that do not break where the language sets a sign apart by one, as French does
    /// its colon.
    #[must_use]
    pub fn typeset(self, text: &str) -> String {
        let signs = self.style().no_break_before;
        let mut typeset = String::with_capacity(text.len());
        let mut rest = text.chars().peekable();
        while let Some(sign) = rest.next() {
            let is_kept = sign == ' ' && rest.peek().is_some_and(|next| signs.contains(*next))
                || sign == ' ' && typeset.ends_with('«') && !signs.is_empty();
            typeset.push(if is_kept { '\u{a0}' } else { sign });
        }
        typeset
    }

    pub(super) fn style(self) -> &'static Style {
        &STYLES[self as usize]
    }

    /// The languages that are offered and, where it is a draft, the one that was asked for.
    pub fn offered_beside(asked_for: Option<Self>) -> impl Iterator<Item = Self> {
        let draft = asked_for.filter(|language| language.is_draft());
        Self::OFFERED.into_iter().chain(draft)
    }

    /// The language of this code, if it is offered.
    fn offered(code: &str) -> Option<Self> {
        code.parse().ok().filter(|language: &Self| !language.is_draft())
    }

    /// The language of a tag such as `fr-BE` (RFC 5646), if it is offered.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::offered(tag.split('-').next()?)
    }

    /// The first of a list of locale names (`LC_ALL`, `LC_MESSAGES`, `LANG`) that names one of the
    /// languages that are offered; English where none does.
    pub fn from_locales<'a>(locales: impl IntoIterator<Item = &'a str>) -> Self {
        locales
            .into_iter()
            .find_map(|locale| Self::offered(locale.get(..2)?))
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
        let codes = Language::OFFERED.map(Language::code);
        write!(f, "unknown language; the languages are {}", codes.join(", "))
    }
}

impl std::error::Error for UnknownLanguage {}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_sign_that_a_language_sets_apart_begins_no_line() {
        let text = "Loi : « vraiment » ? Oui ; a:b";
        let typeset = "Loi\u{a0}: «\u{a0}vraiment\u{a0}»\u{a0}? Oui\u{a0}; a:b";
        assert_eq!(Language::French.typeset(text), typeset);
        assert_eq!(Language::Dutch.typeset(text), text);
    }

    #[test]
    fn the_first_locale_with_a_known_language_decides() {
        assert_eq!(Language::from_locales(["", "C", "nl_BE.UTF-8", "fr_FR"]), Language::Dutch);
        assert_eq!(Language::from_locales(["C.UTF-8"]), Language::English);
    }

    #[test]
    fn a_draft_is_taken_by_its_name_alone() {
        let draft: Language = "es".parse().unwrap();
        assert!(draft.is_draft() && !Language::OFFERED.contains(&draft));
        assert_eq!(Language::from_locales(["es_ES.UTF-8", "fr_FR"]), Language::French);
        assert_eq!(Language::of_tag("es-ES"), None);
        assert_eq!(Language::offered_beside(Some(draft)).last(), Some(draft));
        assert_eq!(Language::offered_beside(Some(Language::French)).count(), 4);
    }
}
