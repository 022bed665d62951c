//! A box with a record, and an operator whose answers a test may change.

#![allow(
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a part of several test programs, each of which uses its own share"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use temoin::internals::{StatusReport, SyncError, SyncRun, SyncTarget, draw_randomness, tunnel_of};
use temoin_core::assessment::SyncState;
use temoin_core::session::{ClockReading, Session, SessionId, Timestamp};
use temoin_journal::Reader;
use temoin_protocol::{ProtocolError, SigningKey, StatusRequest};
use temoin_sync::{CALL_TIMEOUT, RegistrationAnswer, Route};
use tempfile::TempDir;

use crate::responder::{OperatorStub, TestCertificate, TestResponder, body, http, reading, record};

/// A box with one session, and an operator that knows it.
pub struct SyncFixture {
    pub directory: TempDir,
    pub sessions: Vec<Session>,
    pub identity: TestCertificate,
    pub store: Arc<Mutex<OperatorStub>>,
    pub now: Timestamp,
    pub synchronised: bool,
    pub timeout: Duration,
}

impl SyncFixture {
    pub fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let sessions = record(directory.path(), 1, reading(now));
        let mut store = OperatorStub::new(now);
        store.hold(sessions[0].id, "2027-11-25");
        Self {
            directory,
            sessions,
            identity: TestCertificate::new(&["127.0.0.1"], 2090),
            store: Arc::new(Mutex::new(store)),
            now,
            synchronised: true,
            timeout: CALL_TIMEOUT,
        }
    }

    pub fn id(&self) -> SessionId {
        self.sessions[0].id
    }

    pub fn way(&self) -> Route {
        Route::Tunnel(tunnel_of(&self.sessions[0]).unwrap())
    }

    /// An honest responder.
    pub fn honest(&self) -> TestResponder {
        let store = Arc::clone(&self.store);
        TestResponder::new(&self.identity, move |request, stream| {
            if request.starts_with(b"POST /temoin/2/register ") {
                return stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
            }
            stream.write_all(&http("200 OK", &store.lock().unwrap().answer(request)))
        })
    }

    /// A responder that changes what an honest one would send.
    pub fn changed(&self, mut change: impl FnMut(&mut Vec<u8>) + Send + 'static) -> TestResponder {
        let store = Arc::clone(&self.store);
        self.answering(move |request| {
            let mut answer = store.lock().unwrap().answer(request);
            change(&mut answer);
            http("200 OK", &answer)
        })
    }

    /// A responder that sends this.
    pub fn answering(
        &self,
        mut answer: impl FnMut(&[u8]) -> Vec<u8> + Send + 'static,
    ) -> TestResponder {
        TestResponder::new(&self.identity, move |request, stream| {
            stream.write_all(&answer(request))
        })
    }

    pub fn operator(&self, responder: &TestResponder) -> SyncTarget {
        responder.operator(&self.identity, &SigningKey::from_seed(&[0x11; 32]))
    }

    pub fn with<T>(&self, operator: &SyncTarget, ask: impl FnOnce(&SyncRun<'_>) -> T) -> T {
        let clock = || Ok(ClockReading { synchronised: self.synchronised, ..reading(self.now) });
        ask(&SyncRun {
            directory: self.directory.path(),
            target: operator,
            clock: &clock,
            timeout: self.timeout,
            cancel: None,
        })
    }

    pub fn register(&self, responder: &TestResponder) -> Result<RegistrationAnswer, SyncError> {
        self.with(&self.operator(responder), |inquiry| inquiry.register(&self.sessions[0]))
    }

    pub fn ask(&self, responder: &TestResponder) -> Result<StatusReport, SyncError> {
        self.with(&self.operator(responder), |inquiry| {
            inquiry.ask(inquiry.plan(&draw_randomness()?)?, &self.way(), None)
        })
    }

    pub fn sync_state(&self) -> SyncState {
        let reader = Reader::open(self.directory.path()).unwrap().unwrap();
        reader.sync_state(&self.id()).unwrap().unwrap()
    }

    /// What the newest entry of the ledger says of its end.
    pub fn noted(&self) -> (Option<u16>, Option<String>) {
        let reader = Reader::open(self.directory.path()).unwrap().unwrap();
        let outcome = reader.ledger(0, 1).unwrap().remove(0).outcome.unwrap();
        (outcome.answer.map(|answer| answer.status), outcome.failure)
    }

    /// Asserts that this responder is refused for `reason`, and the box's record is unchanged.
    pub fn assert_refused(&self, responder: &TestResponder, reason: ProtocolError) {
        let before = self.sync_state();
        let error = self.ask(responder).unwrap_err();
        assert!(matches!(error, SyncError::Protocol(found) if found == reason), "{error:?}");
        assert_eq!(self.noted(), (Some(200), Some(error.name().to_owned())));
        let after = self.sync_state();
        assert_eq!((after.held, after.not_held), (before.held, before.not_held));
        assert_eq!(after.registration, before.registration);
    }

    /// How many sessions the request with this number, counted from 1, named of those that are known.
    pub fn sampled(&self, responder: &TestResponder, number: usize) -> usize {
        let heard = &responder.received_requests()[number - 1];
        let request = StatusRequest::from_bytes(body(&heard.request)).unwrap();
        request.ids().iter().filter(|id| **id == self.id()).count()
    }
}

/// A box that has registered its session, and has a receipt of it.
pub fn fixture_with_receipt() -> SyncFixture {
    let fixture = SyncFixture::new();
    let honest = fixture.honest();
    assert_eq!(fixture.register(&honest).unwrap(), RegistrationAnswer::Bound);
    let report = fixture.ask(&honest).unwrap();
    assert_eq!(report.receipts.len(), 1);
    assert!(fixture.sync_state().held.is_some());
    fixture
}
