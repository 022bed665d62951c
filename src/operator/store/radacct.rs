//! Sessions from FreeRADIUS's accounting, for operators who have that already: table `radacct` as
//! FreeRADIUS 3 makes it, in PostgreSQL or SQLite. It is read, never written.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use chrono::NaiveDateTime;

use super::database::{Database, SqlParam, SqlRow, SqlValue, transaction};
use super::row::{RecordColumns, RowReader, columns, day};
use super::{Location, Store, StoreError, postgres, sqlite};
use crate::{Config, EndTime, RetentionPolicy, SessionEnd, SessionRecord, TerminateCause};
use temoin_core::session::{Gateway, Timestamp, Zone};
use temoin_protocol::UnixSeconds;

/// What an import did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImportReport {
    /// How many sessions were new.
    pub new: usize,
    /// How many that were known had changed.
    pub updated: usize,
    /// How many were left out because their retention period is over.
    pub due: usize,
    /// The rows that make no record, and why.
    pub rejected: Vec<RejectedRow>,
}

/// A row of `radacct` that makes no record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RejectedRow {
    /// Its `radacctid`.
    pub row: i64,
    /// Which column makes no sense.
    pub column: &'static str,
}

impl fmt::Display for RejectedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, column } = self;
        write!(f, "radacctid {row}: {column} is missing or makes no sense")
    }
}

impl Store {
    /// Imports what is new in the table `radacct` at `source`, and what has changed of sessions that
    /// had not ended. May be repeated at will.
    ///
    /// # Errors
    /// Every [`StoreError`]; what was imported before that stays.
    pub fn import_radacct(
        &mut self,
        source: &Location,
        config: &Config,
        now: Timestamp,
    ) -> Result<ImportReport, StoreError> {
        let (mut accounting, queries): (Box<dyn Database>, _) = match source {
            Location::Postgres(url) => (Box::new(postgres::PostgresDatabase::open(url)?), POSTGRES),
            Location::Sqlite(path) => (Box::new(sqlite::SqliteDatabase::read_only(path)?), SQLITE),
        };
        let mut imported = ImportReport::default();
        let context = ImportContext { config, now };
        // Before the new ones, among which are those that have not ended.
        let unfinished = self.database.query(UNFINISHED, &[])?;
        for row in &unfinished {
            let Some(name) = RowReader(row.iter()).text().flatten() else { continue };
            let Some(name) = name.strip_prefix(PREFIX) else { continue };
            let rows = accounting.query(queries.one, &[SqlParam::Text(name)])?;
            self.import(&rows, &context, &mut imported)?;
        }
        let known = self.database.query(WATERMARK, &[])?;
        let watermark =
            known.first().and_then(|row| RowReader(row.iter()).text().flatten()?.parse().ok());
        // A row may become visible later than one with a higher number.
        let mut last = watermark.map_or(-1, |watermark: i64| watermark.saturating_sub(OVERLAP));
        loop {
            let rows = accounting.query(queries.after, &[SqlParam::Number(last)])?;
            let Some(row) = rows.last() else { break };
            last = RowReader(row.iter())
                .number()
                .flatten()
                .ok_or_else(|| accounting.unexpected("radacct.radacctid is no number"))?;
            self.import(&rows, &context, &mut imported)?;
            if watermark.is_none_or(|watermark| watermark < last) {
                self.database.execute(SET_WATERMARK, &[SqlParam::Text(&last.to_string())])?;
            }
        }
        Ok(imported)
    }

    fn import(
        &mut self,
        rows: &[SqlRow],
        context: &ImportContext<'_>,
        imported: &mut ImportReport,
    ) -> Result<(), StoreError> {
        let policy = &context.config.policy;
        transaction(&mut *self.database, |database| {
            for row in rows {
                match context.read(row) {
                    Err(rejected) => imported.rejected.push(rejected),
                    Ok(accounted) if accounted.is_due(policy, context.now) => imported.due += 1,
                    Ok(accounted) => match accounted.record(database, policy)? {
                        ImportAction::New => imported.new += 1,
                        ImportAction::Updated => imported.updated += 1,
                        ImportAction::None => {}
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

/// A parsed row of `radacct`.
struct AccountingSession {
    name: String,
    server: String,
    record: SessionRecord,
}

enum ImportAction {
    New,
    None,
    Updated,
}

impl AccountingSession {
    fn is_due(&self, policy: &RetentionPolicy, now: Timestamp) -> bool {
        let erase_by = policy.erase_by(self.record.began, self.record.ended());
        self.record.end.is_some() && erase_by.is_some_and(|day| Some(day) <= policy.today(now))
    }

    fn record(
        &self,
        database: &mut dyn Database,
        policy: &RetentionPolicy,
    ) -> Result<ImportAction, StoreError> {
        let record = &self.record;
        let erase_by = policy.erase_by(record.began, record.ended());
        let columns = RecordColumns::new(record, erase_by);
        let known = database.query(
            "SELECT ended, ended_after FROM session WHERE imported = $1",
            &[SqlParam::Text(&self.name)],
        )?;
        let Some(known) = known.first() else {
            let mut values = vec![SqlParam::Text(&self.server), SqlParam::Text(&self.name)];
            values.extend(columns.values());
            database.execute(INSERT, &values)?;
            return Ok(ImportAction::New);
        };
        // An inferred end is replaced by an observed one, and by nothing else.
        let learnt = match known.as_slice() {
            [SqlValue::Null, _] => record.end.is_some(),
            [_, SqlValue::Null] => false,
            _ => record.end_seen().is_some(),
        };
        if !learnt {
            return Ok(ImportAction::None);
        }
        let [_, _, _, _, _, _, _, ended, ended_after, reason, ..] = columns.values();
        let changed = database.execute(
            "UPDATE session SET ended = $1, ended_after = $2, end_reason = $3, erase_by = $4
            WHERE imported = $5",
            &[ended, ended_after, reason, day(erase_by), SqlParam::Text(&self.name)],
        )?;
        Ok(if changed == 0 { ImportAction::None } else { ImportAction::Updated })
    }
}

struct ImportContext<'a> {
    config: &'a Config,
    now: Timestamp,
}

impl ImportContext<'_> {
    fn read(&self, row: &SqlRow) -> Result<AccountingSession, RejectedRow> {
        let mut reader = RowReader(row.iter());
        let number = reader.number().flatten().unwrap_or(-1);
        let refused = |column| RejectedRow { row: number, column };
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
        let record = SessionRecord {
            // Anything but an IP address, such as a hardware address, is not recorded.
            origin_address: parsed(calling).unwrap_or(None),
            assigned_ipv4: parsed(ipv4).map_err(|()| refused("framedipaddress"))?,
            assigned_ipv6: parsed(ipv6).map_err(|()| refused("framedipv6address"))?,
            delegated_prefix: parsed(prefix).map_err(|()| refused("delegatedipv6prefix"))?,
            assigned_at: Some(began),
            end: match stop {
                Some(stop) => {
                    Some(SessionEnd { when: EndTime::At(stop), reason: reason(cause.as_deref()) })
                }
                None => self.lost(seen.max(began)),
            },
            gateway: Some(self.config.gateway.unwrap_or(Gateway { address: nas, port: None })),
            member_identity: user,
            ..SessionRecord::beginning(began)
        };
        Ok(AccountingSession {
            name: format!("{PREFIX}{}", name.ok_or_else(|| refused("acctuniqueid"))?),
            server: format!("radius/{nas}"),
            record: record.keeping(self.config.fields),
        })
    }

    /// The end of a session without updates for too long.
    fn lost(&self, seen: UnixSeconds) -> Option<SessionEnd> {
        let now = UnixSeconds::containing(self.now)?;
        let patience = u64::from(self.config.lost_after_days) * 86_400;
        let is_lost = seen.plus(patience) < now;
        is_lost.then_some(SessionEnd {
            when: EndTime::Between(seen, now),
            reason: TerminateCause::GatewayLost,
        })
    }
}

/// A value as text; what is empty is nothing.
fn text(answer: &SqlValue) -> Option<String> {
    match answer {
        SqlValue::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        SqlValue::Number(number) => Some(number.to_string()),
        SqlValue::Bytes(_) | SqlValue::Null => None,
    }
}

fn parsed<T: FromStr>(text: Option<String>) -> Result<Option<T>, ()> {
    text.map(|text| text.parse().map_err(drop)).transpose()
}

/// An instant as seconds since 1970, or as text in the operator's local time: SQLite has either.
fn instant(text: Option<String>, zone: Zone) -> Result<Option<UnixSeconds>, ()> {
    let Some(text) = text else { return Ok(None) };
    // MySQL's and older schemas' way to say nothing.
    if text == "0" || text.starts_with("0000-00-00") {
        return Ok(None);
    }
    if let Ok(number) = text.parse() {
        return UnixSeconds::from_number(number).map(Some).ok_or(());
    }
    let at = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()?;
        zone.instants(civil).map(|(_, latest)| latest)
    });
    at.and_then(UnixSeconds::containing).map(Some).ok_or(())
}

/// Acct-Terminate-Cause (RFC 2866, section 5.10).
fn reason(cause: Option<&str>) -> TerminateCause {
    match cause.unwrap_or_default() {
        "User-Request" => TerminateCause::UserRequest,
        "Lost-Carrier" | "Lost-Service" => TerminateCause::Lost,
        "Idle-Timeout" | "Session-Timeout" => TerminateCause::Limit,
        "Admin-Reset" | "NAS-Request" | "Service-Unavailable" | "Callback" => {
            TerminateCause::Operator
        }
        "Admin-Reboot" | "NAS-Reboot" => TerminateCause::ServerRestarted,
        "Port-Error" | "NAS-Error" => TerminateCause::ServerError,
        "Port-Preempted" => TerminateCause::Superseded,
        _ => TerminateCause::Other,
    }
}

struct RadacctQueries {
    after: &'static str,
    one: &'static str,
}

macro_rules! queries {
    ($select:literal) => {
        RadacctQueries {
            after: concat!($select, " WHERE radacctid > $1 ORDER BY radacctid LIMIT 1000"),
            one: concat!($select, " WHERE acctuniqueid = $1"),
        }
    };
}

const POSTGRES: RadacctQueries = queries!(
    "SELECT radacctid, acctuniqueid, username, host(nasipaddress),
        extract(epoch FROM acctstarttime)::bigint, extract(epoch FROM acctupdatetime)::bigint,
        extract(epoch FROM acctstoptime)::bigint, callingstationid, acctterminatecause,
        host(framedipaddress), host(framedipv6address), delegatedipv6prefix::text FROM radacct"
);

const SQLITE: RadacctQueries = queries!(
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

const WATERMARK: &str = "SELECT value FROM setting WHERE name = 'radacct'";

const SET_WATERMARK: &str = "INSERT INTO setting (name, value) VALUES ('radacct', $1)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// What the name of an imported session begins with.
const PREFIX: &str = "radacct/";

/// How many rows back an import begins.
const OVERLAP: i64 = 1000;
