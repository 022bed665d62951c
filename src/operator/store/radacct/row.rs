use std::fmt;

/// A row of `radacct` as text. What it lacks, and what is empty or NULL, is `None`.
#[derive(Clone, Debug)]
pub(super) struct RadacctRow {
    pub(super) place: RowPlace,
    /// Whether it has a cell for each column, and none besides.
    pub(super) is_whole: bool,
    /// In the order of [`COLUMNS`].
    pub(super) values: [Option<String>; COLUMNS.len()],
}

/// Where a row is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RowPlace {
    /// In a table: its `radacctid`.
    Number(i64),
    /// In an export: the line that it begins on.
    Line(u64),
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "radacctid {number}"),
            Self::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// The columns that are read. Of these a table must have those of [`NEEDED`]; the others came with later
/// schemas of FreeRADIUS, or were left out of an export.
pub(super) const COLUMNS: [&str; 12] = [
    "acctuniqueid",
    "username",
    "nasipaddress",
    "acctstarttime",
    "acctupdatetime",
    "acctstoptime",
    "acctsessiontime",
    "callingstationid",
    "acctterminatecause",
    "framedipaddress",
    "framedipv6address",
    "delegatedipv6prefix",
];

/// Without these no session can be told from another.
pub(super) const NEEDED: [&str; 2] = ["acctuniqueid", "acctstarttime"];

/// A value as it stands in a row, or nothing.
pub(super) fn something(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
