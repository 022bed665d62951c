//! Measures the operator's end: status answers and registrations a second, beside the bare point
//! look-ups a second of the same database in the same run. `bench-operator [STORE] COUNT…`, in
//! sessions; the store is `sqlite`, `postgresql` or both.
//!
//! An answer looks 64 IDs up, half of which are held. `share` is how many IDs a second answers look up,
//! as a part of the bare look-ups a second, each of one ID that is held: the larger the better, and
//! above one where 64 at a time cost less than 64 times one. Both are measured by turns, so that a busy
//! machine slows both.
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
use temoin_core::session::SessionId;
use temoin_operator::{BindOutcome, Location, Registration, Series, Store, answer_status};
use temoin_protocol::{
    Digests, RegisterRequest, Salt, SigningKey, StatusAnswer, StatusRequest, UnixSeconds,
};

use postgres::Cluster;

/// How long each figure is measured, in all and at a time.
const MEASURED: Duration = Duration::from_secs(6);
const TURN: Duration = Duration::from_millis(100);

/// How many requests are answered by turns: so many that what they ask for does not stay in a cache by
/// itself.
const REQUESTS: usize = 20_000;

/// How many sessions last, of each record.
const OPEN: u32 = 2_000;

fn main() {
    let (stores, counts): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.parse::<u32>().is_err());
    let counts: Vec<u32> = counts.iter().map(|text| text.parse().expect("a count")).collect();
    println!(
        "{:<11}{:>10}{:>13}{:>12}{:>8}{:>12}{:>15}",
        "store", "sessions", "look-ups/s", "answers/s", "share", "signed/s", "registered/s"
    );
    for (name, measured) in
        [("sqlite", sqlite as fn(u32) -> BenchFigures), ("postgresql", postgresql as _)]
    {
        if stores.is_empty() || stores.iter().any(|store| store == name) {
            let mut first: Option<BenchFigures> = None;
            for count in &counts {
                let figures = measured(*count);
                figures.print(name, *count);
                match &first {
                    None => first = Some(figures),
                    Some(first) => figures.print_beside(first),
                }
            }
        }
    }
    wire();
}

fn sqlite(count: u32) -> BenchFigures {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("record.db");
    let location = Location::Sqlite(path.clone());
    Store::create(&location).expect("a store");
    let mut connection = rusqlite::Connection::open(&path).expect("a store");
    fill_sqlite(&mut connection, count);
    let mut bare = connection
        .prepare("SELECT began FROM session WHERE id = ?")
        .expect("a statement of the store's schema");
    measure(count, &location, |id| {
        let began = bare.query_row([id.as_bytes()], |row| row.get::<_, i64>(0));
        assert!(began.is_ok());
    })
}

fn postgresql(count: u32) -> BenchFigures {
    let cluster =
        Cluster::start("fsync = on\nautovacuum = off\nshared_buffers = 512MB\nmax_wal_size = 4GB");
    let url = cluster.database();
    let location = Location::Postgres(url.clone());
    Store::create(&location).expect("a store");
    let mut client = ::postgres::Client::connect(&url, ::postgres::NoTls).expect("a server");
    client.batch_execute(&fill_postgres(count)).expect("disk space");
    // Else the server does that during the measurement.
    client.batch_execute("VACUUM ANALYZE session").expect("the right to");
    client.batch_execute("CHECKPOINT").expect("the right to");
    let bare = client.prepare("SELECT began FROM session WHERE id = $1").expect("a statement");
    measure(count, &location, |id| {
        assert!(client.query_one(&bare, &[&id.as_bytes().as_slice()]).is_ok());
    })
}

/// How often a second each thing was done.
struct BenchFigures {
    look_ups: f64,
    answers: f64,
    signed: f64,
    registered: f64,
}

impl BenchFigures {
    fn print(&self, name: &str, count: u32) {
        let Self { look_ups, answers, signed, registered } = self;
        let share = answers * 64.0 / look_ups;
        println!(
            "{name:<11}{count:>10}{look_ups:>13.0}{answers:>12.0}{share:>8.1}{signed:>12.0}\
             {registered:>15.0}"
        );
    }

    /// What is left of each figure of the smallest record. Growth is flat as far as answers keep as much
    /// as the bare look-ups do.
    fn print_beside(&self, first: &Self) {
        let left = |own: fn(&Self) -> f64| 100.0 * own(self) / own(first);
        println!(
            "{:<11}{:>10}{:>12.0}%{:>11.0}%{:>8}{:>11.0}%{:>14.0}%",
            "",
            "of first",
            left(|it| it.look_ups),
            left(|it| it.answers),
            "",
            left(|it| it.signed),
            left(|it| it.registered)
        );
    }
}

/// The figures of a store that holds `count` sessions besides those that last.
fn measure(count: u32, location: &Location, mut bare: impl FnMut(&SessionId)) -> BenchFigures {
    let mut store = Store::open(location).expect("a store");
    let mut draw = draw(count);
    let requests: Vec<Vec<u8>> =
        std::iter::repeat_with(|| request(&mut draw)).take(REQUESTS).collect();
    let mut requests = requests.iter().cycle();
    let salt = |place: usize| {
        let mut bytes = [7; 32];
        bytes[0] = u8::try_from(place).expect("64 places");
        Salt::from_random(bytes).expect("not all zero")
    };
    let salts: [Salt; StatusRequest::IDS] = std::array::from_fn(salt);
    let key = SigningKey::from_seed(&[7; 32]);
    let at = UnixSeconds::from_number(1_795_500_000).expect("a second");
    let known: Vec<SessionId> = (0..10 * REQUESTS).map(|_| id(draw())).collect();
    let mut known = known.iter().cycle();
    let (mut look_ups, mut answers, mut signed) = (Rate::new(), Rate::new(), Rate::new());
    let mut found = 0;
    while look_ups.spent < MEASURED {
        look_ups.turn(|| bare(next(&mut known)));
        answers.turn(|| {
            let request = StatusRequest::from_bytes(next(&mut requests)).expect("ascending");
            let entries = store.look_up(request.ids()).expect("an answer");
            found = entries.len();
            for (id, entry) in &entries {
                assert!(entry.held().is_some());
                std::hint::black_box(Digests::new(id, salts[0], &entry.record.values()));
            }
        });
        signed.turn(|| {
            let request = StatusRequest::from_bytes(next(&mut requests)).expect("ascending");
            let entries = store.look_up(request.ids()).expect("an answer");
            let answer = answer_status(&request, at, &key, None, &salts, |id| entries.get(id));
            assert_eq!(answer.to_bytes().len(), StatusAnswer::SIZE);
        });
    }
    assert!(found >= 30, "half of the IDs are known, and {found} were found");

    let began = Instant::now();
    for open in 0..OPEN {
        let source = address(open).into();
        let mut bytes = *id(open).as_bytes();
        bytes[0] ^= 0xff;
        let asked = Registration {
            id: &SessionId::from_bytes(bytes),
            source,
            gateway: "gw1",
            device: None,
            is_lossy: false,
            series: Series::from_number(1),
            at,
            deadline: Instant::now() + MEASURED,
        };
        let bound = store.bind(&asked).expect("an answer");
        assert_eq!(bound, BindOutcome::Bound);
    }
    let registered = f64::from(OPEN) / began.elapsed().as_secs_f64();
    BenchFigures {
        look_ups: look_ups.get(),
        answers: answers.get(),
        signed: signed.get(),
        registered,
    }
}

/// Numbers of sessions, one after the other as if at random.
fn draw(count: u32) -> impl FnMut() -> u32 {
    let mut number = 0_u32;
    move || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The upper bits: the lower ones of such a sequence soon come again.
        u32::try_from((u64::from(number) * u64::from(count)) >> 32).expect("less than the count")
    }
}

fn next<'a, T>(items: &mut impl Iterator<Item = &'a T>) -> &'a T {
    items.next().expect("they come again and again")
}

/// How often a second something can be done.
struct Rate {
    done: u32,
    spent: Duration,
}

impl Rate {
    fn new() -> Self {
        Self { done: 0, spent: Duration::ZERO }
    }

    fn turn(&mut self, mut action: impl FnMut()) {
        let began = Instant::now();
        while began.elapsed() < TURN {
            action();
            self.done += 1;
        }
        self.spent += began.elapsed();
    }

    fn get(&self) -> f64 {
        f64::from(self.done) / self.spent.as_secs_f64()
    }
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
    "id, server, series, run, origin_address, origin_port, assigned_ipv4, assigned_at, began,
    ended, end_reason, gateway_address, gateway_port, transport, erase_by";

fn fill_sqlite(connection: &mut rusqlite::Connection, count: u32) {
    let transaction = connection.transaction().expect("a transaction");
    let insert = format!(
        "INSERT INTO session ({COLUMNS}) VALUES (?1, 'gw1/tun0', 1, 1700000000,
            '203.0.113.' || (?2 % 256), 1024 + ?2 % 60000, ?3, 1700000000 + ?2, 1700000000 + ?2,
            CASE WHEN ?1 IS NULL THEN NULL ELSE 1700003600 + ?2 END, 'disconnected',
            '198.51.100.1', 1194, 'udp', 20271124)"
    );
    let mut statement = transaction.prepare(&insert).expect("a statement of the schema");
    for number in 0..count {
        let id = id(number);
        let row = (Some(id.as_bytes()), number, "10.98.0.1");
        statement.execute(row).expect("disk space");
    }
    for open in 0..OPEN {
        let row = (None::<&[u8; 32]>, open, address(open).to_string());
        statement.execute(row).expect("disk space");
    }
    drop(statement);
    transaction.commit().expect("disk space");
}

fn fill_postgres(count: u32) -> String {
    format!(
        "INSERT INTO session ({COLUMNS}) SELECT sha256(n::text::bytea), 'gw1/tun0', 1, 1700000000,
            '203.0.113.' || (n % 256), 1024 + n % 60000, '10.98.0.1', 1700000000 + n,
            1700000000 + n, 1700003600 + n, 'disconnected', '198.51.100.1', 1194, 'udp', 20271124
        FROM generate_series(0, {count} - 1) n;
        INSERT INTO session ({COLUMNS}) SELECT NULL, 'gw1/tun0', 1, 1700000000,
            '203.0.113.' || (n % 256), 1024 + n % 60000, host('10.99.0.0'::inet + n), 1700000000 + n,
            1700000000 + n, NULL, NULL, '198.51.100.1', 1194, 'udp', NULL
        FROM generate_series(0, {OPEN} - 1) n;
"
    )
}
