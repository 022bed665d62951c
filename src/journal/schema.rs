use rusqlite::{Connection, Transaction};

/// The current schema version, kept in the database's `user_version`.
pub(super) const CURRENT_VERSION: i32 = PROTOCOL_2;

/// Version 1: sessions, unfinished work, certificates of erasure.
const SESSIONS: i32 = 1;

/// Version 2: the sync with the operator.
const SYNC: i32 = 2;

/// Version 3: session counts by day.
const SESSION_COUNTS: i32 = 3;

/// Version 4: plain names for tables and columns.
const PLAIN_NAMES: i32 = 4;

/// Version 5: statements of version 2 of the protocol, and those that contradict each other.
const PROTOCOL_2: i32 = 5;

/// Each schema version and its migration from the one before, in order. A released migration is
/// never edited: journals created by it exist.
const STEPS: [(i32, &str); 5] = [
    (SESSIONS, CREATE_SESSIONS),
    (SYNC, CREATE_SYNC),
    (SESSION_COUNTS, CREATE_SESSION_COUNTS),
    (PLAIN_NAMES, GIVE_PLAIN_NAMES),
    (PROTOCOL_2, DROP_PROTOCOL_1),
];

/// In bytes; SQLite's minimum, since a session touches some six pages whatever their size.
pub(super) const PAGE_SIZE: i32 = 512;

/// Bits of a row number below the day: row `n` belongs to day `n >> DAY_BITS` since 1970-01-01. A
/// day with more rows continues into the next.
pub(super) const DAY_BITS: u32 = 20;

/// Flag in column `out_of_order`: the session may have begun or ended more than a day away from the day
/// of its `number`, so a search by time must check it separately.
pub(super) const OUTSIDE_ITS_DAY: i64 = 1;

/// Flag in column `out_of_order`: a trusted clock or neighbouring sessions may still narrow its time.
pub(super) const UNDATED: i64 = 2;

/// Only what `domain::Field` says is recorded, how it is known, what it takes to date it, and the
/// bookkeeping that is marked so.
///
/// Instants are milliseconds since 1970-01-01T00:00:00Z; addresses are the 4 or 16 bytes of network
/// order; enumerations are the small numbers that `row.rs` lists, since their names would be longer
/// than all else in the row. A column that ends in `_source` says how the value before it is known
/// and is null where that value is unknown.
const CREATE_SESSIONS: &str = "
CREATE TABLE session (
    -- Bookkeeping: the order of recording, which is the order of events. Where the clock was trusted,
    -- it begins with the day of the start. Nothing finer: inner pages keep numbers of rows that are
    -- gone, and the certificate of an erasure tells the day already.
    number INTEGER PRIMARY KEY,
    -- The opaque name of the session, 32 bytes.
    id BLOB NOT NULL,
    -- The 32 bytes whose digest the id is. They never leave the box.
    secret BLOB NOT NULL,
    -- The tunnel's network interface, such as tun0.
    device TEXT NOT NULL,
    -- The kernel's number of that interface.
    interface INTEGER,
    -- How closely it could be watched.
    coverage INTEGER NOT NULL,
    -- Which connection of its OpenVPN process it is, from 1.
    connection INTEGER,
    -- The last moment at which the tunnel is known to have lived.
    last_seen INTEGER,
    -- What the clocks said when the start was observed: the run of the kernel (16 bytes),
    -- milliseconds since it began, the wall clock, and whether that was trusted (0 or 1).
    opened_boot BLOB NOT NULL,
    opened_uptime INTEGER NOT NULL,
    opened_realtime INTEGER NOT NULL,
    opened_synchronised INTEGER NOT NULL,
    -- session_start and assigned_at: not before, not after, and what an untrusted clock said.
    start_earliest INTEGER,
    start_latest INTEGER,
    start_claimed INTEGER,
    start_source INTEGER NOT NULL,
    -- end_reason; null while the session lasts, and then so is all that follows about the end.
    end_reason INTEGER,
    -- session_end, in the same three values.
    end_earliest INTEGER,
    end_latest INTEGER,
    end_claimed INTEGER,
    end_source INTEGER,
    -- What the clocks said at the end; a boot that is null is that of the start.
    closed_boot BLOB,
    closed_uptime INTEGER,
    closed_realtime INTEGER,
    closed_synchronised INTEGER,
    -- The address that the tunnel comes from, as the operator sees it.
    origin_address BLOB,
    origin_address_source INTEGER,
    -- The port that the tunnel comes from, as the operator sees it.
    origin_port INTEGER,
    origin_port_source INTEGER,
    -- The IPv4 address in the tunnel.
    assigned_ipv4 BLOB,
    assigned_ipv4_source INTEGER,
    -- The IPv6 address in the tunnel.
    assigned_ipv6 BLOB,
    assigned_ipv6_source INTEGER,
    -- The IPv6 prefix routed to the member: 16 bytes of address and one of length.
    delegated_prefix BLOB,
    delegated_prefix_source INTEGER,
    -- The VPN server's address and port.
    gateway_address BLOB,
    gateway_port INTEGER,
    gateway_source INTEGER,
    -- UDP or TCP.
    transport INTEGER,
    transport_source INTEGER,
    -- Bookkeeping: null for most, else why a search by time or the dating must look at the row
    -- apart: 1 outside its day, 2 undated, 3 both.
    astray INTEGER
) STRICT;

-- Four bytes tell sessions apart well enough to find one, and keep this index to a few pages.
CREATE INDEX session_by_id ON session (substr(id, 1, 4));

CREATE INDEX session_astray ON session (number) WHERE astray IS NOT NULL;

-- Bookkeeping, a handful of rows on one page: what is not finished.
CREATE TABLE underway (
    -- 'open': a session that lasts. 'taken': a spool file whose changes are recorded.
    kind TEXT NOT NULL,
    -- The session's number, or the spool file's name.
    item ANY NOT NULL,
    PRIMARY KEY (kind, item)
) STRICT, WITHOUT ROWID;

-- What remains of a session that was erased: nothing from which an address could be worked out.
CREATE TABLE erasure (
    -- Bookkeeping: the order of erasure.
    number INTEGER PRIMARY KEY,
    -- The opaque name of the session, 32 bytes.
    id BLOB NOT NULL UNIQUE,
    -- When it was erased.
    erased_at INTEGER NOT NULL,
    -- The civil date at which its retention period ended, or why it was erased before.
    expiry TEXT NOT NULL
) STRICT;
";

/// Requests to the operator and its signed answers; nothing of a session but its ID.
const CREATE_SYNC: &str = "
-- What passed about a session. The first request that names a session makes its row, which outlives
-- the session where anything is left to show: then it holds nothing from which an address could be
-- worked out.
CREATE TABLE dealing (
    -- Bookkeeping: the order in which they began.
    number INTEGER PRIMARY KEY,
    -- The opaque name of the session, 32 bytes.
    id BLOB NOT NULL,
    -- What came of its registration: 0 nothing yet, 1 bound, 2 refused, 3 rejected.
    registration INTEGER NOT NULL,
    -- The HTTP status of a rejection.
    registration_status INTEGER,
    -- When the registration was answered.
    registered_at INTEGER,
    -- When a request last named the session.
    asked_at INTEGER NOT NULL,
    -- The latest statement that a record is held, as a receipt (PROTOCOL.md): with salt and digests
    -- until the session is erased, without them from then on.
    held BLOB,
    -- The latest statement that none is held, where nothing later says otherwise.
    not_held BLOB,
    -- The day in held before whose end the record is to be gone, in days since 1970-01-01; null where
    -- it was not determined.
    erase_by INTEGER,
    -- Bookkeeping: what there is still to learn: 1 whether it is registered, 2 whether the record is
    -- gone; 3 nothing, and the session itself is to go; null nothing.
    stage INTEGER
) STRICT;

CREATE INDEX dealing_by_id ON dealing (substr(id, 1, 4));

CREATE INDEX dealing_by_stage ON dealing (stage, asked_at) WHERE stage IS NOT NULL;

CREATE INDEX dealing_by_day ON dealing (erase_by) WHERE stage = 2;

-- Each request that left the box, for the member to read.
CREATE TABLE ledger (
    -- The order of sending.
    number INTEGER PRIMARY KEY,
    -- When it was sent; it is noted before.
    sent_at INTEGER NOT NULL,
    -- 1 register, 2 status.
    call INTEGER NOT NULL,
    -- By what way: 1 through the tunnel, 2 by the proxy.
    way INTEGER NOT NULL,
    -- Whether a person asked for it (0 or 1).
    by_hand INTEGER NOT NULL,
    -- Request line and header fields.
    head BLOB NOT NULL,
    -- The IDs that were sent, 32 bytes each; of a session that was erased since, zeros.
    body BLOB NOT NULL,
    -- When the answer was there, or given up; null where that is not known.
    answered_at INTEGER,
    -- The answer's HTTP status.
    status INTEGER,
    -- The size of its body in bytes.
    size INTEGER,
    -- The SHA-256 of its body.
    digest BLOB,
    -- Why the answer is of no use, or did not come.
    failure TEXT
) STRICT;

-- When the next daily request is due.
CREATE TABLE schedule (
    -- 'status'.
    call TEXT PRIMARY KEY,
    -- When.
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whose signature counts.
CREATE TABLE operator_key (
    -- The order of learning.
    number INTEGER PRIMARY KEY,
    -- The public key that the operator's profile pins, 32 bytes: a chain of keys begins with it.
    pinned BLOB NOT NULL,
    -- A rotation in that chain (PROTOCOL.md); null in the row of the pinned key itself.
    rotation BLOB,
    -- When it was learnt.
    learnt_at INTEGER NOT NULL
) STRICT;
";

/// Session counts, so that nobody has to read every session to know how many should be held.
const CREATE_SESSION_COUNTS: &str = "
-- Bookkeeping: of the sessions that ended and whose times are settled, those of the same days.
CREATE TABLE census (
    -- The days of the bounds of their start and end in each zone, as census.rs writes them.
    days BLOB PRIMARY KEY,
    -- How many there are.
    sessions INTEGER NOT NULL,
    -- The number of the one that began first.
    first INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Bookkeeping: the zones of those days; while there are none, nothing is counted.
CREATE TABLE census_zone (
    -- In this order.
    place INTEGER PRIMARY KEY,
    -- The name in the IANA database.
    zone TEXT NOT NULL
) STRICT;
";

/// The names that the queries use; no row changes.
const GIVE_PLAIN_NAMES: &str = "
DROP INDEX session_astray;

-- Bookkeeping: null for most, else why a search by time or the dating must look at the row apart: 1
-- outside its day, 2 undated, 3 both.
ALTER TABLE session RENAME COLUMN astray TO out_of_order;

CREATE INDEX session_out_of_order ON session (number) WHERE out_of_order IS NOT NULL;

-- Bookkeeping: the sessions that last, and the spool files whose changes are recorded.
ALTER TABLE underway RENAME TO unfinished;

DROP INDEX dealing_by_id;
DROP INDEX dealing_by_stage;
DROP INDEX dealing_by_day;

-- The state of the sync with the operator about each session that a request named.
ALTER TABLE dealing RENAME TO sync_state;

CREATE INDEX sync_state_by_id ON sync_state (substr(id, 1, 4));

CREATE INDEX sync_state_by_stage ON sync_state (stage, asked_at) WHERE stage IS NOT NULL;

CREATE INDEX sync_state_by_erase_by ON sync_state (erase_by) WHERE stage = 2;

-- The route: 1 through the tunnel, 2 by the proxy.
ALTER TABLE ledger RENAME COLUMN way TO route;

-- Whether a person asked for it (0 or 1).
ALTER TABLE ledger RENAME COLUMN by_hand TO manual;

-- Bookkeeping: how many sessions have the same days, as session_counts.rs writes them.
ALTER TABLE census RENAME TO session_count;

-- Bookkeeping: the time zones of those days.
ALTER TABLE census_zone RENAME TO session_count_zone;

-- The order of the zones in those days.
ALTER TABLE session_count_zone RENAME COLUMN place TO position;
";

/// Statements and rotations of version 1 of the protocol, which nobody ever ran but to try it: their
/// form is no longer read. Registrations stay, and are asked about again.
const DROP_PROTOCOL_1: &str = "
UPDATE sync_state SET held = NULL, not_held = NULL;

DELETE FROM operator_key WHERE rotation IS NOT NULL;

-- Of the statements before those in sync_state: the first on a session, and each that a later one
-- contradicts.
CREATE TABLE earlier_statement (
    -- Bookkeeping: the order of keeping.
    number INTEGER PRIMARY KEY,
    -- The opaque name of the session, 32 bytes.
    id BLOB NOT NULL,
    -- As in sync_state.
    receipt BLOB NOT NULL
) STRICT;

CREATE INDEX earlier_statement_by_id ON earlier_statement (substr(id, 1, 4));
";

/// The schema version of the database; 0 before the first migration.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Runs the migrations from the database's schema version to the current one.
pub(super) fn migrate(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let found = version(transaction)?;
    for (number, step) in STEPS.into_iter().filter(|(number, _)| *number > found) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        if found > 0 {
            log::info!("the journal now has form {number}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
