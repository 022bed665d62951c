use std::fmt::Write;

/// A table for the terminal: columns as wide as their widest cell, two spaces between.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}", width = *width))
            .collect();
        let _ = writeln!(text, "{}", padded.join("  ").trim_end());
    };
    line(&mut head.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

/// Text broken between words into lines of at most `width` characters, each behind `margin`.
pub(super) fn wrapped(text: &str, width: usize, margin: &str) -> String {
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
    use super::{table, wrapped};

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_end_without_spaces() {
        let rows = [vec!["é".to_owned(), "b".to_owned()], vec!["abc".to_owned(), String::new()]];
        assert_eq!(table(&["A", "B"], &rows), "A    B\né    b\nabc\n");
    }

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 9, " "), " one two\n three\n");
        assert_eq!(wrapped("un\u{a0}: deux", 6, ""), "un\u{a0}:\ndeux\n");
    }
}
