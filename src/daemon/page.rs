use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::capture::clock::Trust;
use crate::capture::{clock, install};
use crate::domain::{Coverage, Timestamp, Zone};
use crate::holding::Rulebook;
use crate::journal::{Filter, Page as JournalPage, Reader, set_aside_files};
use crate::lawbook::{Lawbook, Library};
use crate::retention::Profile;
use crate::web::{Book, Compared, Site, TokenKey, Trouble, Unreadable, open_records};

use super::configuration::InUse;
use super::office::Clerk;

/// What the page is made from: the record in `state_directory`, and what is looked at for each page.
///
/// # Errors
/// Where the system has no randomness to give.
pub(super) fn site(
    state_directory: &Path,
    config_path: &Path,
    in_use: &InUse,
    zone: Zone,
) -> io::Result<Site> {
    let records = state_directory.to_owned();
    let book = in_use.clone();
    let trust = in_use.get().trust;
    let surroundings = Surroundings {
        state: state_directory.to_owned(),
        scripts: PathBuf::from(install::SCRIPTS_DIRECTORY),
        trust,
    };
    let library = Arc::new(Library::default());
    let office = Clerk {
        state_directory: state_directory.to_owned(),
        config_path: config_path.to_owned(),
        in_use: in_use.clone(),
        library: Arc::clone(&library),
        trust,
    };
    Ok(Site {
        records: Arc::new(move || open_records(&records)),
        book: Box::new(move || {
            let config = book.get();
            match library.book(&config) {
                Ok(book) => Ok(Box::new(InForce { book, asks_operator: config.sync })),
                Err(error) => {
                    log::error!("{error}");
                    Err(Unreadable::Broken)
                }
            }
        }),
        troubles: Box::new(move || surroundings.troubles()),
        office: Box::new(office),
        forms: TokenKey::draw()?,
        compared: Compared::default(),
        clock: Box::new(clock::now),
        zone,
    })
}

/// The book as the settings in use have it.
struct InForce {
    book: Arc<Lawbook>,
    asks_operator: bool,
}

impl Book for InForce {
    fn rulebook(&self) -> Rulebook<'_> {
        self.book.rulebook()
    }

    fn asks_operator(&self) -> bool {
        self.asks_operator
    }

    fn profiles(&self) -> &[Profile] {
        &self.book.profiles
    }

    fn complaints(&self) -> Vec<String> {
        self.book.complaints.iter().map(ToString::to_string).collect()
    }
}

/// What stands around the page and may not work as it should.
struct Surroundings {
    state: PathBuf,
    /// Where OpenVPN's scripts are, unless somebody put them elsewhere.
    scripts: PathBuf,
    trust: Trust,
}

impl Surroundings {
    fn troubles(&self) -> Vec<Trouble> {
        let mut found = Vec::new();
        if self.are_hooks_missing() && !self.was_told() {
            found.push(Trouble::HooksMissing);
        }
        if !clock::read(self.trust).is_ok_and(|reading| reading.synchronised) {
            found.push(Trouble::ClockUnconfirmed);
        }
        match set_aside_files(&self.state).map_or(0, |files| files.len()) {
            0 => {}
            files => found.push(Trouble::SetAside(files)),
        }
        found
    }

    /// Whether a hook is not where OpenVPN usually runs it. Where that cannot be read, nothing is
    /// known of it.
    fn are_hooks_missing(&self) -> bool {
        let is_missing =
            |(_, state): &(_, install::State)| !matches!(state, install::State::Installed { .. });
        install::status(&self.scripts).is_ok_and(|states| states.iter().any(is_missing))
    }

    /// Whether OpenVPN told of the newest session: then the hooks are somewhere. Of one that began
    /// after they were taken away, only the interface is seen.
    fn was_told(&self) -> bool {
        let newest = Reader::open(&self.state).and_then(|reader| match reader {
            Some(reader) => reader.sessions(&Filter::all(Timestamp::EPOCH), &JournalPage::first(1)),
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
    use crate::domain::{
        BootId, Change, ClockReading, Facts, Moment, Observed, Session, SessionSecret, Source,
        Uptime,
    };
    use crate::journal::Journal;

    #[test]
    fn hooks_are_missed_only_while_openvpn_tells_nothing() {
        let directory = tempdir().unwrap();
        let state = directory.path().join("state");
        let (mut journal, _) = Journal::open(&state).unwrap();
        let mut surroundings = Surroundings {
            state: state.clone(),
            scripts: directory.path().join("scripts"),
            trust: Trust::Always,
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
                start: Observed::new(Moment::exact(at), Source::OpenVpnHook),
                end: None,
                facts: Facts::default(),
                coverage,
                connection: None,
                last_seen: None,
            };
            journal.record(&[Change::Open(session, secret)], None).unwrap();
        };
        assert_eq!(surroundings.troubles(), [Trouble::HooksMissing]);
        record(1, Coverage::Interface);
        assert_eq!(surroundings.troubles(), [Trouble::HooksMissing]);
        record(2, Coverage::Hooks);
        assert_eq!(surroundings.troubles(), []);
        record(3, Coverage::Interface);
        assert_eq!(surroundings.troubles(), [Trouble::HooksMissing]);
        install::install(&surroundings.scripts, Path::new("/usr/bin/temoin"), &state).unwrap();
        assert_eq!(surroundings.troubles(), []);
        // Nobody may look there: nothing is known.
        surroundings.scripts = state.join("journal.db");
        assert_eq!(surroundings.troubles(), []);
    }
}
