use std::collections::BTreeSet;
use std::sync::Arc;

use temoin_core::session::{Field, Gateway, IdPrefix, SessionId, TimeBounds, Timestamp, Transport};
use temoin_core::text::plain;

use crate::address::{endpoint, ipv4, ipv6, prefix};
use crate::columns::ColumnMeaning;
use crate::mapping::Mapping;
use crate::reply::{ReplyPosition, ReplyRecord};
use crate::reply_error::{Expected, ReplyError};
use crate::row::{Columns, Row};
use crate::time_text::{DateOrder, TimeProblem, TimeText};

/// Makes records of rows.
pub(crate) struct RecordReader<'m> {
    mapping: &'m Mapping,
    /// The order of the dates in each column, where it had to be found out.
    orders: Vec<Option<DateOrder>>,
    /// The reasons that were given, each kept once.
    reasons: BTreeSet<Arc<str>>,
}

/// A cell that is not empty, with its column.
#[derive(Clone, Copy)]
struct Cell<'r> {
    place: ReplyPosition,
    name: &'r str,
    text: &'r str,
    order: Option<DateOrder>,
}

impl<'m> RecordReader<'m> {
    pub(crate) fn new(mapping: &'m Mapping, orders: Vec<Option<DateOrder>>) -> Self {
        Self { mapping, orders, reasons: BTreeSet::new() }
    }

    /// The record in a row.
    ///
    /// # Errors
    /// Where a value is not what its column should hold.
    pub(crate) fn record(
        &mut self,
        columns: &Columns,
        row: Row<'_>,
    ) -> Result<ReplyRecord, ReplyError> {
        let mut values: Vec<(ColumnMeaning, Cell<'_>)> = Vec::new();
        for (index, (name, meaning)) in columns.names.iter().zip(&columns.meanings).enumerate() {
            let Some(meaning) = meaning.filter(|meaning| *meaning != ColumnMeaning::Ignored) else {
                continue;
            };
            let text = row.cells.get(index).map_or("", |cell| cell.trim());
            // Other numbering than temoin's is none of its IDs.
            if is_nothing(text) || meaning == ColumnMeaning::Session && session_id(text).is_none() {
                continue;
            }
            match values.iter().find(|(known, _)| *known == meaning) {
                None => {
                    let order = self.orders.get(index).copied().flatten();
                    values.push((meaning, Cell { place: row.place, name, text, order }));
                }
                Some((_, first)) if first.text != text && is_compared(meaning) => {
                    let (first, second) = (first.name.to_owned(), name.clone());
                    return Err(ReplyError::Ambiguous { place: row.place, first, second });
                }
                Some(_) => {}
            }
        }
        let mut record = self.values(row.place, &values)?;
        let is_known = |wanted: fn(ColumnMeaning) -> bool| {
            columns.meanings.iter().flatten().any(|meaning| wanted(*meaning))
        };
        // Beside an end that is left empty, a duration says how long the session lasted so far.
        if record.end().is_none() && !is_known(ColumnMeaning::is_end) {
            record.end =
                self.end_by_duration(&record, &values)?.map(Into::into).unwrap_or_default();
        }
        Ok(record)
    }

    fn values(
        &mut self,
        place: ReplyPosition,
        values: &[(ColumnMeaning, Cell<'_>)],
    ) -> Result<ReplyRecord, ReplyError> {
        let mut record = ReplyRecord::blank(place);
        let start = self.moment(Field::SessionStart, values)?;
        record.start = start.map(Into::into).unwrap_or_default();
        record.end = self.end(start, values)?.map(Into::into).unwrap_or_default();
        let assigned_at = self.moment(Field::AssignedAt, values)?;
        if let Some(assigned_at) = assigned_at {
            record.rare.get_or_insert_default().assigned_at = assigned_at.into();
        }
        let mut port = None;
        for (meaning, cell) in values {
            let text = cell.text;
            match meaning {
                ColumnMeaning::Session => {
                    record.rare.get_or_insert_default().session = session_id(text);
                }
                ColumnMeaning::GatewayPort => port = Some(cell.parse(Expected::Port)?),
                ColumnMeaning::Value(field) => match field {
                    Field::OriginAddress => {
                        let (address, port) =
                            endpoint(text).ok_or_else(|| cell.wrong(Expected::IpAddress))?;
                        record.origin_address = Some(address);
                        record.origin_port = record.origin_port.or(port);
                    }
                    Field::OriginPort => record.origin_port = Some(cell.parse(Expected::Port)?),
                    Field::AssignedIpv4 => {
                        let address =
                            ipv4(text).ok_or_else(|| cell.wrong(Expected::Ipv4Address))?;
                        record.assigned_ipv4 = Some(address);
                    }
                    Field::AssignedIpv6 => {
                        let address =
                            ipv6(text).ok_or_else(|| cell.wrong(Expected::Ipv6Address))?;
                        record.rare.get_or_insert_default().assigned_ipv6 = Some(address);
                    }
                    Field::DelegatedPrefix => {
                        let prefix =
                            prefix(text).ok_or_else(|| cell.wrong(Expected::Ipv6Prefix))?;
                        record.rare.get_or_insert_default().delegated_prefix = Some(prefix);
                    }
                    Field::Gateway => {
                        let (address, port) =
                            endpoint(text).ok_or_else(|| cell.wrong(Expected::IpAddress))?;
                        record.gateway = Some(Gateway { address, port });
                    }
                    Field::Transport => record.transport = transport(text),
                    Field::EndReason => record.end_reason = Some(self.reason(text)),
                    _ => {}
                },
                _ => {}
            }
        }
        if let Some(gateway) = &mut record.gateway {
            gateway.port = port.or(gateway.port);
        }
        Ok(record)
    }

    /// A start or an end: the instant, or else its bounds.
    fn moment(
        &self,
        field: Field,
        values: &[(ColumnMeaning, Cell<'_>)],
    ) -> Result<Option<TimeBounds>, ReplyError> {
        let cell = |meaning| find(values, meaning);
        let value = cell(ColumnMeaning::Value(field));
        let day = cell(ColumnMeaning::Day(Some(field)))
            .or_else(|| cell(ColumnMeaning::Day(None)).filter(|_| field == Field::SessionStart));
        let clock = cell(ColumnMeaning::Clock(field));
        if let (Some(day), Some(clock)) = (value.or(day), clock) {
            return self.day_with_clock(day, clock).map(Some);
        }
        if let Some(own) = value.or(day) {
            return self.time(own).map(Some);
        }
        let read = |meaning| cell(meaning).map(|cell| self.time(cell)).transpose();
        let earliest = read(ColumnMeaning::Earliest(field))?.and_then(|moment| moment.earliest);
        let latest = read(ColumnMeaning::Latest(field))?.and_then(|moment| moment.latest);
        let is_known = earliest.is_some() || latest.is_some();
        Ok(is_known.then(|| TimeBounds::between(earliest, latest)))
    }

    /// The end, whose clock may belong to the day of the start.
    fn end(
        &self,
        start: Option<TimeBounds>,
        values: &[(ColumnMeaning, Cell<'_>)],
    ) -> Result<Option<TimeBounds>, ReplyError> {
        if let Some(end) = self.moment(Field::SessionEnd, values)? {
            return Ok(Some(end));
        }
        let Some(clock) = find(values, ColumnMeaning::Clock(Field::SessionEnd)) else {
            return Ok(None);
        };
        let both = find(values, ColumnMeaning::Day(None));
        let own = find(values, ColumnMeaning::Day(Some(Field::SessionStart)));
        let Some(day) =
            both.or(own).or_else(|| find(values, ColumnMeaning::Value(Field::SessionStart)))
        else {
            return Ok(None);
        };
        let end = self.day_with_clock(day, clock)?;
        let is_before = match (end.latest, start.and_then(|start| start.earliest)) {
            (Some(end), Some(start)) => end < start,
            _ => false,
        };
        // After midnight, then: the next day at the earliest.
        let next = end.earliest.map(|at| at.shifted(DAY_LEAST));
        Ok(Some(if is_before { TimeBounds::between(next, None) } else { end }))
    }

    fn end_by_duration(
        &self,
        record: &ReplyRecord,
        values: &[(ColumnMeaning, Cell<'_>)],
    ) -> Result<Option<TimeBounds>, ReplyError> {
        let Some(cell) = find(values, ColumnMeaning::Duration) else { return Ok(None) };
        let milliseconds = duration(cell.text).ok_or_else(|| cell.wrong(Expected::Seconds))?;
        let after = |at: Timestamp| at.shifted(milliseconds);
        Ok(record
            .began()
            .map(|start| TimeBounds::between(start.earliest.map(after), start.latest.map(after))))
    }

    fn day_with_clock(&self, day: Cell<'_>, clock: Cell<'_>) -> Result<TimeBounds, ReplyError> {
        let of = |cell: Cell<'_>| TimeText::parse(cell.text);
        // A time that stands whole in its cell needs no other.
        if let Some(whole) = of(clock).filter(|own| own.has_day()) {
            return whole.moment(clock.order, self.zone(clock)).map_err(|own| clock.problem(own));
        }
        let joined = of(day).zip(of(clock)).and_then(|(day, clock)| day.with_clock(clock));
        let Some(joined) = joined else {
            let cell = if of(day).is_none_or(TimeText::is_clock) { day } else { clock };
            return Err(cell.wrong(Expected::DateTime));
        };
        joined.moment(day.order, self.zone(day)).map_err(|own| day.problem(own))
    }

    fn time(&self, cell: Cell<'_>) -> Result<TimeBounds, ReplyError> {
        let (format, zone) = self.mapping.time(cell.name);
        format.read(cell.text, cell.order, zone).map_err(|problem| cell.problem(problem))
    }

    fn zone(&self, cell: Cell<'_>) -> Option<crate::zone::ReplyZone> {
        self.mapping.time(cell.name).1
    }

    /// A reason, which many records share.
    fn reason(&mut self, text: &str) -> Arc<str> {
        let text: String = plain(text).chars().take(60).collect();
        if let Some(known) = self.reasons.get(text.as_str()) {
            return Arc::clone(known);
        }
        let reason: Arc<str> = text.into();
        if self.reasons.len() < MAXIMUM_REASONS {
            self.reasons.insert(Arc::clone(&reason));
        }
        reason
    }
}

impl Cell<'_> {
    fn wrong(&self, expected: Expected) -> ReplyError {
        let (name, text) = (self.name.to_owned(), self.text.to_owned());
        ReplyError::Value { place: self.place, name, text, expected }
    }

    fn problem(&self, problem: TimeProblem) -> ReplyError {
        let (place, name, text) = (self.place, self.name.to_owned(), self.text.to_owned());
        match problem {
            TimeProblem::OrderMissing => ReplyError::DatesOpen { place, name, text },
            TimeProblem::Unreadable => self.wrong(Expected::DateTime),
            TimeProblem::ZoneMissing => ReplyError::ZoneMissing { place, name, text },
        }
    }

    fn parse(&self, expected: Expected) -> Result<u16, ReplyError> {
        self.text.parse().map_err(|_| self.wrong(expected))
    }
}

fn find<'r>(values: &[(ColumnMeaning, Cell<'r>)], meaning: ColumnMeaning) -> Option<Cell<'r>> {
    values.iter().find(|(known, _)| *known == meaning).map(|(_, cell)| *cell)
}

/// Whether two columns of this meaning can contradict each other.
fn is_compared(meaning: ColumnMeaning) -> bool {
    meaning.field().is_none_or(Field::is_recorded) && meaning != ColumnMeaning::Session
}

/// Whether a cell holds what exports write for nothing.
pub(crate) fn is_nothing(text: &str) -> bool {
    matches!(
        text,
        "" | "-" | "—" | "\\N" | "0.0.0.0" | "::" | "::/0" | "0000-00-00 00:00:00" | "0000-00-00"
    ) || ["null", "(null)", "none", "nan", "nat", "n/a", "nil", "undefined"]
        .iter()
        .any(|nothing| text.eq_ignore_ascii_case(nothing))
}

/// temoin's ID of a session; other numbering of the operator's is none.
pub(crate) fn session_id(text: &str) -> Option<SessionId> {
    let prefix: IdPrefix = text.parse().ok().filter(|_| text.len() == 64)?;
    Some(prefix.range().0)
}

/// The transport in OpenVPN's many names for it: `udp`, `udp4`, `tcp-server`, `TCPv6_SERVER`.
fn transport(text: &str) -> Option<Transport> {
    Transport::from_name(text.get(..3)?.to_ascii_lowercase().as_str())
}

/// A duration in milliseconds: seconds, with a fraction or without, or `12:15:30`.
fn duration(text: &str) -> Option<i64> {
    if let Some((hours, rest)) = text.split_once(':') {
        let (minutes, seconds) = rest.split_once(':')?;
        let part = |text: &str, below: i64| -> Option<i64> {
            let is_number =
                (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| is_number && *number < below)
        };
        let total = part(hours, 10_000)? * 3600 + part(minutes, 60)? * 60 + part(seconds, 60)?;
        return Some(total * 1000);
    }
    let whole = text.split(['.', ',']).next()?;
    whole.parse::<u32>().ok().map(|seconds| i64::from(seconds) * 1000)
}

const MAXIMUM_REASONS: usize = 256;

/// The shortest day there is, when summer time begins, in milliseconds.
const DAY_LEAST: i64 = 23 * 3_600_000;
