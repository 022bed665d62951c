use crate::encoding::{Lines, Text};
use crate::reply_error::{Problem, ReplyError};

/// Reads a table of text row by row, with any delimiter and either end of line, as RFC 4180 describes it
/// and as people's programs write it: a quotation mark within a cell is text, `="x"` is `x`.
///
/// Written here because a crate's reader takes a delimiter, an encoding and equal rows for granted, and
/// these are what has to be found out.
pub(crate) struct TableReader<'a> {
    lines: Lines<'a>,
    line: String,
    delimiter: char,
}

impl<'a> TableReader<'a> {
    pub(crate) fn new(text: Text<'a>, delimiter: char) -> Self {
        Self { lines: text.lines(), line: String::new(), delimiter }
    }

    /// Replaces `cells` by those of the next line that is not blank, and gives its number; `None` after the
    /// last.
    pub(crate) fn row(&mut self, cells: &mut Vec<String>) -> Result<Option<usize>, ReplyError> {
        loop {
            if !self.lines.next_into(&mut self.line) {
                cells.clear();
                return Ok(None);
            }
            let number = self.lines.number();
            if self.line.trim().is_empty() {
                continue;
            }
            let mut used = 0;
            let mut at = Some(0);
            while let Some(start) = at {
                if used >= MAXIMUM_CELLS {
                    return Err(ReplyError::Malformed { line: number, problem: Problem::TooWide });
                }
                if used == cells.len() {
                    cells.push(String::new());
                }
                cells[used].clear();
                at = self.cell(start, number, &mut cells[used])?;
                clean(&mut cells[used]);
                used += 1;
            }
            cells.truncate(used);
            return Ok(Some(number));
        }
    }

    /// Reads the cell that begins at `start` of the line; gives where the next one does.
    fn cell(
        &mut self,
        start: usize,
        number: usize,
        cell: &mut String,
    ) -> Result<Option<usize>, ReplyError> {
        let rest = &self.line[start..];
        let inner = rest.trim_start_matches(' ');
        let opening = ["\"", "=\""].iter().find(|opening| inner.starts_with(**opening));
        if let Some(opening) = opening {
            let begin = self.line.len() - inner.len() + opening.len();
            if let Some(next) = self.quoted(begin, number, cell)? {
                return Ok(next);
            }
            // A mark that does not stand around the whole cell is text.
            cell.clear();
        }
        let rest = &self.line[start..];
        let end = rest.find(self.delimiter);
        append(cell, &rest[..end.unwrap_or(rest.len())]);
        Ok(end.map(|end| start + end + self.delimiter.len_utf8()))
    }

    /// The same between quotation marks, from behind the first; `None` where they do not enclose it.
    fn quoted(
        &mut self,
        mut at: usize,
        number: usize,
        cell: &mut String,
    ) -> Result<Option<Option<usize>>, ReplyError> {
        // What separates by tabs or bars does not quote line ends.
        let has_lines = matches!(self.delimiter, ',' | ';');
        let mut lines = 0;
        loop {
            let rest = &self.line[at..];
            let Some(end) = rest.find('"') else {
                if !has_lines {
                    return Ok(None);
                }
                append(cell, rest);
                append(cell, "\n");
                lines += 1;
                if lines > MAXIMUM_LINES || !self.lines.next_into(&mut self.line) {
                    return Err(ReplyError::Malformed {
                        line: number,
                        problem: Problem::OpenQuote,
                    });
                }
                at = 0;
                continue;
            };
            append(cell, &rest[..end]);
            let after = &rest[end + 1..];
            if after.starts_with('"') {
                append(cell, "\"");
                at += end + 2;
                continue;
            }
            let tail = after.trim_start_matches(' ');
            let next = self.line.len() - tail.len() + self.delimiter.len_utf8();
            return match tail.chars().next() {
                None => Ok(Some(None)),
                Some(c) if c == self.delimiter => Ok(Some(Some(next))),
                Some(_) if lines > 0 => {
                    Err(ReplyError::Malformed { line: number, problem: Problem::TextAfterQuote })
                }
                Some(_) => Ok(None),
            };
        }
    }
}

/// Whether a row only draws the frame of a table.
pub(crate) fn is_frame(cells: &[String]) -> bool {
    let is_rule =
        |c: char| matches!(c, '-' | '+' | '=' | ':' | '|' | '_' | '\u{2500}'..='\u{257f}');
    let mut length = 0;
    cells.iter().all(|cell| {
        length += cell.len();
        cell.chars().all(is_rule)
    }) && length >= 3
}

/// Adds a part of a cell, of which only the beginning matters where it is very long.
fn append(cell: &mut String, part: &str) {
    let mut length = part.len().min(MAXIMUM_CELL.saturating_sub(cell.len()));
    while !part.is_char_boundary(length) {
        length -= 1;
    }
    cell.push_str(&part[..length]);
}

/// Takes away blanks, and what guards a value against being read as a formula.
fn clean(cell: &mut String) {
    let mut text = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        text = inner.trim();
    }
    text = text.strip_prefix('\'').unwrap_or(text);
    if text.len() != cell.len() {
        *cell = text.to_owned();
    }
}

const MAXIMUM_CELLS: usize = 256;

/// How much of a cell is read, in bytes.
const MAXIMUM_CELL: usize = 4096;

/// How many lines a cell may have.
const MAXIMUM_LINES: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::{Problem, ReplyError, TableReader, Text};

    fn read(text: &str, delimiter: char) -> Result<Vec<Vec<String>>, ReplyError> {
        let mut table = TableReader::new(Text::of(text.as_bytes()), delimiter);
        let (mut rows, mut cells) = (Vec::new(), Vec::new());
        while table.row(&mut cells)?.is_some() {
            rows.push(cells.clone());
        }
        Ok(rows)
    }

    #[test]
    fn quotes_delimiters_and_ends_of_line_are_understood() {
        assert_eq!(
            read("a,\"b,\"\"c\"\"\n d\"\r\n\r\n,e\n", ',').unwrap(),
            [["a", "b,\"c\"\n d"], ["", "e"]]
        );
        assert_eq!(read("é;x\r\n1;2", ';').unwrap(), [["é", "x"], ["1", "2"]]);
        assert_eq!(read("a, \"b, c\" ,d", ',').unwrap(), [["a", "b, c", "d"]]);
        assert_eq!(read("\n\n", ',').unwrap(), Vec::<Vec<String>>::new());
    }

    #[test]
    fn a_quotation_mark_within_a_cell_is_text() {
        assert_eq!(read("x \"y\";\"z\" w;\"v", '\t').unwrap(), [["x \"y\";\"z\" w;\"v"]]);
        assert_eq!(read("x \"y\";\"z\" w;v", ';').unwrap(), [["x \"y\"", "\"z\" w", "v"]]);
        assert_eq!(read("\"a\tb\t\"c\"", '\t').unwrap(), [["\"a", "b", "c"]]);
    }

    #[test]
    fn guards_against_formulas_are_no_part_of_a_value() {
        assert_eq!(read("=\"1\";\"=\"\"2\"\"\";'3", ';').unwrap(), [["1", "2", "3"]]);
    }

    #[test]
    fn a_mark_that_is_never_closed_is_named_with_its_line() {
        let error = read("a\n\"b\n", ',').unwrap_err();
        assert_eq!(error, ReplyError::Malformed { line: 2, problem: Problem::OpenQuote });
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            rows in prop::collection::vec(prop::collection::vec("[a-z;\"\n,é]{0,12}x", 2), 0..8)
        ) {
            let text: String = rows
                .iter()
                .map(|row| {
                    let cells = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
                    cells.collect::<Vec<_>>().join(",") + "\n"
                })
                .collect();
            let rows: Vec<Vec<String>> = rows
                .iter()
                .map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect())
                .collect();
            assert_eq!(read(&text, ',').unwrap(), rows);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), like in "[\"=;\n a]{0,30}") {
            for delimiter in [',', ';', '\t'] {
                let _ = (read(&text, delimiter), read(&like, delimiter));
            }
        }
    }
}
