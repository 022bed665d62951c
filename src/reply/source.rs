use std::collections::BTreeMap;

use crate::columns::ColumnMeaning;
use crate::encoding::Text;
use crate::json_shape::JsonShape;
use crate::json_source::JsonSource;
use crate::mapping::Mapping;
use crate::reply::ReplyPosition;
use crate::reply_error::ReplyError;
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

/// The columns of a reply, or the keys of its entries.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) names: Vec<String>,
    /// What each holds, looked up once.
    pub(crate) meanings: Vec<Option<ColumnMeaning>>,
    indices: BTreeMap<String, usize>,
}

impl Columns {
    pub(crate) fn push(&mut self, name: &str, mapping: &Mapping) {
        self.indices.entry(name.to_owned()).or_insert(self.names.len());
        self.names.push(name.to_owned());
        self.meanings.push(mapping.column_meaning(name));
    }

    /// The place of a name; `None` where there are too many.
    pub(crate) fn index(&mut self, name: &str, mapping: &Mapping) -> Option<usize> {
        if let Some(index) = self.indices.get(name) {
            return Some(*index);
        }
        if self.names.len() >= MAXIMUM_COLUMNS {
            return None;
        }
        self.push(name, mapping);
        Some(self.names.len() - 1)
    }
}

/// One row, whose cells stand under the columns; those that it lacks are empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    pub(crate) place: ReplyPosition,
    pub(crate) cells: &'r [String],
}

const MAXIMUM_COLUMNS: usize = 256;
