use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::app::sync::{
    StatusReport, SyncError, SyncRun, SyncTarget, SyncUnavailable, draw_randomness, tunnel_of,
};
use temoin_capture::clock as clocks;
use temoin_config::Config;
use temoin_config::ruleset::Ruleset;
use temoin_core::law::RuleFileError;
use temoin_core::session::{ClockReading, Session, SessionId, Timestamp, Uptime};
use temoin_journal::{Journal, Reader};
use temoin_sync::schedule::{self, DailyAction};
use temoin_sync::{CALL_TIMEOUT, CallError, CancelToken, RegistrationAnswer, Route, Tunnel};

/// Schedules sync: registers each new session with the operator and sends the daily status request. Each
/// call runs in its own thread, so that the memory for TLS and rule files is released after it.
pub(super) struct SyncScheduler {
    state_directory: PathBuf,
    /// The configuration that the schedule is based on.
    config: Option<Config>,
    /// The open sessions and the state of their registration.
    pending: Vec<PendingRegistration>,
    daily: DailyRequest,
    running: Option<RunningCall>,
    wake: Arc<EventFd>,
    sender: Sender<WorkerResult>,
    results: Receiver<WorkerResult>,
    /// The warning that was last logged, so as not to repeat it with each attempt.
    last_warning: String,
}

/// The call in progress.
struct RunningCall {
    cancel_token: CancelToken,
    /// The session whose tunnel the call uses.
    session: Option<SessionId>,
}

struct PendingRegistration {
    id: SessionId,
    failures: u32,
    /// `None` when nothing more is to be done.
    at: Option<Uptime>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum DailyRequest {
    /// The schedule was not read from the journal yet.
    Unread,
    /// Waits for this time, or for a route.
    Waits { at: Option<Timestamp>, wake_at: Option<Uptime> },
}

/// The result of a worker thread.
enum WorkerResult {
    Status(Box<Result<StatusReport, WorkerError>>),
    Registered(SessionId, Result<RegistrationAnswer, WorkerError>),
}

/// Why a call was not made or failed.
enum WorkerError {
    Inquiry(SyncError),
    Ruleset(RuleFileError),
    NotAsked(SyncUnavailable),
}

impl PendingRegistration {
    /// Schedules a retry after a failure at `now`; `None` if a retry is pointless.
    fn postpone(&mut self, now: Option<Uptime>) {
        self.failures = self.failures.saturating_add(1);
        self.at = now.map(|now| now.plus(schedule::retry_delay(self.failures, random())));
    }
}

impl SyncScheduler {
    pub(super) fn new(state_directory: &Path) -> io::Result<Self> {
        let (sender, results) = channel();
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        Ok(Self {
            state_directory: state_directory.to_owned(),
            config: None,
            pending: Vec::new(),
            daily: DailyRequest::Unread,
            running: None,
            wake: Arc::new(EventFd::from_value_and_flags(0, flags)?),
            sender,
            results,
            last_warning: String::new(),
        })
    }

    /// Starts over: the member may have fixed what prevented calls.
    pub(super) fn reset(&mut self) {
        self.config = None;
    }

    /// Readable when a call has finished.
    pub(super) fn finished(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// When the next call is due; `None` while one is in progress.
    pub(super) fn deadline(&self) -> Option<Uptime> {
        let registration = self.pending.iter().filter_map(|registration| registration.at);
        let daily = match self.daily {
            DailyRequest::Unread => None,
            DailyRequest::Waits { wake_at, .. } => wake_at,
        };
        registration.chain(daily).min().filter(|_| self.running.is_none())
    }

    /// Makes the call that is due. `open` are the open sessions.
    pub(super) fn tick(
        &mut self,
        reading: &ClockReading,
        config: &Config,
        open: &[&Session],
        journal: &mut Journal,
    ) {
        if self.config.as_ref() != Some(config) {
            // What was pointless before may work now.
            self.pending.clear();
            self.daily = DailyRequest::Unread;
            self.last_warning.clear();
            self.config = Some(config.clone());
        }
        self.cancel(open);
        if !config.sync {
            return;
        }
        self.update_pending(open, reading.uptime);
        if self.running.is_some() {
            return;
        }
        let due = self.pending.iter().find(|it| it.at.is_some_and(|at| at <= reading.uptime));
        let named = due.and_then(|due| open.iter().find(|session| session.id == due.id));
        if let Some(session) = named {
            self.register((*session).clone(), config.clone(), reading.uptime);
        } else {
            self.tick_daily_request(reading, config, open, journal);
        }
    }

    /// Cancels the call if its session has ended: nothing comes back through that tunnel, and the next
    /// session's call would wait for it.
    fn cancel(&mut self, open: &[&Session]) {
        let Some(running) = &mut self.running else { return };
        if running.session.is_some_and(|id| open.iter().all(|session| session.id != id)) {
            running.session = None;
            running.cancel_token.cancel();
        }
    }

    /// Limits the list of registrations to open sessions with a known tunnel.
    fn update_pending(&mut self, open: &[&Session], now: Uptime) {
        self.pending
            .retain(|registration| open.iter().any(|session| session.id == registration.id));
        for session in open {
            let is_new = self.pending.iter().all(|registration| registration.id != session.id);
            if is_new && tunnel_of(session).is_some() {
                self.pending.push(PendingRegistration {
                    id: session.id,
                    failures: 0,
                    at: Some(now),
                });
            }
        }
    }

    fn register(&mut self, session: Session, config: Config, now: Uptime) {
        let (id, directory) = (session.id, self.state_directory.clone());
        let is_started = self.start("register", Some(id), move |cancel_token| {
            WorkerResult::Registered(
                id,
                with_operator(&config, &directory, cancel_token, |it| it.register(&session)),
            )
        });
        if !is_started {
            self.update_registration(id, |registration| registration.postpone(Some(now)));
        }
    }

    fn tick_daily_request(
        &mut self,
        reading: &ClockReading,
        config: &Config,
        open: &[&Session],
        journal: &mut Journal,
    ) {
        let at = match self.daily {
            DailyRequest::Waits { at, .. } => at,
            DailyRequest::Unread => self.read_schedule(),
        };
        let now = reading.realtime;
        let through = open.iter().find_map(|session| Some((session.id, tunnel_of(session)?)));
        let (session, tunnel) = through.unzip();
        let session = session.filter(|_| config.proxy.is_none());
        let route = route(config, tunnel);
        let random = random();
        let wait = |at: Timestamp| {
            let milliseconds = u64::try_from(at.since(now).as_millis()).unwrap_or(u64::MAX);
            Some(reading.uptime.plus(milliseconds))
        };
        match schedule::daily(at, now, reading.synchronised, route.is_some(), random) {
            DailyAction::Ask { next } => {
                self.daily = DailyRequest::Waits { at: Some(next), wake_at: wait(next) };
                let (config, directory) = (config.clone(), self.state_directory.clone());
                let Some(route) = route else { return };
                self.start("status", session, move |cancel_token| {
                    WorkerResult::Status(Box::new(with_operator(
                        &config,
                        &directory,
                        cancel_token,
                        |inquiry| {
                            inquiry.ask(inquiry.plan(&draw_randomness()?)?, &route, Some(next))
                        },
                    )))
                });
            }
            DailyAction::Wait(until) => {
                self.daily = DailyRequest::Waits { at, wake_at: until.and_then(wait) };
            }
            DailyAction::Redraw(at) => {
                if let Err(error) = journal.schedule_status(at) {
                    log::error!("{error}");
                }
                self.daily = DailyRequest::Waits { at: Some(at), wake_at: wait(at) };
            }
        }
    }

    fn read_schedule(&self) -> Option<Timestamp> {
        let reader = Reader::open(&self.state_directory);
        let at = reader.and_then(|reader| reader.map_or(Ok(None), |reader| reader.next_status()));
        at.inspect_err(|error| log::error!("{error}")).ok().flatten()
    }

    /// Starts a call in a thread, through the tunnel of `session` if given.
    fn start(
        &mut self,
        name: &str,
        session: Option<SessionId>,
        ask: impl FnOnce(&CancelToken) -> WorkerResult + Send + 'static,
    ) -> bool {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let begun = CancelToken::new().and_then(|cancel_token| {
            let own = cancel_token.clone();
            let work = move || {
                // Both fail only if the daemon is gone.
                let _ = sender.send(ask(&own));
                let _ = wake.write(1);
            };
            let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK);
            thread.spawn(work).map(|_| RunningCall { cancel_token, session })
        });
        self.running =
            begun.inspect_err(|error| log::error!("the operator cannot be asked: {error}")).ok();
        self.running.is_some()
    }

    /// Processes the finished call; returns whether the operator stated anything.
    pub(super) fn take_result(&mut self, now: Uptime) -> bool {
        let _ = self.wake.read();
        let Ok(results) = self.results.try_recv() else { return false };
        self.running = None;
        let has_statements = matches!(&results, WorkerResult::Status(asked) if asked.is_ok());
        match results {
            WorkerResult::Status(asked) => match *asked {
                Ok(report) => {
                    self.last_warning.clear();
                    log_report(&report);
                }
                Err(failure) => self.warn_once(&failure),
            },
            WorkerResult::Registered(id, Ok(registration)) => {
                self.last_warning.clear();
                log_registration(id, registration);
                self.update_registration(id, |registration| registration.at = None);
            }
            WorkerResult::Registered(id, Err(failure)) => {
                self.warn_once(&failure);
                let makes_sense = matches!(failure, WorkerError::Inquiry(_));
                self.update_registration(id, |registration| {
                    registration.postpone(makes_sense.then_some(now));
                });
            }
        }
        has_statements
    }

    fn update_registration(
        &mut self,
        id: SessionId,
        change: impl FnOnce(&mut PendingRegistration),
    ) {
        if let Some(registration) =
            self.pending.iter_mut().find(|registration| registration.id == id)
        {
            change(registration);
        }
    }

    fn warn_once(&mut self, failure: &WorkerError) {
        // The daemon cancelled it itself.
        if matches!(failure, WorkerError::Inquiry(SyncError::Call(CallError::Cancelled))) {
            return;
        }
        let last_warning = match failure {
            WorkerError::Inquiry(error) => error.to_string(),
            WorkerError::Ruleset(error) => error.to_string(),
            WorkerError::NotAsked(why) => why.to_string(),
        };
        if last_warning != self.last_warning {
            log::warn!("the operator could not be asked: {last_warning}");
            self.last_warning = last_warning;
        }
    }
}

/// The route for a status request, if there is one now.
fn route(config: &Config, tunnel: Option<Tunnel>) -> Option<Route> {
    config.proxy.map(Route::Proxy).or_else(|| tunnel.map(Route::Tunnel))
}

/// Runs a call to the configured operator.
fn with_operator<T>(
    config: &Config,
    directory: &Path,
    cancel_token: &CancelToken,
    ask: impl FnOnce(&SyncRun<'_>) -> Result<T, SyncError>,
) -> Result<T, WorkerError> {
    let ruleset = Ruleset::load(config).map_err(WorkerError::Ruleset)?;
    let operator = SyncTarget::of(config, &ruleset).map_err(WorkerError::NotAsked)?;
    // It takes more memory than anything else, and a call may take long.
    drop(ruleset);
    let clock = || clocks::read(config.trust);
    let inquiry = SyncRun {
        directory,
        target: &operator,
        clock: &clock,
        timeout: CALL_TIMEOUT,
        cancel: Some(cancel_token),
    };
    ask(&inquiry).map_err(WorkerError::Inquiry)
}

/// Logs the result of a registration.
fn log_registration(id: SessionId, registration: RegistrationAnswer) {
    let id = id.short();
    match registration {
        RegistrationAnswer::Bound => log::info!("session {id}: the operator knows its ID"),
        RegistrationAnswer::Taken => log::warn!(
            "session {id}: the operator has another ID for it; somebody else in the household \
             registered first, or two boxes share a secret"
        ),
        RegistrationAnswer::Later | RegistrationAnswer::Rejected => {
            log::warn!("session {id}: the operator does not take its ID; tell the operator");
        }
    }
}

/// Logs the result of a status request: numbers only.
fn log_report(report: &StatusReport) {
    let held = report.receipts.iter().filter(|it| it.statement().held().is_some()).count();
    let asked = report.receipts.len();
    log::info!("the operator was asked about {asked} sessions, and holds {held} of them");
    for rotation in &report.rotations {
        log::warn!(
            "the operator has a new key from {}: {}; compare it with the one that it publishes",
            rotation.from(),
            rotation.new_key()
        );
    }
    if let Some(until) = report.waits_until {
        log::warn!("the operator's answers are not used until {until}: its key is too new");
    }
    if let Some(rotation) = report.withdrawn {
        log::error!(
            "the operator's old key goes on signing after {}, from when on {} was to: somebody else \
             may have it; ask the operator",
            rotation.from(),
            rotation.new_key()
        );
    }
}

/// A random number for a time or a pause; a fixed one if the kernel has no randomness.
fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_or(u64::MAX / 2, |()| u64::from_ne_bytes(bytes))
}

/// Thread stack in bytes: TLS and the rule parser need far less.
const STACK: usize = 512 * 1024;
