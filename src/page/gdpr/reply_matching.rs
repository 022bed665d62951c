use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::reply_comparison::{
    ComparedValue, DifferingSession, FieldDifference, MatchingSession, ReplyComparison,
    UnmatchedSession,
};
use temoin_core::session::{
    Coverage, EndReason, Field, Gateway, Ipv6Prefix, OperatorEnd, Session, SessionId, TimeBounds,
    Timestamp, Transport,
};
use temoin_reply::{Reply, ReplyRecord, canonical_address};

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
pub fn compare(reply: Reply, sessions: &[Session], tolerance: TimeTolerance) -> ReplyComparison {
    let limits = ToleranceMs::from(tolerance);
    let Reply { mut records, fields, unread } = reply;
    let mut sessions: Vec<&Session> = sessions.iter().collect();
    sessions.sort_by_key(|session| (session.start.value.best(), session.id));
    records.sort_unstable_by(in_order);

    let mut matching =
        MatchState { session_of: vec![None; records.len()], taken: vec![false; sessions.len()] };
    by_id(&records, &sessions, &mut matching);
    // First in all that either knows, then in what the reply gives of any session.
    by_equality(&records, &sessions, &Field::ALL.into(), &mut matching);
    by_equality(&records, &sessions, &fields, &mut matching);
    for _ in 0..ROUNDS {
        if !by_nearness(&records, &sessions, limits, &mut matching) {
            break;
        }
    }

    let mut comparison = ReplyComparison::default();
    comparison.holds_nothing = records.is_empty();
    comparison.also_held.extend(fields.iter().filter(|field| !field.is_recorded()));
    comparison.unread_columns.extend(unread);
    let within = &mut comparison.held_unknown_here.within;
    for (record, session) in records.iter().zip(&matching.session_of) {
        let Some(session) = session.map(|index| sessions[at(index)]) else {
            if let Some(session) = enclosing(record, &sessions, limits) {
                within.insert(record.place, session);
            }
            continue;
        };
        let results = FieldResults::written(record, session, limits);
        let (place, session) = (record.place, session.id);
        let (agrees, cannot_tell) = (listed(results.agrees), listed(results.cannot_tell));
        let differences = results.differences.unwrap_or_default();
        if differences.is_empty() {
            comparison.same.push(MatchingSession { session, place, agrees, cannot_tell });
        } else {
            comparison.differing.push(DifferingSession {
                session,
                place,
                differences,
                agrees,
                cannot_tell,
            });
        }
    }
    let mut matched = matching.session_of.iter();
    records.retain(|_| matched.next().is_some_and(Option::is_none));
    comparison.held_unknown_here.records = records;
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
    session_of: Vec<Option<u32>>,
    taken: Vec<bool>,
}

impl MatchState {
    /// Whether both were free.
    fn pair(&mut self, record: u32, session: u32) -> bool {
        let is_free = self.session_of[at(record)].is_none() && !self.taken[at(session)];
        if is_free {
            self.session_of[at(record)] = Some(session);
            self.taken[at(session)] = true;
        }
        is_free
    }

    fn free_records(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.session_of).filter(|(_, session)| session.is_none()).map(|(index, _)| index)
    }

    fn free_sessions(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.taken).filter(|(_, taken)| !**taken).map(|(index, _)| index)
    }
}

/// An index, which is kept in half of its room.
fn at(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// An order of records in which only equal ones depend on where they stand.
fn in_order(one: &ReplyRecord, other: &ReplyRecord) -> Ordering {
    let bounds = |moment: Option<TimeBounds>| moment.map(|own| (own.earliest, own.latest));
    bounds(one.start())
        .cmp(&bounds(other.start()))
        .then_with(|| record_key(one).cmp(&record_key(other)))
        .then_with(|| one.session().cmp(&other.session()))
        .then_with(|| bounds(one.assigned_at()).cmp(&bounds(other.assigned_at())))
        .then_with(|| one.end_reason.cmp(&other.end_reason))
        .then_with(|| one.place.cmp(&other.place))
}

/// Pairs records with the same session ID.
fn by_id(records: &[ReplyRecord], sessions: &[&Session], matching: &mut MatchState) {
    let mut named: Vec<(SessionId, u32)> =
        (0..).zip(sessions).map(|(index, session)| (session.id, index)).collect();
    named.sort_unstable();
    for (index, record) in (0..).zip(records) {
        let Some(id) = record.session() else { continue };
        if let Ok(found) = named.binary_search_by_key(&id, |(id, _)| *id) {
            matching.pair(index, named[found].1);
        }
    }
}

/// Pairs by equality in these fields: mainly for a box's own export, in which many sessions may
/// look alike.
fn by_equality(
    records: &[ReplyRecord],
    sessions: &[&Session],
    fields: &BTreeSet<Field>,
    matching: &mut MatchState,
) {
    let mut known: Vec<(MatchKey, u32)> = matching
        .free_sessions()
        .map(|index| (session_key(sessions[at(index)]).within(fields), index))
        // Addresses alone are those of every session.
        .filter(|(key, _)| key.start.is_some() || key.end.is_some())
        .collect();
    known.sort_unstable();
    // How many sessions of the same key are taken, by the first of them.
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    for index in 0..u32::try_from(records.len()).unwrap_or(u32::MAX) {
        if matching.session_of[at(index)].is_some() {
            continue;
        }
        let key = record_key(&records[at(index)]).within(fields);
        let first = known.partition_point(|(own, _)| *own < key);
        let next = used.entry(first).or_default();
        match known.get(first + *next).filter(|(own, _)| *own == key) {
            Some((_, session)) => {
                *next += 1;
                matching.pair(index, *session);
            }
            None if *next == 0 => {
                used.remove(&first);
            }
            None => {}
        }
    }
}

/// Pairs by nearness in time without contradictions, best pairs first. Only a few neighbours of
/// each record, and the best few records of each session, are considered, to keep time and memory
/// within bounds. Returns whether it paired any.
fn by_nearness(
    records: &[ReplyRecord],
    sessions: &[&Session],
    limits: ToleranceMs,
    matching: &mut MatchState,
) -> bool {
    let mut by_start: Vec<(Timestamp, u32)> = matching
        .free_sessions()
        .filter_map(|index| Some((sessions[at(index)].start.value.best()?, index)))
        .collect();
    let mut by_end: Vec<(Timestamp, u32)> = matching
        .free_sessions()
        .filter_map(|index| Some((sessions[at(index)].end.as_ref()?.moment.value.best()?, index)))
        .collect();
    by_start.sort_unstable();
    by_end.sort_unstable();

    let mut best: BTreeMap<u32, Vec<(Score, u32)>> = BTreeMap::new();
    let mut near = Vec::new();
    for index in matching.free_records() {
        let record = &records[at(index)];
        near.clear();
        for (sorted, moment) in [(&by_start, record.began()), (&by_end, record.end())] {
            let Some(moment) = moment else { continue };
            near.extend(neighbours(sorted, moment.earliest));
            if moment.latest != moment.earliest {
                near.extend(neighbours(sorted, moment.latest));
            }
        }
        near.sort_unstable();
        near.dedup();
        let span = record_span(record);
        for session in &near {
            let own = sessions[at(*session)];
            if !meet(span, session_span(own), limits) {
                continue;
            }
            let Some(score) = score(record, own, limits) else { continue };
            let candidates = best.entry(*session).or_default();
            let place = candidates.partition_point(|known| *known < (score, index));
            if place < CANDIDATES {
                candidates.truncate(CANDIDATES - 1);
                candidates.insert(place, (score, index));
            }
        }
    }
    let mut candidates: Vec<(Score, u32, u32)> = best
        .into_iter()
        .flat_map(|(session, own)| {
            own.into_iter().map(move |(score, record)| (score, session, record))
        })
        .collect();
    candidates.sort_unstable();
    let mut any = false;
    for (_, session, record) in candidates {
        any |= matching.pair(record, session);
    }
    any
}

/// The sessions next to an instant in a sorted list.
fn neighbours(
    sorted: &[(Timestamp, u32)],
    at: Option<Timestamp>,
) -> impl Iterator<Item = u32> + '_ {
    let range = at.map_or(0..0, |at| {
        let place = sorted.partition_point(|(other, _)| *other < at);
        place.saturating_sub(NEIGHBOURS)..(place + NEIGHBOURS).min(sorted.len())
    });
    sorted[range].iter().map(|(_, index)| *index)
}

/// The first and the last moment that a record speaks of, in milliseconds; endless where it may be any.
fn record_span(record: &ReplyRecord) -> (i64, i64) {
    span([record.began(), record.end()])
}

/// The same of a session.
fn session_span(session: &Session) -> (i64, i64) {
    let end = session
        .end
        .as_ref()
        .map_or_else(|| TimeBounds::between(None, None), |end| end.moment.value);
    span([Some(session.start.value), Some(end)])
}

fn span(moments: [Option<TimeBounds>; 2]) -> (i64, i64) {
    let known = || moments.iter().flatten();
    let first = known().map(|own| own.earliest.map_or(i64::MIN, Timestamp::milliseconds));
    let last = known().map(|own| own.latest.map_or(i64::MAX, Timestamp::milliseconds));
    (first.min().unwrap_or(i64::MIN), last.max().unwrap_or(i64::MAX))
}

/// Whether two spans come so close that the times of a record and a session could agree.
fn meet(one: (i64, i64), other: (i64, i64), limits: ToleranceMs) -> bool {
    let slack = limits.clock.saturating_add(limits.silence).saturating_add(NOTICE);
    one.0 <= other.1.saturating_add(slack) && other.0.saturating_sub(slack) <= one.1
}

/// How badly a record fits a session: the number of differing fields, the distance in time in
/// milliseconds, and the number of fields known to only one of them.
type Score = (u32, u64, u32);

/// The score of a pair; `None` if they cannot be the same session.
fn score(record: &ReplyRecord, session: &Session, limits: ToleranceMs) -> Option<Score> {
    let results = FieldResults::new(record, session, limits);
    let agrees = |field| results.agrees & bit(field) != 0;
    let addresses_differ =
        Field::ALL.into_iter().any(|field| results.differs & bit(field) != 0 && is_address(field));
    let time_agrees =
        agrees(Field::SessionStart) || agrees(Field::AssignedAt) || agrees(Field::SessionEnd);
    if !time_agrees && (addresses_differ || !overlap(record, session, limits)) {
        return None;
    }
    let end = session.end.as_ref().map(|end| end.moment.value);
    let distance = distance(record.began(), Some(session.start.value))
        .saturating_add(distance(record.end(), end));
    Some((results.differs.count_ones(), distance, results.cannot_tell.count_ones()))
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
    let end = record.end().and_then(|end| end.latest.or(end.earliest));
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
            session.coverage != Coverage::Complete && overlap(record, session, limits) && {
                let differs = FieldResults::new(record, session, limits).differs;
                !Field::ALL.into_iter().any(|field| differs & bit(field) != 0 && is_assigned(field))
            }
        })
        .map(|session| session.id)
}

/// A record and a session compared field by field; each field is a bit.
#[derive(Default)]
struct FieldResults {
    agrees: u32,
    cannot_tell: u32,
    differs: u32,
    /// What differs, where it is to be written.
    differences: Option<Vec<FieldDifference>>,
}

fn bit(field: Field) -> u32 {
    1 << (field as u32)
}

fn listed(fields: u32) -> Vec<Field> {
    Field::ALL.into_iter().filter(|field| fields & bit(*field) != 0).collect()
}

impl FieldResults {
    fn new(record: &ReplyRecord, session: &Session, limits: ToleranceMs) -> Self {
        Self::default().compared(record, session, limits)
    }

    /// The same, with what both sides say where they differ.
    fn written(record: &ReplyRecord, session: &Session, limits: ToleranceMs) -> Self {
        let results = Self { differences: Some(Vec::new()), ..Self::default() };
        results.compared(record, session, limits)
    }

    fn compared(mut self, record: &ReplyRecord, session: &Session, limits: ToleranceMs) -> Self {
        let results = &mut self;
        let attributes = &session.attributes;
        let canonical = attributes.origin_address.map(|known| canonical_address(known.value));
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
            record.assigned_ipv6(),
        );
        results.equal(
            Field::DelegatedPrefix,
            attributes.comparable_prefix(),
            record.delegated_prefix(),
        );
        if record.assigned_at().is_some() {
            // The server assigns the addresses when it accepts the session.
            results.start(Field::AssignedAt, record.assigned_at(), session, limits);
        }
        results.start(Field::SessionStart, record.start(), session, limits);
        results.end(record.end(), session, limits);
        results.reason(record, session);
        results.gateway(attributes.gateway.map(|known| known.value), record.gateway);
        results.equal(
            Field::Transport,
            attributes.transport.map(|known| known.value),
            record.transport,
        );
        self
    }

    fn differ(&mut self, field: Field, said: impl FnOnce() -> [ComparedValue; 2]) {
        self.differs |= bit(field);
        if let Some(differences) = &mut self.differences {
            let [here, operator] = said();
            differences.push(FieldDifference { field, here, operator });
        }
    }

    fn equal<T: PartialEq + ToString>(&mut self, field: Field, here: Option<T>, held: Option<T>) {
        match (here, held) {
            (Some(here), Some(held)) if here == held => self.agrees |= bit(field),
            (Some(here), Some(held)) => self.differ(field, || {
                [ComparedValue::Text(here.to_string()), ComparedValue::Text(held.to_string())]
            }),
            (None, None) => {}
            _ => self.cannot_tell |= bit(field),
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
                self.cannot_tell |= bit(field);
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
                let said = [ComparedValue::TimeBounds(here), ComparedValue::TimeBounds(held)];
                self.differ(field, || said);
            }
            (Some(false), Some(false)) => self.agrees |= bit(field),
            _ => self.cannot_tell |= bit(field),
        }
    }

    /// Each side has its own reasons for an end: only equal ones mean anything.
    fn reason(&mut self, record: &ReplyRecord, session: &Session) {
        let here = session.end.as_ref().map(|end| end.reason.name());
        match (here, record.end_reason.as_deref()) {
            (None, None) => {}
            (Some(here), Some(held)) if here == held => self.agrees |= bit(Field::EndReason),
            _ => self.cannot_tell |= bit(Field::EndReason),
        }
    }

    /// An operator may name its server by an address that only its own network knows.
    fn gateway(&mut self, here: Option<Gateway>, held: Option<Gateway>) {
        let (Some(here), Some(held)) = (here, held) else {
            return self.equal(Field::Gateway, here, held);
        };
        let same_port = here.port.is_none() || held.port.is_none() || here.port == held.port;
        if canonical_address(here.address) == held.address && same_port {
            self.agrees |= bit(Field::Gateway);
        } else if is_internal(held.address) {
            self.cannot_tell |= bit(Field::Gateway);
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
        record.start(),
        record.end(),
        record.origin_address,
        record.origin_port,
        [record.assigned_ipv4.map(IpAddr::V4), record.assigned_ipv6().map(IpAddr::V6)],
        record.delegated_prefix(),
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
        origin_address: origin_address.map(canonical_address),
        origin_port,
        assigned,
        delegated_prefix: delegated_prefix.map(Into::into),
        gateway: gateway.map(|gateway| (canonical_address(gateway.address), gateway.port)),
        transport: transport.map(Transport::name),
    }
}

/// How much later than a member's notice that it leaves, or its own stop, a server closes the
/// record, in milliseconds (measured with OpenVPN 2.6: up to five seconds).
const NOTICE: i64 = 5_000;

/// How many sessions on either side of an instant are looked at.
const NEIGHBOURS: usize = 4;

/// How many records of a session are looked at.
const CANDIDATES: usize = 8;

/// How often unmatched records look for new neighbours when all of theirs were taken: needed only
/// if more sessions than that begin within seconds of each other.
const ROUNDS: usize = 8;
