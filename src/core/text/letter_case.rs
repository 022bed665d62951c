use super::Language;

/// A label as used mid-sentence: its first letter in lower case, unless it begins with an
/// abbreviation or a German noun.
pub fn mid_sentence(text: &str, language: Language) -> String {
    let mut words = text.split(' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let style = language.style();
    let is_small = if style.capital_nouns {
        style.lowered_words.contains(&first)
            || is_adjective(first) && second.starts_with(char::is_uppercase)
    } else {
        first.chars().skip(1).all(|sign| !sign.is_uppercase() && sign != '-')
    };
    let mut signs = text.chars();
    match signs.next() {
        Some(sign) if is_small => sign.to_lowercase().chain(signs).collect(),
        _ => text.to_owned(),
    }
}

/// A text with its first letter in upper case.
pub fn sentence_start(text: &str) -> String {
    let mut signs = text.chars();
    let first = signs.next().into_iter().flat_map(char::to_uppercase);
    first.chain(signs).collect()
}

fn is_adjective(word: &str) -> bool {
    word.ends_with('e') || word.ends_with("es")
}
