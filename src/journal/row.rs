use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rusqlite::types::{FromSql, Type, Value};
use rusqlite::{Error, Result, Row};

use super::schema::{DAY_BITS, OUTSIDE_ITS_DAY, UNDATED};
use temoin_core::record::{DamagedRow, EARLIEST_PLAUSIBLE};
use temoin_core::session::{
    Attributes, BootId, ClockReading, Coverage, End, EndReason, Gateway, Ipv6Prefix, Observed,
    Session, SessionId, Source, TimeBounds, Timestamp, Transport, Uptime,
};

/// Defines the columns, and groups of them, from one list: what is selected, written and read cannot
/// drift apart.
macro_rules! columns {
    ($head:ident: $first:ident; $($group:ident: $($column:ident)*;)*) => {
        /// A column of a session, numbered by its place in [`SELECTED`].
        #[allow(non_camel_case_types, reason = "spelt as in the schema")]
        #[derive(Clone, Copy)]
        enum Column { $first, $($($column,)*)* id, number }

        const $head: [Column; 1] = [Column::$first];
        $(const $group: [Column; [$(Column::$column),*].len()] = [$(Column::$column),*];)*
        const ID: [Column; 1] = [Column::id];
        const NUMBER: [Column; 1] = [Column::number];

        /// The columns in the order in which [`values`] gives them. An update that named the `id`,
        /// too, would write a page of its index.
        pub(super) const COLUMNS: &str =
            concat!(stringify!($first) $($(, ", ", stringify!($column))*)*);

        /// The columns that [`read`] takes; a query may select more behind them.
        pub(super) const SELECTED: &str =
            concat!(stringify!($first) $($(, ", ", stringify!($column))*)*, ", id, number");
    };
}

columns! {
    DEVICE: device;
    INTERFACE: interface;
    COVERAGE: coverage;
    CONNECTION: connection;
    LAST_SEEN: last_seen;
    OPENED: opened_boot opened_uptime opened_realtime opened_synchronised;
    START: start_earliest start_latest start_claimed start_source;
    END_REASON: end_reason;
    END: end_earliest end_latest end_claimed end_source;
    CLOSED: closed_boot closed_uptime closed_realtime closed_synchronised;
    ORIGIN_ADDRESS: origin_address origin_address_source;
    ORIGIN_PORT: origin_port origin_port_source;
    ASSIGNED_IPV4: assigned_ipv4 assigned_ipv4_source;
    ASSIGNED_IPV6: assigned_ipv6 assigned_ipv6_source;
    DELEGATED_PREFIX: delegated_prefix delegated_prefix_source;
    GATEWAY: gateway_address gateway_source;
    GATEWAY_PORT: gateway_port;
    TRANSPORT: transport transport_source;
}

/// A session as a row's values, in the order of [`COLUMNS`].
pub(super) fn values(session: &Session) -> Vec<Value> {
    let Session { opened, attributes, .. } = session;
    let mut row = Values(vec![Value::Null; Column::id as usize]);
    row.set(DEVICE, session.device.to_string());
    row.set(INTERFACE, session.interface);
    row.set(COVERAGE, coverage_code(session.coverage));
    row.set(CONNECTION, session.connection);
    row.set(LAST_SEEN, session.last_seen.map(Timestamp::milliseconds));
    row.set_clocks(OPENED, opened, None);
    row.set_moment(START, &session.start);
    if let Some(End { moment, closed, reason }) = &session.end {
        row.set(END_REASON, reason_code(*reason));
        row.set_moment(END, moment);
        row.set_clocks(CLOSED, closed, Some(opened.boot));
    }
    row.set_fact(ORIGIN_ADDRESS, attributes.origin_address, octets);
    row.set_fact(ORIGIN_PORT, attributes.origin_port, |port| port);
    row.set_fact(ASSIGNED_IPV4, attributes.assigned_ipv4, |address| octets(address.into()));
    row.set_fact(ASSIGNED_IPV6, attributes.assigned_ipv6, |address| octets(address.into()));
    row.set_fact(DELEGATED_PREFIX, attributes.delegated_prefix, |prefix| {
        let mut bytes = octets(prefix.address().into());
        bytes.push(prefix.length());
        bytes
    });
    row.set_fact(GATEWAY, attributes.gateway, |gateway| octets(gateway.address));
    row.set(GATEWAY_PORT, attributes.gateway.and_then(|gateway| gateway.value.port));
    row.set_fact(TRANSPORT, attributes.transport, transport_code);
    row.0
}

/// Flags for column `out_of_order`, for a session at this row number.
pub(super) fn out_of_order_flags(session: &Session, number: i64) -> Option<i64> {
    let near =
        |at: Option<Timestamp>| at.is_some_and(|at| (day(at) - (number >> DAY_BITS)).abs() <= 1);
    // Open sessions are found through table `unfinished`.
    let is_near = near(session.start.value.earliest)
        && session.end.as_ref().is_none_or(|end| near(end.moment.value.latest));
    let outside = if is_near { 0 } else { OUTSIDE_ITS_DAY };
    let undated = if session.is_undated() { UNDATED } else { 0 };
    Some(outside | undated).filter(|mark| *mark != 0)
}

/// The lowest number that a session of its day may have.
pub(super) fn lowest_number(session: &Session) -> i64 {
    let start = session.start.value;
    let trusted = start.latest.filter(|_| start.claimed.is_none());
    trusted.map_or(i64::MIN, |at| day(at) << DAY_BITS)
}

/// A number that no session has but by damage. Without this bound a single flipped bit could leave no
/// number for the next session.
pub(super) const NUMBER_BOUND: i64 = (LAST_DAY + 1) << DAY_BITS;

/// The lowest and highest row numbers of sessions that may have been open at `since` or later and
/// begun before `until`, not counting those flagged as outside their day or still open.
pub(super) fn numbers(since: Option<Timestamp>, until: Option<Timestamp>) -> (i64, i64) {
    let lowest = since.map_or(i64::MIN, |since| (day(since) - 1) << DAY_BITS);
    let highest = until.map_or(i64::MAX, |until| ((day(until) + 2) << DAY_BITS) - 1);
    (lowest, highest)
}

/// Days since 1970-01-01, in UTC.
fn day(at: Timestamp) -> i64 {
    at.milliseconds().div_euclid(DAY)
}

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// The first day past the year 9999, the last that a [`Timestamp`] has, in days since 1970-01-01.
const LAST_DAY: i64 = 2_932_897;

/// The session in a row of [`SELECTED`].
pub(super) fn read(row: &Row<'_>) -> Result<Session> {
    let row = SessionRow(row);
    let opened = row.clocks(OPENED, None)?;
    let end = match row.optional(END_REASON, reason_of)? {
        Some(reason) => {
            let closed = row.clocks(CLOSED, Some(opened.boot))?;
            Some(End { moment: row.moment(END)?, closed, reason })
        }
        None => None,
    };
    let port = row.get(GATEWAY_PORT)?;
    let gateway = |bytes| Some(Gateway { address: address(bytes)?, port });
    Ok(Session {
        id: SessionId::from_bytes(row.get(ID)?),
        device: row.required(DEVICE, |text: String| text.parse().ok())?,
        interface: row.get(INTERFACE)?,
        opened,
        start: row.moment(START)?,
        end,
        attributes: Attributes {
            origin_address: row.fact(ORIGIN_ADDRESS, address)?,
            origin_port: row.fact(ORIGIN_PORT, Some)?,
            assigned_ipv4: row.fact(ASSIGNED_IPV4, |bytes: [u8; 4]| Some(bytes.into()))?,
            assigned_ipv6: row.fact(ASSIGNED_IPV6, |bytes: [u8; 16]| Some(bytes.into()))?,
            delegated_prefix: row.fact(DELEGATED_PREFIX, prefix)?,
            gateway: row.fact(GATEWAY, gateway)?,
            transport: row.fact(TRANSPORT, transport_of)?,
        },
        coverage: row.required(COVERAGE, coverage_of)?,
        connection: row.get(CONNECTION)?,
        last_seen: row.optional(LAST_SEEN, instant)?,
    })
}

/// The number of a row of [`SELECTED`], and the session in it; `None` where the row is damaged.
pub(super) fn read_numbered(row: &Row<'_>) -> Result<(i64, Option<Session>)> {
    Ok((SessionRow(row).get(NUMBER)?, read(row).ok()))
}

/// What can be told of a row of [`SELECTED`] that is damaged; `None` where it is not.
pub(super) fn read_damaged(row: &Row<'_>, now: Timestamp) -> Result<Option<DamagedRow>> {
    let whole = read(row);
    let row = SessionRow(row);
    let number: i64 = row.get(NUMBER)?;
    if whole.is_ok() {
        return Ok(None);
    }
    let [_, _, opened, _] = OPENED;
    let [_, start, ..] = START;
    let [_, end, ..] = END;
    let [_, _, closed, _] = CLOSED;
    let [seen] = LAST_SEEN;
    let dates = [opened, start, end, closed, seen]
        .into_iter()
        .filter_map(|column| row.get::<i64>([column]).ok().and_then(instant));
    let day = number.checked_shr(DAY_BITS).and_then(|day| instant(day.checked_mul(DAY)?));
    Ok(Some(DamagedRow {
        number,
        id: row.get(ID).ok().map(SessionId::from_bytes),
        last: dates.chain(day).filter(|at| is_plausible(*at, now)).max(),
    }))
}

/// Whether temoin may have run at an instant.
fn is_plausible(at: Timestamp, now: Timestamp) -> bool {
    at.milliseconds() >= EARLIEST_PLAUSIBLE && at <= now
}

/// The bytes of an address in network order.
pub(super) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The values of [`COLUMNS`], null unless set.
struct Values(Vec<Value>);

impl Values {
    fn set(&mut self, [column]: [Column; 1], value: impl Into<Value>) {
        self.0[column as usize] = value.into();
    }

    /// Leaves the boot out where it is `known`.
    fn set_clocks(&mut self, columns: [Column; 4], said: &ClockReading, known: Option<BootId>) {
        let [boot, uptime, realtime, synchronised] = columns;
        self.set([boot], (known != Some(said.boot)).then(|| said.boot.as_bytes().to_vec()));
        // The upper half of u64 is stored as negative numbers.
        self.set([uptime], i64::from_ne_bytes(said.uptime.milliseconds().to_ne_bytes()));
        self.set([realtime], said.realtime.milliseconds());
        self.set([synchronised], said.synchronised);
    }

    fn set_moment(&mut self, columns: [Column; 4], moment: &Observed<TimeBounds>) {
        let [earliest, latest, claimed, source] = columns;
        self.set([earliest], moment.value.earliest.map(Timestamp::milliseconds));
        self.set([latest], moment.value.latest.map(Timestamp::milliseconds));
        self.set([claimed], moment.value.claimed.map(Timestamp::milliseconds));
        self.set([source], source_code(moment.source));
    }

    fn set_fact<T, V: Into<Value>>(
        &mut self,
        [value, source]: [Column; 2],
        fact: Option<Observed<T>>,
        stored: impl FnOnce(T) -> V,
    ) {
        self.set([source], fact.as_ref().map(|fact| source_code(fact.source)));
        self.set([value], fact.map(|fact| stored(fact.value)));
    }
}

/// A row of [`SELECTED`].
struct SessionRow<'a>(&'a Row<'a>);

impl SessionRow<'_> {
    fn get<T: FromSql>(&self, [column]: [Column; 1]) -> Result<T> {
        self.0.get(column as usize)
    }

    fn optional<T: FromSql, U>(
        &self,
        column: [Column; 1],
        parse: impl FnOnce(T) -> Option<U>,
    ) -> Result<Option<U>> {
        let Some(value) = self.get(column)? else { return Ok(None) };
        parse(value).map(Some).ok_or_else(|| self.invalid(column))
    }

    fn required<T: FromSql, U>(
        &self,
        column: [Column; 1],
        parse: impl FnOnce(T) -> Option<U>,
    ) -> Result<U> {
        self.optional(column, parse)?.ok_or_else(|| self.invalid(column))
    }

    /// Takes the boot that is `known` where there is none.
    fn clocks(&self, columns: [Column; 4], known: Option<BootId>) -> Result<ClockReading> {
        let [boot, uptime, realtime, synchronised] = columns;
        let uptime: i64 = self.get([uptime])?;
        Ok(ClockReading {
            boot: match (self.get::<Option<_>>([boot])?, known) {
                (None, Some(known)) => known,
                (bytes, _) => BootId::from_bytes(bytes.ok_or_else(|| self.invalid([boot]))?),
            },
            uptime: Uptime::from_milliseconds(u64::from_ne_bytes(uptime.to_ne_bytes())),
            realtime: self.required([realtime], instant)?,
            synchronised: self.get([synchronised])?,
        })
    }

    fn moment(&self, columns: [Column; 4]) -> Result<Observed<TimeBounds>> {
        let [earliest, latest, claimed, source] = columns;
        let value = TimeBounds {
            earliest: self.optional([earliest], instant)?,
            latest: self.optional([latest], instant)?,
            claimed: self.optional([claimed], instant)?,
        };
        Ok(Observed { value, source: self.required([source], source_of)? })
    }

    fn fact<T: FromSql, U>(
        &self,
        [value, source]: [Column; 2],
        parse: impl FnOnce(T) -> Option<U>,
    ) -> Result<Option<Observed<U>>> {
        let value = self.optional([value], parse)?;
        let source = self.optional([source], source_of)?;
        Ok(value.zip(source).map(|(value, source)| Observed { value, source }))
    }

    fn invalid(&self, [column]: [Column; 1]) -> Error {
        let place = column as usize;
        let name = self.0.as_ref().column_name(place).map(str::to_owned).unwrap_or_default();
        Error::InvalidColumnType(place, name, Type::Null)
    }
}

fn instant(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_milliseconds(milliseconds).ok()
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

/// Defines the numbers that stand for an enumeration's values.
macro_rules! codes {
    ($code:ident, $of:ident, $type:ident: $($number:literal $value:ident),*) => {
        fn $code(value: $type) -> i64 {
            match value {
                $($type::$value => $number),*
            }
        }

        fn $of(code: i64) -> Option<$type> {
            match code {
                $($number => Some($type::$value),)*
                _ => None,
            }
        }
    };
}

codes! {
    source_code, source_of, Source:
    1 OpenVpnHook, 2 OperatorPush, 3 Management, 4 Interface, 5 Bounds, 6 Stun, 7 NatPmp, 8 Pcp,
    9 PublicInterface, 10 VpnClientSettings
}

codes! {
    reason_code, reason_of, EndReason:
    1 StoppedWithNotice, 2 Stopped, 3 Restarted, 4 Reloaded, 5 ServerSilent, 6 ServerStopped,
    7 ConnectionLost, 8 TlsError, 9 SettingsChanged, 10 InterfaceGone, 11 ProcessGone, 12 Unseen,
    13 Superseded, 14 Other
}

codes! { coverage_code, coverage_of, Coverage: 1 Complete, 2 Hooks, 3 Interface }

codes! { transport_code, transport_of, Transport: 1 Udp, 2 Tcp }

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rusqlite::Connection;

    use super::super::schema;
    use super::*;

    #[test]
    fn every_column_of_the_table_is_read_but_the_secret_and_the_flags() {
        let mut connection = Connection::open_in_memory().unwrap();
        let transaction = connection.transaction().unwrap();
        schema::migrate(&transaction).unwrap();
        let in_table: BTreeSet<String> = transaction
            .prepare("SELECT name FROM pragma_table_info('session')")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_>>()
            .unwrap();
        let read = SELECTED.split(", ").chain(["secret", "out_of_order"]);
        assert_eq!(read.map(str::to_owned).collect::<BTreeSet<String>>(), in_table);
    }
}
