use std::collections::BTreeMap;

use crate::entry::Entry;
use crate::header::Header;

/// One language.
#[derive(Debug)]
pub(crate) struct Language {
    /// The ISO 639-1 code, which is the file's name.
    pub(crate) code: String,
    pub(crate) header: Header,
    /// By key, its tables in front of it.
    pub(crate) entries: BTreeMap<String, Entry>,
}

impl Language {
    pub(crate) fn file(&self) -> String {
        format!("{}.toml", self.code)
    }
}
