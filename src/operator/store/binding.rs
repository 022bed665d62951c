//! Which session an ID is bound to.

use std::net::IpAddr;
use std::time::Instant;

use super::database::{Database, SqlParam, transaction};
use super::row::RowReader;
use super::{Store, StoreError, damaged};
use crate::Series;
use temoin_core::session::SessionId;
use temoin_protocol::UnixSeconds;

/// What is known of a registration. A binding to another's record would show one member's address to
/// another, so whatever is in doubt is refused.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// The ID.
    pub id: &'a SessionId,
    /// The address in the tunnel that it came from.
    pub source: IpAddr,
    /// The gateway that it came through.
    pub gateway: &'a str,
    /// The tunnel's network interface by which the gateway reaches that address, if it is known.
    pub device: Option<&'a str>,
    /// Whether the gateway ever lost a hook, so that it may have sessions that are not recorded.
    pub is_lossy: bool,
    /// The series of the gateway's hooks that runs.
    pub series: Series,
    /// When the request arrived.
    pub at: UnixSeconds,
    /// Until when the answer is waited for. Later the address may be another member's.
    pub deadline: Instant,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BindOutcome {
    /// The ID is bound to the session, now or since before.
    Bound,
    /// Another ID is bound to the session, or this ID to another session.
    Conflict,
    /// No open session certainly has the address.
    NoSession,
    /// The store took too long.
    TooLate,
}

/// Whose an address in the tunnel is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holder {
    /// It is assigned to a session.
    Assigned,
    /// It is in a prefix that is delegated to the session of this number.
    Delegated(i64),
    /// Neither, as far as is recorded.
    Unknown,
}

impl Store {
    /// Binds an ID to the open session to which its source is assigned. It is durable when this returns.
    ///
    /// It must be certain that the session is the one that has the address now: it is the only open one
    /// in the whole store that has it, on this gateway, and no hook was lost since its own. Of a gateway
    /// with several servers it must be on the one that the address is routed to; where that is not known,
    /// no hook may ever have been lost, and no other of these servers may have had the address in a
    /// session whose end nobody saw.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn bind(&mut self, registration: &Registration<'_>) -> Result<BindOutcome, StoreError> {
        let Registration { id, gateway, series, at, deadline, .. } = registration;
        let address = registration.source.to_canonical();
        let text = address.to_string();
        let query = if address.is_ipv4() { OPEN_WITH_IPV4 } else { OPEN_WITH_IPV6 };
        let bytes = id.as_bytes();
        let first: i64 = bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | i64::from(*byte));
        let mut outcome = BindOutcome::NoSession;
        transaction(&mut *self.database, |database| {
            // Else two sessions that bind the same ID could both find it free.
            database.serialise(first)?;
            let rows = database.query(query, &[SqlParam::Text(&text)])?;
            let [row] = rows.as_slice() else { return Ok(()) };
            let mut row = RowReader(row.iter());
            let read = (|| {
                let number = row.number()??;
                Some((number, row.id()?, row.text()??, row.number()?, row.second()??))
            })();
            let (number, bound, server, known, began) = read.ok_or_else(|| damaged(database))?;
            let is_of_gateway = device_of(server, gateway).is_some();
            let server = server.to_owned();
            if !is_of_gateway
                || !is_routed_to(&server, registration, database)?
                || known != Some(series.number())
                || began > *at
            {
                return Ok(());
            }
            if let Some(bound) = bound {
                outcome = if bound == **id { BindOutcome::Bound } else { BindOutcome::Conflict };
                return Ok(());
            }
            let taken = database
                .query("SELECT number FROM session WHERE id = $1", &[SqlParam::Bytes(bytes)])?;
            if !taken.is_empty() {
                outcome = BindOutcome::Conflict;
                return Ok(());
            }
            let changed = database.execute(
                "UPDATE session SET id = $1 WHERE number = $2 AND id IS NULL AND ended IS NULL",
                &[SqlParam::Bytes(bytes), SqlParam::Number(number)],
            )?;
            outcome = if changed == 1 { BindOutcome::Bound } else { BindOutcome::TooLate };
            if Instant::now() >= *deadline {
                outcome = BindOutcome::TooLate;
                database.execute(
                    "UPDATE session SET id = NULL WHERE number = $1 AND id = $2",
                    &[SqlParam::Number(number), SqlParam::Bytes(bytes)],
                )?;
            }
            Ok(())
        })?;
        Ok(outcome)
    }

    /// Whose an IPv6 address is; IPv4 addresses are one member's each.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn holder(&mut self, source: IpAddr) -> Result<Holder, StoreError> {
        let IpAddr::V6(address) = source.to_canonical() else { return Ok(Holder::Unknown) };
        let text = address.to_string();
        let assigned = self.database.query(OPEN_WITH_IPV6, &[SqlParam::Text(&text)])?;
        if !assigned.is_empty() {
            return Ok(Holder::Assigned);
        }
        // Each prefix that may be delegated and that has the address in it.
        let prefixes: [String; 33] = std::array::from_fn(|place| {
            let length = u32::try_from(place).unwrap_or(0) + 32;
            let first = address.to_bits() >> (128 - length) << (128 - length);
            format!("{}/{length}", std::net::Ipv6Addr::from_bits(first))
        });
        let values = prefixes.each_ref().map(|prefix| SqlParam::Text(prefix));
        let rows = self.database.query(OPEN_WITH_PREFIX, &values)?;
        let Some(row) = rows.first() else { return Ok(Holder::Unknown) };
        let number = RowReader(row.iter()).number().flatten();
        number.map(Holder::Delegated).ok_or_else(|| damaged(&*self.database))
    }

    /// Counts the addresses that are assigned in more than one open session, such as those of a pool
    /// that two gateways share: no box with one of them is registered.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn shared_addresses(&mut self) -> Result<u64, StoreError> {
        let rows = self.database.query(SHARED, &[])?;
        let count = rows.first().and_then(|row| RowReader(row.iter()).number().flatten());
        count.and_then(|count| count.try_into().ok()).ok_or_else(|| damaged(&*self.database))
    }

    /// Claims the name of a gateway for this connection; `false` where another one has it: two machines
    /// of the same name record into this database. It is free again when the connection ends.
    ///
    /// # Errors
    /// Every [`StoreError`] but `Missing`.
    pub fn claim_name(&mut self, gateway: &str) -> Result<bool, StoreError> {
        self.database.claim(gateway)
    }
}

/// The network interface of a server of this gateway.
fn device_of<'a>(server: &'a str, gateway: &str) -> Option<&'a str> {
    let device = server.strip_prefix(gateway)?.strip_prefix('/')?;
    (!device.contains('/')).then_some(device)
}

/// Whether the source of a registration is reached by the interface of this server.
fn is_routed_to(
    server: &str,
    registration: &Registration<'_>,
    database: &mut dyn Database,
) -> Result<bool, StoreError> {
    let Registration { gateway, device, is_lossy, .. } = registration;
    if let Some(device) = device {
        return Ok(device_of(server, gateway) == Some(device));
    }
    let rows = database.query("SELECT name FROM server", &[])?;
    let names = rows.iter().filter_map(|row| RowReader(row.iter()).text().flatten());
    let others: Vec<&str> =
        names.filter(|name| *name != server && device_of(name, gateway).is_some()).collect();
    if others.is_empty() {
        return Ok(true);
    }
    if *is_lossy {
        return Ok(false);
    }
    // A session that is thought to be over may still be there where the clock was set.
    let address = registration.source.to_canonical();
    let query = if address.is_ipv4() { INFERRED_IPV4 } else { INFERRED_IPV6 };
    let ended = database.query(query, &[SqlParam::Text(&address.to_string())])?;
    let mut servers = ended.iter().filter_map(|row| RowReader(row.iter()).text().flatten());
    Ok(!servers.any(|name| others.contains(&name)))
}

const INFERRED_IPV4: &str = "SELECT DISTINCT server FROM session
    WHERE assigned_ipv4 = $1 AND ended_after IS NOT NULL";

const INFERRED_IPV6: &str = "SELECT DISTINCT server FROM session
    WHERE assigned_ipv6 = $1 AND ended_after IS NOT NULL";

const OPEN_WITH_IPV4: &str = "SELECT number, id, server, series, began FROM session
    WHERE assigned_ipv4 = $1 AND ended IS NULL LIMIT 2";

const OPEN_WITH_IPV6: &str = "SELECT number, id, server, series, began FROM session
    WHERE assigned_ipv6 = $1 AND ended IS NULL LIMIT 2";

const OPEN_WITH_PREFIX: &str = "SELECT number FROM session
    WHERE ended IS NULL AND delegated_prefix IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
        $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31,
        $32, $33)
    ORDER BY number LIMIT 1";

const SHARED: &str = "SELECT count(*) FROM (
    SELECT assigned_ipv4 FROM session WHERE ended IS NULL AND assigned_ipv4 IS NOT NULL
    GROUP BY assigned_ipv4 HAVING count(*) > 1
    UNION ALL
    SELECT assigned_ipv6 FROM session WHERE ended IS NULL AND assigned_ipv6 IS NOT NULL
    GROUP BY assigned_ipv6 HAVING count(*) > 1) AS shared";
