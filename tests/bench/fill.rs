//! Fills a record with sessions for measurements: `fill-record STATE_DIR COUNT [EVERY UNTIL]`, both in
//! milliseconds, the latter after 1970.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a tool for measurements")]

use std::net::Ipv4Addr;
use std::path::Path;

use temoin_core::session::{
    Attributes, BootId, Change, ClockReading, Coverage, End, EndReason, Gateway, Observed, Session,
    SessionSecret, Source, TimeBounds, Timestamp, Transport, Uptime,
};
use temoin_journal::Journal;

/// A session of twenty minutes, every half hour, up to 2026-11-24, unless it is said otherwise.
const EVERY: i64 = 1_800_000;
const LASTS: i64 = 1_200_000;
const UNTIL: i64 = 1_795_500_000_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(directory), Some(count)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: fill-record STATE_DIR COUNT [EVERY UNTIL]");
        std::process::exit(2);
    };
    let count: i64 = count.parse().expect("a count");
    let mut number = |otherwise: i64| {
        arguments.next().map_or(otherwise, |text| text.parse().expect("milliseconds"))
    };
    let (every, until) = (number(EVERY), number(UNTIL));
    let (mut journal, _) = Journal::open(Path::new(&directory)).expect("a journal");
    let changes: Vec<Change> = (0..count)
        .flat_map(|number| session(number, until - (count - number) * every, LASTS.min(every / 2)))
        .collect();
    for some in changes.chunks(20_000) {
        journal.record(some, None).expect("disk space");
    }
}

/// One session, from its beginning to its end.
fn session(number: i64, began: i64, lasts: i64) -> [Change; 2] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    let secret = SessionSecret::from_bytes(bytes);
    let reading = |at: i64| ClockReading {
        boot: BootId::from_bytes([7; 16]),
        uptime: Uptime::from_milliseconds(u64::try_from(at - began).expect("after") + 1_000),
        realtime: Timestamp::from_milliseconds(at).expect("an instant"),
        synchronised: true,
    };
    let moment = |at: i64| {
        let at = Timestamp::from_milliseconds(at).expect("an instant");
        Observed::new(TimeBounds::exact(at), Source::OpenVpnHook)
    };
    let hook = Source::OpenVpnHook;
    let host = u8::try_from(number % 200).expect("small") + 1;
    let gateway = Gateway { address: Ipv4Addr::new(198, 51, 100, 1).into(), port: Some(1194) };
    let open = Session {
        id: secret.id(),
        device: "tun0".parse().expect("a name"),
        interface: Some(9),
        opened: reading(began),
        start: moment(began),
        end: None,
        attributes: Attributes {
            origin_address: Some(Observed::new(
                Ipv4Addr::new(203, 0, 113, host).into(),
                Source::OperatorPush,
            )),
            origin_port: Some(Observed::new(40_000 + u16::from(host), Source::OperatorPush)),
            assigned_ipv4: Some(Observed::new(Ipv4Addr::new(192, 0, 2, 10), hook)),
            assigned_ipv6: Some(Observed::new("2001:db8:99::10".parse().expect("one"), hook)),
            delegated_prefix: Some(Observed::new("2001:db8:1::/56".parse().expect("one"), hook)),
            gateway: Some(Observed::new(gateway, hook)),
            transport: Some(Observed::new(Transport::Udp, hook)),
        },
        coverage: Coverage::Complete,
        connection: None,
        last_seen: None,
    };
    let ended = began + lasts;
    let end =
        End { moment: moment(ended), closed: reading(ended), reason: EndReason::StoppedWithNotice };
    let closed = Session { end: Some(end), ..open.clone() };
    [Change::Open(open, secret), Change::Close(closed)]
}
