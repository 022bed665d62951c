use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::capture::clock as clocks;
use crate::config::Config;
use crate::domain::{ClockReading, Session, SessionId, Timestamp, Uptime};
use crate::inquiry::{Inquiry, InquiryError, NotAsked, Operator, Report, draw, tunnel_of};
use crate::journal::{Journal, Reader};
use crate::lawbook::Lawbook;
use crate::retention::RuleFileError;
use crate::sync::schedule::{self, Daily};
use crate::sync::{CallError, PATIENCE, Recall, Registration, Tunnel, Way};

/// Asks the operator, in a thread that is gone between two questions, and with it what TLS and the
/// law's files take in memory: names each session that opens, and sends the daily request.
pub(super) struct Questions {
    state_directory: PathBuf,
    /// By which the rest was planned.
    config: Option<Config>,
    /// The sessions that last, and how far naming them has come.
    namings: Vec<Naming>,
    daily: DailyRequest,
    running: Option<Running>,
    wake: Arc<EventFd>,
    sender: Sender<News>,
    news: Receiver<News>,
    /// What was complained of last, not to say it with each attempt.
    complaint: String,
}

/// The question that is asked now.
struct Running {
    recall: Recall,
    /// The session whose tunnel it goes through.
    session: Option<SessionId>,
}

struct Naming {
    id: SessionId,
    failures: u32,
    /// `None` where it is settled.
    at: Option<Uptime>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum DailyRequest {
    /// What the record says of it was not read yet.
    Unread,
    /// Waits for this moment, or for a way out.
    Waits { at: Option<Timestamp>, wake_at: Option<Uptime> },
}

/// What a thread brings.
enum News {
    Asked(Box<Result<Report, Failure>>),
    Named(SessionId, Result<Registration, Failure>),
}

/// Why a question was not asked, or came to nothing.
enum Failure {
    Inquiry(InquiryError),
    Lawbook(RuleFileError),
    NotAsked(NotAsked),
}

impl Naming {
    /// After an attempt that failed at `now`; `None` where another one makes no sense.
    fn put_off(&mut self, now: Option<Uptime>) {
        self.failures = self.failures.saturating_add(1);
        self.at = now.map(|now| now.plus(schedule::pause(self.failures, random())));
    }
}

impl Questions {
    pub(super) fn new(state_directory: &Path) -> io::Result<Self> {
        let (sender, news) = channel();
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        Ok(Self {
            state_directory: state_directory.to_owned(),
            config: None,
            namings: Vec::new(),
            daily: DailyRequest::Unread,
            running: None,
            wake: Arc::new(EventFd::from_value_and_flags(0, flags)?),
            sender,
            news,
            complaint: String::new(),
        })
    }

    /// The member may have mended what made asking senseless.
    pub(super) fn begin_anew(&mut self) {
        self.config = None;
    }

    /// Readable when an answer has come, or none will.
    pub(super) fn answered(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// When the next question is due. None is while one is asked.
    pub(super) fn deadline(&self) -> Option<Uptime> {
        let naming = self.namings.iter().filter_map(|naming| naming.at);
        let daily = match self.daily {
            DailyRequest::Unread => None,
            DailyRequest::Waits { wake_at, .. } => wake_at,
        };
        naming.chain(daily).min().filter(|_| self.running.is_none())
    }

    /// Asks what is due. `open` are the sessions that last.
    pub(super) fn attend(
        &mut self,
        reading: &ClockReading,
        config: &Config,
        open: &[&Session],
        journal: &mut Journal,
    ) {
        if self.config.as_ref() != Some(config) {
            // What made no sense before may do now.
            self.namings.clear();
            self.daily = DailyRequest::Unread;
            self.complaint.clear();
            self.config = Some(config.clone());
        }
        self.call_off(open);
        if !config.sync {
            return;
        }
        self.follow(open, reading.uptime);
        if self.running.is_some() {
            return;
        }
        let due = self.namings.iter().find(|it| it.at.is_some_and(|at| at <= reading.uptime));
        let named = due.and_then(|due| open.iter().find(|session| session.id == due.id));
        if let Some(session) = named {
            self.name_to_operator((*session).clone(), config.clone(), reading.uptime);
        } else {
            self.attend_to_daily(reading, config, open, journal);
        }
    }

    /// Gives a question up whose session has ended: nothing comes back through that tunnel, and the next
    /// session's would wait for it.
    fn call_off(&mut self, open: &[&Session]) {
        let Some(running) = &mut self.running else { return };
        if running.session.is_some_and(|id| open.iter().all(|session| session.id != id)) {
            running.session = None;
            running.recall.call_off();
        }
    }

    /// Keeps the list of namings to the sessions that last and could be named.
    fn follow(&mut self, open: &[&Session], now: Uptime) {
        self.namings.retain(|naming| open.iter().any(|session| session.id == naming.id));
        for session in open {
            let is_new = self.namings.iter().all(|naming| naming.id != session.id);
            if is_new && tunnel_of(session).is_some() {
                self.namings.push(Naming { id: session.id, failures: 0, at: Some(now) });
            }
        }
    }

    fn name_to_operator(&mut self, session: Session, config: Config, now: Uptime) {
        let (id, directory) = (session.id, self.state_directory.clone());
        let has_begun = self.begin("register", Some(id), move |recall| {
            News::Named(id, with_operator(&config, &directory, recall, |it| it.register(&session)))
        });
        if !has_begun {
            self.settle(id, |naming| naming.put_off(Some(now)));
        }
    }

    fn attend_to_daily(
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
        let way = way(config, tunnel);
        let random = random();
        let wait = |at: Timestamp| {
            let milliseconds = u64::try_from(at.since(now).as_millis()).unwrap_or(u64::MAX);
            Some(reading.uptime.plus(milliseconds))
        };
        match schedule::daily(at, now, reading.synchronised, way.is_some(), random) {
            Daily::Ask { next } => {
                self.daily = DailyRequest::Waits { at: Some(next), wake_at: wait(next) };
                let (config, directory) = (config.clone(), self.state_directory.clone());
                let Some(way) = way else { return };
                self.begin("status", session, move |recall| {
                    News::Asked(Box::new(with_operator(&config, &directory, recall, |inquiry| {
                        inquiry.ask(inquiry.plan(&draw()?)?, &way, Some(next))
                    })))
                });
            }
            Daily::Wait(until) => {
                self.daily = DailyRequest::Waits { at, wake_at: until.and_then(wait) };
            }
            Daily::Redraw(at) => {
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

    /// Asks something in a thread, through the tunnel of `session` where it is given.
    fn begin(
        &mut self,
        name: &str,
        session: Option<SessionId>,
        ask: impl FnOnce(&Recall) -> News + Send + 'static,
    ) -> bool {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let begun = Recall::new().and_then(|recall| {
            let own = recall.clone();
            let work = move || {
                // Both fail only where the daemon is gone.
                let _ = sender.send(ask(&own));
                let _ = wake.write(1);
            };
            let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK);
            thread.spawn(work).map(|_| Running { recall, session })
        });
        self.running =
            begun.inspect_err(|error| log::error!("the operator cannot be asked: {error}")).ok();
        self.running.is_some()
    }

    /// Takes in what the question that ended has brought; says whether the operator stated anything.
    pub(super) fn take(&mut self, now: Uptime) -> bool {
        let _ = self.wake.read();
        let Ok(news) = self.news.try_recv() else { return false };
        self.running = None;
        let has_statements = matches!(&news, News::Asked(asked) if asked.is_ok());
        match news {
            News::Asked(asked) => match *asked {
                Ok(report) => {
                    self.complaint.clear();
                    note(&report);
                }
                Err(failure) => self.complain(&failure),
            },
            News::Named(id, Ok(registration)) => {
                self.complaint.clear();
                note_registration(id, registration);
                self.settle(id, |naming| naming.at = None);
            }
            News::Named(id, Err(failure)) => {
                self.complain(&failure);
                let makes_sense = matches!(failure, Failure::Inquiry(_));
                self.settle(id, |naming| naming.put_off(makes_sense.then_some(now)));
            }
        }
        has_statements
    }

    fn settle(&mut self, id: SessionId, change: impl FnOnce(&mut Naming)) {
        if let Some(naming) = self.namings.iter_mut().find(|naming| naming.id == id) {
            change(naming);
        }
    }

    fn complain(&mut self, failure: &Failure) {
        // It was this daemon that called it off.
        if matches!(failure, Failure::Inquiry(InquiryError::Call(CallError::Recalled))) {
            return;
        }
        let complaint = match failure {
            Failure::Inquiry(error) => error.to_string(),
            Failure::Lawbook(error) => error.to_string(),
            Failure::NotAsked(why) => why.to_string(),
        };
        if complaint != self.complaint {
            log::warn!("the operator could not be asked: {complaint}");
            self.complaint = complaint;
        }
    }
}

/// The way that a status request takes now, if there is one.
fn way(config: &Config, tunnel: Option<Tunnel>) -> Option<Way> {
    config.proxy.map(Way::Proxy).or_else(|| tunnel.map(Way::Tunnel))
}

/// Asks the operator of the configuration something.
fn with_operator<T>(
    config: &Config,
    directory: &Path,
    recall: &Recall,
    ask: impl FnOnce(&Inquiry<'_>) -> Result<T, InquiryError>,
) -> Result<T, Failure> {
    let book = Lawbook::load(config).map_err(Failure::Lawbook)?;
    let operator = Operator::of(config, &book).map_err(Failure::NotAsked)?;
    // It takes more memory than all else, and a call may be long.
    drop(book);
    let clock = || clocks::read(config.trust);
    let inquiry = Inquiry {
        directory,
        operator: &operator,
        clock: &clock,
        patience: PATIENCE,
        recall: Some(recall),
    };
    ask(&inquiry).map_err(Failure::Inquiry)
}

/// Says in the log what a naming came to.
fn note_registration(id: SessionId, registration: Registration) {
    let id = id.short();
    match registration {
        Registration::Bound => log::info!("session {id}: the operator knows its ID"),
        Registration::Taken => log::warn!(
            "session {id}: the operator has another ID for it; somebody else in the household \
             registered first, or two boxes share a secret"
        ),
        Registration::Later | Registration::Rejected => {
            log::warn!("session {id}: the operator does not take its ID; tell the operator");
        }
    }
}

/// Says in the log what a status request has brought: numbers alone.
fn note(report: &Report) {
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
}

/// A number for a moment or a pause. Where the kernel has no randomness to give, the middle will do.
fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_or(u64::MAX / 2, |()| u64::from_ne_bytes(bytes))
}

/// In bytes: TLS and the law's parser need far less.
const STACK: usize = 512 * 1024;
