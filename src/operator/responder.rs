use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::Builder;
use std::time::Instant;
use std::{fmt, io};

use chrono::{DateTime, Utc};

use super::Location;
use super::answers::{Call, Job, KeyAccess, Worker};
use super::hook_trail::HookTrail;
use super::keys::{KeyError, KeyFile};
use super::rate_limiter::{self, RateLimiter};
use super::status_answer::OCTETS;
use temoin_core::session::Timestamp;
use temoin_http::{
    BadRequest, BodyLimit, Handler, Head, Method, Peer, REPLY_TIMEOUT, Reply, Request, Response,
};
use temoin_protocol::{RegisterRequest, StatusRequest, parse_address};

/// Answers the two calls of `src/protocol/PROTOCOL.md` from the store.
///
/// No request leaves a trace but the ID that it registers: addresses, IDs and answers are not logged,
/// salts and digests exist only within an answer.
///
/// Whatever may take time is done on a thread of its own, in the order in which requests come. A request
/// that it cannot answer in time is answered with 503, and not looked at any more.
pub struct Responder {
    jobs: SyncSender<Job>,
    registrations: RateLimiter<IpAddr>,
    status_requests: RateLimiter<IpAddr>,
    clock: Clock,
    /// Whether the web server's mistake is logged.
    has_logged: bool,
}

/// Where the time comes from.
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

impl Responder {
    /// How many registrations an hour are answered to one source.
    pub const REGISTRATIONS_PER_HOUR: u32 = rate_limiter::REGISTRATIONS_PER_HOUR;

    /// How many status requests an hour are answered to one source.
    pub const STATUS_REQUESTS_PER_HOUR: u32 = rate_limiter::STATUS_REQUESTS_PER_HOUR;

    /// Answers from this store, by this key.
    ///
    /// # Errors
    /// [`ResponderError`] where the key cannot be used or no thread be made; what fails later, as where
    /// the store is away, only delays answers.
    pub fn new(
        store: Location,
        keys: KeyFile,
        trail: HookTrail,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, ResponderError> {
        let clock: Clock = Arc::new(clock);
        let stamp = keys.stamp()?;
        let keys = KeyAccess { current: keys.read()?, stamp, file: keys };
        let worker = Worker::new(store, keys, trail);
        let (jobs, queue) = sync_channel(Self::MAX_CONNECTIONS);
        // Not waited for at the end: it may hang with the database.
        Builder::new().name("answers".to_owned()).spawn(move || worker.run(&queue))?;
        Ok(Self {
            jobs,
            registrations: RateLimiter::per_hour(Self::REGISTRATIONS_PER_HOUR),
            status_requests: RateLimiter::per_hour(Self::STATUS_REQUESTS_PER_HOUR),
            clock,
            has_logged: false,
        })
    }

    /// What is asked, if it is asked rightly.
    fn call(&mut self, request: &Request) -> Result<(Call, IpAddr), Response> {
        let head = &request.head;
        let path = Path::at(&head.target).ok_or_else(|| Response::empty(404))?;
        if head.method != Method::Post {
            return Err(Response::empty(405).with("Allow", "POST"));
        }
        if !head.values("Content-Type").eq([OCTETS]) {
            return Err(Response::empty(415));
        }
        let Some(source) = source(request) else {
            if !std::mem::replace(&mut self.has_logged, true) {
                log::error!(
                    "boxes get no answer: the web server before this one does not send X-Real-IP, or \
                     twice"
                );
            }
            return Err(Response::empty(503));
        };
        let limits = match path {
            Path::Register => &mut self.registrations,
            Path::Status => &mut self.status_requests,
        };
        if !limits.allow(source, Instant::now()) {
            return Err(Response::empty(429));
        }
        let read = match path {
            Path::Register => RegisterRequest::from_bytes(&request.body).ok().map(Call::Register),
            Path::Status => {
                StatusRequest::from_bytes(&request.body).ok().map(|it| Call::Status(Box::new(it)))
            }
        };
        Ok((read.ok_or_else(|| Response::empty(400))?, source))
    }
}

impl Handler for Responder {
    /// High enough that a source with many connections displaces only its own.
    const MAX_CONNECTIONS: usize = 256;

    fn body_limit(&self, head: &Head) -> BodyLimit {
        match (&head.method, Path::at(&head.target)) {
            (Method::Post, Some(Path::Register)) => BodyLimit::Exactly(RegisterRequest::SIZE),
            (Method::Post, Some(Path::Status)) => BodyLimit::Exactly(StatusRequest::SIZE),
            _ => BodyLimit::Unread,
        }
    }

    fn begin(&mut self, request: &mut Request, reply: Reply) -> Option<Response> {
        let (call, source) = match self.call(request) {
            Ok(asked) => asked,
            Err(refusal) => return Some(refusal),
        };
        let (at, deadline) = ((self.clock)(), Instant::now() + REPLY_TIMEOUT);
        match self.jobs.try_send(Job { call, source, at, deadline, reply }) {
            Ok(()) => None,
            // It hangs, and as many wait for it as may.
            Err(_) => Some(Response::empty(503)),
        }
    }

    fn answer(&mut self, request: &mut Request) -> Response {
        let Ok((reply, pending)) = Reply::to_wait_for() else { return Response::empty(503) };
        let response = self.begin(request, reply).or_else(|| pending.wait(REPLY_TIMEOUT));
        response.unwrap_or_else(|| Response::empty(503))
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

/// The paths of the two calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Path {
    Register,
    Status,
}

impl Path {
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

/// Why nothing can be answered from the beginning.
#[derive(Debug)]
pub enum ResponderError {
    /// The key cannot be used.
    Key(KeyError),
    /// No thread can be made.
    Thread(io::Error),
}

impl fmt::Display for ResponderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "no thread can be made: {error}"),
        }
    }
}

impl std::error::Error for ResponderError {}

impl From<KeyError> for ResponderError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<io::Error> for ResponderError {
    fn from(error: io::Error) -> Self {
        Self::Thread(error)
    }
}
