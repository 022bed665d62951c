use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::ImportError;
use super::export::Export;
use super::table::RadacctTable;
use crate::Location;

/// Where FreeRADIUS's accounting is.
#[derive(Clone, Eq, PartialEq)]
pub enum AccountingSource {
    /// A file: SQLite's, or an export.
    File(PathBuf),
    /// A PostgreSQL database, as libpq's connection strings name it.
    Postgres(String),
    /// An export on standard input.
    Stdin,
}

/// The accounting, ready to be read.
pub(super) enum OpenSource {
    Export(Box<Export>),
    Table(RadacctTable),
}

impl AccountingSource {
    pub(super) fn open(&self) -> Result<OpenSource, ImportError> {
        match self {
            Self::Postgres(url) => self.table(&Location::Postgres(url.clone())),
            Self::Stdin => self.export(io::stdin()),
            Self::File(path) => {
                let failed = |error: io::Error| self.unreadable(error);
                let mut file = File::open(path).map_err(failed)?;
                if !is_sqlite(&mut file).map_err(failed)? {
                    return self.export(file);
                }
                let path = std::path::absolute(path).map_err(failed)?;
                self.table(&Location::Sqlite(path))
            }
        }
    }

    fn table(&self, location: &Location) -> Result<OpenSource, ImportError> {
        RadacctTable::open(location, self.to_string()).map(OpenSource::Table)
    }

    fn export(&self, input: impl Read + 'static) -> Result<OpenSource, ImportError> {
        let export = Export::open(Box::new(input), self.to_string())?;
        Ok(OpenSource::Export(Box::new(export)))
    }

    fn unreadable(&self, why: impl fmt::Display) -> ImportError {
        ImportError::Accounting { source: self.to_string(), why: why.to_string() }
    }
}

/// Whether the file is a database of SQLite's. Its first bytes are read, and it is wound back, where it
/// is no pipe.
fn is_sqlite(file: &mut File) -> io::Result<bool> {
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut begin = Vec::new();
    file.by_ref().take(SQLITE_MAGIC.len() as u64).read_to_end(&mut begin)?;
    file.rewind()?;
    Ok(begin == SQLITE_MAGIC)
}

impl FromStr for AccountingSource {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        match (scheme, text) {
            (Some("postgres" | "postgresql"), _) => Ok(Self::Postgres(text.to_owned())),
            (Some(_), _) => Err(InvalidSource),
            (None, "-") => Ok(Self::Stdin),
            (None, path) => Ok(Self::File(Path::new(path).to_owned())),
        }
    }
}

impl fmt::Display for AccountingSource {
    /// Without the connection string, which may have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(_) => f.write_str("that PostgreSQL database"),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

impl fmt::Debug for AccountingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A database of a kind that is not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidSource;

impl fmt::Display for InvalidSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not an accounting that can be read: a file of SQLite's, a database such as \
             postgres:///radius?host=/run/postgresql, or an export, as from MariaDB: mariadb \
             --batch --quick -e \"SELECT * FROM radacct\" radius | temoin-operator import -",
        )
    }
}

impl std::error::Error for InvalidSource {}

/// What every file of SQLite 3 begins with (its documentation, "Database File Format", section 1.3).
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

#[cfg(test)]
mod tests {
    use super::AccountingSource;

    #[test]
    fn a_source_is_a_database_a_file_or_standard_input() {
        assert_eq!("-".parse(), Ok(AccountingSource::Stdin));
        assert_eq!("rel.db".parse(), Ok(AccountingSource::File("rel.db".into())));
        let source: AccountingSource = "postgres://u:secret@db/radius".parse().unwrap();
        assert!(!format!("{source} {source:?}").contains("secret"));
        let error = "mysql://db/radius".parse::<AccountingSource>().unwrap_err().to_string();
        assert!(error.contains("mariadb --batch"), "{error}");
    }
}
