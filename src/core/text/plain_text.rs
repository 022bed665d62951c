/// Text from elsewhere on one line and without what a terminal, a page or a reader could be misled
/// by: control characters, invisible ones, and those that change the direction of writing.
pub fn plain(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace() && c != '\u{a0}' || is_invisible(c))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_from_elsewhere_cannot_add_lines_or_turn_the_writing_round() {
        assert_eq!(plain(" a\r\nb\u{1b}[1m \u{202e}c\t\u{9b}31m\u{61c}d"), "a b [1m c 31m d");
    }
}
