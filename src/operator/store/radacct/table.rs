use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::ImportError;
use super::row::{COLUMNS, NEEDED, RadacctRow, RowPlace, something};
use crate::store::database::{Database, SqlParam, SqlRow, SqlValue};
use crate::store::row::RowReader;
use crate::store::{Location, StoreError, postgres, sqlite};

/// The table `radacct` in a database.
pub(super) struct RadacctTable {
    database: Box<dyn Database>,
    /// For messages.
    source: String,
    /// Tells it from other databases.
    mark: String,
    after: String,
    of_session: String,
    last_number: String,
}

impl RadacctTable {
    pub(super) fn open(location: &Location, source: String) -> Result<Self, ImportError> {
        let failed = |error: StoreError| unreadable(&source, &error);
        let (mut database, catalogue, text): (Box<dyn Database>, _, Expression) = match location {
            Location::Postgres(url) => (
                Box::new(postgres::PostgresDatabase::open(url).map_err(failed)?),
                POSTGRES_COLUMNS,
                postgres_text,
            ),
            Location::Sqlite(path) => (
                Box::new(sqlite::SqliteDatabase::read_only(path).map_err(failed)?),
                SQLITE_COLUMNS,
                sqlite_text,
            ),
        };
        let mut columns = BTreeMap::new();
        for row in database.query(catalogue, &[]).map_err(failed)? {
            let mut reader = RowReader(row.iter());
            if let (Some(Some(name)), Some(kind)) = (reader.text(), reader.text()) {
                let kind = kind.unwrap_or_default().to_ascii_lowercase();
                columns.insert(name.to_ascii_lowercase(), (quoted(name), kind));
            }
        }
        if columns.is_empty() {
            return Err(ImportError::NoTable { source });
        }
        let Some((number, _)) = columns.get(NUMBER) else {
            return Err(ImportError::NoColumn { source, column: NUMBER });
        };
        let (name, _) = columns.get(NEEDED[0]).cloned().unwrap_or_default();
        if let Some(column) = NEEDED.into_iter().find(|column| !columns.contains_key(*column)) {
            return Err(ImportError::NoColumn { source, column });
        }
        let values = COLUMNS.map(|column| match columns.get(column) {
            Some((name, kind)) => text(name, kind),
            None => "NULL".to_owned(),
        });
        let select = format!("SELECT CAST({number} AS BIGINT), {} FROM radacct", values.join(", "));
        let digest = Sha256::digest(match location {
            Location::Postgres(url) => url.as_bytes(),
            Location::Sqlite(path) => path.as_os_str().as_encoded_bytes(),
        });
        let mark = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            after: format!("{select} WHERE {number} > $1 ORDER BY {number} LIMIT $2"),
            of_session: format!("{select} WHERE {name} = $1"),
            last_number: format!("SELECT CAST(max({number}) AS BIGINT) FROM radacct"),
            database,
            source,
            mark,
        })
    }

    /// The name under which the store remembers how far this table was read.
    pub(super) fn watermark_name(&self) -> String {
        format!("radacct {}", self.mark)
    }

    /// The highest number of a row; `None` where there is no row.
    pub(super) fn last_number(&mut self) -> Result<Option<i64>, ImportError> {
        let rows = self.database.query(&self.last_number, &[]);
        let rows = rows.map_err(|error| unreadable(&self.source, &error))?;
        Ok(rows.first().and_then(|row| RowReader(row.iter()).number().flatten()))
    }

    /// The rows with this `acctuniqueid`.
    pub(super) fn of_session(&mut self, name: &str) -> Result<Vec<RadacctRow>, ImportError> {
        let rows = self.database.query(&self.of_session, &[SqlParam::Text(name)]);
        self.rows(rows)
    }

    /// The next rows, at most `limit`.
    pub(super) fn after(
        &mut self,
        number: i64,
        limit: usize,
    ) -> Result<Vec<RadacctRow>, ImportError> {
        let limit = SqlParam::Number(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.database.query(&self.after, &[SqlParam::Number(number), limit]);
        self.rows(rows)
    }

    fn rows(&self, rows: Result<Vec<SqlRow>, StoreError>) -> Result<Vec<RadacctRow>, ImportError> {
        let rows = rows.map_err(|error| unreadable(&self.source, &error))?;
        let read = |row: SqlRow| {
            let mut values = row.into_iter();
            let Some(SqlValue::Number(number)) = values.next() else { return None };
            let values: Vec<Option<String>> = values.map(text).collect();
            let values = values.try_into().ok()?;
            Some(RadacctRow { place: RowPlace::Number(number), is_whole: true, values })
        };
        let read: Option<Vec<RadacctRow>> = rows.into_iter().map(read).collect();
        read.ok_or_else(|| ImportError::Accounting {
            source: self.source.clone(),
            why: format!("{NUMBER} is no number"),
        })
    }
}

/// How a value is selected as text or as a number, by the column's quoted name and its type.
type Expression = fn(&str, &str) -> String;

/// Instants become numbers, which need no time zone; times without a zone stay texts.
fn postgres_text(name: &str, kind: &str) -> String {
    if kind == "timestamp with time zone" {
        format!("CAST(floor(extract(epoch FROM {name})) AS BIGINT)")
    } else {
        format!("CAST({name} AS TEXT)")
    }
}

fn sqlite_text(name: &str, _kind: &str) -> String {
    name.to_owned()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(value: SqlValue) -> Option<String> {
    match value {
        SqlValue::Text(text) => something(&text),
        SqlValue::Number(number) => Some(number.to_string()),
        SqlValue::Bytes(_) | SqlValue::Null => None,
    }
}

fn unreadable(source: &str, error: &StoreError) -> ImportError {
    let why = match error {
        StoreError::Unavailable { why, .. } | StoreError::Unusable { why, .. } => why.clone(),
        StoreError::Missing(_) | StoreError::Newer { .. } => error.to_string(),
    };
    ImportError::Accounting { source: source.to_owned(), why }
}

/// Numbers the rows of the table in the order in which they were made.
const NUMBER: &str = "radacctid";

const POSTGRES_COLUMNS: &str = "SELECT CAST(attname AS TEXT), format_type(atttypid, NULL)
    FROM pg_attribute
    WHERE attrelid = to_regclass('radacct') AND attnum > 0 AND NOT attisdropped";

const SQLITE_COLUMNS: &str = "SELECT name, type FROM pragma_table_info('radacct')";
