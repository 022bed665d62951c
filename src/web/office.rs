use std::fmt;

use crate::config::Config;
use crate::domain::SessionId;
use crate::settings::{Setting, SettingsError};

/// What a page may ask for beyond reading. It is done as the command line does it.
pub trait Office {
    /// The configuration that is in use.
    fn config(&self) -> Config;

    /// Gives settings new values, all of them or none; they are in use when this returns.
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
    /// Something stayed behind; it is tried again each day. The log says what.
    Incomplete,
    /// It lasts: what is still being written cannot be erased.
    Lasting,
    /// There is no such session.
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
