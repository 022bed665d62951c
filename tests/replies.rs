//! Files as operators send them and members have them, each held against one record: those of
//! `tests/fixtures/replies`, and as many more of the same kinds.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::net::Ipv4Addr;
use std::path::PathBuf;

use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use temoin_core::session::{
    Attributes, BootId, ClockReading, Coverage, End, EndReason, Gateway, Observed, Session,
    SessionId, Source, TimeBounds, Timestamp, Transport, Uptime,
};
use temoin_core::text::Language;
use temoin_page::{ReplyComparison, TimeTolerance, compare};
use temoin_reply::{FileKind, Mapping, ReplyError, describe, parse_reply};

/// The sessions of the record: start and end.
const SESSIONS: [(&str, &str); 6] = [
    ("2026-07-01T10:00:00Z", "2026-07-01T12:00:00Z"),
    ("2026-10-25T00:30:00Z", "2026-10-25T00:45:00Z"),
    ("2026-10-25T01:30:00Z", "2026-10-25T01:45:00Z"),
    ("2026-11-03T08:00:00Z", "2026-11-03T09:30:00Z"),
    ("2026-11-12T08:00:00Z", "2026-11-12T08:00:05Z"),
    ("2026-11-24T08:00:00Z", "2026-11-24T20:15:30Z"),
];

fn record() -> Vec<Session> {
    (0..).zip(SESSIONS).map(|(number, (start, end))| session(number, start, end)).collect()
}

fn session(number: u8, start: &str, end: &str) -> Session {
    let moment =
        |text: &str| Observed::new(TimeBounds::exact(text.parse().unwrap()), Source::OpenVpnHook);
    let opened = ClockReading {
        boot: BootId::from_bytes([1; 16]),
        uptime: Uptime::from_milliseconds(1),
        realtime: start.parse().unwrap(),
        synchronised: true,
    };
    let gateway = Gateway { address: "198.51.100.1".parse().unwrap(), port: Some(1194) };
    let hook = Source::OpenVpnHook;
    Session {
        id: SessionId::from_bytes([number + 1; 32]),
        device: "tun0".parse().unwrap(),
        interface: None,
        opened,
        start: moment(start),
        end: Some(End { moment: moment(end), closed: opened, reason: EndReason::Stopped }),
        attributes: Attributes {
            origin_address: Some(Observed::new(
                Ipv4Addr::new(203, 0, 113, 7).into(),
                Source::OperatorPush,
            )),
            assigned_ipv4: Some(Observed::new(Ipv4Addr::new(10, 99, 0, 10), hook)),
            gateway: Some(Observed::new(gateway, hook)),
            transport: Some(Observed::new(Transport::Udp, hook)),
            ..Attributes::default()
        },
        coverage: Coverage::Complete,
        connection: None,
        last_seen: None,
    }
}

/// What comes of a reply, in a few words. Only the sessions of the reply's own period can be missing from it.
fn outcome(bytes: &[u8], mapping: &Mapping) -> String {
    match compared(bytes, mapping) {
        Ok(comparison) if comparison.holds_nothing => "holds nothing".to_owned(),
        Ok(comparison) => {
            let counts = [
                ("same", comparison.same.len()),
                ("differing", comparison.differing.len()),
                ("unknown here", comparison.held_unknown_here.len()),
                ("missing", comparison.known_here_not_held.len()),
            ];
            let counts = counts.into_iter().filter(|(_, count)| *count > 0);
            counts.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
        }
        Err(error) => match error {
            ReplyError::Ambiguous { .. } => "asks: columns contradict".to_owned(),
            ReplyError::ColumnsUnknown(_) => "asks: columns".to_owned(),
            ReplyError::DatesOpen { .. } => "asks: order of dates".to_owned(),
            ReplyError::DatesMixed { .. } => "refused: dates in two orders".to_owned(),
            ReplyError::Empty => "refused: empty".to_owned(),
            ReplyError::Malformed { line, problem } => format!("refused: line {line}, {problem:?}"),
            ReplyError::NoSession => "asks: no session".to_owned(),
            ReplyError::NothingFound(found) => format!("refused: only {found:?}"),
            ReplyError::OtherFile(kind) => format!("refused: {kind:?}"),
            ReplyError::SeveralLists(paths) => format!("asks: list {paths:?}"),
            ReplyError::TooLarge(bound) => format!("refused: more than {bound:?}"),
            ReplyError::Value { name, expected, .. } => format!("asks: {name}, {expected:?}"),
            ReplyError::ZoneMissing { .. } => "asks: zone".to_owned(),
        },
    }
}

fn compared(bytes: &[u8], mapping: &Mapping) -> Result<ReplyComparison, ReplyError> {
    let reply = parse_reply(bytes, mapping)?;
    let (since, until) = reply.covers();
    let mut sessions = record();
    sessions.retain(|session| {
        let (start, end) =
            (session.start.value.best(), session.end.as_ref().unwrap().moment.value.best());
        since.is_none_or(|since| end >= Some(since))
            && until.is_none_or(|until| start <= Some(until))
    });
    Ok(compare(reply, &sessions, TimeTolerance::default()))
}

fn brussels() -> Mapping {
    Mapping::default().with_time_zone("Europe/Brussels".parse().unwrap())
}

fn fixture(name: &str) -> Vec<u8> {
    let folder =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/replies"));
    std::fs::read(folder.join(name)).unwrap()
}

/// The outcome of each fixture as it is, with the time zone said, and with temoin's guess accepted.
const FIXTURES: [(&str, [&str; 3]); 29] = [
    ("01-utf16.txt", ["asks: zone", "6 same", "6 same"]),
    ("01b-utf16-nobom.txt", ["asks: zone", "6 same", "6 same"]),
    ("02-latin1.csv", ["asks: zone", "6 same", "6 same"]),
    ("04-title.csv", ["asks: zone", "6 same", "6 same"]),
    ("05b-rows.csv", ["asks: zone", "6 same", "6 same"]),
    ("06-trailing.csv", ["asks: zone", "6 same", "6 same"]),
    ("07-psql.txt", ["asks: zone", "6 same", "6 same"]),
    ("07b-mysql.txt", ["asks: zone", "6 same", "6 same"]),
    ("08-nosec.csv", ["asks: zone", "6 same", "6 same"]),
    ("09-running.csv", ["asks: zone", "6 same", "6 same"]),
    ("10c-slash32.csv", ["asks: zone", "6 same", "6 same"]),
    ("12-formula.csv", ["asks: zone", "6 same", "6 same"]),
    ("14-quoteduser.csv", ["asks: zone", "6 same", "6 same"]),
    ("16-fr.csv", ["asks: columns", "asks: columns", "6 same"]),
    ("17-idsession.csv", ["asks: zone", "6 same", "6 same"]),
    ("21-serial.csv", ["asks: zone", "6 same", "6 same"]),
    ("23-comment.csv", ["asks: zone", "6 same", "6 same"]),
    ("25-slash.csv", ["asks: zone", "6 same", "6 same"]),
    ("26-eu.csv", ["asks: zone", "6 same", "6 same"]),
    ("30d.json", ["refused: only []", "refused: only []", "-"]),
    // Sessions of days on which the record has none.
    ("40-nat64.csv", ["2 unknown here", "2 unknown here", "2 unknown here"]),
    ("50-datetime-split.csv", ["asks: columns", "asks: columns", "1 same"]),
    ("60-padded.csv", ["1 same", "1 same", "1 same"]),
    ("61-inetaton.json", ["1 same", "1 same", "1 same"]),
    ("62-dateonly.csv", ["asks: zone", "1 same", "1 same"]),
    // They give two of the six sessions of their period.
    ("j1-phpmyadmin.json", ["asks: zone", "2 same, 4 missing", "2 same, 4 missing"]),
    ("j2b-nested-known.json", ["asks: zone", "2 same, 4 missing", "2 same, 4 missing"]),
    ("j3-matrix.json", ["asks: zone", "2 same, 4 missing", "2 same, 4 missing"]),
    ("j5-keyed.json", ["asks: zone", "2 same, 4 missing", "2 same, 4 missing"]),
];

#[test]
fn files_that_people_have_come_out_as_they_should() {
    let zone = "Europe/Brussels".parse().unwrap();
    for (name, [plain, with_zone, guessed]) in FIXTURES {
        let bytes = fixture(name);
        assert_eq!(outcome(&bytes, &Mapping::default()), plain, "{name}");
        assert_eq!(outcome(&bytes, &brussels()), with_zone, "{name} with a zone");
        let asked = describe(&bytes, &Mapping::default(), zone);
        let told = asked.map_or_else(|| "-".to_owned(), |asked| outcome(&bytes, &asked.mapping));
        assert_eq!(told, guessed, "{name} as guessed");
    }
    for (mapping, reply, expected) in [
        ("m-eu.toml", "26-eu.csv", "6 same"),
        ("m-fr.toml", "16-fr.csv", "6 same"),
        ("m-d.toml", "62-dateonly.csv", "1 same"),
    ] {
        let text = String::from_utf8(fixture(mapping)).unwrap();
        let mapping = Mapping::from_toml(&text).unwrap();
        assert_eq!(outcome(&fixture(reply), &mapping), expected, "{reply}");
    }
    let folder =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/replies"));
    let count = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(count, FIXTURES.len() + 3, "each fixture is in the table above");
}

/// One row of the last session, in RADIUS's names.
const HEAD: &str = "acctstarttime,acctstoptime,callingstationid,framedipaddress";
const ROW: &str = "2026-11-24 08:00:00Z,2026-11-24 20:15:30Z,203.0.113.7,10.99.0.10";

/// Texts of the same kinds, and what comes of each where times are those of Brussels.
fn inputs() -> Vec<(String, &'static str)> {
    let entry = r#"{"acctstarttime":"2026-11-24T08:00:00Z","acctstoptime":"2026-11-24T20:15:30Z","callingstationid":"203.0.113.7"}"#;
    let table = |text: &str| text.replace("HEAD", HEAD).replace("ROW", ROW);
    let json = |text: &str| text.replace("ENTRY", entry);
    let start = |text: &str| format!("acctstarttime;callingstationid\n{text};203.0.113.7\n");
    let origin =
        |text: &str| format!("acctstarttime;callingstationid\n2026-11-24 08:00:00Z;{text}\n");
    let nothing = "refused: only []";
    vec![
        // Nothing that was understood, which is not nothing that is held.
        (String::new(), "refused: empty"),
        ("\u{feff}".to_owned(), "refused: empty"),
        (" \r\n\t\n".to_owned(), "refused: empty"),
        ("null".to_owned(), nothing),
        ("[null]".to_owned(), nothing),
        ("[[]]".to_owned(), nothing),
        ("[[[]],[]]".to_owned(), nothing),
        ("[[1,2],[3,4]]".to_owned(), "asks: columns"),
        ("[[\"a\",\"b\"],[\"x\",\"y\"]]".to_owned(), "asks: columns"),
        ("[1,2]".to_owned(), nothing),
        ("[{}]".to_owned(), nothing),
        ("{\"error\":\"unknown user\",\"sessions\":[]}".to_owned(), "refused: only [\"error\", \"sessions\"]"),
        ("{\"status\":500,\"message\":\"no\"}".to_owned(), "refused: only [\"status\", \"message\"]"),
        ("{\"username\":\"ada\",\"roles\":[],\"tags\":[]}".to_owned(), "refused: only [\"username\", \"roles\", \"tags\"]"),
        ("{\"sessions\":null}".to_owned(), "refused: only [\"sessions\"]"),
        ("{\"sessions\":{}}".to_owned(), "refused: only [\"sessions\"]"),
        ("[{\"gestart\":\"gisteren\"}]".to_owned(), "asks: columns"),
        ("Not found".to_owned(), nothing),
        ("Dear member,\nwe hold nothing of you, sincerely.\n".to_owned(), nothing),
        ("username;email\nada;ada@example.org\n".to_owned(), "asks: columns"),
        (table("HEAD\nTotal,,,\n"), "asks: no session"),
        (table("HEAD\nno session was found\n"), "asks: no session"),
        (table("HEAD\n,,203.0.113.7,\n"), "asks: no session"),
        // Lists that say that they are empty.
        ("[]".to_owned(), "holds nothing"),
        ("{\"sessions\":[]}".to_owned(), "holds nothing"),
        ("{\"error\":null,\"result\":{\"total\":0,\"rows\":[]}}".to_owned(), "holds nothing"),
        ("{\"columns\":[\"acctstarttime\"],\"rows\":[]}".to_owned(), "holds nothing"),
        (table("HEAD\n"), "holds nothing"),
        (table("HEAD\n(0 rows)\n"), "holds nothing"),
        (table("HEAD\n,,,\n,,,\n"), "holds nothing"),
        // One list, wherever it lies.
        (json("{\"a\":{\"b\":{\"c\":[ENTRY]}},\"n\":1}"), "1 same"),
        (json("{\"member\":\"ada\",\"sessions\":{\"total\":1,\"items\":[ENTRY]}}"), "1 same"),
        (json("{\"2026\":[ENTRY],\"2025\":[]}"), "1 same"),
        (json("{\"17\":ENTRY}"), "1 same"),
        (json("[[ENTRY]]"), "1 same"),
        (json("{\"hits\":{\"hits\":[{\"_source\":ENTRY}]}}"), "1 same"),
        (json("ENTRY"), "1 same"),
        (json("ENTRY\nENTRY"), "1 same, 1 unknown here"),
        (json("{\"data\":[ENTRY],\"data2\":[]}"), "1 same"),
        (
            json("[{\"acctstarttime\":\"2026-11-24T08:00:00Z\",\"parts\":[ENTRY]}]"),
            "asks: list [\"[]\", \"[].parts\"]",
        ),
        ("{\"fields\":[{\"name\":\"acctstarttime\"},{\"name\":\"x\"}],\"values\":[[1795507200,1]]}".to_owned(), "1 same"),
        ("{\"columns\":[\"acctstarttime\",\"x\"],\"rows\":[[1795507200,1],[1795507200]]}".to_owned(), "refused: line 2, CellCount"),
        ("[[\"acctstarttime\"],[1795507200]]".to_owned(), "1 same"),
        ("{\"acctstarttime\":".to_owned(), "refused: line 1, EndsEarly"),
        ("[".repeat(400), "refused: line 1, Nested"),
        // What stands around a table.
        (table("sep=,\nHEAD\nROW\n"), "1 same"),
        (table("\"sep=,\"\nHEAD\nROW\n"), "1 same"),
        (table("Vos sessions,,,\nadhérent : Adèle,,,\n\nHEAD\nROW\n"), "1 same"),
        (table("Temps,,Adresses,\nHEAD\nROW\n"), "1 same"),
        (table("HEAD\ntimestamp,timestamp,text,inet\nROW\n"), "1 same"),
        (table("-- export of 29 November\nHEAD\nROW\n-- end"), "1 same"),
        (table("HEAD\nROW\nTotal,1 session,,44130\n"), "1 same"),
        (table("HEAD\nROW\nTotaal: 1\n"), "1 same"),
        (table("HEAD\nROW\n1 row in set (0.00 sec)\n"), "1 same"),
        (table("HEAD\nROW\n(1 ligne)\n\n"), "1 same"),
        (table("HEAD\nROW,,,\n"), "1 same"),
        (table("HEAD,,\nROW,,\n"), "1 same"),
        (table("HEAD\nROW,x\n"), "refused: line 2, CellCount"),
        (table("HEAD\n2026-11-24 08:00:00Z,203.0.113.7\n"), "refused: line 2, CellCount"),
        (table("HEAD\r2026-11-24 08:00:00Z,=\"2026-11-24 20:15:30Z\",'203.0.113.7,\"=\"\"10.99.0.10\"\"\"\r"), "1 same"),
        (
            " acctstarttime       │ callingstationid\n─────────────────────┼──────────────────\n \
             2026-11-24 09:00:00 │ 203.0.113.7\n(1 row)\n".to_owned(),
            "1 same",
        ),
        ("| acctstarttime | x |\n|---|:--|\n| 2026-11-24T08:00:00Z | \"a\" b |\n".to_owned(), "1 same"),
        ("acctstarttime;username\n2026-11-24 09:00:00;ada \"la\" b\n".to_owned(), "1 same"),
        ("acctstarttime;username\n2026-11-24 09:00:00;\"ada\n".to_owned(), "refused: line 2, OpenQuote"),
        // Times.
        (start("24/11/2026 09:00:00"), "1 same"),
        (start("11/24/2026 09:00:00 AM"), "1 same"),
        (start("03/11/2026 09:00:00"), "asks: order of dates"),
        (start("03-11-2026 09:00"), "asks: order of dates"),
        (start("03.11.2026 09:00:00"), "1 same"),
        (start("12/11/26 09:00:00"), "asks: order of dates"),
        (start("03/11/2026 09:00:00;x\n24/11/2026 09:00:00").replace(";x", ";203.0.113.7"), "2 same, 1 missing"),
        (start("24/11/2026 09:00:00;x\n11/24/2026 09:00:00").replace(";x", ";203.0.113.7"), "refused: dates in two orders"),
        (start("2026/11/24 9:00"), "1 same"),
        (start("24 novembre 2026 à 09h00"), "1 same"),
        (start("46350,375"), "1 same"),
        (start("46350.3750000000"), "1 same"),
        (start("46350"), "1 same"),
        (start("2026-11-24"), "1 same"),
        (start("1795507200000"), "1 same"),
        (start("gisteren"), "asks: acctstarttime, DateTime"),
        ("session_start_date;session_start_time;session_end_time\n24/11/2026;9:00;21:15:30\n".to_owned(), "1 same"),
        ("acctstarttime,acctsessiontime\n2026-11-24 08:00:00Z,44130\n".to_owned(), "1 same"),
        ("acctstarttime,acctstoptime,acctsessiontime\n2026-11-24 08:00:00Z,,0\n".to_owned(), "1 same"),
        // Addresses.
        (origin("udp4:203.0.113.7:30804"), "1 same"),
        (origin("tcp4-server:203.0.113.7:30804"), "1 same"),
        (origin("[::ffff:203.0.113.7]:30804"), "1 same"),
        (origin("64:ff9b::cb00:7107"), "1 same"),
        (origin("64:ff9b::203.0.113.7/128"), "1 same"),
        (origin("203.0.113.7/32"), "1 same"),
        (origin("3405803783"), "1 same"),
        (origin("203.000.113.007"), "1 same"),
        (origin("[2001:db8::7]:30804"), "1 differing"),
        (origin("203.0.113.010"), "asks: callingstationid, IpAddress"),
        (origin("00-11-22-33-44-55"), "asks: callingstationid, IpAddress"),
        ("nasipaddress,acctstarttime\n64:ff9b::c633:6401,2026-11-24T08:00:00Z\n".to_owned(), "1 same"),
        // Columns.
        (table("id,session_id,HEAD\n17,8f2a,ROW\n"), "1 same"),
        (table("id,session_id,HEAD\nSAME,8f2a,ROW\n").replace("SAME", &"06".repeat(32)), "1 same"),
        ("id\nSAME\n".replace("SAME", &"06".repeat(32)), "1 same, 5 missing"),
        ("id;name\n17;x\n".to_owned(), "asks: columns"),
        ("acctstarttime;start\n2026-11-24T08:00:00Z;2026-11-24T09:00:00Z\n".to_owned(), "asks: columns contradict"),
        ("acctstarttime;start\n2026-11-24T08:00:00Z;2026-11-24T08:00:00Z\n".to_owned(), "1 same"),
        ("2026-11-24 09:00:00;203.0.113.7\n".to_owned(), "asks: columns"),
        // Files of other kinds.
        ("<!DOCTYPE html><html><table><tr><td>acctstarttime".to_owned(), "refused: Html"),
        ("%PDF-1.7\n".to_owned(), "refused: Pdf"),
        ("<?xml version=\"1.0\"?><Workbook/>".to_owned(), "refused: Xml"),
        ("-- phpMyAdmin SQL Dump\nINSERT INTO `radacct` VALUES\n".to_owned(), "refused: Sql"),
        ("{\\rtf1\\ansi acctstarttime}".to_owned(), "refused: Document"),
        ("PK\u{3}\u{4}xl/workbook.xml".to_owned(), "refused: Spreadsheet"),
    ]
}

#[test]
fn more_files_of_these_kinds_come_out_as_they_should_in_every_encoding() {
    let mut wrong = Vec::new();
    for (text, expected) in inputs() {
        let said = outcome(text.as_bytes(), &brussels());
        if said != expected {
            wrong.push((text.clone(), said, expected));
        }
        if expected.starts_with("refused: ") && !expected.contains("line") || text.contains('│') {
            continue;
        }
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [b"\xff\xfe", utf16.as_slice()].concat();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for bytes in [latin, marked, utf16, big] {
            if bytes.len() >= 4 {
                let said = outcome(&bytes, &brussels());
                if said != expected {
                    wrong.push((format!("{text:?} as {bytes:?}"), said, expected));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_answer_to_what_was_asked_reads_the_reply() {
    let zone = "Europe/Brussels".parse().unwrap();
    for (text, expected) in [
        (
            "Aansluiting van;tot;bron;toegewezen\n03-11-2026 09:00;03-11-2026 10:30;203.0.113.7;10.99.0.10\n",
            "1 same",
        ),
        ("Beginn;Ende;Quelle\n24.11.2026 09:00:00;24.11.2026 21:15:30;203.0.113.7\n", "1 same"),
        ("Date;Heure début;Heure fin;IP\n24/11/2026;09:00:00;21:15:30;203.0.113.7\n", "1 same"),
        ("[{\"début\":\"2026-11-24 09:00:00\",\"fin\":\"2026-11-24 21:15:30\"}]", "1 same"),
        ("[[\"début\",\"fin\"],[\"2026-11-24 09:00:00\",\"2026-11-24 21:15:30\"]]", "1 same"),
    ] {
        assert_eq!(outcome(text.as_bytes(), &brussels()), "asks: columns", "{text}");
        let asked = describe(text.as_bytes(), &Mapping::default(), zone).unwrap();
        assert_eq!(
            outcome(text.as_bytes(), &asked.mapping),
            expected,
            "{text}: {}",
            asked.mapping.to_toml()
        );
    }
    let text = "2026-11-24 09:00:00;203.0.113.7\n";
    let mapping =
        Mapping::from_toml("time_zone = 'Europe/Brussels'\n[columns]\n'#1' = 'session_start'");
    assert_eq!(outcome(text.as_bytes(), &mapping.unwrap()), "1 same");
    let text =
        r#"{"a":[{"start":1795507200}],"b":[{"x":[{"start":1795507200}],"start":1795507200}]}"#;
    assert!(outcome(text.as_bytes(), &brussels()).starts_with("asks: list"));
    assert_eq!(outcome(text.as_bytes(), &brussels().with_list("a".to_owned())), "1 same");
}

#[test]
fn an_empty_answer_has_a_sentence_of_its_own_in_every_language() {
    let comparison = compared(b"[]", &Mapping::default()).unwrap();
    assert_eq!(comparison.known_here_not_held.len(), SESSIONS.len());
    let other = compared(HEAD.replace(",", ";").as_bytes(), &Mapping::default()).unwrap();
    assert!(other.holds_nothing);
    for language in Language::ALL {
        let text = comparison.to_text(language);
        let mut without = comparison.clone();
        without.holds_nothing = false;
        assert!(text.lines().count() > without.to_text(language).lines().count(), "{text}");
    }
}

/// How a row may be decorated.
#[derive(Clone, Copy, Debug)]
struct Decoration {
    delimiter: char,
    title: bool,
    comment: bool,
    announced: bool,
    units: bool,
    total: bool,
    counted: bool,
    trailing: bool,
    formula: bool,
    quoted: bool,
    encoding: u8,
    time: u8,
    address: u8,
    numbering: bool,
}

fn decorations() -> impl Strategy<Value = Decoration> {
    let flags = prop::array::uniform10(any::<bool>());
    let delimiter = prop_oneof![Just(','), Just(';'), Just('\t'), Just('|')];
    (delimiter, flags, 0..5_u8, 0..7_u8, 0..6_u8).prop_map(
        |(delimiter, flags, encoding, time, address)| {
            let [
                title,
                comment,
                announced,
                units,
                total,
                counted,
                trailing,
                formula,
                quoted,
                numbering,
            ] = flags;
            // Quoting a guard against formulas twice is nobody's export.
            let formula = formula && !quoted;
            Decoration {
                delimiter,
                title,
                comment,
                announced,
                units,
                total,
                counted,
                trailing,
                formula,
                quoted,
                encoding,
                time,
                address,
                numbering,
            }
        },
    )
}

impl Decoration {
    /// The last session of the record, so decorated.
    fn file(self) -> Vec<u8> {
        let [start, end] = match self.time {
            0 => ["2026-11-24 09:00:00", "2026-11-24 21:15:30"],
            1 => ["24/11/2026 09:00:00", "24/11/2026 21:15:30"],
            2 => ["2026/11/24 09:00", "2026/11/24 21:15"],
            3 => ["1795507200", "1795551330"],
            4 => ["46350.37500", "46350.88576"],
            5 => ["24.11.2026 09:00:00", "24.11.2026 21:15:30"],
            _ => ["2026-11-24T08:00:00Z", "2026-11-24T20:15:30Z"],
        };
        let origin = match self.address {
            0 => "203.0.113.7",
            1 => "udp4:203.0.113.7:30804",
            2 => "203.0.113.7/32",
            3 => "3405803783",
            4 => "203.000.113.007",
            _ => "64:ff9b::cb00:7107",
        };
        let dress = |cell: &str| match (self.formula, self.quoted) {
            (true, _) => format!("=\"{cell}\""),
            (_, true) => format!("\"{cell}\""),
            _ => cell.to_owned(),
        };
        let joined = |cells: [&str; 4]| {
            let mut cells: Vec<String> = cells.into_iter().map(str::to_owned).collect();
            if self.numbering {
                cells.insert(0, "17".to_owned());
            }
            let mut line = cells.join(&self.delimiter.to_string());
            if self.trailing {
                line.push(self.delimiter);
            }
            line + "\r\n"
        };
        let mut text = String::new();
        if self.announced {
            text += &format!("sep={}\r\n", self.delimiter);
        }
        if self.title {
            text += "Données de connexion\r\n\r\n";
        }
        if self.comment {
            text += "# export\r\n";
        }
        text += &joined(["AcctStartTime", "AcctStopTime", "CallingStationId", "FramedIPAddress"])
            .replacen("17", "id", 1);
        if self.units && !self.numbering {
            text += &joined(["time", "time", "text", "text"]);
        }
        let cells = [start, end, origin, "10.99.0.10"].map(dress);
        text += &joined(cells.each_ref().map(String::as_str));
        if self.total {
            text += &joined(["", "", "", ""]).replacen("17", "", 1);
            text += "Total : 1\r\n";
        }
        if self.counted {
            text += "(1 row)\r\n";
        }
        match self.encoding {
            0 => text.into_bytes(),
            1 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            2 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
            3 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => [b"\xfe\xff".to_vec(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()]
                .concat(),
        }
    }
}

proptest! {
    #[test]
    fn a_row_is_found_again_under_any_decoration(decoration in decorations()) {
        let file = decoration.file();
        let said = outcome(&file, &brussels());
        prop_assert_eq!(said, "1 same", "{:?}: {}", decoration, String::from_utf8_lossy(&file));
    }

    /// Pieces of replies, thrown together.
    #[test]
    fn no_session_is_called_missing_unless_a_record_or_an_empty_list_was_understood(
        parts in prop::collection::vec(
            prop_oneof![
                Just("acctstarttime"), Just("start"), Just("2026-11-24 08:00:00Z"), Just("203.0.113.7"), Just(","),
                Just(";"), Just("\n"), Just("\""), Just("{"), Just("}"), Just("["), Just("]"), Just(":"),
                Just("\"sessions\""), Just("\"start\""), Just("1795507200"), Just("null"), Just("Total"), Just("x"),
                Just("(0 rows)"), Just("|"), Just("id"), Just("\"error\""), Just("[]"), Just("{}"),
            ],
            0..24,
        )
    ) {
        let text = parts.concat();
        if let Ok(reply) = parse_reply(text.as_bytes(), &brussels()) {
            let understood = reply.records.iter().any(|record| {
                record.began().is_some() || record.end().is_some() || record.session().is_some()
            });
            let is_empty = reply.records.is_empty()
                && (text.contains("[]") || text.contains("acctstarttime") || text.contains("start"));
            prop_assert!(understood || is_empty, "{}: {:?}", text, reply);
        }
    }

    #[test]
    fn any_text_is_refused_or_understood(text in any::<String>()) {
        if let Ok(reply) = parse_reply(text.as_bytes(), &brussels()) {
            let bare = text.trim_start_matches('\u{feff}').trim();
            prop_assert!(!reply.records.is_empty() || bare == "[]", "{text}");
        }
    }
}

#[test]
fn a_spreadsheet_is_known_and_refused_with_the_remedy() {
    for (bytes, kind) in [
        (&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"[..], FileKind::Spreadsheet),
        (
            b"PK\x03\x04\x14\0mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            FileKind::Spreadsheet,
        ),
    ] {
        let error = parse_reply(bytes, &Mapping::default()).unwrap_err();
        assert_eq!(error, ReplyError::OtherFile(kind));
        for language in Language::ALL {
            assert!(error.text(language).contains("CSV"), "{language}");
        }
    }
}

#[test]
fn no_text_of_a_reply_forges_a_line_of_the_terminal() {
    let evil = "x\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{61c}y";
    let text = format!("acctstarttime;\"{evil}\"\n2026-11-24T08:00:00Z;{evil}\n");
    let mut sessions = record();
    sessions.truncate(1);
    let reply = parse_reply(text.as_bytes(), &Mapping::default()).unwrap();
    let written = compare(reply, &sessions, TimeTolerance::default()).to_text(Language::English);
    let asked = describe(text.as_bytes(), &Mapping::default(), "UTC".parse().unwrap()).unwrap();
    let told: String = asked
        .columns
        .iter()
        .flat_map(|column| [&column.name].into_iter().chain(&column.first))
        .cloned()
        .collect();
    for said in [written, told] {
        let is_evil = |c: char| {
            c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{2066}' | '\u{61c}')
        };
        assert!(said.contains('y') && !said.contains(is_evil), "{said:?}");
    }
}

#[test]
fn what_no_column_says_of_a_day_stays_bounds() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let reply = parse_reply(b"acctstarttime\n2026-11-24\n", &brussels()).unwrap();
    let start = reply.records[0].start().unwrap();
    assert_eq!(start.range(), Some((at("2026-11-23T23:00:00Z"), at("2026-11-24T22:59:59.999Z"))));
}
