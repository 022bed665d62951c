use std::io::{BufRead, BufReader, Cursor, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::ImportError;
use super::row::{COLUMNS, NEEDED, RadacctRow, RowPlace, something};

/// An export of `radacct`: tab-separated, as `mariadb --batch` and `mysql --batch` write it, or CSV. Its
/// first line names the columns, in any order and among others.
pub(super) struct Export {
    reader: Reader<Box<dyn Read>>,
    /// Where each of [`COLUMNS`] is.
    columns: [Option<usize>; COLUMNS.len()],
    /// How many columns the first line names.
    width: usize,
    is_tabbed: bool,
    source: String,
    record: ByteRecord,
}

impl Export {
    pub(super) fn open(input: Box<dyn Read>, source: String) -> Result<Self, ImportError> {
        let mut input = BufReader::new(input);
        let mut head = Vec::new();
        let read = input.by_ref().take(MAXIMUM_HEAD).read_until(b'\n', &mut head);
        read.map_err(|error| unreadable(&source, &error))?;
        let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head).to_vec();
        let is_tabbed = head.contains(&b'\t');
        let count = |sign| head.iter().filter(|byte| **byte == sign).count();
        let delimiter = match () {
            () if is_tabbed => b'\t',
            () if count(b';') > count(b',') => b';',
            () => b',',
        };
        let input: Box<dyn Read> = Box::new(Cursor::new(head).chain(input));
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(!is_tabbed)
            .flexible(true)
            .from_reader(input);
        let names = reader.byte_headers().map_err(|error| unreadable(&source, &error))?;
        let columns = COLUMNS.map(|column| {
            names.iter().position(|name| name.trim_ascii().eq_ignore_ascii_case(column.as_bytes()))
        });
        for (column, place) in COLUMNS.into_iter().zip(columns) {
            if place.is_none() && NEEDED.contains(&column) {
                return Err(ImportError::NoColumn { source, column });
            }
        }
        let width = names.len();
        Ok(Self { reader, columns, width, is_tabbed, source, record: ByteRecord::new() })
    }

    /// The next rows, at most `limit`; none at the end.
    pub(super) fn read(&mut self, limit: usize) -> Result<Vec<RadacctRow>, ImportError> {
        let mut rows = Vec::with_capacity(limit);
        while rows.len() < limit {
            let read = self.reader.read_byte_record(&mut self.record);
            if !read.map_err(|error| unreadable(&self.source, &error))? {
                break;
            }
            let line = self.record.position().map_or(0, csv::Position::line);
            let cell = |place: Option<usize>| {
                let bytes = self.record.get(place?)?;
                cell(&String::from_utf8_lossy(bytes), self.is_tabbed)
            };
            rows.push(RadacctRow {
                place: RowPlace::Line(line),
                is_whole: self.record.len() == self.width,
                values: self.columns.map(cell),
            });
        }
        Ok(rows)
    }
}

/// The value in a cell. The batch mode of MariaDB's client writes NULL as a word, and tabs, line breaks
/// and backslashes with a backslash before them.
fn cell(text: &str, is_tabbed: bool) -> Option<String> {
    if matches!(text, "NULL" | "\\N") {
        return None;
    }
    if !is_tabbed || !text.contains('\\') {
        return something(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        plain.push(match (sign, sign == '\\') {
            (_, false) => sign,
            (_, true) => match signs.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('0') => '\0',
                Some(other) => other,
                None => '\\',
            },
        });
    }
    something(&plain)
}

fn unreadable(source: &str, error: &(impl std::error::Error + ?Sized)) -> ImportError {
    ImportError::Accounting { source: source.to_owned(), why: error.to_string() }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Longer than any list of columns, in bytes.
const MAXIMUM_HEAD: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Cursor, Export, ImportError, RadacctRow, RowPlace};

    fn read(text: &str) -> Result<Vec<RadacctRow>, ImportError> {
        Export::open(Box::new(Cursor::new(text.to_owned())), "x".to_owned())?.read(100)
    }

    fn value(row: &RadacctRow, name: &str) -> Option<String> {
        let place = COLUMNS.iter().position(|column| *column == name).unwrap();
        row.values[place].clone()
    }

    #[test]
    fn what_the_batch_mode_of_mariadb_writes_is_read() {
        let rows = read(
            "radacctid\tAcctUniqueId\tusername\tacctstarttime\tacctstoptime\n\
             7\tu1\ta\\tb\\\\c \"d\\n\t2026-11-20 08:00:00\tNULL\n",
        )
        .unwrap();
        assert_eq!(rows[0].place, RowPlace::Line(2));
        assert_eq!(value(&rows[0], "acctuniqueid").as_deref(), Some("u1"));
        assert_eq!(value(&rows[0], "username").as_deref(), Some("a\tb\\c \"d"));
        assert_eq!(value(&rows[0], "acctstoptime"), None);
        assert_eq!(value(&rows[0], "framedipaddress"), None);
    }

    #[test]
    fn csv_is_read_with_either_separator() {
        for text in [
            "\u{feff}acctuniqueid,username,acctstarttime\r\nu1,\"a,b\"\"c\",1\r\n",
            "acctuniqueid;username;acctstarttime\nu1;\"a,b\"\"c\";1\n",
        ] {
            let rows = read(text).unwrap();
            assert_eq!(value(&rows[0], "username").as_deref(), Some("a,b\"c"));
            assert_eq!(value(&rows[0], "acctstarttime").as_deref(), Some("1"));
        }
    }

    #[test]
    fn an_export_without_the_names_of_its_columns_is_refused() {
        for text in ["", "u1\t2026-11-20 08:00:00\n", "acctuniqueid\tacctstoptime\n"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("first line"), "{error}");
        }
    }
}
