use proptest::prelude::{any, prop, proptest};
use temoin_core::session::{Field, TimeBounds, Transport};
use temoin_core::text::Language;

use crate::{Mapping, Reply, ReplyError, ReplyPosition, describe, parse_reply};

fn read(text: &str) -> Result<Reply, ReplyError> {
    parse_reply(text.as_bytes(), &Mapping::default())
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
         7;ada;\"2026-11-24 08:00:00+00\";2026-11-24 08:01:00+00;60;203.0.113.7:30804;10.99.0.10;\
         2001:db8:99::10/128;2001:db8:1::/56;198.51.100.1;1234;User-Request\r\n",
    )
    .unwrap();
    let [record] = reply.records.as_slice() else { panic!("{reply:?}") };
    assert_eq!(record.place, ReplyPosition::Line(2));
    assert_eq!(record.start(), exact("2026-11-24T08:00:00Z"));
    assert_eq!(record.end(), exact("2026-11-24T08:01:00Z"));
    assert_eq!(record.origin_address, "203.0.113.7".parse().ok());
    assert_eq!(record.origin_port, Some(30804));
    assert_eq!(record.assigned_ipv4, "10.99.0.10".parse().ok());
    assert_eq!(record.assigned_ipv6(), "2001:db8:99::10".parse().ok());
    assert_eq!(record.delegated_prefix(), "2001:db8:1::/56".parse().ok());
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
        format!("{{\"17\": {one}, \"18\": {one}}}"),
    ] {
        let reply = read(&text).unwrap();
        assert_eq!(reply.records.len(), 2, "{text}");
        assert_eq!(reply.records[1].place, ReplyPosition::Entry(2));
        assert_eq!(reply.records[1].start(), exact("2026-11-24T08:00:00Z"));
        assert_eq!(reply.records[1].transport, Some(Transport::Udp));
        let gateway = reply.records[1].gateway.unwrap();
        assert_eq!(gateway.to_string(), "198.51.100.1:1194");
    }
    assert_eq!(read("[]").unwrap(), Reply::default());
}

#[test]
fn a_duration_makes_an_end_only_where_no_column_has_one() {
    let end = |text: &str| read(text).unwrap().records[0].end();
    let start = "2026-11-24T08:00:00Z";
    assert_eq!(end(&format!("start,acctsessiontime\n{start},60")), exact("2026-11-24T08:01:00Z"));
    assert_eq!(
        end(&format!("start,acctsessiontime\n{start},0:01:00")),
        exact("2026-11-24T08:01:00Z")
    );
    for nothing in ["", "NULL", "\\N", "0000-00-00 00:00:00"] {
        let text = format!("start,acctstoptime,acctsessiontime\n{start},{nothing},3600");
        assert_eq!(end(&text), None, "{text}");
    }
    let json =
        format!("[{{\"start\": \"{start}\", \"acctstoptime\": null, \"acctsessiontime\": 0}}]");
    assert_eq!(end(&json), None);
}

#[test]
fn an_end_after_midnight_is_not_made_an_end_before_its_beginning() {
    let mapping = Mapping::from_toml(
        "time_zone = 'UTC'\n[columns]\nd = 'session_date'\na = 'session_start_time'\nb = 'session_end_time'",
    )
    .unwrap();
    let reply =
        parse_reply(b"d,a,b\n2026-11-24,23:00:00,01:00:00\n2026-11-24,08:00:00,09:00:00", &mapping);
    let records = reply.unwrap().records;
    assert_eq!(records[0].start(), exact("2026-11-24T23:00:00Z"));
    let end = records[0].end().unwrap();
    assert!(end.earliest > records[0].start().unwrap().latest && end.latest.is_none(), "{end:?}");
    assert_eq!(records[1].end(), exact("2026-11-24T09:00:00Z"));
}

#[test]
fn other_peoples_numbering_is_no_id_of_temoins() {
    let id = "ab".repeat(32);
    let reply =
        read(&format!("id,session_id,start\n17,8f2a,1795507200\n18,{id},1795507200")).unwrap();
    assert_eq!(reply.records[0].session(), None);
    assert_eq!(reply.records[1].session().unwrap().to_string(), id);
    assert!(matches!(read("id,session_id\n17,8f2a"), Err(ReplyError::ColumnsUnknown(_))));
}

#[test]
fn an_error_names_the_place_the_value_and_the_remedy() {
    for (text, parts) in [
        ("start\nsoon", ["line 2", "“soon”"]),
        ("id;start\n1;2026-11-24 08:00:00", ["line 2", "time zone"]),
        ("origin_address,start\nhome,1795507200", ["line 2", "an IP address"]),
        ("[{\"start\": 1795507200},\n{\"start\": \"soon\"}]", ["entry 2", "a date and time"]),
        ("[{\"start\": 1795507200}", ["line 1", "ends too early"]),
        ("[1, 2}", ["line 1", "does not belong"]),
        ("start,trusted_ip\n1795507200", ["line 2", "as many cells"]),
        ("start,acctstarttime\n1795507200,1795507201", ["“start” and “acctstarttime”", "ignored"]),
        ("Heure,Adresse\n2026-11-24 08:00:00Z,203.0.113.7", ["when a session began", "Heure"]),
        ("[{\"heure\": 1}]", ["when a session began", "heure"]),
        ("start\n03/11/2026 08:00:00Z", ["line 2", "two different days"]),
        (
            "start\n03/11/2026 08:00:00Z\n25/11/2026 08:00:00Z\n11/25/2026 08:00:00Z",
            ["two orders", "2026-11-24"],
        ),
        ("{\"error\": \"no\", \"x\": []}", ["error, x", "error message"]),
        ("start\nTotal", ["none of which", "start of each"]),
    ] {
        let error = read(text).unwrap_err().text(Language::English);
        for part in parts {
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }
}

#[test]
fn every_error_is_one_line_in_every_language_whatever_the_reply_holds() {
    let evil = "x\u{1b}[2J\u{202e}\r\nOK \u{9b}1m";
    for text in [
        format!("start,\"{evil}\"\n\"{evil}\",1"),
        format!(
            "[{{\"{}\": 1}}]",
            evil.escape_default().to_string().replace("\\u{", "\\u00").replace('}', "")
        ),
        format!("\"{evil}\",b\n2026-11-24 08:00:00Z,2"),
        format!("trusted_ip,start\n\"{evil}\",1795507200"),
    ] {
        let Err(error) = read(&text) else { panic!("{text}") };
        for language in Language::ALL {
            let said = error.text(language);
            assert!(!said.chars().any(|c| c.is_control() || c == '\u{202e}'), "{said:?}");
        }
    }
}

#[test]
fn a_reply_that_is_too_large_is_refused_before_it_is_read() {
    let bytes = vec![b' '; 8 * 1024 * 1024 + 1];
    assert!(matches!(parse_reply(&bytes, &Mapping::default()), Err(ReplyError::TooLarge(_))));
}

#[test]
fn the_zone_of_a_mapping_dates_what_has_none() {
    let mapping = Mapping::default().with_time_zone("Europe/Brussels".parse().unwrap());
    let reply = parse_reply(b"start\n2026-07-01 12:00:00", &mapping).unwrap();
    assert_eq!(reply.records[0].start(), exact("2026-07-01T10:00:00Z"));
}

#[test]
fn what_there_is_to_ask_comes_with_a_guess_that_reads_the_reply() {
    let text = "Identifiant;Début;Fin;IP source;IP attribuée\n\
                ada;03/11/2026 09:00;03/11/2026 10:00;203.0.113.7;10.99.0.10\n";
    assert!(matches!(read(text), Err(ReplyError::ColumnsUnknown(_))));
    let zone = "Europe/Brussels".parse().unwrap();
    let asked = describe(text.as_bytes(), &Mapping::default(), zone).unwrap();
    let meanings: Vec<_> = asked.columns.iter().map(|column| column.meaning.name()).collect();
    let expected =
        ["member_identity", "session_start", "session_end", "origin_address", "assigned_ipv4"];
    assert_eq!(meanings, expected);
    let date = asked.open_date.unwrap();
    assert_eq!((date.text.as_str(), date.readings.len()), ("03/11/2026 09:00", 2));
    let reply = parse_reply(text.as_bytes(), &asked.mapping).unwrap();
    assert_eq!(asked.first, [(ReplyPosition::Line(2), Ok(reply.records[0].clone()))]);
    let mapping = Mapping::from_toml(&asked.mapping.to_toml()).unwrap();
    assert_eq!(parse_reply(text.as_bytes(), &mapping), Ok(reply));
}

#[test]
fn a_reply_covers_what_lies_between_its_first_and_its_last_moment() {
    let covered = |text: &str| {
        let (since, until) = read(text).unwrap().covers();
        [since, until].map(|at| at.map(|at| at.to_string()))
    };
    assert_eq!(covered("session_start,session_end\n"), [None, None]);
    let text = "session_start,session_end\n\
                2026-11-02T10:00:00Z,2026-11-02T11:00:00Z\n\
                2026-11-01T10:00:00Z,2026-11-01T11:00:00Z\n";
    let expected = ["2026-11-01T09:58:00.000Z", "2026-11-02T11:02:00.000Z"];
    assert_eq!(covered(text), expected.map(|at| Some(at.to_owned())));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let zone = "UTC".parse().unwrap();
        let _ = (parse_reply(&bytes, &Mapping::default()), describe(&bytes, &Mapping::default(), zone));
    }

    #[test]
    fn no_cell_makes_it_panic(
        names in prop::collection::vec(
            "start|end|id|origin_address|assigned_ipv6|gateway|acctsessiontime|transport", 3
        ),
        cells in prop::collection::vec("[-0-9:./TZ+é ]{0,24}", 3)
    ) {
        let _ = read(&format!("{}\n{}", names.join(","), cells.join(",")));
        let pairs = names.iter().zip(&cells);
        let object: serde_json::Map<_, _> =
            pairs.map(|(name, cell)| (name.clone(), cell.as_str().into())).collect();
        let _ = read(&serde_json::Value::Object(object).to_string());
    }
}
