use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use serde::Serialize;
use temoin_core::session::{
    Field, Gateway, Ipv6Prefix, SessionId, TimeBounds, Timestamp, Transport,
};

/// What an operator says it holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reply {
    /// The sessions, in the order of the reply. Where there is none, the reply is an explicit empty list:
    /// a reply of which nothing was understood is an error.
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
        let moments = |record: &ReplyRecord| [record.began(), record.end()].into_iter().flatten();
        let first = |moment: TimeBounds| moment.earliest.or_else(|| moment.best());
        let records = || self.records.iter().flat_map(moments);
        let since = records().filter_map(first).min();
        let until = records().filter_map(|moment| moment.best()).max();
        (since.map(|at| at.shifted(-MARGIN)), until.map(|at| at.shifted(MARGIN)))
    }
}

/// One session in an operator's reply; what it does not say is `None`. It is small, since a reply may have
/// a hundred thousand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReplyRecord {
    /// Where in the reply it stands.
    pub place: ReplyPosition,
    pub(crate) start: Bounds,
    pub(crate) end: Bounds,
    /// The address it came from.
    pub origin_address: Option<IpAddr>,
    /// The port it came from.
    pub origin_port: Option<u16>,
    /// The IPv4 address given to the member.
    pub assigned_ipv4: Option<Ipv4Addr>,
    /// The VPN server.
    pub gateway: Option<Gateway>,
    /// UDP or TCP.
    pub transport: Option<Transport>,
    /// Why it ended, in the operator's words.
    pub end_reason: Option<Arc<str>>,
    /// What few replies give.
    pub(crate) rare: Option<Box<RareValues>>,
}

/// Values that few replies give.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RareValues {
    pub(crate) session: Option<SessionId>,
    pub(crate) assigned_at: Bounds,
    pub(crate) assigned_ipv6: Option<Ipv6Addr>,
    pub(crate) delegated_prefix: Option<Ipv6Prefix>,
}

impl ReplyRecord {
    pub(crate) fn blank(place: ReplyPosition) -> Self {
        Self {
            place,
            start: Bounds::default(),
            end: Bounds::default(),
            origin_address: None,
            origin_port: None,
            assigned_ipv4: None,
            gateway: None,
            transport: None,
            end_reason: None,
            rare: None,
        }
    }

    /// temoin's ID of the session, where the operator knows and gives it.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.rare.as_ref().and_then(|rare| rare.session)
    }

    /// When the addresses were assigned: all that some operators keep of the time.
    #[must_use]
    pub fn assigned_at(&self) -> Option<TimeBounds> {
        self.rare.as_ref().and_then(|rare| rare.assigned_at.get())
    }

    /// When it began.
    #[must_use]
    pub fn start(&self) -> Option<TimeBounds> {
        self.start.get()
    }

    /// When it ended.
    #[must_use]
    pub fn end(&self) -> Option<TimeBounds> {
        self.end.get()
    }

    /// When it began, or else when its addresses were assigned.
    #[must_use]
    pub fn began(&self) -> Option<TimeBounds> {
        self.start().or_else(|| self.assigned_at())
    }

    /// The IPv6 address given to the member.
    #[must_use]
    pub fn assigned_ipv6(&self) -> Option<Ipv6Addr> {
        self.rare.as_ref().and_then(|rare| rare.assigned_ipv6)
    }

    /// The IPv6 prefix given to the member.
    #[must_use]
    pub fn delegated_prefix(&self) -> Option<Ipv6Prefix> {
        self.rare.as_ref().and_then(|rare| rare.delegated_prefix)
    }

    /// Whether it says enough to be told from other sessions.
    pub(crate) fn is_identified(&self) -> bool {
        self.began().is_some() || self.end().is_some() || self.session().is_some()
    }

    pub(crate) fn is_blank(&self) -> bool {
        *self == Self::blank(self.place)
    }

    /// How much memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        let rare = self.rare.as_ref().map_or(0, |rare| size_of_val(&**rare) + ALLOCATION);
        size_of::<Self>() + rare
    }
}

/// The bounds of a time, in a third of the room of [`TimeBounds`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Bounds {
    earliest: i64,
    latest: i64,
}

impl Bounds {
    fn get(self) -> Option<TimeBounds> {
        let at = |own: i64| Timestamp::from_milliseconds(own).ok();
        let (earliest, latest) = (at(self.earliest), at(self.latest));
        (earliest.is_some() || latest.is_some()).then(|| TimeBounds::between(earliest, latest))
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self { earliest: i64::MIN, latest: i64::MIN }
    }
}

impl From<TimeBounds> for Bounds {
    fn from(moment: TimeBounds) -> Self {
        let of = |at: Option<Timestamp>| at.map_or(i64::MIN, Timestamp::milliseconds);
        Self { earliest: of(moment.earliest), latest: of(moment.latest) }
    }
}

/// Where in a reply a session stands, counted from 1.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyPosition {
    /// The number of an entry of the list in JSON.
    Entry(u32),
    /// The number of a line in a table.
    Line(u32),
}

/// How far outside the reply's own first and last moment a session may lie that it could be about, in
/// milliseconds.
const MARGIN: i64 = 120_000;

/// What an allocation takes besides what is asked for, in bytes.
const ALLOCATION: usize = 16;
