use std::fmt;

use super::Location;

/// Why the store did not do what it was asked. Nothing was changed by the call that returned it.
#[derive(Debug)]
pub enum StoreError {
    /// There is no store there yet: run `temoin-operator init`.
    Missing(Location),
    /// It was made by a later program: install that.
    Newer {
        /// Where it is.
        location: Location,
        /// Its schema version.
        version: i64,
    },
    /// It cannot be reached or is busy: try again later.
    Unavailable {
        /// Where it is.
        location: Location,
        /// What the database says. Values of records are not in it.
        why: String,
    },
    /// It cannot be used; trying again will not help.
    Unusable {
        /// Where it is.
        location: Location,
        /// What the database says. Values of records are not in it.
        why: String,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(location) => write!(
                f,
                "there is no record in {location} yet: run 'temoin-operator init', or correct \
                 store.location in the configuration"
            ),
            Self::Newer { location, version } => write!(
                f,
                "{location} has form {version}, of a later temoin-operator: install that version"
            ),
            Self::Unavailable { location, why } => {
                write!(f, "{location} cannot be used now: {why}. Trying again later may do.")
            }
            Self::Unusable { location, why } => write!(
                f,
                "{location} does not work: {why}. Check store.location and that this user may \
                 read and write there."
            ),
        }
    }
}

impl std::error::Error for StoreError {}
