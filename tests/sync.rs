//! Both ends of the sync, end to end: a box and its operator, each in a network namespace, with a real
//! OpenVPN between them, through whose tunnel all requests go.
//!
//! These tests need root and the packages that `make setup` installs.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use temoin_core::assessment::{
    ApplicableRules, DigestComparison, SignedState, SignedStatement, SignedStatus,
};
use temoin_core::assessment::{RegistrationState, SyncState, SyncVerdict};
use temoin_core::law::{Jurisdiction, Law};
use temoin_core::record::{Call, LedgerEntry};
use temoin_core::session::{Field, Session, Timestamp, Zone};
use temoin_journal::Reader;

use support::{Cluster, Lab, now};

/// How long a box may take to register: its second attempt comes at most half a minute after the
/// first.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lab whose operator keeps its record, and where that is.
struct OperatorLab {
    lab: Lab,
    record: RecordLocation,
}

enum RecordLocation {
    Postgres(Cluster, String),
    Sqlite,
}

impl OperatorLab {
    fn sqlite() -> Self {
        Self::begin("", RecordLocation::Sqlite)
    }

    fn postgres() -> Self {
        let cluster = Cluster::start("");
        let url = cluster.database();
        let name = url.trim_start_matches("postgres:///").split('?').next().unwrap().to_owned();
        Self::begin(&format!("--store {url}"), RecordLocation::Postgres(cluster, name))
    }

    fn begin(options: &str, record: RecordLocation) -> Self {
        let operator = env!("CARGO_BIN_EXE_temoin-operator");
        let options = format!("--operator {operator} --push origin,prefix {options}");
        let fixture = Self { lab: Lab::with_daemon(&options), record };
        fixture.lab.run("client start; wait up");
        fixture
    }

    /// What statements in the operator's record answer.
    fn sql(&self, statements: &str) -> String {
        match &self.record {
            RecordLocation::Postgres(cluster, name) => cluster.psql(name, statements),
            RecordLocation::Sqlite => {
                let path = self.lab.state().join("operator.db");
                let mut sqlite = Command::new("sqlite3");
                let output = sqlite.args(["-cmd", ".timeout 5000"]).arg(path).arg(statements);
                let output = output.output().expect("sqlite3");
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
            }
        }
    }

    fn count(&self, condition: &str) -> u32 {
        self.sql(&format!("SELECT count(*) FROM session WHERE {condition}")).parse().unwrap()
    }

    fn await_count(&self, condition: &str, count: u32) {
        let look = || (self.count(condition) == count).then_some(());
        self.lab.await_value(PATIENCE, &format!("{count} records where {condition}"), look);
    }

    /// Has a record be due so many days ago.
    fn due(&self, session: &Session, days: i64) {
        let day = (today() - chrono::Duration::days(days)).format("%Y%m%d");
        self.sql(&format!("UPDATE session SET erase_by = {day} WHERE {}", self.own(session)));
    }

    /// The condition that its record meets.
    fn own(&self, session: &Session) -> String {
        match self.record {
            RecordLocation::Postgres(..) => format!("id = '\\x{}'", session.id),
            RecordLocation::Sqlite => format!("id = x'{}'", session.id),
        }
    }

    /// The session at this place from the oldest, once the operator knows its ID.
    fn registered(&self, place: usize) -> Session {
        self.lab.await_value(PATIENCE, "a registration", || {
            let id = self.lab.sessions().get(place)?.id.clone();
            let session = self.reader().find(&id.parse().ok()?).ok()?.pop()?;
            let is_bound = self.count(&self.own(&session)) == 1;
            let is_told =
                matches!(self.sync_state(&session)?.registration, RegistrationState::Bound { .. });
            (is_bound && is_told).then_some(session)
        })
    }

    /// Makes a manual request to the operator, with a reset rate limit.
    fn ask(&self) -> String {
        self.lab.run("responder stop; responder start; temoin sync")
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.lab.record()).unwrap().unwrap()
    }

    fn sync_state(&self, session: &Session) -> Option<SyncState> {
        self.reader().sync_state(&session.id).unwrap()
    }

    /// The bodies of the requests that named a session, and what answered them, the oldest first.
    fn registrations(&self) -> Vec<(Vec<u8>, Option<u16>)> {
        let mut entries = self.reader().ledger(0, 1_000).unwrap();
        entries.reverse();
        entries
            .into_iter()
            .filter(|entry| entry.sent.call == Call::Register)
            .map(|entry| {
                (entry.sent.body, entry.outcome.and_then(|it| it.answer).map(|it| it.status))
            })
            .collect()
    }

    /// What answered each registration of a session.
    fn named(&self, session: &Session) -> Vec<Option<u16>> {
        let all = self.registrations().into_iter();
        let own = all.filter(|(body, _)| body.as_slice() == session.id.as_bytes());
        own.map(|(_, status)| status).collect()
    }

    /// The status requests, the oldest first.
    fn statuses(&self) -> Vec<LedgerEntry> {
        let mut entries = self.reader().ledger(0, 10_000).unwrap();
        entries.reverse();
        entries.into_iter().filter(|entry| entry.sent.call == Call::Status).collect()
    }

    /// Sets the lab's clock to the moment of the next daily request, and waits until that has come
    /// to something. Says what the clock was set to.
    fn next_day(&self, now: Timestamp) -> Timestamp {
        let due = self
            .lab
            .await_value(PATIENCE, "a moment to ask at", || self.reader().next_status().unwrap());
        let asked = self.statuses().len();
        let ahead = due.since(present()).max(now.since(present())).as_secs() + 2;
        self.lab.run(&format!("clock {ahead}"));
        self.lab.await_value(PATIENCE, "the daily request", || {
            let entries = self.statuses();
            let is_over = entries.len() > asked && entries.iter().all(|it| it.outcome.is_some());
            is_over.then_some(())
        });
        present().shifted(i64::try_from(ahead).unwrap() * 1_000)
    }

    fn standing(&self, session: &Session) -> SyncVerdict {
        self.sync_state(session).unwrap().verdict(zone(), present())
    }

    /// What the box makes of each field that the operator holds.
    fn compared(&self, session: &Session) -> BTreeMap<Field, DigestComparison> {
        let law = Law::compiled_in().unwrap();
        let applicable_rules = ApplicableRules::of_jurisdiction(&law, Jurisdiction::Belgium);
        let digits = session.id.to_string();
        let session = self.reader().find(&digits.parse().unwrap()).unwrap().remove(0);
        let state = self.reader().sync_state(&session.id).unwrap();
        let signed = SignedStatus::new(&session, state.as_ref(), applicable_rules, true, present());
        match signed {
            SignedStatus::Stated(SignedStatement {
                state: SignedState::Held { fields, .. },
                ..
            }) => fields.into_iter().collect(),
            other => panic!("{other:?}"),
        }
    }

    /// Ends the tunnel, so that the operator's record ends, and begins another.
    fn reconnect(&self) {
        let ended = self.count("ended IS NOT NULL");
        self.lab.run("client stop");
        self.await_count("ended IS NOT NULL", ended + 1);
        self.lab.run("client start; wait up");
    }
}

fn zone() -> Zone {
    "Europe/Brussels".parse().unwrap()
}

fn present() -> Timestamp {
    Timestamp::from_milliseconds(now()).unwrap()
}

/// The day of UTC on which a moment is, as a number.
fn day_of(at: Timestamp) -> i64 {
    at.milliseconds().div_euclid(86_400_000)
}

/// The day in the operator's time zone.
fn today() -> chrono::NaiveDate {
    zone().date(present())
}

/// The fields of a session that both ends know while it lasts.
const KNOWN: [Field; 9] = [
    Field::OriginAddress,
    Field::OriginPort,
    Field::AssignedIpv4,
    Field::AssignedIpv6,
    Field::DelegatedPrefix,
    Field::AssignedAt,
    Field::SessionStart,
    Field::Gateway,
    Field::Transport,
];

/// What the box makes of these fields where both ends say the same.
fn alike() -> BTreeMap<Field, DigestComparison> {
    KNOWN.map(|field| (field, DigestComparison::Same)).into()
}

#[test]
fn a_record_is_registered_held_alike_and_confirmed_as_erased_on_time_and_late_in_sqlite() {
    life(&OperatorLab::sqlite());
}

#[test]
fn a_record_is_registered_held_alike_and_confirmed_as_erased_on_time_and_late_in_postgresql() {
    life(&OperatorLab::postgres());
}

fn life(fixture: &OperatorLab) {
    let first = fixture.registered(0);
    let answer = fixture.ask();
    assert!(answer.contains(&first.id.short()), "{answer}");
    assert_eq!(fixture.compared(&first), alike());
    assert_eq!(fixture.standing(&first), SyncVerdict::Held { erase_by: None });
    assert!(fixture.lab.run("operator erase --trust-clock").starts_with("0 sessions erased"));

    // Erased on time.
    fixture.reconnect();
    let second = fixture.registered(1);
    fixture.due(&second, 0);
    fixture.ask();
    assert_eq!(fixture.compared(&second), alike());
    assert!(matches!(fixture.standing(&second), SyncVerdict::Due { .. }));
    fixture.reconnect();
    let third = fixture.registered(2);
    fixture.due(&second, 0);
    fixture.due(&third, 20);
    fixture.ask();
    let ended = fixture.compared(&second);
    assert_eq!(ended[&Field::SessionEnd], DigestComparison::Same, "{ended:?}");
    assert!(fixture.lab.run("operator erase --trust-clock").starts_with("1 sessions erased"));
    assert_eq!(fixture.count(&fixture.own(&second)), 0);
    let asked = fixture.lab.run("temoin sync --dry-run");
    assert!(asked.contains(&second.id.to_string()), "{asked}");
    fixture.ask();
    assert!(matches!(fixture.standing(&second), SyncVerdict::Confirmed { .. }));

    // Erased late.
    fixture.ask();
    assert!(matches!(fixture.standing(&third), SyncVerdict::Overdue { .. }));
    fixture.reconnect();
    fixture.registered(3);
    fixture.due(&third, 20);
    assert!(fixture.lab.run("operator erase --trust-clock").starts_with("1 sessions erased"));
    fixture.ask();
    assert!(matches!(fixture.standing(&third), SyncVerdict::Confirmed { .. }));
    let asked = fixture.lab.run("temoin sync --dry-run");
    for gone in [second, third] {
        assert!(!asked.contains(&gone.id.to_string()), "{asked}");
    }
}

#[test]
fn each_value_that_the_operator_falsifies_is_noticed_and_no_other() {
    let fixture = OperatorLab::sqlite();
    let session = fixture.registered(0);
    fixture.due(&session, 0);
    for (field, column, wrong) in [
        (Field::OriginAddress, "origin_address", "'203.0.113.99'"),
        (Field::OriginPort, "origin_port", "origin_port + 1"),
        (Field::AssignedIpv4, "assigned_ipv4", "'192.0.2.99'"),
        (Field::AssignedIpv6, "assigned_ipv6", "'2001:db8:99::99'"),
        (Field::DelegatedPrefix, "delegated_prefix", "'2001:db8:2::/56'"),
        (Field::AssignedAt, "assigned_at", "assigned_at - 600"),
        (Field::SessionStart, "began", "began + 600"),
        (Field::Gateway, "gateway_port", "gateway_port + 1"),
        (Field::Transport, "transport", "'tcp'"),
    ] {
        let own = fixture.own(&session);
        let right = fixture.sql(&format!("SELECT quote({column}) FROM session WHERE {own}"));
        fixture.sql(&format!("UPDATE session SET {column} = {wrong} WHERE {own}"));
        fixture.ask();
        let mut expected = alike();
        expected.insert(field, DigestComparison::Differs);
        assert_eq!(fixture.compared(&session), expected, "{column} = {wrong}");
        fixture.sql(&format!("UPDATE session SET {column} = {right} WHERE {own}"));
    }
    fixture.ask();
    assert_eq!(fixture.compared(&session), alike());

    fixture.reconnect();
    fixture.registered(1);
    fixture.due(&session, 0);
    fixture
        .sql(&format!("UPDATE session SET ended = ended + 1200 WHERE {}", fixture.own(&session)));
    fixture.ask();
    assert_eq!(fixture.compared(&session)[&Field::SessionEnd], DigestComparison::Differs);
}

#[test]
fn while_the_operator_does_not_answer_nothing_is_lost_and_then_all_is_made_up_for() {
    let fixture = OperatorLab::sqlite();
    let first = fixture.registered(0);
    fixture.lab.run("responder stop");
    fixture.reconnect();
    fixture.lab.await_value(PATIENCE, "an attempt that fails", || {
        let failed = fixture.registrations().into_iter().find(|(_, status)| status.is_none());
        failed.map(drop)
    });
    assert_eq!(fixture.count("id IS NOT NULL"), 1);
    fixture.lab.run("responder start");
    let second = fixture.registered(1);
    assert_eq!(fixture.count("id IS NOT NULL"), 2);
    fixture.ask();
    for session in [&first, &second] {
        let standing = fixture.standing(session);
        assert!(matches!(standing, SyncVerdict::Held { .. }), "{}: {standing:?}", session.id);
    }
    assert_eq!(fixture.named(&first), [Some(204)]);
    let attempts = fixture.named(&second);
    let (last, failed) = attempts.split_last().unwrap();
    assert_eq!((*last, !failed.is_empty()), (Some(204), true), "{attempts:?}");
    assert!(failed.iter().all(Option::is_none), "{attempts:?}");
}

#[test]
fn while_the_operator_is_away_for_three_weeks_nothing_is_lost_and_nothing_is_sent_twice() {
    let fixture = OperatorLab::begin("--clock", RecordLocation::Sqlite);
    let first = fixture.registered(0);
    // The first run recomputes each session's day.
    assert!(fixture.lab.run("operator erase --trust-clock").starts_with("0 sessions erased"));
    fixture.due(&first, -3);
    fixture.ask();
    assert_eq!(fixture.compared(&first), alike());
    let asked_by_hand = fixture.statuses().len();

    // Its tunnels go on, but nobody answers for three weeks.
    fixture.lab.run("responder stop");
    fixture.reconnect();
    // The end of the session moved its day.
    fixture.due(&first, -3);
    let second = fixture.lab.await_value(PATIENCE, "a second session", || {
        let id = fixture.lab.sessions().get(1)?.id.clone();
        fixture.reader().find(&id.parse().ok()?).ok()?.pop()
    });
    let mut clock = fixture.next_day(present());
    while clock.since(present()) < Duration::from_secs(21 * 86_400) {
        clock = fixture.next_day(clock);
    }
    let away = fixture.statuses();
    let days: Vec<i64> = away[asked_by_hand..].iter().map(|entry| day_of(entry.sent.at)).collect();
    let every_day: Vec<i64> = (days[0]..=days[days.len() - 1]).collect();
    assert_eq!(days, every_day, "not one request a day");
    assert!(days.len() >= 21, "{days:?}");
    let failed = |entry: &LedgerEntry| {
        let failure = entry.outcome.as_ref().and_then(|it| it.failure.as_deref());
        failure == Some("unreachable")
    };
    assert!(away[asked_by_hand..].iter().all(failed), "{away:?}");
    assert_eq!(fixture.count("id IS NOT NULL"), 1);
    assert!(fixture.sync_state(&first).unwrap().held.is_some());

    // It is back, and has not erased what was due more than two weeks ago.
    fixture.lab.run("responder start");
    clock = fixture.next_day(clock);
    fixture.registered(1);
    let standing = |session: &Session, at| fixture.sync_state(session).unwrap().verdict(zone(), at);
    let overdue = standing(&first, clock);
    assert!(matches!(overdue, SyncVerdict::Overdue { .. }), "{clock}: {overdue:?}");
    // Its ID goes from the ledger with the session itself, so it is looked for now.
    assert_eq!(fixture.named(&first), [Some(204)]);
    assert!(fixture.lab.run("operator erase --trust-clock").starts_with("1 sessions erased"));
    clock = fixture.next_day(clock);
    assert!(matches!(standing(&first, clock), SyncVerdict::Confirmed { .. }), "{clock}");
    assert!(matches!(standing(&second, clock), SyncVerdict::Held { .. }), "{clock}");
    assert_eq!(fixture.compared(&second), alike());
    let before = fixture.statuses().len();
    fixture.next_day(clock);
    let later = &fixture.statuses()[before..];
    let names = |entry: &LedgerEntry, session: &Session| {
        entry.sent.body.chunks(32).any(|id| id == session.id.as_bytes())
    };
    assert_eq!(later.len(), 1);
    assert!(!names(&later[0], &first), "an ID whose erasure is confirmed was sent");

    let attempts = fixture.named(&second);
    let (last, failed) = attempts.split_last().unwrap();
    assert_eq!((*last, !failed.is_empty()), (Some(204), true), "{attempts:?}");
    assert!(failed.iter().all(Option::is_none), "{attempts:?}");
    assert_eq!(fixture.count("id IS NOT NULL"), 1);
    assert_eq!(fixture.count(&fixture.own(&second)), 1);
}
