use temoin_core::session::{
    Attributes, BootId, ClockReading, Coverage, Device, End, EndReason, Gateway, Observed, Session,
    SessionSecret, Source, TimeBounds, Timestamp, Transport, Uptime,
};

use super::{CsvWriter, JsonWriter};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn reading() -> ClockReading {
    ClockReading {
        boot: BootId::from_bytes([1; 16]),
        uptime: Uptime::from_milliseconds(1),
        realtime: at("2026-11-24T08:00:00Z"),
        synchronised: true,
    }
}

fn sessions() -> [Session; 2] {
    let push = |value| Observed::new(value, Source::OperatorPush);
    let closed = Session {
        id: SessionSecret::from_bytes([1; 32]).id(),
        device: "tun0".parse::<Device>().unwrap(),
        interface: Some(4),
        opened: reading(),
        start: Observed::new(TimeBounds::exact(at("2026-11-24T08:00:00Z")), Source::OpenVpnHook),
        end: Some(End {
            moment: Observed::new(
                TimeBounds::between(Some(at("2026-11-24T09:00:00Z")), None),
                Source::Bounds,
            ),
            closed: reading(),
            reason: EndReason::Unseen,
        }),
        attributes: Attributes {
            origin_address: Some(push("203.0.113.7".parse().unwrap())),
            origin_port: Some(Observed::new(47_525, Source::OperatorPush)),
            assigned_ipv4: Some(Observed::new("192.0.2.10".parse().unwrap(), Source::OpenVpnHook)),
            assigned_ipv6: Some(Observed::new(
                "2001:db8:99::10".parse().unwrap(),
                Source::OpenVpnHook,
            )),
            delegated_prefix: Some(Observed::new(
                "2001:db8:1::/56".parse().unwrap(),
                Source::OpenVpnHook,
            )),
            gateway: Some(Observed::new(
                Gateway { address: "198.51.100.1".parse().unwrap(), port: Some(1194) },
                Source::OpenVpnHook,
            )),
            transport: Some(Observed::new(Transport::Udp, Source::OpenVpnHook)),
        },
        coverage: Coverage::Hooks,
        connection: None,
        last_seen: None,
    };
    let open = Session {
        id: SessionSecret::from_bytes([2; 32]).id(),
        device: "=1+\"1".parse().unwrap(),
        start: Observed::new(TimeBounds::claimed(at("1970-01-01T00:01:00Z")), Source::Interface),
        end: None,
        attributes: Attributes::default(),
        coverage: Coverage::Interface,
        ..closed.clone()
    };
    [open, closed]
}

#[test]
fn json_is_what_the_format_says() {
    let mut writer = JsonWriter::begin(Vec::new()).unwrap();
    for session in sessions() {
        writer.session(&session).unwrap();
    }
    let text = String::from_utf8(writer.end().unwrap()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["format"], "temoin.sessions/1");
    let [open, closed] = value["sessions"].as_array().unwrap().as_slice() else { panic!("{text}") };
    assert_eq!(open["state"], "open");
    assert!(open["end"].is_null() && open["origin_address"].is_null());
    assert_eq!(open["start"]["claimed"], "1970-01-01T00:01:00.000Z");
    assert!(open["start"]["at"].is_null());
    assert_eq!(closed["start"]["at"], "2026-11-24T08:00:00.000Z");
    assert_eq!(closed["end"]["earliest"], "2026-11-24T09:00:00.000Z");
    assert!(closed["end"]["latest"].is_null());
    assert_eq!(closed["end"]["reason"], "unseen");
    assert_eq!(closed["end"]["operator_view"], "unknown");
    assert_eq!(closed["origin_port"]["value"], 47_525);
    assert_eq!(closed["gateway"]["value"]["port"], 1194);
    assert_eq!(closed["delegated_prefix"]["value"], "2001:db8:1::/56");
}

#[test]
fn json_without_a_session_is_json() {
    let text = JsonWriter::begin(Vec::new()).unwrap().end().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(value["sessions"].as_array().unwrap().len(), 0);
}

#[test]
fn csv_has_as_many_cells_as_columns_and_no_formula() {
    let mut writer = CsvWriter::begin(Vec::new()).unwrap();
    for session in sessions() {
        writer.session(&session).unwrap();
    }
    let text = String::from_utf8(writer.end()).unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    let [head, open, closed] = lines.as_slice() else { panic!("{text}") };
    assert!(open.contains(",open,\"'=1+\"\"1\",interface,"), "{open}");
    assert_eq!(open.matches(',').count(), head.matches(',').count());
    let cells: Vec<&str> = closed.split(',').collect();
    assert_eq!(cells.len(), head.split(',').count());
    let cell = |name| cells[head.split(',').position(|column| column == name).unwrap()];
    assert_eq!(cell("end_earliest"), "2026-11-24T09:00:00.000Z");
    assert_eq!(cell("end_latest"), "");
    assert_eq!(cell("gateway"), "198.51.100.1:1194");
    assert_eq!(cell("transport_source"), "openvpn-hook");
}
