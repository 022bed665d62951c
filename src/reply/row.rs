use std::collections::BTreeMap;

use crate::columns::ColumnMeaning;
use crate::mapping::Mapping;
use crate::reply::ReplyPosition;

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
