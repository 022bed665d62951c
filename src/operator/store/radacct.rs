//! Sessions from FreeRADIUS's accounting, for operators who have that already: table `radacct` as
//! FreeRADIUS 3 makes it, in PostgreSQL or SQLite. It is read, never written.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use chrono::NaiveDateTime;

use super::database::{Answer, Database, Row, Value, transaction};
use super::row::{Columns, Reader, columns, day};
use super::{Location, Store, StoreError, postgres, sqlite};
use crate::domain::{Gateway, Timestamp, Zone};
use crate::operator::{Config, End, EndReason, Policy, Record, When};
use crate::protocol::Second;

/// What an import did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Imported {
    /// How many sessions were new.
    pub new: usize,
    /// How many that were known had changed.
    pub updated: usize,
    /// How many were left out because their retention period is over.
    pub due: usize,
    /// The rows that make no record, and why.
    pub rejected: Vec<Rejected>,
}

/// A row of `radacct` that makes no record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rejected {
    /// Its `radacctid`.
    pub row: i64,
    /// Which column makes no sense.
    pub column: &'static str,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, column } = self;
        write!(f, "radacctid {row}: {column} is missing or makes no sense")
    }
}

impl Store {
    /// Imports what is new in the table `radacct` at `source`, and what has changed of sessions that
    /// had not ended. May be repeated as often as one likes.
    ///
    /// # Errors
    /// Every [`StoreError`]; what was imported before that stays.
    pub fn import_radacct(
        &mut self,
        source: &Location,
        config: &Config,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        let (mut accounting, queries): (Box<dyn Database>, _) = match source {
            Location::Postgres(url) => (Box::new(postgres::Postgres::open(url)?), POSTGRES),
            Location::Sqlite(path) => (Box::new(sqlite::Sqlite::read_only(path)?), SQLITE),
        };
        let mut imported = Imported::default();
        let context = Context { config, now };
        // Before the new ones, among which are those that have not ended.
        let unfinished = self.database.query(UNFINISHED, &[])?;
        for row in &unfinished {
            let Some(name) = Reader(row.iter()).text().flatten() else { continue };
            let Some(name) = name.strip_prefix(PREFIX) else { continue };
            let rows = accounting.query(queries.one, &[Value::Text(name)])?;
            self.import(&rows, &context, &mut imported)?;
        }
        let known = self.database.query(MARK, &[])?;
        let mark = known.first().and_then(|row| Reader(row.iter()).text().flatten()?.parse().ok());
        // A row may become visible later than one with a higher number.
        let mut last = mark.map_or(-1, |mark: i64| mark.saturating_sub(OVERLAP));
        loop {
            let rows = accounting.query(queries.after, &[Value::Number(last)])?;
            let Some(row) = rows.last() else { break };
            last = Reader(row.iter())
                .number()
                .flatten()
                .ok_or_else(|| accounting.wrong("radacct.radacctid is no number"))?;
            self.import(&rows, &context, &mut imported)?;
            if mark.is_none_or(|mark| mark < last) {
                self.database.execute(SET_MARK, &[Value::Text(&last.to_string())])?;
            }
        }
        Ok(imported)
    }

    fn import(
        &mut self,
        rows: &[Row],
        context: &Context<'_>,
        imported: &mut Imported,
    ) -> Result<(), StoreError> {
        let policy = &context.config.policy;
        transaction(&mut *self.database, |database| {
            for row in rows {
                match context.read(row) {
                    Err(rejected) => imported.rejected.push(rejected),
                    Ok(accounted) if accounted.is_due(policy, context.now) => imported.due += 1,
                    Ok(accounted) => match accounted.record(database, policy)? {
                        Change::New => imported.new += 1,
                        Change::Updated => imported.updated += 1,
                        Change::None => {}
                    },
                }
            }
            Ok(())
        })?;
        // Each row is read again as long as it is within the overlap.
        imported.rejected.sort_by_key(|rejected| rejected.row);
        imported.rejected.dedup();
        Ok(())
    }
}

/// A row of `radacct`, understood.
struct Accounted {
    name: String,
    server: String,
    record: Record,
}

enum Change {
    New,
    None,
    Updated,
}

impl Accounted {
    fn is_due(&self, policy: &Policy, now: Timestamp) -> bool {
        let erase_by = policy.erase_by(self.record.began, self.record.ended());
        self.record.end.is_some() && erase_by.is_some_and(|day| Some(day) <= policy.today(now))
    }

    fn record(&self, database: &mut dyn Database, policy: &Policy) -> Result<Change, StoreError> {
        let record = &self.record;
        let erase_by = policy.erase_by(record.began, record.ended());
        let columns = Columns::new(record, erase_by);
        let known = database.query(
            "SELECT ended, ended_after FROM session WHERE imported = $1",
            &[Value::Text(&self.name)],
        )?;
        let Some(known) = known.first() else {
            let mut values = vec![Value::Text(&self.server), Value::Text(&self.name)];
            values.extend(columns.values());
            database.execute(INSERT, &values)?;
            return Ok(Change::New);
        };
        // An end that was concluded gives way to one that was seen, and to nothing else.
        let learnt = match known.as_slice() {
            [Answer::Null, _] => record.end.is_some(),
            [_, Answer::Null] => false,
            _ => record.end_seen().is_some(),
        };
        if !learnt {
            return Ok(Change::None);
        }
        let [_, _, _, _, _, _, _, ended, ended_after, reason, ..] = columns.values();
        let changed = database.execute(
            "UPDATE session SET ended = $1, ended_after = $2, end_reason = $3, erase_by = $4
            WHERE imported = $5",
            &[ended, ended_after, reason, day(erase_by), Value::Text(&self.name)],
        )?;
        Ok(if changed == 0 { Change::None } else { Change::Updated })
    }
}

struct Context<'a> {
    config: &'a Config,
    now: Timestamp,
}

impl Context<'_> {
    fn read(&self, row: &Row) -> Result<Accounted, Rejected> {
        let mut reader = Reader(row.iter());
        let number = reader.number().flatten().unwrap_or(-1);
        let refused = |column| Rejected { row: number, column };
        let texts = row.iter().skip(1).map(text).collect::<Vec<Option<String>>>();
        let [name, user, nas, start, update, stop, calling, cause, ipv4, ipv6, prefix] =
            texts.try_into().map_err(|_| refused("the row"))?;
        let zone = self.config.policy.zone();
        let began = instant(start, zone).map_err(|()| refused("acctstarttime"))?;
        let began = began.ok_or_else(|| refused("acctstarttime"))?;
        let stop = instant(stop, zone).map_err(|()| refused("acctstoptime"))?;
        if stop.is_some_and(|stop| stop < began) {
            return Err(refused("acctstoptime"));
        }
        let seen = instant(update, zone).map_err(|()| refused("acctupdatetime"))?.unwrap_or(began);
        let nas: IpAddr = parsed(nas).ok().flatten().ok_or_else(|| refused("nasipaddress"))?;
        let record = Record {
            // Where it is no address but, say, that of a network card, it is not what is recorded.
            origin_address: parsed(calling).unwrap_or(None),
            assigned_ipv4: parsed(ipv4).map_err(|()| refused("framedipaddress"))?,
            assigned_ipv6: parsed(ipv6).map_err(|()| refused("framedipv6address"))?,
            delegated_prefix: parsed(prefix).map_err(|()| refused("delegatedipv6prefix"))?,
            assigned_at: Some(began),
            end: match stop {
                Some(stop) => Some(End { when: When::At(stop), reason: reason(cause.as_deref()) }),
                None => self.lost(seen.max(began)),
            },
            gateway: Some(self.config.gateway.unwrap_or(Gateway { address: nas, port: None })),
            member_identity: user,
            ..Record::beginning(began)
        };
        Ok(Accounted {
            name: format!("{PREFIX}{}", name.ok_or_else(|| refused("acctuniqueid"))?),
            server: format!("radius/{nas}"),
            record: record.keeping(self.config.fields),
        })
    }

    /// The end of a session of which nothing was heard for too long.
    fn lost(&self, seen: Second) -> Option<End> {
        let now = Second::containing(self.now)?;
        let patience = u64::from(self.config.lost_after_days) * 86_400;
        let is_lost = seen.plus(patience) < now;
        is_lost.then_some(End { when: When::Between(seen, now), reason: EndReason::GatewayLost })
    }
}

/// A value as text; what is empty is nothing.
fn text(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Answer::Number(number) => Some(number.to_string()),
        Answer::Bytes(_) | Answer::Null => None,
    }
}

fn parsed<T: FromStr>(text: Option<String>) -> Result<Option<T>, ()> {
    text.map(|text| text.parse().map_err(drop)).transpose()
}

/// An instant as seconds since 1970, or as text by the clock on the operator's wall: SQLite has either.
fn instant(text: Option<String>, zone: Zone) -> Result<Option<Second>, ()> {
    let Some(text) = text else { return Ok(None) };
    // MySQL's and older schemas' way to say nothing.
    if text == "0" || text.starts_with("0000-00-00") {
        return Ok(None);
    }
    if let Ok(number) = text.parse() {
        return Second::from_number(number).map(Some).ok_or(());
    }
    let at = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()?;
        zone.instants(civil).map(|(_, latest)| latest)
    });
    at.and_then(Second::containing).map(Some).ok_or(())
}

/// Acct-Terminate-Cause (RFC 2866, section 5.10).
fn reason(cause: Option<&str>) -> EndReason {
    match cause.unwrap_or_default() {
        "User-Request" => EndReason::UserRequest,
        "Lost-Carrier" | "Lost-Service" => EndReason::Lost,
        "Idle-Timeout" | "Session-Timeout" => EndReason::Limit,
        "Admin-Reset" | "NAS-Request" | "Service-Unavailable" | "Callback" => EndReason::Operator,
        "Admin-Reboot" | "NAS-Reboot" => EndReason::ServerRestarted,
        "Port-Error" | "NAS-Error" => EndReason::ServerError,
        "Port-Preempted" => EndReason::Superseded,
        _ => EndReason::Other,
    }
}

struct Queries {
    after: &'static str,
    one: &'static str,
}

macro_rules! queries {
    ($select:literal) => {
        Queries {
            after: concat!($select, " WHERE radacctid > $1 ORDER BY radacctid LIMIT 1000"),
            one: concat!($select, " WHERE acctuniqueid = $1"),
        }
    };
}

const POSTGRES: Queries = queries!(
    "SELECT radacctid, acctuniqueid, username, host(nasipaddress),
        extract(epoch FROM acctstarttime)::bigint, extract(epoch FROM acctupdatetime)::bigint,
        extract(epoch FROM acctstoptime)::bigint, callingstationid, acctterminatecause,
        host(framedipaddress), host(framedipv6address), delegatedipv6prefix::text FROM radacct"
);

const SQLITE: Queries = queries!(
    "SELECT radacctid, acctuniqueid, username, nasipaddress, acctstarttime, acctupdatetime,
        acctstoptime, callingstationid, acctterminatecause, framedipaddress, framedipv6address,
        delegatedipv6prefix FROM radacct"
);

const INSERT: &str = concat!(
    "INSERT INTO session (server, imported, ",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
);

const UNFINISHED: &str = "SELECT imported FROM session
    WHERE imported IS NOT NULL AND (ended IS NULL OR ended_after IS NOT NULL)";

const MARK: &str = "SELECT value FROM setting WHERE name = 'radacct'";

const SET_MARK: &str = "INSERT INTO setting (name, value) VALUES ('radacct', $1)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// What the name of an imported session begins with.
const PREFIX: &str = "radacct/";

/// How many rows back an import begins.
const OVERLAP: i64 = 1000;
