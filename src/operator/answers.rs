//! The part of the responder that may have to wait: for the store, and for events in the spool.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use super::hook_trail::HookTrail;
use super::keys::{ClockBehind, FileStamp, KeyError, KeyFile, SigningKeys};
use super::rate_limiter::{REGISTRATIONS_PER_HOUR, RateLimiter, STATUS_REQUESTS_PER_HOUR};
use super::routes::tunnel_to;
use super::status_answer::{OCTETS, answer_status};
use super::store::{BindOutcome, Holder, Registration};
use super::{Location, Store, StoreError};
use temoin_core::session::{SessionId, Timestamp};
use temoin_http::{Reply, Response};
use temoin_protocol::{RegisterRequest, Salt, StatusRequest, UnixSeconds};

/// A request that has its form.
pub(super) struct Job {
    pub(super) call: Call,
    /// Where it came from.
    pub(super) source: IpAddr,
    /// When it arrived.
    pub(super) at: Timestamp,
    /// Until when its answer is waited for.
    pub(super) deadline: Instant,
    pub(super) reply: Reply,
}

/// What is asked.
pub(super) enum Call {
    Register(RegisterRequest),
    Status(Box<StatusRequest>),
}

/// Answers one request after the other.
pub(super) struct Worker {
    store: StoreAccess,
    keys: KeyAccess,
    trail: HookTrail,
    registrations: HolderLimits,
    status_requests: HolderLimits,
    crowds: Crowds,
    /// Whether the last request failed, so that the next failure is not logged again.
    is_failing: bool,
}

impl Worker {
    pub(super) fn new(store: Location, keys: KeyAccess, trail: HookTrail) -> Self {
        Self {
            store: StoreAccess { open: None, location: store },
            keys,
            trail,
            registrations: HolderLimits::per_hour(REGISTRATIONS_PER_HOUR),
            status_requests: HolderLimits::per_hour(STATUS_REQUESTS_PER_HOUR),
            crowds: Crowds::default(),
            is_failing: false,
        }
    }

    /// Answers until nobody asks any more.
    pub(super) fn run(mut self, queue: &Receiver<Job>) {
        // So that a store that cannot be used is in the log before the first box asks.
        let opened = self.store.with(|_| Ok(()));
        self.log_failure(opened.err().as_ref().map(|error| error as _));
        for job in queue {
            let Job { call, source, at, deadline, reply } = job;
            if Instant::now() >= deadline {
                continue;
            }
            let answered = match call {
                Call::Register(request) => self.register(source, &request, at, deadline),
                Call::Status(request) => self.status(source, &request, at),
            };
            let response = match answered {
                Ok(response) => {
                    self.log_failure(None);
                    response
                }
                Err(error) => {
                    self.log_failure(Some(&error));
                    Response::empty(503)
                }
            };
            reply.send(response);
        }
    }

    fn register(
        &mut self,
        source: IpAddr,
        request: &RegisterRequest,
        at: Timestamp,
        deadline: Instant,
    ) -> Result<Response, CallError> {
        let holder = self.store.with(|store| store.holder(source))?;
        if !self.registrations.allow(source, holder) {
            return Ok(Response::empty(429));
        }
        if self.crowds.is_one(source, request.id()) {
            return Ok(Response::empty(503));
        }
        let at = UnixSeconds::containing(at).ok_or(CallError::Clock)?;
        if !self.is_certain(deadline)? {
            return Ok(Response::empty(503));
        }
        let HookTrail { gateway, spool, openvpn_user, .. } = &self.trail;
        let (series, lost) = spool.series().read().map_err(CallError::Spool)?;
        let device = tunnel_to(source.to_canonical());
        let registration = Registration {
            id: request.id(),
            source,
            gateway,
            device: device.as_deref(),
            is_lossy: lost > 0 || *openvpn_user,
            series,
            at,
            deadline,
        };
        let bound = self.store.with(|store| {
            if store.claim_name(gateway)? { store.bind(&registration).map(Some) } else { Ok(None) }
        })?;
        Ok(Response::empty(match bound {
            Some(BindOutcome::Bound) => 204,
            Some(BindOutcome::Conflict) => 409,
            Some(BindOutcome::NoSession) => 404,
            Some(BindOutcome::TooLate) => 503,
            None => return Err(CallError::NameTaken(gateway.clone())),
        }))
    }

    /// Waits until every event is recorded that was in the spool when this was called; `false` where
    /// that takes too long, or where a lost hook cannot be noted.
    fn is_certain(&self, deadline: Instant) -> Result<bool, CallError> {
        let HookTrail { spool, unsure, .. } = &self.trail;
        if unsure.load(Ordering::SeqCst) {
            if spool.series().note_lost(1).is_err() {
                return Ok(false);
            }
            unsure.store(false, Ordering::SeqCst);
        }
        let waiting: HashSet<String> = spool.waiting().map_err(CallError::Spool)?;
        while !spool.waiting().map_err(CallError::Spool)?.is_disjoint(&waiting) {
            if Instant::now() + LOOK_PAUSE >= deadline {
                return Ok(false);
            }
            thread::sleep(LOOK_PAUSE);
        }
        Ok(true)
    }

    fn status(
        &mut self,
        source: IpAddr,
        request: &StatusRequest,
        at: Timestamp,
    ) -> Result<Response, CallError> {
        let holder = self.store.with(|store| store.holder(source))?;
        if !self.status_requests.allow(source, holder) {
            return Ok(Response::empty(429));
        }
        let at = UnixSeconds::containing(at).ok_or(CallError::Clock)?;
        let keys = self.keys.current(at)?;
        let (key, rotation) = (keys.at(at)?, keys.rotation());
        let entries = self.store.with(|store| store.look_up(request.ids()))?;
        // Drawn for each entry alike, whatever is held.
        let salts = draw_salts()?;
        let answer = answer_status(request, at, &key, rotation, &salts, |id| entries.get(id));
        Ok(Response::new(200, OCTETS, answer.to_bytes()))
    }

    /// Logs a failure that the operator can fix, once until it is over.
    fn log_failure(&mut self, error: Option<&dyn fmt::Display>) {
        match error {
            Some(error) if !self.is_failing => log::error!("boxes get no answer: {error}"),
            None if self.is_failing => log::info!("boxes get answers again"),
            _ => {}
        }
        self.is_failing = error.is_some();
    }
}

/// Limits for whoever has more than one address.
struct HolderLimits {
    of_holders: RateLimiter<i64>,
    of_networks: RateLimiter<u128>,
}

impl HolderLimits {
    fn per_hour(calls: u32) -> Self {
        Self {
            of_holders: RateLimiter::per_hour(calls),
            of_networks: RateLimiter::per_hour(calls * STRANGERS),
        }
    }

    /// Whether a source may call now. One that is assigned to a session is counted by itself, elsewhere;
    /// those of a delegated prefix are counted as one. Of others it is not known how many one member
    /// has, so those of a network are counted together.
    fn allow(&mut self, source: IpAddr, holder: Holder) -> bool {
        let now = Instant::now();
        match (source, holder) {
            (IpAddr::V4(_), _) | (_, Holder::Assigned) => true,
            (_, Holder::Delegated(session)) => self.of_holders.allow(session, now),
            (IpAddr::V6(address), Holder::Unknown) => {
                self.of_networks.allow(address.to_bits() >> 80, now)
            }
        }
    }
}

/// Addresses from which more boxes register than can be behind one: a web server or an address
/// translation hides theirs.
#[derive(Default)]
struct Crowds {
    /// The first bytes of the IDs that each address registered, since the beginning of the hour.
    ids: HashMap<IpAddr, HashSet<u64>>,
    began: Option<Instant>,
}

impl Crowds {
    /// Whether a crowd registers from this address; says so once an hour.
    fn is_one(&mut self, source: IpAddr, id: &SessionId) -> bool {
        let now = Instant::now();
        if self.began.is_none_or(|began| now - began > HOUR) || self.ids.len() >= MAX_SOURCES {
            self.ids.clear();
            self.began = Some(now);
        }
        let ids = self.ids.entry(source).or_default();
        let before = ids.len();
        if before <= MOST_BOXES {
            let first = id.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
            ids.insert(first);
            if ids.len() > MOST_BOXES && before <= MOST_BOXES {
                log::error!(
                    "many boxes register from one address: an address translation or a web server \
                     hides theirs, so none of them is registered"
                );
            }
        }
        ids.len() > MOST_BOXES
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
            None => Store::open_for_requests(&self.location)?,
        };
        let done = action(&mut store)?;
        self.open = Some(store);
        Ok(done)
    }
}

/// The key, read again when its file has changed or another takes over.
pub(super) struct KeyAccess {
    pub(super) file: KeyFile,
    pub(super) stamp: FileStamp,
    pub(super) current: SigningKeys,
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
    NameTaken(String),
    Random,
    Spool(io::Error),
    Store(StoreError),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock => f.write_str("the clock stands before 1970: set it right"),
            Self::Key(error) => error.fmt(f),
            Self::KeyGone(error) => error.fmt(f),
            Self::NameTaken(name) => write!(
                f,
                "another machine serves as gateway {name} with this database: give each a \
                 gateway.name of its own"
            ),
            Self::Spool(error) => write!(f, "the spool cannot be read: {error}"),
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

/// How often the spool is looked at while a registration waits for it.
const LOOK_PAUSE: Duration = Duration::from_millis(5);

/// How many times the limit of one source a network of unknown ones has.
const STRANGERS: u32 = 50;

/// How many different IDs one address may register in an hour: a session has one.
const MOST_BOXES: usize = 16;

const HOUR: Duration = Duration::from_secs(3_600);

/// How many addresses are remembered.
const MAX_SOURCES: usize = 8_192;
