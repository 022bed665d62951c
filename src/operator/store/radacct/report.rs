use std::collections::BTreeMap;
use std::fmt;

use super::RowPlace;

/// What an import did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImportReport {
    /// How many sessions were new.
    pub new: usize,
    /// Of how many that were known something was learnt.
    pub updated: usize,
    /// How many were left out because their retention period is over.
    pub due: usize,
    /// Rows that make no record, by the reason.
    pub left_out: BTreeMap<&'static str, LeftOut>,
    /// Values that cannot be read, by the column. Their sessions are recorded without them.
    pub left_unknown: BTreeMap<&'static str, LeftOut>,
}

impl ImportReport {
    /// How many rows make no record.
    pub fn rejected(&self) -> usize {
        self.left_out.values().map(|left_out| left_out.count).sum()
    }

    pub(super) fn leave_out(&mut self, why: &'static str, place: RowPlace) {
        count(&mut self.left_out, why, place);
    }

    pub(super) fn leave_unknown(&mut self, column: &'static str, place: RowPlace) {
        count(&mut self.left_unknown, column, place);
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (why, LeftOut { count, first }) in &self.left_out {
            writeln!(f, "left out: {count} × {why} (first: {first})")?;
        }
        for (column, LeftOut { count, first }) in &self.left_unknown {
            writeln!(f, "recorded without: {count} × {column} cannot be read (first: {first})")?;
        }
        write!(
            f,
            "{} sessions new, {} updated, {} left out as their period is over, {} as they make no \
             sense",
            self.new,
            self.updated,
            self.due,
            self.rejected(),
        )
    }
}

/// How often something was left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LeftOut {
    /// How often.
    pub count: usize,
    /// The first row of which it was.
    pub first: RowPlace,
}

fn count(counts: &mut BTreeMap<&'static str, LeftOut>, key: &'static str, place: RowPlace) {
    counts.entry(key).or_insert(LeftOut { count: 0, first: place }).count += 1;
}
