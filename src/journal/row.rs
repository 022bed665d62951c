use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rusqlite::types::{FromSql, Type};
use rusqlite::{Error, Row, ToSql, named_params};

use crate::domain::{
    BootId, ClockReading, Coverage, End, EndReason, Facts, Gateway, Ipv6Prefix, Moment, Observed,
    Session, SessionId, Source, Timestamp, Transport, Uptime,
};

/// The columns of a session, in the order in which [`session`] reads them by name.
pub(super) const UPDATE: &str = "
UPDATE session SET
    interface = :interface, coverage = :coverage, connection = :connection,
    last_seen = :last_seen, is_undated = :is_undated,
    opened_boot = :opened_boot, opened_uptime = :opened_uptime,
    opened_realtime = :opened_realtime, opened_synchronised = :opened_synchronised,
    start_earliest = :start_earliest, start_latest = :start_latest,
    start_claimed = :start_claimed, start_source = :start_source,
    closed_boot = :closed_boot, closed_uptime = :closed_uptime,
    closed_realtime = :closed_realtime, closed_synchronised = :closed_synchronised,
    end_earliest = :end_earliest, end_latest = :end_latest, end_claimed = :end_claimed,
    end_source = :end_source, end_reason = :end_reason,
    origin_address = :origin_address, origin_address_source = :origin_address_source,
    origin_port = :origin_port, origin_port_source = :origin_port_source,
    assigned_ipv4 = :assigned_ipv4, assigned_ipv4_source = :assigned_ipv4_source,
    assigned_ipv6 = :assigned_ipv6, assigned_ipv6_source = :assigned_ipv6_source,
    delegated_prefix = :delegated_prefix, delegated_last = :delegated_last,
    delegated_length = :delegated_length, delegated_source = :delegated_source,
    gateway_address = :gateway_address, gateway_port = :gateway_port,
    gateway_source = :gateway_source, transport = :transport,
    transport_source = :transport_source
WHERE id = :id";

/// Begins a session's row; [`UPDATE`] fills it in, within the same transaction.
pub(super) const INSERT: &str = "
INSERT INTO session (id, secret, device, coverage, is_undated, opened_boot, opened_uptime,
    opened_realtime, opened_synchronised, start_source)
VALUES (?1, ?2, ?3, '', 0, x'', 0, 0, 0, '')";

/// Runs [`UPDATE`] for a session.
pub(super) fn update(
    statement: &mut rusqlite::CachedStatement<'_>,
    session: &Session,
) -> rusqlite::Result<usize> {
    let facts = &session.facts;
    let (opened, end) = (&session.opened, session.end.as_ref());
    let closed = end.map(|end| &end.closed);
    let prefix = facts.delegated_prefix.map(|own| own.value);
    statement.execute(named_params! {
        ":id": session.id.as_bytes(),
        ":interface": session.interface,
        ":coverage": session.coverage.name(),
        ":connection": session.connection,
        ":last_seen": milliseconds(session.last_seen),
        ":is_undated": session.is_undated(),
        ":opened_boot": opened.boot.as_bytes(),
        ":opened_uptime": uptime(opened),
        ":opened_realtime": opened.realtime.milliseconds(),
        ":opened_synchronised": opened.synchronised,
        ":start_earliest": milliseconds(session.start.value.earliest),
        ":start_latest": milliseconds(session.start.value.latest),
        ":start_claimed": milliseconds(session.start.value.claimed),
        ":start_source": session.start.source.name(),
        ":closed_boot": closed.map(|closed| closed.boot.as_bytes()),
        ":closed_uptime": closed.map(uptime),
        ":closed_realtime": closed.map(|closed| closed.realtime.milliseconds()),
        ":closed_synchronised": closed.map(|closed| closed.synchronised),
        ":end_earliest": end.and_then(|end| milliseconds(end.moment.value.earliest)),
        ":end_latest": end.and_then(|end| milliseconds(end.moment.value.latest)),
        ":end_claimed": end.and_then(|end| milliseconds(end.moment.value.claimed)),
        ":end_source": end.map(|end| end.moment.source.name()),
        ":end_reason": end.map(|end| end.reason.name()),
        ":origin_address": facts.origin_address.map(|own| bytes(own.value)),
        ":origin_address_source": facts.origin_address.map(|own| own.source.name()),
        ":origin_port": facts.origin_port.map(|own| own.value),
        ":origin_port_source": facts.origin_port.map(|own| own.source.name()),
        ":assigned_ipv4": facts.assigned_ipv4.map(|own| own.value.octets()),
        ":assigned_ipv4_source": facts.assigned_ipv4.map(|own| own.source.name()),
        ":assigned_ipv6": facts.assigned_ipv6.map(|own| own.value.octets()),
        ":assigned_ipv6_source": facts.assigned_ipv6.map(|own| own.source.name()),
        ":delegated_prefix": prefix.map(|prefix| prefix.address().octets()),
        ":delegated_last": prefix.map(|prefix| prefix.last_address().octets()),
        ":delegated_length": prefix.map(Ipv6Prefix::length),
        ":delegated_source": facts.delegated_prefix.map(|own| own.source.name()),
        ":gateway_address": facts.gateway.map(|own| bytes(own.value.address)),
        ":gateway_port": facts.gateway.and_then(|own| own.value.port),
        ":gateway_source": facts.gateway.map(|own| own.source.name()),
        ":transport": facts.transport.map(|own| own.value.name()),
        ":transport_source": facts.transport.map(|own| own.source.name()),
    })
}

/// Reads a row of `SELECT * FROM session`.
pub(super) fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let closed_source: Option<String> = row.get("end_source")?;
    let end = match closed_source {
        None => None,
        Some(_) => Some(End {
            moment: observed_moment(
                row,
                ["end_earliest", "end_latest", "end_claimed"],
                "end_source",
            )?,
            closed: reading(
                row,
                ["closed_boot", "closed_uptime", "closed_realtime", "closed_synchronised"],
            )?,
            reason: named(row, "end_reason", EndReason::from_name)?,
        }),
    };
    Ok(Session {
        id: SessionId::from_bytes(row.get("id")?),
        device: parsed(row, "device")?,
        interface: row.get("interface")?,
        opened: reading(
            row,
            ["opened_boot", "opened_uptime", "opened_realtime", "opened_synchronised"],
        )?,
        start: observed_moment(
            row,
            ["start_earliest", "start_latest", "start_claimed"],
            "start_source",
        )?,
        end,
        facts: facts(row)?,
        coverage: named(row, "coverage", Coverage::from_name)?,
        connection: row.get("connection")?,
        last_seen: timestamp(row, "last_seen")?,
    })
}

fn facts(row: &Row<'_>) -> rusqlite::Result<Facts> {
    let prefix = |address: [u8; 16]| {
        let length = row.get("delegated_length")?;
        Ipv6Prefix::new(address.into(), length).map_err(|_| unexpected(row, "delegated_length"))
    };
    let gateway = |bytes: Vec<u8>| {
        let address = address(row, "gateway_address", bytes)?;
        Ok(Gateway { address, port: row.get("gateway_port")? })
    };
    let transport =
        |name: String| Transport::from_name(&name).ok_or_else(|| unexpected(row, "transport"));
    Ok(Facts {
        origin_address: observed(row, "origin_address", "origin_address_source", |bytes| {
            address(row, "origin_address", bytes)
        })?,
        origin_port: observed(row, "origin_port", "origin_port_source", Ok)?,
        assigned_ipv4: observed(row, "assigned_ipv4", "assigned_ipv4_source", |bytes: [u8; 4]| {
            Ok(Ipv4Addr::from(bytes))
        })?,
        assigned_ipv6: observed(
            row,
            "assigned_ipv6",
            "assigned_ipv6_source",
            |bytes: [u8; 16]| Ok(Ipv6Addr::from(bytes)),
        )?,
        delegated_prefix: observed(row, "delegated_prefix", "delegated_source", prefix)?,
        gateway: observed(row, "gateway_address", "gateway_source", gateway)?,
        transport: observed(row, "transport", "transport_source", transport)?,
    })
}

fn observed<T, U: FromSql>(
    row: &Row<'_>,
    column: &str,
    source: &str,
    convert: impl FnOnce(U) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<Observed<T>>> {
    let Some(value) = row.get::<_, Option<U>>(column)? else { return Ok(None) };
    Ok(Some(Observed::new(convert(value)?, named(row, source, Source::from_name)?)))
}

fn observed_moment(
    row: &Row<'_>,
    [earliest, latest, claimed]: [&str; 3],
    source: &str,
) -> rusqlite::Result<Observed<Moment>> {
    let moment = Moment {
        earliest: timestamp(row, earliest)?,
        latest: timestamp(row, latest)?,
        claimed: timestamp(row, claimed)?,
    };
    Ok(Observed::new(moment, named(row, source, Source::from_name)?))
}

fn reading(
    row: &Row<'_>,
    [boot, uptime, realtime, synchronised]: [&str; 4],
) -> rusqlite::Result<ClockReading> {
    let milliseconds = u64::try_from(row.get::<_, i64>(uptime)?);
    Ok(ClockReading {
        boot: BootId::from_bytes(row.get(boot)?),
        uptime: Uptime::from_milliseconds(milliseconds.map_err(|_| unexpected(row, uptime))?),
        realtime: timestamp(row, realtime)?.ok_or_else(|| unexpected(row, realtime))?,
        synchronised: row.get(synchronised)?,
    })
}

fn timestamp(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?
        .map(|milliseconds| {
            Timestamp::from_milliseconds(milliseconds).map_err(|_| unexpected(row, column))
        })
        .transpose()
}

fn named<T>(
    row: &Row<'_>,
    column: &str,
    from_name: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    from_name(row.get_ref(column)?.as_str()?).ok_or_else(|| unexpected(row, column))
}

fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(|_| unexpected(row, column))
}

fn address(row: &Row<'_>, column: &str, bytes: Vec<u8>) -> rusqlite::Result<IpAddr> {
    <[u8; 4]>::try_from(bytes.as_slice())
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes.as_slice()).map(IpAddr::from))
        .map_err(|_| unexpected(row, column))
}

/// A value that no version of temoin writes there.
fn unexpected(row: &Row<'_>, column: &str) -> Error {
    let index = row.as_ref().column_index(column).unwrap_or_default();
    let what = format!("{column} has a value that temoin never writes");
    Error::FromSqlConversionFailure(index, Type::Blob, what.into())
}

/// An address as its bytes.
pub(super) fn bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn milliseconds(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::milliseconds)
}

fn uptime(reading: &ClockReading) -> impl ToSql + use<> {
    i64::try_from(reading.uptime.milliseconds()).unwrap_or(i64::MAX)
}
