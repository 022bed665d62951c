use proptest::prelude::{any, prop, proptest};

use super::{
    Field, Mapping, Reply, ReplyError, ReplyFormat, ReplyPosition, TimeBounds, Transport,
    parse_reply,
};

fn read(text: &str) -> Result<Reply, ReplyError> {
    parse_reply(text.as_bytes(), ReplyFormat::guess(text.as_bytes()), &Mapping::default())
}

fn exact(text: &str) -> Option<TimeBounds> {
    text.parse().ok().map(TimeBounds::exact)
}

#[test]
fn a_table_of_radius_accounting_is_understood() {
    let reply = read(
        "\u{feff}RadAcctId;UserName;AcctStartTime;AcctStopTime;AcctSessionTime;\
         CallingStationId;FramedIPAddress;FramedIPv6Address;DelegatedIPv6Prefix;\
         NASIPAddress;AcctInputOctets;AcctTerminateCause\r\n\
         7;ada;\"2026-11-24 08:00:00+00\";\\N;60;203.0.113.7:30804;10.99.0.10;\
         2001:db8:99::10/128;2001:db8:1::/56;198.51.100.1;1234;User-Request\r\n",
    )
    .unwrap();
    let [record] = reply.records.as_slice() else { panic!("{reply:?}") };
    assert_eq!(record.place, ReplyPosition::Line(2));
    assert_eq!(record.start, exact("2026-11-24T08:00:00Z"));
    assert_eq!(record.end, exact("2026-11-24T08:01:00Z"));
    assert_eq!(record.origin_address, "203.0.113.7".parse().ok());
    assert_eq!(record.origin_port, Some(30804));
    assert_eq!(record.assigned_ipv4, "10.99.0.10".parse().ok());
    assert_eq!(record.assigned_ipv6, "2001:db8:99::10".parse().ok());
    assert_eq!(record.delegated_prefix, "2001:db8:1::/56".parse().ok());
    assert_eq!(record.end_reason.as_deref(), Some("User-Request"));
    assert!(reply.fields.contains(&Field::MemberIdentity));
    assert!(reply.fields.contains(&Field::BytesIn));
    assert!(!format!("{reply:?}").contains("ada"), "{reply:?}");
    assert_eq!(reply.unread.iter().collect::<Vec<_>>(), ["RadAcctId"]);
}

#[test]
fn json_is_understood_as_a_list_in_an_object_or_a_line_each() {
    let one = r#"{"session_start": 1795507200, "transport": "udp4", "gateway": {"value":
        {"address": "198.51.100.1", "port": 1194}, "source": "management"}}"#;
    for text in [
        format!("[{one}, {one}]"),
        format!("{{\"format\": \"x/1\", \"pages\": 1, \"rows\": [{one}, {one}]}}"),
        format!("{one}\n{one}\n"),
    ] {
        let reply = read(&text).unwrap();
        assert_eq!(reply.records.len(), 2, "{text}");
        assert_eq!(reply.records[1].place, ReplyPosition::Entry(2));
        assert_eq!(reply.records[1].start, exact("2026-11-24T08:00:00Z"));
        assert_eq!(reply.records[1].transport, Some(Transport::Udp));
        let gateway = reply.records[1].gateway.unwrap();
        assert_eq!(gateway.to_string(), "198.51.100.1:1194");
    }
    assert_eq!(read("[]").unwrap(), Reply::default());
    assert_eq!(read("").unwrap(), Reply::default());
}

#[test]
fn an_error_names_the_place_and_the_remedy() {
    for (text, parts) in [
        ("start\nsoon", ["line 2, column 1", "mapping file"]),
        ("id;start\n1;2026-11-24 08:00:00", ["line 2, column 3", "time_zone"]),
        ("origin_address,start\nhome,1795507200", ["line 2, column 1", "an IP address"]),
        ("[{\"start\": 1795507200},\n{\"start\": \"soon\"}]", ["line 2", "a date and time"]),
        ("[{\"start\": 1795507200}", ["line 1", "ends too early"]),
        ("[1, 2}", ["line 1", "does not belong"]),
        ("start,trusted_ip\n1795507200", ["line 2", "as many cells"]),
        ("start,acctstarttime\n1,2", ["\"start\" and \"acctstarttime\"", "ignore"]),
        ("Heure,Adresse\n1,2", ["mapping file", "\"Heure\""]),
        ("[{\"heure\": 1}]", ["mapping file", "\"heure\""]),
    ] {
        let error = read(text).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }
}

#[test]
fn another_encoding_is_named_with_its_place() {
    let error = parse_reply(b"start\nd\xe9but", ReplyFormat::Csv, &Mapping::default()).unwrap_err();
    assert_eq!(error, ReplyError::NotUtf8 { line: 2, column: 2 });
    assert!(error.to_string().contains("iconv"), "{error}");
}

#[test]
fn a_reply_that_is_too_large_is_refused_before_it_is_read() {
    let bytes = vec![b' '; super::MAXIMUM_BYTES + 1];
    let error = parse_reply(&bytes, ReplyFormat::Json, &Mapping::default()).unwrap_err();
    assert!(matches!(error, ReplyError::TooLarge(_)));
}

#[test]
fn the_zone_of_a_mapping_dates_what_has_none() {
    let mapping = Mapping::default().with_time_zone("Europe/Brussels".parse().unwrap());
    let reply = parse_reply(b"start\n2026-07-01 12:00:00", ReplyFormat::Csv, &mapping).unwrap();
    assert_eq!(reply.records[0].start, exact("2026-07-01T10:00:00Z"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in [ReplyFormat::Csv, ReplyFormat::Json] {
            let _ = parse_reply(&bytes, format, &Mapping::default());
        }
    }

    #[test]
    fn no_cell_makes_it_panic(
        names in prop::collection::vec(
            "start|end|id|origin_address|assigned_ipv6|gateway|acctsessiontime|transport", 3
        ),
        cells in prop::collection::vec("[-0-9:./TZ+é ]{0,24}", 3)
    ) {
        let table = format!("{}\n{}", names.join(","), cells.join(","));
        let _ = read(&table);
        let pairs = names.iter().zip(&cells);
        let object: serde_json::Map<_, _> =
            pairs.map(|(name, cell)| (name.clone(), cell.as_str().into())).collect();
        let _ = read(&serde_json::Value::Object(object).to_string());
    }
}

#[test]
fn a_reply_covers_what_lies_between_its_first_and_its_last_moment() {
    let covered = |text: &str| {
        let reply = parse_reply(text.as_bytes(), ReplyFormat::Csv, &Mapping::default()).unwrap();
        let (since, until) = reply.covers();
        [since, until].map(|at| at.map(|at| at.to_string()))
    };
    assert_eq!(covered("session_start,session_end\n"), [None, None]);
    let text = "session_start,session_end\n\
                2026-11-02T10:00:00Z,2026-11-02T11:00:00Z\n\
                2026-11-01T10:00:00Z,2026-11-01T11:00:00Z\n";
    let expected = ["2026-11-01T09:58:00.000Z", "2026-11-02T11:02:00.000Z"];
    assert_eq!(covered(text), expected.map(|at| Some(at.to_owned())));
}
