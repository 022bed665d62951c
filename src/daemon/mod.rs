//! The daemon: one poll loop that joins the parts and decides nothing.
//!
//! It waits for what can happen (an event in the spool, the kernel's notice of an interface, a line
//! from OpenVPN, the end of a search for an origin, an answer of the operator's, a clock that was set,
//! a signal) and for the deadlines of its parts. At rest it sleeps: nothing is polled.
//!
//! # Error handling
//! What cannot be written down now is tried again, less and less often; what the hooks left stays in
//! the spool meanwhile. Only what makes it senseless to go on ends the daemon.

mod census;
mod clock;
mod configuration;
mod erasure;
mod management;
mod notify;
mod office;
mod origin;
mod page;
mod questions;
mod recorder;

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use std::{fmt, fs, io, thread};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::capture::clock as clocks;
use crate::capture::spool::{EventName, ReadError, Spool, SpoolError, Watch};
use crate::capture::{Boots, LinkNotice, LinkWatch, look};
use crate::config::Config;
use crate::domain::{
    ClockReading, Device, Evidence, Observation, SessionSecret, Timestamp, Uptime, Zone,
};
use crate::http::{Address, BindError, Listener, Server};
use crate::journal::{Journal, JournalError};

use clock::ClockWatch;
use configuration::{Configuration, InUse};
use erasure::Erasures;
use management::Line;
use notify::notify;
use origin::OriginSearch;
use questions::Questions;
use recorder::Recorder;

/// The first and the longest pause before something that could not be written down is tried again,
/// in milliseconds.
const FIRST_PAUSE: u64 = 1_000;
const LONGEST_PAUSE: u64 = 300_000;

/// Runs the daemon until it is told to stop. What [`crate::settings`] can change in the configuration
/// at `config_path` is heeded at once. `status_file` is where the time of OpenVPN's status file can be
/// seen, if that is not where the configuration says.
///
/// # Errors
/// [`DaemonError`] where it cannot begin.
pub fn run(
    state_directory: &Path,
    config_path: &Path,
    config: &Config,
    page: Option<(&Address, Zone)>,
    status_file: Option<&Path>,
) -> Result<(), DaemonError> {
    let in_use = InUse::new(config.clone());
    let configuration = Configuration::new(config_path, in_use.clone());
    let shown = page.map(|(_, zone)| zone);
    let mut daemon = Daemon::begin(state_directory, configuration, config, shown)?;
    daemon.look_around(status_file.or(config.status_file.as_deref()))?;
    let server = match page {
        Some((address, zone)) => {
            let site = page::site(state_directory, config_path, &in_use, zone)?;
            Some(Server::start(Listener::bind(address)?, site)?)
        }
        None => None,
    };
    notify("READY=1");
    let ended = daemon.watch();
    notify("STOPPING=1");
    drop(server);
    ended.map_err(DaemonError::System)
}

/// Why the daemon cannot begin, or go on.
#[derive(Debug)]
pub enum DaemonError {
    /// The journal cannot be used.
    Journal(JournalError),
    /// The page cannot be served.
    Page(BindError),
    /// The spool cannot be used.
    Spool(SpoolError),
    /// The system refuses what the daemon cannot do without.
    System(io::Error),
}

impl fmt::Display for DaemonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => error.fmt(f),
            Self::Page(error) => error.fmt(f),
            Self::Spool(error) => error.fmt(f),
            Self::System(error) => write!(f, "the system refuses what the daemon needs: {error}"),
        }
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
    boots: Boots,
    spool: Spool,
    /// Events that waited when the daemon began: they may be of an earlier boot.
    left_over: Vec<EventName>,
    arrivals: Watch,
    links: LinkWatch,
    line: Option<Line>,
    origins: OriginSearch,
    clock: ClockWatch,
    erasures: Erasures,
    questions: Questions,
    signals: SignalFd,
    /// The interface that the management socket's OpenVPN is taken to serve.
    managed: Device,
    state_directory: PathBuf,
    configuration: Configuration,
    config: Config,
    pause: u64,
    retry_at: Option<Uptime>,
    look_at_clock_at: Option<Uptime>,
}

/// What poll(2) may wake the daemon for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Wake {
    Answer,
    Arrival,
    ClockSet,
    ConfigurationChange,
    Line,
    LineArrival,
    Link,
    OriginEnded,
    Signal,
}

impl Daemon {
    fn begin(
        state_directory: &Path,
        configuration: Configuration,
        config: &Config,
        shown: Option<Zone>,
    ) -> Result<Self, DaemonError> {
        // Before any thread begins, so that the signals reach nobody but the loop.
        let mut heeded = SigSet::empty();
        for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
            heeded.add(signal);
        }
        heeded.thread_block().map_err(io::Error::from)?;
        let signals = SignalFd::with_flags(&heeded, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            .map_err(io::Error::from)?;

        let reading = clocks::read(config.trust)?;
        let spool = Spool::create(state_directory)?;
        spool.sweep(&reading)?;
        let (journal, _) = Journal::open(state_directory)?;
        let began_by = clocks::boot_began_by(&reading);
        let mut journal = journal.in_boot_begun_by(began_by);
        census::begin(&mut journal, config, shown);
        Ok(Self {
            recorder: Recorder::new(journal, config.devices.clone(), began_by)?,
            boots: Boots::open(state_directory, reading.boot),
            arrivals: Watch::new(&spool)?,
            left_over: Vec::new(),
            spool,
            links: LinkWatch::open()?,
            line: config.management.as_deref().map(Line::new),
            origins: OriginSearch::new(&config.methods)?,
            clock: ClockWatch::new()?,
            erasures: Erasures::new(shown),
            questions: Questions::new(state_directory)?,
            signals,
            state_directory: state_directory.to_owned(),
            configuration,
            config: config.clone(),
            managed: config.devices[0].clone(),
            pause: FIRST_PAUSE,
            retry_at: None,
            look_at_clock_at: None,
        })
    }

    /// What happened while no daemon ran: first what the hooks left, then what is there now.
    fn look_around(&mut self, status_file: Option<&Path>) -> io::Result<()> {
        let reading = clocks::read(self.config.trust)?;
        self.left_over = self.waiting();
        self.take_from_spool(reading);
        self.write_down(reading);
        let heartbeat = status_file.and_then(modified);
        for device in self.recorder.devices() {
            let link = look(&device);
            self.recorder.observe(reading, device, Evidence::Started { link, heartbeat });
        }
        if let Some(line) = &mut self.line {
            line.expect(reading.uptime);
        }
        self.settle(reading);
        Ok(())
    }

    fn watch(&mut self) -> io::Result<()> {
        loop {
            let now = clocks::read(self.config.trust)?;
            let timeout = self.deadline().map_or(PollTimeout::NONE, |at| until(at, now.uptime));
            let awake = self.wait(timeout)?;
            let reading = clocks::read(self.config.trust)?;
            if awake.contains(&Wake::Signal) && self.is_told_to_stop()? {
                return self.stop(reading);
            }
            for wake in awake {
                self.attend(wake, reading)?;
            }
            self.settle(reading);
        }
    }

    fn wait(&self, timeout: PollTimeout) -> io::Result<Vec<Wake>> {
        let mut sources: Vec<(Wake, BorrowedFd<'_>)> = vec![
            (Wake::Signal, self.signals.as_fd()),
            (Wake::Arrival, self.arrivals.as_fd()),
            (Wake::Link, self.links.as_fd()),
            (Wake::OriginEnded, self.origins.ended()),
            (Wake::ClockSet, self.clock.was_set()),
            (Wake::Answer, self.questions.answered()),
        ];
        sources.extend(self.configuration.changes().map(|fd| (Wake::ConfigurationChange, fd)));
        if let Some(line) = &self.line {
            sources.extend(line.connection().map(|fd| (Wake::Line, fd)));
            sources.extend(line.arrivals().map(|fd| (Wake::LineArrival, fd)));
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

    fn attend(&mut self, wake: Wake, reading: ClockReading) -> io::Result<()> {
        match wake {
            Wake::Answer => {
                // What the operator no longer holds goes here at once.
                if self.questions.take(reading.uptime) {
                    self.erasures.reconsider();
                }
            }
            Wake::Arrival => {
                self.arrivals.drain()?;
                self.take_from_spool(reading);
                if let Some(line) = &mut self.line {
                    line.expect(reading.uptime);
                }
            }
            Wake::ClockSet => {
                self.clock.rearm()?;
                self.erasures.reconsider();
            }
            Wake::ConfigurationChange => {
                if self.configuration.was_put() {
                    self.read_configuration();
                }
            }
            Wake::Line => {
                for evidence in self.line.as_mut().map(Line::read).unwrap_or_default() {
                    self.recorder.observe(reading, self.managed.clone(), evidence);
                }
            }
            Wake::LineArrival => {
                if let Some(line) = &mut self.line {
                    line.arrived(reading.uptime);
                }
            }
            Wake::Link => {
                for notice in self.links.read()? {
                    self.note_link(notice, reading);
                }
            }
            Wake::OriginEnded => {
                if let Some((id, facts)) = self.origins.take() {
                    self.recorder.learn(id, facts);
                }
            }
            Wake::Signal => {}
        }
        Ok(())
    }

    /// Takes in the signals that came. SIGHUP asks to read configuration and law anew, any other to stop.
    fn is_told_to_stop(&mut self) -> io::Result<bool> {
        while let Some(signal) = self.signals.read_signal()? {
            if i32::try_from(signal.ssi_signo) != Ok(Signal::SIGHUP as i32) {
                return Ok(true);
            }
            self.read_configuration();
            // The files of law may have been changed too.
            self.erasures.reconsider();
        }
        Ok(false)
    }

    fn read_configuration(&mut self) {
        self.questions.begin_anew();
        if let Some(config) = self.configuration.read(&self.config) {
            self.config = config;
            self.erasures.reconsider();
        }
    }

    fn note_link(&mut self, notice: LinkNotice, reading: ClockReading) {
        let devices = self.recorder.devices();
        match notice {
            LinkNotice::Up { device, .. } if devices.contains(&device) => {
                self.look_at(device, reading);
            }
            LinkNotice::Gone { device, interface } if devices.contains(&device) => {
                self.recorder.observe(reading, device, Evidence::LinkGone { interface });
            }
            LinkNotice::Missed => {
                for device in devices {
                    self.look_at(device, reading);
                }
            }
            LinkNotice::Up { .. } | LinkNotice::Gone { .. } => {}
        }
    }

    /// Notes which interface of this name is there, or that the one of the open session is gone.
    fn look_at(&mut self, device: Device, reading: ClockReading) {
        let link = look(&device);
        let own = self.recorder.interface_of(&device);
        if let Some(interface) =
            own.filter(|own| link.as_ref().is_none_or(|(interface, _)| interface != own))
        {
            self.recorder.observe(reading, device.clone(), Evidence::LinkGone { interface });
        }
        if let Some((interface, facts)) = link {
            self.recorder.observe(reading, device, Evidence::LinkUp { interface, facts });
        }
    }

    /// Attends to the deadlines that have passed, then writes down what is known.
    fn settle(&mut self, reading: ClockReading) {
        let now = reading.uptime;
        let due = self.recorder.deadline().filter(|(at, _)| *at <= now);
        if let Some((_, device)) = due.filter(|_| !self.recorder.is_behind()) {
            // Its addresses may have come after the interface itself.
            if let Some((interface, facts)) = look(&device) {
                let up = Evidence::LinkUp { interface, facts };
                self.recorder.observe(reading, device.clone(), up);
            }
            self.recorder.observe(reading, device, Evidence::Elapsed);
        }
        if let Some(line) = &mut self.line {
            if line.deadline().is_some_and(|at| at <= now) {
                line.attempt(now);
            }
        }
        self.write_down(reading);
        if !self.recorder.is_behind() && self.origins.deadline().is_some_and(|at| at <= now) {
            let recorder = &self.recorder;
            self.origins.begin(now, |id| recorder.open_session(id));
        }
        let journal = self.recorder.journal();
        self.erasures.attend(&reading, &self.state_directory, &self.config, journal);
        let (open, journal) = self.recorder.open_sessions();
        self.questions.attend(&reading, &self.config, &open, journal);
    }

    /// Reads the events that hooks have left. While something cannot be written down they stay
    /// where they are.
    fn take_from_spool(&mut self, now: ClockReading) {
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
                    let reading = self.boots.named(observation.reading);
                    observation.reading = self.config.trust.applied_to(reading);
                    self.recorder.take(observation, name);
                }
                Err(ReadError::Gone) => {}
                Err(error) => log::error!("{error}"),
            }
        }
    }

    /// The events that wait in the spool, in order.
    fn waiting(&self) -> Vec<EventName> {
        self.spool.waiting().unwrap_or_else(|error| {
            log::error!("{error}");
            Vec::new()
        })
    }

    fn write_down(&mut self, reading: ClockReading) {
        if self.retry_at.is_some_and(|at| reading.uptime < at) {
            return;
        }
        let (outcome, written) = self.recorder.write_down(&mut draw_secret);
        let dated = written.and_then(|()| self.recorder.date(&reading));
        for name in outcome.taken {
            self.remove(name);
        }
        for session in &outcome.lasting {
            self.origins.plan(session, reading.uptime);
        }
        match dated {
            Ok(()) => {
                if self.retry_at.take().is_some() {
                    self.pause = FIRST_PAUSE;
                    log::info!("the journal can be written again");
                    self.take_from_spool(reading);
                    self.write_down(reading);
                }
            }
            Err(error) => {
                if self.retry_at.is_none() {
                    log::error!("{error} Nothing is lost: it is tried again.");
                }
                self.retry_at = Some(reading.uptime.plus(self.pause));
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            }
        }
        self.look_at_clock_at = (self.recorder.is_undated() && !reading.synchronised)
            .then(|| self.look_at_clock_at.filter(|at| reading.uptime < *at))
            .map(|planned| planned.unwrap_or_else(|| self.clock.next_look(reading.uptime)));
    }

    fn remove(&self, name: EventName) {
        if let Err(error) = self.spool.remove(name) {
            log::error!("{error}");
        }
    }

    fn deadline(&self) -> Option<Uptime> {
        let always = [
            self.line.as_ref().and_then(Line::deadline),
            self.look_at_clock_at,
            self.erasures.deadline(),
            self.questions.deadline(),
        ];
        // What would have to be written down waits with the rest.
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
        self.write_down(reading);
        Ok(())
    }
}

/// Draws a secret. The kernel gives randomness to whoever waits for it.
fn draw_secret() -> SessionSecret {
    let mut bytes = [0; 32];
    while let Err(error) = getrandom::fill(&mut bytes) {
        log::error!("no randomness for a session ID: {error}");
        thread::sleep(Duration::from_secs(1));
    }
    SessionSecret::from_bytes(bytes)
}

/// How long until `at`, as poll(2) takes it; what is longer than it can take is cut.
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
