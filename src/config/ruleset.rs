//! This box's ruleset: the law and the operators' profiles that are compiled in, and the member's
//! own files in `rules.d` and `profiles.d` beside the configuration.
//!
//! # Error handling
//! A member's own file that cannot be used is skipped and reported ([`RulesetIssue`]); if the
//! others are inconsistent with the compiled-in files, only those are used. So a broken file stops
//! neither recording nor erasure.

mod ruleset_cache;

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

pub use ruleset_cache::RulesetCache;

use crate::{Config, utf8_text};
use temoin_core::assessment::ApplicableRules;
use temoin_core::law::{
    Edition, FileProblem, Jurisdiction, Law, Profile, RuleFileError, Slug, Track,
};
use temoin_core::session::Zone;

/// The longest file that is read, in bytes: the longest that ships has some fifty thousand.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Law, profiles, and which of them apply to this box.
#[derive(Debug)]
pub struct Ruleset {
    /// Every edition of law.
    pub law: Law,
    /// Every profile, by id.
    pub profiles: Vec<Profile>,
    /// What could not be used.
    pub issues: Vec<RulesetIssue>,
    profile: Option<Slug>,
    jurisdiction: Option<Jurisdiction>,
}

impl Ruleset {
    /// Reads the files that belong to a configuration. One that has the id of a compiled-in one
    /// replaces it.
    ///
    /// # Errors
    /// [`RuleFileError`] never in a release: only what is compiled in can cause it.
    pub fn load(config: &Config) -> Result<Self, RuleFileError> {
        let mut issues = Vec::new();
        let mut law = Law::compiled_in()?;
        let own = read_all(&config.rules_directory(), Edition::parse, &mut issues);
        let own = without_copies(own, |it| (&it.id, &it.file), &mut issues);
        if !own.is_empty() {
            let kept = law.editions().iter().filter(|it| own.iter().all(|own| own.id != it.id));
            match Law::assemble(kept.cloned().chain(own.iter().cloned()).collect()) {
                Ok(together) => law = together,
                Err(error) => issues.push(RulesetIssue::Contradiction(error.into_problems())),
            }
        }
        let mut profiles = Profile::compiled_in()?;
        let own = read_all(&config.profiles_directory(), Profile::parse, &mut issues);
        for own in without_copies(own, |it| (&it.id, &it.file), &mut issues) {
            match profiles.iter_mut().find(|known| known.id == own.id) {
                Some(known) => *known = own,
                None => profiles.push(own),
            }
        }
        profiles.sort_by(|one, other| one.id.cmp(&other.id));
        if let Some(id) = &config.profile {
            if !profiles.iter().any(|profile| profile.id == *id) {
                issues.push(RulesetIssue::NoProfile(id.clone()));
            }
        }
        Ok(Self {
            law,
            profiles,
            issues,
            profile: config.profile.clone(),
            jurisdiction: config.jurisdiction,
        })
    }

    /// The profile of the member's operator, where one is chosen and there.
    pub fn profile(&self) -> Option<&Profile> {
        let id = self.profile.as_ref()?;
        self.profiles.iter().find(|profile| profile.id == *id)
    }

    /// Whose law applies, where that is known.
    pub fn jurisdiction(&self) -> Option<Jurisdiction> {
        self.jurisdiction.or_else(|| self.profile().map(|profile| profile.jurisdiction))
    }

    /// What a session is assessed by.
    pub fn applicable_rules(&self) -> ApplicableRules<'_> {
        ApplicableRules {
            law: &self.law,
            jurisdiction: self.jurisdiction(),
            profile: self.profile(),
        }
    }

    /// The zones in which days may have to be counted, whichever profile is chosen.
    pub fn zones(&self) -> Vec<Zone> {
        let editions = self.law.editions().iter().map(|edition| edition.zone);
        let mut zones: Vec<Zone> = Vec::new();
        for zone in editions.chain(self.profiles.iter().map(|profile| profile.zone)) {
            if !zones.contains(&zone) {
                zones.push(zone);
            }
        }
        zones
    }

    /// The zone in which days are counted: the operator's, or else the law's, or else UTC.
    pub fn zone(&self) -> Zone {
        let by_law = || {
            let own = self.law.track(self.jurisdiction()?, Track::General).last()?;
            Some(own.zone)
        };
        self.profile().map(|profile| profile.zone).or_else(by_law).unwrap_or(Zone::UTC)
    }
}

/// A member's own file, or a choice, that cannot be used; with the remedy.
#[derive(Debug)]
pub enum RulesetIssue {
    /// Inconsistent rule files: only the compiled-in files are used.
    Contradiction(Vec<FileProblem>),
    /// Two files with one id, as when a file manager left a copy: the one that is named by its id is used,
    /// else the first by name.
    Duplicate {
        /// The id.
        id: Slug,
        /// The file that is used.
        used: PathBuf,
        /// The file that is left out.
        unused: PathBuf,
    },
    /// What is wrong in one file: it is left out.
    File(Vec<FileProblem>),
    /// The configuration names a profile that is not there.
    NoProfile(Slug),
    /// A file or a directory that cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl fmt::Display for RulesetIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |problems: &[FileProblem], f: &mut fmt::Formatter<'_>| {
            for (place, problem) in problems.iter().enumerate() {
                let gap = if place > 0 { " " } else { "" };
                write!(f, "{gap}{problem}")?;
            }
            Ok(())
        };
        match self {
            Self::Contradiction(problems) => {
                list(problems, f)?;
                f.write_str(" None of the files in rules.d is used until this is mended.")
            }
            Self::File(problems) => {
                list(problems, f)?;
                f.write_str(" The file is left out until this is mended.")
            }
            Self::NoProfile(id) => write!(
                f,
                "operator.profile: there is no profile {id}; choose another with `temoin profile \
                 use`, or put its file into profiles.d"
            ),
            Self::Duplicate { id, used, unused } => write!(
                f,
                "{}: it has the id {id} as {} has, which is used instead. Remove one of them, or give it \
                 another id.",
                unused.display(),
                used.display()
            ),
            Self::Unreadable { path, error } if error.kind() == io::ErrorKind::InvalidData => {
                write!(f, "{}: {error}.", path.display())
            }
            Self::Unreadable { path, error } => {
                write!(f, "{} cannot be read: {error}. Check its permissions.", path.display())
            }
        }
    }
}

/// The text of a file of law or of an operator.
///
/// # Errors
/// What the system said, or that the file is too long or no UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > MAX_FILE_BYTES {
        let error = format!("it is longer than {MAX_FILE_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    utf8_text(fs::read(path)?)
}

/// Everything in a directory that can be used, by file name.
fn read_all<T>(
    directory: &Path,
    parse: impl Fn(&str, &str) -> Result<T, RuleFileError>,
    issues: &mut Vec<RulesetIssue>,
) -> Vec<T> {
    let mut unreadable = |path: &Path, error: io::Error| {
        issues.push(RulesetIssue::Unreadable { path: path.to_owned(), error });
    };
    let paths = match files(directory) {
        Ok(paths) => paths,
        Err(error) => {
            unreadable(directory, error);
            return Vec::new();
        }
    };
    let mut read_whole = Vec::new();
    for path in paths {
        match read(&path) {
            Ok(text) => match parse(&path.display().to_string(), &text) {
                Ok(value) => read_whole.push(value),
                Err(error) => issues.push(RulesetIssue::File(error.into_problems())),
            },
            Err(error) => issues.push(RulesetIssue::Unreadable { path, error }),
        }
    }
    read_whole
}

/// What was read from files, by file name, each id once.
fn without_copies<T>(
    mut all: Vec<T>,
    names: impl Fn(&T) -> (&Slug, &str),
    issues: &mut Vec<RulesetIssue>,
) -> Vec<T> {
    let is_named_by_id = |it: &T| {
        let (id, file) = names(it);
        Path::new(file).file_stem().is_some_and(|stem| stem == id.as_str())
    };
    all.sort_by_key(|it| !is_named_by_id(it));
    let mut used: Vec<T> = Vec::new();
    for it in all {
        let (id, file) = names(&it);
        match used.iter().map(&names).find(|(known, _)| *known == id) {
            Some((_, first)) => issues.push(RulesetIssue::Duplicate {
                id: id.clone(),
                used: first.into(),
                unused: file.into(),
            }),
            None => used.push(it),
        }
    }
    used
}

/// The files of a directory that are to be read, by name; none where it does not exist.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = match fs::read_dir(directory) {
        Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    const TEMPLATE: &str = include_str!("../operators/template.toml");
    const INJUNCTION: &str = include_str!("../law/fr/fr-injunction-2025.toml");

    fn config(directory: &Path) -> Config {
        for name in ["rules.d", "profiles.d"] {
            fs::create_dir_all(directory.join(name)).unwrap();
        }
        Config { directory: directory.to_owned(), ..Config::default() }
    }

    #[test]
    fn without_files_of_ones_own_it_is_what_is_compiled_in() {
        let directory = tempdir().unwrap();
        let config = Config { directory: directory.path().to_owned(), ..Config::default() };
        let ruleset = Ruleset::load(&config).unwrap();
        assert_eq!(ruleset.law.editions().len(), Law::compiled_in().unwrap().editions().len());
        assert!(ruleset.issues.is_empty() && ruleset.profile().is_none());
        assert_eq!((ruleset.jurisdiction(), ruleset.zone()), (None, Zone::UTC));
    }

    #[test]
    fn a_broken_file_is_named_and_left_out_and_the_rest_holds() {
        let directory = tempdir().unwrap();
        let config = config(directory.path());
        let broken = config.rules_directory().join("broken.toml");
        fs::write(&broken, "[ruleset]\nid = 7\n").unwrap();
        fs::write(config.rules_directory().join("notes.txt"), "not a rule file").unwrap();
        fs::write(config.profiles_directory().join("x.toml"), [0xff]).unwrap();
        let ruleset = Ruleset::load(&config).unwrap();
        assert_eq!(ruleset.law.editions().len(), Law::compiled_in().unwrap().editions().len());
        let told: Vec<String> = ruleset.issues.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains(&format!("{}:", broken.display())), "{told:?}");
        assert!(told[0].contains("left out") && told[1].contains("x.toml"), "{told:?}");
    }

    #[test]
    fn a_copy_that_a_file_manager_left_changes_nothing_and_is_named() {
        let directory = tempdir().unwrap();
        let mut config = config(directory.path());
        let own = Profile::parse("mine.toml", TEMPLATE).unwrap();
        let named = format!("{}.toml", own.id);
        config.profile = Some(own.id.clone());
        let renamed = TEMPLATE.replace(&own.name, "What the member does not see");
        for copy in ["a (copie).toml", "zz - Kopie.toml"] {
            fs::write(config.profiles_directory().join(copy), &renamed).unwrap();
        }
        fs::write(config.profiles_directory().join(&named), TEMPLATE).unwrap();
        for copy in ["be (copie).toml", "be.toml"] {
            fs::write(config.rules_directory().join(copy), INJUNCTION).unwrap();
        }
        let ruleset = Ruleset::load(&config).unwrap();
        assert_eq!(ruleset.profile().map(|profile| &profile.name), Some(&own.name));
        let told: Vec<String> = ruleset.issues.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        for (text, unused, used) in [
            (&told[0], "be.toml:", "be (copie).toml"),
            (&told[1], "a (copie).toml:", named.as_str()),
            (&told[2], "zz - Kopie.toml:", named.as_str()),
        ] {
            assert!(text.contains(unused) && text.contains(used), "{text}");
        }
    }

    #[test]
    fn a_file_of_other_characters_is_named_with_the_line_and_the_remedy() {
        let directory = tempdir().unwrap();
        let config = config(directory.path());
        fs::write(config.profiles_directory().join("x.toml"), b"# fran\xe7ais\n").unwrap();
        fs::write(config.rules_directory().join("y.toml"), b"a = 1\n\xff").unwrap();
        let ruleset = Ruleset::load(&config).unwrap();
        let told: Vec<String> = ruleset.issues.iter().map(ToString::to_string).collect();
        assert!(told[0].contains("y.toml: line 2: a character is not UTF-8"), "{told:?}");
        assert!(told[1].contains("x.toml: line 1: a character is not UTF-8"), "{told:?}");
        assert!(told.iter().all(|text| !text.contains("permissions")), "{told:?}");
    }

    #[test]
    fn a_file_with_a_known_id_replaces_and_one_that_contradicts_leaves_the_law_as_it_ships() {
        let directory = tempdir().unwrap();
        let config = config(directory.path());
        let own = config.rules_directory().join("own.toml");
        fs::write(&own, INJUNCTION).unwrap();
        let count = Law::compiled_in().unwrap().editions().len();
        let ruleset = Ruleset::load(&config).unwrap();
        let editions = ruleset.law.editions();
        assert!(ruleset.issues.is_empty() && editions.len() == count);
        assert!(editions.iter().any(|it| it.file == own.display().to_string()));

        fs::write(&own, INJUNCTION.replacen("fr-injunction-2025", "fr-injunction-mine", 1))
            .unwrap();
        let ruleset = Ruleset::load(&config).unwrap();
        assert_eq!(ruleset.law.editions().len(), count);
        let told = ruleset.issues[0].to_string();
        assert!(told.contains("own.toml") && told.contains("overlaps"), "{told}");
    }

    #[test]
    fn a_profile_of_ones_own_can_be_chosen_and_one_that_is_missing_is_complained_of() {
        let directory = tempdir().unwrap();
        let mut config = config(directory.path());
        fs::write(config.profiles_directory().join("mine.toml"), TEMPLATE).unwrap();
        let own = Profile::parse("mine.toml", TEMPLATE).unwrap();
        config.profile = Some(own.id.clone());
        let ruleset = Ruleset::load(&config).unwrap();
        assert_eq!(ruleset.profile().map(|profile| &profile.name), Some(&own.name));
        assert_eq!(ruleset.jurisdiction(), Some(own.jurisdiction));
        config.profile = Some("nobody".parse().unwrap());
        let ruleset = Ruleset::load(&config).unwrap();
        assert!(ruleset.profile().is_none());
        assert!(ruleset.issues[0].to_string().contains("no profile nobody"));
    }
}
