use super::StoreError;
use super::database::{Database, SqlValue, transaction};

/// The store's current schema version, kept in its table `form`.
pub(super) const CURRENT: i64 = SERIES;

/// Version 1: sessions, and the servers that they are on.
const SESSIONS: i64 = 1;

/// Version 2: the series of hooks that a session began in, and prefixes to be found by.
const SERIES: i64 = 2;

/// The migrations: each version and the statements that lead to it, in order. A step that was ever
/// released is never edited: stores made by it exist.
const STEPS: [(i64, &str); 2] = [(SESSIONS, CREATE_SESSIONS), (SERIES, ADD_SERIES)];

/// Instants are whole seconds since 1970-01-01T00:00:00Z. Addresses are text, as RFC 5952 writes
/// them, so that a sysadmin can read them; of IPv4-mapped ones the IPv4 address.
const CREATE_SESSIONS: &str = "
CREATE TABLE session (
    -- Bookkeeping: the order of recording.
    number {key},
    -- The opaque name that the member's box registered, 32 bytes; null before.
    id {bytes},
    -- Bookkeeping: the name of the server that the session is on, to find it by when it ends.
    server TEXT NOT NULL,
    -- Bookkeeping: when that run of the server began; null for what was imported.
    run {number},
    -- Bookkeeping: the name of the session in the accounting that it was imported from. Accounting uses
    -- a name again, so a session is known by it and its start.
    imported TEXT,
    -- The address and port that the tunnel came from at the start.
    origin_address TEXT,
    origin_port {number},
    -- The addresses in the tunnel.
    assigned_ipv4 TEXT,
    assigned_ipv6 TEXT,
    -- The IPv6 prefix routed to the member, such as 2001:db8:1::/56.
    delegated_prefix TEXT,
    -- When these were assigned.
    assigned_at {number},
    -- session_start.
    began {number} NOT NULL,
    -- session_end; null while the session lasts. Where nobody saw it, no later than this, and
    -- no earlier than ended_after, which is null where it was seen.
    ended {number},
    ended_after {number},
    -- Why it ended.
    end_reason TEXT,
    -- The server's address and port.
    gateway_address TEXT,
    gateway_port {number},
    -- udp or tcp.
    transport TEXT,
    -- The certificate's common name or the login.
    member_identity TEXT,
    -- The member's VPN software and the system it runs on.
    client_version TEXT,
    client_platform TEXT,
    -- The day before whose end the row is to be gone, in the operator's time zone, as the number
    -- 20261125; null while that is not determined.
    erase_by {number}
){table};
CREATE UNIQUE INDEX session_by_id ON session (id);
CREATE UNIQUE INDEX session_by_import ON session (imported, began)
    WHERE imported IS NOT NULL;
CREATE INDEX session_open_ipv4 ON session (assigned_ipv4) WHERE ended IS NULL;
CREATE INDEX session_open_ipv6 ON session (assigned_ipv6) WHERE ended IS NULL;
CREATE INDEX session_by_start ON session (server, began);
CREATE INDEX session_by_erasure ON session (erase_by) WHERE ended IS NOT NULL;

CREATE TABLE server (
    -- The name of the server.
    name TEXT PRIMARY KEY,
    -- When its present run began.
    run {number} NOT NULL,
    -- The last sign of life.
    seen {number} NOT NULL
){table};

CREATE TABLE setting (
    -- What is remembered, such as the retention by which erase_by was reckoned.
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
){table};
";

/// A session that is not known to be of the series that runs is bound to no ID.
const ADD_SERIES: &str = "
ALTER TABLE session ADD COLUMN series {number};
CREATE INDEX session_open_prefix ON session (delegated_prefix)
    WHERE ended IS NULL AND delegated_prefix IS NOT NULL;
CREATE INDEX session_inferred_ipv4 ON session (assigned_ipv4) WHERE ended_after IS NOT NULL;
CREATE INDEX session_inferred_ipv6 ON session (assigned_ipv6) WHERE ended_after IS NOT NULL;
";

/// Migrates the store to the current version. `create` allows it to have no schema yet; without that,
/// such a store gives `None`.
pub(super) fn migrate(
    database: &mut dyn Database,
    create: bool,
) -> Result<Option<i64>, StoreError> {
    let dialect = database.dialect();
    if create {
        let text = "CREATE TABLE IF NOT EXISTS form (number {number} PRIMARY KEY)";
        database.batch(&text.replace("{number}", dialect.number))?;
    }
    match version(database) {
        Ok(found) if found >= CURRENT => return Ok(Some(found)),
        // Without the table there is nothing at all.
        Ok(0) | Err(StoreError::Unusable { .. }) if !create => return Ok(None),
        found => found?,
    };
    transaction(database, |database| {
        database.batch(dialect.lock)?;
        // Another program may have done it meanwhile.
        let found = version(database)?;
        for (number, step) in STEPS.into_iter().filter(|(number, _)| *number > found) {
            let step = step
                .replace("{key}", dialect.key)
                .replace("{number}", dialect.number)
                .replace("{bytes}", dialect.bytes)
                .replace("{table}", dialect.table);
            database.batch(&step)?;
            database.batch(dialect.afterwards)?;
            database.batch(&format!("INSERT INTO form (number) VALUES ({number})"))?;
        }
        Ok(Some(CURRENT))
    })
}

fn version(database: &mut dyn Database) -> Result<i64, StoreError> {
    let rows = database.query("SELECT max(number) FROM form", &[])?;
    match rows.first().and_then(|row| row.first()) {
        Some(SqlValue::Number(number)) => Ok(*number),
        _ => Ok(0),
    }
}
