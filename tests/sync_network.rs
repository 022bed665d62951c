//! Hostile networks and servers: each causes a clear error in bounded time and memory, and the wrong
//! server receives nothing.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

#[path = "support/responder.rs"]
mod responder;
#[path = "support/sync_fixture.rs"]
mod sync_fixture;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use responder::{TestCertificate, TestResponder, relay};
use sync_fixture::{SyncFixture, fixture_with_receipt};
use temoin::internals::{SyncError, SyncTarget, draw_randomness};
use temoin_core::record::LedgerEntry;
use temoin_core::session::Session;
use temoin_journal::Reader;
use temoin_sync::{
    CALL_TIMEOUT, CallError, Client, HttpRequest, Proxy, RegistrationAnswer, Route, ServerTrust,
};
use tempfile::TempDir;

#[test]
fn endless_answers_are_cut_off_and_slow_ones_outlast_no_deadline() {
    let mut fixture = fixture_with_receipt();
    fixture.timeout = Duration::from_secs(2);
    let taken = Arc::new(Mutex::new(0));
    for head in ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 19658\r\n\r\n"] {
        let taken = Arc::clone(&taken);
        let endless = TestResponder::new(&fixture.identity, move |_, stream| {
            stream.write_all(head.as_bytes())?;
            while *taken.lock().unwrap() < ENDLESS {
                stream.write_all(&[b'y'; 4096])?;
                *taken.lock().unwrap() += 4096;
            }
            Ok(())
        });
        let begun = Instant::now();
        let error = fixture.ask(&endless).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        let is_refused =
            matches!(error, SyncError::Call(CallError::NotUnderstood(_)) | SyncError::Protocol(_));
        assert!(is_refused, "{error:?}");
    }
    // What the box did not read, the kernel's buffers hold.
    assert!(*taken.lock().unwrap() < ENDLESS);
    // A byte now and then: each read is soon answered, the whole never.
    for head in ["", "HTTP/1.1 200 OK\r\nContent-Length: 19658\r\n\r\n"] {
        let drip = TestResponder::new(&fixture.identity, move |_, stream| {
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(b"H")?;
                stream.flush()?;
                thread::sleep(Duration::from_millis(50));
            }
        });
        let begun = Instant::now();
        let error = fixture.ask(&drip).unwrap_err();
        let is_bounded = (2..20).contains(&begun.elapsed().as_secs());
        if head.is_empty() {
            // It is no HTTP from the second byte on.
            assert!(begun.elapsed() < Duration::from_secs(4), "{error:?}");
        } else {
            assert!(matches!(error, SyncError::Call(CallError::TimedOut)), "{error:?}");
            assert!(is_bounded, "{:?}", begun.elapsed());
        }
    }
    // One that takes the connection and says nothing, before TLS and in it.
    let silent = TestResponder::plain(|stream, _| {
        thread::sleep(Duration::from_secs(3));
        drop(stream);
        Ok(())
    });
    let mute = TestResponder::new(&fixture.identity, |_, _| {
        thread::sleep(Duration::from_secs(3));
        Ok(())
    });
    for responder in [silent, mute] {
        let begun = Instant::now();
        let error = fixture.ask(&responder).unwrap_err();
        assert!(matches!(error, SyncError::Call(CallError::TimedOut)), "{error:?}");
        assert!((2..20).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    }
    assert!(fixture.sync_state().held.is_some());
    fixture.ask(&fixture.honest()).unwrap();
}

#[test]
fn every_other_status_is_an_answer_for_another_day_and_redirects_are_not_followed() {
    let fixture = fixture_with_receipt();
    let elsewhere = fixture.honest();
    for status in [301, 302, 303, 307, 308, 201, 204, 403, 404, 409, 429, 500, 503, 599] {
        let location = elsewhere.base();
        let head = format!(
            "HTTP/1.1 {status} x\r\nLocation: {location}/temoin/2/status\r\nRetry-After: 1\r\n\
             Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
        );
        let responder = fixture.answering(move |_| head.clone().into_bytes());
        let error = fixture.ask(&responder).unwrap_err();
        assert!(matches!(error, SyncError::NotNow(found) if found == status), "{error:?}");
        assert_eq!(fixture.noted(), (Some(status), Some("not-now".to_owned())));
        assert_eq!(responder.connections(), 1);
    }
    for status in [400, 413, 415] {
        let responder =
            fixture.answering(move |_| format!("HTTP/1.1 {status} x\r\n\r\n").into_bytes());
        let error = fixture.ask(&responder).unwrap_err();
        assert!(matches!(error, SyncError::Rejected(found) if found == status), "{error:?}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn nothing_is_sent_outside_the_tunnel() {
    let fixture = SyncFixture::new();
    let responder = fixture.honest();
    let operator = fixture.operator(&responder);
    let register = |change: &dyn Fn(&mut Session)| {
        let mut session = fixture.sessions[0].clone();
        change(&mut session);
        fixture.with(&operator, |inquiry| inquiry.register(&session)).unwrap_err()
    };
    let gone = register(&|session| session.device = "tun-gone".parse().unwrap());
    assert!(gone.to_string().contains("tun-gone is not there"), "{gone}");
    let another = register(&|session| session.interface = Some(4_000));
    assert!(another.to_string().contains("another tunnel"), "{another}");
    let foreign = register(&|session| {
        session.attributes.assigned_ipv4.as_mut().unwrap().value = [192, 0, 2, 77].into();
    });
    let over = register(&|session| session.attributes.assigned_ipv4 = None);
    assert!(matches!(over, SyncError::NoTunnel), "{over:?}");
    for error in [gone, another, foreign] {
        assert!(matches!(error, SyncError::Call(CallError::NotThroughTunnel(_))), "{error:?}");
    }
    assert_eq!(responder.connections(), 0);
}

#[test]
fn a_responder_must_have_the_pinned_key() {
    let fixture = fixture_with_receipt();
    let impostor =
        SyncFixture { identity: TestCertificate::new(&["127.0.0.1"], 2090), ..SyncFixture::new() };
    let responder = impostor.honest();
    // The profile pins the key of the one, the other answers.
    let error = fixture.ask(&responder).unwrap_err();
    assert!(matches!(error, SyncError::Call(CallError::Untrusted(_))), "{error:?}");
    assert!(error.to_string().contains("another key than the profile pins"), "{error}");
    assert_eq!(responder.received_requests(), []);

    // With the right key, names and dates mean nothing.
    let old = TestCertificate::new(&["elsewhere.example"], 2021);
    let aged = SyncFixture { identity: old, ..SyncFixture::new() };
    let responder = aged.honest();
    assert_eq!(aged.register(&responder).unwrap(), RegistrationAnswer::Bound);
}

#[test]
fn a_server_without_tls_receives_nothing() {
    let fixture = fixture_with_receipt();
    let told = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&told);
    let plain = TestResponder::plain(move |mut stream: TcpStream, _| {
        let mut bytes = [0; 2048];
        let length = stream.read(&mut bytes)?;
        own.lock().unwrap().extend_from_slice(&bytes[..length]);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    });
    let error = fixture.ask(&plain).unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    let told = told.lock().unwrap();
    assert!(responder::find(&told, fixture.id().as_bytes()).is_none() && !told.is_empty());
    assert!(responder::find(&told, b"temoin").is_none());
}

#[test]
fn a_request_is_in_the_ledger_with_the_moment_of_the_next_before_it_is_on_the_wire() {
    let fixture = fixture_with_receipt();
    let next = fixture.now.shifted(86_400_000);
    let directory = fixture.directory.path().to_owned();
    let noted = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&noted);
    // Whatever becomes of the box from here on, it will not ask again today.
    let responder = TestResponder::new(&fixture.identity, move |request, _| {
        let reader = Reader::open(&directory).unwrap().unwrap();
        let entry = reader.ledger(0, 1).unwrap().remove(0);
        let is_whole = [entry.sent.head, entry.sent.body].concat() == request;
        own.lock().unwrap().push((is_whole, entry.outcome, reader.next_status().unwrap()));
        Ok(())
    });
    let asked = fixture.with(&fixture.operator(&responder), |inquiry| {
        inquiry.ask(inquiry.plan(&draw_randomness().unwrap()).unwrap(), &fixture.way(), Some(next))
    });
    assert!(matches!(asked, Err(SyncError::Call(CallError::NotUnderstood(_)))), "{asked:?}");
    assert_eq!(*noted.lock().unwrap(), [(true, None, Some(next))]);
}

#[test]
fn weeks_without_an_answer_cost_nothing_but_the_answers() {
    let mut fixture = fixture_with_receipt();
    let before = fixture.sync_state();
    let away = fixture.honest();
    let operator = fixture.operator(&away);
    drop(away);
    for _ in 0..21 {
        fixture.now = fixture.now.shifted(86_400_000);
        let next = fixture.now.shifted(86_400_000);
        let asked = fixture.with(&operator, |inquiry| {
            inquiry.ask(
                inquiry.plan(&draw_randomness().unwrap()).unwrap(),
                &fixture.way(),
                Some(next),
            )
        });
        let error = asked.unwrap_err();
        assert!(matches!(error, SyncError::Call(CallError::Unreachable(_))), "{error:?}");
    }
    let reader = Reader::open(fixture.directory.path()).unwrap().unwrap();
    let entries = reader.ledger(0, 21).unwrap();
    let failed = |entry: &LedgerEntry| {
        entry.outcome.as_ref().is_some_and(|it| it.failure.as_deref() == Some("unreachable"))
    };
    assert!(entries.len() == 21 && entries.iter().all(failed), "{entries:?}");
    assert_eq!(fixture.sync_state().held, before.held);
    // The day on which it is due comes, and the operator is back.
    fixture.now = "2027-11-25T10:00:00Z".parse().unwrap();
    fixture.store.lock().unwrap().at = fixture.now;
    assert_eq!(fixture.ask(&fixture.honest()).unwrap().receipts.len(), 1);
}

/// In bytes.
const ENDLESS: usize = 1 << 26;

/// The variable that names the roots that OpenSSL and rustls-native-certs take for the system's.
const ROOTS: &str = "SSL_CERT_FILE";
/// The variables that make this test program call one responder by one name.
const BASE: &str = "TEMOIN_TEST_BASE";

#[test]
fn without_a_pin_the_systems_roots_decide() {
    if let Ok(base) = std::env::var(BASE) {
        return call_by_the_systems_roots(&base);
    }
    let directory = TempDir::new().unwrap();
    let good = TestCertificate::new(&["localhost", "127.0.0.1"], 2090);
    let expired = TestCertificate::new(&["localhost", "127.0.0.1"], 2021);
    let elsewhere = TestCertificate::new(&["elsewhere.example"], 2090);
    for (place, (identity, roots, host, expected)) in [
        (&good, &good, "localhost", "204"),
        (&good, &good, "127.0.0.1", "204"),
        (&elsewhere, &elsewhere, "localhost", "not valid for name"),
        (&expired, &expired, "localhost", "expired"),
        // An authority of the same name.
        (&good, &expired, "localhost", "BadSignature"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = directory.path().join(format!("{place}.pem"));
        std::fs::write(&file, &roots.root).unwrap();
        let responder = TestResponder::new(identity, |_, stream| {
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        });
        let said = called(&format!("https://{host}:{}", responder.port()), &file);
        assert!(said.contains(expected), "{place} {host}: {said}");
        assert_eq!(responder.received_requests().len(), usize::from(expected == "204"), "{place}");
    }
    let nothing = called("https://localhost:1", &directory.path().join("missing.pem"));
    assert!(nothing.contains("ca-certificates"), "{nothing}");
}

/// What a call in a process of its own comes to, whose system has these roots.
fn called(base: &str, roots: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "without_a_pin_the_systems_roots_decide"])
        .env(BASE, base)
        .env(ROOTS, roots)
        .env("SSL_CERT_DIR", roots.with_extension("d"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn call_by_the_systems_roots(base: &str) {
    let base: temoin_sync::ResponderUrl = base.parse().unwrap();
    let fixture = SyncFixture::new();
    let request = temoin_protocol::RegisterRequest::new(fixture.id());
    let post = HttpRequest::register(&request, &base);
    let answer = Client::new(base, ServerTrust::System, CALL_TIMEOUT)
        .and_then(|client| client.call(&post, &fixture.way(), None));
    let said = answer.map_or_else(|error| error.to_string(), |it| it.status.to_string());
    io::stdout().write_all(said.as_bytes()).unwrap();
}

#[test]
fn a_proxy_is_handed_the_name_and_carries_the_same_bytes() {
    let fixture = fixture_with_receipt();
    let responder = fixture.honest();
    let port = responder.port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&asked);
    let proxy = TestResponder::plain(move |mut stream: TcpStream, _| {
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting)?;
        stream.write_all(&[5, 0])?;
        let mut request = [0; 4 + 1 + 9 + 2];
        stream.read_exact(&mut request)?;
        own.lock().unwrap().extend_from_slice(&request);
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
        relay(stream, TcpStream::connect(("127.0.0.1", port))?)
    });
    let way =
        Route::Proxy(format!("socks5h://127.0.0.1:{}", proxy.port()).parse::<Proxy>().unwrap());
    // A name that only the proxy could resolve.
    let base = format!("https://localhost:{port}").parse().unwrap();
    let operator = SyncTarget { base, ..fixture.operator(&responder) };
    fixture
        .with(&operator, |inquiry| {
            inquiry.ask(inquiry.plan(&draw_randomness().unwrap()).unwrap(), &way, None)
        })
        .unwrap();
    assert_eq!(asked.lock().unwrap()[..14], *b"\x05\x01\x00\x03\x09localhost");
    let request = responder.received_requests().pop().unwrap().request;
    assert!(request.starts_with(b"POST /temoin/2/status HTTP/1.1\r\nHost: localhost:"));
}
