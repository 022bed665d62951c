use std::path::{Path, PathBuf};

use crate::capture::clock;
use crate::domain::{IdPrefix, Session};
use crate::journal::{Filter, JournalError, Reader};
use crate::web::{Records, Unreadable};

/// The journal as the page reads it: opened anew for each question, so that it is never in the way
/// of an erasure, and one that was set aside is not read on.
pub(super) struct JournalRecords {
    directory: PathBuf,
}

impl JournalRecords {
    pub(super) fn of(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    fn ask<T: Default>(
        &self,
        question: impl FnOnce(Reader) -> Result<T, JournalError>,
    ) -> Result<T, Unreadable> {
        Reader::open(&self.directory)
            .and_then(|reader| reader.map_or_else(|| Ok(T::default()), question))
            .map_err(|error| {
                log::error!("{error}");
                Unreadable
            })
    }
}

impl Records for JournalRecords {
    fn count(&self) -> Result<u64, Unreadable> {
        self.ask(|reader| reader.count(&Filter::now(clock::now())))
    }

    fn newest(&self, offset: u64, limit: u64) -> Result<Vec<Session>, Unreadable> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        self.ask(|reader| reader.sessions(&Filter::now(clock::now()), limit, offset))
    }

    fn open(&self) -> Result<Vec<Session>, Unreadable> {
        self.ask(|reader| reader.open_sessions())
    }

    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, Unreadable> {
        self.ask(|reader| reader.find(prefix))
    }
}
