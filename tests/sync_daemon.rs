//! Sync by the daemon and the command line: a session is registered once, a manual request is the same
//! as the daily one, and off means off. The loopback interface stands in for the tunnel.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

#[path = "support/responder.rs"]
mod responder;

use std::fmt::Write as _;
use std::io;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use responder::{OperatorStub, TestCertificate, TestResponder, body, http, relay};
use support::{Program, await_value};
use temoin_core::assessment::RegistrationState;
use temoin_core::session::{SessionId, Timestamp};
use temoin_journal::{Journal, Reader};

/// A box whose operator is a responder of the test's, that binds every ID.
struct TestBox {
    program: Program,
    store: Arc<Mutex<OperatorStub>>,
    responder: TestResponder,
}

impl TestBox {
    fn new(sync: &str) -> Self {
        let identity = TestCertificate::new(&["127.0.0.1"], 2090);
        let store = Arc::new(Mutex::new(OperatorStub::new(now())));
        let own = Arc::clone(&store);
        let responder = TestResponder::new(&identity, move |request, stream| {
            let mut store = own.lock().unwrap();
            store.at = now();
            if request.starts_with(b"POST /temoin/2/register ") {
                let id = SessionId::from_bytes(body(request).try_into().unwrap());
                store.hold(id, "2090-01-01");
                return stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
            }
            stream.write_all(&http("200 OK", &store.answer(request)))
        });
        let program = Program::native();
        program.configure(&format!(
            "[tunnel]\ndevices = [\"lo\"]\n[clock]\ntrust = \"always\"\n[origin]\nmethods = []\n\
             [operator]\nprofile = \"template\"\n[sync]\n{sync}\n"
        ));
        let key = store.lock().unwrap().key.public();
        let profile = TestResponder::profile(&responder.base(), &key, &identity);
        let directory = program.configuration().with_file_name("profiles.d");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("template.toml"), profile).unwrap();
        Self { program, store, responder }
    }

    /// Runs a hook for a tunnel that has the address of the loopback interface.
    fn hook(&self, words: &str) {
        let tunnel =
            [("dev", "lo"), ("trusted_ip", "198.51.100.1"), ("ifconfig_local", "127.0.0.1")];
        let output =
            self.program.command(&format!("hook {words}")).envs(tunnel).output().expect("runs");
        assert!(output.status.success(), "{output:?}");
    }

    fn registration(&self, id: &str) -> Option<RegistrationState> {
        let reader = Reader::open(&self.program.state()).unwrap()?;
        let sync_states = reader.sync_states(&id.parse().unwrap()).unwrap();
        sync_states.first().map(|sync_state| sync_state.registration)
    }

    fn await_log(&self, part: &str) {
        await_value(part, || Some(()).filter(|()| self.program.log().contains(part)));
    }

    fn next_status(&self) -> Option<Timestamp> {
        Reader::open(&self.program.state()).unwrap().unwrap().next_status().unwrap()
    }

    fn requests(&self, path: &str) -> Vec<Vec<u8>> {
        let line = format!("POST {path} ");
        let heard = self.responder.received_requests().into_iter().map(|heard| heard.request);
        heard.filter(|request| request.starts_with(line.as_bytes())).collect()
    }
}

#[test]
fn a_session_is_registered_once_and_a_manual_request_is_shown_before_and_after() {
    let mut own = TestBox::new("enabled = true");
    own.program.start_daemon();
    own.hook("route-up");
    let sessions = own.program.await_sessions("open");
    let id = sessions[0]["id"].as_str().unwrap().to_owned();
    await_value("a registration", || {
        own.registration(&id).filter(|it| matches!(it, RegistrationState::Bound { .. }))
    });
    own.await_log("the operator knows its ID");
    // Another daemon knows that it is done.
    let log = own.program.stop_daemon();
    assert!(!log.contains("127.0.0.1"), "{log}");
    own.program.start_daemon();

    let preview = own.program.print("sync --dry-run");
    assert!(preview.contains("through the tunnel lo") && preview.contains(&own.responder.base()));
    assert!(preview.contains("POST /temoin/2/status HTTP/1.1") && preview.contains("63 other IDs"));
    let ids = preview.lines().filter(|line| line.ends_with("  random")).count();
    assert_eq!((ids, own.requests("/temoin/2/status").len()), (63, 0));
    assert!(preview.contains(&format!("  {id}  registered?")), "{preview}");

    let learnt = own.program.print("sync");
    assert!(learnt.contains(&id[..8]) && learnt.contains("held, to be erased by"), "{learnt}");
    assert_eq!(own.requests("/temoin/2/status").len(), 1);
    let named = own.requests("/temoin/2/register");
    assert_eq!(named.len(), 1);
    assert_eq!(hex(body(&named[0])), id);
    let reader = Reader::open(&own.program.state()).unwrap().unwrap();
    let ways: Vec<bool> =
        reader.ledger(0, 10).unwrap().iter().map(|entry| entry.sent.is_manual).collect();
    assert_eq!(ways, [true, false]);
    assert!(reader.next_status().unwrap().is_some());
    drop(reader);
    own.program.stop_daemon();
}

#[test]
fn the_daily_request_is_sent_when_due_and_not_again_after_a_restart() {
    let mut own = TestBox::new("enabled = true");
    own.program.start_daemon();
    own.hook("route-up");
    let id = own.program.await_sessions("open")[0]["id"].as_str().unwrap().to_owned();
    let is_bound = |it: &RegistrationState| matches!(it, RegistrationState::Bound { .. });
    await_value("a registration", || own.registration(&id).filter(is_bound));
    let drawn = await_value("a moment to ask at", || own.next_status());
    own.program.stop_daemon();
    let day = now().shifted(86_400_000);
    assert!(now().shifted(-60_000) < drawn && drawn < day, "{drawn}");

    // The moment comes while no daemon runs.
    let mut journal = Journal::open_beside(&own.program.state()).unwrap().unwrap();
    journal.schedule_status(now()).unwrap();
    own.program.start_daemon();
    let held = await_value("a statement", || {
        let reader = Reader::open(&own.program.state()).unwrap().unwrap();
        reader.sync_states(&id.parse().unwrap()).unwrap().pop().unwrap().held
    });
    assert_eq!(held.statement().id().to_string(), id);
    let tomorrow = (now().milliseconds().div_euclid(86_400_000) + 1) * 86_400_000;
    let planned = own.next_status().unwrap();
    assert!((tomorrow..tomorrow + 86_400_000).contains(&planned.milliseconds()), "{planned}");
    own.await_log("asked about 1 sessions, and holds 1");
    own.program.stop_daemon();

    own.program.start_daemon();
    own.program.print("status");
    own.program.stop_daemon();
    assert_eq!(own.next_status(), Some(planned));
    assert_eq!(own.requests("/temoin/2/status").len(), 1);
}

#[test]
fn no_request_is_sent_when_sync_is_off() {
    let mut own = TestBox::new("enabled = false");
    own.program.start_daemon();
    own.hook("route-up");
    own.program.await_sessions("open");
    for words in ["sync", "sync --dry-run"] {
        let output = own.program.run(words);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("sync.enabled"), "{output:?}");
    }
    thread::sleep(Duration::from_secs(2));
    own.program.stop_daemon();
    assert_eq!(own.responder.connections(), 0);
    assert!(own.store.lock().unwrap().held.is_empty());
}

#[test]
fn a_failed_registration_is_retried_and_reported_as_missed() {
    let mut own = TestBox::new("enabled = true");
    // Nobody listens there any more.
    let profile = own.program.configuration().with_file_name("profiles.d").join("template.toml");
    let text = fs::read_to_string(&profile).unwrap();
    fs::write(&profile, text.replace(&own.responder.base(), "https://127.0.0.1:1")).unwrap();
    own.program.start_daemon();
    own.hook("route-up");
    let sessions = own.program.await_sessions("open");
    let id = sessions[0]["id"].as_str().unwrap().to_owned();
    await_value("an attempt", || own.registration(&id));
    assert_eq!(own.registration(&id), Some(RegistrationState::Pending));
    own.await_log("the operator could not be asked: the operator cannot be reached");
    own.hook("route-down");
    own.program.await_sessions("closed");
    own.program.stop_daemon();
    assert_eq!(own.registration(&id), Some(RegistrationState::Missed));
    let output = own.program.run("sync");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no tunnel is up"), "{output:?}");
}

#[test]
fn a_hanging_registration_is_cancelled_when_its_session_ends_and_the_next_does_not_wait() {
    let mut own = TestBox::new("enabled = true");
    let port = own.responder.port();
    let mut is_first = true;
    // The first connection is taken and never answered, as in a tunnel that dies.
    let dying = TestResponder::plain(move |mut stream: TcpStream, _| {
        if std::mem::take(&mut is_first) {
            stream.set_read_timeout(None)?;
            return io::copy(&mut stream, &mut io::sink()).map(drop);
        }
        relay(stream, TcpStream::connect(("127.0.0.1", port))?)
    });
    let profile = own.program.configuration().with_file_name("profiles.d").join("template.toml");
    let text = fs::read_to_string(&profile).unwrap();
    fs::write(&profile, text.replace(&own.responder.base(), &dying.base())).unwrap();
    own.program.start_daemon();
    own.hook("route-up");
    let first = own.program.await_sessions("open")[0]["id"].as_str().unwrap().to_owned();
    await_value("a connection", || Some(()).filter(|()| dying.connections() == 1));
    own.hook("route-down");
    own.program.await_sessions("closed");
    own.hook("route-up");
    let sessions = own.program.await_sessions("open closed");
    let id = sessions.iter().filter_map(|it| it["id"].as_str()).find(|id| *id != first).unwrap();
    await_value("a registration", || {
        own.registration(id).filter(|it| matches!(it, RegistrationState::Bound { .. }))
    });
    let log = own.program.stop_daemon();
    assert!(!log.contains("could not be asked"), "{log}");
    assert_eq!(own.registration(&first), Some(RegistrationState::Missed));
    let reader = Reader::open(&own.program.state()).unwrap().unwrap();
    let oldest = reader.ledger(0, 10).unwrap().pop().unwrap();
    assert_eq!(oldest.outcome.unwrap().failure.as_deref(), Some("recalled"));
    assert_eq!(own.requests("/temoin/2/register").len(), 1);
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_milliseconds(since.as_millis().try_into().unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
