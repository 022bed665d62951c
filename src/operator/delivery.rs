//! Brings spooled events into the store.

use std::error::Error;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::Builder;
use std::time::Duration;
use std::{fmt, io};

use super::event::EventKind;
use super::spool::{Spool, SpoolOutcome};
use super::{Config, Store, StoreError};

/// Delivers the spooled events to the store; returns how many.
///
/// # Errors
/// [`DeliveryError`]; undelivered events stay in the spool.
pub fn deliver(spool: &Spool, config: &Config) -> Result<usize, DeliveryError> {
    deliver_to(&mut None, spool, config)
}

/// The same, to a store that stays open.
fn deliver_to(
    open: &mut Option<Store>,
    spool: &Spool,
    config: &Config,
) -> Result<usize, DeliveryError> {
    let name = config.gateway_name();
    spool.drain(|series, event| {
        let kind = event.kind;
        let Some((run, record)) = event.into_record(&name, config) else {
            return Ok(SpoolOutcome::Refused);
        };
        if open.is_none() {
            *open = Some(Store::open(&config.store)?);
        }
        let Some(store) = open.as_mut() else { return Ok(SpoolOutcome::Refused) };
        match kind {
            EventKind::Connect => store.begin_session(&run, &record, &config.policy, series)?,
            EventKind::Disconnect => store.end_session(&run, &record, &config.policy)?,
        }
        Ok(SpoolOutcome::Done)
    })
}

/// Wakes the thread that delivers events.
#[derive(Clone, Debug)]
pub(super) struct DeliveryWaker(SyncSender<()>);

impl DeliveryWaker {
    /// Tells it that an event waits.
    pub(super) fn wake(&self) {
        // Full where it has been told already.
        let _ = self.0.try_send(());
    }
}

/// Starts a thread that delivers events as they come, and goes on trying while the store is away.
///
/// # Errors
/// When no thread can be created.
pub(super) fn start(config: Config) -> io::Result<DeliveryWaker> {
    let (sender, woken) = sync_channel(1);
    Builder::new().name("delivery".to_owned()).spawn(move || go_on_delivering(&config, &woken))?;
    Ok(DeliveryWaker(sender))
}

fn go_on_delivering(config: &Config, woken: &Receiver<()>) {
    let spool = Spool::at(&config.hook.spool);
    let (mut store, mut is_failing) = (None, false);
    loop {
        match deliver_to(&mut store, &spool, config) {
            Ok(_) => {
                if is_failing {
                    log::info!("events are recorded again");
                }
                is_failing = false;
            }
            Err(error) => {
                if !is_failing {
                    log::error!("events wait in the spool: {error}");
                }
                is_failing = true;
                store = None;
            }
        }
        // Hooks that found nobody to take their event leave it in the spool without a word.
        let pause = if is_failing { RETRY_PAUSE } else { LOOK_PAUSE };
        match woken.recv_timeout(pause) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// How long after a failure the store is tried again, unless an event comes.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// How often the spool is looked at.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Why spooled events were not delivered.
#[derive(Debug)]
pub enum DeliveryError {
    /// The spool cannot be read.
    Spool(io::Error),
    /// The store failed.
    Store(StoreError),
}

impl DeliveryError {
    /// Whether the same may succeed later.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
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
