//! The configuration: `/etc/temoin/temoin.toml`.
//!
//! A file says only what differs from the defaults; without a file all defaults hold. The shipped
//! file is `src/temoin.toml`, which names every key.

mod config_error;
mod user_name;

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use crate::text_file::utf8;
use crate::time_zone::zone_named;
use temoin_capture::clock::ClockTrust;
use temoin_capture::origin::OriginMethod;
use temoin_core::law::{GRACE_DAYS, Jurisdiction, NamedEnum, Slug};
use temoin_core::session::{Device, Zone};
use temoin_core::text::Language;
use temoin_sync::Proxy;

pub use config_error::ConfigError;
pub(crate) use config_error::rule;
pub use user_name::UserName;

use config_error::ConfigProblem;

/// Where the configuration is looked for unless the command line says otherwise.
pub const DEFAULT_PATH: &str = "/etc/temoin/temoin.toml";

/// The configuration, ready to use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// The directory of the file, or where it would be: a member's own files of law and of operators
    /// lie beside it.
    pub directory: PathBuf,
    /// The interfaces that are VPN tunnels; at least one.
    pub devices: Vec<Device>,
    /// The status file of OpenVPN's client, where there is one.
    pub status_file: Option<PathBuf>,
    /// The management socket of OpenVPN's client, where there is one.
    pub management: Option<PathBuf>,
    /// When the box's clock is believed.
    pub trust: ClockTrust,
    /// How to find out the origin address, in this order.
    pub methods: Vec<OriginMethod>,
    /// The operator's profile, by its id.
    pub profile: Option<Slug>,
    /// Whose law applies; `None` for that of the operator's profile.
    pub jurisdiction: Option<Jurisdiction>,
    /// How many days a session that is due may wait for the operator to confirm its own erasure,
    /// where the operator is asked at all.
    pub grace_days: u32,
    /// Whether the operator is asked what it holds, where the profile says how.
    pub sync: bool,
    /// The proxy by which a status request goes out; `None` for the tunnel.
    pub proxy: Option<Proxy>,
    /// The language to speak; `None` for the system's.
    pub language: Option<Language>,
    /// The time zone to show times in; `None` for the system's.
    pub time_zone: Option<Zone>,
    /// Who may see the page, of those whom YunoHost lets through to it; nobody: all of them.
    pub users: Vec<UserName>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            directory: Path::new(DEFAULT_PATH)
                .parent()
                .unwrap_or_else(|| Path::new("/"))
                .to_owned(),
            devices: "tun0".parse().into_iter().collect(),
            status_file: None,
            management: None,
            trust: ClockTrust::Kernel,
            methods: OriginMethod::ALL.to_vec(),
            profile: None,
            jurisdiction: None,
            grace_days: GRACE_DAYS,
            sync: false,
            proxy: None,
            language: None,
            time_zone: None,
            users: Vec::new(),
        }
    }
}

impl Config {
    /// Reads the configuration at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] where the file cannot be read, or says something that cannot be. A file that
    /// does not exist is an error only where `is_expected`.
    pub fn read(path: &Path, is_expected: bool) -> Result<Self, ConfigError> {
        let fails = |problem| Err(ConfigError::new(path, problem));
        match fs::read(path) {
            Ok(bytes) => match utf8(bytes) {
                Ok(text) => Self::parse(path, &text),
                Err(error) => fails(ConfigProblem::NotUtf8(error.line)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_expected => {
                Self::parse(path, "")
            }
            Err(error) => fails(ConfigProblem::Unreadable(error)),
        }
    }

    /// The configuration that `text` is, as the file at `path` holds it or may come to hold it.
    ///
    /// # Errors
    /// [`ConfigError`] where it says something that cannot be.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let config = Self::from_text(text).map_err(|problem| ConfigError::new(path, problem))?;
        Ok(Self { directory: path.parent().unwrap_or_else(|| Path::new("")).to_owned(), ..config })
    }

    /// How many days a session that is due waits for the operator's word: none where it is not asked.
    pub fn grace(&self) -> u32 {
        if self.sync { self.grace_days } else { 0 }
    }

    /// The directory of a member's own rule files.
    pub fn rules_directory(&self) -> PathBuf {
        self.directory.join("rules.d")
    }

    /// The directory of a member's own profiles of operators.
    pub fn profiles_directory(&self) -> PathBuf {
        self.directory.join("profiles.d")
    }

    fn from_text(text: &str) -> Result<Self, ConfigProblem> {
        let raw: RawConfig =
            toml::from_str(text).map_err(|error| ConfigProblem::Syntax(error.to_string()))?;
        let default = Self::default();
        let devices = match raw.tunnel.devices {
            Some(names) => names
                .iter()
                .map(|name| name.parse())
                .collect::<Result<Vec<Device>, _>>()
                .map_err(|_| ConfigProblem::Value("tunnel.devices"))?,
            None => default.devices,
        };
        if devices.is_empty() {
            return Err(ConfigProblem::Value("tunnel.devices"));
        }
        Ok(Self {
            directory: default.directory,
            devices,
            status_file: absolute("tunnel.status_file", raw.tunnel.status_file)?,
            management: absolute("tunnel.management", raw.tunnel.management)?,
            trust: match raw.clock.trust.as_deref() {
                None | Some("kernel") => ClockTrust::Kernel,
                Some("always") => ClockTrust::Always,
                Some(_) => {
                    return Err(ConfigProblem::Value("clock.trust"));
                }
            },
            methods: match raw.origin.methods {
                Some(names) => names
                    .iter()
                    .map(|name| name.parse())
                    .collect::<Result<_, _>>()
                    .map_err(|_| ConfigProblem::Value("origin.methods"))?,
                None => default.methods,
            },
            profile: parsed("operator.profile", raw.operator.profile)?,
            jurisdiction: raw
                .operator
                .jurisdiction
                .filter(|text| !text.is_empty())
                .map(|text| {
                    let known = Jurisdiction::ALL.iter().find(|it| it.name() == text);
                    known.copied().ok_or(ConfigProblem::Value("operator.jurisdiction"))
                })
                .transpose()?,
            grace_days: match raw.erasure.grace_days {
                None => default.grace_days,
                Some(days) if days <= GRACE_DAYS => days,
                Some(_) => {
                    return Err(ConfigProblem::Value("erasure.grace_days"));
                }
            },
            sync: raw.sync.enabled.unwrap_or(default.sync),
            proxy: parsed("sync.proxy", raw.sync.proxy)?,
            language: parsed("page.language", raw.page.language)?,
            time_zone: raw
                .page
                .time_zone
                .filter(|text| !text.is_empty())
                .map(|name| zone_named(&name))
                .transpose()
                .map_err(|_| ConfigProblem::Value("page.time_zone"))?,
            users: raw
                .page
                .users
                .unwrap_or_default()
                .iter()
                .map(|name| name.parse())
                .collect::<Result<_, _>>()
                .map_err(|_| ConfigProblem::Value("page.users"))?,
        })
    }
}

/// An absolute path, or none where the text is empty.
fn absolute(key: &'static str, text: Option<String>) -> Result<Option<PathBuf>, ConfigProblem> {
    let path = text.filter(|text| !text.is_empty()).map(PathBuf::from);
    if path.as_ref().is_some_and(|path| !path.is_absolute()) {
        return Err(ConfigProblem::Value(key));
    }
    Ok(path)
}

/// What the text says, or none where it is empty.
fn parsed<T: std::str::FromStr>(
    key: &'static str,
    text: Option<String>,
) -> Result<Option<T>, ConfigProblem> {
    text.filter(|text| !text.is_empty())
        .map(|text| text.parse().map_err(|_| ConfigProblem::Value(key)))
        .transpose()
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawConfig {
    tunnel: RawTunnel,
    clock: RawClock,
    origin: RawOrigin,
    operator: RawOperator,
    erasure: RawErasure,
    sync: RawSync,
    page: RawPage,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawTunnel {
    devices: Option<Vec<String>>,
    status_file: Option<String>,
    management: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawClock {
    trust: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawOrigin {
    methods: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawOperator {
    profile: Option<String>,
    jurisdiction: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawErasure {
    grace_days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawSync {
    enabled: Option<bool>,
    proxy: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawPage {
    language: Option<String>,
    time_zone: Option<String>,
    users: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Config;

    const SHIPPED: &str = include_str!("temoin.toml");

    #[test]
    fn the_shipped_file_changes_nothing() {
        assert_eq!(Config::from_text(SHIPPED).unwrap(), Config::default());
    }

    #[test]
    fn the_shipped_file_names_every_default_as_it_is() {
        let uncommented: String = SHIPPED
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(key) if !key.starts_with(' ') => format!("{key}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        assert_eq!(uncommented.lines().filter(|line| line.contains(" = ")).count(), 13);
        assert_eq!(Config::from_text(&uncommented).unwrap(), Config::default());
    }

    #[test]
    fn a_file_in_other_characters_is_refused_with_the_line_and_the_remedy() {
        let file = tempfile::NamedTempFile::new().unwrap();
        // As an editor writes it that was told Latin-1.
        fs::write(file.path(), b"[page]\nlanguage = \"fr\" # fran\xe7ais\n").unwrap();
        let error = Config::read(file.path(), true).unwrap_err().to_string();
        let expected = ": line 2: a character is not UTF-8; save the file as UTF-8";
        assert_eq!(error, format!("{}{expected}", file.path().display()));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_key() {
        for (text, names) in [
            ("[tunnel]\ndevices = []", "tunnel.devices"),
            ("[tunnel]\ndevices = [\"a b\"]", "tunnel.devices"),
            ("[tunnel]\nmanagement = \"run/x\"", "tunnel.management"),
            ("[clock]\ntrust = \"never\"", "clock.trust"),
            ("[origin]\nmethods = [\"stun\", \"google\"]", "origin.methods"),
            ("[operator]\nprofile = \"My operator\"", "operator.profile"),
            ("[operator]\njurisdiction = \"DE\"", "operator.jurisdiction"),
            ("[erasure]\ngrace_days = 15", "erasure.grace_days"),
            ("[erasure]\ngrace_days = -1", "grace_days"),
            ("[sync]\nenabled = \"yes\"", "enabled"),
            ("[sync]\nproxy = \"socks5://127.0.0.1:9050\"", "sync.proxy"),
            ("[page]\nlanguage = \"pt\"", "page.language"),
            ("[page]\ntime_zone = \"Europe/Bruxelles\"", "page.time_zone"),
            ("[page]\nusers = [\"zoé\"]", "page.users"),
            ("[page]\ncolour = 1", "colour"),
            ("[tunnel\n", "line 1"),
        ] {
            let error = Config::parse(Path::new("/etc/t.toml"), text).unwrap_err().to_string();
            assert!(error.contains(names) && error.contains("/etc/t.toml"), "{text}: {error}");
        }
    }
}
