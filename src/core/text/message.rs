use super::{Language, PackedTexts};

/// A text in each of the languages, from their catalogues. Placeholders stand in braces: `{count}`.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// The texts of the crate; a function, since a constant cannot name what is inflated later.
    texts: fn() -> &'static PackedTexts,
    number: u16,
}

impl Message {
    /// No text, in no language: what stands above a column without a name.
    pub const BLANK: Self = Self { texts: no_texts, number: 0 };

    /// The text of this number. The build scripts write such constants.
    #[must_use]
    pub const fn new(texts: fn() -> &'static PackedTexts, number: u16) -> Self {
        Self { texts, number }
    }

    /// The text in one language.
    pub fn text(&self, language: Language) -> &'static str {
        (self.texts)().text(self.number, language)
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

fn no_texts() -> &'static PackedTexts {
    static NONE: PackedTexts = PackedTexts::new([&[]; Language::ALL.len()]);
    &NONE
}

#[cfg(test)]
mod tests {
    use super::{Language, Message};
    use crate::messages::date::{DATE_TIME, MONTHS};

    #[test]
    fn placeholders_are_replaced_once_and_not_inside_what_replaced_them() {
        let filled = DATE_TIME.fill(Language::English, &[("date", "{time}"), ("time", "two")]);
        assert_eq!(filled, "{time} at two");
    }

    #[test]
    fn each_number_is_a_text_of_its_own() {
        let texts = MONTHS.map(|month| month.text(Language::Dutch));
        assert_eq!((texts[0], texts[11]), ("januari", "december"));
        assert_eq!(Message::BLANK.text(Language::French), "");
        assert_eq!(Message { number: u16::MAX, ..MONTHS[0] }.text(Language::French), "");
    }
}
