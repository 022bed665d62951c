//! The daemon: a single poll(2) loop. Policy lives in the modules it calls.
//!
//! It waits for events (spool files, netlink notices, OpenVPN's management socket, finished origin
//! searches, the operator's answers, clock changes, signals) and for the deadlines of its parts. When idle
//! it sleeps; nothing is polled periodically.
//!
//! # Error handling
//! Failed writes are retried with exponential back-off; meanwhile hook events stay in the spool. Only
//! errors that make it useless to continue end the daemon.

mod backoff;
mod clock_watch;
mod erasure_scheduler;
mod live_config;
mod management_client;
mod notify;
mod origin_search;
mod page_actions;
mod page_site;
mod recorder;
mod session_counts;
mod sync_scheduler;

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use std::{fmt, fs, io, thread};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::messages::cli::error as msg;
use temoin_capture::clock as clocks;
use temoin_capture::spool::{EventName, ReadError, Spool, SpoolError, SpoolWatch};
use temoin_capture::{BootIds, LinkNotice, LinkWatch, query_link};
use temoin_config::Config;
use temoin_core::session::{
    ClockReading, Device, Evidence, Observation, SessionSecret, Timestamp, Uptime, Zone,
};
use temoin_core::text::{Language, Localized};
use temoin_http::{Address, BindError, Listener, Server};
use temoin_journal::{Journal, JournalError};

use backoff::Backoff;
use clock_watch::ClockWatch;
use erasure_scheduler::ErasureScheduler;
use live_config::{ConfigWatch, LiveConfig};
use management_client::ManagementClient;
use notify::notify;
use origin_search::OriginSearch;
use recorder::Recorder;
use sync_scheduler::SyncScheduler;

/// Runs the daemon until it is told to stop. Changes that [`temoin_config::settings`] makes to the configuration at
/// `config_path` take effect at once. `status_file` overrides the path of OpenVPN's status file, whose
/// modification time is read.
///
/// # Errors
/// [`DaemonError`] if it cannot start.
pub(crate) fn run(
    state_directory: &Path,
    config_path: &Path,
    config: &Config,
    page: Option<(&Address, Zone)>,
    status_file: Option<&Path>,
) -> Result<(), DaemonError> {
    let live_config = LiveConfig::new(config.clone());
    let configuration = ConfigWatch::new(config_path, live_config.clone());
    let shown = page.map(|(_, zone)| zone);
    let mut daemon = Daemon::start(state_directory, configuration, config, shown)?;
    daemon.initial_scan(status_file.or(config.status_file.as_deref()))?;
    let server = match page {
        Some((address, zone)) => {
            let site = page_site::site(state_directory, config_path, &live_config, zone)?;
            Some(Server::start(Listener::bind(address)?, site)?)
        }
        None => None,
    };
    notify("READY=1");
    let ended = daemon.run_loop();
    notify("STOPPING=1");
    drop(server);
    ended.map_err(DaemonError::System)
}

/// Why the daemon cannot start or continue.
#[derive(Debug)]
pub(crate) enum DaemonError {
    /// The journal cannot be used.
    Journal(JournalError),
    /// The page cannot be served.
    Page(BindError),
    /// The spool cannot be used.
    Spool(SpoolError),
    /// A system call that the daemon needs failed.
    System(io::Error),
}

impl Localized for DaemonError {
    fn text(&self, language: Language) -> String {
        match self {
            Self::Journal(error) => error.text(language),
            Self::Page(error) => error.to_string(),
            Self::Spool(error) => error.text(language),
            Self::System(error) => {
                msg::SYSTEM_REFUSES.fill(language, &[("error", &error.to_string())])
            }
        }
    }
}

/// In English, for the log.
impl fmt::Display for DaemonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl std::error::Error for DaemonError {}

impl From<JournalError> for DaemonError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<BindError> for DaemonError {
    fn from(error: BindError) -> Self {
        Self::Page(error)
    }
}

impl From<SpoolError> for DaemonError {
    fn from(error: SpoolError) -> Self {
        Self::Spool(error)
    }
}

impl From<io::Error> for DaemonError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

struct Daemon {
    recorder: Recorder,
    boots: BootIds,
    spool: Spool,
    /// Events that were in the spool at start: they may be of an earlier boot.
    left_over: Vec<EventName>,
    new_files: SpoolWatch,
    links: LinkWatch,
    management: Option<ManagementClient>,
    origins: OriginSearch,
    clock: ClockWatch,
    erasure: ErasureScheduler,
    sync: SyncScheduler,
    signals: SignalFd,
    /// The interface that OpenVPN on the management socket is assumed to serve.
    managed: Device,
    state_directory: PathBuf,
    configuration: ConfigWatch,
    config: Config,
    backoff: Backoff,
    retry_at: Option<Uptime>,
    check_clock_at: Option<Uptime>,
}

/// Why poll(2) returned.
#[derive(Clone, Copy, Eq, PartialEq)]
enum WakeReason {
    SyncResult,
    SpoolFile,
    ClockSet,
    ConfigurationChange,
    Management,
    ManagementSocket,
    Link,
    OriginResult,
    Signal,
}

impl Daemon {
    fn start(
        state_directory: &Path,
        configuration: ConfigWatch,
        config: &Config,
        shown: Option<Zone>,
    ) -> Result<Self, DaemonError> {
        // Before any thread starts, so that only this loop receives the signals.
        let mut handled = SigSet::empty();
        for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
            handled.add(signal);
        }
        handled.thread_block().map_err(io::Error::from)?;
        let signals =
            SignalFd::with_flags(&handled, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
                .map_err(io::Error::from)?;

        let reading = clocks::read(config.trust)?;
        let spool = Spool::create(state_directory)?;
        spool.sweep(&reading)?;
        let (journal, _) = Journal::open(state_directory)?;
        let began_by = clocks::boot_started_by(&reading);
        let mut journal = journal.with_boot_started_by(began_by);
        session_counts::ensure(&mut journal, config, shown);
        Ok(Self {
            recorder: Recorder::new(journal, config.devices.clone(), began_by)?,
            boots: BootIds::open(state_directory, reading.boot),
            new_files: SpoolWatch::new(&spool)?,
            left_over: Vec::new(),
            spool,
            links: LinkWatch::open()?,
            management: config.management.as_deref().map(ManagementClient::new),
            origins: OriginSearch::new(&config.methods)?,
            clock: ClockWatch::new()?,
            erasure: ErasureScheduler::new(shown),
            sync: SyncScheduler::new(state_directory)?,
            signals,
            state_directory: state_directory.to_owned(),
            configuration,
            config: config.clone(),
            managed: config.devices[0].clone(),
            backoff: Backoff::WRITE,
            retry_at: None,
            check_clock_at: None,
        })
    }

    /// Catches up after the time without a daemon: first the spool, then the current interfaces.
    fn initial_scan(&mut self, status_file: Option<&Path>) -> io::Result<()> {
        let reading = clocks::read(self.config.trust)?;
        self.left_over = self.waiting();
        self.read_spool(reading);
        self.write_pending(reading);
        let heartbeat = status_file.and_then(modified);
        for device in self.recorder.devices() {
            let link = query_link(&device);
            self.recorder.observe(reading, device, Evidence::Started { link, heartbeat });
        }
        if let Some(management) = &mut self.management {
            management.start_attempts(reading.uptime);
        }
        self.run_due(reading);
        Ok(())
    }

    fn run_loop(&mut self) -> io::Result<()> {
        loop {
            let now = clocks::read(self.config.trust)?;
            let timeout = self.deadline().map_or(PollTimeout::NONE, |at| until(at, now.uptime));
            let awake = self.wait(timeout)?;
            let reading = clocks::read(self.config.trust)?;
            if awake.contains(&WakeReason::Signal) && self.is_told_to_stop()? {
                return self.stop(reading);
            }
            for wake in awake {
                self.handle_wake(wake, reading)?;
            }
            self.run_due(reading);
        }
    }

    fn wait(&self, timeout: PollTimeout) -> io::Result<Vec<WakeReason>> {
        let mut sources: Vec<(WakeReason, BorrowedFd<'_>)> = vec![
            (WakeReason::Signal, self.signals.as_fd()),
            (WakeReason::SpoolFile, self.new_files.as_fd()),
            (WakeReason::Link, self.links.as_fd()),
            (WakeReason::OriginResult, self.origins.ended()),
            (WakeReason::ClockSet, self.clock.was_set()),
            (WakeReason::SyncResult, self.sync.finished()),
        ];
        sources
            .extend(self.configuration.changes().map(|fd| (WakeReason::ConfigurationChange, fd)));
        if let Some(management) = &self.management {
            sources.extend(management.connection().map(|fd| (WakeReason::Management, fd)));
            sources.extend(management.new_files().map(|fd| (WakeReason::ManagementSocket, fd)));
        }
        let mut fds: Vec<PollFd<'_>> =
            sources.iter().map(|(_, fd)| PollFd::new(*fd, PollFlags::POLLIN)).collect();
        match poll(&mut fds, timeout) {
            Ok(_) => {}
            Err(nix::errno::Errno::EINTR) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
        let awake = sources.iter().zip(&fds).filter(|(_, fd)| fd.any().unwrap_or(true));
        Ok(awake.map(|((wake, _), _)| *wake).collect())
    }

    fn handle_wake(&mut self, wake: WakeReason, reading: ClockReading) -> io::Result<()> {
        match wake {
            WakeReason::SyncResult => {
                // What the operator no longer holds is erased here at once.
                if self.sync.take_result(reading.uptime) {
                    self.erasure.recheck();
                }
            }
            WakeReason::SpoolFile => {
                self.new_files.drain()?;
                self.read_spool(reading);
                if let Some(management) = &mut self.management {
                    management.start_attempts(reading.uptime);
                }
            }
            WakeReason::ClockSet => {
                self.clock.rearm()?;
                self.erasure.recheck();
            }
            WakeReason::ConfigurationChange => {
                if self.configuration.was_written() {
                    self.reload_config();
                }
            }
            WakeReason::Management => {
                for evidence in
                    self.management.as_mut().map(ManagementClient::read).unwrap_or_default()
                {
                    self.recorder.observe(reading, self.managed.clone(), evidence);
                }
            }
            WakeReason::ManagementSocket => {
                if let Some(management) = &mut self.management {
                    management.handle_new_file(reading.uptime);
                }
            }
            WakeReason::Link => {
                for notice in self.links.read()? {
                    self.note_link(notice, reading);
                }
            }
            WakeReason::OriginResult => {
                if let Some((id, attributes)) = self.origins.take_result() {
                    self.recorder.learn(id, attributes);
                }
            }
            WakeReason::Signal => {}
        }
        Ok(())
    }

    /// Handles pending signals: SIGHUP reloads configuration and law, any other stops the daemon.
    fn is_told_to_stop(&mut self) -> io::Result<bool> {
        while let Some(signal) = self.signals.read_signal()? {
            if i32::try_from(signal.ssi_signo) != Ok(Signal::SIGHUP as i32) {
                return Ok(true);
            }
            self.reload_config();
            // The rule files may have changed too.
            self.erasure.recheck();
        }
        Ok(false)
    }

    fn reload_config(&mut self) {
        self.sync.reset();
        if let Some(config) = self.configuration.read(&self.config) {
            self.config = config;
            self.erasure.recheck();
        }
    }

    fn note_link(&mut self, notice: LinkNotice, reading: ClockReading) {
        let devices = self.recorder.devices();
        match notice {
            LinkNotice::Up { device, .. } if devices.contains(&device) => {
                self.check_interface(device, reading);
            }
            LinkNotice::Gone { device, interface } if devices.contains(&device) => {
                self.recorder.observe(reading, device, Evidence::LinkGone { interface });
            }
            LinkNotice::Missed => {
                for device in devices {
                    self.check_interface(device, reading);
                }
            }
            LinkNotice::Up { .. } | LinkNotice::Gone { .. } => {}
        }
    }

    /// Records which interface has this name now, or that the open session's interface is gone.
    fn check_interface(&mut self, device: Device, reading: ClockReading) {
        let link = query_link(&device);
        let own = self.recorder.interface_of(&device);
        if let Some(interface) =
            own.filter(|own| link.as_ref().is_none_or(|link| link.interface != *own))
        {
            self.recorder.observe(reading, device.clone(), Evidence::LinkGone { interface });
        }
        if let Some(link) = link {
            self.recorder.observe(reading, device, Evidence::LinkUp(link));
        }
    }

    /// Runs what is due and writes pending observations.
    fn run_due(&mut self, reading: ClockReading) {
        let now = reading.uptime;
        let due = self.recorder.deadline().filter(|(at, _)| *at <= now);
        if let Some((_, device)) = due.filter(|_| !self.recorder.is_behind()) {
            // Its addresses and routes may have come after the interface itself.
            if let Some(link) = query_link(&device) {
                self.recorder.observe(reading, device.clone(), Evidence::LinkUp(link));
            }
            self.recorder.observe(reading, device, Evidence::Elapsed);
        }
        if let Some(management) = &mut self.management {
            if management.deadline().is_some_and(|at| at <= now) {
                management.attempt(now);
            }
        }
        self.write_pending(reading);
        if !self.recorder.is_behind() && self.origins.deadline().is_some_and(|at| at <= now) {
            let recorder = &self.recorder;
            self.origins.start_due(now, |id| recorder.open_session(id));
        }
        let journal = self.recorder.journal();
        self.erasure.tick(&reading, &self.state_directory, &self.config, journal);
        let (open, journal) = self.recorder.open_sessions();
        self.sync.tick(&reading, &self.config, &open, journal);
    }

    /// Reads the hooks' events from the spool. While writes fail, they stay there.
    fn read_spool(&mut self, now: ClockReading) {
        if self.recorder.is_behind() {
            return;
        }
        let waiting = self.waiting();
        self.recorder.forget_all_but(&waiting);
        for name in waiting {
            match self.recorder.has_taken(name) {
                Ok(false) => {}
                Ok(true) => {
                    self.remove(name);
                    continue;
                }
                Err(error) => {
                    log::error!("{error}");
                    return;
                }
            }
            match self.spool.read(name) {
                Ok(event) => {
                    let mut observation = Observation::from(event);
                    if !self.left_over.contains(&name) {
                        self.boots.learn(&observation.reading, &now);
                    }
                    let reading = self.boots.normalised(observation.reading);
                    observation.reading = self.config.trust.applied_to(reading);
                    self.recorder.take(observation, name);
                }
                Err(ReadError::Gone) => {}
                Err(error) => log::error!("{error}"),
            }
        }
    }

    /// The events in the spool, in order.
    fn waiting(&self) -> Vec<EventName> {
        self.spool.waiting().unwrap_or_else(|error| {
            log::error!("{error}");
            Vec::new()
        })
    }

    fn write_pending(&mut self, reading: ClockReading) {
        if self.retry_at.is_some_and(|at| reading.uptime < at) {
            return;
        }
        let (report, written) = self.recorder.write_pending(&mut draw_secret);
        let dated = written.and_then(|()| self.recorder.date(&reading));
        for name in report.taken {
            self.remove(name);
        }
        for session in &report.open {
            self.origins.plan(session, reading.uptime);
        }
        match dated {
            Ok(()) => {
                if self.retry_at.take().is_some() {
                    self.backoff.reset();
                    log::info!("the journal can be written again");
                    self.read_spool(reading);
                    self.write_pending(reading);
                }
            }
            Err(error) => {
                if self.retry_at.is_none() {
                    log::error!("{error} Nothing is lost: it is tried again.");
                }
                self.retry_at = Some(self.backoff.next(reading.uptime));
            }
        }
        self.check_clock_at = (self.recorder.is_undated() && !reading.synchronised)
            .then(|| self.check_clock_at.filter(|at| reading.uptime < *at))
            .map(|planned| planned.unwrap_or_else(|| self.clock.next_check(reading.uptime)));
    }

    fn remove(&self, name: EventName) {
        if let Err(error) = self.spool.remove(name) {
            log::error!("{error}");
        }
    }

    fn deadline(&self) -> Option<Uptime> {
        let always = [
            self.management.as_ref().and_then(ManagementClient::deadline),
            self.check_clock_at,
            self.erasure.deadline(),
            self.sync.deadline(),
        ];
        // What needs a write waits until writes succeed again.
        let rest = if self.recorder.is_behind() {
            [self.retry_at, None]
        } else {
            [self.recorder.deadline().map(|(at, _)| at), self.origins.deadline()]
        };
        always.into_iter().chain(rest).flatten().min()
    }

    fn stop(&mut self, reading: ClockReading) -> io::Result<()> {
        for device in self.recorder.devices() {
            self.recorder.observe(reading, device, Evidence::Stopping);
        }
        self.retry_at = None;
        self.write_pending(reading);
        Ok(())
    }
}

/// Draws a session secret, waiting until the kernel has randomness.
fn draw_secret() -> SessionSecret {
    let mut bytes = [0; 32];
    while let Err(error) = getrandom::fill(&mut bytes) {
        log::error!("no randomness for a session ID: {error}");
        thread::sleep(Duration::from_secs(1));
    }
    SessionSecret::from_bytes(bytes)
}

/// The time until `at` as a poll(2) timeout, capped at its maximum.
fn until(at: Uptime, now: Uptime) -> PollTimeout {
    let milliseconds = at.milliseconds().saturating_sub(now.milliseconds());
    i32::try_from(milliseconds)
        .ok()
        .and_then(|milliseconds| PollTimeout::try_from(milliseconds).ok())
        .unwrap_or(PollTimeout::MAX)
}

/// When a file was last written.
fn modified(path: &Path) -> Option<Timestamp> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    let since = modified.duration_since(UNIX_EPOCH).ok()?;
    Timestamp::from_milliseconds(since.as_millis().try_into().ok()?).ok()
}
