use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Ruleset, files};
use crate::Config;
use temoin_core::law::{Jurisdiction, RuleFileError, Slug};

/// Caches the last ruleset for frequent readers such as the page: it is reloaded only when a rule
/// file, a profile or the choice of them has changed.
#[derive(Debug, Default)]
pub struct RulesetCache(Mutex<Option<(CacheStamp, Arc<Ruleset>)>>);

impl RulesetCache {
    /// The current ruleset for a configuration.
    ///
    /// # Errors
    /// As [`Ruleset::load`].
    pub fn get(&self, config: &Config) -> Result<Arc<Ruleset>, RuleFileError> {
        // Taken before the files are read: a change meanwhile is noticed by the next call.
        let stamp = CacheStamp::of(config);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, ruleset)) = kept.as_ref().filter(|(known, _)| *known == stamp) {
            return Ok(Arc::clone(ruleset));
        }
        // Drop the old one first, so that both are never in memory.
        *kept = None;
        let ruleset = Arc::new(Ruleset::load(config)?);
        *kept = Some((stamp, Arc::clone(&ruleset)));
        Ok(ruleset)
    }
}

/// Everything a ruleset depends on.
#[derive(Debug, Eq, PartialEq)]
struct CacheStamp {
    profile: Option<Slug>,
    jurisdiction: Option<Jurisdiction>,
    files: Vec<(PathBuf, FileState)>,
}

/// What a file's content, or its being readable, cannot change without: device and number, length,
/// and when content and inode were last changed, in nanoseconds.
#[derive(Debug, Eq, PartialEq)]
enum FileState {
    There([u64; 3], [i64; 4]),
    Unknown(ErrorKind),
}

impl CacheStamp {
    fn of(config: &Config) -> Self {
        let directories = [config.rules_directory(), config.profiles_directory()];
        let files = directories.iter().flat_map(|directory| match files(directory) {
            Ok(paths) => {
                paths.into_iter().map(|path| (path.clone(), FileState::of(&path))).collect()
            }
            Err(error) => vec![(directory.clone(), FileState::Unknown(error.kind()))],
        });
        Self {
            profile: config.profile.clone(),
            jurisdiction: config.jurisdiction,
            files: files.collect(),
        }
    }
}

impl FileState {
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
    use temoin_core::law::Profile;

    const TEMPLATE: &str = include_str!("../../operators/template.toml");

    #[test]
    fn a_book_is_read_again_only_when_something_of_it_changed() {
        let directory = tempdir().unwrap();
        let mut config = Config { directory: directory.path().to_owned(), ..Config::default() };
        let ruleset_cache = RulesetCache::default();
        let first = ruleset_cache.get(&config).unwrap();
        let again = ruleset_cache.get(&config).unwrap();
        assert!(Arc::ptr_eq(&first, &again));

        // What the ruleset does not depend on.
        config.grace_days = 1;
        fs::create_dir(config.profiles_directory()).unwrap();
        fs::write(config.profiles_directory().join("notes.txt"), "x").unwrap();
        assert!(Arc::ptr_eq(&first, &ruleset_cache.get(&config).unwrap()));

        let own = config.profiles_directory().join("own.toml");
        fs::write(&own, TEMPLATE).unwrap();
        let profile = Profile::parse("own.toml", TEMPLATE).unwrap();
        let with_own = ruleset_cache.get(&config).unwrap();
        assert_eq!(with_own.profiles.len(), first.profiles.len() + 1);
        assert!(with_own.profile().is_none());

        config.profile = Some(profile.id.clone());
        assert_eq!(ruleset_cache.get(&config).unwrap().profile().unwrap().name, profile.name);

        // Put in its place, of the same length.
        let renamed = config.directory.join("renamed");
        let name = "X".repeat(profile.name.len());
        fs::write(&renamed, TEMPLATE.replace(&profile.name, &name)).unwrap();
        fs::rename(&renamed, &own).unwrap();
        assert_eq!(ruleset_cache.get(&config).unwrap().profile().unwrap().name, name);

        fs::write(&own, "[operator\n").unwrap();
        assert_eq!(ruleset_cache.get(&config).unwrap().issues.len(), 2);
        fs::remove_file(&own).unwrap();
        let gone = ruleset_cache.get(&config).unwrap();
        assert_eq!((gone.profiles.len(), gone.issues.len()), (first.profiles.len(), 1));
    }
}
