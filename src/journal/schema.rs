use rusqlite::Connection;

use super::JournalError;
use super::error::Failing;

/// The steps that lead from an empty file to the present schema, in order. A step that was ever
/// released is never changed: a new one follows it.
const STEPS: [&str; 1] = [FIRST];

/// The sessions, what was taken from the spool, and the certificates of erasure.
///
/// Instants are milliseconds since 1970, UTC. Addresses are their 4 or 16 bytes in network order.
/// Sources, reasons and the like are the stable names of the domain's types. NULL is unknown.
pub(super) const FIRST: &str = "
CREATE TABLE session (
    number INTEGER PRIMARY KEY,         -- the order of recording
    id BLOB NOT NULL UNIQUE,            -- the session ID
    secret BLOB NOT NULL,               -- what the ID is made from; never leaves the box
    device TEXT NOT NULL,               -- the tunnel's interface
    interface INTEGER,                  -- the kernel's number of that interface
    coverage TEXT NOT NULL,             -- how closely the session was watched
    connection INTEGER,                 -- which connection of its OpenVPN process it is, from 1
    last_seen INTEGER,                  -- when it is last known to have lasted
    is_undated INTEGER NOT NULL,        -- 1 while a trusted clock may tell more of start or end
    opened_boot BLOB NOT NULL,          -- clocks at the start: boot id
    opened_uptime INTEGER NOT NULL,     --   milliseconds since that boot
    opened_realtime INTEGER NOT NULL,   --   what the wall clock said
    opened_synchronised INTEGER NOT NULL, -- 1 where it was trusted
    start_earliest INTEGER,             -- the start: not before
    start_latest INTEGER,               --   not after
    start_claimed INTEGER,              --   what the unconfirmed clock said
    start_source TEXT NOT NULL,         --   how it is known
    closed_boot BLOB,                   -- clocks at the end; all of these NULL while it lasts
    closed_uptime INTEGER,
    closed_realtime INTEGER,
    closed_synchronised INTEGER,
    end_earliest INTEGER,               -- the end: not before
    end_latest INTEGER,                 --   not after
    end_claimed INTEGER,                --   what the unconfirmed clock said
    end_source TEXT,                    --   how it is known; NULL while the session lasts
    end_reason TEXT,                    --   why, as the box saw it
    origin_address BLOB,                -- where the tunnel comes from, as the operator sees it
    origin_address_source TEXT,
    origin_port INTEGER,
    origin_port_source TEXT,
    assigned_ipv4 BLOB,                 -- the addresses in the tunnel
    assigned_ipv4_source TEXT,
    assigned_ipv6 BLOB,
    assigned_ipv6_source TEXT,
    delegated_prefix BLOB,              -- the first address of the delegated prefix
    delegated_last BLOB,                -- the last address of it, to find an address within
    delegated_length INTEGER,           -- how many bits it fixes
    delegated_source TEXT,
    gateway_address BLOB,               -- the VPN server
    gateway_port INTEGER,
    gateway_source TEXT,
    transport TEXT,                     -- udp or tcp
    transport_source TEXT
);
CREATE INDEX session_open ON session (number) WHERE end_source IS NULL;
CREATE INDEX session_undated ON session (number) WHERE is_undated = 1;
CREATE TABLE taken (
    slot INTEGER PRIMARY KEY,           -- the places of a ring: the oldest is overwritten
    name TEXT NOT NULL                  -- a spool file whose event is recorded
);
CREATE TABLE erasure (
    number INTEGER PRIMARY KEY,         -- the order of erasing
    id BLOB NOT NULL,                   -- the ID of a session that was erased
    began TEXT,                         -- the day on which it began
    ended TEXT,                         -- the day on which it ended
    erased_at INTEGER NOT NULL          -- when it was erased
);
";

/// Brings a file to the present schema, a step a transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    let version: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).failing("read")?;
    let present = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let Some(done) = usize::try_from(version).ok().filter(|done| *done <= STEPS.len()) else {
        return Err(JournalError::Newer { version, present });
    };
    for (step, sql) in STEPS.iter().enumerate().skip(done) {
        let transaction = connection.transaction().failing("migrate")?;
        transaction.execute_batch(sql).failing("migrate")?;
        let done = i64::try_from(step + 1).unwrap_or(i64::MAX);
        transaction.pragma_update(None, "user_version", done).failing("migrate")?;
        transaction.commit().failing("migrate")?;
    }
    Ok(())
}
