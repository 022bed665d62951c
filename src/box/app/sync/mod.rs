//! The sync with the operator: combines the journal, the operator's profile and the client.
//!
//! The daemon and the command line share this code, so a manual check looks the same as the daily
//! one. [`SyncTarget`] is who is asked; [`SyncRun`] registers a session, or asks for the status of
//! the sessions chosen by [`SyncRun::plan`].
//!
//! # Error handling
//! Each call is logged in the journal's ledger before it is sent; the daily one together with the
//! time of the next, so that a power cut or an error in between cannot repeat it. A call that
//! cannot be logged is not sent. An answer is used only if all of it verifies (PROTOCOL.md, "What
//! the box verifies"), and is stored in one transaction with its size and hash.

mod session_tunnel;
mod status_report;
mod sync_error;
mod sync_target;

use std::io;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use temoin_core::assessment::RegistrationState;
use temoin_core::assessment::{LocalState, SyncState};
use temoin_core::record::{Call, CallResult, EntryNumber, PollReason, SentRequest};
use temoin_core::session::{ClockReading, Session, SessionId, Timestamp};
use temoin_journal::{Journal, Reader, SyncUpdate};
use temoin_protocol::{
    Day, Freshness, KeyChain, PublicKey, RegisterRequest, SeenRotation, StatusAnswer,
    StatusRequest, VerifiedAnswer,
};
use temoin_sync::{
    CancelToken, Client, HttpRequest, HttpResponse, Plan, PlanReason, PollCandidate, Randomness,
    RegistrationAnswer, Route,
};

pub use session_tunnel::tunnel_of;
pub use status_report::StatusReport;
pub use sync_error::SyncError;
pub use sync_target::SyncTarget;
pub(crate) use sync_target::SyncUnavailable;

/// The context of calls to one operator.
pub struct SyncRun<'a> {
    /// The directory of the journal.
    pub directory: &'a Path,
    /// Who is asked.
    pub target: &'a SyncTarget,
    /// Reads the clocks.
    pub clock: &'a dyn Fn() -> io::Result<ClockReading>,
    /// Time limit of a call: [`temoin_sync::CALL_TIMEOUT`].
    pub timeout: Duration,
    /// Lets another thread cancel the call.
    pub cancel: Option<&'a CancelToken>,
}

impl SyncRun<'_> {
    /// Registers an open session with the operator, always through its tunnel. A registration
    /// already settled in the journal is not repeated.
    ///
    /// # Errors
    /// [`SyncError`] if there was no conclusive answer: may be retried while the session is
    /// open.
    pub fn register(&self, session: &Session) -> Result<RegistrationAnswer, SyncError> {
        let id = session.id;
        if let Some(settled) = self.settled_registration(&id)? {
            return Ok(settled);
        }
        let tunnel = tunnel_of(session).ok_or(SyncError::NoTunnel)?;
        let post = HttpRequest::register(&RegisterRequest::new(id), &self.target.base);
        let route = Route::Tunnel(tunnel);
        let mut journal = self.journal()?;
        let sent = sent_request(&post, Call::Register, &route, false, (self.clock)()?.realtime);
        let number = journal.note_request(&sent, &[id], None)?;
        let (answer, settled) = match self.call(&post, &route) {
            Ok(answer) => {
                let settled = match RegistrationAnswer::from_status(answer.status) {
                    RegistrationAnswer::Later => Err(SyncError::NotNow(answer.status)),
                    settled => Ok(settled),
                };
                (Some(answer), settled)
            }
            Err(error) => (None, Err(error)),
        };
        let update = match (&settled, &answer) {
            (Ok(RegistrationAnswer::Bound), _) => SyncUpdate::Bound(id),
            (Ok(RegistrationAnswer::Taken), _) => SyncUpdate::Refused(id),
            (Ok(RegistrationAnswer::Rejected), Some(answer)) => {
                SyncUpdate::Rejected(id, answer.status)
            }
            _ => SyncUpdate::Nothing,
        };
        self.record_result(&mut journal, number, answer.as_ref(), settled.as_ref().err(), &update)?;
        settled
    }

    /// Chooses the sessions for a status request sent now. Sends and writes nothing.
    ///
    /// Only sessions registered with this operator are chosen: anyone who has an ID could ask the
    /// previous operator about it (PROTOCOL.md, "Whoever knows an ID can ask").
    ///
    /// # Errors
    /// [`SyncError`] if the journal cannot be read or the random source is broken.
    pub fn plan(&self, draw: &Randomness) -> Result<Plan, SyncError> {
        let now = (self.clock)()?.realtime;
        let mut reasons = vec![(PlanReason::Unconfirmed, PollReason::Unconfirmed)];
        if let Some(today) = Day::new(self.target.zone.date(now)) {
            reasons.push((PlanReason::Due, PollReason::Due(today)));
            reasons.push((PlanReason::Sample, PollReason::Sample(today)));
        }
        reasons.push((PlanReason::Undetermined, PollReason::Undetermined));
        let reader = self.reader()?;
        let keys = reader.keys(self.target.key)?;
        let mut candidates = Vec::new();
        for (reason, poll_reason) in reasons {
            for sync_state in reader.sessions_to_poll(poll_reason, MAX_CANDIDATES)? {
                if self.was_registered_here(&sync_state, &keys, &reader)? {
                    candidates.push(PollCandidate {
                        id: sync_state.id,
                        reason,
                        asked_at: sync_state.asked_at,
                        has_ended: sync_state.local_state != LocalState::Open,
                    });
                }
            }
        }
        Plan::new(&candidates, now, draw).map_err(SyncError::Random)
    }

    /// Whether a session was registered with this operator: it signed a statement on it, or its
    /// responder was sent the registration.
    fn was_registered_here(
        &self,
        sync_state: &SyncState,
        keys: &KeyChain,
        reader: &Reader,
    ) -> Result<bool, SyncError> {
        let is_own = |key: &PublicKey| {
            key == keys.pinned_key()
                || keys.rotations().iter().any(|it| it.rotation.new_key() == key)
        };
        if sync_state.last().is_some_and(|receipt| is_own(receipt.key())) {
            return Ok(true);
        }
        let post = HttpRequest::register(&RegisterRequest::new(sync_state.id), &self.target.base);
        Ok(reader.was_registered_by(post.head().as_bytes(), &sync_state.id)?)
    }

    /// Sends a planned status request. `next` is the time of the next daily request if this is the
    /// daily one, and `None` if it was requested manually.
    ///
    /// # Errors
    /// [`SyncError`]; nothing of the answer was used.
    pub fn ask(
        &self,
        plan: Plan,
        route: &Route,
        next: Option<Timestamp>,
    ) -> Result<StatusReport, SyncError> {
        let post = HttpRequest::status(plan.request(), &self.target.base);
        let ids: Vec<SessionId> = plan.asked().iter().map(|(id, _)| *id).collect();
        let known = self.reader()?.keys(self.target.key)?;
        let mut journal = self.journal()?;
        let before = (self.clock)()?;
        let sent = sent_request(&post, Call::Status, route, next.is_none(), before.realtime);
        let number = journal.note_request(&sent, &ids, next)?;
        let (answer, verified) = match self.call(&post, route) {
            Ok(answer) => {
                let verified = self.verify(&answer, plan.request(), &known, &before);
                (Some(answer), verified)
            }
            Err(error) => (None, Err(error)),
        };
        let update = match &verified {
            Ok(VerifiedAnswer { receipts, keys, .. }) => {
                SyncUpdate::Statements { receipts, keys, zone: self.target.zone }
            }
            Err(_) => SyncUpdate::Nothing,
        };
        self.record_result(
            &mut journal,
            number,
            answer.as_ref(),
            verified.as_ref().err(),
            &update,
        )?;
        let VerifiedAnswer { receipts, keys, waits_until, withdrawn, .. } = verified?;
        let is_new = |it: &&SeenRotation| !known.rotations().contains(it);
        let rotations = keys.rotations().iter().filter(is_new).map(|seen| seen.rotation).collect();
        Ok(StatusReport { plan, receipts, rotations, waits_until, withdrawn })
    }

    fn settled_registration(
        &self,
        id: &SessionId,
    ) -> Result<Option<RegistrationAnswer>, SyncError> {
        let sync_state = self.reader()?.sync_state(id)?;
        Ok(sync_state.and_then(|sync_state| match sync_state.registration {
            RegistrationState::Bound { .. } => Some(RegistrationAnswer::Bound),
            RegistrationState::Refused { .. } => Some(RegistrationAnswer::Taken),
            RegistrationState::Rejected { .. } => Some(RegistrationAnswer::Rejected),
            RegistrationState::Missed | RegistrationState::Pending => None,
        }))
    }

    fn call(&self, post: &HttpRequest, route: &Route) -> Result<HttpResponse, SyncError> {
        let SyncTarget { base, trust, .. } = self.target;
        let client = Client::new(base.clone(), *trust, self.timeout)?;
        Ok(client.call(post, route, self.cancel)?)
    }

    /// PROTOCOL.md, "What the box verifies".
    fn verify(
        &self,
        answer: &HttpResponse,
        request: &StatusRequest,
        keys: &KeyChain,
        before: &ClockReading,
    ) -> Result<VerifiedAnswer, SyncError> {
        match answer.status {
            200 => {}
            status @ (400 | 413 | 415) => return Err(SyncError::Rejected(status)),
            status => return Err(SyncError::NotNow(status)),
        }
        let after = (self.clock)()?;
        let freshness = if before.synchronised && after.synchronised {
            Freshness::Between { sent: before.realtime, received: after.realtime }
        } else {
            Freshness::ClockNotTrusted
        };
        Ok(StatusAnswer::from_bytes(&answer.body)?.verify(request, keys, freshness)?)
    }

    fn record_result(
        &self,
        journal: &mut Journal,
        number: EntryNumber,
        answer: Option<&HttpResponse>,
        failure: Option<&SyncError>,
        update: &SyncUpdate<'_>,
    ) -> Result<(), SyncError> {
        let answer = answer.map(|answer| temoin_core::record::ResponseSummary {
            status: answer.status,
            size: u64::try_from(answer.body.len()).unwrap_or(u64::MAX),
            digest: Sha256::digest(&answer.body).into(),
        });
        let failure = failure.map(|failure| failure.name().to_owned());
        let outcome = CallResult { at: (self.clock)()?.realtime, answer, failure };
        Ok(journal.note_answer(number, &outcome, update)?)
    }

    fn reader(&self) -> Result<Reader, SyncError> {
        Reader::open(self.directory)?.ok_or(SyncError::NoRecord)
    }

    fn journal(&self) -> Result<Journal, SyncError> {
        Journal::open_beside(self.directory)?.ok_or(SyncError::NoRecord)
    }
}

/// Draws the random input of a status request.
///
/// # Errors
/// [`SyncError::System`] if the kernel provides no randomness.
pub fn draw_randomness() -> Result<Randomness, SyncError> {
    let mut draw =
        Randomness { fillers: [[0; 32]; StatusRequest::RANDOM], chances: [0; StatusRequest::IDS] };
    let fill = |bytes: &mut [u8]| {
        getrandom::fill(bytes)
            .map_err(|error| SyncError::System(io::Error::other(error.to_string())))
    };
    draw.fillers.iter_mut().try_for_each(|filler| fill(filler))?;
    for chance in &mut draw.chances {
        let mut bytes = [0; 4];
        fill(&mut bytes)?;
        *chance = u32::from_ne_bytes(bytes);
    }
    Ok(draw)
}

fn sent_request(
    post: &HttpRequest,
    call: Call,
    route: &Route,
    is_manual: bool,
    at: Timestamp,
) -> SentRequest {
    let route = match route {
        Route::Proxy(_) => temoin_core::record::RouteKind::Proxy,
        Route::Tunnel(_) => temoin_core::record::RouteKind::Tunnel,
    };
    SentRequest { at, call, route, is_manual, head: post.head().into(), body: post.body().to_vec() }
}

/// Per reason: as many as fit one request, and one more to tell that some are left.
const MAX_CANDIDATES: u32 = 64;
