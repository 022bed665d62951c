//! Imports FreeRADIUS's accounting, in the schemas that FreeRADIUS 3 has for PostgreSQL and SQLite, into
//! either store.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

use std::path::PathBuf;
use std::process::Command;

use temoin_core::session::{SessionId, Timestamp};
use temoin_operator::store::ImportReport;
use temoin_operator::{BindOutcome, Config, HeldRecord, Location, Store, TerminateCause};
use temoin_protocol::StatusRequest;
use tempfile::TempDir;

use support::Cluster;

/// The columns that matter here, as both schemas name them.
const COLUMNS: &str = "acctsessionid, acctuniqueid, username, nasipaddress, acctstarttime, \
    acctupdatetime, acctstoptime, callingstationid, acctterminatecause, framedipaddress, \
    framedipv6address, delegatedipv6prefix";

#[test]
fn accounting_of_postgresql_becomes_sessions_of_postgresql() {
    import_all(&RadacctTable::postgres(), &Location::Postgres(Cluster::shared().database()));
}

#[test]
fn accounting_of_sqlite_becomes_sessions_of_sqlite() {
    let accounting = RadacctTable::sqlite();
    let store = Location::Sqlite(accounting.directory.path().join("record.db"));
    import_all(&accounting, &store);
}

fn import_all(accounting: &RadacctTable, location: &Location) {
    let mut store = Store::create(location).unwrap();
    let config = accounting.config();
    let import = |store: &mut Store, at: &str| -> (usize, usize, usize, Vec<String>) {
        let ImportReport { new, updated, due, rejected } =
            store.import_radacct(&accounting.location, &config, now(at)).unwrap();
        (new, updated, due, rejected.iter().map(ToString::to_string).collect())
    };
    accounting.insert(&[
        // Ended, with everything.
        "'s1', 'u1', 'camille', '198.51.100.1', '2026-11-20 08:00:00Z', NULL, '2026-11-20 09:30:00Z',
         '203.0.113.7', 'Lost-Carrier', '10.99.0.10', '2001:db8:99::10', '2001:db8:1::/56'",
        // Lasts, IPv6 outside and only that inside, nothing more.
        "'s2', 'u2', NULL, '2001:db8::1', '2026-11-23 08:00:00Z', NULL, NULL,
         '2001:db8:7::9', NULL, NULL, '2001:db8:99::11', NULL",
        // Ended long ago.
        "'s3', 'u3', '', '198.51.100.1', '2024-01-01 08:00:00Z', NULL, '2024-01-02 08:00:00Z',
         '203.0.113.9', 'User-Request', '10.99.0.12', NULL, NULL",
        // Never began; ends before it began.
        "'s4', 'u4', 'x', '198.51.100.1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
        "'s5', 'u5', 'x', '198.51.100.1', '2026-11-20 08:00:00Z', NULL, '2026-11-20 07:00:00Z',
         NULL, NULL, NULL, NULL, NULL",
        // The address of a network card is not recorded.
        "'s6', 'u6', 'x', '198.51.100.1', '2026-11-22 08:00:00Z', NULL, '2026-11-22 08:00:05Z',
         '02:00:5E:10:00:01', 'Strange-Cause', '10.99.0.13', NULL, NULL",
    ]);
    let expected = [
        "radacctid 4: acctstarttime is missing or makes no sense",
        "radacctid 5: acctstoptime is missing or makes no sense",
    ];
    let expected: Vec<String> = expected.map(str::to_owned).into();
    assert_eq!(import(&mut store, "2026-11-24T00:00:00Z"), (3, 0, 1, expected.clone()));
    // Once more changes nothing.
    assert_eq!(import(&mut store, "2026-11-24T00:00:00Z"), (0, 0, 1, expected));

    let id = SessionId::from_bytes([7; 32]);
    let source = "2001:db8:99::11".parse().unwrap();
    assert_eq!(store.bind(source, &id).unwrap(), BindOutcome::Bound);
    let entry = |store: &mut Store| -> HeldRecord {
        let mut ids = [SessionId::from_bytes([0; 32]); StatusRequest::IDS];
        ids[0] = id;
        store.look_up(&ids).unwrap().remove(&id).unwrap()
    };
    let open = entry(&mut store).record;
    assert_eq!(open.origin_address, "2001:db8:7::9".parse().ok());
    assert_eq!(open.gateway.unwrap().to_string(), "2001:db8::1");
    assert_eq!((open.assigned_ipv4, open.end, open.member_identity), (None, None, None));

    accounting.run(
        "UPDATE radacct SET acctstoptime = '2026-11-24 08:00:00Z', acctterminatecause = 'NAS-Reboot' \
         WHERE acctuniqueid = 'u2'",
    );
    let (new, updated, ..) = import(&mut store, "2026-11-24T09:00:00Z");
    assert_eq!((new, updated), (0, 1));
    let ended = entry(&mut store);
    let end = ended.record.end.unwrap();
    assert_eq!(end.when.exactly().unwrap().to_timestamp(), now("2026-11-24T08:00:00Z"));
    assert_eq!(end.reason, TerminateCause::ServerRestarted);
    assert_eq!(ended.erase_by.unwrap().to_string(), "2027-11-25");

    // No updates for too long, until one arrives.
    accounting.insert(&[
        "'s7', 'u7', 'x', '198.51.100.1', '2026-11-24 10:00:00Z', '2026-11-24 11:00:00Z', NULL,
         NULL, NULL, '10.99.0.14', NULL, NULL",
    ]);
    assert_eq!(import(&mut store, "2026-11-24T12:00:00Z").0, 1);
    assert_eq!(store.stats().unwrap().open, 1);
    assert_eq!(import(&mut store, "2026-12-24T12:00:00Z").1, 1);
    assert_eq!(store.stats().unwrap().open, 0);
    accounting
        .run("UPDATE radacct SET acctstoptime = '2026-12-25 08:00:00Z' WHERE acctuniqueid = 'u7'");
    assert_eq!(import(&mut store, "2026-12-26T12:00:00Z").1, 1);
    assert_eq!(import(&mut store, "2026-12-26T12:00:00Z").1, 0);
}

/// FreeRADIUS's table somewhere.
struct RadacctTable {
    location: Location,
    directory: TempDir,
}

impl RadacctTable {
    fn postgres() -> Self {
        let location = Location::Postgres(Cluster::shared().database());
        let accounting = Self { location, directory: tempfile::tempdir().unwrap() };
        accounting.run(
            "CREATE TABLE radacct (radacctid bigserial PRIMARY KEY, acctsessionid text NOT NULL,
            acctuniqueid text NOT NULL UNIQUE, username text, realm text,
            nasipaddress inet NOT NULL, nasportid text, nasporttype text,
            acctstarttime timestamp with time zone, acctupdatetime timestamp with time zone,
            acctstoptime timestamp with time zone, acctinterval bigint, acctsessiontime bigint,
            acctauthentic text, connectinfo_start text, connectinfo_stop text,
            acctinputoctets bigint, acctoutputoctets bigint, calledstationid text,
            callingstationid text, acctterminatecause text, servicetype text, framedprotocol text,
            framedipaddress inet, framedipv6address inet, framedipv6prefix inet,
            framedinterfaceid text, delegatedipv6prefix inet, class text)",
        );
        accounting
    }

    fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(directory.path().join("freeradius.db"));
        let accounting = Self { location, directory };
        accounting.run(
            "CREATE TABLE radacct (radacctid INTEGER PRIMARY KEY AUTOINCREMENT,
            acctsessionid varchar(64) NOT NULL default '', acctuniqueid varchar(32) NOT NULL default '',
            username varchar(64) NOT NULL default '', realm varchar(64) default '',
            nasipaddress varchar(15) NOT NULL default '', nasportid varchar(32) default NULL,
            nasporttype varchar(32) default NULL, acctstarttime datetime NULL default NULL,
            acctupdatetime datetime NULL default NULL, acctstoptime datetime NULL default NULL,
            acctinterval int(12) default NULL, acctsessiontime int(12) default NULL,
            acctauthentic varchar(32) default NULL, connectinfo_start varchar(50) default NULL,
            connectinfo_stop varchar(50) default NULL, acctinputoctets bigint(20) default NULL,
            acctoutputoctets bigint(20) default NULL, calledstationid varchar(50) NOT NULL default '',
            callingstationid varchar(50) NOT NULL default '',
            acctterminatecause varchar(32) NOT NULL default '', servicetype varchar(32) default NULL,
            framedprotocol varchar(32) default NULL, framedipaddress varchar(15) NOT NULL default '',
            framedipv6address varchar(45) NOT NULL default '',
            framedipv6prefix varchar(45) NOT NULL default '',
            framedinterfaceid varchar(44) NOT NULL default '',
            delegatedipv6prefix varchar(45) NOT NULL default '')",
        );
        accounting
    }

    fn insert(&self, rows: &[&str]) {
        for row in rows {
            let mut values: Vec<&str> = row.split(',').map(str::trim).collect();
            if matches!(self.location, Location::Sqlite(_)) {
                // There, nothing is an empty text but in a time.
                for (_, value) in
                    values.iter_mut().enumerate().filter(|(it, _)| !(4..7).contains(it))
                {
                    *value = if *value == "NULL" { "''" } else { value };
                }
            }
            let values = values.join(", ");
            self.run(&format!("INSERT INTO radacct ({COLUMNS}) VALUES ({values})"));
        }
    }

    fn run(&self, statement: &str) {
        match &self.location {
            Location::Postgres(url) => {
                let name = url.trim_start_matches("postgres:///").split('?').next().unwrap();
                Cluster::shared().psql(name, statement);
            }
            Location::Sqlite(path) => {
                // Times are local to the operator, in winter an hour ahead.
                let mut statement = statement.to_owned();
                for hour in (7..=11).rev() {
                    let ahead = format!(" {:02}:", hour + 1);
                    statement = statement.replace(&format!(" {hour:02}:"), &ahead);
                }
                let statement = statement.replace("0Z'", "0'").replace("5Z'", "5'");
                rusqlite::Connection::open(path).unwrap().execute_batch(&statement).unwrap();
            }
        }
    }

    /// A configuration as the program would read it.
    fn config(&self) -> Config {
        let path: PathBuf = self.directory.path().join("operator.toml");
        std::fs::write(&path, "[retention]\nmonths = 12\n").unwrap();
        Config::read(&path).unwrap()
    }
}

fn now(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_database_without_radacct_is_named_in_the_error() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("record.db");
    Store::create(&Location::Sqlite(store.clone())).unwrap();
    let config = directory.path().join("operator.toml");
    std::fs::write(&config, format!("[store]\nlocation = {store:?}\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_temoin-operator"))
        .arg("--config")
        .arg(&config)
        .args(["import", "/nonexistent/freeradius.db"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("/nonexistent/freeradius.db"), "{said}");
}
