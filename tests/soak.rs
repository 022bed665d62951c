//! Many sessions in a row while client, server and daemon are killed at random: none may be lost,
//! none invented, none doubled.
//!
//! `SOAK_SESSIONS` says how many (40 if absent), `SOAK_SEED` repeats a run; `make soak` does 500.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the figures are the purpose")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{HookRun, Lab, Milliseconds, RecordedSession, ServerConnection, now};

/// How far an exact time in the record may lie from what happened, in milliseconds.
const TOLERANCE: Milliseconds = 1_500;

#[test]
fn no_session_is_lost_or_doubled_while_everything_is_killed_at_random() {
    let sessions = env::var("SOAK_SESSIONS").map_or(40, |text| text.parse().expect("a number"));
    let seed = env::var("SOAK_SEED")
        .map_or_else(|_| getrandom::u64().expect("randomness"), |text| text.parse().expect("seed"));
    println!("soak: {sessions} sessions, SOAK_SEED={seed}");
    let began = Instant::now();
    let mut soak = Soak::begin(seed);
    while soak.lab.connections() < sessions {
        soak.step();
    }
    soak.close_last_session();
    let figures = soak.reconcile();
    println!("soak: {figures:?} in {:?}", began.elapsed());
}

struct Soak {
    lab: Lab,
    random: SeededRandom,
    /// When a client was killed: just before, and just after.
    killed: Vec<(Milliseconds, Milliseconds)>,
    blows: BTreeMap<&'static str, usize>,
}

/// What a soak showed.
#[derive(Debug)]
#[allow(dead_code, reason = "read by Debug alone")]
struct SoakFigures {
    /// Connections that the server's `client-connect` saw.
    server_saw: usize,
    /// Of these, the ones for which OpenVPN never ran `route-up` in the box: killed in between.
    never_reached_the_box: usize,
    /// Sessions in the record.
    recorded: usize,
    lost: usize,
    invented: usize,
    doubled: usize,
    blows: BTreeMap<&'static str, usize>,
    ends: BTreeMap<String, usize>,
}

impl Soak {
    fn begin(seed: u64) -> Self {
        // Short times, so that a dead server costs the run few seconds.
        let lab = Lab::with_daemon("--push origin,prefix --keepalive 1,2");
        lab.run("client start; wait up");
        Self { lab, random: SeededRandom(seed), killed: Vec::new(), blows: BTreeMap::new() }
    }

    /// Keeps the tunnel up for a moment, then disturbs it.
    fn step(&mut self) {
        self.pause(1_000);
        let blow = self.random.pick(&[
            "client stopped",
            "client killed",
            "client killed",
            "client killed while connecting",
            "client restarted",
            "client reloaded",
            "server stopped",
            "server killed",
            "daemon stopped",
            "daemon killed",
            "daemon killed",
            "all killed",
        ]);
        *self.blows.entry(blow).or_default() += 1;
        match blow {
            "client stopped" => {
                self.lab.run("client stop");
                self.connect();
            }
            "client killed" => {
                self.kill_client();
                self.connect();
            }
            "client killed while connecting" => {
                self.kill_client();
                self.lab.run("client start");
                self.pause(150);
                self.kill_client();
                self.connect();
            }
            "client restarted" => self.reconnect("client usr1"),
            "client reloaded" => self.reconnect("client hup"),
            "server stopped" => self.reconnect("server stop; server start"),
            "server killed" => self.reconnect("server kill; server start"),
            "daemon stopped" => {
                self.lab.run("daemon stop");
                self.while_the_daemon_is_away();
            }
            "daemon killed" => {
                self.lab.run("daemon kill");
                self.while_the_daemon_is_away();
            }
            _ => {
                self.lab.run("daemon kill");
                self.kill_client();
                self.pause(500);
                self.lab.run("daemon start");
                self.connect();
            }
        }
    }

    /// Perhaps the tunnel changes before the daemon is there again, perhaps not.
    fn while_the_daemon_is_away(&mut self) {
        self.pause(300);
        match self.random.pick(&["nothing", "restart", "stop", "kill"]) {
            "restart" => self.reconnect("client usr1"),
            "stop" => {
                self.lab.run("client stop");
                self.connect();
            }
            "kill" => {
                self.kill_client();
                self.connect();
            }
            _ => {}
        }
        self.lab.run("daemon start");
    }

    fn kill_client(&mut self) {
        let before = now();
        self.lab.run("client kill");
        self.killed.push((before, now()));
    }

    fn connect(&self) {
        self.lab.run("client start; wait up");
    }

    /// Does something after which the running client connects again by itself.
    fn reconnect(&self, commands: &str) {
        let count = |lab: &Lab| lab.hook_runs().iter().filter(|line| line.is_up()).count();
        let before = count(&self.lab);
        self.lab.run(commands);
        self.lab.await_value(Duration::from_secs(20), "reconnection", || {
            (count(&self.lab) > before).then_some(())
        });
    }

    fn pause(&mut self, most: u64) {
        sleep(Duration::from_millis(self.random.below(most)));
    }

    /// Ends the last session and waits until the record has nothing open.
    fn close_last_session(&self) {
        self.lab.run("client stop");
        self.lab.await_value(Duration::from_secs(20), "end of all sessions", || {
            let sessions = self.lab.sessions();
            (!sessions.iter().any(RecordedSession::is_open)).then_some(())
        });
    }

    /// Compares the record with what the server saw.
    fn reconcile(&self) -> SoakFigures {
        let truth = self.lab.truth();
        let hook_runs = self.lab.hook_runs();
        let sessions = self.lab.sessions();

        let ids: BTreeSet<&str> = sessions.iter().map(|session| session.id.as_str()).collect();
        assert_eq!(ids.len(), sessions.len(), "an id twice");
        // A connection that the server saw but whose client was killed before it ran `route-up` is
        // no session that the box could know: the hook that runs just before temoin's did not run.
        let (reached, unreached): (Vec<_>, Vec<_>) = truth
            .iter()
            .partition(|connection| hook_runs.iter().any(|line| line.is_start_of(connection)));
        for connection in &unreached {
            let killed = self.killed.iter().find(|(before, after)| {
                (*before - TOLERANCE..=*after + TOLERANCE).contains(&connection.start)
            });
            let (_, after) = killed.expect("a kill before route-up ran: nothing else explains it");
            println!("soak: never reached the box, killed by {after}: {connection:?}");
        }

        let mut lost = Vec::new();
        let mut doubled = Vec::new();
        for connection in &reached {
            let matching: Vec<_> = sessions.iter().filter(|own| is_same(own, connection)).collect();
            match matching[..] {
                [] => lost.push(*connection),
                [session] => self.check_end(session, connection, &hook_runs),
                _ => doubled.push(*connection),
            }
        }
        let invented: Vec<_> = sessions
            .iter()
            .filter(|own| !reached.iter().any(|connection| is_same(own, connection)))
            .collect();
        let mut ends = BTreeMap::new();
        for session in &sessions {
            *ends.entry(session.reason().to_owned()).or_default() += 1;
        }
        assert!(lost.is_empty(), "lost: {lost:#?}");
        assert!(doubled.is_empty(), "doubled: {doubled:#?}");
        assert!(invented.is_empty(), "invented: {invented:#?}");
        assert_eq!(sessions.len(), reached.len());
        SoakFigures {
            server_saw: truth.len(),
            never_reached_the_box: unreached.len(),
            recorded: sessions.len(),
            lost: lost.len(),
            invented: invented.len(),
            doubled: doubled.len(),
            blows: self.blows.clone(),
            ends,
        }
    }

    /// The recorded end is when the client's closing hook ran or when the client was killed; where
    /// nobody saw it, its bounds hold that moment.
    fn check_end(
        &self,
        session: &RecordedSession,
        connection: &ServerConnection,
        hook_runs: &[HookRun],
    ) {
        let start = session.start.exact().expect("an exact start");
        let closed = hook_runs.iter().filter(|line| !line.is_up()).map(|line| (line.at, line.at));
        let (before, after) = closed
            .chain(self.killed.iter().copied())
            // The first after the server let the client in: on a busy machine a killed client's
            // `route-up` hook may outlive it so long that the record's start comes after the kill.
            .filter(|(_, after)| *after > connection.start)
            // The record knows no end before the start that this hook told it.
            .map(|(before, after)| (before, after.max(start)))
            .min()
            .expect("every session ended");
        let end = &session.end.as_ref().expect("an end").moment;
        let fits = end.exact().map_or_else(
            || {
                let (earliest, latest) = end.bounds();
                earliest <= after && before <= latest
            },
            |at| (before - TOLERANCE..=after + TOLERANCE).contains(&at),
        );
        assert!(fits, "ended between {before} and {after}, recorded: {session:#?}");
    }
}

impl HookRun {
    fn is_up(&self) -> bool {
        self.hook == "route-up"
    }

    fn is_start_of(&self, connection: &ServerConnection) -> bool {
        self.is_up() && self.port == connection.port && is_near(self.at, connection.start)
    }
}

fn is_same(session: &RecordedSession, connection: &ServerConnection) -> bool {
    session.start.exact().is_some_and(|start| is_near(start, connection.start))
        && session.origin_port.as_ref().is_some_and(|port| port.value == connection.port)
        && session.origin_address.as_ref().is_some_and(|own| own.value == connection.address)
}

fn is_near(one: Milliseconds, other: Milliseconds) -> bool {
    (one - other).abs() <= TOLERANCE
}

/// Numbers that look random and come again with the same seed (`SplitMix64`).
struct SeededRandom(u64);

impl SeededRandom {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        let at = self.below(u64::try_from(words.len()).expect("few words"));
        words[usize::try_from(at).expect("few words")]
    }
}
