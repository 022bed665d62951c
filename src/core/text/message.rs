use super::Language;

/// A text in each of the languages, from their catalogues. Placeholders stand in braces: `{count}`.
#[derive(Clone, Copy, Debug)]
pub struct Message(
    /// The texts in the order of [`Language::ALL`], a unit separator (U+001F) between: one address where each text apart
    /// would take the program one more.
    &'static str,
);

impl Message {
    /// No text, in no language: what stands above a column without a name.
    pub const BLANK: Self = Self("");

    /// Texts in the order of [`Language::ALL`], a unit separator (U+001F) between.
    #[must_use]
    pub const fn packed(texts: &'static str) -> Self {
        Self(texts)
    }

    /// The text in one language.
    pub fn text(&self, language: Language) -> &'static str {
        self.0.split('\u{1f}').nth(language as usize).unwrap_or_default()
    }

    /// The text in one language with its placeholders replaced.
    pub fn fill(&self, language: Language, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = self.text(language);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else { break };
            filled.push_str(before);
            let value = values.iter().find(|(known, _)| *known == name);
            debug_assert!(value.is_some(), "no value for {{{name}}}");
            filled.push_str(value.map_or("", |(_, value)| value));
            rest = tail;
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, Message};

    #[test]
    fn placeholders_are_replaced_once_and_not_inside_what_replaced_them() {
        let [first, second] = [Language::ALL[0], Language::ALL[1]];
        let message = Message::packed("{a}, {b}.\u{1f}{b}");
        assert_eq!(message.fill(first, &[("a", "{b}"), ("b", "two")]), "{b}, two.");
        assert_eq!(message.fill(second, &[("b", "x")]), "x");
    }
}
