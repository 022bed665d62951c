use std::process::ExitCode;
use std::{fmt, io};

use crate::app::sync::{SyncError, SyncUnavailable};
use crate::daemon::DaemonError;
use temoin_capture::openvpn::install::InstallError;
use temoin_capture::spool::SpoolError;
use temoin_config::ConfigError;
use temoin_config::settings::SettingsError;
use temoin_core::law::RuleFileError;
use temoin_core::text::{Language, Localized, Message};
use temoin_journal::JournalError;

/// Why a command failed: each kind has its own exit code, for scripts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Failure {
    /// The command failed; retrying unchanged will not help. Exit code 1.
    Failed,
    /// The command line is wrong (clap's own code). Exit code 2.
    Usage,
    /// Not in the record. Exit code 3.
    NotFound,
    /// A receipt is not what it claims to be. Exit code 6.
    NotAuthentic,
    /// The output pipe was closed (`temoin sessions | head`), which is no failure. Exit code 0.
    Unread,
    /// Not confirmed. Exit code 5.
    Unconfirmed,
    /// `temoin doctor` found something that does not work. Exit code 4.
    Unhealthy,
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Failed => Self::from(1),
            Failure::Usage => Self::from(2),
            Failure::NotFound => Self::from(3),
            Failure::Unconfirmed => Self::from(5),
            Failure::NotAuthentic => Self::from(6),
            Failure::Unread => Self::SUCCESS,
            Failure::Unhealthy => Self::from(4),
        }
    }
}

/// A failure with its message.
#[derive(Debug)]
pub(super) struct CliError {
    pub(super) failure: Failure,
    wording: Wording,
}

/// What an error says.
#[derive(Debug)]
enum Wording {
    /// In English alone: what the system says, or what is wrong in a rule file.
    English(String),
    /// What another module says in every language.
    Localized(Box<dyn Localized>),
    /// A text of the catalogues, with the values of its placeholders.
    Said(Message, Vec<(&'static str, String)>),
}

impl CliError {
    /// An error that is worded in English alone.
    pub(super) fn new(failure: Failure, message: impl fmt::Display) -> Self {
        Self { failure, wording: Wording::English(message.to_string()) }
    }

    /// An error in the words of the catalogues.
    pub(super) fn said(
        failure: Failure,
        message: Message,
        values: &[(&'static str, &dyn fmt::Display)],
    ) -> Self {
        let values = values.iter().map(|(name, value)| (*name, value.to_string())).collect();
        Self { failure, wording: Wording::Said(message, values) }
    }

    /// What it says, in a language that is only looked for where it matters.
    pub(super) fn text(&self, language: impl FnOnce() -> Language) -> String {
        match &self.wording {
            Wording::English(text) => text.clone(),
            Wording::Localized(error) => error.text(language()),
            Wording::Said(message, values) => {
                let values: Vec<(&str, &str)> =
                    values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                message.fill(language(), &values)
            }
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::new(Failure::Unread, "")
        } else {
            Self::new(Failure::Failed, error)
        }
    }
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        let failure = match error {
            SettingsError::Refused(_) => Failure::Usage,
            _ => Failure::Failed,
        };
        Self { failure, wording: Wording::Localized(Box::new(error)) }
    }
}

/// Errors that word themselves.
macro_rules! failed {
    ($($error:ty),+) => {
        $(impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self { failure: Failure::Failed, wording: Wording::Localized(Box::new(error)) }
            }
        })+
    };
}

failed!(
    ConfigError,
    DaemonError,
    SyncError,
    InstallError,
    JournalError,
    SyncUnavailable,
    SpoolError
);

impl From<RuleFileError> for CliError {
    fn from(error: RuleFileError) -> Self {
        Self::new(Failure::Failed, error)
    }
}

impl From<serde_json::Error> for CliError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(Failure::Failed, error)
    }
}
