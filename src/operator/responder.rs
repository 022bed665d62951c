use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Instant;

use super::keys::{ClockBehind, FileStamp, KeyError, KeyFile, SigningKeys};
use super::rate_limiter::RateLimiter;
use super::{BindOutcome, HeldRecord, Location, Store, StoreError};
use chrono::{DateTime, Utc};
use temoin_core::session::{SessionId, Timestamp};
use temoin_http::{
    BadRequest, BodyLimit, ClientSource, Handler, Head, Method, Peer, Request, Response,
};
use temoin_protocol::{
    CanonicalValue, Held, RegisterRequest, Rotation, Salt, SigningKey, StatusAnswer, StatusRequest,
    StoredRecord, UnixSeconds, parse_address,
};

/// Answers the two calls of `src/protocol/PROTOCOL.md` from the store.
///
/// No request leaves a trace but the ID that it registers: addresses, IDs and answers are not logged,
/// salts and digests exist only within an answer.
pub struct Responder {
    store: StoreAccess,
    keys: KeyAccess,
    registrations: RateLimiter,
    status_requests: RateLimiter,
    clock: Box<dyn Fn() -> Timestamp + Send>,
    /// Whether the last request failed, so that the next failure is not logged again.
    failing: bool,
}

impl Responder {
    /// How many registrations an hour are answered to one source.
    pub const REGISTRATIONS_PER_HOUR: u32 = 60;

    /// How many status requests an hour are answered to one source.
    pub const STATUS_REQUESTS_PER_HOUR: u32 = 12;

    /// Answers from this store, by this key.
    ///
    /// # Errors
    /// [`ResponderError`] where either cannot be used; what fails later only delays answers.
    pub fn new(
        store: Location,
        keys: KeyFile,
        clock: impl Fn() -> Timestamp + Send + 'static,
    ) -> Result<Self, ResponderError> {
        let stamp = keys.stamp()?;
        Ok(Self {
            store: StoreAccess { open: Some(Store::open(&store)?), location: store },
            keys: KeyAccess { current: keys.read()?, stamp, file: keys },
            registrations: RateLimiter::per_hour(Self::REGISTRATIONS_PER_HOUR),
            status_requests: RateLimiter::per_hour(Self::STATUS_REQUESTS_PER_HOUR),
            clock: Box::new(clock),
            failing: false,
        })
    }

    fn register(&mut self, source: IpAddr, body: &[u8]) -> Result<Response, CallError> {
        let Ok(request) = RegisterRequest::from_bytes(body) else {
            return Ok(Response::empty(400));
        };
        let bound = self.store.with(|store| store.bind(source, request.id()))?;
        Ok(Response::empty(match bound {
            BindOutcome::Bound => 204,
            BindOutcome::Conflict => 409,
            BindOutcome::NoSession => 404,
        }))
    }

    fn status(&mut self, body: &[u8]) -> Result<Response, CallError> {
        let Ok(request) = StatusRequest::from_bytes(body) else {
            return Ok(Response::empty(400));
        };
        let at = UnixSeconds::containing((self.clock)()).ok_or(CallError::Clock)?;
        let keys = self.keys.current(at)?;
        let (key, rotation) = (keys.at(at)?, keys.rotation());
        let entries = self.store.with(|store| store.look_up(request.ids()))?;
        // Drawn for each entry alike, whatever is held.
        let salts = draw_salts()?;
        let answer = answer_status(&request, at, &key, rotation, &salts, |id| entries.get(id));
        Ok(Response::new(200, OCTETS, answer.to_bytes()))
    }

    /// Logs a failure that the operator can fix, once until it is over.
    fn log_failure(&mut self, error: Option<&dyn fmt::Display>) {
        match error {
            Some(error) if !self.failing => log::error!("boxes get no answer: {error}"),
            None if self.failing => log::info!("boxes get answers again"),
            _ => {}
        }
        self.failing = error.is_some();
    }
}

impl Handler for Responder {
    /// High enough that a source with many connections displaces only its own.
    const MAX_CONNECTIONS: usize = 256;

    fn body_limit(&self, head: &Head) -> BodyLimit {
        match (&head.method, Call::at(&head.target)) {
            (Method::Post, Some(Call::Register)) => BodyLimit::Exactly(RegisterRequest::SIZE),
            (Method::Post, Some(Call::Status)) => BodyLimit::Exactly(StatusRequest::SIZE),
            _ => BodyLimit::Unread,
        }
    }

    fn answer(&mut self, request: &Request) -> Response {
        let head = &request.head;
        let Some(call) = Call::at(&head.target) else { return Response::empty(404) };
        if head.method != Method::Post {
            return Response::empty(405).with("Allow", "POST");
        }
        if !head.values("Content-Type").eq([OCTETS]) {
            return Response::empty(415);
        }
        let Some(source) = source(request) else {
            self.log_failure(Some(
                &"the web server before this one does not send X-Real-IP, or twice",
            ));
            return Response::empty(503);
        };
        let limits = match call {
            Call::Register => &mut self.registrations,
            Call::Status => &mut self.status_requests,
        };
        if !limits.allow(ClientSource::of(source), Instant::now()) {
            return Response::empty(429);
        }
        let answered = match call {
            Call::Register => self.register(source, &request.body),
            Call::Status => self.status(&request.body),
        };
        match answered {
            Ok(response) => {
                self.log_failure(None);
                response
            }
            Err(error) => {
                self.log_failure(Some(&error));
                Response::empty(503)
            }
        }
    }

    fn refuse(&self, _: Option<&Head>, bad: BadRequest) -> Response {
        Response::empty(match bad {
            BadRequest::BodyTooShort | BadRequest::Malformed => 400,
            BadRequest::BodyWithoutLength => 411,
            BadRequest::BodyTooLong => 413,
            BadRequest::TooLong => 431,
        })
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)().to_utc()
    }
}

/// Builds the answer to a request: for each ID what `look_up` has, under a salt of its own.
pub fn answer_status<'a>(
    request: &StatusRequest,
    at: UnixSeconds,
    key: &SigningKey,
    rotation: Option<Rotation>,
    salts: &[Salt; StatusRequest::IDS],
    look_up: impl Fn(&SessionId) -> Option<&'a HeldRecord>,
) -> StatusAnswer {
    let found = request.ids().iter().zip(salts).filter_map(|(id, salt)| {
        let entry = look_up(id)?;
        Some((id, (entry.held()?, entry.record.values(), *salt)))
    });
    let found: HashMap<&SessionId, (Held, Vec<CanonicalValue>, Salt)> = found.collect();
    StatusAnswer::new(request, at, key, rotation, |id| {
        let (held, values, salt) = found.get(id)?;
        Some(StoredRecord { held: *held, values, salt: *salt })
    })
}

/// The two calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Call {
    Register,
    Status,
}

impl Call {
    fn at(target: &str) -> Option<Self> {
        match target {
            RegisterRequest::PATH => Some(Self::Register),
            StatusRequest::PATH => Some(Self::Status),
            _ => None,
        }
    }
}

/// The address that a request came from. Only the web server in front of the socket may name another
/// one than the connection's.
fn source(request: &Request) -> Option<IpAddr> {
    match request.peer {
        Peer::Network(address) => Some(address.ip().to_canonical()),
        Peer::Socket => {
            let mut told = request.head.values("X-Real-IP");
            let address = parse_address(told.next()?)?;
            told.next().is_none().then_some(address)
        }
    }
}

/// A salt for each entry, from the system's random source.
fn draw_salts() -> Result<[Salt; StatusRequest::IDS], CallError> {
    let mut bytes = [[0; 32]; StatusRequest::IDS];
    getrandom::fill(bytes.as_flattened_mut()).map_err(|_| CallError::Random)?;
    let salts: Option<Vec<Salt>> = bytes.into_iter().map(Salt::from_random).collect();
    salts.and_then(|salts| salts.try_into().ok()).ok_or(CallError::Random)
}

/// The store, opened again after it could not be used.
struct StoreAccess {
    location: Location,
    open: Option<Store>,
}

impl StoreAccess {
    fn with<T>(
        &mut self,
        action: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut store = match self.open.take() {
            Some(store) => store,
            None => Store::open(&self.location)?,
        };
        let done = action(&mut store)?;
        self.open = Some(store);
        Ok(done)
    }
}

/// The key, read again when its file has changed or another takes over.
struct KeyAccess {
    file: KeyFile,
    stamp: FileStamp,
    current: SigningKeys,
}

impl KeyAccess {
    fn current(&mut self, now: UnixSeconds) -> Result<&SigningKeys, KeyError> {
        let stamp = self.file.stamp()?;
        if stamp != self.stamp {
            self.current = self.file.read()?;
            self.stamp = stamp;
        }
        if self.current.is_rotation_due(now) {
            match self.file.finish_rotation(now) {
                Ok(keys) => {
                    self.current = keys;
                    self.stamp = self.file.stamp()?;
                }
                // The new key signs all the same.
                Err(error) => log::warn!("the old secret key is not erased yet: {error}"),
            }
        }
        Ok(&self.current)
    }
}

/// Why a call is answered with 503.
#[derive(Debug)]
enum CallError {
    Clock,
    Key(KeyError),
    KeyGone(ClockBehind),
    Random,
    Store(StoreError),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock => f.write_str("the clock stands before 1970: set it right"),
            Self::Key(error) => error.fmt(f),
            Self::KeyGone(error) => error.fmt(f),
            Self::Random => f.write_str("the system has no random bytes to give"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl From<StoreError> for CallError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<KeyError> for CallError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<ClockBehind> for CallError {
    fn from(error: ClockBehind) -> Self {
        Self::KeyGone(error)
    }
}

/// Why nothing can be answered from the beginning.
#[derive(Debug)]
pub enum ResponderError {
    /// The key cannot be used.
    Key(KeyError),
    /// The store cannot be used.
    Store(StoreError),
}

impl fmt::Display for ResponderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ResponderError {}

impl From<KeyError> for ResponderError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<StoreError> for ResponderError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

const OCTETS: &str = "application/octet-stream";
