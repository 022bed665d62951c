use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the store is.
#[derive(Clone, Eq, PartialEq)]
pub enum Location {
    /// A PostgreSQL database that several gateways share, as libpq's connection strings name it:
    /// `postgres:///temoin?host=/run/postgresql`.
    Postgres(String),
    /// A file on this machine.
    Sqlite(PathBuf),
}

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Ok(Self::Postgres(text.to_owned()))
        } else if text.starts_with('/') {
            Ok(Self::Sqlite(text.into()))
        } else {
            Err(InvalidLocation)
        }
    }
}

impl fmt::Display for Location {
    /// Without the connection string, which may have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(_) => f.write_str("the PostgreSQL database"),
            Self::Sqlite(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Neither a file nor a database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidLocation;

impl fmt::Display for InvalidLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a store: the absolute path of a file, such as \
             /var/lib/temoin-operator/record.db, or a database, such as postgres:///temoin?host=/run/postgresql",
        )
    }
}

impl std::error::Error for InvalidLocation {}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn a_path_is_a_file_and_a_password_is_not_printed() {
        assert_eq!("/srv/r.db".parse(), Ok(Location::Sqlite("/srv/r.db".into())));
        let location: Location = "postgresql://u:secret@db/temoin".parse().unwrap();
        assert!(!format!("{location} {location:?}").contains("secret"));
        for text in ["", "record.db", "mysql://db"] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }
}
