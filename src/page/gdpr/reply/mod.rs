mod column_mapping;
mod csv_reply;
mod json_reply;
mod reply_time;
mod reply_zone;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use column_mapping::Mapping;
pub use reply_zone::ReplyZone;

use column_mapping::ColumnMeaning;
use reply_time::TimeParseError;
use serde::Serialize;

use crate::gdpr::letter_wrap::plain;
use temoin_core::session::{
    Field, Gateway, Ipv6Prefix, RemoteEnd, SessionId, TimeBounds, Timestamp, Transport,
};

/// Reads an operator's reply to a request for access.
///
/// For fields the box does not record itself, such as a name or byte counts, only the fact that they
/// are held is kept, not the value. At most 8 MiB and 100 000 sessions are read.
///
/// # Errors
/// `ReplyError` names line and column, and the remedy.
pub fn parse_reply(
    bytes: &[u8],
    format: ReplyFormat,
    mapping: &Mapping,
) -> Result<Reply, ReplyError> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(ReplyError::TooLarge("8 MiB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| ReplyError::not_utf8(bytes, error))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = ReplyBuilder {
        mapping,
        reply: Reply::default(),
        known: false,
        column_meanings: BTreeMap::new(),
    };
    match format {
        ReplyFormat::Csv => csv_reply::read(text, &mut builder)?,
        ReplyFormat::Json => json_reply::read(text, &mut builder)?,
    }
    if !builder.known && !builder.reply.unread.is_empty() {
        return Err(ReplyError::NoKnownColumn(builder.reply.unread.into_iter().collect()));
    }
    Ok(builder.reply)
}

/// How a reply is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplyFormat {
    /// A table with a header, delimited by commas, semicolons, tabs or bars.
    Csv,
    /// JSON: a list of objects, an object that holds one, or an object a line.
    Json,
}

impl ReplyFormat {
    /// The format that a reply begins like.
    pub fn guess(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes.trim_ascii_start().first() {
            Some(b'{' | b'[') => Self::Json,
            _ => Self::Csv,
        }
    }
}

/// What an operator says it holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reply {
    /// The sessions, in the order of the reply.
    pub records: Vec<ReplyRecord>,
    /// The fields of which the reply gives at least one value, including those whose values were
    /// discarded.
    pub fields: BTreeSet<Field>,
    /// The columns or keys that were not understood.
    pub unread: BTreeSet<String>,
}

impl Reply {
    /// The period its sessions cover, with a margin; unbounded if it has none.
    pub fn covers(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let moments = |record: &ReplyRecord| [record.began(), record.end].into_iter().flatten();
        let first = |moment: TimeBounds| moment.earliest.or_else(|| moment.best());
        let records = || self.records.iter().flat_map(moments);
        let since = records().filter_map(first).min();
        let until = records().filter_map(|moment| moment.best()).max();
        (since.map(|at| at.shifted(-MARGIN)), until.map(|at| at.shifted(MARGIN)))
    }
}

/// One session in an operator's reply; what it does not say is `None`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReplyRecord {
    /// Where in the reply it stands.
    pub place: ReplyPosition,
    /// temoin's ID of the session, where the operator knows and gives it.
    pub session: Option<SessionId>,
    /// When the addresses were assigned: all that some operators keep of the time.
    pub assigned_at: Option<TimeBounds>,
    /// When it began.
    pub start: Option<TimeBounds>,
    /// When it ended.
    pub end: Option<TimeBounds>,
    /// The address it came from.
    pub origin_address: Option<IpAddr>,
    /// The port it came from.
    pub origin_port: Option<u16>,
    /// The IPv4 address given to the member.
    pub assigned_ipv4: Option<Ipv4Addr>,
    /// The IPv6 address given to the member.
    pub assigned_ipv6: Option<Ipv6Addr>,
    /// The IPv6 prefix given to the member.
    pub delegated_prefix: Option<Ipv6Prefix>,
    /// The VPN server.
    pub gateway: Option<Gateway>,
    /// UDP or TCP.
    pub transport: Option<Transport>,
    /// Why it ended, in the operator's words.
    pub end_reason: Option<String>,
}

impl ReplyRecord {
    /// When it began, or else when its addresses were assigned.
    pub fn began(&self) -> Option<TimeBounds> {
        self.start.or(self.assigned_at)
    }

    fn is_empty(&self) -> bool {
        let blank = Self::blank(self.place);
        *self == blank
    }

    fn blank(place: ReplyPosition) -> Self {
        Self {
            place,
            session: None,
            assigned_at: None,
            start: None,
            end: None,
            origin_address: None,
            origin_port: None,
            assigned_ipv4: None,
            assigned_ipv6: None,
            delegated_prefix: None,
            gateway: None,
            transport: None,
            end_reason: None,
        }
    }
}

/// Where in a reply a session stands, counted from 1.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyPosition {
    /// The number of an object in JSON.
    Entry(usize),
    /// The number of a line in CSV.
    Line(usize),
}

/// Why a reply cannot be compared. Lines and columns are counted from 1; in JSON they are those of
/// the end of the object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReplyError {
    /// Two columns hold the same field: say in the mapping which to ignore.
    Ambiguous {
        /// The column that comes first.
        first: String,
        /// The other one.
        second: String,
    },
    /// It is no table or no JSON: ask for another file, or fix this one.
    Malformed {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// No column is known: say in the mapping what they hold.
    NoKnownColumn(Vec<String>),
    /// The text is not UTF-8: convert it.
    NotUtf8 {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// The reply is over this bound: split it.
    TooLarge(&'static str),
    /// A value is not what its column should hold: correct the mapping.
    Value {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The name of the column or key.
        name: String,
        /// What is expected there.
        expected: &'static str,
    },
    /// A time does not say its zone: say it in the mapping.
    ZoneMissing {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The name of the column or key.
        name: String,
    },
}

impl ReplyError {
    fn malformed(line: usize, column: usize, problem: &'static str) -> Self {
        Self::Malformed { line, column, problem }
    }

    fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> Self {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let text = String::from_utf8_lossy(valid);
        let last = text.rsplit('\n').next().unwrap_or_default();
        Self::NotUtf8 { line: text.matches('\n').count() + 1, column: last.chars().count() + 1 }
    }

    /// This error, with the place that only the caller knows.
    fn at(mut self, new_line: usize, new_column: usize) -> Self {
        if let Self::Value { line, column, .. } | Self::ZoneMissing { line, column, .. } = &mut self
        {
            (*line, *column) = (new_line, new_column);
        }
        self
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { first, second } => write!(
                f,
                "{:?} and {:?} both hold the same fact; in the mapping file, under [columns], give \
                 one of them the field \"ignore\"",
                plain(first),
                plain(second)
            ),
            Self::Malformed { line, column, problem } => write!(
                f,
                "line {line}, column {column}: {problem}; correct it, or ask the operator for CSV \
                 with a header, or JSON"
            ),
            Self::NoKnownColumn(names) => {
                f.write_str("no column is known; say in a mapping file what they hold:")?;
                names.iter().take(20).try_for_each(|name| write!(f, " {:?}", plain(name)))
            }
            Self::NotUtf8 { line, column } => write!(
                f,
                "line {line}, column {column}: the text is not UTF-8; convert it first, such as by \
                 iconv -f ISO-8859-1 -t UTF-8 (or -f UTF-16)"
            ),
            Self::TooLarge(bound) => {
                write!(f, "the reply is over {bound}; split it and compare the parts")
            }
            Self::Value { line, column, name, expected } => write!(
                f,
                "line {line}, column {column}: {:?} should hold {expected}; in a mapping file, \
                 under [columns], say what it holds, or \"ignore\"",
                plain(name)
            ),
            Self::ZoneMissing { line, column, name } => write!(
                f,
                "line {line}, column {column}: the time in {:?} does not say its time zone; ask the \
                 operator, and set time_zone in a mapping file",
                plain(name)
            ),
        }
    }
}

impl std::error::Error for ReplyError {}

/// One value of a record, and where it stands.
struct ReplyCell {
    line: usize,
    column: usize,
    name: String,
    text: String,
}

/// A reply while it is being read.
struct ReplyBuilder<'a> {
    mapping: &'a Mapping,
    reply: Reply,
    known: bool,
    /// What each column holds, looked up once.
    column_meanings: BTreeMap<String, Option<ColumnMeaning>>,
}

impl ReplyBuilder<'_> {
    /// Requires that one of these columns is known.
    fn expect_one_of<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<(), ReplyError> {
        let mut unknown = Vec::new();
        for name in names {
            match self.mapping.column_meaning(name) {
                None => unknown.push(name.to_owned()),
                Some(ColumnMeaning::Ignored) => {}
                Some(_) => self.known = true,
            }
        }
        if self.known { Ok(()) } else { Err(ReplyError::NoKnownColumn(unknown)) }
    }

    fn add(&mut self, place: ReplyPosition, cells: Vec<ReplyCell>) -> Result<(), ReplyError> {
        if self.reply.records.len() >= MAXIMUM_RECORDS {
            return Err(ReplyError::TooLarge("100 000 sessions"));
        }
        let mut values: BTreeMap<ColumnMeaning, ReplyCell> = BTreeMap::new();
        for cell in cells {
            match self.column_meaning(&cell.name) {
                None if self.reply.unread.len() < MAXIMUM_UNREAD => {
                    self.reply.unread.insert(plain(&cell.name));
                }
                None | Some(ColumnMeaning::Ignored) => {}
                Some(column_meaning) => {
                    self.known = true;
                    let second = cell.name.clone();
                    if let Some(first) = values.insert(column_meaning, cell) {
                        return Err(ReplyError::Ambiguous { first: first.name, second });
                    }
                }
            }
        }
        values.retain(|_, cell| !is_nothing(cell.text.trim()));
        let record = self.record(place, &values)?;
        let held = values.keys().filter_map(|column_meaning| match column_meaning {
            ColumnMeaning::Value(field) => Some(*field),
            ColumnMeaning::Duration => Some(Field::SessionEnd),
            ColumnMeaning::Earliest(field) | ColumnMeaning::Latest(field) => Some(*field),
            ColumnMeaning::GatewayPort | ColumnMeaning::Ignored | ColumnMeaning::Session => None,
        });
        self.reply.fields.extend(held);
        if !record.is_empty() {
            self.reply.records.push(record);
        }
        Ok(())
    }

    fn column_meaning(&mut self, name: &str) -> Option<ColumnMeaning> {
        if let Some(column_meaning) = self.column_meanings.get(name) {
            return *column_meaning;
        }
        let column_meaning = self.mapping.column_meaning(name);
        self.column_meanings.insert(name.to_owned(), column_meaning);
        column_meaning
    }

    fn record(
        &self,
        place: ReplyPosition,
        values: &BTreeMap<ColumnMeaning, ReplyCell>,
    ) -> Result<ReplyRecord, ReplyError> {
        let mut record = ReplyRecord::blank(place);
        record.assigned_at = self.moment(Field::AssignedAt, values)?;
        record.start = self.moment(Field::SessionStart, values)?;
        record.end = self.moment(Field::SessionEnd, values)?;
        let mut port = None;
        for (column_meaning, cell) in values {
            let text = cell.text.trim();
            let wrong = |expected| ReplyError::Value {
                line: cell.line,
                column: cell.column,
                name: cell.name.clone(),
                expected,
            };
            match column_meaning {
                ColumnMeaning::Session => record.session = session_id(text),
                ColumnMeaning::Duration => {
                    let seconds: u32 = text.parse().map_err(|_| wrong("a number of seconds"))?;
                    let after = |at: Timestamp| at.shifted(i64::from(seconds) * 1000);
                    record.end = record.end.or_else(|| {
                        let start = record.began()?;
                        Some(TimeBounds::between(
                            start.earliest.map(after),
                            start.latest.map(after),
                        ))
                    });
                }
                ColumnMeaning::GatewayPort => {
                    port = Some(text.parse().map_err(|_| wrong("a port"))?);
                }
                ColumnMeaning::Value(field) => match field {
                    Field::OriginAddress => {
                        let (address, port) =
                            endpoint(text).ok_or_else(|| wrong("an IP address"))?;
                        record.origin_address = Some(address);
                        record.origin_port = record.origin_port.or(port);
                    }
                    Field::OriginPort => {
                        record.origin_port = Some(text.parse().map_err(|_| wrong("a port"))?);
                    }
                    Field::AssignedIpv4 => {
                        let bare = text.strip_suffix("/32").unwrap_or(text);
                        let address = bare.parse().map_err(|_| wrong("an IPv4 address"))?;
                        record.assigned_ipv4 = Some(address);
                    }
                    Field::AssignedIpv6 => {
                        let bare = text.split('/').next().unwrap_or(text);
                        let address = bare.parse().map_err(|_| wrong("an IPv6 address"))?;
                        record.assigned_ipv6 = Some(address);
                    }
                    Field::DelegatedPrefix => {
                        let prefix = text.parse().map_err(|_| wrong("an IPv6 prefix"))?;
                        record.delegated_prefix = Some(prefix);
                    }
                    Field::Gateway => {
                        let (address, port) =
                            endpoint(text).ok_or_else(|| wrong("an IP address"))?;
                        record.gateway = Some(Gateway { address, port });
                    }
                    Field::Transport => record.transport = transport(text),
                    Field::EndReason => {
                        record.end_reason = Some(plain(text).chars().take(60).collect());
                    }
                    _ => {}
                },
                ColumnMeaning::Earliest(_) | ColumnMeaning::Ignored | ColumnMeaning::Latest(_) => {}
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
        values: &BTreeMap<ColumnMeaning, ReplyCell>,
    ) -> Result<Option<TimeBounds>, ReplyError> {
        let read =
            |column_meaning| values.get(&column_meaning).map(|cell| self.time(cell)).transpose();
        if let Some(moment) = read(ColumnMeaning::Value(field))? {
            return Ok(Some(moment));
        }
        let earliest = read(ColumnMeaning::Earliest(field))?.and_then(|moment| moment.earliest);
        let latest = read(ColumnMeaning::Latest(field))?.and_then(|moment| moment.latest);
        let known = earliest.is_some() || latest.is_some();
        Ok(known.then(|| TimeBounds::between(earliest, latest)))
    }

    fn time(&self, cell: &ReplyCell) -> Result<TimeBounds, ReplyError> {
        let (format, zone) = self.mapping.time(&cell.name);
        let (line, column, name) = (cell.line, cell.column, cell.name.clone());
        format.read(cell.text.trim(), zone).map_err(|problem| match problem {
            TimeParseError::Unreadable => {
                ReplyError::Value { line, column, name, expected: "a date and time" }
            }
            TimeParseError::ZoneMissing => ReplyError::ZoneMissing { line, column, name },
        })
    }
}

/// Whether a cell holds what exports write for nothing.
fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "-" | "\\N" | "0.0.0.0" | "::" | "::/0" | "0000-00-00 00:00:00")
        || text.eq_ignore_ascii_case("null")
}

/// temoin's ID of a session; other numbering of the operator's is none.
fn session_id(text: &str) -> Option<SessionId> {
    let prefix: temoin_core::session::IdPrefix = text.parse().ok()?;
    let (low, high) = prefix.range();
    (low == high).then_some(low)
}

/// An address, with a port or without.
fn endpoint(text: &str) -> Option<(IpAddr, Option<u16>)> {
    let RemoteEnd { address, port, .. } = text.parse().ok()?;
    Some((address, port))
}

/// The transport in OpenVPN's many names for it: `udp`, `udp4`, `tcp-server`, `TCPv6_SERVER`.
fn transport(text: &str) -> Option<Transport> {
    Transport::from_name(text.get(..3)?.to_ascii_lowercase().as_str())
}

const MAXIMUM_BYTES: usize = 8 * 1024 * 1024;

const MAXIMUM_RECORDS: usize = 100_000;

const MAXIMUM_UNREAD: usize = 256;

/// How far outside the reply's own first and last moment a session may lie that it could be about, in
/// milliseconds.
const MARGIN: i64 = 120_000;

#[cfg(test)]
mod tests;
