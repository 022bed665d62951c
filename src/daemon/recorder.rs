use std::collections::VecDeque;

use crate::capture::spool::EventName;
use crate::domain::{
    Change, ClockReading, Device, Evidence, Facts, Observation, Session, SessionId, SessionSecret,
    Tracker, Uptime,
};
use crate::journal::{Journal, JournalError};

/// How many things that could not be written down are kept in memory. What the hooks left is not
/// among them: it stays in the spool.
const MOST_WAITING: usize = 1_024;

/// Turns observations into sessions and writes these down, each observation in one transaction.
///
/// What cannot be written down (a full disk, a card that became read-only) waits, in order, and so
/// does what comes after it: the tracker never knows more than the journal.
pub(super) struct Recorder {
    journal: Journal,
    tracker: Tracker,
    waiting: VecDeque<Entry>,
    /// A trusted clock may tell more about what is recorded.
    is_undated: bool,
}

/// Something to write down.
enum Entry {
    Observed(Observation, Option<EventName>),
    Learnt(SessionId, Facts),
}

/// What came of writing down.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Spool files whose events are in the journal.
    pub taken: Vec<EventName>,
    /// Sessions that opened or of which more is known.
    pub lasting: Vec<Session>,
}

impl Recorder {
    /// `boot_began_by` is when the present boot had begun for certain.
    pub(super) fn new(
        journal: Journal,
        devices: Vec<Device>,
        boot_began_by: Uptime,
    ) -> Result<Self, JournalError> {
        let tracker = Tracker::new(devices, journal.open_sessions()?);
        let tracker = tracker.in_boot_begun_by(boot_began_by);
        Ok(Self { journal, tracker, waiting: VecDeque::new(), is_undated: true })
    }

    /// The journal, for an erasure. It drops late words about what is gone, so the tracker need not
    /// know of it.
    pub(super) fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// The interfaces that are watched or have an open session.
    pub(super) fn devices(&self) -> Vec<Device> {
        self.tracker.devices()
    }

    /// When the tracker wants to be asked again, and about which interface.
    pub(super) fn deadline(&self) -> Option<(Uptime, Device)> {
        self.tracker.deadline()
    }

    /// The open sessions, and the journal to note something about them in.
    pub(super) fn open_sessions(&mut self) -> (Vec<&Session>, &mut Journal) {
        (self.tracker.open().collect(), &mut self.journal)
    }

    /// The open session with this ID.
    pub(super) fn open_session(&self, id: SessionId) -> Option<&Session> {
        self.tracker.open().find(|session| session.id == id)
    }

    /// The interface number of the open session on an interface.
    pub(super) fn interface_of(&self, device: &Device) -> Option<u32> {
        self.tracker.open().find(|session| session.device == *device)?.interface
    }

    /// Whether something waits to be written down.
    pub(super) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the event in this spool file is in the journal already.
    pub(super) fn has_taken(&self, name: EventName) -> Result<bool, JournalError> {
        self.journal.has_taken(&name.to_string())
    }

    /// Lets the journal forget the spool files that are not there any more.
    pub(super) fn forget_all_but(&mut self, present: &[EventName]) {
        self.journal.forget_taken(present.iter().map(EventName::to_string).collect());
    }

    /// Takes in an observation of an event in the spool.
    pub(super) fn take(&mut self, observation: Observation, name: EventName) {
        self.waiting.push_back(Entry::Observed(observation, Some(name)));
    }

    /// Takes in an observation of the daemon's own.
    pub(super) fn observe(&mut self, reading: ClockReading, device: Device, evidence: Evidence) {
        let observation = Observation { reading, device, evidence };
        self.push(Entry::Observed(observation, None));
    }

    /// Takes in what was found out about a session later.
    pub(super) fn learn(&mut self, id: SessionId, facts: Facts) {
        self.push(Entry::Learnt(id, facts));
    }

    fn push(&mut self, entry: Entry) {
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(entry);
        } else {
            log::error!("too much waits to be written down; an observation is dropped");
        }
    }

    /// Writes down what waits, in order, until something cannot be written.
    pub(super) fn write_down(
        &mut self,
        secret: &mut dyn FnMut() -> SessionSecret,
    ) -> (Outcome, Result<(), JournalError>) {
        let mut outcome = Outcome::default();
        while let Some(entry) = self.waiting.front() {
            let written = match entry {
                Entry::Observed(observation, name) => {
                    let before = self.tracker.clone();
                    let changes = self.tracker.observe(observation.clone(), secret);
                    let name = *name;
                    if changes.is_empty() && name.is_none() {
                        Ok(())
                    } else {
                        self.journal
                            .record(&changes, name.map(|name| name.to_string()).as_deref())
                            .inspect(|()| {
                                outcome.taken.extend(name);
                                note(&changes, &mut outcome.lasting, &mut self.is_undated);
                            })
                            .inspect_err(|_| self.tracker = before)
                    }
                }
                Entry::Learnt(id, facts) => {
                    self.journal.learn(*id, facts).map(|_| self.tracker.learn(*id, facts))
                }
            };
            if let Err(error) = written {
                return (outcome, Err(error));
            }
            self.waiting.pop_front();
        }
        (outcome, Ok(()))
    }

    /// Whether a trusted clock could still date something.
    pub(super) fn is_undated(&self) -> bool {
        self.is_undated
    }

    /// Dates what is not dated, once the clock is trusted.
    pub(super) fn date(&mut self, trusted: &ClockReading) -> Result<(), JournalError> {
        if self.is_undated && trusted.synchronised {
            let dated = self.journal.date(trusted)?.len();
            self.tracker.date(trusted);
            self.is_undated = false;
            if dated > 0 {
                log::info!("the clock is set: {dated} sessions dated");
            }
        }
        Ok(())
    }
}

/// Says in the log what was written down, without any address.
fn note(changes: &[Change], lasting: &mut Vec<Session>, is_undated: &mut bool) {
    for change in changes {
        match change {
            Change::Open(session, _) => {
                log::info!("session {} began on {}", session.id.short(), session.device);
                *is_undated |= session.is_undated();
                lasting.push(session.clone());
            }
            Change::Update(session) => {
                *is_undated |= session.is_undated();
                lasting.push(session.clone());
            }
            Change::Close(session) => {
                *is_undated |= session.is_undated();
                let reason = session.end.as_ref().map_or("", |end| end.reason.name());
                log::info!("session {} ended: {reason}", session.id.short());
            }
        }
    }
}
