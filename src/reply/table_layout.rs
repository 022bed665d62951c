use crate::address::endpoint;
use crate::columns::ColumnMeaning;
use crate::encoding::Text;
use crate::mapping::Mapping;
use crate::reply_error::ReplyError;
use crate::table::{TableReader, is_frame};
use crate::time_text::TimeText;

/// How a table is laid out in a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TableLayout {
    pub(crate) delimiter: char,
    /// The line that names the columns; what stands above is a title. `None` where no line does.
    pub(crate) header: Option<usize>,
    /// The names of the columns; `#1` and so on where there are none.
    pub(crate) names: Vec<String>,
}

impl TableLayout {
    /// Finds the table: by names that are known, or else by rows that are alike and have times or addresses.
    pub(crate) fn find(text: Text<'_>, mapping: &Mapping) -> Result<Self, ReplyError> {
        let told = mapping.delimiter().or_else(|| announced(text));
        let all = [',', ';', '\t', '|', '│'];
        let delimiters = told.as_ref().map_or(all.as_slice(), std::slice::from_ref);
        let samples: Vec<Sample> =
            delimiters.iter().map(|delimiter| Sample::of(text, *delimiter)).collect();
        by_names(&samples, mapping, 2)
            .or_else(|| by_values(&samples))
            .or_else(|| by_names(&samples, mapping, 1))
            .ok_or_else(|| ReplyError::NothingFound(Vec::new()))
    }
}

/// What tells a column's content from words.
pub(crate) fn is_value(cell: &str) -> bool {
    TimeText::parse(cell).is_some() || endpoint(cell).is_some()
}

/// The first rows of a text, as one delimiter makes them.
struct Sample {
    delimiter: char,
    rows: Vec<(usize, Vec<String>)>,
}

impl Sample {
    fn of(text: Text<'_>, delimiter: char) -> Self {
        let mut table = TableReader::new(text, delimiter);
        let mut rows = Vec::new();
        let mut cells = Vec::new();
        // What is wrong further down is found when it is read.
        while let Ok(Some(line)) = table.row(&mut cells) {
            if !is_frame(&cells) && !is_announcement(&cells.join("")) {
                rows.push((line, cells.clone()));
            }
            if rows.len() >= ROWS {
                break;
            }
        }
        Self { delimiter, rows }
    }

    fn layout(&self, row: usize) -> TableLayout {
        let (line, cells) = &self.rows[row];
        TableLayout { delimiter: self.delimiter, header: Some(*line), names: names(cells) }
    }
}

/// The row with most names that are known, where it has this many or one of a time.
fn by_names(samples: &[Sample], mapping: &Mapping, least: usize) -> Option<TableLayout> {
    let mut best: Option<((bool, usize, usize), &Sample, usize)> = None;
    for sample in samples {
        for (index, (_, cells)) in sample.rows.iter().enumerate() {
            let is_name = |cell: &&String| {
                !cell.is_empty() && !cell.starts_with(|c: char| c.is_ascii_digit())
            };
            let names = || cells.iter().filter(is_name);
            let meanings = || names().filter_map(|cell| mapping.column_meaning(cell));
            let has_time = meanings().any(ColumnMeaning::is_dated);
            let score = (has_time, meanings().count(), cells.len());
            let is_enough = score.1 >= least || has_time;
            if is_enough && best.as_ref().is_none_or(|(other, ..)| score > *other) {
                best = Some((score, sample, index));
            }
        }
    }
    best.map(|(_, sample, index)| sample.layout(index))
}

/// The rows that are as wide as each other and have values, and the words above them.
fn by_values(samples: &[Sample]) -> Option<TableLayout> {
    let mut best: Option<((usize, usize), &Sample, usize)> = None;
    for sample in samples {
        let has_values = |cells: &[String]| cells.iter().any(|cell| is_value(cell));
        let Some(first) = sample.rows.iter().position(|(_, cells)| has_values(cells)) else {
            continue;
        };
        let width = sample.rows[first].1.len();
        let alike =
            sample.rows.iter().filter(|(_, cells)| cells.len() == width && has_values(cells));
        let score = (width, alike.count());
        if best.as_ref().is_none_or(|(other, ..)| score > *other) {
            best = Some((score, sample, first));
        }
    }
    let (_, sample, first) = best?;
    let width = sample.rows[first].1.len();
    let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.is_empty()).count();
    let header = first.checked_sub(1).filter(|above| {
        let cells = &sample.rows[*above].1;
        cells.len() <= width && filled(cells) * 2 > filled(&sample.rows[first].1)
    });
    Some(match header {
        Some(header) => {
            let mut layout = sample.layout(header);
            let from = layout.names.len();
            layout.names.extend((from..width).map(|index| format!("#{}", index + 1)));
            layout
        }
        None => TableLayout {
            delimiter: sample.delimiter,
            header: None,
            names: names(&vec![String::new(); width]),
        },
    })
}

/// The names of a header; a number where there is none.
pub(crate) fn names(cells: &[String]) -> Vec<String> {
    let name = |(index, cell): (usize, &String)| match cell.char_indices().nth(MAXIMUM_NAME) {
        _ if cell.is_empty() => format!("#{}", index + 1),
        Some((end, _)) => cell[..end].to_owned(),
        None => cell.clone(),
    };
    cells.iter().enumerate().map(name).collect()
}

/// The delimiter that a first line such as `sep=;` announces to Excel.
fn announced(text: Text<'_>) -> Option<char> {
    let mut line = String::new();
    text.lines().next_into(&mut line);
    let line = line.trim_matches('"');
    is_announcement(line).then(|| line.chars().nth(4)).flatten().filter(|c| !matches!(c, '"'))
}

fn is_announcement(line: &str) -> bool {
    let start = line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep="));
    start && line.chars().count() <= 5
}

/// How many rows are looked at for a header.
const ROWS: usize = 40;

/// How many characters of a name matter.
pub(crate) const MAXIMUM_NAME: usize = 100;

#[cfg(test)]
mod tests {
    use super::{Mapping, ReplyError, TableLayout, Text};

    fn find(text: &str) -> Result<(char, Option<usize>, usize), ReplyError> {
        let layout = TableLayout::find(Text::of(text.as_bytes()), &Mapping::default())?;
        Ok((layout.delimiter, layout.header, layout.names.len()))
    }

    #[test]
    fn the_header_is_found_below_whatever_stands_above_it() {
        for (text, delimiter, line, width) in [
            ("start;end\n1;2", ';', 1, 2),
            ("sep=,\nstart,end\n1,2", ',', 2, 2),
            ("Données, de; Adèle;;\n;;;\nstart;end;x\n1;2;3", ';', 3, 3),
            ("# export, 2026\nstart\tend\n", '\t', 2, 2),
            ("+----+\n| start | end |\n+----+\n| 1 | 2 |", '|', 2, 4),
            ("Session;;Adresse\nstart;end;trusted_ip\n1;2;3", ';', 2, 3),
            ("Début;Fin\n2026-11-24 09:00:00;x\n", ';', 1, 2),
            ("Rapport\nDébut;Fin;IP\n24/11/2026 09:00;x;203.0.113.7\n", ';', 2, 3),
        ] {
            assert_eq!(find(text), Ok((delimiter, Some(line), width)), "{text}");
        }
        assert_eq!(find("2026-11-24;x\n2026-11-25;y"), Ok((';', None, 2)));
    }

    #[test]
    fn prose_is_no_table() {
        for text in ["Not found", "Internal error, please retry.\nThank you", "username only"] {
            assert_eq!(find(text), Err(ReplyError::NothingFound(Vec::new())), "{text}");
        }
    }
}
