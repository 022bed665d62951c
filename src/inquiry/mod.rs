//! Asks the operator: joins what the record has of it, the profile, and the calls.
//!
//! The daemon and the command line both ask through here, so that a question asked by hand is no other
//! than the daily one. [`Operator`] is who is asked, and [`Inquiry`] asks: it names a session, or asks
//! for the status of those that [`Inquiry::plan`] chose.
//!
//! # Error handling
//! Each call is noted in the record's ledger before it is sent and, where it is the daily one, with the
//! moment of the next: a power cut or an error in between makes no second one. What cannot be noted is
//! not sent. Nothing of an answer is used unless all of it was verified (PROTOCOL.md, "What the box
//! verifies"), and what is used is written in one transaction with the answer's size and hash.

mod error;
mod operator;
mod report;
mod tunnel;

use std::io;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::domain::{ClockReading, Session, SessionId, Timestamp};
use crate::journal::{
    self, Call, Dealing, EntryNumber, Journal, Learnt, Outcome, Presence, Reader, Sent, Worth,
};
use crate::protocol::{
    Day, Freshness, KeyChain, PublicKey, RegisterRequest, StatusAnswer, StatusRequest, Verified,
};
use crate::sync::{Answer, Candidate, Client, Draw, Plan, Post, Reason, Recall, Registration, Way};

pub use error::InquiryError;
pub use operator::{NotAsked, Operator};
pub use report::Report;
pub use tunnel::tunnel_of;

/// One operator, and the record that the answers go to.
pub struct Inquiry<'a> {
    /// The directory of the record.
    pub directory: &'a Path,
    /// Who is asked.
    pub operator: &'a Operator,
    /// What the clocks say.
    pub clock: &'a dyn Fn() -> io::Result<ClockReading>,
    /// How long a call may take: [`crate::sync::PATIENCE`].
    pub patience: Duration,
    /// By which another thread can call the call off.
    pub recall: Option<&'a Recall>,
}

impl Inquiry<'_> {
    /// Names a session that lasts to the operator, through its tunnel and in no other way. What the
    /// record has as settled is not asked again.
    ///
    /// # Errors
    /// [`InquiryError`] where that settled nothing: it may be tried again while the session lasts.
    pub fn register(&self, session: &Session) -> Result<Registration, InquiryError> {
        let id = session.id;
        if let Some(settled) = self.settled(&id)? {
            return Ok(settled);
        }
        let tunnel = tunnel_of(session).ok_or(InquiryError::NoTunnel)?;
        let post = Post::register(&RegisterRequest::new(id), &self.operator.base);
        let way = Way::Tunnel(tunnel);
        let mut journal = self.journal()?;
        let sent = sent(&post, Call::Register, &way, false, (self.clock)()?.realtime);
        let number = journal.note_request(&sent, &[id], None)?;
        let (answer, settled) = match self.call(&post, &way) {
            Ok(answer) => {
                let settled = match Registration::of(answer.status) {
                    Registration::Later => Err(InquiryError::NotNow(answer.status)),
                    settled => Ok(settled),
                };
                (Some(answer), settled)
            }
            Err(error) => (None, Err(error)),
        };
        let learnt = match (&settled, &answer) {
            (Ok(Registration::Bound), _) => Learnt::Bound(id),
            (Ok(Registration::Taken), _) => Learnt::Refused(id),
            (Ok(Registration::Rejected), Some(answer)) => Learnt::Rejected(id, answer.status),
            _ => Learnt::Nothing,
        };
        self.conclude(&mut journal, number, answer.as_ref(), settled.as_ref().err(), &learnt)?;
        settled
    }

    /// Chooses what a status request that is sent now asks for. Nothing is sent or written.
    ///
    /// Only sessions that were named to this operator are chosen: whoever has an ID could ask the one
    /// before for what it holds (PROTOCOL.md, "Whoever knows an ID can ask").
    ///
    /// # Errors
    /// [`InquiryError`], where the record cannot be read or the randomness is none.
    pub fn plan(&self, draw: &Draw) -> Result<Plan, InquiryError> {
        let now = (self.clock)()?.realtime;
        let mut reasons = vec![(Reason::Unconfirmed, Worth::Unconfirmed)];
        if let Some(today) = Day::new(self.operator.zone.date(now)) {
            reasons.push((Reason::Due, Worth::Due(today)));
            reasons.push((Reason::Sample, Worth::Sample(today)));
        }
        reasons.push((Reason::Undetermined, Worth::Undetermined));
        let reader = self.reader()?;
        let keys = reader.keys(self.operator.key)?;
        let mut candidates = Vec::new();
        for (reason, worth) in reasons {
            for dealing in reader.worth_asking(worth, MOST_CANDIDATES)? {
                if self.is_known_here(&dealing, &keys, &reader)? {
                    candidates.push(Candidate {
                        id: dealing.id,
                        reason,
                        asked_at: dealing.asked_at,
                        has_ended: dealing.presence != Presence::Open,
                    });
                }
            }
        }
        Plan::new(&candidates, now, draw).map_err(InquiryError::Random)
    }

    /// Whether a session was named to this operator: it signed a statement on it, or its responder was
    /// sent the registration.
    fn is_known_here(
        &self,
        dealing: &Dealing,
        keys: &KeyChain,
        reader: &Reader,
    ) -> Result<bool, InquiryError> {
        let is_own = |key: &PublicKey| {
            key == keys.pinned_key() || keys.rotations().iter().any(|it| it.new_key() == key)
        };
        if dealing.last().is_some_and(|receipt| is_own(receipt.key())) {
            return Ok(true);
        }
        let post = Post::register(&RegisterRequest::new(dealing.id), &self.operator.base);
        Ok(reader.was_registered_by(post.head().as_bytes(), &dealing.id)?)
    }

    /// Asks for what was planned. With `next`, the moment of the next daily request, this is the daily
    /// one; without, somebody asks by hand.
    ///
    /// # Errors
    /// [`InquiryError`]: nothing of an answer was used then.
    pub fn ask(
        &self,
        plan: Plan,
        way: &Way,
        next: Option<Timestamp>,
    ) -> Result<Report, InquiryError> {
        let post = Post::status(plan.request(), &self.operator.base);
        let ids: Vec<SessionId> = plan.asked().iter().map(|(id, _)| *id).collect();
        let known = self.reader()?.keys(self.operator.key)?;
        let mut journal = self.journal()?;
        let before = (self.clock)()?;
        let sent = sent(&post, Call::Status, way, next.is_none(), before.realtime);
        let number = journal.note_request(&sent, &ids, next)?;
        let (answer, verified) = match self.call(&post, way) {
            Ok(answer) => {
                let verified = self.verify(&answer, plan.request(), &known, &before);
                (Some(answer), verified)
            }
            Err(error) => (None, Err(error)),
        };
        let learnt = match &verified {
            Ok(Verified { receipts, keys }) => {
                Learnt::Statements { receipts, keys, zone: self.operator.zone }
            }
            Err(_) => Learnt::Nothing,
        };
        self.conclude(&mut journal, number, answer.as_ref(), verified.as_ref().err(), &learnt)?;
        let Verified { receipts, keys } = verified?;
        let rotations =
            keys.rotations().iter().filter(|it| !known.rotations().contains(it)).copied().collect();
        Ok(Report { plan, receipts, rotations })
    }

    fn settled(&self, id: &SessionId) -> Result<Option<Registration>, InquiryError> {
        let dealing = self.reader()?.dealing(id)?;
        Ok(dealing.and_then(|dealing| match dealing.registration {
            journal::Registration::Bound { .. } => Some(Registration::Bound),
            journal::Registration::Refused { .. } => Some(Registration::Taken),
            journal::Registration::Rejected { .. } => Some(Registration::Rejected),
            journal::Registration::Missed | journal::Registration::Pending => None,
        }))
    }

    fn call(&self, post: &Post, way: &Way) -> Result<Answer, InquiryError> {
        let Operator { base, trust, .. } = self.operator;
        let client = Client::new(base.clone(), *trust, self.patience)?;
        Ok(client.call(post, way, self.recall)?)
    }

    /// PROTOCOL.md, "What the box verifies".
    fn verify(
        &self,
        answer: &Answer,
        request: &StatusRequest,
        keys: &KeyChain,
        before: &ClockReading,
    ) -> Result<Verified, InquiryError> {
        match answer.status {
            200 => {}
            status @ (400 | 413 | 415) => return Err(InquiryError::Rejected(status)),
            status => return Err(InquiryError::NotNow(status)),
        }
        let after = (self.clock)()?;
        let freshness = if before.synchronised && after.synchronised {
            Freshness::Between { sent: before.realtime, received: after.realtime }
        } else {
            Freshness::ClockNotTrusted
        };
        Ok(StatusAnswer::from_bytes(&answer.body)?.verify(request, keys, freshness)?)
    }

    fn conclude(
        &self,
        journal: &mut Journal,
        number: EntryNumber,
        answer: Option<&Answer>,
        failure: Option<&InquiryError>,
        learnt: &Learnt<'_>,
    ) -> Result<(), InquiryError> {
        let answer = answer.map(|answer| journal::Answer {
            status: answer.status,
            size: u64::try_from(answer.body.len()).unwrap_or(u64::MAX),
            digest: Sha256::digest(&answer.body).into(),
        });
        let failure = failure.map(|failure| failure.name().to_owned());
        let outcome = Outcome { at: (self.clock)()?.realtime, answer, failure };
        Ok(journal.note_answer(number, &outcome, learnt)?)
    }

    fn reader(&self) -> Result<Reader, InquiryError> {
        Reader::open(self.directory)?.ok_or(InquiryError::NoRecord)
    }

    fn journal(&self) -> Result<Journal, InquiryError> {
        Journal::open_beside(self.directory)?.ok_or(InquiryError::NoRecord)
    }
}

/// Draws what a status request needs.
///
/// # Errors
/// [`InquiryError::System`] where the kernel has no randomness to give.
pub fn draw() -> Result<Draw, InquiryError> {
    let mut draw =
        Draw { fillers: [[0; 32]; StatusRequest::IDS], chances: [0; StatusRequest::IDS] };
    let fill = |bytes: &mut [u8]| {
        getrandom::fill(bytes)
            .map_err(|error| InquiryError::System(io::Error::other(error.to_string())))
    };
    draw.fillers.iter_mut().try_for_each(|filler| fill(filler))?;
    for chance in &mut draw.chances {
        let mut bytes = [0; 4];
        fill(&mut bytes)?;
        *chance = u32::from_ne_bytes(bytes);
    }
    Ok(draw)
}

fn sent(post: &Post, call: Call, way: &Way, by_hand: bool, at: Timestamp) -> Sent {
    let way = match way {
        Way::Proxy(_) => journal::Way::Proxy,
        Way::Tunnel(_) => journal::Way::Tunnel,
    };
    Sent { at, call, way, by_hand, head: post.head().into(), body: post.body().to_vec() }
}

/// Of each kind: as many as one request has places for, and one more to tell that some wait.
const MOST_CANDIDATES: u32 = 64;
