//! Imports FreeRADIUS's accounting: its table in PostgreSQL and SQLite, and an export of it from
//! MariaDB, each in the schema that FreeRADIUS 3 has for it.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

#[path = "support/accounting.rs"]
mod accounting;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output, Stdio};

use rusqlite::Connection;
use temoin_operator::store::{ImportError, LeftOut};
use temoin_operator::{BindOutcome, Location};

use accounting::{Accounting, Kind, Row};
use support::MariaDb;

/// Each of these is tried with all of them.
macro_rules! with_each {
    ($($scenario:ident)*) => {
        mod postgresql { $(#[test] fn $scenario() { super::$scenario(super::Kind::Postgres); })* }
        mod sqlite { $(#[test] fn $scenario() { super::$scenario(super::Kind::Sqlite); })* }
        mod export_of_mariadb {
            $(#[test] fn $scenario() { super::$scenario(super::Kind::MariaDb); })*
        }
    };
}

with_each! {
    a_session_is_recorded_once_and_its_end_when_it_has_one
    values_that_come_with_an_interim_update_are_taken_over
    a_name_that_is_used_again_is_of_another_session
    a_clock_that_stepped_back_or_was_not_set_makes_no_long_session
    what_stands_for_nothing_is_nothing_and_lengths_and_ports_are_read
    a_value_that_cannot_be_read_is_unknown_and_the_session_stays
    a_server_without_an_address_does_not_matter
    an_older_schema_lacks_columns
    sessions_without_updates_for_too_long_are_lost
    a_time_in_the_hour_that_comes_twice_is_bounded
}

const WHOLE: Row<'_> = &[
    ("acctuniqueid", "u1"),
    ("username", "camille"),
    ("nasipaddress", "198.51.100.1"),
    ("acctstarttime", "2026-11-20 08:00:00"),
    ("callingstationid", "203.0.113.7"),
];

fn a_session_is_recorded_once_and_its_end_when_it_has_one(kind: Kind) {
    let accounting = Accounting::new(kind);
    accounting.insert(
        WHOLE,
        &[
            ("acctstoptime", "2026-11-20 09:30:00"),
            ("acctterminatecause", "Lost-Carrier"),
            ("framedipaddress", "10.99.0.10"),
            ("framedipv6address", "2001:db8:99::10"),
            ("delegatedipv6prefix", "2001:db8:1::/56"),
        ],
    );
    // Lasts, comes from IPv6, and has nothing more.
    accounting.insert(
        WHOLE,
        &[
            ("acctuniqueid", "u2"),
            ("username", ""),
            ("nasipaddress", "2001:db8:5::1"),
            ("acctstarttime", "2026-11-23 08:00:00"),
            ("callingstationid", "2001:db8:7::9"),
            ("framedipv6address", "2001:db8:99::11"),
        ],
    );
    // Its period is over; it never began.
    accounting.insert(
        WHOLE,
        &[
            ("acctuniqueid", "u3"),
            ("acctstarttime", "2024-01-01 08:00:00"),
            ("acctstoptime", "2024-01-02 08:00:00"),
        ],
    );
    accounting.insert(WHOLE, &[("acctuniqueid", "u4"), ("acctstarttime", "")]);
    let whole = "203.0.113.7||10.99.0.10|2001:db8:99::10|2001:db8:1::/56|2026-11-20T07:00:00Z|\
         2026-11-20T07:00:00Z||2026-11-20T08:30:00Z|lost|198.51.100.1||";
    let open = "2001:db8:7::9|||2001:db8:99::11||2026-11-23T07:00:00Z|2026-11-23T07:00:00Z\
         |||||2001:db8:5::1||";
    let open = open.replace("|||||2001:db8:5::1", "||||2001:db8:5::1");
    for new in [2, 0] {
        let report = accounting.import("2026-11-24T00:00:00Z");
        // A row may be read again, and is counted again.
        assert_eq!((report.new, report.updated, report.due), (new, 0, 1), "{report}");
        assert_eq!(counts(&report.left_out), ["1 acctstarttime is missing"], "{report}");
        assert_eq!(report.left_unknown, BTreeMap::new(), "{report}");
        assert_eq!(accounting.sessions(), [whole, open.as_str()]);
    }
    // Of accounting, which comes late, it is never sure whose an address is.
    assert_eq!(accounting.bind("2001:db8:99::11"), BindOutcome::NoSession);
    accounting.give_id();
    accounting.run(
        "UPDATE radacct SET acctstoptime = '2026-11-24 09:00:00', acctterminatecause = 'NAS-Reboot' \
         WHERE acctuniqueid = 'u2'",
    );
    for updated in [1, 0] {
        let report = accounting.import("2026-11-24T09:00:00Z");
        assert_eq!((report.new, report.updated), (0, updated), "{report}");
        let ended =
            open.replace("07:00:00Z||||", "07:00:00Z||2026-11-24T08:00:00Z|server-restarted|");
        assert_eq!(accounting.sessions(), [whole, ended.as_str()]);
    }
    assert_eq!(accounting.store().stats().unwrap().registered, 1);
}

fn values_that_come_with_an_interim_update_are_taken_over(kind: Kind) {
    let accounting = Accounting::new(kind);
    accounting.insert(WHOLE, &[("callingstationid", "")]);
    accounting.import("2026-11-20T08:00:00Z");
    let nothing = "|||||";
    let times = "2026-11-20T07:00:00Z|";
    let open = |values: &str, end: &str| format!("{values}|{times}{end}|198.51.100.1||");
    assert_eq!(accounting.sessions(), [open(nothing, "||")]);
    accounting.run(
        "UPDATE radacct SET acctupdatetime = '2026-11-20 08:20:00', framedipaddress = '10.99.0.10', \
         callingstationid = '203.0.113.7:30804' WHERE acctuniqueid = 'u1'",
    );
    assert_eq!(accounting.import("2026-11-20T08:00:00Z").updated, 1);
    assert_eq!(accounting.sessions(), [open("203.0.113.7|30804|10.99.0.10|||", "||")]);
    accounting.give_id();
    // With the stop, and after it.
    accounting.run(
        "UPDATE radacct SET acctstoptime = '2026-11-20 09:00:00', \
         framedipv6address = '2001:db8:99::10', delegatedipv6prefix = '2001:db8:1::/56' \
         WHERE acctuniqueid = 'u1'",
    );
    assert_eq!(accounting.import("2026-11-20T09:00:00Z").updated, 1);
    let values = "203.0.113.7|30804|10.99.0.10|2001:db8:99::10|2001:db8:1::/56|";
    assert_eq!(accounting.sessions(), [open(values, "|2026-11-20T08:00:00Z|other")]);
    assert_eq!(accounting.import("2026-11-20T09:00:00Z").updated, 0);
    assert_eq!(accounting.store().stats().unwrap().registered, 1);
}

fn a_name_that_is_used_again_is_of_another_session(kind: Kind) {
    let accounting = Accounting::new(kind);
    let given = ("framedipaddress", "10.99.0.10");
    accounting.insert(WHOLE, &[given]);
    accounting.insert(WHOLE, &[("acctuniqueid", "u2"), given]);
    accounting
        .insert(WHOLE, &[("acctuniqueid", "u3"), given, ("acctstarttime", "2026-11-20 10:00:00")]);
    assert_eq!(accounting.import("2026-11-20T10:00:00Z").new, 3);
    // Written over while it lasts, likewise with the end of the second, and by a clock that went back.
    accounting.run(
        "UPDATE radacct SET acctstarttime = '2026-11-21 08:00:00', framedipaddress = '10.99.0.77', \
         callingstationid = '192.0.2.55' WHERE acctuniqueid = 'u1'",
    );
    accounting.run(
        "UPDATE radacct SET acctstarttime = '2026-11-21 09:00:00', \
         acctstoptime = '2026-11-21 20:00:00', callingstationid = '192.0.2.56' \
         WHERE acctuniqueid = 'u2'",
    );
    accounting
        .run("UPDATE radacct SET acctstarttime = '2026-11-20 07:00:00' WHERE acctuniqueid = 'u3'");
    let report = accounting.import("2026-11-21T20:00:00Z");
    assert_eq!(report.new, 3, "{report}");
    let line = |origin: &str, given: &str, began: &str, end: &str| {
        format!("{origin}||{given}|||{began}|{began}|{end}|198.51.100.1||")
    };
    let (first, given) = ("2026-11-20T07:00:00Z", "10.99.0.10");
    let later = "2026-11-20T09:00:00Z";
    let mut expected = vec![
        line("203.0.113.7", given, first, &format!("{first}|2026-11-21T07:00:00Z|superseded")),
        line("203.0.113.7", given, first, &format!("{first}|2026-11-21T08:00:00Z|superseded")),
        line("192.0.2.55", "10.99.0.77", "2026-11-21T07:00:00Z", "||"),
        line("192.0.2.56", given, "2026-11-21T08:00:00Z", "|2026-11-21T19:00:00Z|other"),
    ];
    let earlier = "2026-11-20T06:00:00Z";
    let bounded = format!("{earlier}|{later}|superseded");
    expected.insert(0, line("203.0.113.7", given, earlier, &bounded));
    // Of an export it is not known whether it has every row: what it lacks may last.
    let last = if kind == Kind::MariaDb {
        "||".to_owned()
    } else {
        format!("{later}|2026-11-21T20:00:00Z|superseded")
    };
    expected.insert(3, line("203.0.113.7", given, later, &last));
    assert_eq!(accounting.sessions(), expected);
    let report = accounting.import("2026-11-21T21:00:00Z");
    assert_eq!((report.new, report.updated), (0, 0), "{report}");
    assert_eq!(accounting.sessions(), expected);
}

fn a_clock_that_stepped_back_or_was_not_set_makes_no_long_session(kind: Kind) {
    let accounting = Accounting::new(kind);
    let stop = ("acctstoptime", "2026-11-20 07:59:58");
    accounting.insert(WHOLE, &[stop]);
    accounting.insert(
        WHOLE,
        &[
            ("acctuniqueid", "u2"),
            ("acctstarttime", "2026-11-20 08:00:01"),
            stop,
            ("acctsessiontime", "3"),
        ],
    );
    for (name, start) in [("u3", "1970-01-01 01:00:10"), ("u4", "2038-01-19 03:14:07")] {
        accounting.insert(
            WHOLE,
            &[
                ("acctuniqueid", name),
                ("acctstarttime", start),
                ("acctstoptime", "2026-11-20 09:00:00"),
            ],
        );
    }
    // It stopped when nobody knows.
    accounting.insert(
        WHOLE,
        &[
            ("acctuniqueid", "u5"),
            ("acctstarttime", "2026-11-20 08:00:02"),
            ("acctupdatetime", "2026-11-20 08:10:00"),
            ("acctstoptime", "2037-11-20 09:00:00"),
        ],
    );
    for _ in 0..2 {
        let report = accounting.import("2026-11-21T00:00:00Z");
        let absurd = "2 acctstarttime is before 2000 or in the future";
        assert_eq!(counts(&report.left_out), [absurd], "{report}");
        assert_eq!(counts(&report.left_unknown), ["1 acctstoptime"], "{report}");
        let ends: Vec<String> = accounting.sessions().iter().map(|line| end_of(line)).collect();
        assert_eq!(
            ends,
            [
                "2026-11-20T07:00:00Z 2026-11-20T07:00:00Z 2026-11-21T00:00:00Z",
                "2026-11-20T07:00:01Z 2026-11-20T07:00:01Z 2026-11-20T07:00:04Z",
                "2026-11-20T07:00:02Z 2026-11-20T07:10:00Z 2026-11-21T00:00:00Z",
            ]
        );
    }
}

fn what_stands_for_nothing_is_nothing_and_lengths_and_ports_are_read(kind: Kind) {
    let accounting = Accounting::new(kind);
    let rows: [(Row<'_>, &str); 8] = [
        (&[("callingstationid", "203.0.113.7:30804")], "203.0.113.7|30804|||||udp?"),
        (&[("callingstationid", "udp4:203.0.113.7:30804")], "203.0.113.7|30804||||udp"),
        (&[("callingstationid", "tcp6-server:[2001:db8:7::9]:443")], "2001:db8:7::9|443||||tcp"),
        (&[("callingstationid", "::ffff:203.0.113.7")], "203.0.113.7|||||"),
        (&[("framedipaddress", "0.0.0.0"), ("framedipv6address", "::")], "203.0.113.7|||||"),
        (&[("delegatedipv6prefix", "::/0")], "203.0.113.7|||||"),
        (
            &[("framedipaddress", "10.99.0.10/32"), ("framedipv6address", "2001:db8:99::10/128")],
            "203.0.113.7||10.99.0.10|2001:db8:99::10||",
        ),
        (&[("framedipaddress", "255.255.255.254")], "203.0.113.7|||||"),
    ];
    for (place, (row, _)) in rows.iter().enumerate() {
        let (name, start) = (format!("u{place}"), format!("2026-11-20 08:00:{place:02}.625"));
        let own = [("acctuniqueid", name.as_str()), ("acctstarttime", &start)];
        accounting.insert(WHOLE, &[row, own.as_slice()].concat());
    }
    let report = accounting.import("2026-11-21T00:00:00Z");
    assert_eq!((report.new, report.left_unknown.len()), (8, 0), "{report}");
    let sessions = accounting.sessions();
    for (place, ((_, expected), session)) in rows.iter().zip(&sessions).enumerate() {
        let values: Vec<&str> = session.split('|').collect();
        let expected = expected.replace("|udp?", "");
        assert_eq!([&values[..5], &values[12..]].concat().join("|"), expected);
        assert_eq!(values[6], format!("2026-11-20T07:00:{place:02}Z"));
    }
}

fn a_value_that_cannot_be_read_is_unknown_and_the_session_stays(kind: Kind) {
    let accounting = Accounting::new(kind);
    accounting.insert(WHOLE, &[("callingstationid", "02:00:5E:10:00:01")]);
    accounting.insert(WHOLE, &[("acctuniqueid", "u2"), ("callingstationid", "Livebox of Jo")]);
    let mut expected = vec!["2 callingstationid"];
    // PostgreSQL lets nothing else into a column for addresses.
    if kind != Kind::Postgres {
        accounting.insert(
            WHOLE,
            &[
                ("acctuniqueid", "u3"),
                ("framedipaddress", "10.99.0"),
                ("framedipv6address", "2001:db8:99::/64"),
                ("delegatedipv6prefix", "2001:db8:1::"),
                ("nasipaddress", "gw1"),
            ],
        );
        expected.extend(["1 delegatedipv6prefix", "1 framedipaddress"]);
        expected.extend(["1 framedipv6address", "1 nasipaddress"]);
    }
    let report = accounting.import("2026-11-21T00:00:00Z");
    assert_eq!(report.new, accounting.sessions().len());
    assert_eq!(report.rejected(), 0);
    assert_eq!(counts(&report.left_unknown), expected);
    let lines = report.to_string();
    assert_eq!(lines.lines().count(), 1 + expected.len(), "{lines}");
}

fn a_server_without_an_address_does_not_matter(kind: Kind) {
    let accounting = Accounting::new(kind);
    accounting.insert(WHOLE, &[("nasipaddress", "")]);
    accounting.insert(WHOLE, &[("acctuniqueid", "u2"), ("nasipaddress", "127.0.0.1")]);
    // The accounting's server has an address of the other family than the one connected to.
    accounting.insert(WHOLE, &[("acctuniqueid", "u3"), ("callingstationid", "2001:db8:7::9")]);
    let report = accounting.import("2026-11-21T00:00:00Z");
    assert_eq!((report.new, report.rejected()), (3, 0), "{report}");
    let gateways = |accounting: &Accounting| -> Vec<String> {
        let of = |line: &String| line.split('|').nth(10).unwrap().to_owned();
        accounting.sessions().iter().map(of).collect()
    };
    assert_eq!(gateways(&accounting), ["", "", ""]);
    accounting.configure("[gateway]\naddress = \"193.190.0.1:1194\"\n");
    accounting.import("2026-11-21T00:00:00Z");
    assert_eq!(gateways(&accounting), ["193.190.0.1", "193.190.0.1", ""]);
}

fn an_older_schema_lacks_columns(kind: Kind) {
    let accounting = Accounting::new(kind);
    accounting.insert(WHOLE, &[("framedipaddress", "10.99.0.10")]);
    for column in ["framedipv6address", "delegatedipv6prefix", "acctupdatetime", "username"] {
        accounting.run(&format!("ALTER TABLE radacct DROP COLUMN {column}"));
    }
    assert_eq!(accounting.import("2026-11-21T00:00:00Z").new, 1);
    assert!(accounting.sessions()[0].starts_with("203.0.113.7||10.99.0.10|"));
    accounting.run("ALTER TABLE radacct RENAME COLUMN acctstarttime TO began");
    let error = accounting.try_import("2026-11-21T00:00:00Z").unwrap_err();
    assert!(matches!(error, ImportError::NoColumn { column: "acctstarttime", .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("the accounting in") && said.contains("schema of radacct"), "{said}");
    assert!(!said.contains("store.location"), "{said}");
}

fn sessions_without_updates_for_too_long_are_lost(kind: Kind) {
    let accounting = Accounting::new(kind);
    accounting.insert(WHOLE, &[("acctupdatetime", "2026-11-20 09:00:00")]);
    accounting.insert(WHOLE, &[("acctuniqueid", "u2")]);
    assert_eq!(accounting.import("2026-11-20T12:00:00Z").new, 2);
    assert_eq!(accounting.store().stats().unwrap().open, 2);
    // Of the second the row is gone, as after somebody has tidied up.
    accounting.run("DELETE FROM radacct WHERE acctuniqueid = 'u2'");
    let report = accounting.import("2026-12-20T12:00:00Z");
    let of_export = usize::from(kind == Kind::MariaDb);
    assert_eq!(report.updated, 2 - of_export, "{report}");
    assert_eq!(accounting.store().stats().unwrap().open, u64::try_from(of_export).unwrap());
    let bounded = "2026-11-20T07:00:00Z 2026-11-20T08:00:00Z 2026-12-20T12:00:00Z";
    assert_eq!(end_of(&accounting.sessions()[0]), bounded);
    accounting
        .run("UPDATE radacct SET acctstoptime = '2026-12-21 08:00:00' WHERE acctuniqueid = 'u1'");
    assert_eq!(accounting.import("2026-12-26T12:00:00Z").updated, 1);
    let seen = "2026-11-20T07:00:00Z  2026-12-21T07:00:00Z";
    assert_eq!(end_of(&accounting.sessions()[0]), seen);
    assert_eq!(accounting.import("2026-12-26T12:00:00Z").updated, 0);
}

fn a_time_in_the_hour_that_comes_twice_is_bounded(kind: Kind) {
    let accounting = Accounting::new(kind);
    accounting.insert(
        WHOLE,
        &[("acctstarttime", "2026-10-25 01:30:00"), ("acctstoptime", "2026-10-25 02:30:00")],
    );
    accounting.import("2026-11-21T00:00:00Z");
    // PostgreSQL's column has the instant: of the two, the session that wrote it chose the later.
    let end = if kind == Kind::Postgres { "" } else { "2026-10-25T00:30:00Z" };
    let expected = format!("2026-10-24T23:30:00Z {end} 2026-10-25T01:30:00Z");
    assert_eq!(end_of(&accounting.sessions()[0]), expected);
}

#[test]
fn times_without_a_zone_are_refused_where_none_is_given_and_numbers_need_none() {
    for kind in [Kind::Sqlite, Kind::MariaDb] {
        let mut accounting = Accounting::new(kind);
        accounting.insert(WHOLE, &[]);
        accounting.zone = None;
        let error = accounting.try_import("2026-11-21T00:00:00Z").unwrap_err();
        assert!(matches!(error, ImportError::ZoneMissing(_)), "{error}");
        assert!(error.to_string().contains("--time-zone"), "{error}");
        assert!(accounting.sessions().is_empty());
    }
    let mut accounting = Accounting::new(Kind::Sqlite);
    accounting.run(
        "INSERT INTO radacct (acctuniqueid, acctstarttime, acctstoptime) VALUES
            ('u1', 1795158000, 1795158060.5), ('u2', '2026-11-20 08:00:00+01:00', NULL)",
    );
    accounting.zone = None;
    assert_eq!(accounting.import("2026-11-21T00:00:00Z").new, 2);
    let first = "2026-11-20T07:00:00Z  2026-11-20T07:01:00Z";
    assert_eq!(end_of(&accounting.sessions()[0]), first);
    // A column of PostgreSQL's that has no zone is text, too.
    let mut accounting = Accounting::new(Kind::Postgres);
    accounting.insert(WHOLE, &[]);
    accounting.run("ALTER TABLE radacct ALTER COLUMN acctstarttime TYPE timestamp");
    accounting.zone = None;
    let error = accounting.try_import("2026-11-21T00:00:00Z").unwrap_err();
    assert!(matches!(error, ImportError::ZoneMissing(_)), "{error}");
    accounting.zone = Some("Europe/Brussels");
    assert_eq!(accounting.import("2026-11-21T00:00:00Z").new, 1);
}

#[test]
fn one_accounting_is_not_taken_for_another_nor_a_new_table_for_the_old_one() {
    let accounting = Accounting::new(Kind::Sqlite);
    accounting.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO radacct (acctuniqueid, acctstarttime) SELECT 'a' || i, 1795158000 FROM n",
    );
    assert_eq!(accounting.import("2026-11-21T00:00:00Z").new, 3000);
    let other = Accounting::new(Kind::Sqlite);
    other.insert(WHOLE, &[]);
    let report = other.import_into(&accounting.location, "2026-11-21T00:00:00Z").unwrap();
    assert_eq!(report.new, 1, "{report}");
    accounting.run("DELETE FROM radacct");
    accounting.run("DELETE FROM sqlite_sequence");
    accounting.insert(WHOLE, &[("acctuniqueid", "u2")]);
    assert_eq!(accounting.import("2026-11-21T00:00:00Z").new, 1);
}

#[test]
fn an_export_is_read_from_standard_input_while_it_is_written() {
    let accounting = Accounting::new(Kind::MariaDb);
    accounting.insert(WHOLE, &[("username", "a\tb\\c\nd"), ("framedipaddress", "10.99.0.10")]);
    accounting.configure("[record]\nfields = [\"member_identity\", \"origin_address\"]\n");
    let mut export = MariaDb::shared()
        .client(&accounting.database)
        .args(["--batch", "--quick", "-e", "SELECT * FROM radacct"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = accounting
        .program()
        .args(["import", "--time-zone", "Europe/Brussels", "-"])
        .stdin(export.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(export.wait().unwrap().success());
    assert_eq!(
        said(&output),
        "1 sessions new, 0 updated, 0 left out as their period is over, 0 as they make no sense\n"
    );
    let Location::Sqlite(store) = &accounting.location else { panic!("a file") };
    let name: String = Connection::open(store)
        .unwrap()
        .query_row("SELECT member_identity FROM session", [], |row| row.get(0))
        .unwrap();
    assert_eq!(name, "a\tb\\c\nd");
}

#[test]
fn paths_may_be_relative_and_what_cannot_be_read_is_named_with_the_remedy() {
    let accounting = Accounting::new(Kind::Sqlite);
    accounting.insert(WHOLE, &[]);
    let directory = accounting.directory.path();
    let run = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_temoin-operator"));
        program.current_dir(directory).args(["--config", "operator.toml", "import"]);
        program.args(arguments).args(["--time-zone", "Europe/Brussels"]).output().unwrap()
    };
    assert!(said(&run(&["freeradius.db"])).starts_with("1 sessions new"));
    let connection = Connection::open(directory.join("empty.db")).unwrap();
    connection.execute_batch("CREATE TABLE users (name TEXT)").unwrap();
    fs::write(directory.join("cut.tsv"), "acctuniqueid\tacctstarttime\nu2\t17951").unwrap();
    fs::write(directory.join("short.tsv"), "acctuniqueid\tacctstarttime\nu2\n").unwrap();
    fs::write(directory.join("nothing.csv"), "").unwrap();
    for (argument, expected) in [
        ("empty.db", "there is no table radacct"),
        ("missing.db", "missing.db cannot be read"),
        ("nothing.csv", "has no column acctuniqueid"),
        ("mysql://db/radius", "mariadb --batch --quick"),
        ("cut.tsv", "1 × acctstarttime is before 2000"),
        ("short.tsv", "1 × the line has not as many cells as the first one (first: line 2)"),
    ] {
        let output = run(&[argument]);
        let said = said(&output);
        assert!(said.contains(expected) && !said.contains("store.location"), "{argument}: {said}");
    }
    // The record's own place must not depend on where a hook is run.
    let config = directory.join("operator.toml");
    fs::write(&config, "[store]\nlocation = \"record.db\"\n").unwrap();
    let said = said(&run(&["freeradius.db"]));
    assert!(said.contains("store.location: not a store: the absolute path"), "{said}");
}

/// The start, and the bounds of the end.
fn end_of(line: &str) -> String {
    line.split('|').skip(6).take(3).collect::<Vec<_>>().join(" ")
}

fn counts(counted: &BTreeMap<&'static str, LeftOut>) -> Vec<String> {
    counted.iter().map(|(why, left_out)| format!("{} {why}", left_out.count)).collect()
}

fn said(output: &Output) -> String {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}
