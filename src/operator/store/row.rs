use std::fmt::Display;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::database::{SqlParam, SqlValue};
use crate::{EndTime, HeldRecord, SessionEnd, SessionRecord, TerminateCause};
use temoin_core::session::{Gateway, SessionId, Transport};
use temoin_protocol::{Day, UnixSeconds};

/// The columns of a record, in the order of [`RecordColumns::values`] and [`entry`].
macro_rules! columns {
    () => {
        "origin_address, origin_port, assigned_ipv4, assigned_ipv6, delegated_prefix, assigned_at, \
         began, ended, ended_after, end_reason, gateway_address, gateway_port, transport, \
         member_identity, client_version, client_platform, erase_by"
    };
}
pub(super) use columns;

/// How many there are.
pub(super) const COLUMNS: usize = 17;

/// A record as column values.
pub(super) struct RecordColumns<'a> {
    record: &'a SessionRecord,
    texts: [Option<String>; 5],
    erase_by: Option<Day>,
}

impl<'a> RecordColumns<'a> {
    pub(super) fn new(record: &'a SessionRecord, erase_by: Option<Day>) -> Self {
        let text = |value: Option<&dyn Display>| value.map(ToString::to_string);
        let origin = record.origin_address.map(|address| address.to_canonical());
        let gateway = record.gateway.map(|gateway| gateway.address.to_canonical());
        let texts = [
            text(origin.as_ref().map(|it| it as _)),
            text(record.assigned_ipv4.as_ref().map(|it| it as _)),
            text(record.assigned_ipv6.as_ref().map(|it| it as _)),
            text(record.delegated_prefix.as_ref().map(|it| it as _)),
            text(gateway.as_ref().map(|it| it as _)),
        ];
        Self { record, texts, erase_by }
    }

    pub(super) fn values(&self) -> [SqlParam<'_>; COLUMNS] {
        let Self { record, texts: [origin, ipv4, ipv6, prefix, gateway], erase_by } = self;
        let port = |port: Option<u16>| number(port.map(i64::from));
        [
            origin.as_deref().into(),
            port(record.origin_port),
            ipv4.as_deref().into(),
            ipv6.as_deref().into(),
            prefix.as_deref().into(),
            second(record.assigned_at),
            second(Some(record.began)),
            second(record.ended()),
            second(record.end.and_then(|end| match end.when {
                EndTime::At(_) => None,
                EndTime::Between(earliest, _) => Some(earliest),
            })),
            record.end.map(|end| end.reason.name()).into(),
            gateway.as_deref().into(),
            port(record.gateway.and_then(|gateway| gateway.port)),
            record.transport.map(Transport::name).into(),
            record.member_identity.as_deref().into(),
            record.client_version.as_deref().into(),
            record.client_platform.as_deref().into(),
            day(*erase_by),
        ]
    }
}

impl<'a> From<Option<&'a str>> for SqlParam<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(SqlParam::Null, SqlParam::Text)
    }
}

/// A time as a column value.
pub(super) fn second(at: Option<UnixSeconds>) -> SqlParam<'static> {
    number(at.and_then(|at| i64::try_from(at.number()).ok()))
}

/// A day as a column value.
pub(super) fn day(day: Option<Day>) -> SqlParam<'static> {
    number(day.map(|day| {
        let date = day.date();
        i64::from(date.year()) * 10_000 + i64::from(date.month() * 100 + date.day())
    }))
}

fn number(number: Option<i64>) -> SqlParam<'static> {
    number.map_or(SqlParam::Null, SqlParam::Number)
}

/// Reads a row column by column. `None` from any of them means a value that the store never writes.
pub(super) struct RowReader<'a>(pub(super) std::slice::Iter<'a, SqlValue>);

impl<'a> RowReader<'a> {
    pub(super) fn number(&mut self) -> Option<Option<i64>> {
        match self.0.next()? {
            SqlValue::Null => Some(None),
            SqlValue::Number(number) => Some(Some(*number)),
            SqlValue::Bytes(_) | SqlValue::Text(_) => None,
        }
    }

    pub(super) fn text(&mut self) -> Option<Option<&'a str>> {
        match self.0.next()? {
            SqlValue::Null => Some(None),
            SqlValue::Text(text) => Some(Some(text)),
            SqlValue::Bytes(_) | SqlValue::Number(_) => None,
        }
    }

    pub(super) fn id(&mut self) -> Option<Option<SessionId>> {
        match self.0.next()? {
            SqlValue::Null => Some(None),
            SqlValue::Bytes(bytes) => {
                Some(Some(SessionId::from_bytes(bytes.as_slice().try_into().ok()?)))
            }
            SqlValue::Number(_) | SqlValue::Text(_) => None,
        }
    }

    pub(super) fn second(&mut self) -> Option<Option<UnixSeconds>> {
        self.converted(|number| UnixSeconds::from_number(number.try_into().ok()?))
    }

    fn port(&mut self) -> Option<Option<u16>> {
        self.converted(|number| number.try_into().ok())
    }

    pub(super) fn day(&mut self) -> Option<Option<Day>> {
        self.converted(|number| {
            let number = u32::try_from(number).ok()?;
            let year = i32::try_from(number / 10_000).ok()?;
            NaiveDate::from_ymd_opt(year, number / 100 % 100, number % 100).and_then(Day::new)
        })
    }

    fn converted<T>(&mut self, convert: impl FnOnce(i64) -> Option<T>) -> Option<Option<T>> {
        self.number()?.map_or(Some(None), |number| convert(number).map(Some))
    }

    fn parsed<T: FromStr>(&mut self) -> Option<Option<T>> {
        self.text()?.map_or(Some(None), |text| text.parse().ok().map(Some))
    }

    fn owned(&mut self) -> Option<Option<String>> {
        Some(self.text()?.map(str::to_owned))
    }

    /// The columns of a record.
    pub(super) fn entry(&mut self) -> Option<HeldRecord> {
        let mut record = SessionRecord {
            origin_address: self.parsed()?,
            origin_port: self.port()?,
            assigned_ipv4: self.parsed()?,
            assigned_ipv6: self.parsed()?,
            delegated_prefix: self.parsed()?,
            assigned_at: self.second()?,
            ..SessionRecord::beginning(self.second()??)
        };
        let (ended, ended_after) = (self.second()?, self.second()?);
        let reason = self.text()?.and_then(TerminateCause::from_name);
        record.end = ended.map(|ended| SessionEnd {
            when: ended_after.map_or(EndTime::At(ended), |after| EndTime::Between(after, ended)),
            reason: reason.unwrap_or(TerminateCause::Other),
        });
        let (address, port) = (self.parsed()?, self.port()?);
        record.gateway = address.map(|address| Gateway { address, port });
        record.transport = self.text()?.and_then(Transport::from_name);
        record.member_identity = self.owned()?;
        record.client_version = self.owned()?;
        record.client_platform = self.owned()?;
        Some(HeldRecord { record, erase_by: self.day()? })
    }
}
