use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, WrongType, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};

use super::database::{Database, Dialect, ScrubOutcome, SqlParam, SqlRow, SqlValue};
use super::rewrite::rewrite;
use super::{Location, StoreError};

/// A store in PostgreSQL. A broken connection is reopened by the next call.
pub(super) struct PostgresDatabase {
    config: Config,
    location: Location,
    /// How long a statement may take, if not as long as it likes.
    timeout: Option<Duration>,
    connection: Option<PgConnection>,
}

struct PgConnection {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl PostgresDatabase {
    /// Connects.
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let location = Location::Postgres(url.to_owned());
        let wrong = |why: String| StoreError::Unusable { location: location.clone(), why };
        let mut config: Config = url.parse().map_err(|error| wrong(message(&error)))?;
        config
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(CONNECT_TIMEOUT)
            .application_name("temoin");
        let mut postgres = Self { config, location, timeout: None, connection: None };
        postgres.connection()?;
        Ok(postgres)
    }

    fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        if let Some(connection) = self.connection.take_if(|it| !it.client.is_closed()) {
            return Ok(self.connection.insert(connection));
        }
        let connect = || {
            let mut client = self.config.connect(NoTls)?;
            client.batch_execute(SETTINGS)?;
            if let Some(timeout) = self.timeout {
                let timeout = timeout.as_millis();
                client.batch_execute(&format!(
                    "SET statement_timeout = {timeout}; SET lock_timeout = {timeout}"
                ))?;
            }
            Ok(client)
        };
        let client = connect().map_err(|error| failure(&self.location, &error))?;
        Ok(self.connection.insert(PgConnection { client, statements: HashMap::new() }))
    }

    fn run<T>(
        &mut self,
        action: impl FnOnce(&mut PgConnection) -> Result<T, postgres::Error>,
    ) -> Result<T, StoreError> {
        let result = action(self.connection()?);
        result.map_err(|error| {
            let failure = failure(&self.location, &error);
            // A server that is shutting down closes the connection a moment later: do not reuse it.
            if failure.is_transient() {
                self.connection = None;
            }
            failure
        })
    }
}

impl PgConnection {
    fn prepared(&mut self, text: &str) -> Result<Statement, postgres::Error> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text)?;
        self.statements.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Database for PostgresDatabase {
    fn execute(&mut self, statement: &str, values: &[SqlParam<'_>]) -> Result<u64, StoreError> {
        self.run(|connection| {
            let statement = connection.prepared(statement)?;
            connection.client.execute(&statement, &parameters(values))
        })
    }

    fn query(
        &mut self,
        statement: &str,
        values: &[SqlParam<'_>],
    ) -> Result<Vec<SqlRow>, StoreError> {
        self.run(|connection| {
            let statement = connection.prepared(statement)?;
            let rows = connection.client.query(&statement, &parameters(values))?;
            rows.iter().map(answers).collect()
        })
    }

    fn serialise(&mut self, number: i64) -> Result<(), StoreError> {
        self.execute("SELECT pg_advisory_xact_lock($1)", &[SqlParam::Number(number)])?;
        Ok(())
    }

    fn bound(&mut self, timeout: Duration) -> Result<(), StoreError> {
        self.timeout = Some(timeout);
        self.connection = None;
        self.connection().map(|_| ())
    }

    fn claim(&mut self, name: &str) -> Result<bool, StoreError> {
        // A connection that has it already gets it again.
        let rows = self.query(CLAIM, &[SqlParam::Text(name)])?;
        Ok(matches!(rows.first().map(Vec::as_slice), Some([SqlValue::Number(1)])))
    }

    fn batch(&mut self, statements: &str) -> Result<(), StoreError> {
        self.run(|connection| connection.client.batch_execute(statements))
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN")
    }

    fn dialect(&self) -> Dialect {
        Dialect {
            bytes: "BYTEA",
            number: "BIGINT",
            key: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            table: "",
            lock: "LOCK TABLE form IN EXCLUSIVE MODE",
            afterwards: WITHOUT_STATISTICS,
        }
    }

    fn scrub(&mut self) -> Result<ScrubOutcome, StoreError> {
        if !self.run(|connection| rewrite(&mut connection.client, WITHOUT_STATISTICS))? {
            return Ok(ScrubOutcome::LogRemains);
        }
        // The write-ahead log still has them until its files are removed after a checkpoint, which
        // depends on privileges and settings that are not this program's.
        let empty = |connection: &mut PgConnection| {
            connection.client.batch_execute("SELECT pg_switch_wal()")?;
            connection.client.batch_execute("CHECKPOINT")?;
            let settings = connection.client.query_one(LOG_IS_REMOVED, &[])?;
            settings.try_get::<_, bool>(0)
        };
        let removed = self.run(empty).unwrap_or(false);
        Ok(if removed { ScrubOutcome::Gone } else { ScrubOutcome::LogRemains })
    }

    fn unexpected(&self, why: &str) -> StoreError {
        StoreError::Unusable { location: self.location.clone(), why: why.to_owned() }
    }
}

impl ToSql for SqlParam<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
            Self::Null => Ok(IsNull::Yes),
            Self::Number(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::BYTEA, Type::INT8, Type::TEXT].contains(kind)
    }

    to_sql_checked!();
}

fn parameters<'a>(values: &'a [SqlParam<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn answers(row: &postgres::Row) -> Result<SqlRow, postgres::Error> {
    let answer = |(place, column): (usize, &postgres::Column)| {
        let answer = match *column.type_() {
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(place)?.map(SqlValue::Bytes),
            Type::INT8 => row.try_get::<_, Option<i64>>(place)?.map(SqlValue::Number),
            _ => row.try_get::<_, Option<String>>(place)?.map(SqlValue::Text),
        };
        Ok(answer.unwrap_or(SqlValue::Null))
    };
    row.columns().iter().enumerate().map(answer).collect()
}

fn failure(location: &Location, error: &postgres::Error) -> StoreError {
    let location = location.clone();
    let why = message(error);
    // Of the server's errors, only lack of resources, locks and a shutdown are transient.
    let lasting = error.code().is_some_and(|code| {
        let passing = ["08", "40", "53", "55", "57", "58"];
        !passing.iter().any(|class| code.code().starts_with(class))
    });
    let mistaken = error.source().and_then(|source| source.downcast_ref::<WrongType>()).is_some();
    if lasting || mistaken {
        StoreError::Unusable { location, why }
    } else {
        StoreError::Unavailable { location, why }
    }
}

/// What the server says, without the details, which may name values.
fn message(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => {
            error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
        }
    }
}

/// Bounds how long hooks and requests wait; commits are durable before they are answered.
const SETTINGS: &str = "
SET synchronous_commit = on;
SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '30s';
";

/// Two numbers, so that none of them is one of those that serialise transactions.
const CLAIM: &str = "SELECT CAST(pg_try_advisory_lock(1952805748, hashtext($1)) AS INT)::BIGINT";

/// Whether files of the log are removed after a checkpoint: not used again as they are, nor archived, nor
/// kept for a replica that follows or may come back.
const LOG_IS_REMOVED: &str = "SELECT current_setting('wal_recycle')::boolean = false
    AND current_setting('archive_mode') = 'off'
    AND (SELECT setting::bigint = 0 FROM pg_settings WHERE name = 'wal_keep_size')
    AND NOT EXISTS (SELECT FROM pg_replication_slots)
    AND NOT EXISTS (SELECT FROM pg_stat_replication)";

/// Samples of values in the planner's statistics would outlive the rows that they come from.
const WITHOUT_STATISTICS: &str = "
ALTER TABLE session ALTER COLUMN id SET STATISTICS 0,
    ALTER COLUMN origin_address SET STATISTICS 0,
    ALTER COLUMN origin_port SET STATISTICS 0,
    ALTER COLUMN assigned_ipv4 SET STATISTICS 0,
    ALTER COLUMN assigned_ipv6 SET STATISTICS 0,
    ALTER COLUMN delegated_prefix SET STATISTICS 0,
    ALTER COLUMN assigned_at SET STATISTICS 0,
    ALTER COLUMN began SET STATISTICS 0,
    ALTER COLUMN ended_after SET STATISTICS 0,
    ALTER COLUMN ended SET STATISTICS 0,
    ALTER COLUMN member_identity SET STATISTICS 0,
    ALTER COLUMN client_version SET STATISTICS 0,
    ALTER COLUMN client_platform SET STATISTICS 0;
";

/// How long a call waits for a server that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
