use super::{ReplyBuilder, ReplyCell, ReplyError, ReplyPosition};

/// Reads a table whose first line names its columns.
pub(super) fn read(text: &str, builder: &mut ReplyBuilder<'_>) -> Result<(), ReplyError> {
    let delimiter = builder.mapping.delimiter.unwrap_or_else(|| delimiter_of(text));
    let mut table = CsvTable::new(text, delimiter);
    let Some(header) = table.row()? else { return Ok(()) };
    builder.expect_one_of(header.cells.iter().map(|cell| cell.text.as_str()))?;
    while let Some(mut row) = table.row()? {
        if row.cells.len() != header.cells.len() {
            let problem = "a line has not as many cells as the header";
            return Err(ReplyError::malformed(row.line, 1, problem));
        }
        for (cell, named) in row.cells.iter_mut().zip(&header.cells) {
            cell.name.clone_from(&named.text);
        }
        builder.add(ReplyPosition::Line(row.line), row.cells)?;
    }
    Ok(())
}

/// One line of a table: its number in the file, counted from 1, and its cells.
struct CsvRow {
    line: usize,
    cells: Vec<ReplyCell>,
}

/// Reads a table as RFC 4180 describes it, with any delimiter and either end of line, a row at a
/// time. It is strict where guessing could shift a value into another column: a quotation mark
/// stands around a whole cell or nowhere.
///
/// Written here because it is shorter than what it would take to get from a crate's record back to
/// the line and column that an error has to name.
struct CsvTable<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    delimiter: char,
    line: usize,
    column: usize,
}

impl<'a> CsvTable<'a> {
    fn new(text: &'a str, delimiter: char) -> Self {
        Self { rest: text.chars().peekable(), delimiter, line: 1, column: 1 }
    }

    /// The next row that is not empty.
    fn row(&mut self) -> Result<Option<CsvRow>, ReplyError> {
        loop {
            while self.rest.next_if(|c| matches!(c, '\r' | '\n')).is_some_and(|c| self.pass(c)) {}
            if self.rest.peek().is_none() {
                return Ok(None);
            }
            let line = self.line;
            let mut cells = Vec::new();
            loop {
                cells.push(self.cell()?);
                if cells.len() > MAXIMUM_CELLS {
                    return Err(self.malformed("a line has more than 256 cells"));
                }
                match self.step() {
                    Some(c) if c == self.delimiter => {}
                    _ => break,
                }
            }
            if cells.iter().any(|cell| !cell.text.trim().is_empty()) {
                return Ok(Some(CsvRow { line, cells }));
            }
        }
    }

    fn cell(&mut self) -> Result<ReplyCell, ReplyError> {
        let mut cell = ReplyCell {
            line: self.line,
            column: self.column,
            name: String::new(),
            text: String::new(),
        };
        let quoted = self.rest.peek() == Some(&'"');
        if quoted {
            self.step();
        }
        loop {
            if cell.text.len() > MAXIMUM_CELL {
                return Err(self.malformed("a cell has more than 4096 bytes"));
            }
            let Some(c) = self.rest.peek().copied() else {
                if quoted {
                    let text = "a quotation mark is never closed";
                    return Err(ReplyError::malformed(cell.line, cell.column, text));
                }
                return Ok(cell);
            };
            match c {
                '"' if quoted => {
                    self.step();
                    match self.rest.peek() {
                        Some('"') => cell.text.push('"'),
                        None | Some('\r' | '\n') => return Ok(cell),
                        Some(c) if *c == self.delimiter => return Ok(cell),
                        Some(_) => {
                            return Err(self.malformed("text follows a closing quotation mark"));
                        }
                    }
                }
                '"' => return Err(self.malformed("a quotation mark stands inside a cell")),
                '\r' | '\n' if !quoted => return Ok(cell),
                c if c == self.delimiter && !quoted => return Ok(cell),
                c => cell.text.push(c),
            }
            self.step();
        }
    }

    fn step(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.pass(c);
        Some(c)
    }

    /// Counts a character. Always true.
    fn pass(&mut self, c: char) -> bool {
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        true
    }

    fn malformed(&self, problem: &'static str) -> ReplyError {
        ReplyError::malformed(self.line, self.column, problem)
    }
}

/// The delimiter that the first line uses most often outside quotation marks; a comma where it uses
/// none.
fn delimiter_of(text: &str) -> char {
    let header = text.trim_start().lines().next().unwrap_or_default();
    let outside: String = header.split('"').step_by(2).collect();
    let mut best = (0, ',');
    for delimiter in [',', ';', '\t', '|'] {
        let count = outside.matches(delimiter).count();
        if count > best.0 {
            best = (count, delimiter);
        }
    }
    best.1
}

const MAXIMUM_CELLS: usize = 256;

const MAXIMUM_CELL: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::{CsvTable, ReplyError, delimiter_of};

    fn read(text: &str, delimiter: char) -> Result<Vec<Vec<String>>, ReplyError> {
        let mut table = CsvTable::new(text, delimiter);
        let mut rows = Vec::new();
        while let Some(row) = table.row()? {
            rows.push(row.cells.into_iter().map(|cell| cell.text).collect());
        }
        Ok(rows)
    }

    fn place(text: &str) -> (usize, usize) {
        match read(text, ',').unwrap_err() {
            ReplyError::Malformed { line, column, .. } => (line, column),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn quotes_delimiters_and_ends_of_line_are_understood() {
        assert_eq!(
            read("a,\"b,\"\"c\"\"\n d\"\r\n\r\n,e\n", ',').unwrap(),
            [["a", "b,\"c\"\n d"], ["", "e"]]
        );
        assert_eq!(read("é;x\r\n1;2", ';').unwrap(), [["é", "x"], ["1", "2"]]);
        assert_eq!(read("\n\n", ',').unwrap(), Vec::<Vec<String>>::new());
    }

    #[test]
    fn the_place_of_an_error_is_named() {
        assert_eq!(place("a,b\né,x\"y"), (2, 4));
        assert_eq!(place("a,\"b\"c"), (1, 6));
        assert_eq!(place("a\n\"b\n"), (2, 1));
    }

    #[test]
    fn the_delimiter_is_found_in_the_header() {
        assert_eq!(delimiter_of("a;\"b,c,d,e\";f\n1,2,3,4"), ';');
        assert_eq!(delimiter_of("\na\tb"), '\t');
        assert_eq!(delimiter_of("one"), ',');
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            rows in prop::collection::vec(prop::collection::vec("[^\r]{1,12}", 2), 0..8)
        ) {
            let text: String = rows
                .iter()
                .map(|row| {
                    let cells = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
                    cells.collect::<Vec<_>>().join(",") + "\n"
                })
                .collect();
            let blank = |row: &&Vec<String>| row.iter().any(|cell| !cell.trim().is_empty());
            let rows: Vec<_> = rows.iter().filter(blank).cloned().collect();
            assert_eq!(read(&text, ',').unwrap(), rows);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = read(&text, delimiter_of(&text));
        }
    }
}
