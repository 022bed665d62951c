//! Measures the operator's end: status answers and registrations a second, beside the bare point
//! look-ups a second of the same database in the same run. `bench-operator COUNT…`, in sessions.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a tool for measurements"
)]

#[path = "../support/postgres.rs"]
mod postgres;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use temoin::domain::SessionId;
use temoin::operator::{Bound, Location, Store, state};
use temoin::protocol::{
    Digests, RegisterRequest, Salt, Second, SigningKey, StatusAnswer, StatusRequest,
};

use postgres::Cluster;

/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(3);

/// How many sessions last, of each record.
const OPEN: u32 = 2_000;

fn main() {
    let counts: Vec<u32> =
        std::env::args().skip(1).map(|text| text.parse().expect("a count")).collect();
    println!(
        "{:<11}{:>11}{:>15}{:>15}{:>8}{:>15}{:>15}",
        "store", "sessions", "look-ups/s", "answers/s", "share", "signed/s", "registered/s"
    );
    for count in counts {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("record.db");
        let location = Location::Sqlite(path.clone());
        Store::create(&location).expect("a store");
        let mut connection = rusqlite::Connection::open(&path).expect("a store");
        fill_sqlite(&mut connection, count);
        let mut bare = connection
            .prepare("SELECT began FROM session WHERE id = ?")
            .expect("a statement of the store's schema");
        measure("sqlite", count, &location, |id| {
            let began = bare.query_row([id.as_bytes()], |row| row.get::<_, i64>(0));
            assert!(began.is_ok());
        });
        drop(bare);

        let cluster = Cluster::start("fsync = on\nshared_buffers = 512MB\nmax_wal_size = 4GB");
        let url = cluster.database();
        let location = Location::Postgres(url.clone());
        Store::create(&location).expect("a store");
        let mut client = ::postgres::Client::connect(&url, ::postgres::NoTls).expect("a server");
        client.batch_execute(&fill_postgres(count)).expect("room");
        client.batch_execute("VACUUM ANALYZE session").expect("the right to");
        let bare = client.prepare("SELECT began FROM session WHERE id = $1").expect("a statement");
        measure("postgresql", count, &location, |id| {
            assert!(client.query_one(&bare, &[&id.as_bytes().as_slice()]).is_ok());
        });
    }
    wire();
}

/// One line of figures.
fn measure(name: &str, count: u32, location: &Location, mut bare: impl FnMut(&SessionId)) {
    let mut store = Store::open(location).expect("a store");
    let mut number = 0_u32;
    let mut draw = || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        number % count
    };
    let look_ups = rate(|| bare(&id(draw())));

    let mut requests = std::iter::repeat_with(|| request(&mut draw)).take(200).cycle_owned();
    let salt = |place: usize| {
        let mut bytes = [7; 32];
        bytes[0] = u8::try_from(place).expect("64 places");
        Salt::from_random(bytes).expect("not all zero")
    };
    let salts: [Salt; StatusRequest::IDS] = std::array::from_fn(salt);
    let mut found = 0;
    let answers = rate(|| {
        let request = StatusRequest::from_bytes(&requests.next()).expect("ascending");
        let entries = store.look_up(request.ids()).expect("an answer");
        found = entries.len();
        for (id, entry) in &entries {
            assert!(entry.held().is_some());
            std::hint::black_box(Digests::new(id, salts[0], &entry.record.values()));
        }
    });
    assert!(found >= 30, "half of the IDs are known, and {found} were found");
    let key = SigningKey::from_seed(&[7; 32]);
    let at = Second::from_number(1_795_500_000).expect("a second");
    let signed = rate(|| {
        let request = StatusRequest::from_bytes(&requests.next()).expect("ascending");
        let entries = store.look_up(request.ids()).expect("an answer");
        let answer = state(&request, at, &key, None, &salts, |id| entries.get(id));
        assert_eq!(answer.to_bytes().len(), StatusAnswer::SIZE);
    });

    let began = Instant::now();
    for open in 0..OPEN {
        let source = address(open).into();
        let mut bytes = *id(open).as_bytes();
        bytes[0] ^= 0xff;
        let bound = store.bind(source, &SessionId::from_bytes(bytes)).expect("an answer");
        assert_eq!(bound, Bound::Bound);
    }
    let registered = f64::from(OPEN) / began.elapsed().as_secs_f64();
    let share = answers * 64.0 / look_ups;
    println!(
        "{name:<11}{count:>11}{look_ups:>15.0}{answers:>15.0}{share:>8.1}{signed:>15.0}{registered:>15.0}"
    );
}

/// How often a second something can be done.
fn rate(mut action: impl FnMut()) -> f64 {
    let began = Instant::now();
    let mut done = 0_u32;
    while began.elapsed() < MEASURED {
        action();
        done += 1;
    }
    f64::from(done) / began.elapsed().as_secs_f64()
}

/// The body of a request of which half the IDs are known.
fn request(draw: &mut impl FnMut() -> u32) -> Vec<u8> {
    let mut ids: Vec<SessionId> = (0..32).map(|_| id(draw())).collect();
    ids.extend((0..32).map(|_| id(u32::MAX - draw())));
    ids.sort();
    ids.dedup();
    for filler in 0.. {
        if ids.len() == StatusRequest::IDS {
            break;
        }
        ids.push(id(u32::MAX / 2 + filler));
        ids.sort();
        ids.dedup();
    }
    ids.iter().flat_map(|id| *id.as_bytes()).collect()
}

/// Things that come again and again.
struct Cycle<T> {
    items: Vec<T>,
    place: usize,
}

impl<T: Clone> Cycle<T> {
    fn next(&mut self) -> T {
        self.place = (self.place + 1) % self.items.len();
        self.items[self.place].clone()
    }
}

trait CycleOwned: Iterator + Sized {
    fn cycle_owned(self) -> Cycle<Self::Item> {
        Cycle { items: self.collect(), place: 0 }
    }
}

impl<I: Iterator> CycleOwned for I {}

/// What a box and the responder say to each other in a day, before TLS.
fn wire() {
    let host = "responder.example.org";
    let head = |path: &str, size: usize| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\n\
             Content-Length: {size}\r\nConnection: close\r\n\r\n"
        )
        .len()
            + size
    };
    println!(
        "on the wire before TLS: {} bytes a day up and {} down, and {} up for each session",
        head(StatusRequest::PATH, StatusRequest::SIZE),
        StatusAnswer::SIZE,
        head(RegisterRequest::PATH, RegisterRequest::SIZE),
    );
}

fn id(number: u32) -> SessionId {
    SessionId::from_bytes(Sha256::digest(number.to_string()).into())
}

fn address(open: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 99, 0, 0)) + open)
}

/// The columns of a session that has ended, which has all fields, and of one that lasts.
const COLUMNS: &str =
    "id, server, run, origin_address, origin_port, assigned_ipv4, assigned_at, began,
    ended, end_reason, gateway_address, gateway_port, transport, erase_by";

fn fill_sqlite(connection: &mut rusqlite::Connection, count: u32) {
    let transaction = connection.transaction().expect("a transaction");
    let insert = format!(
        "INSERT INTO session ({COLUMNS}) VALUES (?1, 'gw1/tun0', 1700000000,
            '203.0.113.' || (?2 % 256), 1024 + ?2 % 60000, ?3, 1700000000 + ?2, 1700000000 + ?2,
            CASE WHEN ?1 IS NULL THEN NULL ELSE 1700003600 + ?2 END, 'disconnected',
            '198.51.100.1', 1194, 'udp', 20271124)"
    );
    let mut statement = transaction.prepare(&insert).expect("a statement of the schema");
    for number in 0..count {
        let id = id(number);
        let row = (Some(id.as_bytes()), number, "10.98.0.1");
        statement.execute(row).expect("room");
    }
    for open in 0..OPEN {
        let row = (None::<&[u8; 32]>, open, address(open).to_string());
        statement.execute(row).expect("room");
    }
    drop(statement);
    transaction.commit().expect("room");
}

fn fill_postgres(count: u32) -> String {
    format!(
        "INSERT INTO session ({COLUMNS}) SELECT sha256(n::text::bytea), 'gw1/tun0', 1700000000,
            '203.0.113.' || (n % 256), 1024 + n % 60000, '10.98.0.1', 1700000000 + n,
            1700000000 + n, 1700003600 + n, 'disconnected', '198.51.100.1', 1194, 'udp', 20271124
        FROM generate_series(0, {count} - 1) n;
        INSERT INTO session ({COLUMNS}) SELECT NULL, 'gw1/tun0', 1700000000,
            '203.0.113.' || (n % 256), 1024 + n % 60000, host('10.99.0.0'::inet + n), 1700000000 + n,
            1700000000 + n, NULL, NULL, '198.51.100.1', 1194, 'udp', NULL
        FROM generate_series(0, {OPEN} - 1) n;
"
    )
}
