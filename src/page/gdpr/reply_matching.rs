use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::reply_comparison::{
    ComparedValue, DifferingSession, FieldDifference, MatchingSession, ReplyComparison,
    UnmatchedRecord, UnmatchedSession,
};
use super::{Reply, ReplyRecord};
use temoin_core::session::{
    Coverage, EndReason, Field, Gateway, Ipv6Prefix, OperatorEnd, Session, SessionId, TimeBounds,
    Timestamp, Transport,
};

/// How far the times of two honest records of one session may lie apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeTolerance {
    /// How far the two clocks, and the delays of scripts, may lie apart either way.
    pub clock: Duration,
    /// The `ping-restart` that the operator's server gives its members: it closes the record of a
    /// tunnel that went silent up to twice this later (measured with OpenVPN 2.6).
    pub ping_restart: Duration,
}

impl Default for TimeTolerance {
    /// Ten seconds, and the 30 seconds of `keepalive 10 30`.
    fn default() -> Self {
        Self { clock: Duration::from_secs(10), ping_restart: Duration::from_secs(30) }
    }
}

/// Compares an operator's reply with the box's own sessions.
///
/// Pass the sessions of the period that the reply should cover: each one missing from the reply is
/// listed as known here and not held. Each session and each record is used at most
/// once; neither the order of the sessions nor that of the records matters.
pub fn compare(reply: &Reply, sessions: &[Session], tolerance: TimeTolerance) -> ReplyComparison {
    let limits = ToleranceMs::from(tolerance);
    let mut sessions: Vec<&Session> = sessions.iter().collect();
    sessions.sort_by_key(|session| (session.start.value.best(), session.id));
    let mut records: Vec<&ReplyRecord> = reply.records.iter().collect();
    records.sort_by_cached_key(|record| {
        let assigned_at = record.assigned_at.map(|at| (at.earliest, at.latest));
        let other = (record.session, assigned_at, record.end_reason.clone());
        (record_key(record), other, record.place)
    });

    let mut matching =
        MatchState { session_of: vec![None; records.len()], taken: vec![false; sessions.len()] };
    by_id(&records, &sessions, &mut matching);
    // First in all that either knows, then in what the reply gives of any session.
    by_equality(&records, &sessions, &Field::ALL.into(), &mut matching);
    by_equality(&records, &sessions, &reply.fields, &mut matching);
    for _ in 0..ROUNDS {
        if !by_nearness(&records, &sessions, limits, &mut matching) {
            break;
        }
    }

    let mut comparison = ReplyComparison::default();
    comparison.also_held.extend(reply.fields.iter().filter(|field| !field.is_recorded()));
    comparison.unread_columns.extend(reply.unread.iter().cloned());
    for (record, session) in records.iter().zip(&matching.session_of) {
        let Some(session) = session.map(|index| sessions[index]) else {
            comparison.held_unknown_here.push(UnmatchedRecord {
                record: (*record).clone(),
                within: enclosing(record, &sessions, limits),
            });
            continue;
        };
        let results = FieldResults::new(record, session, limits);
        let (place, session) = (record.place, session.id);
        let FieldResults { agrees, cannot_tell, differs } = results;
        if differs.is_empty() {
            comparison.same.push(MatchingSession { session, place, agrees, cannot_tell });
        } else {
            let differences = differs;
            comparison.differing.push(DifferingSession {
                session,
                place,
                differences,
                agrees,
                cannot_tell,
            });
        }
    }
    for (session, taken) in sessions.iter().zip(matching.taken) {
        if !taken {
            comparison.known_here_not_held.push(UnmatchedSession {
                session: session.id,
                start: session.start.value,
                end: session.end.as_ref().map(|end| end.moment.value),
            });
        }
    }
    comparison
}

/// Which record belongs to which session, by their indices in sorted order.
struct MatchState {
    session_of: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl MatchState {
    fn pair(&mut self, record: usize, session: usize) {
        if self.session_of[record].is_none() && !self.taken[session] {
            self.session_of[record] = Some(session);
            self.taken[session] = true;
        }
    }
}

/// Pairs records with the same session ID.
fn by_id(records: &[&ReplyRecord], sessions: &[&Session], matching: &mut MatchState) {
    let named: BTreeMap<SessionId, usize> =
        (0..).zip(records).filter_map(|(index, record)| Some((record.session?, index))).collect();
    for (index, session) in sessions.iter().enumerate() {
        if let Some(record) = named.get(&session.id) {
            matching.pair(*record, index);
        }
    }
}

/// Pairs by equality in these fields: mainly for a box's own export, in which many sessions may
/// look alike.
fn by_equality(
    records: &[&ReplyRecord],
    sessions: &[&Session],
    fields: &BTreeSet<Field>,
    matching: &mut MatchState,
) {
    let mut alike: BTreeMap<MatchKey, Vec<usize>> = BTreeMap::new();
    for (index, record) in records.iter().enumerate().rev() {
        if matching.session_of[index].is_none() {
            alike.entry(record_key(record).within(fields)).or_default().push(index);
        }
    }
    for (index, session) in sessions.iter().enumerate() {
        let key = session_key(session).within(fields);
        // Addresses alone are those of every session.
        if matching.taken[index] || (key.start.is_none() && key.end.is_none()) {
            continue;
        }
        if let Some(record) = alike.get_mut(&key).and_then(Vec::pop) {
            matching.pair(record, index);
        }
    }
}

/// Pairs by nearness in time without contradictions, best pairs first. Only a few neighbours of
/// each record are considered, to keep the running time linear. Returns whether it found any.
fn by_nearness(
    records: &[&ReplyRecord],
    sessions: &[&Session],
    limits: ToleranceMs,
    matching: &mut MatchState,
) -> bool {
    let free = |index: &usize| !matching.taken[*index];
    let mut by_start: Vec<(Timestamp, usize)> = (0..sessions.len())
        .filter(free)
        .filter_map(|index| Some((sessions[index].start.value.best()?, index)))
        .collect();
    let mut by_end: Vec<(Timestamp, usize)> = (0..sessions.len())
        .filter(free)
        .filter_map(|index| Some((sessions[index].end.as_ref()?.moment.value.best()?, index)))
        .collect();
    by_start.sort_unstable();
    by_end.sort_unstable();

    let mut candidates = Vec::new();
    let mut near = BTreeSet::new();
    for (index, record) in records.iter().enumerate() {
        if matching.session_of[index].is_some() {
            continue;
        }
        near.clear();
        for (sorted, moment) in [(&by_start, record.began()), (&by_end, record.end)] {
            for at in moment.into_iter().flat_map(|moment| [moment.earliest, moment.latest]) {
                near.extend(neighbours(sorted, at));
            }
        }
        for session in &near {
            if let Some(score) = score(record, sessions[*session], limits) {
                candidates.push((score, *session, index));
            }
        }
    }
    candidates.sort_unstable();
    for (_, session, record) in &candidates {
        matching.pair(*record, *session);
    }
    !candidates.is_empty()
}

/// The sessions next to an instant in a sorted list.
fn neighbours(
    sorted: &[(Timestamp, usize)],
    at: Option<Timestamp>,
) -> impl Iterator<Item = usize> + '_ {
    let range = at.map_or(0..0, |at| {
        let place = sorted.partition_point(|(other, _)| *other < at);
        place.saturating_sub(NEIGHBOURS)..(place + NEIGHBOURS).min(sorted.len())
    });
    sorted[range].iter().map(|(_, index)| *index)
}

/// How badly a record fits a session: the number of differing fields, the distance in time in
/// milliseconds, and the number of fields known to only one of them. `None` if they cannot be the
/// same session.
fn score(
    record: &ReplyRecord,
    session: &Session,
    limits: ToleranceMs,
) -> Option<(usize, u64, usize)> {
    let results = FieldResults::new(record, session, limits);
    let agrees = |field| results.agrees.contains(&field);
    let addresses_differ = results.differs.iter().any(|difference| is_address(difference.field));
    let time_agrees =
        agrees(Field::SessionStart) || agrees(Field::AssignedAt) || agrees(Field::SessionEnd);
    if !time_agrees && (addresses_differ || !overlap(record, session, limits)) {
        return None;
    }
    let end = session.end.as_ref().map(|end| end.moment.value);
    let distance = distance(record.began(), Some(session.start.value))
        .saturating_add(distance(record.end, end));
    Some((results.differs.len(), distance, results.cannot_tell.len()))
}

fn is_address(field: Field) -> bool {
    field == Field::OriginAddress || is_assigned(field)
}

fn is_assigned(field: Field) -> bool {
    matches!(field, Field::AssignedIpv4 | Field::AssignedIpv6 | Field::DelegatedPrefix)
}

fn distance(one: Option<TimeBounds>, other: Option<TimeBounds>) -> u64 {
    match (one.and_then(|moment| moment.best()), other.and_then(|moment| moment.best())) {
        (Some(one), Some(other)) => one.milliseconds().abs_diff(other.milliseconds()),
        _ => 0,
    }
}

/// Whether record and session have a moment in common, within the tolerance. A record without an
/// end is only known to have lasted at its start.
fn overlap(record: &ReplyRecord, session: &Session, limits: ToleranceMs) -> bool {
    let begin = record.began().and_then(|start| start.earliest.or(start.latest));
    let end = record.end.and_then(|end| end.latest.or(end.earliest));
    let (Some(begin), Some(end)) = (begin.or(end), end.or(begin)) else { return false };
    let start = session.start.value;
    let Some(opened) = start.earliest.or_else(|| start.best()) else { return false };
    let closed = match &session.end {
        Some(session_end) => session_end.moment.value.best(),
        None => None,
    };
    let slack = limits.clock.saturating_add(limits.silence);
    opened.shifted(-limits.clock) <= end
        && closed.is_none_or(|closed| begin <= closed.shifted(slack))
}

/// The session in which a reconnect could not be seen and within which the record began. Its origin
/// may be another: that is why tunnels reconnect.
fn enclosing(
    record: &ReplyRecord,
    sessions: &[&Session],
    limits: ToleranceMs,
) -> Option<SessionId> {
    let start = record.began()?.best()?;
    let after = sessions
        .partition_point(|session| session.start.value.best().is_none_or(|began| began <= start));
    let before = &sessions[after.saturating_sub(NEIGHBOURS)..after];
    before
        .iter()
        .rev()
        .find(|session| {
            session.coverage != Coverage::Complete
                && overlap(record, session, limits)
                && !FieldResults::new(record, session, limits)
                    .differs
                    .iter()
                    .any(|difference| is_assigned(difference.field))
        })
        .map(|session| session.id)
}

/// A record and a session compared field by field.
struct FieldResults {
    agrees: Vec<Field>,
    cannot_tell: Vec<Field>,
    differs: Vec<FieldDifference>,
}

impl FieldResults {
    fn new(record: &ReplyRecord, session: &Session, limits: ToleranceMs) -> Self {
        let mut results = Self { agrees: Vec::new(), cannot_tell: Vec::new(), differs: Vec::new() };
        let attributes = &session.attributes;
        let canonical = attributes.origin_address.map(|known| known.value.to_canonical());
        results.equal(Field::OriginAddress, canonical, record.origin_address);
        results.equal(
            Field::OriginPort,
            attributes.origin_port.map(|known| known.value),
            record.origin_port,
        );
        results.equal(
            Field::AssignedIpv4,
            attributes.assigned_ipv4.map(|known| known.value),
            record.assigned_ipv4,
        );
        results.equal(
            Field::AssignedIpv6,
            attributes.assigned_ipv6.map(|known| known.value),
            record.assigned_ipv6,
        );
        results.equal(
            Field::DelegatedPrefix,
            attributes.delegated_prefix.map(|known| known.value),
            record.delegated_prefix,
        );
        if record.assigned_at.is_some() {
            // The server assigns the addresses when it accepts the session.
            results.start(Field::AssignedAt, record.assigned_at, session, limits);
        }
        results.start(Field::SessionStart, record.start, session, limits);
        results.end(record.end, session, limits);
        results.reason(record, session);
        results.gateway(attributes.gateway.map(|known| known.value), record.gateway);
        results.equal(
            Field::Transport,
            attributes.transport.map(|known| known.value),
            record.transport,
        );
        results
    }

    fn equal<T: PartialEq + ToString>(&mut self, field: Field, here: Option<T>, held: Option<T>) {
        match (here, held) {
            (Some(here), Some(held)) if here == held => self.agrees.push(field),
            (Some(here), Some(held)) => {
                let (here, operator) =
                    (ComparedValue::Text(here.to_string()), ComparedValue::Text(held.to_string()));
                self.differs.push(FieldDifference { field, here, operator });
            }
            (None, None) => {}
            _ => self.cannot_tell.push(field),
        }
    }

    fn start(
        &mut self,
        field: Field,
        held: Option<TimeBounds>,
        session: &Session,
        limits: ToleranceMs,
    ) {
        let here = Some(session.start.value);
        self.time(field, here, held, limits.clock, limits.clock);
    }

    fn end(&mut self, held: Option<TimeBounds>, session: &Session, limits: ToleranceMs) {
        let Some(end) = &session.end else {
            // It still lasts, or did when it was last seen. That the reply gives no end then says
            // nothing.
            if held.is_some() {
                let here = Some(TimeBounds::between(session.last_known_alive(), None));
                self.time(Field::SessionEnd, here, held, limits.clock, limits.clock);
            }
            return;
        };
        let early = match end.reason {
            // The box heard nothing for that long before it called this an end.
            EndReason::ServerSilent => limits.ping_restart,
            _ => 0,
        };
        let late = match end.reason.operator_view() {
            OperatorEnd::Notice | OperatorEnd::OwnStop => NOTICE,
            OperatorEnd::Replaced | OperatorEnd::Timeout | OperatorEnd::Unknown => limits.silence,
        };
        let (early, late) = (early.saturating_add(limits.clock), late.saturating_add(limits.clock));
        self.time(Field::SessionEnd, Some(end.moment.value), held, early, late);
    }

    /// Compares two moments by their bounds; the operator's may lie `early` or `late` milliseconds
    /// off.
    fn time(
        &mut self,
        field: Field,
        here: Option<TimeBounds>,
        held: Option<TimeBounds>,
        early: i64,
        late: i64,
    ) {
        let (Some(here), Some(held)) = (here, held) else {
            let known = |moment: TimeBounds| moment.best().is_some();
            if here.is_some_and(known) || held.is_some_and(known) {
                self.cannot_tell.push(field);
            }
            return;
        };
        let too_early = match (held.latest, here.earliest) {
            (Some(held), Some(here)) => Some(held < here.shifted(-early)),
            _ => None,
        };
        let too_late = match (held.earliest, here.latest) {
            (Some(held), Some(here)) => Some(held > here.shifted(late)),
            _ => None,
        };
        match (too_early, too_late) {
            (Some(true), _) | (_, Some(true)) => {
                let (here, operator) =
                    (ComparedValue::TimeBounds(here), ComparedValue::TimeBounds(held));
                self.differs.push(FieldDifference { field, here, operator });
            }
            (Some(false), Some(false)) => self.agrees.push(field),
            _ => self.cannot_tell.push(field),
        }
    }

    /// Each side has its own reasons for an end: only equal ones mean anything.
    fn reason(&mut self, record: &ReplyRecord, session: &Session) {
        let here = session.end.as_ref().map(|end| end.reason.name());
        match (here, record.end_reason.as_deref()) {
            (None, None) => {}
            (Some(here), Some(held)) if here == held => self.agrees.push(Field::EndReason),
            _ => self.cannot_tell.push(Field::EndReason),
        }
    }

    /// An operator may name its server by an address that only its own network knows.
    fn gateway(&mut self, here: Option<Gateway>, held: Option<Gateway>) {
        let (Some(here), Some(held)) = (here, held) else {
            return self.equal(Field::Gateway, here, held);
        };
        let same_port = here.port.is_none() || held.port.is_none() || here.port == held.port;
        if here.address.to_canonical() == held.address && same_port {
            self.agrees.push(Field::Gateway);
        } else if is_internal(held.address) {
            self.cannot_tell.push(Field::Gateway);
        } else {
            self.equal(Field::Gateway, Some(here), Some(held));
        }
    }
}

fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_private() || address.is_loopback() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// A tolerance in milliseconds.
#[derive(Clone, Copy)]
struct ToleranceMs {
    clock: i64,
    ping_restart: i64,
    /// How much later than the tunnel's end the server may close the record of a silent tunnel.
    silence: i64,
}

impl From<TimeTolerance> for ToleranceMs {
    fn from(tolerance: TimeTolerance) -> Self {
        let milliseconds =
            |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4);
        let clock = milliseconds(tolerance.clock).min(i64::MAX / 4);
        let ping_restart = milliseconds(tolerance.ping_restart).min(i64::MAX / 4);
        Self { clock, ping_restart, silence: ping_restart.saturating_mul(2) }
    }
}

/// Everything in which a record and a session can be equal, in a form that sorts.
#[derive(Default, Eq, Ord, PartialEq, PartialOrd)]
struct MatchKey {
    start: Option<(Option<Timestamp>, Option<Timestamp>)>,
    end: Option<(Option<Timestamp>, Option<Timestamp>)>,
    origin_address: Option<IpAddr>,
    origin_port: Option<u16>,
    assigned: [Option<IpAddr>; 2],
    delegated_prefix: Option<(std::net::Ipv6Addr, u8)>,
    gateway: Option<(IpAddr, Option<u16>)>,
    transport: Option<&'static str>,
}

impl MatchKey {
    /// This key with only the fields that a reply gives.
    fn within(mut self, fields: &BTreeSet<Field>) -> Self {
        let has = |field| fields.contains(&field);
        self.start = self.start.filter(|_| has(Field::SessionStart));
        self.end = self.end.filter(|_| has(Field::SessionEnd));
        self.origin_address = self.origin_address.filter(|_| has(Field::OriginAddress));
        // A port may have stood in the address's column.
        self.origin_port = self.origin_port.filter(|_| has(Field::OriginPort));
        let [ipv4, ipv6] = self.assigned;
        self.assigned =
            [ipv4.filter(|_| has(Field::AssignedIpv4)), ipv6.filter(|_| has(Field::AssignedIpv6))];
        self.delegated_prefix = self.delegated_prefix.filter(|_| has(Field::DelegatedPrefix));
        self.gateway = self.gateway.filter(|_| has(Field::Gateway));
        self.transport = self.transport.filter(|_| has(Field::Transport));
        self
    }
}

fn record_key(record: &ReplyRecord) -> MatchKey {
    key(
        record.start,
        record.end,
        record.origin_address,
        record.origin_port,
        [record.assigned_ipv4.map(IpAddr::V4), record.assigned_ipv6.map(IpAddr::V6)],
        record.delegated_prefix,
        record.gateway,
        record.transport,
    )
}

fn session_key(session: &Session) -> MatchKey {
    let attributes = &session.attributes;
    key(
        Some(session.start.value),
        session.end.as_ref().map(|end| end.moment.value),
        attributes.origin_address.map(|known| known.value),
        attributes.origin_port.map(|known| known.value),
        [
            attributes.assigned_ipv4.map(|known| IpAddr::V4(known.value)),
            attributes.assigned_ipv6.map(|known| IpAddr::V6(known.value)),
        ],
        attributes.delegated_prefix.map(|known| known.value),
        attributes.gateway.map(|known| known.value),
        attributes.transport.map(|known| known.value),
    )
}

#[allow(clippy::too_many_arguments, reason = "the one place that lists what can be equal")]
fn key(
    start: Option<TimeBounds>,
    end: Option<TimeBounds>,
    origin_address: Option<IpAddr>,
    origin_port: Option<u16>,
    assigned: [Option<IpAddr>; 2],
    delegated_prefix: Option<Ipv6Prefix>,
    gateway: Option<Gateway>,
    transport: Option<Transport>,
) -> MatchKey {
    let bounds = |moment: TimeBounds| {
        let known = moment.earliest.is_some() || moment.latest.is_some();
        known.then_some((moment.earliest, moment.latest))
    };
    MatchKey {
        start: start.and_then(bounds),
        end: end.and_then(bounds),
        origin_address: origin_address.map(|address| address.to_canonical()),
        origin_port,
        assigned,
        delegated_prefix: delegated_prefix.map(Into::into),
        gateway: gateway.map(|gateway| (gateway.address.to_canonical(), gateway.port)),
        transport: transport.map(Transport::name),
    }
}

/// How much later than a member's notice that it leaves, or its own stop, a server closes the
/// record, in milliseconds (measured with OpenVPN 2.6: up to five seconds).
const NOTICE: i64 = 5_000;

/// How many sessions on either side of an instant are looked at.
const NEIGHBOURS: usize = 4;

/// How often unmatched records look for new neighbours when all of theirs were taken: needed only
/// if more sessions than that begin within seconds of each other.
const ROUNDS: usize = 8;
