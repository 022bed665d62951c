//! Where the records are: one file of SQLite, or a database of PostgreSQL that several gateways share.
//!
//! # Data storage
//! A row of table `session` is all there is of a session, its ID included: erasing it leaves nothing
//! to look up. Salts and digests are never stored.
//!
//! # Error handling
//! A call that fails has changed nothing. [`StoreError::is_transient`] tells what may be tried again:
//! each call that writes may be repeated as it is, also when it is not known whether it succeeded.

mod binding;
mod close;
mod database;
mod error;
mod location;
mod postgres;
mod radacct;
mod rewrite;
mod row;
mod schema;
mod server;
mod sqlite;
mod upkeep;

use std::collections::HashMap;
use std::time::Duration;

pub use binding::{BindOutcome, Holder, Registration};
pub use database::ScrubOutcome;
pub use error::StoreError;
pub use location::{InvalidLocation, Location};
pub use radacct::{
    AccountingSource, ImportError, ImportOptions, ImportReport, InvalidSource, LeftOut, RowPlace,
};
pub use server::{InvalidServerName, ServerName, ServerRun};
pub use upkeep::Stats;

use close::{close, damaged};
use database::{Database, SqlParam, transaction};
use row::{RecordColumns, RowReader, columns, second};

use super::{
    EndTime, HeldRecord, RetentionPolicy, Series, SessionEnd, SessionRecord, TerminateCause,
};
use temoin_core::session::SessionId;
use temoin_protocol::StatusRequest;

/// The record of an operator's sessions. One connection: each thread opens its own.
pub struct Store {
    database: Box<dyn Database>,
}

impl Store {
    /// Opens the store and migrates it to the current schema.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, and every other [`StoreError`].
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        Self::with(location, false)
    }

    /// Opens the store; creates it if there is none.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn create(location: &Location) -> Result<Self, StoreError> {
        Self::with(location, true)
    }

    /// Opens the store for what somebody waits for: a call takes a second at most where the database
    /// answers at all.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_for_requests(location: &Location) -> Result<Self, StoreError> {
        let mut store = Self::open(location)?;
        store.database.bound(REQUEST_TIMEOUT)?;
        Ok(store)
    }

    fn with(location: &Location, create: bool) -> Result<Self, StoreError> {
        let mut database: Box<dyn Database> = match location {
            Location::Postgres(url) => Box::new(postgres::PostgresDatabase::open(url)?),
            Location::Sqlite(path) => Box::new(sqlite::SqliteDatabase::open(path, create)?),
        };
        match schema::migrate(&mut *database, create)? {
            None => Err(StoreError::Missing(location.clone())),
            Some(version) if version > schema::CURRENT => {
                Err(StoreError::Newer { location: location.clone(), version })
            }
            Some(_) => Ok(Self { database }),
        }
    }

    /// Records that a session began on a server, by a hook of this series; without one, no ID is bound
    /// to it. Sessions that an earlier run of this server left open are over, and so is one that had the
    /// same address on it and began before.
    ///
    /// The same session again changes nothing. One that comes after another that began later is of
    /// an earlier run, or the clock was set back: then no ID is bound to either of the two.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn begin_session(
        &mut self,
        run: &ServerRun,
        record: &SessionRecord,
        policy: &RetentionPolicy,
        series: Option<Series>,
    ) -> Result<(), StoreError> {
        transaction(&mut *self.database, |database| {
            let latest = server::mark_seen(database, run, record.began, policy)?;
            // Where the origin is kept, a session of the same second that differs in it is another one:
            // its client came back at once.
            let known = match find(database, run, record)? {
                Some(MatchingSession { by_origin, .. }) => {
                    by_origin || record.origin_port.is_none()
                }
                None => false,
            };
            if known {
                return Ok(());
            }
            let is_last = supersede(database, run, record, policy)?;
            if latest > run.began {
                // Over since that server's next start at the latest.
                let when = EndTime::Between(record.began, latest.max(record.began));
                let end = Some(SessionEnd { when, reason: TerminateCause::ServerRestarted });
                let record = SessionRecord { end, ..record.clone() };
                return insert(database, run, &record, policy, None);
            }
            insert(database, run, record, policy, series.filter(|_| is_last))
        })
    }

    /// Records that a session ended: `record` is what the server knows of it then, its end included.
    /// A session whose start is not recorded is recorded whole.
    ///
    /// The same end again changes nothing.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn end_session(
        &mut self,
        run: &ServerRun,
        record: &SessionRecord,
        policy: &RetentionPolicy,
    ) -> Result<(), StoreError> {
        transaction(&mut *self.database, |database| {
            let seen = record.ended().unwrap_or(record.began);
            server::mark_seen(database, run, seen, policy)?;
            let Some(MatchingSession { number, .. }) = find(database, run, record)? else {
                return insert(database, run, record, policy, None);
            };
            let ended = record.ended();
            let columns = RecordColumns::new(record, policy.erase_by(record.began, ended));
            let [_, _, ipv4, ipv6, prefix, _, _, ended, ended_after, reason, .., erase_by] =
                columns.values();
            // An end that was seen is not replaced. Addresses that a later script assigned are known
            // only now.
            database.execute(
                "UPDATE session SET ended = $1, ended_after = $2, end_reason = $3, erase_by = $4,
                    assigned_ipv4 = coalesce($5, assigned_ipv4),
                    assigned_ipv6 = coalesce($6, assigned_ipv6),
                    delegated_prefix = coalesce(delegated_prefix, $7)
                WHERE number = $8 AND (ended IS NULL OR ended_after IS NOT NULL)",
                &[
                    ended,
                    ended_after,
                    reason,
                    erase_by,
                    ipv4,
                    ipv6,
                    prefix,
                    SqlParam::Number(number),
                ],
            )?;
            Ok(())
        })
    }

    /// What is held of these IDs, in one query; those of which nothing is held are left out.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn look_up(
        &mut self,
        ids: &[SessionId; StatusRequest::IDS],
    ) -> Result<HashMap<SessionId, HeldRecord>, StoreError> {
        let values = ids.each_ref().map(|id| SqlParam::Bytes(id.as_bytes()));
        let rows = self.database.query(LOOK_UP, &values)?;
        let mut entries = HashMap::with_capacity(rows.len());
        for row in rows {
            let mut reader = RowReader(row.iter());
            let read = reader.id().flatten().zip(reader.entry());
            let (id, entry) = read.ok_or_else(|| damaged(&*self.database))?;
            entries.insert(id, entry);
        }
        Ok(entries)
    }
}

/// What an erasure did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ErasureSummary {
    /// How many sessions were erased.
    pub sessions: u64,
    /// How completely they were removed.
    pub scrubbed: ScrubOutcome,
}

/// The row of a session that a server tells of: of this run, begun in the same second, with the same
/// origin or else the same address in the tunnel, since two clients may be alike in all but one. A
/// script may have assigned another address than the one that was known at the beginning, and the
/// origin may have changed within the session.
fn find(
    database: &mut dyn Database,
    run: &ServerRun,
    record: &SessionRecord,
) -> Result<Option<MatchingSession>, StoreError> {
    let columns = RecordColumns::new(record, None);
    let [origin, port, ipv4, ipv6, ..] = columns.values();
    let rows = database.query(
        "SELECT number,
            CAST(CASE WHEN origin_address = $1 AND origin_port = $2 THEN 2
                WHEN (assigned_ipv4 = $3 OR assigned_ipv6 = $4)
                    AND (ended IS NULL OR ended_after IS NOT NULL OR ended = $5 OR CAST($6 AS BIGINT) = 1) THEN 1
                ELSE 0 END AS BIGINT) AS alike
        FROM session WHERE server = $7 AND began = $8 AND run = $9 ORDER BY alike DESC, number",
        &[
            origin,
            port,
            ipv4,
            ipv6,
            second(record.ended()),
            // A start that comes twice, where nothing else tells it from another one.
            SqlParam::Number(i64::from(record.end.is_none() && record.origin_port.is_none())),
            SqlParam::Text(run.server.as_str()),
            second(Some(record.began)),
            second(Some(run.began)),
        ],
    )?;
    let Some(best) = rows.first() else { return Ok(None) };
    let mut best = RowReader(best.iter());
    let found = best.number().flatten().zip(best.number().flatten());
    let (number, alike) = found.ok_or_else(|| damaged(database))?;
    Ok((alike > 0).then_some(MatchingSession { number, by_origin: alike == 2 }))
}

/// A session that is recorded already.
struct MatchingSession {
    number: i64,
    /// Whether it came from the same address and port; else it has the same addresses in the tunnel,
    /// and no other end, as a session has whose client floats.
    by_origin: bool,
}

/// Ends the open sessions on this server whose address is now assigned to `record`. Those that began
/// later stay open, and no ID is bound to them. Returns whether there were none of these.
fn supersede(
    database: &mut dyn Database,
    run: &ServerRun,
    record: &SessionRecord,
    policy: &RetentionPolicy,
) -> Result<bool, StoreError> {
    let columns = RecordColumns::new(record, None);
    let [_, _, ipv4, ipv6, ..] = columns.values();
    let open = database.query(
        "SELECT number, began FROM session
        WHERE server = $1 AND ended IS NULL AND (assigned_ipv4 = $2 OR assigned_ipv6 = $3)
            AND (run IS NULL OR run < $4 OR (run = $5 AND began <= $6))",
        &[
            SqlParam::Text(run.server.as_str()),
            ipv4,
            ipv6,
            second(Some(run.began)),
            second(Some(run.began)),
            second(Some(record.began)),
        ],
    )?;
    close(
        database,
        &open,
        TerminateCause::Superseded,
        |began| (began, record.began.max(began)),
        policy,
    )?;
    let later = database.execute(
        "UPDATE session SET series = NULL
        WHERE server = $1 AND ended IS NULL AND (assigned_ipv4 = $2 OR assigned_ipv6 = $3)",
        &[SqlParam::Text(run.server.as_str()), ipv4, ipv6],
    )?;
    Ok(later == 0)
}

fn insert(
    database: &mut dyn Database,
    run: &ServerRun,
    record: &SessionRecord,
    policy: &RetentionPolicy,
    series: Option<Series>,
) -> Result<(), StoreError> {
    let columns = RecordColumns::new(record, policy.erase_by(record.began, record.ended()));
    let series = series.map_or(SqlParam::Null, |series| SqlParam::Number(series.number()));
    let mut values = vec![SqlParam::Text(run.server.as_str()), second(Some(run.began)), series];
    values.extend(columns.values());
    database.execute(INSERT, &values)?;
    Ok(())
}

/// How long a call may take that a box waits for.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

const INSERT: &str = concat!(
    "INSERT INTO session (server, run, series, ",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
);

const LOOK_UP: &str = concat!(
    "SELECT id, ",
    columns!(),
    " FROM session WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
    $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32,
    $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48,
    $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64)"
);
