use std::io;
use std::path::{Path, PathBuf};

use crate::capture::clock::Trust;
use crate::capture::{clock, install};
use crate::domain::Zone;
use crate::holding::Rulebook;
use crate::journal::set_aside_files;
use crate::lawbook::Lawbook;
use crate::retention::Profile;
use crate::web::{Book, Counted, Site, TokenKey, Trouble, Unreadable, open_records};

use super::configuration::InUse;
use super::office::Clerk;

/// What the page is made from: the record in `state_directory`, and what is read anew for each page.
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
    let surroundings = Surroundings { state: state_directory.to_owned(), trust };
    let office = Clerk {
        state_directory: state_directory.to_owned(),
        config_path: config_path.to_owned(),
        in_use: in_use.clone(),
        trust,
    };
    Ok(Site {
        records: Box::new(move || open_records(&records)),
        book: Box::new(move || {
            let config = book.get();
            match Lawbook::load(&config) {
                Ok(book) => Ok(Box::new(InForce { book, asks_operator: config.sync })),
                Err(error) => {
                    log::error!("{error}");
                    Err(Unreadable)
                }
            }
        }),
        troubles: Box::new(move || surroundings.troubles()),
        office: Box::new(office),
        forms: TokenKey::draw()?,
        clock: Box::new(clock::now),
        counted: Counted::default(),
        zone,
    })
}

/// The book as the settings in use have it.
struct InForce {
    book: Lawbook,
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

struct Surroundings {
    state: PathBuf,
    trust: Trust,
}

impl Surroundings {
    fn troubles(&self) -> Vec<Trouble> {
        let mut found = Vec::new();
        // Where the scripts cannot be read, nothing is known of them.
        let scripts = install::status(Path::new(install::SCRIPTS_DIRECTORY));
        let is_missing =
            |(_, state): &(_, install::State)| !matches!(state, install::State::Installed { .. });
        if scripts.is_ok_and(|states| states.iter().any(is_missing)) {
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
}
