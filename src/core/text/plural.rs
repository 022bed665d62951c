use super::{Language, Message};

/// A text that depends on a count. The count itself replaces `{count}`.
#[derive(Clone, Copy, Debug)]
pub struct Plural {
    /// For one; in some languages also for none.
    pub one: Message,
    /// For every other count.
    pub other: Message,
}

impl Plural {
    /// The text for `count`, with its other placeholders replaced by `values`.
    pub fn fill(&self, language: Language, count: u64, values: &[(&str, &str)]) -> String {
        let is_singular = language.style().singular.contains(&count);
        let message = if is_singular { &self.one } else { &self.other };
        let digits = count.to_string();
        let mut all = vec![("count", digits.as_str())];
        all.extend_from_slice(values);
        message.fill(language, &all)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;
    use crate::messages::date::DAYS;

    #[test]
    fn none_is_singular_in_french_alone() {
        for (language, texts) in [
            (Language::French, ["0 jour", "1 jour", "2 jours"]),
            (Language::Dutch, ["0 dagen", "1 dag", "2 dagen"]),
            (Language::English, ["0 days", "1 day", "2 days"]),
            (Language::German, ["0 Tage", "1 Tag", "2 Tage"]),
        ] {
            for (count, text) in (0..).zip(texts) {
                assert_eq!(DAYS.fill(language, count, &[]), text);
            }
        }
    }
}
