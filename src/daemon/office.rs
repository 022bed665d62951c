use std::path::PathBuf;
use std::sync::Arc;

use crate::capture::clock::{self, Trust};
use crate::config::Config;
use crate::domain::SessionId;
use crate::erasure::{Calendar, Due, Erasure, Files};
use crate::journal::{Journal, JournalError, Reader};
use crate::lawbook::Library;
use crate::settings::{self, Setting, SettingsError};
use crate::web::{EraseError, Office};

use super::configuration::InUse;

/// Does what the page asks for, on the page's thread, as the command line does it beside the daemon.
pub(super) struct Clerk {
    pub(super) state_directory: PathBuf,
    pub(super) config_path: PathBuf,
    pub(super) in_use: InUse,
    pub(super) library: Arc<Library>,
    pub(super) trust: Trust,
}

impl Office for Clerk {
    fn config(&self) -> Config {
        self.in_use.get()
    }

    fn change(&self, changes: &[(Setting, &str)]) -> Result<(), SettingsError> {
        settings::change(&self.config_path, changes)?;
        // The daemon will read it too; what the page shows next should not depend on who is first.
        self.in_use.heed(&self.config_path);
        Ok(())
    }

    fn erase(&self, id: &SessionId) -> Result<(), EraseError> {
        match self.try_erase(id) {
            Ok(done) => done,
            Err(error) => {
                log::error!("{error}");
                Err(EraseError::Incomplete)
            }
        }
    }
}

impl Clerk {
    fn try_erase(&self, id: &SessionId) -> Result<Result<(), EraseError>, JournalError> {
        let not_found = Ok(Err(EraseError::NotFound));
        let Some(mut journal) = Journal::open_beside(&self.state_directory)? else {
            return not_found;
        };
        let Some(session) = self.session(id)? else { return not_found };
        if session.end.is_none() {
            return Ok(Err(EraseError::Lasting));
        }
        let Ok(reading) = clock::read(self.trust) else { return Ok(Err(EraseError::Incomplete)) };
        let Ok(book) = self.library.book(&self.in_use.get()) else {
            return Ok(Err(EraseError::Incomplete));
        };
        let rulebook = book.rulebook();
        let due = Due::named(&session, &mut Calendar::new(rulebook, reading.realtime));
        let erasure = Erasure { directory: &self.state_directory, rulebook, reading };
        let outcome = erasure.run_patiently(&[due], Files::Due, &mut journal);
        for failure in &outcome.failures {
            log::error!("an erasure is not complete: {failure}");
        }
        if outcome.sessions > 0 {
            log::info!("session {} erased on request", id.short());
        }
        Ok(if outcome.is_done() { Ok(()) } else { Err(EraseError::Incomplete) })
    }

    fn session(&self, id: &SessionId) -> Result<Option<crate::domain::Session>, JournalError> {
        let Some(reader) = Reader::open(&self.state_directory)? else { return Ok(None) };
        let mut found = reader.find(&(*id).into())?;
        Ok(found.pop())
    }
}
