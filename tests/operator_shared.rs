//! Several gateways of one operator on one PostgreSQL, each recording sessions and answering boxes at
//! once, while programs of theirs are killed.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

#[path = "support/boxes.rs"]
mod boxes;
#[path = "support/gateway.rs"]
mod gateway;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use temoin_core::session::{Field, SessionId};
use temoin_protocol::{PublicKey, RegisterRequest, StatusRequest};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use temoin_operator::Location;

use boxes::{post, receive, request, verify};
use gateway::{ServeProcess, TestGateway};
use support::Cluster;

/// How many sessions each gateway has.
const SESSIONS: u8 = 20;

/// How long a box goes on trying; on a busy machine each hook takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn gateways_that_record_and_answer_at_once_lose_nothing_while_programs_of_theirs_are_killed() {
    let first = TestGateway::postgres();
    let second = TestGateway::at(first.location());
    // Members' profiles pin one key, so each gateway has it.
    fs::copy(first.path("signing.key"), second.path("signing.key")).unwrap();
    let gateways = [&first, &second];
    for (place, gateway) in gateways.into_iter().enumerate() {
        gateway.configure(&format!("[gateway]\nname = \"gw{place}\"\n"));
    }
    let _stays = first.serve();
    let is_over = AtomicBool::new(false);
    let killed = thread::scope(|scope| {
        let clients: Vec<_> = numbers()
            .into_iter()
            .zip(gateways)
            .map(|(numbers, gateway)| {
                scope.spawn(move || {
                    for number in numbers {
                        come_and_register(gateway, number);
                        if leaves(number) {
                            record(gateway, "client-disconnect", number);
                        }
                    }
                })
            })
            .collect();
        let killer = scope.spawn(|| kill_now_and_then(&second, &is_over));
        let joined: Vec<_> = clients.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::SeqCst);
        joined.into_iter().for_each(|client| client.unwrap());
        killer.join().unwrap()
    });
    assert!(killed > 2, "hardly anything was killed");
    gateways.into_iter().for_each(TestGateway::take);

    let all: Vec<u8> = numbers().into_iter().flatten().collect();
    let left = all.iter().filter(|number| leaves(**number)).count();
    let stats = first.store().stats().unwrap();
    let expected = [all.len(), all.len() - left, all.len()].map(|count| count as u64);
    assert_eq!([stats.sessions, stats.open, stats.registered], expected);
    let asked = request(&all.iter().map(|number| id(*number)).collect::<Vec<_>>());
    let entries = first.store().look_up(asked.ids()).unwrap();
    for number in &all {
        let record = &entries[&id(*number)].record;
        assert_eq!(record.assigned_ipv4, address(*number).parse().ok());
        assert_eq!(record.end.is_some(), leaves(*number), "{number}");
    }

    let _again = second.serve();
    let key = key(&first);
    for gateway in gateways {
        let answer = send(gateway, &address(1), StatusRequest::PATH, &asked.to_bytes()).unwrap();
        assert_eq!(answer.status, 200);
        let receipts = verify(&answer.body, &asked, key);
        let held: BTreeSet<SessionId> = receipts
            .iter()
            .filter(|receipt| {
                let held = receipt.statement().held();
                held.is_some_and(|held| held.fields().contains(Field::OriginAddress))
            })
            .map(|receipt| *receipt.statement().id())
            .collect();
        assert_eq!(held, all.iter().map(|number| id(*number)).collect());
    }
}

#[test]
fn a_database_that_freezes_or_is_away_delays_no_answer_and_nothing_is_bound_afterwards() {
    let cluster = Cluster::start("");
    let gateway = TestGateway::at(&Location::Postgres(cluster.database()));
    let serving = gateway.serve();
    assert_eq!(gateway.hook("client-connect", &gateway.client(1), None), "");
    gateway.await_counts(1, 1);
    let ask = |path: &str, number| {
        let body = RegisterRequest::new(id(number)).to_bytes();
        let begun = Instant::now();
        (send(&gateway, &address(1), path, &body).unwrap().status, begun.elapsed())
    };
    // So that there is a connection which freezes.
    assert_eq!(ask(StatusRequest::PATH, 1).0, 400);
    assert_eq!(gateway.register("10.99.0.99", id(9)), 404);
    let frozen = Frozen::new(&cluster);
    for (path, expected) in
        [(RegisterRequest::PATH, 503), ("/temoin/2", 404), (RegisterRequest::PATH, 503)]
    {
        let (status, took) = ask(path, 1);
        assert!(status == expected && took < Duration::from_secs(2), "{path}: {status} {took:?}");
    }
    assert_eq!(gateway.hook("client-disconnect", &gateway.client(1), None), "");
    let mut second = gateway.client(1);
    second.insert("untrusted_ip".to_owned(), "198.51.100.99".to_owned());
    second.insert("time_unix".to_owned(), "1795415800".to_owned());
    assert_eq!(gateway.hook("client-connect", &second, None), "");
    drop(frozen);
    gateway.await_counts(2, 1);
    assert_eq!(gateway.store().stats().unwrap().registered, 0);
    wait("a registration", || gateway.register(&address(1), id(2)) == 204);

    // It is told to end while the database hangs.
    let _frozen = Frozen::new(&cluster);
    let (status, _) = ask(RegisterRequest::PATH, 2);
    assert_eq!(status, 503);
    let begun = Instant::now();
    assert!(serving.terminate().success());
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn of_two_machines_with_one_name_the_second_registers_nobody() {
    let first = TestGateway::postgres();
    let second = TestGateway::at(first.location());
    for gateway in [&first, &second] {
        gateway.configure("[gateway]\nname = \"gw\"\n");
    }
    let of_first = first.serve();
    assert_eq!(first.hook("client-connect", &first.client(1), None), "");
    first.await_counts(1, 1);
    assert_eq!(first.register(&address(1), id(1)), 204);
    let of_second = second.serve();
    assert_eq!(second.hook("client-connect", &second.client(2), None), "");
    second.await_counts(2, 2);
    assert_eq!(second.register(&address(2), id(2)), 503);
    drop((of_first, of_second));
}

/// A PostgreSQL whose processes are stopped, until this is dropped.
struct Frozen(Vec<Pid>);

impl Frozen {
    fn new(cluster: &Cluster) -> Self {
        let file = fs::read_to_string(cluster.files().join("postmaster.pid")).unwrap();
        let server: i32 = file.lines().next().unwrap().parse().unwrap();
        let children =
            fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap();
        let children = children.split_ascii_whitespace().map(|pid| pid.parse().unwrap());
        let all: Vec<Pid> = std::iter::once(server).chain(children).map(Pid::from_raw).collect();
        for pid in &all {
            // A child may have ended meanwhile.
            let _ = kill(*pid, Signal::SIGSTOP);
        }
        Self(all)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in &self.0 {
            let _ = kill(*pid, Signal::SIGCONT);
        }
    }
}

/// The clients of each gateway.
fn numbers() -> [std::ops::RangeInclusive<u8>; 2] {
    [1..=SESSIONS, SESSIONS + 1..=2 * SESSIONS]
}

fn leaves(number: u8) -> bool {
    number % 2 == 0
}

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 32])
}

/// The address in the tunnel that a client of the gateways has.
fn address(number: u8) -> String {
    format!("10.99.0.1{number}")
}

fn key(gateway: &TestGateway) -> PublicKey {
    let shown = gateway.run(&["key", "show"]);
    let line = shown.lines().find_map(|line| line.strip_prefix("public_key = ")).unwrap();
    line.trim_matches('"').parse().unwrap()
}

/// Runs a hook, after which the event is on disk: from then on it may not be lost.
fn record(gateway: &TestGateway, hook: &str, number: u8) {
    assert_eq!(gateway.hook(hook, &gateway.client(number), None), "");
}

/// A box's tunnel comes up, and it registers the session as soon as somebody answers.
fn come_and_register(gateway: &TestGateway, number: u8) {
    record(gateway, "client-connect", number);
    let body = RegisterRequest::new(id(number)).to_bytes();
    wait("a registration", || {
        let answer = send(gateway, &address(number), RegisterRequest::PATH, &body);
        let status = answer.map(|answer| answer.status);
        assert!(matches!(status, None | Some(204 | 503)), "{status:?}");
        status == Some(204)
    });
}

/// What a gateway answers a box; `None` where nobody does, or not to the end.
fn send(gateway: &TestGateway, source: &str, path: &str, body: &[u8]) -> Option<boxes::HttpAnswer> {
    let mut stream = UnixStream::connect(gateway.path("serve.sock")).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(&post(path, &[("X-Real-IP", source)], body)).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    (!bytes.is_empty()).then(|| receive(bytes.as_slice()))
}

/// Kills what serves a gateway again and again, in whatever it does, and starts it anew.
fn kill_now_and_then(gateway: &TestGateway, is_over: &AtomicBool) -> usize {
    let mut killed = 0;
    while !is_over.load(Ordering::SeqCst) {
        let serving: ServeProcess = gateway.serve();
        thread::sleep(Duration::from_millis(50 + 37 * (killed % 7)));
        drop(serving);
        killed += 1;
        thread::sleep(Duration::from_millis(30 * (killed % 3)));
    }
    usize::try_from(killed).unwrap()
}

fn wait(what: &str, mut is_done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_done() {
        assert!(Instant::now() < deadline, "no {what} within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
