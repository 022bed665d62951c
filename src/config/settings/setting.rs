use std::fmt;
use std::str::FromStr;

use crate::config::rule;
use crate::messages::config as msg;
use crate::{Config, UserName};
use temoin_core::text::{Language, Localized};

/// A key of the configuration that can be changed while the daemon runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Setting {
    /// How many days a due session may wait for the operator to erase too.
    GraceDays,
    /// The language of the command line.
    Language,
    /// Whose law applies.
    OperatorJurisdiction,
    /// Who the operator is.
    OperatorProfile,
    /// Who may see the page.
    PageUsers,
    /// Whether the operator is asked about its records.
    SyncEnabled,
    /// By which proxy it is asked.
    SyncProxy,
}

impl Setting {
    /// Every setting, in the order of the configuration's file.
    pub const ALL: [Self; 7] = [
        Self::OperatorProfile,
        Self::OperatorJurisdiction,
        Self::SyncEnabled,
        Self::SyncProxy,
        Self::GraceDays,
        Self::Language,
        Self::PageUsers,
    ];

    /// Its name: the table and the key.
    pub fn name(self) -> String {
        let (table, key) = self.place();
        format!("{table}.{key}")
    }

    /// The value that a configuration gives it, as it is typed; empty where it is left open.
    pub fn value(self, config: &Config) -> String {
        fn text(value: Option<&impl fmt::Display>) -> String {
            value.map_or_else(String::new, ToString::to_string)
        }
        match self {
            Self::GraceDays => config.grace_days.to_string(),
            Self::Language => text(config.language.as_ref()),
            Self::OperatorJurisdiction => text(config.jurisdiction.as_ref()),
            Self::OperatorProfile => text(config.profile.as_ref()),
            Self::PageUsers => {
                let users: Vec<&str> = config.users.iter().map(UserName::as_str).collect();
                users.join(",")
            }
            Self::SyncEnabled => config.sync.to_string(),
            Self::SyncProxy => text(config.proxy.as_ref()),
        }
    }

    /// The table that it stands in, and its key there.
    pub(super) fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::GraceDays => ("erasure", "grace_days"),
            Self::Language => ("page", "language"),
            Self::OperatorJurisdiction => ("operator", "jurisdiction"),
            Self::OperatorProfile => ("operator", "profile"),
            Self::PageUsers => ("page", "users"),
            Self::SyncEnabled => ("sync", "enabled"),
            Self::SyncProxy => ("sync", "proxy"),
        }
    }

    /// A typed value as TOML writes it.
    pub(super) fn written(self, text: &str) -> Result<String, InvalidSetting> {
        let text = text.trim();
        match self {
            Self::GraceDays => {
                let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
                let days = text.parse::<u32>().ok().filter(|_| is_plain);
                days.map(|days| days.to_string()).ok_or_else(|| self.refuse(InvalidValue::Rule))
            }
            Self::PageUsers => {
                let names = text.split([',', ' ']).filter(|name| !name.is_empty());
                let names: Vec<String> =
                    names.map(|name| self.quoted(name)).collect::<Result<_, _>>()?;
                Ok(format!("[{}]", names.join(", ")))
            }
            Self::SyncEnabled => match text {
                "true" | "false" => Ok(text.to_owned()),
                _ => Err(self.refuse(InvalidValue::Rule)),
            },
            Self::Language
            | Self::OperatorJurisdiction
            | Self::OperatorProfile
            | Self::SyncProxy => self.quoted(text),
        }
    }

    fn quoted(self, text: &str) -> Result<String, InvalidSetting> {
        if text.contains(char::is_control) {
            return Err(self.refuse(InvalidValue::ControlCharacter));
        }
        Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
    }

    pub(super) fn refuse(self, why: InvalidValue) -> InvalidSetting {
        InvalidSetting { setting: self, why }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl FromStr for Setting {
    type Err = UnknownSetting;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|setting| setting.name() == text).ok_or(UnknownSetting)
    }
}

/// No such key, or none that can be changed so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownSetting;

impl fmt::Display for UnknownSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are ")?;
        for (place, setting) in Setting::ALL.iter().enumerate() {
            let gap = if place > 0 { ", " } else { "" };
            write!(f, "{gap}{setting}")?;
        }
        f.write_str("; the other keys of the configuration are changed in its file")
    }
}

impl std::error::Error for UnknownSetting {}

/// A value that a setting cannot have, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidSetting {
    /// Which setting.
    pub setting: Setting,
    /// Why.
    pub why: InvalidValue,
}

/// Why a setting cannot have a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InvalidValue {
    /// It has a control character in it.
    ControlCharacter,
    /// There is no such profile.
    NoProfile(String),
    /// It is not what the setting may be.
    Rule,
}

impl Localized for InvalidSetting {
    fn text(&self, language: Language) -> String {
        let rule = match &self.why {
            InvalidValue::ControlCharacter => msg::CONTROL_CHARACTER.text(language).to_owned(),
            InvalidValue::NoProfile(profile) => {
                msg::NO_PROFILE.fill(language, &[("profile", profile)])
            }
            InvalidValue::Rule => rule(&self.setting.name(), language),
        };
        msg::REFUSED.fill(language, &[("setting", &self.setting.name()), ("rule", &rule)])
    }
}
