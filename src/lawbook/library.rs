use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Lawbook, files};
use crate::config::Config;
use crate::retention::{Id, Jurisdiction, RuleFileError};

/// Keeps the book that was read last, for whoever asks often, such as the page: it is read anew only
/// when a file of law or of an operator changed, or the choice of them.
#[derive(Debug, Default)]
pub struct Library(Mutex<Option<(Stamp, Arc<Lawbook>)>>);

impl Library {
    /// The book that belongs to a configuration, as its files are now.
    ///
    /// # Errors
    /// As [`Lawbook::load`].
    pub fn book(&self, config: &Config) -> Result<Arc<Lawbook>, RuleFileError> {
        // Before the files are read: what changes meanwhile is found by the next one who asks.
        let stamp = Stamp::of(config);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, book)) = kept.as_ref().filter(|(known, _)| *known == stamp) {
            return Ok(Arc::clone(book));
        }
        // The old one goes first, so that both are never in memory.
        *kept = None;
        let book = Arc::new(Lawbook::load(config)?);
        *kept = Some((stamp, Arc::clone(&book)));
        Ok(book)
    }
}

/// All that a book depends on.
#[derive(Debug, Eq, PartialEq)]
struct Stamp {
    profile: Option<Id>,
    jurisdiction: Option<Jurisdiction>,
    files: Vec<(PathBuf, State)>,
}

/// What a file's content, or its being readable, cannot change without: device and number, length,
/// and when content and inode were last changed, in nanoseconds.
#[derive(Debug, Eq, PartialEq)]
enum State {
    There([u64; 3], [i64; 4]),
    Unknown(ErrorKind),
}

impl Stamp {
    fn of(config: &Config) -> Self {
        let directories = [config.rules_directory(), config.profiles_directory()];
        let files = directories.iter().flat_map(|directory| match files(directory) {
            Ok(paths) => paths.into_iter().map(|path| (path.clone(), State::of(&path))).collect(),
            Err(error) => vec![(directory.clone(), State::Unknown(error.kind()))],
        });
        Self {
            profile: config.profile.clone(),
            jurisdiction: config.jurisdiction,
            files: files.collect(),
        }
    }
}

impl State {
    fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(file) => Self::There(
                [file.dev(), file.ino(), file.len()],
                [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()],
            ),
            Err(error) => Self::Unknown(error.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use tempfile::tempdir;

    use super::*;
    use crate::retention::Profile;

    const TEMPLATE: &str = include_str!("../retention/profiles/template.toml");

    #[test]
    fn a_book_is_read_again_only_when_something_of_it_changed() {
        let directory = tempdir().unwrap();
        let mut config = Config { directory: directory.path().to_owned(), ..Config::default() };
        let library = Library::default();
        let first = library.book(&config).unwrap();
        let again = library.book(&config).unwrap();
        assert!(Arc::ptr_eq(&first, &again));

        // What the book does not depend on.
        config.grace_days = 1;
        fs::create_dir(config.profiles_directory()).unwrap();
        fs::write(config.profiles_directory().join("notes.txt"), "x").unwrap();
        assert!(Arc::ptr_eq(&first, &library.book(&config).unwrap()));

        let own = config.profiles_directory().join("own.toml");
        fs::write(&own, TEMPLATE).unwrap();
        let profile = Profile::parse("own.toml", TEMPLATE).unwrap();
        let with_own = library.book(&config).unwrap();
        assert_eq!(with_own.profiles.len(), first.profiles.len() + 1);
        assert!(with_own.profile().is_none());

        config.profile = Some(profile.id.clone());
        assert_eq!(library.book(&config).unwrap().profile().unwrap().name, profile.name);

        // Put in its place, of the same length.
        let renamed = config.directory.join("renamed");
        let name = "X".repeat(profile.name.len());
        fs::write(&renamed, TEMPLATE.replace(&profile.name, &name)).unwrap();
        fs::rename(&renamed, &own).unwrap();
        assert_eq!(library.book(&config).unwrap().profile().unwrap().name, name);

        fs::write(&own, "[operator\n").unwrap();
        assert_eq!(library.book(&config).unwrap().complaints.len(), 2);
        fs::remove_file(&own).unwrap();
        let gone = library.book(&config).unwrap();
        assert_eq!((gone.profiles.len(), gone.complaints.len()), (first.profiles.len(), 1));
    }
}
