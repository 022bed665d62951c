//! Compares records of sessions with replies that an operator could give.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use proptest::sample::Index;
use temoin_core::session::{
    Attributes, BootId, ClockReading, Coverage, End, EndReason, Field, Gateway, Observed, Session,
    SessionId, Source, TimeBounds, Timestamp, Transport, Uptime,
};
use temoin_core::text::Language;
use temoin_page::{ReplyComparison, TimeTolerance, compare};
use temoin_reply::{Mapping, Reply, ReplyZone, parse_reply};

/// 2026-11-24T08:00:00Z.
const EIGHT: i64 = 1_795_507_200_000;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(EIGHT + milliseconds).unwrap()
}

/// A session with this start and end, in milliseconds after eight o'clock.
fn session(number: u64, start: i64, end: Option<(i64, EndReason)>) -> Session {
    let mut id = [0; 32];
    let scattered = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    id[..8].copy_from_slice(&scattered.to_be_bytes());
    let reading = ClockReading {
        boot: BootId::from_bytes([1; 16]),
        uptime: Uptime::from_milliseconds(1),
        realtime: at(start),
        synchronised: true,
    };
    Session {
        id: SessionId::from_bytes(id),
        device: "tun0".parse().unwrap(),
        interface: None,
        opened: reading,
        start: Observed::new(TimeBounds::exact(at(start)), Source::OpenVpnHook),
        end: end.map(|(end, reason)| End {
            moment: Observed::new(TimeBounds::exact(at(end)), Source::OpenVpnHook),
            closed: reading,
            reason,
        }),
        attributes: Attributes {
            origin_address: Some(Observed::new(origin(7), Source::Stun)),
            assigned_ipv4: Some(Observed::new(Ipv4Addr::new(10, 99, 0, 10), Source::OpenVpnHook)),
            ..Attributes::default()
        },
        coverage: Coverage::Complete,
        connection: None,
        last_seen: None,
    }
}

fn origin(last: u8) -> IpAddr {
    Ipv4Addr::new(203, 0, 113, last).into()
}

fn ended(number: u64, start: i64, end: i64) -> Session {
    session(number, start, Some((end, EndReason::StoppedWithNotice)))
}

fn read(text: &str) -> Reply {
    parse_reply(text.as_bytes(), &Mapping::default()).unwrap()
}

fn against(text: &str, sessions: &[Session]) -> ReplyComparison {
    compare(read(text), sessions, TimeTolerance::default())
}

/// A record as a RADIUS server would export it.
fn radacct(lines: &[&str]) -> String {
    let header = "AcctStartTime,AcctStopTime,CallingStationId,FramedIPAddress";
    format!("{header}\n{}\n", lines.join("\n"))
}

#[test]
fn an_end_may_lag_by_as_much_as_a_server_takes_to_notice_it() {
    let silent = EndReason::InterfaceGone;
    for (reason, lag, same) in [
        (EndReason::StoppedWithNotice, 15, true),
        (EndReason::StoppedWithNotice, 16, false),
        (EndReason::StoppedWithNotice, -10, true),
        (EndReason::StoppedWithNotice, -11, false),
        (silent, 70, true),
        (silent, 71, false),
        (EndReason::ServerSilent, -40, true),
        (EndReason::ServerSilent, -41, false),
    ] {
        let sessions = [session(1, 0, Some((3_600_000, reason)))];
        let end = EIGHT / 1000 + 3600 + lag;
        let line = format!("{},{end},203.0.113.7,10.99.0.10", EIGHT / 1000);
        let comparison = against(&radacct(&[&line]), &sessions);
        assert_eq!(comparison.same.len(), usize::from(same), "{reason} {lag}");
        assert_eq!(comparison.differing.len(), usize::from(!same), "{reason} {lag}");
    }
}

#[test]
fn another_address_is_a_difference_and_both_are_shown() {
    let sessions = [ended(1, 0, 60_000)];
    let line = format!("{},{},203.0.113.9,10.99.0.10", EIGHT / 1000, EIGHT / 1000 + 60);
    let comparison = against(&radacct(&[&line]), &sessions);
    let [differing] = comparison.differing.as_slice() else { panic!("{comparison:?}") };
    let [difference] = differing.differences.as_slice() else { panic!("{differing:?}") };
    assert_eq!(difference.field, Field::OriginAddress);
    assert_eq!(
        (&*difference.here.to_string(), &*difference.operator.to_string()),
        ("203.0.113.7", "203.0.113.9")
    );
    assert_eq!(differing.agrees.len(), 3);
}

#[test]
fn what_one_side_lacks_cannot_be_told() {
    let sessions = [ended(1, 0, 60_000)];
    let comparison = against(&format!("start,transport\n{},udp\n", EIGHT / 1000), &sessions);
    let [same] = comparison.same.as_slice() else { panic!("{comparison:?}") };
    assert_eq!(same.agrees, [Field::SessionStart]);
    assert_eq!(
        same.cannot_tell,
        [
            Field::OriginAddress,
            Field::AssignedIpv4,
            Field::SessionEnd,
            Field::EndReason,
            Field::Transport
        ]
    );
}

#[test]
fn a_server_named_by_an_address_of_its_own_network_cannot_be_told() {
    let mut sessions = [ended(1, 0, 60_000)];
    let gateway = Gateway { address: "198.51.100.1".parse().unwrap(), port: Some(1194) };
    sessions[0].attributes.gateway = Some(Observed::new(gateway, Source::OpenVpnHook));
    for (address, same) in [("198.51.100.1", 1), ("127.0.0.1", 1), ("198.51.100.2", 0)] {
        let text = format!("start,nasipaddress\n{},{address}\n", EIGHT / 1000);
        let comparison = against(&text, &sessions);
        assert_eq!(comparison.same.len(), same, "{address}");
    }
}

#[test]
fn bounds_agree_with_whatever_lies_within_them() {
    let mut sessions = [ended(1, 0, 0)];
    sessions[0].end.as_mut().unwrap().moment.value =
        TimeBounds::between(Some(at(100_000)), Some(at(900_000)));
    for (end, same) in [(100, 1), (500, 1), (915, 1), (916, 0), (89, 0)] {
        let text = format!("start,end\n{},{}\n", EIGHT / 1000, EIGHT / 1000 + end);
        assert_eq!(against(&text, &sessions).same.len(), same, "{end}");
    }
}

#[test]
fn an_untrusted_clock_matches_by_the_end_and_tells_nothing_of_the_start() {
    let mut sessions = [ended(1, 0, 60_000)];
    sessions[0].start.value = TimeBounds::claimed(Timestamp::EPOCH);
    let line = format!("{},{},203.0.113.7,10.99.0.10", EIGHT / 1000, EIGHT / 1000 + 60);
    let comparison = against(&radacct(&[&line]), &sessions);
    assert!(comparison.same[0].cannot_tell.contains(&Field::SessionStart), "{comparison:?}");
}

#[test]
fn an_operator_that_ended_a_living_session_says_something_else() {
    let mut sessions = [session(1, 0, None)];
    let line = format!("{},{},203.0.113.7,10.99.0.10", EIGHT / 1000, EIGHT / 1000 + 60);
    let text = radacct(&[&line]);
    assert_eq!(against(&text, &sessions).same.len(), 1);
    sessions[0].last_seen = Some(at(600_000));
    assert_eq!(against(&text, &sessions).differing.len(), 1);
}

#[test]
fn one_session_here_may_be_several_there_where_reconnects_are_not_seen() {
    let mut sessions = [ended(1, 0, 3_600_000)];
    let second = |seconds: i64| EIGHT / 1000 + seconds;
    let first = format!("{},{},203.0.113.7,10.99.0.10", second(0), second(1_800));
    let other = format!("{},{},203.0.113.7,10.99.0.10", second(1_800), second(3_600));
    let text = radacct(&[&first, &other]);
    assert_eq!(against(&text, &sessions).held_unknown_here.iter().next().unwrap().1, None);
    sessions[0].coverage = Coverage::Hooks;
    let comparison = against(&text, &sessions);
    assert_eq!(comparison.differing.len(), 1);
    assert_eq!(comparison.held_unknown_here.len(), 1);
    assert_eq!(comparison.held_unknown_here.iter().next().unwrap().1, Some(sessions[0].id));
}

#[test]
fn the_time_of_assignment_serves_where_an_operator_keeps_no_other() {
    let sessions = [ended(1, 0, 60_000), ended(2, 90_000, 120_000)];
    let text = format!("assigned_at,assigned_ipv4\n{},10.99.0.10\n", EIGHT / 1000 + 91);
    let comparison = against(&text, &sessions);
    assert_eq!(comparison.same[0].session, sessions[1].id);
    assert_eq!(comparison.same[0].agrees, [Field::AssignedIpv4, Field::AssignedAt]);
    assert!(comparison.also_held.is_empty());
}

#[test]
fn a_tunnel_that_came_and_went_within_seconds_is_followed() {
    let sessions: Vec<_> = (0..30).map(|number| ended(number, 0, 1_000)).collect();
    let line = format!("{},{},203.0.113.7,10.99.0.10", EIGHT / 1000 + 1, EIGHT / 1000 + 2);
    let comparison = against(&radacct(&vec![line.as_str(); 30]), &sessions);
    assert_eq!(comparison.same.len(), 30);
}

#[test]
fn records_of_another_time_are_not_forced_together() {
    let sessions = [ended(1, 0, 60_000)];
    let line = format!("{},{},203.0.113.7,10.99.0.10", EIGHT / 1000 + 900, EIGHT / 1000 + 960);
    let comparison = against(&radacct(&[&line]), &sessions);
    assert_eq!(comparison.held_unknown_here.len(), 1);
    assert_eq!(comparison.known_here_not_held.len(), 1);
    assert_eq!(comparison.known_here_not_held[0].session, sessions[0].id);
}

#[test]
fn local_times_are_compared_in_the_zone_that_the_mapping_gives() {
    let sessions = [ended(1, 0, 60_000)];
    let mapping =
        Mapping::from_toml("time_zone = 'Europe/Brussels'\n[columns]\n'Début' = 'session_start'\n")
            .unwrap();
    let text = "Début;FramedIPAddress\n2026-11-24 09:00:01;10.99.0.10\n";
    let reply = parse_reply(text.as_bytes(), &mapping).unwrap();
    assert_eq!(compare(reply, &sessions, TimeTolerance::default()).same.len(), 1);
    let wrong = mapping.with_time_zone(ReplyZone::Fixed(0));
    let reply = parse_reply(text.as_bytes(), &wrong).unwrap();
    assert_eq!(compare(reply, &sessions, TimeTolerance::default()).same.len(), 0);
}

/// What the golden files show: one of each kind.
fn example() -> ReplyComparison {
    let mut sessions =
        [ended(1, 0, 60_000), ended(2, 3_600_000, 7_200_000), ended(3, 9_000_000, 9_060_000)];
    sessions[1].coverage = Coverage::Hooks;
    let second = |seconds: i64| EIGHT / 1000 + seconds;
    let text = format!(
        "AcctStartTime,AcctStopTime,CallingStationId,FramedIPAddress,UserName,Realm\n\
         {},{},203.0.113.7,10.99.0.10,ada,x\n{},{},203.0.113.9,,ada,x\n{},{},,10.99.0.10,ada,x\n",
        second(0),
        second(61),
        second(3_600),
        second(5_000),
        second(5_001),
        second(7_203)
    );
    against(&text, &sessions)
}

#[test]
fn a_comparison_reads_as_its_golden_file_says_in_80_columns() {
    let comparison = example();
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .join("tests/fixtures/rights/golden");
    let mut texts: Vec<_> = Language::OFFERED
        .into_iter()
        .map(|language| (format!("comparison.{language}.txt"), comparison.to_text(language)))
        .collect();
    for (name, text) in &texts {
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{name}");
        assert!(!text.contains(['{', '}']), "{name}");
    }
    let json = serde_json::to_string_pretty(&comparison).unwrap() + "\n";
    texts.push(("comparison.json".to_owned(), json));
    for (name, text) in texts {
        let path = folder.join(&name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap();
        assert!(golden == text, "{name} is not as its golden file says; it is now:\n{text}");
    }
}

/// The box's own export of a session: a line of a table, without its ID.
fn line(session: &Session) -> String {
    let exact = |moment: &TimeBounds| moment.instant().map_or(String::new(), |at| at.to_string());
    let bound = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.to_string());
    let mut cells = Vec::new();
    for moment in [Some(session.start.value), session.end.as_ref().map(|end| end.moment.value)] {
        let moment = moment.unwrap_or_else(|| TimeBounds::between(None, None));
        cells.extend([exact(&moment), bound(moment.earliest), bound(moment.latest)]);
    }
    fn text<T: ToString>(value: Option<Observed<T>>) -> String {
        value.map_or(String::new(), |observed| observed.value.to_string())
    }
    let attributes = &session.attributes;
    cells.extend([
        text(attributes.origin_address),
        text(attributes.origin_port),
        text(attributes.assigned_ipv4),
        text(attributes.assigned_ipv6),
        text(attributes.delegated_prefix),
        text(attributes.gateway),
        text(attributes.transport),
        session.end.as_ref().map_or(String::new(), |end| end.reason.to_string()),
    ]);
    cells.join(",") + "\n"
}

const HEADER: &str = "session_start,session_start_earliest,session_start_latest,session_end,\
    session_end_earliest,session_end_latest,origin_address,origin_port,assigned_ipv4,\
    assigned_ipv6,delegated_prefix,gateway,transport,end_reason\n";

/// The box's own export as JSON, with the IDs.
fn json(sessions: &[Session]) -> String {
    let moment = |moment: &TimeBounds| {
        serde_json::json!({
            "at": moment.instant().map(|at| at.to_string()),
            "earliest": moment.earliest.map(|at| at.to_string()),
            "latest": moment.latest.map(|at| at.to_string()),
            "source": "openvpn-hook",
        })
    };
    let listed: Vec<_> = sessions
        .iter()
        .map(|session| {
            let end = session.end.as_ref().map(|end| {
                let mut value = moment(&end.moment.value);
                value["reason"] = end.reason.name().into();
                value["operator_view"] = "notice".into();
                value
            });
            let address = session.attributes.assigned_ipv4.map(|known| {
                serde_json::json!({"value": known.value.to_string(), "source": "openvpn-hook"})
            });
            serde_json::json!({
                "id": session.id.to_string(),
                "state": "closed",
                "device": "tun0",
                "coverage": session.coverage.name(),
                "start": moment(&session.start.value),
                "end": end,
                "assigned_ipv4": address,
            })
        })
        .collect();
    serde_json::json!({"format": "temoin.sessions/1", "sessions": listed}).to_string()
}

/// Moments so close together that many collide; each is at least half known.
fn moments() -> impl Strategy<Value = TimeBounds> {
    let near = || (0..40_i64).prop_map(|step| at(step * 2_500));
    prop_oneof![
        4 => near().prop_map(TimeBounds::exact),
        1 => (near(), 0..60_000_i64)
            .prop_map(|(from, more)| TimeBounds::between(Some(from), Some(from.shifted(more)))),
        1 => near().prop_map(|latest| TimeBounds::between(None, Some(latest))),
    ]
}

fn attributes() -> impl Strategy<Value = Attributes> {
    fn known<T: Clone + std::fmt::Debug>(
        value: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Option<Observed<T>>> {
        prop::option::of(value.prop_map(|value| Observed::new(value, Source::OpenVpnHook)))
    }
    let gateway = Gateway { address: "198.51.100.1".parse().unwrap(), port: Some(1194) };
    (
        known((7..10_u8).prop_map(origin)),
        known(30_000..30_003_u16),
        known((1..4_u8).prop_map(|last| Ipv4Addr::new(10, 99, 0, last))),
        known(Just("2001:db8:99::10".parse().unwrap())),
        known(Just("2001:db8:1::/56".parse().unwrap())),
        known(Just(gateway)),
        known(prop_oneof![Just(Transport::Udp), Just(Transport::Tcp)]),
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

/// Sessions that overlap, repeat each other and lack facts, far more so than a box's would.
fn sessions() -> impl Strategy<Value = Vec<Session>> {
    let one = (moments(), prop::option::of(moments()), attributes(), 0..EndReason::ALL.len());
    prop::collection::vec(one, 1..40).prop_map(|list| {
        (0..)
            .zip(list)
            .map(|(number, (start, end, attributes, reason))| {
                let mut session = session(number, 0, end.map(|_| (0, EndReason::ALL[reason])));
                session.start.value = start;
                session.attributes = attributes;
                if let (Some(own), Some(end)) = (&mut session.end, end) {
                    own.moment.value = end;
                }
                session
            })
            .collect()
    })
}

/// A comparison without the places in the reply, which move when its lines do.
fn without_places(comparison: &ReplyComparison) -> String {
    let mut value = serde_json::to_value(comparison).unwrap();
    for list in ["same", "differing", "held_unknown_here"] {
        for entry in value[list].as_array_mut().unwrap() {
            entry["place"] = serde_json::Value::Null;
        }
    }
    value.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_record_says_the_same_as_its_own_export(sessions in sessions()) {
        let table: String = sessions.iter().map(line).collect();
        for text in [format!("{HEADER}{table}"), json(&sessions)] {
            let comparison = against(&text, &sessions);
            assert_eq!(comparison.same.len(), sessions.len(), "{comparison:#?}");
            assert!(comparison.differing.is_empty());
            assert!(comparison.held_unknown_here.is_empty());
            assert!(comparison.known_here_not_held.is_empty());
        }
    }

    #[test]
    fn a_line_taken_away_is_one_session_known_here_and_not_held(
        sessions in sessions(),
        index in any::<Index>()
    ) {
        let removed = index.index(sessions.len());
        let kept = || (0..).zip(&sessions).filter(|(at, _)| *at != removed);
        let table: String = kept().map(|(_, session)| line(session)).collect();
        let comparison = against(&format!("{HEADER}{table}"), &sessions);
        assert_eq!(comparison.same.len(), sessions.len() - 1, "{comparison:#?}");
        let [missing] = comparison.known_here_not_held.as_slice() else {
            panic!("{comparison:#?}")
        };
        let missing = sessions.iter().find(|session| session.id == missing.session).unwrap();
        assert_eq!(line(missing), line(&sessions[removed]));
    }

    #[test]
    fn the_order_of_lines_and_sessions_does_not_matter(
        (sessions, shuffled, lines) in sessions().prop_flat_map(|sessions| {
            // Some lines are moved in time, so that they fit badly.
            let lines: Vec<String> = sessions
                .iter()
                .enumerate()
                .map(|(index, session)| {
                    let mut session = session.clone();
                    if index % 3 == 0 {
                        session.start.value = TimeBounds::exact(at(7_919));
                    }
                    line(&session)
                })
                .collect();
            (
                Just(sessions.clone()),
                Just(sessions).prop_shuffle(),
                (Just(lines.clone()), Just(lines).prop_shuffle()),
            )
        })
    ) {
        let (lines, moved) = lines;
        let before = against(&format!("{HEADER}{}", lines.concat()), &sessions);
        let after = against(&format!("{HEADER}{}", moved.concat()), &shuffled);
        assert_eq!(without_places(&before), without_places(&after));
    }

    #[test]
    fn every_session_and_every_line_is_accounted_for_once(
        sessions in sessions(),
        others in sessions()
    ) {
        let table: String = others.iter().map(line).collect();
        let comparison = against(&format!("{HEADER}{table}"), &sessions);
        let matched = comparison.same.len() + comparison.differing.len();
        assert_eq!(matched + comparison.known_here_not_held.len(), sessions.len());
        assert_eq!(matched + comparison.held_unknown_here.len(), others.len());
    }

    #[test]
    fn whole_seconds_and_honest_delays_do_not_mix_sessions_up(
        gaps in prop::collection::vec((60..4_000_i64, 30..90_000_i64, -5..5_i64, 0..60_i64), 1..40)
    ) {
        let mut clock = 0;
        let mut sessions = Vec::new();
        let mut table = "AcctStartTime,AcctStopTime,FramedIPAddress\n".to_owned();
        for (number, (gap, length, skew, lag)) in (0..).zip(gaps) {
            let start = clock + gap * 1000 + 480;
            let end = start + length * 1000;
            clock = end + 60_000;
            sessions.push(session(number, start, Some((end, EndReason::ProcessGone))));
            let (from, to) = (at(start).milliseconds() / 1000, at(end).milliseconds() / 1000);
            table.push_str(&format!("{},{},10.99.0.10\n", from + skew, to + lag));
        }
        let comparison = against(&table, &sessions);
        assert_eq!(comparison.same.len(), sessions.len(), "{comparison:#?}");
        for same in &comparison.same {
            let number = sessions.iter().position(|session| session.id == same.session).unwrap();
            assert_eq!(same.place, temoin_reply::ReplyPosition::Line(u32::try_from(number).unwrap() + 2));
        }
    }
}
