//! What can be changed of the configuration without restarting: the settings that the page, the
//! panel of YunoHost and `temoin settings` all change through [`change`].
//!
//! A change keeps everything else in the configuration file, comments included. It is written
//! atomically, and only if the resulting file is valid.

mod config_file;
mod setting;
mod toml_editor;

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use crate::messages::config as msg;
use crate::ruleset::Ruleset;
use crate::{Config, ConfigError};
use temoin_core::law::RuleFileError;
use temoin_core::text::{Language, Localized};

pub use setting::{InvalidSetting, InvalidValue, Setting, UnknownSetting};

/// Sets new values, all or none, in the configuration at `path`; returns whether the file changed. Values are as they are typed: an empty one leaves the setting open.
///
/// # Errors
/// [`SettingsError`]. Nothing was changed then.
pub fn change(path: &Path, changes: &[(Setting, &str)]) -> Result<bool, SettingsError> {
    // A symlink stays a symlink.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let failed = |error| SettingsError::File { path: path.clone(), error };
    let _held = config_file::lock(&path).map_err(failed)?;
    let before = config_file::read(&path).map_err(failed)?;
    let mut config = Config::parse(&path, &before)?;
    let mut text = before.clone();
    for &(setting, typed) in changes {
        if setting.value(&config) == typed.trim() {
            continue;
        }
        let written = setting.written(typed)?;
        let Some(after) = toml_editor::with_value(&text, setting, &written) else {
            return Err(SettingsError::Uneditable { path: path.clone(), setting, written });
        };
        // All else could be used before: what cannot be now is this value.
        config = Config::parse(&path, &after).map_err(|_| setting.refuse(InvalidValue::Rule))?;
        text = after;
    }
    if text == before {
        return Ok(false);
    }
    if let Some(id) = &config.profile {
        if Ruleset::load(&config)?.profile().is_none() {
            let why = InvalidValue::NoProfile(id.to_string());
            return Err(Setting::OperatorProfile.refuse(why).into());
        }
    }
    config_file::replace(&path, &text).map_err(failed)?;
    Ok(true)
}

/// Why settings were not changed.
#[derive(Debug)]
pub enum SettingsError {
    /// The existing configuration is invalid: it has to be fixed first.
    Config(ConfigError),
    /// The file cannot be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The law that ships cannot be read; never in a release.
    Law(RuleFileError),
    /// A value that cannot be.
    Refused(InvalidSetting),
    /// The key cannot be put into the file without changing anything else in it.
    Uneditable {
        /// Which file.
        path: PathBuf,
        /// Which setting.
        setting: Setting,
        /// Its value, as TOML writes it.
        written: String,
    },
}

impl Localized for SettingsError {
    fn text(&self, language: Language) -> String {
        match self {
            Self::Config(error) => error.text(language),
            Self::File { path, error } => {
                let (path, error) = (path.display().to_string(), error.to_string());
                msg::UNCHANGEABLE.fill(language, &[("path", &path), ("error", &error)])
            }
            Self::Law(error) => error.to_string(),
            Self::Refused(refusal) => refusal.text(language),
            Self::Uneditable { path, setting, written } => {
                let (table, key) = setting.place();
                let (path, setting) = (path.display().to_string(), setting.name());
                let values = [("path", path.as_str()), ("setting", &setting), ("table", table)];
                let rest = [("key", key), ("value", written.as_str())];
                msg::UNEDITABLE.fill(language, &[values.as_slice(), &rest].concat())
            }
        }
    }
}

/// In English, for the log.
impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl std::error::Error for SettingsError {}

impl From<ConfigError> for SettingsError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<RuleFileError> for SettingsError {
    fn from(error: RuleFileError) -> Self {
        Self::Law(error)
    }
}

impl From<InvalidSetting> for SettingsError {
    fn from(refusal: InvalidSetting) -> Self {
        Self::Refused(refusal)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use tempfile::tempdir;

    use super::*;

    const SHIPPED: &str = include_str!("../temoin.toml");

    fn one(path: &Path, setting: Setting, value: &str) -> Result<bool, SettingsError> {
        change(path, &[(setting, value)])
    }

    fn value(path: &Path, setting: Setting) -> String {
        setting.value(&Config::read(path, true).unwrap())
    }

    #[test]
    fn each_setting_is_known_by_its_name_and_reads_as_it_was_set() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("temoin.toml");
        fs::write(&path, SHIPPED).unwrap();
        for (name, typed, read) in [
            ("operator.profile", "neutrinet", "neutrinet"),
            ("operator.jurisdiction", "FR", "FR"),
            ("sync.enabled", "true", "true"),
            ("sync.proxy", "socks5h://127.0.0.1:9050", "socks5h://127.0.0.1:9050"),
            ("erasure.grace_days", " 07 ", "7"),
            ("page.language", "nl", "nl"),
            ("page.users", "ada, eve zoe", "ada,eve,zoe"),
        ] {
            let setting: Setting = name.parse().unwrap();
            assert_eq!(setting.name(), name);
            assert!(one(&path, setting, typed).unwrap(), "{name}");
            assert_eq!(value(&path, setting), read);
            assert!(!one(&path, setting, read).unwrap(), "{name}");
        }
        for setting in
            [Setting::OperatorProfile, Setting::Language, Setting::PageUsers, Setting::SyncProxy]
        {
            assert!(one(&path, setting, "").unwrap());
            assert_eq!(value(&path, setting), "");
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(SHIPPED.lines().all(|line| text.lines().any(|own| own == line)), "{text}");
        assert!(
            "tunnel.devices".parse::<Setting>().unwrap_err().to_string().contains("page.users")
        );
    }

    #[test]
    fn what_cannot_be_is_refused_by_name_and_nothing_is_changed() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("temoin.toml");
        let before = "[erasure]\ngrace_days = 3\n";
        fs::write(&path, before).unwrap();
        for (setting, typed, says) in [
            (Setting::OperatorProfile, "nobody", "temoin profile list"),
            (Setting::OperatorProfile, "\" # x", "lower-case letters"),
            (Setting::OperatorJurisdiction, "DE", "\"BE\" or \"FR\""),
            (Setting::GraceDays, "15", "from 0 to 14"),
            (Setting::GraceDays, "99999999999", "number of days"),
            (Setting::GraceDays, "-1", "number of days"),
            (Setting::GraceDays, "", "number of days"),
            (Setting::Language, "fr\n[operator]\nprofile = \"neutrinet", "one line"),
            (Setting::Language, "pt", "page.language"),
            (Setting::PageUsers, "ada,b:c", "page.users"),
            (Setting::SyncEnabled, "yes", "true or false"),
            (Setting::SyncEnabled, "", "true or false"),
            (Setting::SyncProxy, "socks5://127.0.0.1:9050", "sync.proxy"),
        ] {
            let error = one(&path, setting, typed).unwrap_err();
            assert!(matches!(error, SettingsError::Refused(_)), "{typed}: {error:?}");
            let text = error.to_string();
            assert!(text.starts_with(&setting.name()) && text.contains(says), "{typed}: {text}");
            assert!(!text.contains(char::is_control), "{text}");
        }
        let both = [(Setting::Language, "fr"), (Setting::GraceDays, "x")];
        assert!(change(&path, &both).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
    }

    #[test]
    fn several_are_changed_at_once_and_mode_owner_and_link_stay() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("real.toml");
        fs::write(&path, "# mine\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = directory.path().join("temoin.toml");
        symlink(&path, &link).unwrap();
        let before = fs::metadata(&path).unwrap();
        assert!(change(&link, &[(Setting::Language, "fr"), (Setting::GraceDays, "2")]).unwrap());
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# mine\n\n[page]\nlanguage = \"fr\"\n\n[erasure]\ngrace_days = 2\n");
        let after = fs::metadata(&path).unwrap();
        assert_eq!((after.mode(), after.uid()), (before.mode(), before.uid()));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_is_broken_elsewhere_is_not_touched_and_one_that_is_missing_is_made() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("etc/temoin.toml");
        assert!(one(&path, Setting::Language, "de").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "[page]\nlanguage = \"de\"\n");
        let broken = "[clock]\ntrust = \"never\"\n";
        fs::write(&path, broken).unwrap();
        let error = one(&path, Setting::Language, "fr").unwrap_err();
        assert!(matches!(&error, SettingsError::Config(_)), "{error:?}");
        assert!(error.to_string().contains("clock.trust"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }

    #[test]
    fn two_who_change_at_once_both_succeed() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("temoin.toml");
        std::thread::scope(|scope| {
            for (setting, values) in
                [(Setting::GraceDays, ["1", "2"]), (Setting::Language, ["fr", "nl"])]
            {
                let path = &path;
                scope.spawn(move || {
                    for value in values.iter().cycle().take(20) {
                        one(path, setting, value).unwrap();
                    }
                });
            }
        });
        assert_eq!(value(&path, Setting::GraceDays), "2");
        assert_eq!(value(&path, Setting::Language), "nl");
    }
}
