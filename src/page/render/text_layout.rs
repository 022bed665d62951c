/// Plain text for a terminal: wrapped, indented, aligned. No line is longer than the width, however
/// long a word is.
#[derive(Debug)]
pub(super) struct TextLayout {
    text: String,
    width: usize,
}

impl TextLayout {
    /// An empty text. A width under 40 is taken as 40, the least that fits a table.
    pub(super) fn new(width: usize) -> Self {
        Self { text: String::new(), width: width.max(40) }
    }

    /// All of it, ending in a line break.
    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// An empty line, unless there is one or nothing above.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading, with an empty line before it.
    pub(super) fn heading(&mut self, text: &str) {
        self.gap();
        self.paragraph(0, text);
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        self.hanging(indent, "", 0, text);
    }

    /// A label and what belongs to it, in two columns.
    pub(super) fn row(&mut self, indent: usize, label: &str, label_width: usize, text: &str) {
        self.hanging(indent, label, label_width + 2, text);
    }

    /// An item of a list, behind a mark.
    pub(super) fn item(&mut self, indent: usize, mark: &str, text: &str) {
        self.hanging(indent, mark, length(mark) + 1, text);
    }

    /// Writes `mark`, and `text` in the column `hang` further right, on as many lines as it takes.
    fn hanging(&mut self, indent: usize, mark: &str, hang: usize, text: &str) {
        let column = indent + hang;
        let mut line = " ".repeat(indent);
        line.push_str(mark);
        let mut is_first = true;
        for word in words(text, self.width.saturating_sub(column)) {
            let padding = column.saturating_sub(length(&line));
            let blank = usize::from(!is_first);
            if !is_first && length(&line) + blank + length(&word) > self.width {
                self.push(&line);
                line = " ".repeat(column);
            } else if is_first {
                line.push_str(&" ".repeat(padding));
            } else {
                line.push(' ');
            }
            line.push_str(&word);
            is_first = false;
        }
        self.push(&line);
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// The words of a text, each at most `width` long: what may not stand at the beginning of a line is
/// kept with the word before it, and an address that is too long is cut behind its slashes.
fn words(text: &str, width: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut glue = false;
    for part in text.split([' ', '\n']).filter(|part| !part.is_empty()) {
        let is_mark = part.starts_with('(') && part.ends_with(").") && part.len() < 9;
        let closes = is_mark || part.starts_with(['[', '§']);
        match words.last_mut() {
            Some(last) if (glue || closes) && length(last) + 1 + length(part) <= width => {
                last.push(' ');
                last.push_str(part);
            }
            _ => words.push(part.to_owned()),
        }
        // A day stays with its month, and a number with what it counts.
        let number = part.trim_start_matches('(').trim_end_matches('.');
        let is_number = number.len() < 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        glue = is_number && !number.is_empty() || part.ends_with('§') || part == "Nr.";
    }
    words.into_iter().flat_map(|word| cut(word, width.max(1))).collect()
}

/// A word in pieces that fit: behind a slash where there is one, else anywhere.
fn cut(word: String, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while length(&rest) > width {
        let limit = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
        let head = &rest[..limit];
        let at = head.rfind('/').map_or(limit, |slash| slash + 1);
        let tail = rest.split_off(at);
        pieces.push(std::mem::replace(&mut rest, tail));
    }
    pieces.push(rest);
    pieces
}

/// How many columns a text takes: none of our languages has characters of another width.
pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{TextLayout, length};

    #[test]
    fn punctuation_that_french_sets_apart_stays_with_its_word() {
        let mut layout = TextLayout::new(40);
        layout.row(2, "Loi", 6, "à conserver douze mois, pas plus\u{a0}: non");
        assert_eq!(
            layout.into_string(),
            "  Loi     à conserver douze mois, pas\n          plus\u{a0}: non\n"
        );
    }

    proptest! {
        #[test]
        fn no_line_is_longer_than_the_width_and_nothing_is_lost(
            text in any::<String>(), indent in 0_usize..8, width in 40_usize..120,
        ) {
            let mut layout = TextLayout::new(width);
            layout.item(indent, "-", &text);
            let written = layout.into_string();
            for line in written.split('\n') {
                prop_assert!(length(line) <= width, "{}", line);
            }
            let solid = |text: &str| -> String {
                text.chars().filter(|sign| !sign.is_whitespace()).collect()
            };
            prop_assert_eq!(solid(&written), format!("-{}", solid(&text)));
        }
    }
}
