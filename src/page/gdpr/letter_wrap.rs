use chrono::NaiveDate;

use temoin_core::text::{Language, written_date};

/// How wide a text may be, in characters.
pub(super) const WIDTH: usize = 80;

/// Adds `text` to `page`, broken between words so that no line is wider than [`WIDTH`]. `first`
/// stands before its first line, `next` before the others. Only an ordinary space breaks; a word
/// that is wider than a line is cut.
pub(super) fn wrap(text: &str, first: &str, next: &str, page: &mut String) {
    page.push_str(first);
    let mut used = first.chars().count();
    let mut empty = true;
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if !empty && used + 1 + length <= WIDTH {
            page.push(' ');
            used += 1;
        } else if !empty {
            page.push('\n');
            page.push_str(next);
            used = next.chars().count();
        }
        for c in word.chars() {
            if used == WIDTH {
                page.push('\n');
                page.push_str(next);
                used = next.chars().count();
            }
            page.push(c);
            used += 1;
        }
        empty = false;
    }
    page.push('\n');
}

/// A day as it is written out in a letter, with spaces at which no line breaks.
pub(super) fn unbroken_date(day: NaiveDate, language: Language) -> String {
    written_date(day, language).replace(' ', "\u{a0}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use temoin_core::text::plain;

    use super::{Language, WIDTH, unbroken_date, wrap};

    #[test]
    fn no_line_breaks_within_a_day() {
        let written = Language::OFFERED
            .map(|language| unbroken_date("2026-03-01".parse().unwrap(), language));
        assert_eq!(
            written,
            [
                "1er\u{a0}mars\u{a0}2026",
                "1\u{a0}maart\u{a0}2026",
                "1\u{a0}March\u{a0}2026",
                "1.\u{a0}März\u{a0}2026",
            ]
        );
    }

    #[test]
    fn text_is_broken_between_words_and_hangs_under_its_bullet() {
        let mut page = String::new();
        wrap(&"word ".repeat(20), "- ", "  ", &mut page);
        assert_eq!(page.lines().count(), 2);
        assert!(page.lines().all(|line| line.len() <= WIDTH));
        assert!(page.lines().nth(1).unwrap().starts_with("  word"));
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in any::<String>()) {
            let text = plain(&text);
            let mut page = String::new();
            wrap(&text, "- ", "  ", &mut page);
            assert!(page.lines().all(|line| line.chars().count() <= WIDTH));
            let bare = |text: &str| text.replace([' ', '\n'], "");
            assert_eq!(bare(page.strip_prefix("- ").unwrap()), bare(&text));
        }
    }
}
