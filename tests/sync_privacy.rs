//! What status requests reveal of a box: with no session or with six hundred, the same requests, at
//! times of the same distribution.
#![allow(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "a test reports by panicking, and its numbers are small"
)]

#[path = "support/responder.rs"]
mod responder;

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use responder::{
    OperatorStub, ReceivedRequest, TestCertificate, TestResponder, body, find, http, reading,
    record,
};
use sha2::{Digest, Sha256};
use temoin::internals::{SyncRun, SyncTarget, draw_randomness, tunnel_of};
use temoin_core::record::{Call, RouteKind as Noted, SentRequest};
use temoin_core::session::{SessionId, Timestamp};
use temoin_journal::{Journal, Reader};
use temoin_protocol::RegisterRequest;
use temoin_sync::schedule::{DailyAction, daily};
use temoin_sync::{CALL_TIMEOUT, HttpRequest, Route};
use tempfile::TempDir;

const DAYS: u32 = 30;
const DAY: i64 = 86_400_000;

/// What an operator hears in thirty days of a box with so many sessions.
struct SimulatedMonth {
    heard: Vec<ReceivedRequest>,
    times: Vec<Timestamp>,
    real: HashSet<SessionId>,
}

impl SimulatedMonth {
    /// Simulated from the decision to ask to the bytes on the wire; only the clock is not real.
    fn of(sessions: u32) -> Self {
        let directory = TempDir::new().unwrap();
        let begin: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let all = record(directory.path(), sessions.max(1), reading(begin));
        let real: HashSet<SessionId> =
            all.iter().take(sessions as usize).map(|session| session.id).collect();

        let mut store = OperatorStub::new(begin);
        for (place, id) in real.iter().enumerate() {
            // Some fall due within the month, some the operator does not know.
            match place % 5 {
                0 => store.hold(*id, "2026-12-05"),
                1 => {}
                _ => store.hold(*id, "2027-11-24"),
            }
        }
        let (identity, store) =
            (TestCertificate::new(&["127.0.0.1"], 2090), Arc::new(Mutex::new(store)));
        let own = Arc::clone(&store);
        let responder = TestResponder::new(&identity, move |request, stream| {
            stream.write_all(&http("200 OK", &own.lock().unwrap().answer(request)))
        });
        let operator = responder.operator(&identity, &store.lock().unwrap().key);

        name(directory.path(), &real, &operator, begin);

        let now = Cell::new(begin);
        let clock = || Ok(reading(now.get()));
        let inquiry = SyncRun {
            directory: directory.path(),
            target: &operator,
            clock: &clock,
            timeout: CALL_TIMEOUT,
            cancel: None,
        };
        let way = Route::Tunnel(tunnel_of(&all[0]).unwrap());
        let mut source = SeededRandom::new(sessions);
        let (mut at, mut times) = (None, Vec::new());
        while now.get().since(begin).as_millis() < u128::from(DAYS) * 86_400_000 {
            match daily(at, now.get(), true, true, source.next()) {
                DailyAction::Redraw(drawn) => at = Some(drawn),
                DailyAction::Wait(until) => now.set(until.unwrap()),
                DailyAction::Ask { next } => {
                    store.lock().unwrap().at = now.get();
                    let plan = inquiry.plan(&draw_randomness().unwrap()).unwrap();
                    inquiry.ask(plan, &way, Some(next)).unwrap();
                    times.push(now.get());
                    let reader = Reader::open(directory.path()).unwrap().unwrap();
                    at = reader.next_status().unwrap();
                }
            }
        }
        Self { heard: responder.received_requests(), times, real }
    }

    /// The times of day, each as a part of the day.
    fn times_of_day(&self) -> Vec<f64> {
        let part = |at: &Timestamp| {
            f64::from(u32::try_from(at.milliseconds().rem_euclid(DAY)).unwrap()) / DAY as f64
        };
        let mut parts: Vec<f64> = self.times.iter().map(part).collect();
        parts.sort_by(f64::total_cmp);
        parts
    }
}

/// Notes that these sessions were named to an operator, as their registrations do.
fn name(
    directory: &std::path::Path,
    ids: &HashSet<SessionId>,
    operator: &SyncTarget,
    at: Timestamp,
) {
    let mut journal = Journal::open_beside(directory).unwrap().unwrap();
    for id in ids {
        let post = HttpRequest::register(&RegisterRequest::new(*id), &operator.base);
        let sent = SentRequest {
            at,
            call: Call::Register,
            route: Noted::Tunnel,
            is_manual: false,
            head: post.head().into(),
            body: post.body().to_vec(),
        };
        journal.note_request(&sent, &[*id], None).unwrap();
    }
}

/// Numbers that look random and are the same each time.
struct SeededRandom(Sha256, u64);

impl SeededRandom {
    fn new(seed: u32) -> Self {
        Self(Sha256::new_with_prefix(seed.to_be_bytes()), 0)
    }

    fn next(&mut self) -> u64 {
        self.1 += 1;
        let digest = self.0.clone().chain_update(self.1.to_be_bytes()).finalize();
        u64::from_be_bytes(digest[..8].try_into().unwrap())
    }
}

/// The head as PROTOCOL.md has it, byte for byte.
fn specified_head(path: &str, host: &str, length: usize) -> String {
    let document = include_str!("../src/protocol/PROTOCOL.md");
    let text = document.split("in this order and spelling").nth(1).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("    "))
        .map_while(|line| line.strip_prefix("    "))
        .collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
    let mut head = lines.join("\r\n");
    for (placeholder, value) in [
        ("<path>", path),
        ("<host of the base address, with its port if one is given>", host),
        ("<32 or 2080>", &length.to_string()),
    ] {
        assert!(head.contains(placeholder), "{placeholder}: {head}");
        head = head.replace(placeholder, value);
    }
    format!("{head}\r\n\r\n")
}

#[test]
fn requests_tell_nothing_of_how_many_sessions_a_box_has() {
    let months: Vec<SimulatedMonth> = [0, 1, 60, 600].into_iter().map(SimulatedMonth::of).collect();
    let mut seen = HashSet::new();
    for SimulatedMonth { heard, times, real } in &months {
        // One each day, whatever there is to learn.
        let days: Vec<i64> = times.iter().map(|at| at.milliseconds().div_euclid(DAY)).collect();
        assert_eq!(u32::try_from(days.len()), Ok(DAYS));
        assert!(days.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{days:?}");
        assert_eq!(heard.len(), times.len());

        let (mut counts, mut named, mut fillers) = ([0_u32; 256], HashSet::new(), 0);
        for ReceivedRequest { request, on_the_wire, .. } in heard {
            let end = find(request, b"\r\n\r\n").unwrap() + 4;
            let head = String::from_utf8(request[..end].to_vec()).unwrap();
            let host = head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap();
            assert!(host.starts_with("127.0.0.1:"), "{host}");
            assert_eq!(head, specified_head("/temoin/2/status", host, 2080));
            // Ports of the test's responders may differ in length, nothing else may.
            seen.insert((request.len() - host.len(), on_the_wire - host.len()));

            let mut ids: Vec<&[u8]> = body(request).chunks_exact(32).collect();
            assert!(named.insert(ids.pop().unwrap().try_into().unwrap()), "the end came before");
            assert!(ids.len() == 64 && ids.windows(2).all(|pair| pair[0] < pair[1]));
            for id in ids {
                let id: [u8; 32] = id.try_into().unwrap();
                let is_real = real.contains(&SessionId::from_bytes(id));
                fillers += usize::from(!is_real);
                // A session's ID comes again; a random one never does.
                let is_new = named.insert(id);
                assert!(is_new || is_real);
                id.iter().filter(|_| is_new).for_each(|byte| counts[usize::from(*byte)] += 1);
            }
        }
        assert!(fillers >= heard.len());
        // The comparison is one only where sessions were asked for.
        assert_eq!(fillers == 64 * heard.len(), real.is_empty());
        // χ² with 255 degrees of freedom is outside of these but once in ten thousand times.
        let expected = f64::from(counts.iter().sum::<u32>()) / 256.0;
        let chi: f64 =
            counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        assert!((175.0..350.0).contains(&chi), "{} sessions: {chi}", real.len());
    }
    assert_eq!(seen.len(), 1, "{seen:?}");

    // Kolmogorov's and Smirnov's test against an even day, and of each month against each other: with
    // thirty times a distance of 0.35 (of 0.50 between two) comes by chance once in a thousand times.
    for (place, month) in months.iter().enumerate() {
        let times = month.times_of_day();
        let distance = distance_from_even(&times);
        assert!(distance < 0.35, "{place}: {distance}");
        for other in &months[place + 1..] {
            let distance = distance_between(&times, &other.times_of_day());
            assert!(distance < 0.50, "{place}: {distance}");
        }
    }
}

#[test]
fn skewed_times_of_day_would_be_detected() {
    let mut source = SeededRandom::new(7);
    let mut draw = |from: f64, to: f64| -> Vec<f64> {
        let part = |number: u64| from + (to - from) * (number >> 11) as f64 / (1_u64 << 53) as f64;
        let mut times: Vec<f64> = (0..DAYS).map(|_| part(source.next())).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let (even, morning, daytime) = (draw(0.0, 1.0), draw(0.0, 0.5), draw(0.3, 0.8));
    assert!(distance_from_even(&even) < 0.35);
    assert!(distance_from_even(&morning) > 0.35 && distance_between(&even, &morning) > 0.35);
    assert!(distance_between(&morning, &daytime) > 0.50);
}

/// The greatest distance between the distribution of sorted times and that of an even day.
fn distance_from_even(times: &[f64]) -> f64 {
    let count = times.len() as f64;
    let gaps = times.iter().enumerate().map(|(place, at)| {
        let (below, above) = (place as f64 / count, (place + 1) as f64 / count);
        (at - below).abs().max((above - at).abs())
    });
    gaps.fold(0.0, f64::max)
}

/// The same between two samples.
fn distance_between(one: &[f64], other: &[f64]) -> f64 {
    let part = |times: &[f64], at: f64| {
        times.iter().filter(|time| **time <= at).count() as f64 / times.len() as f64
    };
    one.iter().chain(other).map(|at| (part(one, *at) - part(other, *at)).abs()).fold(0.0, f64::max)
}
