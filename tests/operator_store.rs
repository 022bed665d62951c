//! What the protocol and the operator's hooks require of the store: the same tests over SQLite and over
//! a real PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

use std::net::{IpAddr, Ipv6Addr};
use std::thread;
use std::time::{Duration, Instant};

use temoin_core::law::Period;
use temoin_core::session::{SessionId, Zone};
use temoin_operator::{
    BindOutcome, EndTime, HeldRecord, Holder, Location, Registration, RetentionPolicy, Series,
    ServerRun, SessionEnd, SessionRecord, Store, StoreError, TerminateCause,
};
use temoin_protocol::{Day, StatusRequest, UnixSeconds};
use tempfile::TempDir;

use support::Cluster;

/// Runs a test over both databases.
macro_rules! over_both {
    ($($test:ident)+) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test(&super::StoreFixture::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $test() { super::$test(&super::StoreFixture::postgres()); })+
        }
    };
}

over_both! {
    a_registered_session_is_found_by_its_id_with_all_that_was_recorded
    the_first_id_of_a_session_stays_and_an_id_has_one_session
    only_an_open_session_with_exactly_that_address_is_bound
    an_address_that_two_gateways_gave_is_bound_on_neither
    only_a_record_of_the_gateway_and_series_that_ask_is_bound
    of_two_sessions_whose_order_is_in_doubt_none_is_bound
    whoever_has_a_delegated_prefix_is_known_by_any_address_in_it
    the_same_event_again_changes_nothing
    an_end_without_a_beginning_is_a_session_all_the_same
    what_a_run_left_open_is_bounded_by_its_last_sign_and_the_next_start
    an_address_that_is_given_again_ends_the_session_that_had_it
    a_client_that_comes_back_within_a_second_has_a_session_of_its_own
    clients_that_differ_in_one_thing_alone_are_told_apart
    of_many_registrations_at_once_one_wins
    what_is_due_is_erased_and_answers_as_if_it_had_never_been
    a_changed_retention_period_is_recomputed_and_an_unchanged_one_is_not
    sessions_of_a_gateway_that_fell_silent_are_ended_and_others_are_not
    stats_count_sessions_and_name_nobody
    a_missing_store_is_not_opened_and_creating_one_twice_keeps_it
    a_store_of_a_later_schema_version_is_refused
}

fn a_registered_session_is_found_by_its_id_with_all_that_was_recorded(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let record = whole(1);
    store.begin_session(&run(0), &record, &policy(), SERIES).unwrap();
    assert_eq!(bind(&mut store, address(&record), &id(1)).unwrap(), BindOutcome::Bound);
    let entry = |store: &mut Store| store.look_up(&ids(&[1])).unwrap().remove(&id(1)).unwrap();
    assert_eq!(entry(&mut store), HeldRecord { record: record.clone(), erase_by: None });

    let ended = SessionRecord { end: seen(500), ..record };
    store.end_session(&run(0), &ended, &policy()).unwrap();
    let erase_by = Day::new("2027-11-24".parse().unwrap());
    assert_eq!(entry(&mut store), HeldRecord { record: ended, erase_by });
}

fn the_first_id_of_a_session_stays_and_an_id_has_one_session(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let (one, two) = (whole(1), whole(2));
    store.begin_session(&run(0), &one, &policy(), SERIES).unwrap();
    store.begin_session(&run(0), &two, &policy(), SERIES).unwrap();
    for (record, id, expected) in [
        (&one, id(1), BindOutcome::Bound),
        (&one, id(1), BindOutcome::Bound),
        (&one, id(2), BindOutcome::Conflict),
        (&two, id(1), BindOutcome::Conflict),
        (&two, id(2), BindOutcome::Bound),
    ] {
        assert_eq!(bind(&mut store, address(record), &id).unwrap(), expected, "{id}");
    }
    let mapped = one.assigned_ipv4.unwrap().to_ipv6_mapped().into();
    assert_eq!(bind(&mut store, mapped, &id(1)).unwrap(), BindOutcome::Bound);
    let ipv6 = one.assigned_ipv6.unwrap().into();
    assert_eq!(bind(&mut store, ipv6, &id(1)).unwrap(), BindOutcome::Bound);
    let found = store.look_up(&ids(&[1, 2, 3])).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!((&found[&id(1)].record, &found[&id(2)].record), (&one, &two));
}

fn only_an_open_session_with_exactly_that_address_is_bound(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let record = whole(1);
    store.begin_session(&run(0), &record, &policy(), SERIES).unwrap();
    let within_prefix = {
        let first = u128::from(record.delegated_prefix.unwrap().address());
        Ipv6Addr::from(first | 1).into()
    };
    let origin = record.origin_address.unwrap();
    for source in ["10.99.0.2".parse().unwrap(), within_prefix, origin] {
        assert_eq!(bind(&mut store, source, &id(1)).unwrap(), BindOutcome::NoSession, "{source}");
    }
    store
        .end_session(&run(0), &SessionRecord { end: seen(9), ..record.clone() }, &policy())
        .unwrap();
    assert_eq!(bind(&mut store, address(&record), &id(1)).unwrap(), BindOutcome::NoSession);
    assert!(store.look_up(&ids(&[1])).unwrap().is_empty());
}

fn an_address_that_two_gateways_gave_is_bound_on_neither(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let (record, theirs) = (whole(1), SessionRecord { began: at(60), ..whole(1) });
    for server in ["gw2/udp", "gw1/tcp"] {
        let other = ServerRun { server: server.parse().unwrap(), ..run(0) };
        store.begin_session(&run(0), &record, &policy(), SERIES).unwrap();
        store.begin_session(&other, &theirs, &policy(), SERIES).unwrap();
        assert_eq!(store.shared_addresses().unwrap(), 2);
        for gateway in ["gw1", "gw2"] {
            let (id, source) = (id(1), address(&record));
            let asked = Registration { gateway, ..registration(source, &id) };
            assert_eq!(store.bind(&asked).unwrap(), BindOutcome::NoSession, "{gateway}");
        }
        let ended = SessionRecord { end: seen(90), ..theirs.clone() };
        store.end_session(&other, &ended, &policy()).unwrap();
    }
    assert_eq!(store.shared_addresses().unwrap(), 0);
    assert_eq!(bind(&mut store, address(&record), &id(1)).unwrap(), BindOutcome::Bound);
}

fn only_a_record_of_the_gateway_and_series_that_ask_is_bound(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let (one, two, three) = (whole(1), whole(2), whole(3));
    store.begin_session(&run(0), &one, &policy(), SERIES).unwrap();
    store.begin_session(&run(0), &two, &policy(), None).unwrap();
    store.begin_session(&run(0), &three, &policy(), Some(Series::from_number(2))).unwrap();
    let id = id(1);
    for (record, gateway, arrived) in [
        (&one, "gw", 1),
        (&one, "gw2", 1),
        (&one, "gw1/udp", 1),
        (&two, "gw1", 1),
        (&three, "gw1", 1),
    ] {
        let asked = registration(address(record), &id);
        let asked = Registration { gateway, at: at(arrived), ..asked };
        assert_eq!(store.bind(&asked).unwrap(), BindOutcome::NoSession, "{gateway}");
    }
    let late = Registration { deadline: Instant::now(), ..registration(address(&one), &id) };
    assert_eq!(store.bind(&late).unwrap(), BindOutcome::TooLate);
    assert!(store.look_up(&ids(&[1])).unwrap().is_empty());
    assert_eq!(bind(&mut store, address(&one), &id).unwrap(), BindOutcome::Bound);
}

fn of_two_sessions_whose_order_is_in_doubt_none_is_bound(fixture: &StoreFixture) {
    let mut store = fixture.store();
    // The hook of an earlier session comes late, or the clock was set back.
    let (later, earlier) = (SessionRecord { began: at(60), ..whole(1) }, whole(1));
    store.begin_session(&run(0), &later, &policy(), SERIES).unwrap();
    store.begin_session(&run(0), &earlier, &policy(), SERIES).unwrap();
    assert_eq!(bind(&mut store, address(&later), &id(1)).unwrap(), BindOutcome::NoSession);
    store.end_session(&run(0), &SessionRecord { end: seen(30), ..earlier }, &policy()).unwrap();
    assert_eq!(bind(&mut store, address(&later), &id(1)).unwrap(), BindOutcome::NoSession);

    // The hook of an earlier run comes after that of the next one.
    store
        .begin_session(&run(600), &SessionRecord { began: at(700), ..whole(2) }, &policy(), SERIES)
        .unwrap();
    store.begin_session(&run(0), &whole(2), &policy(), SERIES).unwrap();
    assert_eq!(bind(&mut store, address(&whole(2)), &id(2)).unwrap(), BindOutcome::NoSession);
    assert_eq!(store.stats().unwrap().open, 1);
}

fn whoever_has_a_delegated_prefix_is_known_by_any_address_in_it(fixture: &StoreFixture) {
    let mut store = fixture.store();
    store.begin_session(&run(0), &whole(1), &policy(), SERIES).unwrap();
    let mut holder = |address: &str| store.holder(address.parse().unwrap()).unwrap();
    assert_eq!(holder("2001:db8:99::1"), Holder::Assigned);
    let Holder::Delegated(session) = holder("2001:db8:1::5") else { panic!() };
    assert_eq!(holder("2001:db8:1:ff:ffff::1"), Holder::Delegated(session));
    assert_eq!(holder("2001:db8:1:100::1"), Holder::Unknown);
    assert_eq!(holder("10.99.0.11"), Holder::Unknown);
}

fn the_same_event_again_changes_nothing(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let record = whole(1);
    let ended = SessionRecord { end: seen(100), ..record.clone() };
    let later = SessionRecord { end: seen(200), ..record.clone() };
    for _ in 0..2 {
        store.begin_session(&run(0), &record, &policy(), SERIES).unwrap();
    }
    bind(&mut store, address(&record), &id(1)).unwrap();
    for record in [&ended, &later, &record] {
        match record.end {
            Some(_) => store.end_session(&run(0), record, &policy()).unwrap(),
            None => store.begin_session(&run(0), record, &policy(), SERIES).unwrap(),
        }
    }
    assert_eq!(store.look_up(&ids(&[1])).unwrap()[&id(1)].record, ended);
    assert_eq!(fixture.count(), 1);
}

fn an_end_without_a_beginning_is_a_session_all_the_same(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let ended = SessionRecord { end: seen(100), ..whole(1) };
    for _ in 0..2 {
        store.end_session(&run(0), &ended, &policy()).unwrap();
    }
    assert_eq!(fixture.count(), 1);
    // Its beginning may have been taken later.
    store.begin_session(&run(0), &whole(1), &policy(), SERIES).unwrap();
    assert_eq!(fixture.count(), 1);
    assert_eq!(bind(&mut store, address(&ended), &id(1)).unwrap(), BindOutcome::NoSession);
}

fn what_a_run_left_open_is_bounded_by_its_last_sign_and_the_next_start(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let (record, other) = (whole(1), ServerRun { server: "gw2/udp".parse().unwrap(), ..run(0) });
    store.begin_session(&run(0), &record, &policy(), SERIES).unwrap();
    store
        .begin_session(&other, &SessionRecord { began: at(700), ..whole(3) }, &policy(), SERIES)
        .unwrap();
    bind(&mut store, address(&record), &id(1)).unwrap();
    let (source, third) = (address(&whole(3)), id(3));
    let asked = Registration { gateway: "gw2", ..registration(source, &third) };
    assert_eq!(store.bind(&asked).unwrap(), BindOutcome::Bound);
    // The last event of the first run.
    store.end_session(&run(0), &SessionRecord { end: seen(300), ..whole(2) }, &policy()).unwrap();
    store
        .begin_session(&run(600), &SessionRecord { began: at(660), ..whole(4) }, &policy(), SERIES)
        .unwrap();
    let mut found = store.look_up(&ids(&[1, 3])).unwrap();
    let entry = found.remove(&id(1)).unwrap();
    let when = EndTime::Between(at(300), at(600));
    assert_eq!(
        entry.record.end,
        Some(SessionEnd { when, reason: TerminateCause::ServerRestarted })
    );
    assert!(entry.erase_by.is_some());
    assert_eq!(found[&id(3)].record.end, None);

    // What the server reports itself outweighs what was inferred.
    let ended = SessionRecord { end: seen(400), ..record };
    store.end_session(&run(0), &ended, &policy()).unwrap();
    assert_eq!(store.look_up(&ids(&[1])).unwrap()[&id(1)].record, ended);
}

fn an_address_that_is_given_again_ends_the_session_that_had_it(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let first = whole(1);
    store.begin_session(&run(0), &first, &policy(), SERIES).unwrap();
    bind(&mut store, address(&first), &id(1)).unwrap();
    let second = SessionRecord { began: at(50), origin_port: Some(7), ..whole(1) };
    store.begin_session(&run(0), &second, &policy(), SERIES).unwrap();
    assert_eq!(bind(&mut store, address(&second), &id(2)).unwrap(), BindOutcome::Bound);
    let found = store.look_up(&ids(&[1, 2])).unwrap();
    let when = EndTime::Between(first.began, at(50));
    assert_eq!(
        found[&id(1)].record.end,
        Some(SessionEnd { when, reason: TerminateCause::Superseded })
    );
    assert_eq!(found[&id(2)].record, second);
}

fn a_client_that_comes_back_within_a_second_has_a_session_of_its_own(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let first = whole(1);
    let again = SessionRecord { origin_port: Some(7), ..whole(1) };
    store.begin_session(&run(0), &first, &policy(), SERIES).unwrap();
    store
        .end_session(&run(0), &SessionRecord { end: seen(0), ..first.clone() }, &policy())
        .unwrap();
    for _ in 0..2 {
        store.begin_session(&run(0), &again, &policy(), SERIES).unwrap();
    }
    assert_eq!(fixture.count(), 2);
    assert_eq!(bind(&mut store, address(&again), &id(2)).unwrap(), BindOutcome::Bound);
    let floated = SessionRecord { origin_port: Some(8), end: seen(90), ..again };
    for _ in 0..2 {
        store.end_session(&run(0), &floated, &policy()).unwrap();
    }
    assert_eq!(store.look_up(&ids(&[2])).unwrap()[&id(2)].record.end, seen(90));
    assert_eq!(fixture.count(), 2);
}

fn clients_that_differ_in_one_thing_alone_are_told_apart(fixture: &StoreFixture) {
    let mut store = fixture.store();
    // As with --duplicate-cn, from behind one address translation, in the same second.
    let one = whole(1);
    let two = SessionRecord {
        origin_port: Some(2),
        assigned_ipv4: whole(2).assigned_ipv4,
        assigned_ipv6: whole(2).assigned_ipv6,
        ..whole(1)
    };
    // A script assigns an address that is known only when the session ends.
    let three = SessionRecord {
        origin_port: Some(3),
        assigned_ipv4: whole(3).assigned_ipv4,
        assigned_ipv6: None,
        ..whole(1)
    };
    for record in [&one, &two, &three] {
        store.begin_session(&run(0), record, &policy(), SERIES).unwrap();
    }
    for (record, number) in [(&one, 1), (&two, 2), (&three, 3)] {
        assert_eq!(bind(&mut store, address(record), &id(number)).unwrap(), BindOutcome::Bound);
    }
    let floated = SessionRecord { origin_address: Some("203.0.113.99".parse().unwrap()), ..two };
    let assigned = SessionRecord { assigned_ipv4: whole(4).assigned_ipv4, ..three };
    for (record, end) in [(&floated, 20), (&assigned, 30), (&one, 10)] {
        let record = SessionRecord { end: seen(end), ..record.clone() };
        store.end_session(&run(0), &record, &policy()).unwrap();
    }
    let found = store.look_up(&ids(&[1, 2, 3])).unwrap();
    for (number, end) in [(1, 10), (2, 20), (3, 30)] {
        assert_eq!(found[&id(number)].record.end, seen(end), "{number}");
    }
    assert_eq!(found[&id(2)].record.origin_address, one.origin_address);
    assert_eq!(found[&id(3)].record.assigned_ipv4, assigned.assigned_ipv4);
    assert_eq!(fixture.count(), 3);
}

fn of_many_registrations_at_once_one_wins(fixture: &StoreFixture) {
    let mut store = fixture.store();
    for number in 1..=8 {
        store.begin_session(&run(0), &whole(number), &policy(), SERIES).unwrap();
    }
    let race = |pairs: [(u8, u8); 8]| -> usize {
        let threads = pairs.map(|(session, number)| {
            let mut store = fixture.store();
            thread::spawn(move || bind(&mut store, address(&whole(session)), &id(number)).unwrap())
        });
        let won = threads.map(|thread| thread.join().unwrap());
        won.iter().filter(|bound| **bound == BindOutcome::Bound).count()
    };
    // One session, eight IDs; then one ID, seven sessions that have none.
    assert_eq!(race([1, 2, 3, 4, 5, 6, 7, 8].map(|number| (1, number))), 1);
    assert_eq!(race([2, 3, 4, 5, 6, 7, 8, 8].map(|session| (session, 9))), 1);
}

fn what_is_due_is_erased_and_answers_as_if_it_had_never_been(fixture: &StoreFixture) {
    let mut store = fixture.store();
    for (number, days) in [(1, 0), (2, 1), (3, 2)] {
        let record = whole(number);
        store.begin_session(&run(0), &record, &policy(), SERIES).unwrap();
        bind(&mut store, address(&record), &id(number)).unwrap();
        let ended = SessionRecord { end: seen(86_400 * days), ..record };
        store.end_session(&run(0), &ended, &policy()).unwrap();
    }
    store.begin_session(&run(0), &whole(4), &policy(), SERIES).unwrap();
    bind(&mut store, address(&whole(4)), &id(4)).unwrap();
    let day = |text: &str| Day::new(text.parse().unwrap()).unwrap();
    assert_eq!(store.erase(day("2027-11-23")).unwrap().sessions, 0);
    assert_eq!(store.erase(day("2027-11-25")).unwrap().sessions, 2);
    let found = store.look_up(&ids(&[1, 2, 3, 4])).unwrap();
    let mut left: Vec<SessionId> = found.into_keys().collect();
    left.sort();
    assert_eq!(left, [id(3), id(4)]);
    // However long it lasts.
    assert_eq!(store.erase(day("2099-01-01")).unwrap().sessions, 1);
    assert_eq!(store.look_up(&ids(&[4])).unwrap().len(), 1);
}

fn a_changed_retention_period_is_recomputed_and_an_unchanged_one_is_not(fixture: &StoreFixture) {
    let mut store = fixture.store();
    store.end_session(&run(0), &SessionRecord { end: seen(60), ..whole(1) }, &policy()).unwrap();
    store.begin_session(&run(0), &whole(2), &policy(), SERIES).unwrap();
    assert_eq!(store.recompute_erase_by(&policy()).unwrap(), 2);
    assert_eq!(store.recompute_erase_by(&policy()).unwrap(), 0);
    let due = |store: &mut Store| store.stats().unwrap().next_erasure.unwrap().to_string();
    assert_eq!(due(&mut store), "2027-11-24");
    let shorter = RetentionPolicy::from_start(Period::Days(31), Zone::UTC);
    assert_eq!(store.recompute_erase_by(&shorter).unwrap(), 2);
    assert_eq!(due(&mut store), "2026-12-25");
}

fn sessions_of_a_gateway_that_fell_silent_are_ended_and_others_are_not(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let other = ServerRun { server: "gw2/udp".parse().unwrap(), ..run(0) };
    let day = 86_400;
    store.begin_session(&run(0), &whole(1), &policy(), SERIES).unwrap();
    bind(&mut store, address(&whole(1)), &id(1)).unwrap();
    let late = SessionRecord { began: at(5 * day), ..whole(2) };
    store.begin_session(&other, &late, &policy(), SERIES).unwrap();
    let now = |days| at(days * day).to_timestamp();
    assert_eq!(store.end_lost_sessions(7, &policy(), now(7)).unwrap(), 0);
    // Clients that stay for weeks are no silence where the server's interface is up.
    let third = ServerRun { server: "gw3/tun0".parse().unwrap(), ..run(0) };
    store.begin_session(&third, &whole(3), &policy(), SERIES).unwrap();
    store.mark_alive("gw3", |device| device == "tun0", now(7)).unwrap();
    store.mark_alive("gw", |_| true, now(7)).unwrap();
    assert_eq!(store.end_lost_sessions(7, &policy(), now(8)).unwrap(), 1);
    let end = store.look_up(&ids(&[1])).unwrap()[&id(1)].record.end;
    let when = EndTime::Between(at(0), at(8 * day));
    assert_eq!(end, Some(SessionEnd { when, reason: TerminateCause::GatewayLost }));
    assert_eq!(store.stats().unwrap().open, 2);
}

fn stats_count_sessions_and_name_nobody(fixture: &StoreFixture) {
    let mut store = fixture.store();
    let stats = store.stats().unwrap();
    assert_eq!((stats.sessions, stats.open, stats.registered), (0, 0, 0));
    assert_eq!((stats.oldest, stats.next_erasure), (None, None));
    store.begin_session(&run(0), &whole(1), &policy(), SERIES).unwrap();
    bind(&mut store, address(&whole(1)), &id(1)).unwrap();
    store.begin_session(&run(0), &whole(2), &policy(), SERIES).unwrap();
    store.end_session(&run(0), &SessionRecord { end: seen(60), ..whole(2) }, &policy()).unwrap();
    let stats = store.stats().unwrap();
    assert_eq!((stats.sessions, stats.open, stats.registered), (2, 1, 1));
    assert_eq!(stats.oldest, Some(at(0)));
    assert_eq!(stats.next_erasure, Day::new("2027-11-24".parse().unwrap()));
}

fn a_missing_store_is_not_opened_and_creating_one_twice_keeps_it(fixture: &StoreFixture) {
    assert!(matches!(Store::open(&fixture.location), Err(StoreError::Missing(_))));
    let mut store = fixture.store();
    store.begin_session(&run(0), &whole(1), &policy(), SERIES).unwrap();
    fixture.store();
    assert!(Store::open(&fixture.location).is_ok());
    assert_eq!(fixture.count(), 1);
}

fn a_store_of_a_later_schema_version_is_refused(fixture: &StoreFixture) {
    fixture.store();
    fixture.run("INSERT INTO form (number) VALUES (99)");
    let error = Store::open(&fixture.location).err().unwrap();
    assert!(error.to_string().contains("form 99"), "{error}");
}

#[test]
fn a_broken_connection_is_reopened() {
    let fixture = StoreFixture::postgres();
    let mut store = fixture.store();
    store.begin_session(&run(0), &whole(1), &policy(), SERIES).unwrap();
    fixture.run(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let error = store.begin_session(&run(0), &whole(2), &policy(), SERIES).unwrap_err();
    assert!(error.is_transient(), "{error}");
    store.begin_session(&run(0), &whole(2), &policy(), SERIES).unwrap();
    assert_eq!(fixture.count(), 2);
}

/// Somewhere for a store of a test's own.
struct StoreFixture {
    location: Location,
    directory: Option<TempDir>,
}

impl StoreFixture {
    fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(directory.path().join("record.db"));
        Self { location, directory: Some(directory) }
    }

    fn postgres() -> Self {
        Self { location: Location::Postgres(Cluster::shared().database()), directory: None }
    }

    fn store(&self) -> Store {
        Store::create(&self.location).unwrap()
    }

    /// How many sessions it has.
    fn count(&self) -> i64 {
        self.run("SELECT count(*) FROM session").parse().unwrap()
    }

    fn run(&self, statement: &str) -> String {
        match &self.location {
            Location::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                let mut statement = connection.prepare(statement).unwrap();
                let mut rows = statement.query([]).unwrap();
                let row = rows.next().unwrap();
                row.map_or_else(String::new, |row| row.get::<_, i64>(0).unwrap().to_string())
            }
            Location::Postgres(url) => {
                let name = url.trim_start_matches("postgres:///").split('?').next().unwrap();
                Cluster::shared().psql(name, statement)
            }
        }
    }
}

impl Drop for StoreFixture {
    fn drop(&mut self) {
        drop(self.directory.take());
    }
}

/// A record of everything, in which session `number` differs from others in all that identifies.
fn whole(number: u8) -> SessionRecord {
    SessionRecord {
        origin_address: Some(format!("203.0.113.{number}").parse().unwrap()),
        origin_port: Some(40_000 + u16::from(number)),
        assigned_ipv4: Some(format!("10.99.0.1{number}").parse().unwrap()),
        assigned_ipv6: Some(format!("2001:db8:99::{number}").parse().unwrap()),
        delegated_prefix: Some(format!("2001:db8:{number}::/56").parse().unwrap()),
        assigned_at: Some(at(0)),
        gateway: Some(temoin_core::session::Gateway {
            address: "198.51.100.1".parse().unwrap(),
            port: Some(1194),
        }),
        transport: Some(temoin_core::session::Transport::Udp),
        member_identity: Some(format!("box-000{number}")),
        client_version: Some("2.6.14".to_owned()),
        client_platform: Some("linux".to_owned()),
        ..SessionRecord::beginning(at(0))
    }
}

fn address(record: &SessionRecord) -> IpAddr {
    record.assigned_ipv4.unwrap().into()
}

/// The series of hooks that the tests' gateway has.
const SERIES: Option<Series> = Some(Series::from_number(1));

/// A box's request through that gateway.
fn registration(source: IpAddr, id: &SessionId) -> Registration<'_> {
    Registration {
        id,
        source,
        gateway: "gw1",
        device: None,
        is_lossy: false,
        series: Series::from_number(1),
        at: at(1_000_000),
        deadline: Instant::now() + Duration::from_secs(60),
    }
}

fn bind(store: &mut Store, source: IpAddr, id: &SessionId) -> Result<BindOutcome, StoreError> {
    store.bind(&registration(source, id))
}

/// So many seconds after 2026-11-23T06:35:41Z.
fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::from_number(1_795_415_741).unwrap().plus(seconds)
}

fn seen(seconds: u64) -> Option<SessionEnd> {
    Some(SessionEnd { when: EndTime::At(at(seconds)), reason: TerminateCause::Disconnected })
}

/// The run of the tests' server that began so many seconds after.
fn run(seconds: u64) -> ServerRun {
    ServerRun { server: "gw1/udp".parse().unwrap(), began: at(seconds) }
}

fn policy() -> RetentionPolicy {
    RetentionPolicy::from_end(Period::Months(12), Zone::UTC)
}

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 32])
}

/// A request's worth of IDs, of which those with these numbers may be known.
fn ids(numbers: &[u8]) -> [SessionId; StatusRequest::IDS] {
    let mut ids = [id(0); StatusRequest::IDS];
    for (place, id) in ids.iter_mut().enumerate() {
        *id = SessionId::from_bytes([u8::try_from(place).unwrap() + 100; 32]);
    }
    for (place, number) in ids.iter_mut().zip(numbers) {
        *place = id(*number);
    }
    ids
}
