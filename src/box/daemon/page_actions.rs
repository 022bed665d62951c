use std::path::PathBuf;
use std::sync::Arc;

use crate::app::erasure::{DueSession, ErasureRun, ExpiryCache, FileScope};
use temoin_capture::clock::{self, ClockTrust};
use temoin_config::Config;
use temoin_config::ruleset::RulesetCache;
use temoin_config::settings::{self, Setting, SettingsError};
use temoin_core::session::SessionId;
use temoin_journal::{Journal, JournalError, Reader};
use temoin_page::{Actions, EraseError};

use super::live_config::LiveConfig;

/// Performs the page's actions on the page's thread, by the same functions as the command line.
pub(super) struct PageActions {
    pub(super) state_directory: PathBuf,
    pub(super) config_path: PathBuf,
    pub(super) live_config: LiveConfig,
    pub(super) ruleset_cache: Arc<RulesetCache>,
    pub(super) trust: ClockTrust,
}

impl Actions for PageActions {
    fn config(&self) -> Config {
        self.live_config.get()
    }

    fn change(&self, changes: &[(Setting, &str)]) -> Result<(), SettingsError> {
        settings::change(&self.config_path, changes)?;
        // The daemon reloads it too; the next page should not depend on which is first.
        self.live_config.reload(&self.config_path);
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

impl PageActions {
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
        let Ok(ruleset) = self.ruleset_cache.get(&self.live_config.get()) else {
            return Ok(Err(EraseError::Incomplete));
        };
        let applicable_rules = ruleset.applicable_rules();
        let due = DueSession::requested(
            &session,
            &mut ExpiryCache::new(applicable_rules, reading.realtime),
        );
        let erasure = ErasureRun { directory: &self.state_directory, applicable_rules, reading };
        let outcome = erasure.run_with_retries(&[due], FileScope::Due, &mut journal);
        for failure in &outcome.failures {
            log::error!("an erasure is not complete: {failure}");
        }
        if outcome.sessions > 0 {
            log::info!("session {} erased on request", id.short());
        }
        Ok(if outcome.is_done() { Ok(()) } else { Err(EraseError::Incomplete) })
    }

    fn session(
        &self,
        id: &SessionId,
    ) -> Result<Option<temoin_core::session::Session>, JournalError> {
        let Some(reader) = Reader::open(&self.state_directory)? else { return Ok(None) };
        let mut found = reader.find(&(*id).into())?;
        Ok(found.pop())
    }
}
