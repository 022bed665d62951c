use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::options::{ImportOptions, PREFIX};
use super::row::{RadacctRow, RowPlace};
use super::value::{Instants, TimeProblem, Unreadable, host, instant, origin, prefix, reason};
use crate::gateway::{Stated, StatedGateway};
use crate::store::database::{Database, SqlParam, SqlRow, SqlValue};
use crate::store::row::{RecordColumns, RowReader, columns};
use crate::store::{close, damaged};
use crate::{EndTime, RetentionPolicy, SessionEnd, SessionRecord, StoreError, TerminateCause};
use temoin_core::session::Timestamp;
use temoin_protocol::UnixSeconds;

/// A parsed row of `radacct`.
pub(super) struct AccountingSession {
    name: String,
    server: String,
    record: SessionRecord,
    /// The last sign of life.
    seen: UnixSeconds,
    /// The columns that cannot be read.
    pub(super) unread: Vec<&'static str>,
}

/// What became of a row.
pub(super) enum ImportAction {
    New,
    None,
    Updated,
}

impl AccountingSession {
    pub(super) fn began(&self) -> UnixSeconds {
        self.record.began
    }

    pub(super) fn is_due(&self, policy: &RetentionPolicy, now: Timestamp) -> bool {
        let erase_by = policy.erase_by(self.record.began, self.record.ended());
        self.record.end.is_some() && erase_by.is_some_and(|day| Some(day) <= policy.today(now))
    }

    /// Records the session, or what was not known of it yet. Where it has the name of an earlier one,
    /// whose row it took, that one is over.
    pub(super) fn record(
        &self,
        database: &mut dyn Database,
        policy: &RetentionPolicy,
    ) -> Result<ImportAction, StoreError> {
        let began = self.record.began;
        let mut earlier = Vec::new();
        let mut next: Option<UnixSeconds> = None;
        for row in database.query(OF_NAME, &[SqlParam::Text(&self.name)])? {
            let mut reader = RowReader(row.iter());
            let read = reader.number().flatten().zip(reader.entry());
            let (number, known) = read.ok_or_else(|| damaged(database))?;
            let known = known.record;
            if known.began == began {
                return update(database, number, &known, &self.record, policy);
            }
            if known.began > began {
                next = Some(next.map_or(known.began, |next| next.min(known.began)));
            } else if known.end.is_none() {
                earlier.push(numbers(number, known.began));
            }
        }
        let bounds = |earliest| (earliest, began);
        close(database, &earlier, TerminateCause::Superseded, bounds, policy)?;
        let mut record = self.record.clone();
        if let (None, Some(next)) = (record.end, next) {
            let when = EndTime::Between(self.seen.min(next), next);
            record.end = Some(SessionEnd { when, reason: TerminateCause::Superseded });
        }
        let columns = RecordColumns::new(&record, policy.erase_by(began, record.ended()));
        let mut values = vec![SqlParam::Text(&self.server), SqlParam::Text(&self.name)];
        values.extend(columns.values());
        database.execute(INSERT, &values)?;
        Ok(ImportAction::New)
    }
}

/// Takes over what is new in `read`: values that were unknown, and an end. An end that was bounded is
/// replaced by one that was seen, and by nothing else.
fn update(
    database: &mut dyn Database,
    number: i64,
    known: &SessionRecord,
    read: &SessionRecord,
    policy: &RetentionPolicy,
) -> Result<ImportAction, StoreError> {
    let mut record = known.clone();
    if record.origin_address.is_none() || record.origin_address == read.origin_address {
        record.origin_address = read.origin_address;
        record.origin_port = record.origin_port.or(read.origin_port);
    }
    record.assigned_ipv4 = record.assigned_ipv4.or(read.assigned_ipv4);
    record.assigned_ipv6 = record.assigned_ipv6.or(read.assigned_ipv6);
    record.delegated_prefix = record.delegated_prefix.or(read.delegated_prefix);
    record.gateway = record.gateway.or(read.gateway);
    record.transport = record.transport.or(read.transport);
    record.member_identity = record.member_identity.or_else(|| read.member_identity.clone());
    let is_learnt = match record.end.map(|end| end.when) {
        None => true,
        Some(EndTime::Between(..)) => read.end_seen().is_some(),
        Some(EndTime::At(_)) => false,
    };
    if is_learnt {
        record.end = read.end;
    }
    if record == *known {
        return Ok(ImportAction::None);
    }
    let columns = RecordColumns::new(&record, policy.erase_by(record.began, record.ended()));
    let mut values = columns.values().to_vec();
    values.push(SqlParam::Number(number));
    let changed = database.execute(UPDATE, &values)?;
    Ok(if changed == 0 { ImportAction::None } else { ImportAction::Updated })
}

/// A session as [`close`] takes it.
pub(super) fn numbers(number: i64, began: UnixSeconds) -> SqlRow {
    let began = i64::try_from(began.number()).unwrap_or(i64::MAX);
    vec![SqlValue::Number(number), SqlValue::Number(began)]
}

/// Why a row makes no record.
pub(super) enum Rejection {
    LeftOut(&'static str),
    ZoneMissing(RowPlace),
}

/// Reads rows as sessions.
pub(super) struct Reading<'a> {
    options: &'a ImportOptions<'a>,
    now: UnixSeconds,
}

impl<'a> Reading<'a> {
    pub(super) fn new(options: &'a ImportOptions<'a>, now: UnixSeconds) -> Self {
        Self { options, now }
    }

    pub(super) fn session(&self, row: RadacctRow) -> Result<AccountingSession, Rejection> {
        if !row.is_whole {
            return Err(Rejection::LeftOut("the line has not as many cells as the first one"));
        }
        let place = row.place;
        let [name, user, nas, start, update, stop, duration, calling, cause, ipv4, ipv6, delegated] =
            row.values;
        let name = name.ok_or(Rejection::LeftOut("acctuniqueid is missing"))?;
        let time = |text: Option<&str>| match text
            .map_or(Ok(None), |text| instant(text, self.options.zone))
        {
            Err(TimeProblem::ZoneMissing) => Err(Rejection::ZoneMissing(place)),
            Err(TimeProblem::Unreadable) => Ok(Err(Unreadable)),
            Ok(read) => Ok(Ok(read)),
        };
        let mut unread = Unread(Vec::new());
        let began = time(start.as_deref())?
            .map_err(|Unreadable| Rejection::LeftOut("acctstarttime cannot be read"))?
            .ok_or(Rejection::LeftOut("acctstarttime is missing"))?;
        if self.is_absurd(began) {
            return Err(Rejection::LeftOut("acctstarttime is before 2000 or in the future"));
        }
        let plausible = |read: Result<Option<Instants>, Unreadable>| {
            read.and_then(|at| match at {
                Some(at) if self.is_absurd(at) => Err(Unreadable),
                at => Ok(at),
            })
        };
        let update = unread.note("acctupdatetime", plausible(time(update.as_deref())?));
        let stopped = plausible(time(stop.as_deref())?);
        // In the hour that the wall shows twice the later one, unless it is over by then.
        let began = match stopped {
            Ok(Some((_, stop))) if began.1 > stop => began.0,
            _ => began.1,
        };
        let seen = update.map_or(began, |(earliest, _)| earliest.max(began));
        let duration = duration.and_then(|text| text.parse().ok());
        let when = match unread.note("acctstoptime", stopped) {
            Some(stop) => Some(end(began, stop, duration, self.now)),
            // It is over, but nobody can read since when.
            None if unread.0.contains(&"acctstoptime") => {
                Some(EndTime::Between(seen, self.now.max(seen)))
            }
            None => None,
        };
        let end = match when {
            Some(when) => Some(SessionEnd { when, reason: reason(cause.as_deref()) }),
            None => self.lost(seen),
        };
        let mut read = |column, text: Option<String>| {
            unread.note(column, text.as_deref().map_or(Ok(None), host))
        };
        let nas = read("nasipaddress", nas);
        let assigned = [read("framedipaddress", ipv4), read("framedipv6address", ipv6)];
        let calling = calling.as_deref().map_or(Ok(None), origin);
        let calling = unread.note("callingstationid", calling);
        let delegated = delegated.as_deref().map_or(Ok(None), prefix);
        let delegated_prefix = unread.note("delegatedipv6prefix", delegated);
        let origin_address = calling.map(|end| end.address);
        let stated = StatedGateway {
            address: nas.map_or(Stated::Nothing, Stated::Is),
            port: Stated::Nothing,
        };
        let record = SessionRecord {
            origin_address,
            origin_port: calling.and_then(|end| end.port),
            assigned_ipv4: assigned.into_iter().flatten().find_map(to_ipv4),
            assigned_ipv6: assigned.into_iter().flatten().find_map(to_ipv6),
            delegated_prefix,
            end,
            gateway: stated.settle(self.options.config.gateway, origin_address),
            transport: calling.and_then(|end| end.transport),
            member_identity: user,
            ..SessionRecord::beginning(began)
        };
        // An address that comes later is assigned nobody knows when.
        let has_address = assigned.iter().any(Option::is_some) || delegated_prefix.is_some();
        let assigned_at = has_address.then_some(began);
        let record = SessionRecord { assigned_at, ..record };
        Ok(AccountingSession {
            name: format!("{PREFIX}{name}"),
            server: nas.map_or_else(|| "radius".to_owned(), |nas| format!("radius/{nas}")),
            record: record.keeping(self.options.config.fields),
            seen,
            unread: unread.0,
        })
    }

    /// The end of a session without updates for too long.
    fn lost(&self, seen: UnixSeconds) -> Option<SessionEnd> {
        let is_lost = seen.plus(self.options.config.lost_after()) < self.now;
        is_lost.then_some(SessionEnd {
            when: EndTime::Between(seen, self.now),
            reason: TerminateCause::GatewayLost,
        })
    }

    /// Whether a clock that was not set must have told this time.
    fn is_absurd(&self, (earliest, latest): Instants) -> bool {
        latest.number() < EARLIEST || earliest > self.now.plus(TOLERANCE)
    }
}

/// The end of a session that stopped. Where the clock stepped back and it stopped before it began, it is
/// bounded: by the duration, which no clock on the wall measures, or else by this import.
fn end(
    began: UnixSeconds,
    (earliest, latest): Instants,
    duration: Option<u64>,
    now: UnixSeconds,
) -> EndTime {
    if latest < began {
        let latest = duration.map_or(now, |duration| began.plus(duration));
        return EndTime::Between(began, latest.max(began));
    }
    if earliest == latest || earliest < began {
        EndTime::At(latest)
    } else {
        EndTime::Between(earliest, latest)
    }
}

fn to_ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

fn to_ipv6(address: IpAddr) -> Option<Ipv6Addr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some(address),
    }
}

/// The columns that cannot be read.
struct Unread(Vec<&'static str>);

impl Unread {
    /// The value; notes the column where it cannot be read.
    fn note<T>(&mut self, column: &'static str, read: Result<Option<T>, Unreadable>) -> Option<T> {
        read.unwrap_or_else(|Unreadable| {
            self.0.push(column);
            None
        })
    }
}

/// 2000-01-01T00:00:00Z, in seconds since 1970: RADIUS accounting is of that year (RFC 2866).
const EARLIEST: u64 = 946_684_800;

/// How far clocks may be ahead of this machine's, in seconds.
const TOLERANCE: u64 = 86_400;

const OF_NAME: &str = concat!("SELECT number, ", columns!(), " FROM session WHERE imported = $1");

const INSERT: &str = concat!(
    "INSERT INTO session (server, imported, ",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
);

const UPDATE: &str = concat!(
    "UPDATE session SET (",
    columns!(),
    ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
     WHERE number = $18"
);
