//! The operator's responder against hostile boxes and non-members: real requests over its real socket
//! and over TLS. Needs no root.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test reports by panicking")]

#[path = "support/boxes.rs"]
mod boxes;

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{self, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use chrono::{DateTime, Utc};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use temoin_core::law::Period;
use temoin_core::session::{SessionId, SessionSecret, Zone};
use temoin_http::{
    Address, BadRequest, BodyLimit, Handler, Head, Listener, Request, Response, Server,
};
use temoin_operator::{
    BindOutcome, EndTime, Endpoint, HookTrail, KeyFile, Location, Registration, Responder,
    RetentionPolicy, Series, ServerRun, SessionEnd, SessionRecord, Spool, Store, TerminateCause,
    listen,
};
use temoin_protocol::{Day, Receipt, RegisterRequest, SigningKey, StatusRequest, UnixSeconds};
use tempfile::TempDir;

use boxes::{HttpAnswer, now, post, random, receive, request};

/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

const SEED: [u8; 32] = [7; 32];

/// An operator with a store of its own.
struct TestOperator {
    folder: TempDir,
}

impl TestOperator {
    fn new() -> Self {
        let operator = Self { folder: tempfile::tempdir().unwrap() };
        Store::create(&operator.location()).unwrap();
        KeyFile::at(operator.path("signing.key")).create(SEED).unwrap();
        operator
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn location(&self) -> Location {
        Location::Sqlite(self.path("record.db"))
    }

    fn spool(&self) -> Spool {
        Spool::create(&self.path("spool")).unwrap()
    }

    fn series(&self) -> Series {
        self.spool().series().read().unwrap().0
    }

    fn store(&self) -> Store {
        Store::open(&self.location()).unwrap()
    }

    fn responder(&self) -> Responder {
        let keys = KeyFile::at(self.path("signing.key"));
        let trail = HookTrail {
            gateway: "gw1".to_owned(),
            spool: self.spool(),
            openvpn_user: false,
            unsure: Arc::default(),
        };
        Responder::new(self.location(), keys, trail, now).unwrap()
    }

    /// Serves on a socket, as behind a web server.
    fn serve(&self) -> SocketResponder {
        let path = self.path("serve.sock");
        let listener = listen(&Endpoint::Socket(path.clone())).unwrap();
        SocketResponder { _server: Server::start(listener, self.responder()).unwrap(), path }
    }

    /// A session that began now, with this address in the tunnel.
    fn begin(&self, address: &str) {
        let record = SessionRecord {
            assigned_ipv4: Some(address.parse().unwrap()),
            origin_address: Some("203.0.113.7".parse().unwrap()),
            // Members behind one address translation differ by the port.
            origin_port: Some(address.bytes().map(u16::from).sum()),
            ..SessionRecord::beginning(second())
        };
        self.store().begin_session(&run(), &record, &policy(), Some(self.series())).unwrap();
    }

    /// Ends that session now, and erases it at once.
    fn erase(&self, address: &str, began: UnixSeconds) {
        let end =
            Some(SessionEnd { when: EndTime::At(began), reason: TerminateCause::Disconnected });
        let assigned_ipv4 = Some(address.parse().unwrap());
        let record = SessionRecord { assigned_ipv4, end, ..SessionRecord::beginning(began) };
        let mut store = self.store();
        store.end_session(&run(), &record, &policy()).unwrap();
        let late = Day::new("2099-01-01".parse().unwrap()).unwrap();
        assert_eq!(store.erase(late).unwrap().sessions, 1);
    }
}

/// A responder on a socket; the test acts as the web server in front of it.
struct SocketResponder {
    _server: Server,
    path: PathBuf,
}

impl SocketResponder {
    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What comes back for these bytes.
    fn send(&self, bytes: &[u8]) -> HttpAnswer {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        receive(stream)
    }

    fn post(&self, path: &str, source: &str, body: &[u8]) -> HttpAnswer {
        self.send(&post(path, &[("X-Real-IP", source)], body))
    }

    fn register(&self, source: &str, id: SessionId) -> u16 {
        self.post(RegisterRequest::PATH, source, &RegisterRequest::new(id).to_bytes()).status
    }

    /// What is stated of this ID.
    fn ask(&self, source: &str, id: SessionId) -> Receipt {
        let request = request(&[id]);
        let answer = self.post(StatusRequest::PATH, source, &request.to_bytes());
        assert_eq!(answer.status, 200);
        verify(&answer.body, &request).remove(0)
    }
}

fn verify(body: &[u8], request: &StatusRequest) -> Vec<Receipt> {
    boxes::verify(body, request, SigningKey::from_seed(&SEED).public())
}

fn second() -> UnixSeconds {
    UnixSeconds::containing(now()).unwrap()
}

fn run() -> ServerRun {
    ServerRun {
        server: "gw1/tun0".parse().unwrap(),
        began: UnixSeconds::from_number(1_795_000_000).unwrap(),
    }
}

fn policy() -> RetentionPolicy {
    RetentionPolicy::from_end(Period::Months(12), Zone::UTC)
}

fn id(number: u8) -> SessionId {
    SessionSecret::from_bytes([number; 32]).id()
}

#[test]
fn a_session_is_registered_and_its_record_stated_until_it_is_erased() {
    let operator = TestOperator::new();
    let behind = operator.serve();
    let began = second();
    operator.begin("10.8.0.2");
    let body = RegisterRequest::new(id(1)).to_bytes();
    let registered = behind.post(RegisterRequest::PATH, "10.8.0.2", &body);
    assert_eq!((registered.status, registered.body.len()), (204, 0), "{}", registered.head);
    assert!(!registered.head.contains("Content-Length"), "{}", registered.head);

    let request = request(&[id(1)]);
    let answer = behind.post(StatusRequest::PATH, "10.8.0.2", &request.to_bytes());
    assert!(answer.head.contains("\r\nContent-Type: application/octet-stream\r\n"));
    assert!(
        answer.head.ends_with("\r\nContent-Length: 19658\r\nConnection: close"),
        "{}",
        answer.head
    );
    let receipt = verify(&answer.body, &request).remove(0);
    let held = receipt.statement().held().unwrap();
    assert_eq!((held.erase_by(), held.fields().iter().count()), (None, 4));

    let began = if operator_has(&operator, began) { began } else { began.plus(1) };
    operator.erase("10.8.0.2", began);
    assert_eq!(behind.ask("10.8.0.2", id(1)).statement().held(), None);
}

/// Whether the session of ID 1 began in this second, and not in the next.
fn operator_has(operator: &TestOperator, began: UnixSeconds) -> bool {
    let ids = *request(&[id(1)]).ids();
    operator.store().look_up(&ids).unwrap()[&id(1)].record.began == began
}

#[test]
fn a_session_is_bound_to_the_first_id_from_its_own_address_and_to_no_other() {
    let operator = TestOperator::new();
    let behind = operator.serve();
    operator.begin("10.8.0.2");
    operator.begin("10.8.0.3");
    for (source, number, status) in [
        // From outside the tunnel, where the tunnel comes from, and an address that nobody has.
        ("198.51.100.77", 1, 404),
        ("203.0.113.7", 1, 404),
        ("10.8.0.4", 1, 404),
        ("::ffff:10.8.0.4", 1, 404),
        ("2001:db8::1", 1, 404),
        ("10.8.0.2", 1, 204),
        ("10.8.0.2", 1, 204),
        ("::ffff:10.8.0.2", 1, 204),
        // A second ID for a session, and the ID of another's session.
        ("10.8.0.2", 2, 409),
        ("10.8.0.3", 1, 409),
        ("10.8.0.3", 2, 204),
    ] {
        assert_eq!(behind.register(source, id(number)), status, "{source} {number}");
    }
    // A guessed ID, and one that was refused.
    assert_eq!(behind.ask("10.8.0.2", id(3)).statement().held(), None);
    assert!(behind.ask("198.51.100.77", id(1)).statement().held().is_some());
}

#[test]
fn what_the_protocol_does_not_say_is_refused_before_it_is_read() {
    let operator = TestOperator::new();
    let behind = operator.serve();
    let status = StatusRequest::PATH;
    let head = |first: &str, fields: &str| {
        format!(
            "{first} HTTP/1.1\r\nX-Real-IP: 10.8.0.2\r\n\
             Content-Type: application/octet-stream\r\n{fields}\r\n"
        )
    };
    let of_length = |length: &str| format!("Content-Length: {length}\r\n");
    for (first, fields, expected) in [
        ("POST /temoin/2/status", of_length("2081"), 413),
        ("POST /temoin/2/status", of_length("99999999999999"), 413),
        ("POST /temoin/2/register", of_length("33"), 413),
        ("POST /temoin/2/register", of_length("2080"), 413),
        ("POST /temoin/2/status", of_length("2079"), 400),
        ("POST /temoin/2/status", of_length("32"), 400),
        ("POST /temoin/2/register", of_length("0"), 400),
        ("POST /temoin/2/register", of_length("-1"), 400),
        ("POST /temoin/2/register", of_length("32").repeat(2), 400),
        ("POST /temoin/2/register", String::new(), 411),
        ("POST /temoin/2/register", "Transfer-Encoding: chunked\r\n".to_owned(), 411),
        ("GET /temoin/2/status", String::new(), 405),
        ("PUT /temoin/2/register", of_length("32"), 405),
        ("GET /", String::new(), 404),
        ("POST /temoin/1/status", of_length("2080"), 404),
        ("POST /temoin/2/status/", of_length("2080"), 404),
        ("POST /temoin/2/status?a", of_length("2080"), 404),
    ] {
        let begun = Instant::now();
        let answer = behind.send(head(first, &fields).as_bytes());
        assert_eq!((answer.status, answer.body.len()), (expected, 0), "{first} {fields}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{first} {fields} was waited for");
    }
    let garbage = behind.send(b"\x16\x03\x01\x02\x00\x01\r\n\r\n");
    assert_eq!(garbage.status, 400);
    assert_eq!(behind.send(head("POST /a", &"a: b\r\n".repeat(65)).as_bytes()).status, 431);

    let plain = post(status, &[("X-Real-IP", "10.8.0.2")], &request(&[]).to_bytes());
    let plain = String::from_utf8_lossy(&plain[..200]).into_owned();
    let body = request(&[]).to_bytes();
    for (wrong, expected) in [("text/plain", 415), ("application/octet-stream; a=b", 415)] {
        let head = plain.split("\r\n\r\n").next().unwrap();
        let head = head.replace("application/octet-stream", wrong);
        let bytes = [head.as_bytes(), b"\r\n\r\n", &body].concat();
        assert_eq!(behind.send(&bytes).status, expected, "{wrong}");
    }
    let mut unordered = request(&[]).to_bytes();
    unordered.rotate_left(32);
    let twice = [&body[..32], &body[..2_016]].concat();
    for bytes in [unordered.as_slice(), &twice, &[0; StatusRequest::SIZE]] {
        assert_eq!(behind.post(status, "10.8.0.2", bytes).status, 400);
    }
}

#[test]
fn of_requests_behind_each_other_the_first_alone_is_answered() {
    let operator = TestOperator::new();
    let behind = operator.serve();
    operator.begin("10.8.0.2");
    let register = |number: u8| {
        let body = RegisterRequest::new(id(number)).to_bytes();
        post(RegisterRequest::PATH, &[("X-Real-IP", "10.8.0.2")], &body)
    };
    let answer = behind.send(&[register(1), register(2), register(3)].concat());
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(behind.register("10.8.0.2", id(2)), 409);
}

#[test]
fn x_real_ip_is_trusted_on_the_socket_alone_and_only_once() {
    let operator = TestOperator::new();
    let behind = operator.serve();
    operator.begin("10.8.0.2");
    let body = RegisterRequest::new(id(1)).to_bytes();
    let send =
        |fields: &[(&str, &str)]| behind.send(&post(RegisterRequest::PATH, fields, &body)).status;
    assert_eq!(send(&[]), 503);
    assert_eq!(send(&[("X-Real-IP", "10.8.0.9"), ("x-real-ip", "10.8.0.2")]), 503);
    assert_eq!(send(&[("X-Real-IP", "10.8.0.9, 10.8.0.2")]), 503);
    assert_eq!(send(&[("X-Real-IP", "unknown")]), 503);
    let others = [("X-Forwarded-For", "10.8.0.2"), ("Forwarded", "for=10.8.0.2")];
    assert_eq!(send(&others), 503);
    assert_eq!(send(&[&others[..], &[("X-Real-IP", "10.8.0.9")]].concat()), 404);

    let tls = TlsResponder::serve(&operator);
    let forged = post(RegisterRequest::PATH, &[("X-Real-IP", "10.8.0.2")], &body);
    assert_eq!(tls.send(&forged).status, 404);
    operator.begin("127.0.0.1");
    assert_eq!(tls.send(&forged).status, 204);
}

#[test]
fn a_flood_from_one_source_is_refused_and_harms_no_other() {
    let operator = TestOperator::new();
    let behind = operator.serve();
    operator.begin("10.8.0.2");
    operator.begin("10.8.0.3");
    let flood = |source: &str| behind.register(source, id(1));
    let answers: Vec<u16> = (0..70).map(|_| flood("10.8.0.2")).collect();
    assert_eq!(answers, [vec![204; 60], vec![429; 10]].concat());
    assert_eq!(behind.register("10.8.0.3", id(2)), 204);
    // Whoever has a prefix has more addresses than anybody could count, and is one all the same.
    let record = SessionRecord {
        assigned_ipv6: Some("2001:db8:99::2".parse().unwrap()),
        delegated_prefix: Some("2001:db8:1::/56".parse().unwrap()),
        ..SessionRecord::beginning(second())
    };
    operator.store().begin_session(&run(), &record, &policy(), Some(operator.series())).unwrap();
    let prefix: Vec<u16> = (0..61).map(|host| flood(&format!("2001:db8:1:{host:x}::1"))).collect();
    assert_eq!(prefix, [vec![404; 60], vec![429]].concat());
    assert_eq!(behind.register("2001:db8:99::2", id(3)), 204);

    let ask =
        |source| behind.post(StatusRequest::PATH, source, &request(&[id(1)]).to_bytes()).status;
    let answers: Vec<u16> = (0..14).map(|_| ask("10.8.0.2")).collect();
    assert_eq!(answers, [vec![200; 12], vec![429; 2]].concat());
    assert_eq!(ask("10.8.0.3"), 200);
}

#[test]
fn a_thousand_boxes_that_come_back_at_once_are_registered_whatever_one_of_them_does() {
    let operator = TestOperator::new();
    let mut connection = rusqlite::Connection::open(operator.path("record.db")).unwrap();
    let transaction = connection.transaction().unwrap();
    for number in 0..1_000_u32 {
        // As where all come from behind one address translation.
        let insert = "INSERT INTO session (server, run, series, assigned_ipv6, began)
            VALUES ('gw1/tun0', 1795000000, ?1, ?2, 1795000001)";
        let row = (operator.series().number(), format!("2001:db8:99::{:x}", number + 2));
        transaction.execute(insert, row).unwrap();
    }
    transaction.commit().unwrap();
    let behind = operator.serve();
    let mut flooded = Vec::new();
    for number in 0..1_000_u32 {
        let source = format!("2001:db8:99::{:x}", number + 2);
        let mut bytes = [8; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        assert_eq!(behind.register(&source, SessionId::from_bytes(bytes)), 204, "{source}");
        if number % 10 == 0 {
            flooded.push(behind.register("2001:db8:99::2", SessionId::from_bytes([0; 32])));
        }
    }
    // What the flooder registered first is one of the sixty.
    assert_eq!(flooded.iter().filter(|status| **status != 429).count(), 59);
}

#[test]
fn from_one_address_with_many_boxes_behind_it_none_is_registered() {
    let operator = TestOperator::new();
    let behind = operator.serve();
    operator.begin("10.8.0.2");
    let answers: Vec<u16> = (1..=20).map(|id_| behind.register("10.8.0.2", id(id_))).collect();
    assert_eq!(answers[..2], [204, 409]);
    assert_eq!(answers[16..], [503; 4]);
}

#[test]
fn while_the_record_cannot_be_used_all_else_goes_on() {
    let operator = TestOperator::new();
    operator.begin("127.0.0.1");
    let tls = TlsResponder::serve(&operator);
    let connection = rusqlite::Connection::open(operator.path("record.db")).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let body = RegisterRequest::new(id(1)).to_bytes();
    thread::scope(|scope| {
        let asked: Vec<_> = (0..20)
            .map(|_| {
                scope.spawn(|| {
                    let begun = Instant::now();
                    let status = tls.send(&post(RegisterRequest::PATH, &[], &body)).status;
                    (status, begun.elapsed())
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(200));
        for _ in 0..5 {
            let begun = Instant::now();
            assert_eq!(tls.send(&post("/temoin/3/register", &[], &body)).status, 404);
            assert!(begun.elapsed() < Duration::from_millis(700), "{:?}", begun.elapsed());
        }
        for asked in asked {
            let (status, took) = asked.join().unwrap();
            assert!(status == 503 && took < Duration::from_millis(2_500), "{status} {took:?}");
        }
    });
    connection.execute_batch("ROLLBACK").unwrap();
    assert!(operator.store().look_up(request(&[id(1)]).ids()).unwrap().is_empty());
    assert_eq!(tls.send(&post(RegisterRequest::PATH, &[], &body)).status, 204);
}

#[test]
fn slow_connections_delay_nobody_and_are_given_up() {
    let operator = TestOperator::new();
    let (behind, tls) = (operator.serve(), TlsResponder::serve(&operator));
    operator.begin("10.8.0.2");
    let whole = post(StatusRequest::PATH, &[("X-Real-IP", "10.8.0.9")], &[0; StatusRequest::SIZE]);
    let mut slow: Vec<Box<dyn Write>> = Vec::new();
    for number in 0..300 {
        let mut by_socket = behind.connect();
        by_socket.write_all(&whole[..number * 7]).unwrap();
        slow.push(Box::new(by_socket));
        let mut by_tls = TcpStream::connect(tls.address).unwrap();
        // The beginning of a record of TLS.
        by_tls.write_all(&[0x16, 3, 1, 2, 0, 1, 0][..number % 8]).unwrap();
        slow.push(Box::new(by_tls));
    }
    for round in 0..5 {
        for stream in &mut slow {
            let _ = stream.write_all(&[0]);
        }
        let begun = Instant::now();
        assert_eq!(behind.register("10.8.0.2", id(1)), 204);
        let answer = tls.send(&post(RegisterRequest::PATH, &[], &[round; 32]));
        assert_eq!(answer.status, 404);
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
    drop(slow);

    // One connection alone, which no newer one displaces.
    let mut alone = behind.connect();
    alone.write_all(&whole[..500]).unwrap();
    let begun = Instant::now();
    assert_eq!(alone.read(&mut [0]).unwrap_or(0), 0);
    let waited = begun.elapsed();
    assert!(waited > Duration::from_secs(8) && waited < Duration::from_secs(20), "{waited:?}");
}

#[test]
fn a_certificate_that_is_renewed_is_used_from_then_on() {
    let operator = TestOperator::new();
    let tls = TlsResponder::serve(&operator);
    let ask = post(StatusRequest::PATH, &[], &request(&[]).to_bytes());
    assert_eq!(tls.send(&ask).status, 200);
    let renewed = TlsResponder::certify(&operator);
    assert_eq!(TlsResponder { certificate: renewed, ..tls }.send(&ask).status, 200);
}

#[test]
fn an_unknown_id_and_an_erased_one_are_answered_alike() {
    let operator = TestOperator::new();
    let behind = operator.serve();
    let erased = erased_ids(&operator, 3);
    let body = |ids: &[SessionId]| {
        let request = request(ids);
        let body = behind.post(StatusRequest::PATH, "10.8.0.2", &request.to_bytes()).body;
        verify(&body, &request);
        body
    };
    // All but the time of stating and the signatures, which cover the IDs.
    let parts = |body: &[u8]| {
        let entries: Vec<Vec<u8>> =
            body[2_634..].chunks(266).map(|entry| entry[..202].to_vec()).collect();
        (body[8..2_634].to_vec(), entries)
    };
    let (unknown, known) = (parts(&body(&[id(200), id(201), id(202)])), parts(&body(&erased)));
    assert_eq!(unknown, known);
    assert!(known.1.concat().iter().all(|byte| *byte == 0));
}

#[test]
fn no_time_tells_an_erased_id_from_an_unknown_one_and_a_delay_would_be_noticed() {
    let operator = TestOperator::new();
    let erased = erased_ids(&operator, 8);
    let honest = operator.serve();
    let (asked, usual) = times_erased_took_longer(&honest, &erased);
    assert!(!is_biased(asked), "of {ROUNDS} times, an erased ID took longer {asked} times");

    let path = operator.path("oracle.sock");
    let listener = Listener::bind(&Address::Unix(path.clone())).unwrap();
    // By as much as a machine that is busy makes of a whole answer.
    let delay = usual.max(Duration::from_millis(4));
    let oracle = TimingOracle { honest: operator.responder(), erased: erased.clone(), delay };
    let oracle = SocketResponder { _server: Server::start(listener, oracle).unwrap(), path };
    let (asked, _) = times_erased_took_longer(&oracle, &erased);
    assert!(is_biased(asked), "a delay of {delay:?} goes unnoticed: {asked} of {ROUNDS}");
}

const ROUNDS: u32 = 120;

/// Whether so many of [`ROUNDS`] comparisons are further from half than chance brings about once in
/// a hundred thousand: 4.5 standard deviations.
fn is_biased(times: u32) -> bool {
    (f64::from(times) - f64::from(ROUNDS) / 2.0).abs() > 4.5 * f64::from(ROUNDS).sqrt() / 2.0
}

/// Asks about erased and about unknown IDs by turns, in an order that chance decides; counts how
/// often the erased took longer, and how long the unknown took at the median.
fn times_erased_took_longer(behind: &SocketResponder, erased: &[SessionId]) -> (u32, Duration) {
    let (mut longer, mut usual) = (0, Vec::new());
    for round in 0..ROUNDS {
        // From elsewhere each time, so that no limit is met.
        let time = |ids: &[SessionId], part: u8| {
            let body = request(ids).to_bytes();
            let source = format!("10.{part}.{}.{}", round / 250, round % 250);
            let begun = Instant::now();
            assert_eq!(behind.post(StatusRequest::PATH, &source, &body).status, 200);
            begun.elapsed()
        };
        let unknown: Vec<SessionId> =
            random()[..erased.len()].iter().map(|bytes| SessionId::from_bytes(*bytes)).collect();
        let erased_first = random()[0][0] % 2 == 0;
        let (of_erased, of_unknown) = if erased_first {
            let first = time(erased, 1);
            (first, time(&unknown, 2))
        } else {
            let first = time(&unknown, 2);
            (time(erased, 1), first)
        };
        longer += u32::from(of_erased > of_unknown);
        usual.push(of_unknown);
    }
    usual.sort();
    (longer, usual[usual.len() / 2])
}

/// A responder whose timing reveals what it has erased.
struct TimingOracle {
    honest: Responder,
    erased: Vec<SessionId>,
    delay: Duration,
}

impl Handler for TimingOracle {
    fn body_limit(&self, head: &Head) -> BodyLimit {
        self.honest.body_limit(head)
    }

    fn answer(&mut self, request: &mut Request) -> Response {
        let is_erased = |id: &SessionId| request.body.chunks(32).any(|part| part == id.as_bytes());
        if self.erased.iter().any(is_erased) {
            thread::sleep(self.delay);
        }
        self.honest.answer(request)
    }

    fn refuse(&self, head: Option<&Head>, bad: BadRequest) -> Response {
        self.honest.refuse(head, bad)
    }

    fn now(&self) -> DateTime<Utc> {
        self.honest.now()
    }
}

/// The IDs of sessions that were registered, held and erased.
fn erased_ids(operator: &TestOperator, count: u8) -> Vec<SessionId> {
    let mut store = operator.store();
    let began = second();
    for number in 1..=count {
        let address: IpAddr = [10, 8, 1, number].into();
        let IpAddr::V4(assigned) = address else { unreachable!() };
        let record =
            SessionRecord { assigned_ipv4: Some(assigned), ..SessionRecord::beginning(began) };
        let series = operator.series();
        store.begin_session(&run(), &record, &policy(), Some(series)).unwrap();
        let asked = Registration {
            id: &id(number),
            source: address,
            gateway: "gw1",
            device: None,
            is_lossy: false,
            series,
            at: began,
            deadline: Instant::now() + PATIENCE,
        };
        assert_eq!(store.bind(&asked).unwrap(), BindOutcome::Bound);
        let end =
            Some(SessionEnd { when: EndTime::At(began), reason: TerminateCause::Disconnected });
        store.end_session(&run(), &SessionRecord { end, ..record }, &policy()).unwrap();
    }
    let ids: Vec<SessionId> = (1..=count).map(id).collect();
    assert_eq!(store.look_up(request(&ids).ids()).unwrap().len(), usize::from(count));
    let late = Day::new("2099-01-01".parse().unwrap()).unwrap();
    assert_eq!(store.erase(late).unwrap().sessions, u64::from(count));
    ids
}

#[test]
fn the_program_logs_no_client() {
    let operator = TestOperator::new();
    let (config, path) = (operator.path("operator.toml"), operator.path("program.sock"));
    let quoted = |name: &str| format!("{:?}", operator.path(name).display().to_string());
    let text = format!(
        "[store]\nlocation = {}\n[gateway]\nname = \"gw1\"\nspool = {}\n[serve]\nlisten = {}\nsigning_key = {}\n",
        quoted("record.db"),
        quoted("spool"),
        quoted("program.sock"),
        quoted("signing.key"),
    );
    fs::write(&config, text).unwrap();
    operator.begin("10.8.0.2");
    let program = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_temoin-operator"));
        program.arg("--config").arg(&config);
        program
    };
    let mut serve = KillOnDrop(program().arg("serve").stderr(Stdio::piped()).spawn().unwrap());
    let deadline = Instant::now() + PATIENCE;
    while UnixStream::connect(&path).is_err() {
        assert!(Instant::now() < deadline, "the program does not serve");
        thread::sleep(Duration::from_millis(20));
    }
    let program_serves = |source: &str, target: &str, body: &[u8]| {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&post(target, &[("X-Real-IP", source)], body)).unwrap();
        receive(stream)
    };
    let body = RegisterRequest::new(id(1)).to_bytes();
    assert_eq!(program_serves("10.8.0.2", RegisterRequest::PATH, &body).status, 204);
    assert_eq!(program_serves("10.8.0.77", RegisterRequest::PATH, &body).status, 404);
    assert_eq!(program_serves("10.8.0.88 ", "/temoin/2/secret", &body).status, 404);
    let request = request(&[id(1)]);
    for _ in 0..14 {
        program_serves("10.8.0.2", StatusRequest::PATH, &request.to_bytes());
    }
    // The store becomes unavailable and available again.
    let moved = operator.path("moved.db");
    fs::rename(operator.path("signing.key"), &moved).unwrap();
    let answer = program_serves("10.8.0.99", StatusRequest::PATH, &request.to_bytes());
    assert_eq!(answer.status, 503);
    fs::rename(&moved, operator.path("signing.key")).unwrap();

    // A rotation that boxes could not follow in time is refused; another takes effect without a restart.
    let tomorrow = now().shifted(86_400_000).to_utc().date_naive().to_string();
    let too_soon = program().args(["key", "rotate", "--from", &tomorrow]).output();
    let too_soon = too_soon.unwrap();
    assert!(!too_soon.status.success());
    let told = String::from_utf8(too_soon.stderr).unwrap();
    assert!(told.contains("seven days") && told.contains("README"), "{told}");
    let rotated = program().args(["key", "rotate", "--from", "2099-01-01"]).output().unwrap();
    assert!(rotated.status.success(), "{rotated:?}");
    let answer = program_serves("10.8.0.99", StatusRequest::PATH, &request.to_bytes());
    let receipts = verify(&answer.body, &request);
    assert!(receipts[0].statement().held().is_some());
    assert!(answer.body[8..208].iter().any(|byte| *byte != 0), "no rotation is announced");

    let pid = Pid::from_raw(serve.0.id().try_into().unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
    let mut log = String::new();
    serve.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(serve.0.wait().unwrap().success());
    assert!(
        log.contains("boxes get no answer") && log.contains("boxes get answers again"),
        "{log}"
    );
    let hexadecimal = id(1).to_string();
    for text in ["10.8.0", "203.0.113", &hexadecimal[..8], "secret", "0707"] {
        assert!(!log.contains(text), "{text}: {log}");
    }
    assert!(!path.exists(), "the socket is left");
}

/// A process that does not outlive the test.
struct KillOnDrop(process::Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A responder that speaks TLS itself.
struct TlsResponder {
    _server: Arc<Server>,
    address: SocketAddr,
    certificate: CertificateDer<'static>,
}

impl TlsResponder {
    fn serve(operator: &TestOperator) -> Self {
        let certificate = Self::certify(operator);
        let listener = listen(&Endpoint::Tls {
            address: ([127, 0, 0, 1], 0).into(),
            certificate: operator.path("tls.crt"),
            key: operator.path("tls.key"),
        })
        .unwrap();
        let server = Server::start(listener, operator.responder()).unwrap();
        let Address::Network(address) = *server.address() else { panic!("not on the network") };
        Self { _server: Arc::new(server), address, certificate }
    }

    /// Gives the operator a new certificate.
    fn certify(operator: &TestOperator) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["vpn.example.org".to_owned()]).unwrap();
        fs::write(operator.path("tls.crt"), made.cert.pem()).unwrap();
        fs::write(operator.path("tls.key"), made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    }

    fn send(&self, bytes: &[u8]) -> HttpAnswer {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "vpn.example.org".try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        stream.write_all(bytes).unwrap();
        receive(stream)
    }
}
