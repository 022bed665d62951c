use crate::columns::ColumnMeaning;
use crate::record::is_nothing;
use crate::reply_error::{Problem, ReplyError};
use crate::row::Columns;
use crate::table::is_frame;
use crate::table_layout::is_value;
use crate::time_text::TimeText;

/// Tells the rows of a table from what stands below and between them: frames, comments, totals, counts.
#[derive(Debug, Default)]
pub(crate) struct TableRows {
    /// Lines that are no session and were not understood either.
    pub(crate) skipped: usize,
    seen: usize,
}

/// What a row is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RowKind {
    /// One session.
    Session,
    /// A second header, unless it is the last row.
    Words,
    /// Something else.
    Other,
}

impl TableRows {
    /// What a row is; its surplus empty cells are taken away.
    ///
    /// # Errors
    /// Where its cells cannot be told to be those of the header: a value could be taken for another one.
    pub(crate) fn kind(
        &mut self,
        line: usize,
        cells: &mut Vec<String>,
        columns: &Columns,
    ) -> Result<RowKind, ReplyError> {
        let width = columns.names.len();
        while cells.len() > width && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        let mut filled = cells.iter().filter(|cell| !cell.is_empty());
        let Some(first) = filled.next() else { return Ok(RowKind::Other) };
        let is_alone = filled.next().is_none();
        if is_frame(cells) {
            return Ok(RowKind::Other);
        }
        let is_comment = ["#", "--", "//"].iter().any(|mark| first.starts_with(mark));
        if is_alone && (is_comment || is_row_count(first)) {
            self.skipped += usize::from(!is_comment && !counts_nothing(first));
            return Ok(RowKind::Other);
        }
        let with = |wanted: fn(ColumnMeaning) -> bool| {
            let meanings = columns.meanings.iter().zip(cells.iter());
            meanings.filter_map(move |(meaning, cell)| {
                (meaning.is_some_and(wanted) && !is_nothing(cell)).then_some(cell)
            })
        };
        let is_known = columns.meanings.iter().flatten().any(|meaning| meaning.is_dated());
        let has_time = with(ColumnMeaning::is_dated).any(|cell| TimeText::parse(cell).is_some());
        let has_address = with(ColumnMeaning::is_address).next().is_some();
        let has_session = with(|meaning| meaning == ColumnMeaning::Session)
            .any(|cell| cell.parse::<temoin_core::session::IdPrefix>().is_ok());
        if cells.len() != width {
            // A remark, which may have the delimiter in it.
            if is_alone && !is_value(first)
                || is_known && !has_time && !cells.iter().any(|cell| is_value(cell))
            {
                self.skipped += 1;
                return Ok(RowKind::Other);
            }
            return Err(ReplyError::Malformed { line, problem: Problem::CellCount });
        }
        let is_empty =
            with(ColumnMeaning::is_dated).next().is_none() && !has_address && !has_session;
        if is_known && !has_time && (is_empty || is_total(first)) {
            self.skipped += 1;
            return Ok(RowKind::Other);
        }
        self.seen += 1;
        let is_number = |cell: &String| cell.parse::<f64>().is_ok();
        let is_words = || !cells.iter().any(|cell| is_value(cell) || is_number(cell));
        Ok(if self.seen == 1 && is_words() { RowKind::Words } else { RowKind::Session })
    }
}

/// Whether a line only counts the rows above it: `(6 rows)`, `6 rows in set (0.00 sec)`.
fn is_row_count(text: &str) -> bool {
    let text = text.trim_start_matches('(').to_lowercase();
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let words = [
        "row",
        "ligne",
        "rij",
        "zeile",
        "record",
        "enregistrement",
        "session",
        "sessie",
        "sitzung",
        "entr",
    ];
    rest.len() < text.len() && words.iter().any(|word| rest.trim_start().starts_with(word))
        || text.starts_with("empty set")
        || text.starts_with("query ok")
}

fn counts_nothing(text: &str) -> bool {
    let text = text.trim_start_matches('(');
    text.starts_with("0 ") || text.to_lowercase().starts_with("empty set")
}

/// Whether a row begins like that of a total.
fn is_total(text: &str) -> bool {
    let text = text.to_lowercase();
    let words = [
        "total",
        "totals",
        "totaux",
        "totaal",
        "gesamt",
        "summe",
        "sum",
        "somme",
        "som",
        "count",
        "aantal",
        "nombre",
        "anzahl",
        "average",
        "moyenne",
        "gemiddeld",
        "durchschnitt",
        "sous-total",
        "subtotal",
    ];
    let rest = words.iter().find_map(|word| text.strip_prefix(word));
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
}
