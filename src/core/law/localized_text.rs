use crate::text::Language;

/// A text from a file, in each of the languages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalizedText(
    /// In the order of [`Language::ALL`].
    Vec<String>,
);

impl LocalizedText {
    /// The texts that `read` gives; `None` where a language that is offered has none. A draft without
    /// one has the English text.
    pub(super) fn of(read: impl Fn(Language) -> Option<String>) -> Option<Self> {
        let english = read(Language::English)?;
        Language::ALL
            .into_iter()
            .map(|language| match read(language) {
                None if language.is_draft() => Some(english.clone()),
                text => text.map(|text| language.typeset(&text)),
            })
            .collect::<Option<_>>()
            .map(Self)
    }

    /// The text in one language.
    pub fn text(&self, language: Language) -> &str {
        self.0.get(language as usize).map_or("", String::as_str)
    }
}
