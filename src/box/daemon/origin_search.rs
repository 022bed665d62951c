use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::sys::eventfd::{EfdFlags, EventFd};

use temoin_capture::origin::{self, OriginMethod};
use temoin_core::session::{Attributes, Observed, Session, SessionId, Source, Uptime};

/// Delays of the search attempts after a session is first seen, in milliseconds: a firewall or a home
/// router may respond late.
const ATTEMPTS_AT: [u64; 4] = [0, 5_000, 30_000, 120_000];

/// How long to wait for the hook before searching, in milliseconds: it may bring the address as pushed by
/// the operator, which takes precedence.
const HOOK_DELAY: u64 = 3_000;

/// Searches for the origin addresses of sessions, in its own threads.
pub(super) struct OriginSearch {
    methods: Vec<OriginMethod>,
    due: Vec<OriginAttempt>,
    is_running: bool,
    wake: Arc<EventFd>,
    sender: Sender<(SessionId, Option<Observed<IpAddr>>)>,
    found: Receiver<(SessionId, Option<Observed<IpAddr>>)>,
}

struct OriginAttempt {
    at: Uptime,
    id: SessionId,
    number: usize,
}

impl OriginSearch {
    pub(super) fn new(methods: &[OriginMethod]) -> io::Result<Self> {
        let (sender, found) = channel();
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        Ok(Self {
            methods: methods
                .iter()
                .copied()
                .filter(|method| *method != OriginMethod::OperatorPush)
                .collect(),
            due: Vec::new(),
            is_running: false,
            wake: Arc::new(EventFd::from_value_and_flags(0, flags)?),
            sender,
            found,
        })
    }

    /// Readable when a search has finished.
    pub(super) fn ended(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// When the next search is due; `None` while one runs.
    pub(super) fn deadline(&self) -> Option<Uptime> {
        self.due.iter().map(|attempt| attempt.at).min().filter(|_| !self.is_running)
    }

    /// Schedules searches for an open session whose origin is unknown.
    pub(super) fn plan(&mut self, session: &Session, now: Uptime) {
        let is_known = session.attributes.origin_address.is_some();
        if self.methods.is_empty() || is_known || session.attributes.gateway.is_none() {
            return;
        }
        let begin = match session.start.source {
            Source::OpenVpnHook => now,
            _ => now.plus(HOOK_DELAY),
        };
        if let Some(planned) =
            self.due.iter_mut().find(|attempt| attempt.id == session.id && attempt.number == 0)
        {
            planned.at = planned.at.min(begin);
        } else if !self.due.iter().any(|attempt| attempt.id == session.id) {
            self.due.extend(ATTEMPTS_AT.iter().enumerate().map(|(number, after)| OriginAttempt {
                at: begin.plus(*after),
                id: session.id,
                number,
            }));
        }
    }

    /// Starts the search that is due, if its session is still open and its origin unknown.
    pub(super) fn start_due<'a>(
        &mut self,
        now: Uptime,
        open: impl FnOnce(SessionId) -> Option<&'a Session>,
    ) {
        let Some(place) = self.due.iter().position(|attempt| attempt.at <= now) else { return };
        let OriginAttempt { id, .. } = self.due.remove(place);
        let session = open(id).filter(|session| session.attributes.origin_address.is_none());
        let Some((session, gateway)) =
            session.and_then(|session| Some((session, session.attributes.gateway?.value)))
        else {
            self.forget(id);
            return;
        };
        let methods = self.methods.clone();
        let (device, attributes) = (session.device.clone(), session.attributes.clone());
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let search = move || {
            let found = origin::discover(&methods, gateway.address, &device, &attributes);
            // Both fail only if the daemon is gone.
            let _ = sender.send((id, found));
            let _ = wake.write(1);
        };
        match thread::Builder::new().name("origin".to_owned()).stack_size(128 * 1024).spawn(search)
        {
            Ok(_) => self.is_running = true,
            Err(error) => log::warn!("cannot look for the origin address: {error}"),
        }
    }

    /// The result of the finished search.
    pub(super) fn take_result(&mut self) -> Option<(SessionId, Attributes)> {
        let _ = self.wake.read();
        let (id, found) = self.found.try_recv().ok()?;
        self.is_running = false;
        let origin_address = found?;
        log::info!("session {}: origin address found by {}", id.short(), origin_address.source);
        self.forget(id);
        Some((id, Attributes { origin_address: Some(origin_address), ..Attributes::default() }))
    }

    fn forget(&mut self, id: SessionId) {
        self.due.retain(|attempt| attempt.id != id);
    }
}
