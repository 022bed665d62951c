/// Text broken between words into lines of at most `width` characters, each behind `margin`.
pub fn wrapped(text: &str, width: usize, margin: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    // Not at a no-break space, which French has before its colons.
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters + margin.chars().count() > width {
            lines.push('\n');
            length = 0;
        }
        if length == 0 {
            lines.push_str(margin);
        } else {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += letters;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 9, " "), " one two\n three\n");
        assert_eq!(wrapped("un\u{a0}: deux", 6, ""), "un\u{a0}:\ndeux\n");
    }
}
