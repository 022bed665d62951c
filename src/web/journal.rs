use std::path::Path;

use crate::domain::{IdPrefix, Session, Timestamp};
use crate::journal::{Filter, JournalError, Page, Reader};

use super::{Records, Unreadable};

/// Opens the journal in `directory` for the page.
///
/// # Errors
/// [`Unreadable`] when it cannot be read; the log says why.
pub fn open_records(directory: &Path) -> Result<Box<dyn Records>, Unreadable> {
    Ok(Box::new(Reader::open(directory).map_err(unreadable)?))
}

impl Records for Reader {
    fn count(&self) -> Result<u64, Unreadable> {
        Self::count(self, &Filter::all(Timestamp::EPOCH)).map_err(unreadable)
    }

    fn newest(&self, offset: u32, limit: u32) -> Result<Vec<Session>, Unreadable> {
        let page = Page { offset, ..Page::first(limit) };
        self.sessions(&Filter::all(Timestamp::EPOCH), &page).map_err(unreadable)
    }

    fn open(&self) -> Result<Vec<Session>, Unreadable> {
        self.open_sessions().map_err(unreadable)
    }

    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, Unreadable> {
        Self::find(self, prefix).map_err(unreadable)
    }
}

fn unreadable(error: JournalError) -> Unreadable {
    log::error!("{error}");
    Unreadable
}
