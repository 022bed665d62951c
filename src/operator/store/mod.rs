//! Where the records are: one file of SQLite, or a database of PostgreSQL that several gateways share.
//!
//! # Data storage
//! A row of table `session` is all there is of a session, its ID included: erasing it leaves nothing
//! to look up. Salts and digests are never stored.
//!
//! # Error handling
//! A call that fails has changed nothing. [`StoreError::is_transient`] tells what may be tried again:
//! each call that writes may be repeated as it is, also when it is not known whether it succeeded.

mod close;
mod database;
mod error;
mod location;
mod postgres;
mod radacct;
mod row;
mod schema;
mod server;
mod sqlite;
mod upkeep;

use std::collections::HashMap;
use std::net::IpAddr;

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

use super::{HeldRecord, RetentionPolicy, SessionRecord, TerminateCause};
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

    /// Records that a session began on a server. Sessions that an earlier run of this server left
    /// open are over, and so is one that had the same address on it.
    ///
    /// The same session again changes nothing.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn begin_session(
        &mut self,
        run: &ServerRun,
        record: &SessionRecord,
        policy: &RetentionPolicy,
    ) -> Result<(), StoreError> {
        transaction(&mut *self.database, |database| {
            server::mark_seen(database, run, record.began, policy)?;
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
            supersede(database, run, record, policy)?;
            insert(database, run, record, policy)
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
                return insert(database, run, record, policy);
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

    /// Binds an ID to the open session to which `source` is assigned. It is durable when this returns.
    ///
    /// Where several open records have the address, the one that began last counts.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn bind(&mut self, source: IpAddr, id: &SessionId) -> Result<BindOutcome, StoreError> {
        let address = source.to_canonical();
        let text = address.to_string();
        let query = if address.is_ipv4() { OPEN_WITH_IPV4 } else { OPEN_WITH_IPV6 };
        let bytes = id.as_bytes();
        let first: i64 = bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | i64::from(*byte));
        transaction(&mut *self.database, |database| {
            // Else two sessions that bind the same ID could both find it free.
            database.serialise(first)?;
            let taken = database
                .query("SELECT number FROM session WHERE id = $1", &[SqlParam::Bytes(bytes)])?;
            // Twice, since the session may be bound or end in between.
            for _ in 0..2 {
                let rows = database.query(query, &[SqlParam::Text(&text)])?;
                let Some(row) = rows.first() else { return Ok(BindOutcome::NoSession) };
                let mut row = RowReader(row.iter());
                let (number, bound) =
                    row.number().flatten().zip(row.id()).ok_or_else(|| damaged(database))?;
                if let Some(bound) = bound {
                    return Ok(if bound == *id {
                        BindOutcome::Bound
                    } else {
                        BindOutcome::Conflict
                    });
                }
                if !taken.is_empty() {
                    return Ok(BindOutcome::Conflict);
                }
                let changed = database.execute(
                    "UPDATE session SET id = $1 WHERE number = $2 AND id IS NULL AND ended IS NULL",
                    &[SqlParam::Bytes(bytes), SqlParam::Number(number)],
                )?;
                if changed == 1 {
                    return Ok(BindOutcome::Bound);
                }
            }
            Ok(BindOutcome::NoSession)
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

/// What became of a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BindOutcome {
    /// The ID is bound to the session, now or since before.
    Bound,
    /// Another ID is bound to the session, or this ID to another session.
    Conflict,
    /// No open session has the address.
    NoSession,
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
                    AND (ended IS NULL OR ended_after IS NOT NULL OR ended = $5) THEN 1
                ELSE 0 END AS BIGINT) AS alike
        FROM session WHERE server = $6 AND began = $7 AND run = $8 ORDER BY alike DESC, number",
        &[
            origin,
            port,
            ipv4,
            ipv6,
            second(record.ended()),
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

/// Ends the open sessions on this server whose address is now assigned to `record`.
fn supersede(
    database: &mut dyn Database,
    run: &ServerRun,
    record: &SessionRecord,
    policy: &RetentionPolicy,
) -> Result<(), StoreError> {
    let columns = RecordColumns::new(record, None);
    let [_, _, ipv4, ipv6, ..] = columns.values();
    let open = database.query(
        "SELECT number, began FROM session
        WHERE server = $1 AND ended IS NULL AND (assigned_ipv4 = $2 OR assigned_ipv6 = $3)",
        &[SqlParam::Text(run.server.as_str()), ipv4, ipv6],
    )?;
    close(
        database,
        &open,
        TerminateCause::Superseded,
        |began| (began, record.began.max(began)),
        policy,
    )
}

fn insert(
    database: &mut dyn Database,
    run: &ServerRun,
    record: &SessionRecord,
    policy: &RetentionPolicy,
) -> Result<(), StoreError> {
    let columns = RecordColumns::new(record, policy.erase_by(record.began, record.ended()));
    let mut values = vec![SqlParam::Text(run.server.as_str()), second(Some(run.began))];
    values.extend(columns.values());
    database.execute(INSERT, &values)?;
    Ok(())
}

const INSERT: &str = concat!(
    "INSERT INTO session (server, run, ",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
);

const OPEN_WITH_IPV4: &str = "SELECT number, id FROM session
    WHERE assigned_ipv4 = $1 AND ended IS NULL ORDER BY began DESC, number DESC LIMIT 1";

const OPEN_WITH_IPV6: &str = "SELECT number, id FROM session
    WHERE assigned_ipv6 = $1 AND ended IS NULL ORDER BY began DESC, number DESC LIMIT 1";

const LOOK_UP: &str = concat!(
    "SELECT id, ",
    columns!(),
    " FROM session WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
    $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32,
    $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48,
    $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64)"
);
