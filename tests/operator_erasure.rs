//! After an erasure nothing at the operator reveals an erased session's values: every address of a
//! small space is searched for in every file of the database, in each encoding that it may have.
//!
//! The space is the 512 addresses of two networks instead of the 2³² of all IPv4. That is fair since
//! what is looked for is not guessed from a remainder but read: an address is found in a file or it is
//! not, and each of the 512 is looked for alone. Before the erasure, exactly those that are recorded
//! must be found, so what would be left would be found too.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use temoin_core::law::Period;
use temoin_core::session::{SessionId, SessionSecret, Zone};
use temoin_operator::store::ScrubOutcome;
use temoin_operator::{
    BindOutcome, EndTime, Location, Registration, RetentionPolicy, Series, ServerRun, SessionEnd,
    SessionRecord, Store, TerminateCause,
};
use temoin_protocol::{Day, StatusRequest, UnixSeconds};

use support::Cluster;

#[test]
fn nothing_of_an_erased_session_is_in_any_file_of_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(directory.path().join("record.db"));
    let mut store = fill(&location);
    expect(directory.path(), |_| true);
    assert_eq!(erase(&mut store), ScrubOutcome::Gone);
    expect(directory.path(), is_kept);
    gone(&mut store, directory.path());
}

#[test]
fn while_somebody_reads_the_log_of_sqlite_keeps_what_was_erased_and_the_next_erasure_empties_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.db");
    let mut store = fill(&Location::Sqlite(path.clone()));
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM session").unwrap();
    reader.query_row("SELECT count(*) FROM session", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(erase(&mut store), ScrubOutcome::LogRemains);
    drop(reader);
    assert_eq!(store.erase(today()).unwrap().scrubbed, ScrubOutcome::Gone);
    expect(directory.path(), is_kept);
}

#[test]
fn nothing_of_an_erased_session_is_in_any_file_of_postgresql_whose_log_is_removed() {
    let cluster = Cluster::start("wal_recycle = off");
    let mut store = fill(&Location::Postgres(cluster.database()));
    // A checkpoint brings to disk what is in memory.
    cluster.psql("postgres", "CHECKPOINT");
    expect(&cluster.files(), |_| true);
    // Also what the planner of queries remembers.
    drop(store);
    let name = cluster.psql("postgres", "SELECT datname FROM pg_database WHERE datname ~ 'temoin'");
    cluster.psql(&name, "VACUUM ANALYZE");
    store = Store::open(&Location::Postgres(format!(
        "postgres:///{name}?host={}&user=postgres",
        cluster.directory().display()
    )))
    .unwrap();
    assert_eq!(erase(&mut store), ScrubOutcome::Gone);
    expect(&cluster.files(), is_kept);
    gone(&mut store, &cluster.files());
}

#[test]
fn postgresql_as_it_is_installed_keeps_erased_sessions_in_its_log_and_that_is_said() {
    let cluster = Cluster::start("");
    let mut store = fill(&Location::Postgres(cluster.database()));
    assert_eq!(erase(&mut store), ScrubOutcome::LogRemains);
    expect(&cluster.files().join("base"), is_kept);
    assert!(found(&cluster.files().join("pg_wal")).len() > addresses(is_kept).len());
}

#[test]
fn what_keeps_the_log_of_postgresql_is_said_before_anything_is_claimed() {
    let cluster = Cluster::start("wal_recycle = off");
    let mut store = Store::create(&Location::Postgres(cluster.database())).unwrap();
    let due = |store: &mut Store| {
        let ended = SessionRecord {
            end: Some(SessionEnd { when: EndTime::At(at(9)), reason: TerminateCause::Other }),
            ..SessionRecord::beginning(at(0))
        };
        let run = ServerRun { server: "gw1/tun0".parse().unwrap(), began: at(0) };
        let policy = RetentionPolicy::from_end(Period::Days(30), Zone::UTC);
        store.end_session(&run, &ended, &policy).unwrap();
        store.erase(today()).unwrap().scrubbed
    };
    assert_eq!(due(&mut store), ScrubOutcome::Gone);
    for (keep, release) in [
        (
            "SELECT pg_create_physical_replication_slot('replica', true)",
            "SELECT pg_drop_replication_slot('replica')",
        ),
        ("ALTER SYSTEM SET wal_keep_size = '64MB'", "ALTER SYSTEM RESET wal_keep_size"),
    ] {
        for (statement, expected) in
            [(keep, ScrubOutcome::LogRemains), (release, ScrubOutcome::Gone)]
        {
            cluster.psql("postgres", statement);
            cluster.psql("postgres", "SELECT pg_reload_conf()");
            // Each server process reads the configuration when it is asked for something.
            support::await_value(statement, || (due(&mut store) == expected).then_some(()));
        }
    }
}

#[test]
fn nothing_is_lost_of_what_others_write_while_postgresql_is_rewritten() {
    let cluster = Cluster::start("wal_recycle = off");
    let location = Location::Postgres(cluster.database());
    let mut store = Store::create(&location).unwrap();
    let name = cluster.psql("postgres", "SELECT datname FROM pg_database WHERE datname ~ 'temoin'");
    cluster.psql("postgres", "CREATE ROLE reader");
    cluster.psql(&name, "GRANT SELECT ON session TO reader");
    let fill = "INSERT INTO session (server, began, ended, erase_by, assigned_ipv4)
        SELECT 'gw9/tun0', n, n, CASE WHEN n % 2 = 0 THEN 20260101 ELSE 20991231 END, 'old' || n
        FROM generate_series(1, 12000) n";
    let is_over = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut store = Store::open(&location).unwrap();
            let policy = RetentionPolicy::from_end(Period::Days(30), Zone::UTC);
            let run = ServerRun { server: "gw1/tun0".parse().unwrap(), began: at(0) };
            let mut written = 0;
            while !is_over.load(Ordering::SeqCst) && written < 60_000 {
                let record = SessionRecord {
                    assigned_ipv4: Some(Ipv4Addr::from_bits(0x0a00_0000 + written)),
                    origin_port: Some(1),
                    ..SessionRecord::beginning(at(u64::from(written)))
                };
                store.begin_session(&run, &record, &policy, None).unwrap();
                if written % 2 == 0 {
                    let when = EndTime::At(at(100_000_000));
                    let reason = TerminateCause::Disconnected;
                    let end = Some(SessionEnd { when, reason });
                    store.end_session(&run, &SessionRecord { end, ..record }, &policy).unwrap();
                }
                written += 1;
            }
            written
        });
        for _ in 0..2 {
            cluster.psql(&name, fill);
            let erased = store.erase(today()).unwrap();
            assert_eq!((erased.sessions, erased.scrubbed), (6_000, ScrubOutcome::Gone));
        }
        is_over.store(true, Ordering::SeqCst);
        writer.join().unwrap()
    });
    assert!(written > 20, "{written}");
    let stats = store.stats().unwrap();
    assert_eq!(stats.sessions, u64::from(written) + 12_000);
    assert_eq!(stats.open, u64::from(written / 2));
    let count = "SELECT count(DISTINCT number) FROM session";
    assert_eq!(cluster.psql(&name, count), stats.sessions.to_string());
    let right = "SELECT has_table_privilege('reader', 'session', 'SELECT')";
    assert_eq!(cluster.psql(&name, right), "t");
}

/// A record of one session an address of the space that is recorded at all.
fn fill(location: &Location) -> Store {
    let mut store = Store::create(location).unwrap();
    let policy = RetentionPolicy::from_end(Period::Days(30), Zone::UTC);
    let run = ServerRun { server: "gw1/tun0".parse().unwrap(), began: at(0) };
    let series = Series::from_number(1);
    for (number, origin) in space().enumerate().filter(|(number, _)| is_recorded(*number)) {
        let days = if is_kept(number) { 40 } else { 5 };
        let [.., low] = origin.octets();
        let third = u8::from(number >= 256);
        let began = at(days * 86_400 + u64::try_from(number).unwrap());
        let record = SessionRecord {
            origin_address: Some(origin.into()),
            origin_port: Some(1024 + u16::try_from(number).unwrap()),
            assigned_ipv4: Some(Ipv4Addr::new(10, 99, third, low)),
            member_identity: Some(format!("member-{number:03}-of-the-association")),
            ..SessionRecord::beginning(began)
        };
        store.begin_session(&run, &record, &policy, Some(series)).unwrap();
        let source = record.assigned_ipv4.unwrap().into();
        let asked = Registration {
            id: &id(number),
            source,
            gateway: "gw1",
            device: None,
            is_lossy: false,
            series,
            at: began,
            deadline: Instant::now() + Duration::from_secs(60),
        };
        assert_eq!(store.bind(&asked).unwrap(), BindOutcome::Bound);
        let end = SessionEnd {
            when: EndTime::At(began.plus(3600)),
            reason: TerminateCause::Disconnected,
        };
        store.end_session(&run, &SessionRecord { end: Some(end), ..record }, &policy).unwrap();
    }
    store
}

/// Erases the half whose period is over.
fn erase(store: &mut Store) -> ScrubOutcome {
    let due = (0..512).filter(|number| is_recorded(*number) && !is_kept(*number)).count();
    let erased = store.erase(today()).unwrap();
    assert_eq!(erased.sessions, u64::try_from(due).unwrap());
    erased.scrubbed
}

fn today() -> Day {
    Day::new("2026-02-10".parse().unwrap()).unwrap()
}

/// Asserts that exactly these addresses are in the files.
fn expect(files: &Path, which: impl Fn(usize) -> bool) {
    let (found, expected) = (found(files), addresses(which));
    let too_many: Vec<_> = found.difference(&expected).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    assert!(too_many.is_empty() && missing.is_empty(), "+ {too_many:?}\n- {missing:?}");
}

/// Asserts that neither an ID nor a name of an erased session is left, and that queries find nothing.
fn gone(store: &mut Store, files: &Path) {
    let texts = read_all(files);
    let numbers = (0..512).filter(|number| is_recorded(*number));
    let ids: BTreeMap<[u8; 32], usize> =
        numbers.clone().map(|number| (*id(number).as_bytes(), number)).collect();
    let mut first_bytes = [false; 256];
    ids.keys().for_each(|id| first_bytes[usize::from(id[0])] = true);
    first_bytes[usize::from(b'm')] = true;
    let (mut named, mut identified) = (BTreeSet::new(), BTreeSet::new());
    for text in &texts {
        for (place, _) in text.iter().enumerate().filter(|(_, it)| first_bytes[usize::from(**it)]) {
            let rest = &text[place..];
            identified.extend(rest.first_chunk().and_then(|id: &[u8; 32]| ids.get(id)));
            let name = rest.strip_prefix(b"member-").and_then(|rest| rest.first_chunk::<3>());
            let digits = name.and_then(|digits| std::str::from_utf8(digits).ok());
            named.extend(digits.and_then(|digits| digits.parse::<usize>().ok()));
        }
    }
    let kept: BTreeSet<usize> = numbers.clone().filter(|number| is_kept(*number)).collect();
    assert_eq!((&named, &identified), (&kept, &kept));

    for number in numbers {
        let mut ids = [SessionId::from_bytes([0; 32]); StatusRequest::IDS];
        ids[0] = id(number);
        let answers = store.look_up(&ids).unwrap().len();
        assert_eq!(answers, usize::from(is_kept(number)), "{number}");
    }
}

/// The addresses of the space that are in any file below a directory: as text, which is how both
/// databases have them, and with SQLite also as four bytes. In the many files of PostgreSQL that would
/// find addresses where there are none: any three bytes come once in sixteen million by chance.
fn found(files: &Path) -> BTreeSet<Ipv4Addr> {
    let mut found = BTreeSet::new();
    let texts = read_all(files);
    let is_small = texts.iter().map(Vec::len).sum::<usize>() < 1_000_000;
    for text in texts {
        for (place, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'.') {
            let (before, behind) = (&text[..place], &text[place + 1..]);
            for network in [[203, 0, 113], [198, 51, 100]] {
                let prefix = network.map(|number| number.to_string()).join(".");
                if before.ends_with(prefix.as_bytes()) {
                    let digits = behind.iter().take(3).take_while(|byte| byte.is_ascii_digit());
                    let digits: String = digits.map(|byte| char::from(*byte)).collect();
                    found.extend(format!("{prefix}.{digits}").parse::<Ipv4Addr>().ok());
                }
            }
        }
        if is_small {
            for window in text.windows(4) {
                if let [203, 0, 113, low] | [low, 113, 0, 203] = *window {
                    found.insert(Ipv4Addr::new(203, 0, 113, low));
                }
                if let [198, 51, 100, low] | [low, 100, 51, 198] = *window {
                    found.insert(Ipv4Addr::new(198, 51, 100, low));
                }
            }
        }
    }
    found
}

fn read_all(directory: &Path) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    let mut directories: Vec<PathBuf> = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // The databases that every PostgreSQL has are not ours.
                if !["base/1", "base/4", "base/5"].iter().any(|theirs| path.ends_with(theirs)) {
                    directories.push(path);
                }
            } else {
                // A server may remove a file while it is being looked for.
                texts.extend(fs::read(path).ok());
            }
        }
    }
    assert!(!texts.is_empty());
    texts
}

fn space() -> impl Iterator<Item = Ipv4Addr> {
    let low = 0..=255;
    let one = low.clone().map(|low| Ipv4Addr::new(203, 0, 113, low));
    one.chain(low.map(|low| Ipv4Addr::new(198, 51, 100, low)))
}

fn addresses(which: impl Fn(usize) -> bool) -> BTreeSet<Ipv4Addr> {
    let recorded = space().enumerate().filter(|(number, _)| is_recorded(*number));
    recorded.filter(|(number, _)| which(*number)).map(|(_, address)| address).collect()
}

fn is_recorded(number: usize) -> bool {
    number % 3 != 0
}

fn is_kept(number: usize) -> bool {
    number % 2 == 0
}

fn id(number: usize) -> SessionId {
    let mut secret = [0; 32];
    secret[..2].copy_from_slice(&u16::try_from(number).unwrap().to_be_bytes());
    SessionSecret::from_bytes(secret).id()
}

/// So many seconds after 2026-01-01T00:00:00Z.
fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::from_number(1_767_225_600).unwrap().plus(seconds)
}
