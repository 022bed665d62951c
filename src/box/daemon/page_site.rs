use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use temoin_capture::clock;
use temoin_capture::clock::ClockTrust;
use temoin_capture::openvpn::install;
use temoin_config::ruleset::{Ruleset, RulesetCache};
use temoin_core::assessment::ApplicableRules;
use temoin_core::law::Profile;
use temoin_core::record::RecordsError;
use temoin_core::record::{Filter, Pagination};
use temoin_core::session::{Coverage, Timestamp, Zone};
use temoin_journal::open_records;
use temoin_journal::{Reader, set_aside_files};
use temoin_page::{ComparisonCache, HealthIssue, PageRuleset, Site, TokenKey};

use super::live_config::LiveConfig;
use super::page_actions::PageActions;

/// The page's data sources: the record in `state_directory`, and what is checked for each page.
///
/// # Errors
/// If the system has no randomness.
pub(super) fn site(
    state_directory: &Path,
    config_path: &Path,
    live_config: &LiveConfig,
    zone: Zone,
) -> io::Result<Site> {
    let records = state_directory.to_owned();
    let current = live_config.clone();
    let trust = live_config.get().trust;
    let health_probe = HealthProbe {
        state: state_directory.to_owned(),
        scripts: PathBuf::from(install::SCRIPTS_DIRECTORY),
        trust,
    };
    let ruleset_cache = Arc::new(RulesetCache::default());
    let actions = PageActions {
        state_directory: state_directory.to_owned(),
        config_path: config_path.to_owned(),
        live_config: live_config.clone(),
        ruleset_cache: Arc::clone(&ruleset_cache),
        trust,
    };
    Ok(Site {
        records: Arc::new(move || open_records(&records)),
        ruleset: Box::new(move || {
            let config = current.get();
            match ruleset_cache.get(&config) {
                Ok(ruleset) => Ok(Box::new(CurrentRuleset { ruleset, asks_operator: config.sync })),
                Err(error) => {
                    log::error!("{error}");
                    Err(RecordsError::Broken)
                }
            }
        }),
        health_issues: Box::new(move || health_probe.health_issues()),
        actions: Box::new(actions),
        form_tokens: TokenKey::draw()?,
        comparisons: ComparisonCache::default(),
        intact_at: Cell::default(),
        clock: Box::new(clock::now),
        zone,
    })
}

/// The ruleset according to the current settings.
struct CurrentRuleset {
    ruleset: Arc<Ruleset>,
    asks_operator: bool,
}

impl PageRuleset for CurrentRuleset {
    fn applicable_rules(&self) -> ApplicableRules<'_> {
        self.ruleset.applicable_rules()
    }

    fn asks_operator(&self) -> bool {
        self.asks_operator
    }

    fn profiles(&self) -> &[Profile] {
        &self.ruleset.profiles
    }

    fn complaints(&self) -> Vec<String> {
        self.ruleset.issues.iter().map(ToString::to_string).collect()
    }
}

/// Checks the parts of the system that the page depends on.
struct HealthProbe {
    state: PathBuf,
    /// OpenVPN's usual scripts directory.
    scripts: PathBuf,
    trust: ClockTrust,
}

impl HealthProbe {
    fn health_issues(&self) -> Vec<HealthIssue> {
        let mut found = Vec::new();
        if self.are_hooks_missing() && !self.is_newest_reported() {
            found.push(HealthIssue::HooksMissing);
        }
        if !clock::read(self.trust).is_ok_and(|reading| reading.synchronised) {
            found.push(HealthIssue::ClockUnconfirmed);
        }
        match set_aside_files(&self.state) {
            Ok(files) if files.is_empty() => {}
            Ok(files) => found.push(HealthIssue::SetAside(files.len())),
            Err(_) => found.push(HealthIssue::SetAsideUnknown),
        }
        found
    }

    /// Whether a hook is missing from OpenVPN's usual scripts directory; `false` if that cannot be read.
    fn are_hooks_missing(&self) -> bool {
        let is_missing = |(_, state): &(_, install::ScriptState)| {
            !matches!(state, install::ScriptState::Installed { .. })
        };
        install::status(&self.scripts).is_ok_and(|states| states.iter().any(is_missing))
    }

    /// Whether OpenVPN reported the newest session: then the hooks are installed somewhere. A session that
    /// began after their removal is seen by its interface only.
    fn is_newest_reported(&self) -> bool {
        let newest = Reader::open(&self.state).and_then(|reader| match reader {
            Some(reader) => reader.sessions(&Filter::all(Timestamp::EPOCH), &Pagination::first(1)),
            None => Ok(Vec::new()),
        });
        let newest = newest.unwrap_or_else(|error| {
            log::error!("{error}");
            Vec::new()
        });
        newest.first().is_some_and(|session| session.coverage != Coverage::Interface)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;
    use temoin_core::session::{
        Attributes, BootId, Change, ClockReading, Observed, Session, SessionSecret, Source,
        TimeBounds, Uptime,
    };
    use temoin_journal::Journal;

    #[test]
    fn hooks_are_missed_only_while_openvpn_tells_nothing() {
        let directory = tempdir().unwrap();
        let state = directory.path().join("state");
        let (mut journal, _) = Journal::open(&state).unwrap();
        let mut health_probe = HealthProbe {
            state: state.clone(),
            scripts: directory.path().join("scripts"),
            trust: ClockTrust::Always,
        };
        let mut record = |number: u8, coverage: Coverage| {
            let secret = SessionSecret::from_bytes([number; 32]);
            let at: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
            let session = Session {
                id: secret.id(),
                device: "tun0".parse().unwrap(),
                interface: Some(4),
                opened: ClockReading {
                    boot: BootId::from_bytes([7; 16]),
                    uptime: Uptime::from_milliseconds(60_000),
                    realtime: at,
                    synchronised: true,
                },
                start: Observed::new(TimeBounds::exact(at), Source::OpenVpnHook),
                end: None,
                attributes: Attributes::default(),
                coverage,
                connection: None,
                last_seen: None,
            };
            journal.record(&[Change::Open(session, secret)], None).unwrap();
        };
        assert_eq!(health_probe.health_issues(), [HealthIssue::HooksMissing]);
        record(1, Coverage::Interface);
        assert_eq!(health_probe.health_issues(), [HealthIssue::HooksMissing]);
        record(2, Coverage::Hooks);
        assert_eq!(health_probe.health_issues(), []);
        record(3, Coverage::Interface);
        assert_eq!(health_probe.health_issues(), [HealthIssue::HooksMissing]);
        install::install(&health_probe.scripts, Path::new("/usr/bin/temoin"), &state).unwrap();
        assert_eq!(health_probe.health_issues(), []);
        // Unreadable: unknown.
        health_probe.scripts = state.join("journal.db");
        assert_eq!(health_probe.health_issues(), []);
    }
}
