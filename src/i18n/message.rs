use super::Language;

/// A text in each of the languages. Placeholders stand in braces: `{count}`.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// French.
    pub fr: &'static str,
    /// Dutch.
    pub nl: &'static str,
    /// English.
    pub en: &'static str,
    /// German.
    pub de: &'static str,
}

impl Message {
    /// The text in one language.
    pub fn text(&self, language: Language) -> &'static str {
        match language {
            Language::French => self.fr,
            Language::Dutch => self.nl,
            Language::English => self.en,
            Language::German => self.de,
        }
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
        let message = Message { fr: "{a} et {b}", nl: "{b}", en: "{a}, {b}.", de: "" };
        let filled = message.fill(Language::English, &[("a", "{b}"), ("b", "two")]);
        assert_eq!(filled, "{b}, two.");
        assert_eq!(message.fill(Language::Dutch, &[("b", "x")]), "x");
    }
}
