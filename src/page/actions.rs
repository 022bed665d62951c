use std::fmt;

use temoin_config::Config;
use temoin_config::settings::{Setting, SettingsError};
use temoin_core::session::SessionId;

/// What a page may do beyond reading, by the same functions as the command line.
pub trait Actions {
    /// The current configuration.
    fn config(&self) -> Config;

    /// Changes settings, all or none; they are in effect when this returns.
    ///
    /// # Errors
    /// [`SettingsError`]; nothing was changed then.
    fn change(&self, changes: &[(Setting, &str)]) -> Result<(), SettingsError>;

    /// Erases a session that has ended, due or not.
    ///
    /// # Errors
    /// [`EraseError`].
    fn erase(&self, id: &SessionId) -> Result<(), EraseError>;
}

/// Why a session was not erased.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EraseError {
    /// Something could not be erased; it is retried daily. The log says what.
    Incomplete,
    /// The session is open.
    Lasting,
    /// No such session.
    NotFound,
}

impl fmt::Display for EraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "the erasure is not complete; it is tried again daily",
            Self::Lasting => "the session lasts; it can be erased once it has ended",
            Self::NotFound => "there is no such session",
        })
    }
}

impl std::error::Error for EraseError {}
