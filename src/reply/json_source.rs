use crate::encoding::Text;
use crate::json_shape::{JsonShape, joined};
use crate::json_walk::{JsonTaker, walk};
use crate::mapping::Mapping;
use crate::reply::ReplyPosition;
use crate::reply_error::ReplyError;
use crate::row::{Columns, Row};
use crate::table_layout::{MAXIMUM_NAME, names};
use crate::table_rows::{RowKind, TableRows};

/// The sessions in a JSON text.
pub(crate) struct JsonSource<'a> {
    text: Text<'a>,
    shape: JsonShape,
}

impl<'a> JsonSource<'a> {
    pub(crate) fn new(text: Text<'a>, shape: JsonShape) -> Self {
        Self { text, shape }
    }

    pub(crate) fn is_empty_list(&self) -> bool {
        self.shape == JsonShape::Empty
    }

    /// The names that stand beside the rows of a table.
    pub(crate) fn names(&self) -> &[String] {
        match &self.shape {
            JsonShape::Rows(_, Some(names)) => names,
            _ => &[],
        }
    }

    /// As [`Source::each_row`](crate::source::Source::each_row).
    pub(crate) fn each_row(
        &self,
        columns: &mut Columns,
        mapping: &Mapping,
        take: &mut dyn FnMut(&Columns, Row<'_>) -> Result<bool, ReplyError>,
    ) -> Result<usize, ReplyError> {
        let is_named = matches!(self.shape, JsonShape::Rows(_, Some(_)));
        let mut reader = EntryReader {
            shape: &self.shape,
            columns,
            mapping,
            take,
            stack: Vec::new(),
            path: String::new(),
            inner: None,
            name: String::new(),
            cells: Vec::new(),
            entries: 0,
            needs_names: !is_named,
            rows: TableRows::default(),
            is_done: false,
        };
        walk(self.text.reader(), &mut reader)?;
        Ok(reader.rows.skipped)
    }
}

struct EntryReader<'r> {
    shape: &'r JsonShape,
    columns: &'r mut Columns,
    mapping: &'r Mapping,
    take: &'r mut dyn FnMut(&Columns, Row<'_>) -> Result<bool, ReplyError>,
    /// The lists and objects around, outside of an entry: whether each is a list, how long the path was before
    /// it, and the key in it.
    stack: Vec<(bool, usize, String)>,
    path: String,
    /// Within an entry: how long the name was before each object; `None` in a list, whose values are let go.
    inner: Option<Vec<Option<usize>>>,
    /// The keys within the entry.
    name: String,
    cells: Vec<String>,
    entries: u32,
    needs_names: bool,
    rows: TableRows,
    is_done: bool,
}

impl EntryReader<'_> {
    fn is_entry(&self, is_list: bool) -> bool {
        match self.shape {
            JsonShape::Empty => false,
            JsonShape::Rows(place, _) => is_list && *place == self.path,
            JsonShape::Entries(places) => {
                let in_object = self.stack.last().filter(|(is_list, ..)| !is_list);
                let every = || {
                    let outer = in_object.map(|_| &self.path[..self.outer()]);
                    outer.is_some_and(|outer| places.contains(&joined(outer, "*")))
                };
                !is_list && (places.contains(&self.path) || every())
            }
        }
    }

    /// How long the path is without the last key.
    fn outer(&self) -> usize {
        let key = self.stack.last().map_or(0, |(_, _, key)| key.len());
        let rest = self.path.len() - key.min(self.path.len());
        rest.saturating_sub(1)
    }

    fn set(&mut self, index: usize, text: &str) {
        if self.cells.len() <= index {
            self.cells.resize(index + 1, String::new());
        }
        let mut length = text.len().min(MAXIMUM_CELL);
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        self.cells[index].push_str(&text[..length]);
    }

    fn finish(&mut self) -> Result<(), ReplyError> {
        let is_table = matches!(self.shape, JsonShape::Rows(..));
        if is_table && self.needs_names {
            self.needs_names = false;
            // They are known from the first time that the text was gone through.
            if self.columns.names.is_empty() {
                for name in names(&self.cells) {
                    self.columns.push(&name, self.mapping);
                }
            }
            return Ok(());
        }
        self.entries = self.entries.saturating_add(1);
        if is_table {
            let line = usize::try_from(self.entries).unwrap_or(usize::MAX);
            if self.rows.kind(line, &mut self.cells, self.columns)? == RowKind::Other {
                return Ok(());
            }
        }
        let row = Row { place: ReplyPosition::Entry(self.entries), cells: &self.cells };
        self.is_done = !(self.take)(self.columns, row)?;
        Ok(())
    }
}

impl JsonTaker for EntryReader<'_> {
    fn begin(&mut self, is_list: bool) -> Result<(), ReplyError> {
        if let Some(inner) = &mut self.inner {
            let is_let_go = is_list || inner.last().is_some_and(Option::is_none);
            inner.push((!is_let_go).then_some(self.name.len()));
            if !is_let_go {
                self.name.push('.');
            }
            return Ok(());
        }
        let before = self.path.len();
        match self.stack.last() {
            Some((true, ..)) => self.path.push_str("[]"),
            Some((false, _, key)) => {
                if !self.path.is_empty() {
                    self.path.push('.');
                }
                self.path.push_str(key);
            }
            None => {}
        }
        if self.is_entry(is_list) {
            self.path.truncate(before);
            self.name.clear();
            self.cells.iter_mut().for_each(String::clear);
            if is_list {
                self.cells.clear();
            }
            self.inner = Some(vec![Some(0)]);
        } else {
            self.stack.push((is_list, before, String::new()));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReplyError> {
        let Some(inner) = &mut self.inner else {
            if let Some((_, before, _)) = self.stack.pop() {
                self.path.truncate(before);
            }
            return Ok(());
        };
        if let Some(Some(length)) = inner.pop() {
            self.name.truncate(length);
        }
        if inner.is_empty() {
            self.inner = None;
            return self.finish();
        }
        Ok(())
    }

    fn key(&mut self, name: &str) -> Result<(), ReplyError> {
        let Some(inner) = &self.inner else {
            if let Some((_, _, key)) = self.stack.last_mut() {
                key.clear();
                key.extend(name.chars().take(MAXIMUM_NAME));
            }
            return Ok(());
        };
        if let Some(Some(length)) = inner.last() {
            // Behind the point that the object began with.
            let start = if inner.len() > 1 { length + 1 } else { 0 };
            self.name.truncate(start);
            if start < 4 * MAXIMUM_NAME {
                self.name.extend(name.chars().take(MAXIMUM_NAME));
            }
        }
        Ok(())
    }

    fn value(&mut self, text: &str, _: bool) -> Result<(), ReplyError> {
        let Some(inner) = &self.inner else { return Ok(()) };
        if matches!(self.shape, JsonShape::Rows(..)) {
            if inner.len() == 1 && self.cells.len() < MAXIMUM_CELLS {
                self.set(self.cells.len(), text);
            }
        } else if inner.last().is_some_and(Option::is_some) && self.name.len() <= MAXIMUM_NAME {
            if let Some(index) = self.columns.index(&self.name, self.mapping) {
                if self.cells.get(index).is_none_or(String::is_empty) {
                    self.set(index, text.trim());
                }
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.is_done
    }
}

/// How many cells of a row are read.
const MAXIMUM_CELLS: usize = 256;

/// How much of a value is read, in bytes.
const MAXIMUM_CELL: usize = 4096;
