use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::capture::origin::{self, Method};
use crate::domain::{Facts, Observed, Session, SessionId, Source, Uptime};

/// When, after a session is first heard of, its origin is looked for, in milliseconds: a firewall
/// may open late, and a home router may answer late.
const ATTEMPTS_AT: [u64; 4] = [0, 5_000, 30_000, 120_000];

/// How long a session that the hook has not spoken of yet waits for it, in milliseconds: the hook
/// may bring the operator's own word, which goes before all others.
const HOOK_PATIENCE: u64 = 3_000;

/// Looks for the origin addresses of sessions, in threads of its own.
pub(super) struct OriginSearch {
    methods: Vec<Method>,
    due: Vec<Attempt>,
    is_running: bool,
    wake: Arc<EventFd>,
    sender: Sender<(SessionId, Option<Observed<IpAddr>>)>,
    found: Receiver<(SessionId, Option<Observed<IpAddr>>)>,
}

struct Attempt {
    at: Uptime,
    id: SessionId,
    number: usize,
}

impl OriginSearch {
    pub(super) fn new(methods: &[Method]) -> io::Result<Self> {
        let (sender, found) = channel();
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        Ok(Self {
            methods: methods
                .iter()
                .copied()
                .filter(|method| *method != Method::OperatorPush)
                .collect(),
            due: Vec::new(),
            is_running: false,
            wake: Arc::new(EventFd::from_value_and_flags(0, flags)?),
            sender,
            found,
        })
    }

    /// Readable when a search has ended.
    pub(super) fn ended(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// When the next search is due. None is while one runs.
    pub(super) fn deadline(&self) -> Option<Uptime> {
        self.due.iter().map(|attempt| attempt.at).min().filter(|_| !self.is_running)
    }

    /// Plans the searches for a session that lasts and whose origin is not known.
    pub(super) fn plan(&mut self, session: &Session, now: Uptime) {
        let is_known = session.facts.origin_address.is_some();
        if self.methods.is_empty() || is_known || session.facts.gateway.is_none() {
            return;
        }
        let begin = match session.start.source {
            Source::OpenVpnHook => now,
            _ => now.plus(HOOK_PATIENCE),
        };
        if let Some(planned) =
            self.due.iter_mut().find(|attempt| attempt.id == session.id && attempt.number == 0)
        {
            planned.at = planned.at.min(begin);
        } else if !self.due.iter().any(|attempt| attempt.id == session.id) {
            self.due.extend(ATTEMPTS_AT.iter().enumerate().map(|(number, after)| Attempt {
                at: begin.plus(*after),
                id: session.id,
                number,
            }));
        }
    }

    /// Begins the search that is due, if `open` still knows its session and its origin is still
    /// unknown.
    pub(super) fn begin<'a>(
        &mut self,
        now: Uptime,
        open: impl FnOnce(SessionId) -> Option<&'a Session>,
    ) {
        let Some(place) = self.due.iter().position(|attempt| attempt.at <= now) else { return };
        let Attempt { id, .. } = self.due.remove(place);
        let session = open(id).filter(|session| session.facts.origin_address.is_none());
        let Some((session, gateway)) =
            session.and_then(|session| Some((session, session.facts.gateway?.value)))
        else {
            self.forget(id);
            return;
        };
        let methods = self.methods.clone();
        let (device, facts) = (session.device.clone(), session.facts.clone());
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let search = move || {
            let found = origin::discover(&methods, gateway.address, &device, &facts);
            // Both fail only where the daemon is gone.
            let _ = sender.send((id, found));
            let _ = wake.write(1);
        };
        match thread::Builder::new().name("origin".to_owned()).stack_size(128 * 1024).spawn(search)
        {
            Ok(_) => self.is_running = true,
            Err(error) => log::warn!("cannot look for the origin address: {error}"),
        }
    }

    /// What the search that ended has found.
    pub(super) fn take(&mut self) -> Option<(SessionId, Facts)> {
        let _ = self.wake.read();
        let (id, found) = self.found.try_recv().ok()?;
        self.is_running = false;
        let origin_address = found?;
        log::info!("session {}: origin address found by {}", id.short(), origin_address.source);
        self.forget(id);
        Some((id, Facts { origin_address: Some(origin_address), ..Facts::default() }))
    }

    fn forget(&mut self, id: SessionId) {
        self.due.retain(|attempt| attempt.id != id);
    }
}
