use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rusqlite::types::{FromSql, Type, Value};
use rusqlite::{Error, Result, Row};

use super::schema::{DAY_BITS, OUTSIDE_ITS_DAY, UNDATED};
use temoin_core::session::{
    Attributes, BootId, ClockReading, Coverage, Device, End, EndReason, Gateway, Ipv6Prefix,
    Observed, Session, SessionId, Source, TimeBounds, Timestamp, Transport, Uptime,
};

/// The columns of a session but its `id`, in the order in which [`values`] gives and [`read`] takes
/// them. An update that named the `id` would write a page of its index, too.
pub(super) const COLUMNS: &str = "device, interface, coverage, connection, last_seen, \
    opened_boot, opened_uptime, opened_realtime, opened_synchronised, \
    start_earliest, start_latest, start_claimed, start_source, \
    end_reason, end_earliest, end_latest, end_claimed, end_source, \
    closed_boot, closed_uptime, closed_realtime, closed_synchronised, \
    origin_address, origin_address_source, origin_port, origin_port_source, \
    assigned_ipv4, assigned_ipv4_source, assigned_ipv6, assigned_ipv6_source, \
    delegated_prefix, delegated_prefix_source, gateway_address, gateway_port, gateway_source, \
    transport, transport_source";

/// All but a session's ID as a row's values, in the order of [`COLUMNS`].
pub(super) fn values(session: &Session) -> Vec<Value> {
    let Session { device, interface, opened, start, end, attributes, .. } = session;
    let mut values = vec![
        Value::Text(device.to_string()),
        (*interface).into(),
        coverage_code(session.coverage).into(),
        session.connection.into(),
        instant(session.last_seen),
        Value::Blob(opened.boot.as_bytes().to_vec()),
    ];
    push_clocks(&mut values, opened);
    push_moment(&mut values, start);
    match end {
        Some(End { moment, closed, reason }) => {
            values.push(reason_code(*reason).into());
            push_moment(&mut values, moment);
            let own_boot = closed.boot != opened.boot;
            values.push(own_boot.then(|| closed.boot.as_bytes().to_vec()).into());
            push_clocks(&mut values, closed);
        }
        None => values.extend([const { Value::Null }; 9]),
    }
    push_fact(&mut values, attributes.origin_address, |address| Value::Blob(octets(address)));
    push_fact(&mut values, attributes.origin_port, |port| i64::from(port).into());
    push_fact(&mut values, attributes.assigned_ipv4, |address| Value::Blob(octets(address.into())));
    push_fact(&mut values, attributes.assigned_ipv6, |address| Value::Blob(octets(address.into())));
    push_fact(&mut values, attributes.delegated_prefix, |prefix| {
        let mut bytes = octets(prefix.address().into());
        bytes.push(prefix.length());
        Value::Blob(bytes)
    });
    let gateway = attributes.gateway;
    values.push(gateway.map(|gateway| octets(gateway.value.address)).into());
    values.push(gateway.and_then(|gateway| gateway.value.port).into());
    values.push(gateway.map(|gateway| source_code(gateway.source)).into());
    push_fact(&mut values, attributes.transport, |transport| transport_code(transport).into());
    values
}

/// Flags for column `astray`, for a session at this row number.
pub(super) fn out_of_order_flags(session: &Session, number: i64) -> Option<i64> {
    let near =
        |at: Option<Timestamp>| at.is_some_and(|at| (day(at) - (number >> DAY_BITS)).abs() <= 1);
    // Open sessions are found through table `underway`.
    let is_near = near(session.start.value.earliest)
        && session.end.as_ref().is_none_or(|end| near(end.moment.value.latest));
    let outside = if is_near { 0 } else { OUTSIDE_ITS_DAY };
    let undated = if session.is_undated() { UNDATED } else { 0 };
    Some(outside | undated).filter(|mark| *mark != 0)
}

/// The number of the next row after `last`.
pub(super) fn number_after(last: i64, session: &Session) -> i64 {
    let start = session.start.value;
    let trusted = start.latest.filter(|_| start.claimed.is_none());
    trusted.map_or(i64::MIN, |at| day(at) << DAY_BITS).max(last.saturating_add(1))
}

/// The lowest and highest row numbers of sessions that may have been open at `since` or later and
/// begun before `until`, not counting those flagged as outside their day or still open.
pub(super) fn numbers(since: Option<Timestamp>, until: Option<Timestamp>) -> (i64, i64) {
    let lowest = since.map_or(i64::MIN, |since| (day(since) - 1) << DAY_BITS);
    let highest = until.map_or(i64::MAX, |until| ((day(until) + 2) << DAY_BITS) - 1);
    (lowest, highest)
}

/// Days since 1970-01-01, in UTC.
fn day(at: Timestamp) -> i64 {
    at.milliseconds().div_euclid(86_400_000)
}

/// The session in a row whose values from place `first` on are `id` and those of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>, first: usize) -> Result<Session> {
    let mut reader = RowReader { row, next: first };
    let id = SessionId::from_bytes(reader.take()?);
    let device: Device = reader.parse(|text: String| text.parse().ok())?;
    let interface = reader.take()?;
    let coverage = reader.parse(coverage_of)?;
    let connection = reader.take()?;
    let last_seen = reader.instant()?;
    let boot = BootId::from_bytes(reader.take()?);
    let opened = reader.clocks(boot)?;
    let start = reader.moment()?;
    let reason: Option<EndReason> = reader.parse(|code: Option<i64>| match code {
        Some(code) => reason_of(code).map(Some),
        None => Some(None),
    })?;
    let end = if let Some(reason) = reason {
        let moment = reader.moment()?;
        let boot = reader.take::<Option<[u8; 16]>>()?.map_or(opened.boot, BootId::from_bytes);
        Some(End { moment, closed: reader.clocks(boot)?, reason })
    } else {
        reader.next += 8;
        None
    };
    let attributes = Attributes {
        origin_address: reader.fact(address)?,
        origin_port: reader.fact(Some)?,
        assigned_ipv4: reader.fact(|bytes: [u8; 4]| Some(bytes.into()))?,
        assigned_ipv6: reader.fact(|bytes: [u8; 16]| Some(bytes.into()))?,
        delegated_prefix: reader.fact(prefix)?,
        gateway: {
            let address = reader.parse(|bytes: Option<Vec<u8>>| match bytes {
                Some(bytes) => address(bytes).map(Some),
                None => Some(None),
            })?;
            let port = reader.take()?;
            let source = reader.source()?;
            address
                .zip(source)
                .map(|(address, source)| Observed { value: Gateway { address, port }, source })
        },
        transport: reader.fact(transport_of)?,
    };
    Ok(Session {
        id,
        device,
        interface,
        opened,
        start,
        end,
        attributes,
        coverage,
        connection,
        last_seen,
    })
}

/// The bytes of an address in network order.
pub(super) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn push_clocks(values: &mut Vec<Value>, reading: &ClockReading) {
    // The upper half of u64 is stored as negative numbers.
    let uptime = i64::from_ne_bytes(reading.uptime.milliseconds().to_ne_bytes());
    values.push(uptime.into());
    values.push(reading.realtime.milliseconds().into());
    values.push(reading.synchronised.into());
}

fn push_moment(values: &mut Vec<Value>, moment: &Observed<TimeBounds>) {
    let TimeBounds { earliest, latest, claimed } = moment.value;
    values.extend([earliest, latest, claimed].map(instant));
    values.push(source_code(moment.source).into());
}

fn push_fact<T>(
    values: &mut Vec<Value>,
    fact: Option<Observed<T>>,
    value: impl FnOnce(T) -> Value,
) {
    match fact {
        Some(fact) => values.extend([value(fact.value), source_code(fact.source).into()]),
        None => values.extend([Value::Null, Value::Null]),
    }
}

fn instant(at: Option<Timestamp>) -> Value {
    at.map(Timestamp::milliseconds).into()
}

/// Reads the columns of a row from left to right.
struct RowReader<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl RowReader<'_> {
    fn take<T: FromSql>(&mut self) -> Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    fn parse<T: FromSql, U>(&mut self, parse: impl FnOnce(T) -> Option<U>) -> Result<U> {
        let place = self.next;
        parse(self.take()?).ok_or_else(|| {
            let name = self.row.as_ref().column_name(place).map(str::to_owned);
            Error::InvalidColumnType(place, name.unwrap_or_default(), Type::Null)
        })
    }

    fn instant(&mut self) -> Result<Option<Timestamp>> {
        self.parse(|at: Option<i64>| match at {
            Some(at) => Timestamp::from_milliseconds(at).ok().map(Some),
            None => Some(None),
        })
    }

    fn source(&mut self) -> Result<Option<Source>> {
        self.parse(|code: Option<i64>| match code {
            Some(code) => source_of(code).map(Some),
            None => Some(None),
        })
    }

    fn clocks(&mut self, boot: BootId) -> Result<ClockReading> {
        Ok(ClockReading {
            boot,
            uptime: Uptime::from_milliseconds(u64::from_ne_bytes(
                self.take::<i64>()?.to_ne_bytes(),
            )),
            realtime: self.parse(|at| Timestamp::from_milliseconds(at).ok())?,
            synchronised: self.take()?,
        })
    }

    fn moment(&mut self) -> Result<Observed<TimeBounds>> {
        let value = TimeBounds {
            earliest: self.instant()?,
            latest: self.instant()?,
            claimed: self.instant()?,
        };
        Ok(Observed { value, source: self.parse(source_of)? })
    }

    fn fact<T: FromSql, U>(
        &mut self,
        parse: impl FnOnce(T) -> Option<U>,
    ) -> Result<Option<Observed<U>>> {
        let value = self.parse(|value: Option<T>| match value {
            Some(value) => parse(value).map(Some),
            None => Some(None),
        })?;
        let source = self.source()?;
        Ok(value.zip(source).map(|(value, source)| Observed { value, source }))
    }
}

fn address(bytes: Vec<u8>) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes.as_slice()) {
        return Some(Ipv4Addr::from(four).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| Ipv6Addr::from(sixteen).into())
}

fn prefix(bytes: [u8; 17]) -> Option<Ipv6Prefix> {
    let (length, address) = bytes.split_last()?;
    let address = <[u8; 16]>::try_from(address).ok()?;
    Ipv6Prefix::new(address.into(), *length).ok()
}

fn source_code(source: Source) -> i64 {
    match source {
        Source::OpenVpnHook => 1,
        Source::OperatorPush => 2,
        Source::Management => 3,
        Source::Interface => 4,
        Source::Bounds => 5,
        Source::Stun => 6,
        Source::NatPmp => 7,
        Source::Pcp => 8,
        Source::PublicInterface => 9,
    }
}

fn source_of(code: i64) -> Option<Source> {
    Source::ALL.into_iter().find(|source| source_code(*source) == code)
}

fn reason_code(reason: EndReason) -> i64 {
    match reason {
        EndReason::StoppedWithNotice => 1,
        EndReason::Stopped => 2,
        EndReason::Restarted => 3,
        EndReason::Reloaded => 4,
        EndReason::ServerSilent => 5,
        EndReason::ServerStopped => 6,
        EndReason::ConnectionLost => 7,
        EndReason::TlsError => 8,
        EndReason::SettingsChanged => 9,
        EndReason::InterfaceGone => 10,
        EndReason::ProcessGone => 11,
        EndReason::Unseen => 12,
        EndReason::Superseded => 13,
        EndReason::Other => 14,
    }
}

fn reason_of(code: i64) -> Option<EndReason> {
    EndReason::ALL.into_iter().find(|reason| reason_code(*reason) == code)
}

fn coverage_code(coverage: Coverage) -> i64 {
    match coverage {
        Coverage::Complete => 1,
        Coverage::Hooks => 2,
        Coverage::Interface => 3,
    }
}

fn coverage_of(code: i64) -> Option<Coverage> {
    [Coverage::Complete, Coverage::Hooks, Coverage::Interface]
        .into_iter()
        .find(|coverage| coverage_code(*coverage) == code)
}

fn transport_code(transport: Transport) -> i64 {
    match transport {
        Transport::Udp => 1,
        Transport::Tcp => 2,
    }
}

fn transport_of(code: i64) -> Option<Transport> {
    [Transport::Udp, Transport::Tcp]
        .into_iter()
        .find(|transport| transport_code(*transport) == code)
}
