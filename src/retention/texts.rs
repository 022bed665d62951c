use crate::i18n::Language;

/// A text from a file, in each of the languages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Texts {
    /// French.
    pub fr: String,
    /// Dutch.
    pub nl: String,
    /// English.
    pub en: String,
    /// German.
    pub de: String,
}

impl Texts {
    /// The text in one language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::French => &self.fr,
            Language::Dutch => &self.nl,
            Language::English => &self.en,
            Language::German => &self.de,
        }
    }
}
