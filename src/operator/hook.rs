//! The script that OpenVPN's server runs when a client connects or disconnects. It never refuses a
//! client and never delays the others: it reports errors in OpenVPN's log, and exits with success.
//!
//! OpenVPN blocks while a script runs. So this process pushes the client's box its origin, starts a
//! worker that writes the event to the spool, waits for that no longer than [`SPOOL_TIMEOUT`], and exits.
//! The worker runs on in the background and delivers the spool to the store; while the store is
//! unavailable, it retries for [`RETRY_PERIOD`].

use std::collections::HashMap;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fmt, thread};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::event::{Event, EventKind};
use super::spool::{Spool, SpoolOutcome};
use super::{Config, Store, StoreError};
use temoin_core::session::Timestamp;

/// How long OpenVPN is blocked at most.
pub const SPOOL_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the worker retries to reach the store.
pub const RETRY_PERIOD: Duration = Duration::from_secs(3600);

/// The part that OpenVPN waits for. `dynamic` is the file that OpenVPN names on the command line of
/// `client-connect`.
///
/// # Errors
/// For OpenVPN's log: the session may be missing from the record, or the box was not told its
/// origin.
pub fn supervise(
    kind: EventKind,
    config_path: &Path,
    dynamic: Option<&Path>,
) -> Result<(), Box<dyn Error>> {
    let environment: HashMap<String, String> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let config = Config::read(config_path)?;
    let dynamic = dynamic
        .map(Path::to_owned)
        .or_else(|| environment.get("client_connect_config_file").map(PathBuf::from))
        .filter(|_| kind == EventKind::Connect);
    let overrides =
        Event::overrides(&environment, config.client_config_dir.as_deref(), dynamic.as_deref());
    let event = Event::read(kind, &environment, &overrides, now())?;
    let worker = record(&event, config_path);
    if let Some(dynamic) = dynamic.filter(|_| config.push_origin) {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(dynamic)
            .and_then(|mut file| file.write_all(event.push_lines().as_bytes()))?;
    }
    worker
}

/// Starts the worker and waits until the event is in the spool.
fn record(event: &Event, config_path: &Path) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let mut worker = Command::new(env::current_exe()?)
        .arg("--config")
        .arg(config_path)
        .args(["hook", "record"])
        .env_clear()
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let bytes = postcard::to_stdvec(event)?;
    if let Some(mut input) = worker.stdin.take() {
        // Fails if the worker is gone, which is reported below.
        let _ = input.write_all(&bytes);
    }
    let Some(mut output) = worker.stdout.take() else { return Err(Box::new(NotRecorded)) };
    loop {
        let left = SPOOL_TIMEOUT.saturating_sub(began.elapsed());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        match poll(&mut [PollFd::new(output.as_fd(), PollFlags::POLLIN)], timeout) {
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
            Ok(0) => return Err(Box::new(SpoolTimeout)),
            Ok(_) => break,
        }
    }
    let mut said = [0];
    output.read_exact(&mut said).map_err(|_| Box::new(NotRecorded) as Box<dyn Error>)
}

/// The worker: writes the event from standard input to the spool, acknowledges that, and delivers the
/// spool to the store.
///
/// # Errors
/// For OpenVPN's log. Spooled events stay in the spool.
pub fn spool_and_deliver(config: &Config) -> Result<(), Box<dyn Error>> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let spool = Spool::at(&config.spool);
    spool
        .put(&postcard::from_bytes(&bytes)?)
        .map_err(|error| SpoolUnavailable { directory: config.spool.clone(), error })?;
    let mut output = io::stdout();
    output.write_all(b".").and_then(|()| output.flush())?;
    let Err(error) = deliver(&spool, config) else { return Ok(()) };
    if !error.is_transient() {
        return Err(error.into());
    }
    let Some(_retry_lock) = spool.try_lock_retries()? else { return Ok(()) };
    let began = Instant::now();
    let mut pause = Duration::from_secs(1);
    loop {
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(60));
        match deliver(&spool, config) {
            Err(error) if error.is_transient() && began.elapsed() < RETRY_PERIOD => {}
            done => return Ok(done.map(drop)?),
        }
    }
}

/// Delivers the spooled events to the store; returns how many.
///
/// # Errors
/// [`DeliveryError`]; undelivered events stay in the spool.
pub fn deliver(spool: &Spool, config: &Config) -> Result<usize, DeliveryError> {
    let name = config.gateway_name();
    let mut store = None;
    spool.drain(|event| {
        let kind = event.kind;
        let Some((run, record)) = event.into_record(&name, config) else {
            return Ok(SpoolOutcome::Refused);
        };
        let store: &mut Store = match &mut store {
            Some(store) => store,
            none => none.insert(Store::open(&config.store)?),
        };
        match kind {
            EventKind::Connect => store.begin_session(&run, &record, &config.policy)?,
            EventKind::Disconnect => store.end_session(&run, &record, &config.policy)?,
        }
        Ok(SpoolOutcome::Done)
    })
}

/// The present moment.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH.shifted(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Why spooled events were not delivered.
#[derive(Debug)]
pub enum DeliveryError {
    /// The spool cannot be read.
    Spool(io::Error),
    /// The store failed.
    Store(StoreError),
}

impl DeliveryError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Spool(_) => false,
            Self::Store(error) => error.is_transient(),
        }
    }
}

impl From<io::Error> for DeliveryError {
    fn from(error: io::Error) -> Self {
        Self::Spool(error)
    }
}

impl From<StoreError> for DeliveryError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spool(error) => write!(
                f,
                "the spool cannot be used: {error}. Check gateway.spool in the configuration and \
                 that this user may write there."
            ),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Error for DeliveryError {}

/// The event may still be recorded.
#[derive(Debug)]
struct SpoolTimeout;

impl fmt::Display for SpoolTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("recording takes long, as on a disk that hangs: it goes on by itself")
    }
}

impl Error for SpoolTimeout {}

#[derive(Debug)]
struct NotRecorded;

impl fmt::Display for NotRecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the session is missing from the record: see the line before this one; where there is \
             none, something killed temoin-operator",
        )
    }
}

impl Error for NotRecorded {}

#[derive(Debug)]
struct SpoolUnavailable {
    directory: PathBuf,
    error: io::Error,
}

impl fmt::Display for SpoolUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directory = self.directory.display();
        write!(f, "{directory}: {}. OpenVPN's user must be able to write there.", self.error)
    }
}

impl Error for SpoolUnavailable {}
