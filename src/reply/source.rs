use crate::encoding::Text;
use crate::json_shape::JsonShape;
use crate::json_source::JsonSource;
use crate::mapping::Mapping;
use crate::reply::ReplyPosition;
use crate::reply_error::ReplyError;
use crate::row::{Columns, Row};
use crate::table::TableReader;
use crate::table_layout::TableLayout;
use crate::table_rows::{RowKind, TableRows};

/// Where the sessions of a reply come from: a table or JSON, as rows of cells under named columns.
pub(crate) enum Source<'a> {
    /// JSON.
    Json(JsonSource<'a>),
    /// A table as text.
    Table(Text<'a>, TableLayout),
}

impl<'a> Source<'a> {
    /// Finds the sessions in a text.
    pub(crate) fn find(text: Text<'a>, mapping: &Mapping) -> Result<Self, ReplyError> {
        let start = text.beginning(256);
        if start.trim_start().starts_with(['{', '[']) || start.trim() == "null" {
            return Ok(Self::Json(JsonSource::new(text, JsonShape::find(text, mapping)?)));
        }
        Ok(Self::Table(text, TableLayout::find(text, mapping)?))
    }

    /// The columns that are known before a row is read.
    pub(crate) fn columns(&self, mapping: &Mapping) -> Columns {
        let mut columns = Columns::default();
        let names = match self {
            Self::Json(source) => source.names(),
            Self::Table(_, layout) => &layout.names,
        };
        for name in names {
            columns.push(name, mapping);
        }
        columns
    }

    /// Whether it is a list that says of itself that it is empty.
    pub(crate) fn is_empty_list(&self) -> bool {
        matches!(self, Self::Json(source) if source.is_empty_list())
    }

    /// Gives each row to `take`, until it says that it has enough; returns how many lines were no sessions
    /// and not understood either.
    pub(crate) fn each_row(
        &self,
        columns: &mut Columns,
        mapping: &Mapping,
        take: &mut dyn FnMut(&Columns, Row<'_>) -> Result<bool, ReplyError>,
    ) -> Result<usize, ReplyError> {
        let (text, layout) = match self {
            Self::Json(source) => return source.each_row(columns, mapping, take),
            Self::Table(text, layout) => (*text, layout),
        };
        let mut table = TableReader::new(text, layout.delimiter);
        let mut rows = TableRows::default();
        let mut cells = Vec::new();
        let mut words: Option<(usize, Vec<String>)> = None;
        while let Some(line) = table.row(&mut cells)? {
            if layout.header.is_some_and(|header| line <= header) {
                continue;
            }
            match rows.kind(line, &mut cells, columns)? {
                RowKind::Other => continue,
                RowKind::Words => {
                    words = Some((line, cells.clone()));
                    continue;
                }
                RowKind::Session => words = None,
            }
            if !take(columns, Row { place: at_line(line), cells: &cells })? {
                return Ok(rows.skipped);
            }
        }
        if let Some((line, cells)) = words {
            take(columns, Row { place: at_line(line), cells: &cells })?;
        }
        Ok(rows.skipped)
    }
}

fn at_line(line: usize) -> ReplyPosition {
    ReplyPosition::Line(u32::try_from(line).unwrap_or(u32::MAX))
}
