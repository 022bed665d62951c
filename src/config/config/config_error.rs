use std::path::{Path, PathBuf};
use std::{fmt, io};

use crate::messages::config as msg;
use temoin_capture::origin::OriginMethod;
use temoin_core::law::GRACE_DAYS;
use temoin_core::text::{Language, Localized, Message};

/// A configuration that cannot be used. Nothing was changed.
#[derive(Debug)]
pub struct ConfigError {
    path: PathBuf,
    problem: ConfigProblem,
}

#[derive(Debug)]
pub(super) enum ConfigProblem {
    /// On this line, from 1, a character is not UTF-8.
    NotUtf8(usize),
    Syntax(String),
    Unreadable(io::Error),
    /// The value of this key cannot be.
    Value(&'static str),
}

impl ConfigError {
    pub(super) fn new(path: &Path, problem: ConfigProblem) -> Self {
        Self { path: path.to_owned(), problem }
    }
}

impl Localized for ConfigError {
    fn text(&self, language: Language) -> String {
        let path = self.path.display().to_string();
        let say = |message: &Message, values: &[(&str, &str)]| {
            message.fill(language, &[&[("path", path.as_str())], values].concat())
        };
        match &self.problem {
            ConfigProblem::NotUtf8(line) => say(&msg::NOT_UTF8, &[("line", &line.to_string())]),
            ConfigProblem::Syntax(reason) => say(&msg::SYNTAX, &[("reason", reason.trim_end())]),
            ConfigProblem::Unreadable(error) => {
                say(&msg::UNREADABLE, &[("reason", &error.to_string())])
            }
            ConfigProblem::Value(key) => {
                say(&msg::VALUE, &[("key", key), ("rule", &rule(key, language))])
            }
        }
    }
}

/// In English, for the log.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl std::error::Error for ConfigError {}

/// What the value of a key may be.
pub(crate) fn rule(key: &str, language: Language) -> String {
    let message = match key {
        "clock.trust" => msg::rule::TRUST,
        "erasure.grace_days" => msg::rule::GRACE_DAYS,
        "operator.jurisdiction" => msg::rule::JURISDICTION,
        "operator.profile" => msg::rule::PROFILE,
        "origin.methods" => msg::rule::METHODS,
        "page.language" => msg::rule::LANGUAGE,
        "page.time_zone" => msg::rule::TIME_ZONE,
        "page.users" => msg::rule::USERS,
        "sync.enabled" => msg::rule::ENABLED,
        "sync.proxy" => msg::rule::PROXY,
        "tunnel.devices" => msg::rule::DEVICES,
        _ => msg::rule::PATH,
    };
    let languages = Language::OFFERED.map(Language::code).join(", ");
    let methods = OriginMethod::ALL.map(OriginMethod::name).join(", ");
    let values = [
        ("languages", languages.as_str()),
        ("methods", methods.as_str()),
        ("most", &GRACE_DAYS.to_string()),
    ];
    message.fill(language, &values)
}
