use std::collections::VecDeque;

use temoin_capture::spool::EventName;
use temoin_core::session::{
    Attributes, Change, ClockReading, Device, Evidence, Observation, Session, SessionId,
    SessionSecret, Tracker, Uptime,
};
use temoin_journal::{Journal, JournalError};

/// How many failed writes are kept in memory. Hook events are not among them: they stay in the spool.
const MAX_PENDING: usize = 1_024;

/// Turns observations into sessions and writes them to the journal, one transaction per observation.
///
/// When a write fails (disk full, card read-only), it and all later ones are queued in order, so the
/// tracker never knows more than the journal.
pub(super) struct Recorder {
    journal: Journal,
    tracker: Tracker,
    waiting: VecDeque<PendingWrite>,
    /// A trusted clock could still date something that is recorded.
    is_undated: bool,
}

/// A queued write.
enum PendingWrite {
    Observed(Observation, Option<EventName>),
    Learnt(SessionId, Attributes),
}

/// The result of writing the queue.
#[derive(Debug, Default)]
pub(super) struct WriteReport {
    /// Spool files whose events are in the journal.
    pub taken: Vec<EventName>,
    /// Open sessions that are new or changed.
    pub open: Vec<Session>,
}

impl Recorder {
    /// `boot_started_by` is the latest possible start of the current boot.
    pub(super) fn new(
        journal: Journal,
        devices: Vec<Device>,
        boot_started_by: Uptime,
    ) -> Result<Self, JournalError> {
        let tracker = Tracker::new(devices, journal.open_sessions()?);
        let tracker = tracker.with_boot_started_by(boot_started_by);
        Ok(Self { journal, tracker, waiting: VecDeque::new(), is_undated: true })
    }

    /// The journal, for an erasure. It ignores later updates to erased sessions, so the tracker need not
    /// know.
    pub(super) fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// The interfaces that are watched or have an open session.
    pub(super) fn devices(&self) -> Vec<Device> {
        self.tracker.devices()
    }

    /// The tracker's next deadline, and for which interface.
    pub(super) fn deadline(&self) -> Option<(Uptime, Device)> {
        self.tracker.deadline()
    }

    /// The open sessions, and the journal to write to.
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

    /// Whether writes are queued.
    pub(super) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the event in this spool file is in the journal already.
    pub(super) fn has_taken(&self, name: EventName) -> Result<bool, JournalError> {
        self.journal.has_taken(&name.to_string())
    }

    /// Removes spool files that no longer exist from the journal's list.
    pub(super) fn forget_all_but(&mut self, present: &[EventName]) {
        self.journal.forget_taken(present.iter().map(EventName::to_string).collect());
    }

    /// Queues an observation from the spool.
    pub(super) fn take(&mut self, observation: Observation, name: EventName) {
        self.waiting.push_back(PendingWrite::Observed(observation, Some(name)));
    }

    /// Queues an observation made by the daemon.
    pub(super) fn observe(&mut self, reading: ClockReading, device: Device, evidence: Evidence) {
        let observation = Observation { reading, device, evidence };
        self.push(PendingWrite::Observed(observation, None));
    }

    /// Queues facts that were learnt later about a session.
    pub(super) fn learn(&mut self, id: SessionId, attributes: Attributes) {
        self.push(PendingWrite::Learnt(id, attributes));
    }

    fn push(&mut self, write: PendingWrite) {
        if self.waiting.len() < MAX_PENDING {
            self.waiting.push_back(write);
        } else {
            log::error!("too much waits to be written down; an observation is dropped");
        }
    }

    /// Writes the queue in order, up to the first failure.
    pub(super) fn write_pending(
        &mut self,
        secret: &mut dyn FnMut() -> SessionSecret,
    ) -> (WriteReport, Result<(), JournalError>) {
        let mut report = WriteReport::default();
        while let Some(write) = self.waiting.front() {
            let written = match write {
                PendingWrite::Observed(observation, name) => {
                    let before = self.tracker.clone();
                    let changes = self.tracker.observe(observation.clone(), secret);
                    let name = *name;
                    if changes.is_empty() && name.is_none() {
                        Ok(())
                    } else {
                        self.journal
                            .record(&changes, name.map(|name| name.to_string()).as_deref())
                            .inspect(|()| {
                                report.taken.extend(name);
                                log_changes(&changes, &mut report.open, &mut self.is_undated);
                            })
                            .inspect_err(|_| self.tracker = before)
                    }
                }
                PendingWrite::Learnt(id, attributes) => self
                    .journal
                    .learn(*id, attributes)
                    .map(|_| self.tracker.add_attributes(*id, attributes)),
            };
            if let Err(error) = written {
                return (report, Err(error));
            }
            self.waiting.pop_front();
        }
        (report, Ok(()))
    }

    /// Whether a trusted clock could still date something.
    pub(super) fn is_undated(&self) -> bool {
        self.is_undated
    }

    /// Dates undated sessions once the clock is trusted.
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

/// Logs what was written, without any address.
fn log_changes(changes: &[Change], open: &mut Vec<Session>, is_undated: &mut bool) {
    for change in changes {
        match change {
            Change::Open(session, _) => {
                log::info!("session {} began on {}", session.id.short(), session.device);
                *is_undated |= session.is_undated();
                open.push(session.clone());
            }
            Change::Update(session) => {
                *is_undated |= session.is_undated();
                open.push(session.clone());
            }
            Change::Close(session) => {
                *is_undated |= session.is_undated();
                let reason = session.end.as_ref().map_or("", |end| end.reason.name());
                log::info!("session {} ended: {reason}", session.id.short());
            }
        }
    }
}
