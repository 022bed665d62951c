//! Test data for the tests of this module.

use std::net::IpAddr;
use std::path::Path;

use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use super::Reader;
use temoin_core::record::{Call, Filter, Pagination, RouteKind, SentRequest};
use temoin_core::session::{
    Attributes, BootId, Change, ClockReading, Coverage, Device, End, EndReason, Field, Gateway,
    Ipv6Prefix, Observed, Session, SessionId, SessionSecret, Source, TimeBounds, Timestamp,
    Transport, Uptime, Zone,
};
use temoin_protocol::{
    CanonicalValue, Day, FieldSet, Freshness, Held, KeyChain, Receipt, Salt, SigningKey,
    StatusAnswer, StatusRequest, StoredRecord, UnixSeconds,
};

/// 2026-11-24T08:00:00Z.
pub(super) const EIGHT: i64 = 1_795_507_200_000;

pub(super) const MINUTE: i64 = 60_000;

pub(super) fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).unwrap()
}

/// A clock reading in boot number `boot`, which started 100 * `boot` minutes after [`EIGHT`].
pub(super) fn reading(boot: u8, minute: i64, synchronised: bool) -> ClockReading {
    let uptime = (minute - i64::from(boot) * 100) * MINUTE;
    ClockReading {
        boot: BootId::from_bytes([boot; 16]),
        uptime: Uptime::from_milliseconds(u64::try_from(uptime).unwrap()),
        realtime: at(if synchronised { EIGHT + minute * MINUTE } else { uptime }),
        synchronised,
    }
}

fn moment(reading: &ClockReading) -> TimeBounds {
    if reading.synchronised {
        TimeBounds::exact(reading.realtime)
    } else {
        TimeBounds::claimed(reading.realtime)
    }
}

pub(super) fn secret(number: u32) -> SessionSecret {
    let mut bytes = [0x5e; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    SessionSecret::from_bytes(bytes)
}

/// An open session on tun0 with unique values, whose bytes are unlikely to occur anywhere else.
pub(super) fn session(number: u32, opened: ClockReading) -> Session {
    let low = u16::try_from(number & 0xffff).unwrap();
    let [high, low_byte] = low.to_be_bytes();
    let hook = |value| Some(Observed::new(value, Source::OpenVpnHook));
    Session {
        id: secret(number).id(),
        device: "tun0".parse().unwrap(),
        interface: Some(number),
        opened,
        start: Observed::new(moment(&opened), Source::OpenVpnHook),
        end: None,
        attributes: Attributes {
            origin_address: hook([198, 51, 0x80 | high, 0xa5 ^ low_byte].into()),
            origin_port: Some(Observed::new(40_000, Source::OperatorPush)),
            assigned_ipv4: Some(Observed::new(
                [203, 113, 0xc0 | high, 0x5b ^ low_byte].into(),
                Source::OpenVpnHook,
            )),
            assigned_ipv6: Some(Observed::new(
                [0x2001, 0xdb8, 1, low, 0, 0, 0, 0x77].into(),
                Source::OpenVpnHook,
            )),
            delegated_prefix: Some(Observed::new(
                Ipv6Prefix::new([0x2001, 0xdb8, 2, low, 0, 0, 0, 0].into(), 64).unwrap(),
                Source::OperatorPush,
            )),
            gateway: Some(Observed::new(
                Gateway { address: [192, 0, 2, 1].into(), port: Some(1194) },
                Source::OpenVpnHook,
            )),
            transport: Some(Observed::new(Transport::Udp, Source::OpenVpnHook)),
        },
        coverage: Coverage::Hooks,
        connection: None,
        last_seen: None,
    }
}

pub(super) fn ended(mut session: Session, closed: ClockReading) -> Session {
    session.end = Some(End {
        moment: Observed::new(moment(&closed), Source::OpenVpnHook),
        closed,
        reason: EndReason::Stopped,
    });
    session
}

pub(super) fn opening(number: u32, session: &Session) -> Change {
    Change::Open(session.clone(), secret(number))
}

/// All that the journal in `directory` holds, newest first.
pub(super) fn all(directory: &Path) -> Vec<Session> {
    let reader = Reader::open(directory).unwrap().unwrap();
    reader.sessions(&Filter::all(at(EIGHT)), &Pagination::first(u32::MAX)).unwrap()
}

/// The operator's zone.
pub(super) fn brussels() -> Zone {
    "Europe/Brussels".parse().unwrap()
}

/// The operator's key.
pub(super) fn key() -> SigningKey {
    SigningKey::from_seed(&[3; 32])
}

/// That the addresses of a session are held until this day; without a date where the text is empty.
pub(super) fn held_until(date: &str) -> Option<Held> {
    let day = date.parse().ok().and_then(Day::new);
    let fields = [Field::OriginAddress, Field::AssignedIpv4];
    Held::new(day, FieldSet::from_iter(fields))
}

/// What the operator states of the session of this number, at this minute after [`EIGHT`]. Where it
/// holds something, that is what the box saw.
pub(super) fn receipt(number: u32, minute: i64, held: Option<Held>) -> Receipt {
    let attributes = session(number, reading(0, 0, true)).attributes;
    let values = [
        CanonicalValue::origin_address(attributes.origin_address.unwrap().value),
        CanonicalValue::assigned_ipv4(attributes.assigned_ipv4.unwrap().value),
    ];
    let mut random = [[0; 32]; StatusRequest::RANDOM];
    for (place, bytes) in (0..).zip(&mut random) {
        *bytes = [place; 32];
    }
    let request = StatusRequest::new(&[secret(number).id()], &random).unwrap();
    let stated = at(EIGHT + minute * MINUTE);
    let salt = Salt::from_random(*secret(number + 1_000_000).id().as_bytes());
    let answer =
        StatusAnswer::new(&request, UnixSeconds::containing(stated).unwrap(), &key(), None, |id| {
            let held = held.filter(|_| *id == secret(number).id())?;
            Some(StoredRecord { held, values: &values, salt: salt.unwrap() })
        });
    let keys = KeyChain::pinned(key().public());
    let verified = answer.verify(&request, &keys, Freshness::ClockNotTrusted).unwrap();
    verified.receipts[0].clone()
}

/// A request through the tunnel at this minute after [`EIGHT`], filled up as a status request is.
pub(super) fn sent(call: Call, ids: &[SessionId], minute: i64) -> SentRequest {
    let mut body: Vec<u8> = ids.iter().flat_map(|id| id.as_bytes().to_owned()).collect();
    if call == Call::Status {
        body.resize(StatusRequest::SIZE, 0xf1);
    }
    SentRequest {
        at: at(EIGHT + minute * MINUTE),
        call,
        route: RouteKind::Tunnel,
        is_manual: false,
        head: b"POST /temoin/2/status HTTP/1.1\r\n\r\n".to_vec(),
        body,
    }
}

/// Any session that the types allow, and its secret.
pub(super) fn any_session() -> impl Strategy<Value = (Session, SessionSecret)> {
    let who = (any::<[u8; 32]>(), "[a-zA-Z0-9_.-]{1,13}[a-z]", any::<Option<u32>>());
    let when = (any_reading(), any_observed(any_moment()), option::of(any_end()));
    let how = (
        select(vec![Coverage::Complete, Coverage::Hooks, Coverage::Interface]),
        any::<Option<u32>>(),
        option::of(any_timestamp()),
    );
    (who, when, any_facts(), how).prop_map(
        |((secret, device, interface), (opened, start, end), attributes, how)| {
            let secret = SessionSecret::from_bytes(secret);
            let (coverage, connection, last_seen) = how;
            let device: Device = device.parse().unwrap();
            let id = secret.id();
            let session = Session {
                id,
                device,
                interface,
                opened,
                start,
                end,
                attributes,
                coverage,
                connection,
                last_seen,
            };
            (session, secret)
        },
    )
}

fn any_timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::EPOCH),
        (-62_167_219_200_000..=253_402_300_799_999_i64).prop_map(at),
        (EIGHT..EIGHT + 1000 * MINUTE).prop_map(at),
    ]
}

fn any_reading() -> impl Strategy<Value = ClockReading> {
    // Few boots, so that a session often ends in the one it began in.
    (0..3_u8, any::<u64>(), any_timestamp(), any::<bool>()).prop_map(
        |(boot, uptime, realtime, synchronised)| ClockReading {
            boot: BootId::from_bytes([boot; 16]),
            uptime: Uptime::from_milliseconds(uptime),
            realtime,
            synchronised,
        },
    )
}

fn any_moment() -> impl Strategy<Value = TimeBounds> {
    let bound = || option::of(any_timestamp());
    (bound(), bound(), bound()).prop_map(|(earliest, latest, claimed)| TimeBounds {
        earliest,
        latest,
        claimed,
    })
}

fn any_observed<T: std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Observed<T>> {
    (value, select(Source::ALL.to_vec())).prop_map(|(value, source)| Observed::new(value, source))
}

fn any_end() -> impl Strategy<Value = End> {
    (any_observed(any_moment()), any_reading(), select(EndReason::ALL.to_vec()))
        .prop_map(|(moment, closed, reason)| End { moment, closed, reason })
}

fn any_facts() -> impl Strategy<Value = Attributes> {
    let prefix = (any::<u128>(), 0..=128_u8).prop_map(|(bits, length)| {
        let mask = u128::MAX.checked_shl(u32::from(128 - length)).unwrap_or(0);
        Ipv6Prefix::new((bits & mask).into(), length).unwrap()
    });
    let gateway = (any::<IpAddr>(), any::<Option<u16>>())
        .prop_map(|(address, port)| Gateway { address, port });
    (
        option::of(any_observed(any::<IpAddr>())),
        option::of(any_observed(any::<u16>())),
        option::of(any_observed(any::<std::net::Ipv4Addr>())),
        option::of(any_observed(any::<std::net::Ipv6Addr>())),
        option::of(any_observed(prefix)),
        option::of(any_observed(gateway)),
        option::of(any_observed(select(vec![Transport::Udp, Transport::Tcp]))),
    )
        .prop_map(
            |(
                origin_address,
                origin_port,
                assigned_ipv4,
                assigned_ipv6,
                delegated_prefix,
                gateway,
                transport,
            )| Attributes {
                origin_address,
                origin_port,
                assigned_ipv4,
                assigned_ipv6,
                delegated_prefix,
                gateway,
                transport,
            },
        )
}
