use std::collections::HashSet;

use super::statement::take;
use super::{
    Canonical, Digests, Held, KeyChain, Receipt, Refused, Rotation, Salt, Second, Signature,
    SigningKey, Statement, StatusRequest,
};
use crate::domain::{SessionId, Timestamp};

/// The body of an answer to `POST /temoin/1/status`: a time, a rotation of the operator's key if
/// there was one, and an entry for each ID of the request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusAnswer {
    at: Second,
    rotation: Option<Rotation>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Entry {
    held: Option<Held>,
    digests: Digests,
    signature: Signature,
}

/// What the operator's store has of one session, for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What is held, and until when.
    pub held: Held,
    /// The values that the box may compare; those of fields that are not held are left out.
    pub values: &'a [Canonical],
    /// Drawn for this entry alone.
    pub salt: Salt,
}

/// What may be relied on of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    /// A receipt for each session that was asked for; those for random IDs are left out.
    pub receipts: Vec<Receipt>,
    /// The keys that count from now on; more than before where the operator's key was rotated.
    pub keys: KeyChain,
}

/// Between which instants an answer must have been given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// The box's clock is trusted: after the request was sent and before the answer was there, give
    /// or take [`CLOCK_SKEW`] seconds.
    Between {
        /// When the request was sent.
        sent: Timestamp,
        /// When the answer had arrived.
        received: Timestamp,
    },
    /// The box's clock is not trusted: that the answer repeats the request's hash, which never was
    /// before, has to be enough.
    ClockNotTrusted,
}

/// How many seconds the clocks of the two ends may be apart: more than any that is kept by a time
/// service, and too few to matter where dates are compared.
pub const CLOCK_SKEW: u64 = 300;

impl StatusAnswer {
    /// How many bytes it takes.
    pub const SIZE: usize = HEADER + Entry::SIZE * StatusRequest::IDS;

    /// Answers a request, at the operator's end: `record` looks an ID up.
    ///
    /// Every entry is signed, held or not, so that the two take nearly the same time.
    pub fn new<'a>(
        request: &StatusRequest,
        at: Second,
        key: &SigningKey,
        rotation: Option<Rotation>,
        mut record: impl FnMut(&SessionId) -> Option<Record<'a>>,
    ) -> Self {
        let hash = request.hash();
        let entry = |id: &SessionId| {
            let record = record(id);
            let held = record.map(|record| record.held);
            let digests = record.map_or(Digests::NONE, |record| {
                let fields = record.held.fields();
                let values: Vec<Canonical> = record
                    .values
                    .iter()
                    .filter(|value| fields.contains(value.field().field()))
                    .copied()
                    .collect();
                Digests::new(id, record.salt, &values)
            });
            let signature = Statement::new(hash, at, *id, held, &digests).sign(key);
            Entry { held, digests, signature }
        };
        Self { at, rotation, entries: request.ids().iter().map(entry).collect() }
    }

    /// The body.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::SIZE);
        bytes.extend_from_slice(&self.at.to_bytes());
        bytes.extend_from_slice(&self.rotation.map_or([0; Rotation::SIZE], |it| it.to_bytes()));
        for entry in &self.entries {
            bytes.extend_from_slice(&Held::to_bytes(entry.held));
            bytes.extend_from_slice(&entry.digests.to_bytes());
            bytes.extend_from_slice(entry.signature.as_bytes());
        }
        bytes
    }

    /// Reads a body; whether it may be relied on, [`Self::verify`] says.
    ///
    /// # Errors
    /// [`Refused::Malformed`] unless it is exactly what [`Self::to_bytes`] writes, and
    /// [`Refused::NotAuthentic`] where a rotation in it is not signed by the key it replaces.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        if bytes.len() != Self::SIZE {
            return Err(Refused::Malformed);
        }
        let mut rest = bytes;
        let at = Second::from_bytes(*take(&mut rest)?).ok_or(Refused::Malformed)?;
        let rotation = take::<{ Rotation::SIZE }>(&mut rest)?;
        let rotation = if *rotation == [0; Rotation::SIZE] {
            None
        } else {
            Some(Rotation::from_bytes(rotation)?)
        };
        let entries = rest.chunks_exact(Entry::SIZE).map(Entry::from_bytes);
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let held = entries.iter().filter(|entry| entry.held.is_some());
        let salts: HashSet<&[u8; Salt::SIZE]> = held.clone().map(|it| it.digests.salt()).collect();
        // Two alike mean that the operator's random source is none.
        if salts.len() != held.count() {
            return Err(Refused::Malformed);
        }
        Ok(Self { at, rotation, entries })
    }

    /// Checks all of it against the request, the operator's keys and the time. One entry that fails
    /// fails all: an operator's answer is wrong as a whole or not at all.
    ///
    /// # Errors
    /// Every [`Refused`] but `Malformed` that the answer deserves.
    pub fn verify(
        self,
        request: &StatusRequest,
        keys: &KeyChain,
        freshness: Freshness,
    ) -> Result<Verified, Refused> {
        let mut keys = keys.clone();
        if let Some(rotation) = self.rotation {
            keys.extend(rotation)?;
        }
        let key = *keys.at(self.at);
        let hash = request.hash();
        let mut receipts = Vec::with_capacity(StatusRequest::IDS);
        let mut made_up = false;
        for (place, (entry, id)) in self.entries.iter().zip(request.ids()).enumerate() {
            let Entry { held, digests, signature } = *entry;
            let statement = Statement::new(hash, self.at, *id, held, &digests);
            statement.verify(&key, &signature)?;
            if request.is_real(place) {
                receipts.push(Receipt::new(key, statement, signature, digests));
            } else {
                made_up |= held.is_some();
            }
        }
        if !freshness.allows(self.at) {
            return Err(Refused::NotFresh);
        }
        // Last, so that this accusation is only ever made of what the operator has signed.
        if made_up { Err(Refused::MadeUp) } else { Ok(Verified { receipts, keys }) }
    }
}

impl Freshness {
    fn allows(self, at: Second) -> bool {
        match self {
            Self::Between { sent, received } => {
                let first = Second::containing(sent).map(|sent| sent.minus(CLOCK_SKEW));
                let last = Second::containing(received).map(|received| received.plus(CLOCK_SKEW));
                first.is_some_and(|first| first <= at) && last.is_some_and(|last| at <= last)
            }
            Self::ClockNotTrusted => true,
        }
    }
}

impl Entry {
    const SIZE: usize = Held::SIZE + Digests::SIZE + Signature::SIZE;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        let mut rest = bytes;
        let held = Held::from_bytes(take(&mut rest)?)?;
        let digests = Digests::from_bytes(take(&mut rest)?);
        let signature = Signature(*take(&mut rest)?);
        let fit = held.map_or(digests == Digests::NONE, |held| digests.fit(held.fields()));
        if fit { Ok(Self { held, digests, signature }) } else { Err(Refused::Malformed) }
    }
}

/// The time of stating, and the rotation.
const HEADER: usize = Second::SIZE + Rotation::SIZE;
