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

use temoin::domain::{ClockReading, Session, SessionId, Timestamp};
use temoin::inquiry::{Inquiry, InquiryError, Operator, Report, draw, tunnel_of};
use temoin::journal::{Dealing, Reader};
use temoin::protocol::{Refused, SigningKey, StatusRequest};
use temoin::sync::{PATIENCE, Registration, Way};
use tempfile::TempDir;

use crate::responder::{Identity, Responder, Store, body, http, reading, record};

/// A box with one session, and an operator who knows it.
pub struct Scene {
    pub directory: TempDir,
    pub sessions: Vec<Session>,
    pub identity: Identity,
    pub store: Arc<Mutex<Store>>,
    pub now: Timestamp,
    pub synchronised: bool,
    pub patience: Duration,
}

impl Scene {
    pub fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let sessions = record(directory.path(), 1, reading(now));
        let mut store = Store::new(now);
        store.hold(sessions[0].id, "2027-11-25");
        Self {
            directory,
            sessions,
            identity: Identity::new(&["127.0.0.1"], 2090),
            store: Arc::new(Mutex::new(store)),
            now,
            synchronised: true,
            patience: PATIENCE,
        }
    }

    pub fn id(&self) -> SessionId {
        self.sessions[0].id
    }

    pub fn way(&self) -> Way {
        Way::Tunnel(tunnel_of(&self.sessions[0]).unwrap())
    }

    /// An honest responder.
    pub fn honest(&self) -> Responder {
        let store = Arc::clone(&self.store);
        Responder::new(&self.identity, move |request, stream| {
            if request.starts_with(b"POST /temoin/1/register ") {
                return stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
            }
            stream.write_all(&http("200 OK", &store.lock().unwrap().answer(request)))
        })
    }

    /// A responder that changes what an honest one would send.
    pub fn changed(&self, mut change: impl FnMut(&mut Vec<u8>) + Send + 'static) -> Responder {
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
    ) -> Responder {
        Responder::new(&self.identity, move |request, stream| stream.write_all(&answer(request)))
    }

    pub fn operator(&self, responder: &Responder) -> Operator {
        responder.operator(&self.identity, &SigningKey::from_seed(&[0x11; 32]))
    }

    pub fn with<T>(&self, operator: &Operator, ask: impl FnOnce(&Inquiry<'_>) -> T) -> T {
        let clock = || Ok(ClockReading { synchronised: self.synchronised, ..reading(self.now) });
        ask(&Inquiry {
            directory: self.directory.path(),
            operator,
            clock: &clock,
            patience: self.patience,
            recall: None,
        })
    }

    pub fn register(&self, responder: &Responder) -> Result<Registration, InquiryError> {
        self.with(&self.operator(responder), |inquiry| inquiry.register(&self.sessions[0]))
    }

    pub fn ask(&self, responder: &Responder) -> Result<Report, InquiryError> {
        self.with(&self.operator(responder), |inquiry| {
            inquiry.ask(inquiry.plan(&draw()?)?, &self.way(), None)
        })
    }

    pub fn dealing(&self) -> Dealing {
        let reader = Reader::open(self.directory.path()).unwrap().unwrap();
        reader.dealing(&self.id()).unwrap().unwrap()
    }

    /// What the newest entry of the ledger says of its end.
    pub fn noted(&self) -> (Option<u16>, Option<String>) {
        let reader = Reader::open(self.directory.path()).unwrap().unwrap();
        let outcome = reader.ledger(0, 1).unwrap().remove(0).outcome.unwrap();
        (outcome.answer.map(|answer| answer.status), outcome.failure)
    }

    /// That this responder is refused for `reason`, and what the box has is as before.
    pub fn assert_refused(&self, responder: &Responder, reason: Refused) {
        let before = self.dealing();
        let error = self.ask(responder).unwrap_err();
        assert!(matches!(error, InquiryError::Refused(found) if found == reason), "{error:?}");
        assert_eq!(self.noted(), (Some(200), Some(error.name().to_owned())));
        let after = self.dealing();
        assert_eq!((after.held, after.not_held), (before.held, before.not_held));
        assert_eq!(after.registration, before.registration);
    }

    /// How many sessions the request with this number, counted from 1, named of those that are known.
    pub fn sampled(&self, responder: &Responder, number: usize) -> usize {
        let heard = &responder.heard()[number - 1];
        let request = StatusRequest::from_bytes(body(&heard.request)).unwrap();
        request.ids().iter().filter(|id| **id == self.id()).count()
    }
}

/// A box that has registered its session, and has a receipt of it.
pub fn acquainted() -> Scene {
    let scene = Scene::new();
    let honest = scene.honest();
    assert_eq!(scene.register(&honest).unwrap(), Registration::Bound);
    let report = scene.ask(&honest).unwrap();
    assert_eq!(report.receipts.len(), 1);
    assert!(scene.dealing().held.is_some());
    scene
}
