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
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use temoin_core::session::{Field, SessionId};
use temoin_protocol::{PublicKey, RegisterRequest, StatusRequest};

use boxes::{post, receive, request, verify};
use gateway::{ServeProcess, TestGateway};

/// How many sessions each gateway has.
const SESSIONS: u8 = 10;

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
    let [dies, _stays] = gateways.map(TestGateway::serve);
    let registered = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let killed = thread::scope(|scope| {
        let clients: Vec<_> = numbers()
            .into_iter()
            .zip(gateways)
            .map(|(numbers, gateway)| {
                let registered = &registered;
                scope.spawn(move || {
                    for number in numbers {
                        come_and_register(gateway, &gateways, number);
                        registered.fetch_add(1, Ordering::SeqCst);
                        if leaves(number) {
                            record(gateway, "client-disconnect", number);
                        }
                    }
                })
            })
            .collect();
        let killer = scope.spawn(|| kill_now_and_then(&second, &is_over));
        let half = usize::from(SESSIONS);
        wait("half of the registrations", || registered.load(Ordering::SeqCst) >= half);
        let alive: Option<ServeProcess> = Some(dies);
        drop(alive);
        let joined: Vec<_> = clients.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::SeqCst);
        joined.into_iter().for_each(|client| client.unwrap());
        killer.join().unwrap()
    });
    assert!(killed > 0, "no hook was killed");
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

    let _again = first.serve();
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

/// Runs a hook until it says that the event is on disk: from then on it may not be lost.
fn record(gateway: &TestGateway, hook: &str, number: u8) {
    wait("a hook that is let live", || {
        let said = gateway.hook(hook, &gateway.client(number), None);
        assert!(said.is_empty() || said.contains("missing from the record"), "{said}");
        said.is_empty()
    });
}

/// A box's tunnel comes up, and it registers the session with whichever gateway answers.
fn come_and_register(gateway: &TestGateway, gateways: &[&TestGateway; 2], number: u8) {
    record(gateway, "client-connect", number);
    let body = RegisterRequest::new(id(number)).to_bytes();
    let mut attempts = gateways.iter().cycle().skip(usize::from(number));
    wait("a registration", || {
        let asked = attempts.next().unwrap();
        match send(asked, &address(number), RegisterRequest::PATH, &body) {
            Some(answer) if answer.status == 204 => true,
            Some(answer) => {
                // A hook that was killed left the event to the next one.
                assert_eq!(answer.status, 404, "{}", answer.head);
                let _ = gateway.command(&["take"]).output().unwrap();
                thread::sleep(Duration::from_secs(1));
                false
            }
            None => false,
        }
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

/// Kills every third of the processes by which a gateway's hooks reach the store.
fn kill_now_and_then(gateway: &TestGateway, is_over: &AtomicBool) -> usize {
    let config = gateway.path("operator.toml").into_os_string().into_string().unwrap();
    let mut met = BTreeSet::new();
    let mut killed = 0;
    while !is_over.load(Ordering::SeqCst) {
        for pid in hooks_of(&config) {
            if met.insert(pid) && met.len() % 3 == 1 {
                let victim = nix::unistd::Pid::from_raw(pid);
                killed += usize::from(
                    nix::sys::signal::kill(victim, nix::sys::signal::Signal::SIGKILL).is_ok(),
                );
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
    killed
}

/// The processes of `hook record` with this configuration.
fn hooks_of(config: &str) -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words.contains(&config.as_bytes()) && words.contains(&b"record".as_slice())
    })
    .collect()
}

fn wait(what: &str, mut is_done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_done() {
        assert!(Instant::now() < deadline, "no {what} within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
