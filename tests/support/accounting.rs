//! FreeRADIUS's accounting, in the schemas that FreeRADIUS 3 has, with a record beside it.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a part of several test programs, each of which uses its own share"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use temoin_core::session::{SessionId, Timestamp};
use temoin_operator::store::{AccountingSource, ImportError, ImportOptions, ImportReport};
use temoin_operator::{BindOutcome, Config, Location, Registration, Series, Store};
use temoin_protocol::UnixSeconds;
use tempfile::TempDir;

use crate::support::{Cluster, MariaDb};

/// The ID of a box’s session.
const ID: SessionId = SessionId::from_bytes([7; 32]);

/// Where an accounting is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    MariaDb,
    Postgres,
    Sqlite,
}

/// Columns and their values; the empty text is nothing.
pub type Row<'a> = &'a [(&'a str, &'a str)];

/// FreeRADIUS's table somewhere, and a record beside it.
pub struct Accounting {
    pub kind: Kind,
    /// The name of the database, where it has one.
    pub database: String,
    pub source: AccountingSource,
    pub location: Location,
    pub zone: Option<&'static str>,
    pub directory: TempDir,
}

impl Accounting {
    pub fn new(kind: Kind) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| -> PathBuf { directory.path().join(name) };
        let name_of = |url: &str| {
            url.trim_start_matches("postgres:///").split('?').next().unwrap().to_owned()
        };
        let (database, source, location, schema) = match kind {
            Kind::MariaDb => (
                MariaDb::shared().database(),
                AccountingSource::File(path("export.tsv")),
                Location::Sqlite(path("record.db")),
                MARIADB_SCHEMA,
            ),
            Kind::Postgres => {
                let url = Cluster::shared().database();
                let store = Location::Postgres(Cluster::shared().database());
                (name_of(&url), AccountingSource::Postgres(url), store, POSTGRES_SCHEMA)
            }
            Kind::Sqlite => (
                String::new(),
                AccountingSource::File(path("freeradius.db")),
                Location::Sqlite(path("record.db")),
                SQLITE_SCHEMA,
            ),
        };
        let zone = (kind != Kind::Postgres).then_some("Europe/Brussels");
        let accounting = Self { kind, database, source, location, zone, directory };
        accounting.run(schema);
        if kind == Kind::Postgres {
            let database = &accounting.database;
            accounting.run(&format!("ALTER DATABASE {database} SET timezone = 'Europe/Brussels'"));
        }
        Store::create(&accounting.location).unwrap();
        accounting.configure("");
        accounting
    }

    pub fn configure(&self, lines: &str) {
        let store = match &self.location {
            Location::Postgres(url) => url.clone(),
            Location::Sqlite(path) => path.display().to_string(),
        };
        let text = format!("[retention]\nmonths = 12\n[store]\nlocation = {store:?}\n{lines}");
        fs::write(self.directory.path().join("operator.toml"), text).unwrap();
    }

    pub fn store(&self) -> Store {
        Store::open(&self.location).unwrap()
    }

    pub fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_temoin-operator"));
        program.arg("--config").arg(self.directory.path().join("operator.toml"));
        program
    }

    pub fn insert(&self, base: Row<'_>, row: Row<'_>) {
        let values: BTreeMap<&str, &str> = base.iter().chain(row).copied().collect();
        let columns = values.keys().copied().collect::<Vec<_>>().join(", ");
        let literal = |(column, value): (&&str, &&str)| {
            // A time, or an address in PostgreSQL, that is nothing; elsewhere it is an empty text.
            let is_null = column.ends_with("time") || self.kind == Kind::Postgres;
            if value.is_empty() && is_null {
                return "NULL".to_owned();
            }
            let value = value.replace('\'', "''");
            let is_escaped = self.kind == Kind::MariaDb;
            format!("'{}'", if is_escaped { value.replace('\\', "\\\\") } else { value })
        };
        let values = values.iter().map(literal).collect::<Vec<_>>().join(", ");
        self.run(&format!("INSERT INTO radacct ({columns}) VALUES ({values})"));
    }

    pub fn run(&self, statement: &str) {
        match self.kind {
            Kind::MariaDb => MariaDb::shared().run(&self.database, statement),
            Kind::Postgres => {
                Cluster::shared().psql(&self.database, statement);
            }
            Kind::Sqlite => {
                let path = self.directory.path().join("freeradius.db");
                Connection::open(path).unwrap().execute_batch(statement).unwrap();
            }
        }
    }

    pub fn import(&self, now: &str) -> ImportReport {
        self.try_import(now).unwrap()
    }

    pub fn try_import(&self, now: &str) -> Result<ImportReport, ImportError> {
        self.import_into(&self.location, now)
    }

    pub fn import_into(&self, location: &Location, now: &str) -> Result<ImportReport, ImportError> {
        if self.kind == Kind::MariaDb {
            let path = self.directory.path().join("export.tsv");
            MariaDb::shared().export(&self.database, "radacct", &path);
        }
        let config = Config::read(&self.directory.path().join("operator.toml")).unwrap();
        let zone = self.zone.map(|name| name.parse().unwrap());
        let options = ImportOptions { config: &config, zone, now: instant(now) };
        Store::open(location).unwrap().import(&self.source, &options)
    }

    /// What comes of a box's registration from this address.
    pub fn bind(&self, address: &str) -> BindOutcome {
        let registration = Registration {
            id: &ID,
            source: address.parse().unwrap(),
            gateway: "2001:db8:5::1",
            device: None,
            is_lossy: false,
            series: Series::from_number(1),
            at: UnixSeconds::containing(instant("2026-11-24T00:00:00Z")).unwrap(),
            deadline: Instant::now() + Duration::from_secs(60),
        };
        self.store().bind(&registration).unwrap()
    }

    /// Gives the open session an ID, as a box that registered it would.
    pub fn give_id(&self) {
        match &self.location {
            Location::Postgres(url) => {
                let name = url.trim_start_matches("postgres:///").split('?').next().unwrap();
                let statement = format!("UPDATE session SET id = '\\x{ID}' WHERE ended IS NULL");
                Cluster::shared().psql(name, &statement);
            }
            Location::Sqlite(path) => {
                let statement = "UPDATE session SET id = ?1 WHERE ended IS NULL";
                let connection = Connection::open(path).unwrap();
                assert_eq!(connection.execute(statement, [ID.as_bytes()]).unwrap(), 1);
            }
        }
    }

    /// What is recorded, a line a session: origin, port, assigned, prefix, when that was, start, the
    /// end's bounds and reason, gateway and its port, transport.
    pub fn sessions(&self) -> Vec<String> {
        let statement = "SELECT origin_address, origin_port, assigned_ipv4, assigned_ipv6,
            delegated_prefix, assigned_at, began, ended_after, ended, end_reason, gateway_address,
            gateway_port, transport FROM session ORDER BY began, imported";
        let lines: Vec<String> = match &self.location {
            Location::Postgres(url) => {
                let name = url.trim_start_matches("postgres:///").split('?').next().unwrap();
                let answer = Cluster::shared().psql(name, statement);
                answer.lines().map(str::to_owned).collect()
            }
            Location::Sqlite(path) => {
                let connection = Connection::open(path).unwrap();
                let mut statement = connection.prepare(statement).unwrap();
                let lines = statement.query_map([], |row| {
                    let mut line = String::new();
                    for column in 0..13 {
                        let value = match row.get_ref(column)? {
                            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                            rusqlite::types::ValueRef::Text(text) => {
                                String::from_utf8_lossy(text).into_owned()
                            }
                            _ => String::new(),
                        };
                        write!(line, "{}{value}", if column == 0 { "" } else { "|" }).unwrap();
                    }
                    Ok(line)
                });
                lines.unwrap().map(Result::unwrap).collect()
            }
        };
        let readable = |line: String| {
            let values = line.split('|').enumerate().map(|(place, value)| {
                let second = value.parse().ok().filter(|_| (5..9).contains(&place));
                match second.and_then(UnixSeconds::from_number) {
                    Some(second) => second.to_string().replace(".000", ""),
                    None => value.to_owned(),
                }
            });
            values.collect::<Vec<_>>().join("|")
        };
        lines.into_iter().map(readable).collect()
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const POSTGRES_SCHEMA: &str = "CREATE TABLE radacct (radacctid bigserial PRIMARY KEY,
    acctsessionid text, acctuniqueid text NOT NULL UNIQUE, username text, realm text,
    nasipaddress inet, nasportid text, nasporttype text, acctstarttime timestamp with time zone,
    acctupdatetime timestamp with time zone, acctstoptime timestamp with time zone,
    acctinterval bigint, acctsessiontime bigint, acctauthentic text, connectinfo_start text,
    connectinfo_stop text, acctinputoctets bigint, acctoutputoctets bigint, calledstationid text,
    callingstationid text, acctterminatecause text, servicetype text, framedprotocol text,
    framedipaddress inet, framedipv6address inet, framedipv6prefix inet, framedinterfaceid text,
    delegatedipv6prefix inet, class text)";

const SQLITE_SCHEMA: &str = "CREATE TABLE radacct (radacctid INTEGER PRIMARY KEY AUTOINCREMENT,
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
    delegatedipv6prefix varchar(45) NOT NULL default '')";

const MARIADB_SCHEMA: &str = "CREATE TABLE radacct (
    radacctid bigint(21) NOT NULL auto_increment, acctsessionid varchar(64) NOT NULL default '',
    acctuniqueid varchar(32) NOT NULL default '', username varchar(64) NOT NULL default '',
    realm varchar(64) default '', nasipaddress varchar(45) NOT NULL default '',
    nasportid varchar(32) default NULL, nasporttype varchar(32) default NULL,
    acctstarttime datetime(6) NULL default NULL, acctupdatetime datetime NULL default NULL,
    acctstoptime datetime NULL default NULL, acctinterval int(12) default NULL,
    acctsessiontime int(12) unsigned default NULL, acctauthentic varchar(32) default NULL,
    connectinfo_start varchar(128) default NULL, connectinfo_stop varchar(128) default NULL,
    acctinputoctets bigint(20) default NULL, acctoutputoctets bigint(20) default NULL,
    calledstationid varchar(50) NOT NULL default '',
    callingstationid varchar(50) NOT NULL default '',
    acctterminatecause varchar(32) NOT NULL default '', servicetype varchar(32) default NULL,
    framedprotocol varchar(32) default NULL, framedipaddress varchar(45) NOT NULL default '',
    framedipv6address varchar(45) NOT NULL default '',
    framedipv6prefix varchar(45) NOT NULL default '',
    framedinterfaceid varchar(44) NOT NULL default '',
    delegatedipv6prefix varchar(45) NOT NULL default '', class varchar(64) default NULL,
    PRIMARY KEY (radacctid), UNIQUE KEY acctuniqueid (acctuniqueid)) ENGINE = INNODB";
