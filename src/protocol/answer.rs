use std::collections::HashSet;

use super::statement::take;
use super::{
    CanonicalValue, Digests, Held, KeyChain, ProtocolError, PublicKey, Receipt, Rotation, Salt,
    Signature, SigningKey, Statement, StatusRequest, UnixSeconds, YearlySheet,
};
use crate::{SessionId, Timestamp};

/// The body of an answer to `POST /temoin/2/status`: a time, the operator's key rotation if any, its
/// yearly sheet if any, room for a witness, and an entry for each ID of the request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusAnswer {
    at: UnixSeconds,
    rotation: Option<Rotation>,
    sheet: Option<YearlySheet>,
    entries: Vec<StatusEntry>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct StatusEntry {
    held: Option<Held>,
    digests: Digests,
    signature: Signature,
}

/// The operator's record of one session, as input for an answer.
#[derive(Clone, Copy, Debug)]
pub struct StoredRecord<'a> {
    /// What is held, and until when.
    pub held: Held,
    /// The values that the box may compare; values of fields not held are ignored.
    pub values: &'a [CanonicalValue],
    /// Drawn for this entry alone.
    pub salt: Salt,
}

/// The verified content of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedAnswer {
    /// A receipt for each real session in the request; random IDs are left out.
    pub receipts: Vec<Receipt>,
    /// The keys valid from now on, with the rotation in the answer if any.
    pub keys: KeyChain,
    /// From when on the box relies on the key that signed this, of which it was shown less than a week
    /// ago; until then there are no receipts.
    pub waits_until: Option<UnixSeconds>,
    /// A rotation that the box had been shown, and that the operator's key has gone on signing in spite
    /// of: somebody else may have that key.
    pub withdrawn: Option<Rotation>,
    /// The operator's sheet of yearly figures.
    pub sheet: Option<YearlySheet>,
}

/// When an answer must have been given.
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
    /// The box's clock is not trusted: it must suffice that the answer repeats the hash of the
    /// unique request.
    ClockNotTrusted,
}

/// Permitted clock difference of the two ends, in seconds: more than with any time service, and too
/// little to matter when dates are compared.
pub const CLOCK_SKEW: u64 = 300;

impl StatusAnswer {
    /// How many bytes it takes.
    pub const SIZE: usize = HEADER + StatusEntry::SIZE * StatusRequest::IDS;

    /// Answers a request, at the operator's end: `record` looks an ID up.
    ///
    /// Every entry is signed, held or not, so that both take nearly the same time.
    pub fn new<'a>(
        request: &StatusRequest,
        at: UnixSeconds,
        key: &SigningKey,
        rotation: Option<Rotation>,
        mut record: impl FnMut(&SessionId) -> Option<StoredRecord<'a>>,
    ) -> Self {
        let hash = request.hash();
        let entry = |id: &SessionId| {
            let record = record(id);
            let held = record.map(|record| record.held);
            let digests = record.map_or(Digests::NONE, |record| {
                let fields = record.held.fields();
                let values: Vec<CanonicalValue> = record
                    .values
                    .iter()
                    .filter(|value| fields.contains(value.field().field()))
                    .copied()
                    .collect();
                Digests::new(id, record.salt, &values)
            });
            let signature = Statement::new(hash, at, *id, held, &digests).sign(key);
            StatusEntry { held, digests, signature }
        };
        let entries = request.ids().iter().map(entry).collect();
        Self { at, rotation, sheet: None, entries }
    }

    /// The same answer with a sheet, which the same key must have signed.
    #[must_use]
    pub fn with_sheet(self, sheet: YearlySheet) -> Self {
        Self { sheet: Some(sheet), ..self }
    }

    /// The body.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::SIZE);
        bytes.extend_from_slice(&self.at.to_bytes());
        bytes.extend_from_slice(&self.rotation.map_or([0; Rotation::SIZE], |it| it.to_bytes()));
        bytes.extend_from_slice(&YearlySheet::to_bytes(self.sheet.as_ref()));
        bytes.resize(HEADER, 0);
        for entry in &self.entries {
            bytes.extend_from_slice(&Held::to_bytes(entry.held));
            bytes.extend_from_slice(&entry.digests.to_bytes());
            bytes.extend_from_slice(entry.signature.as_bytes());
        }
        bytes
    }

    /// Parses a body; [`Self::verify`] checks it.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] unless it is what [`Self::to_bytes`] writes, whatever stands in the
    /// room for a witness, and [`ProtocolError::NotAuthentic`] where a rotation in it is not signed by both
    /// its keys.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        if bytes.len() != Self::SIZE {
            return Err(ProtocolError::Malformed);
        }
        let mut rest = bytes;
        let at = UnixSeconds::from_bytes(*take(&mut rest)?).ok_or(ProtocolError::Malformed)?;
        let rotation = take::<{ Rotation::SIZE }>(&mut rest)?;
        let rotation = if *rotation == [0; Rotation::SIZE] {
            None
        } else {
            Some(Rotation::from_bytes(rotation)?)
        };
        let sheet = YearlySheet::from_bytes(take(&mut rest)?)?;
        let _: &[u8; WITNESS] = take(&mut rest)?;
        let entries = rest.chunks_exact(StatusEntry::SIZE).map(StatusEntry::from_bytes);
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let held = entries.iter().filter(|entry| entry.held.is_some());
        let salts: HashSet<&[u8; Salt::SIZE]> = held.clone().map(|it| it.digests.salt()).collect();
        // A repeated salt means that the operator's random source is broken.
        if salts.len() != held.count() {
            return Err(ProtocolError::Malformed);
        }
        Ok(Self { at, rotation, sheet, entries })
    }

    /// Checks everything against the request, the operator's keys and the time. One failing entry
    /// fails the whole answer.
    ///
    /// # Errors
    /// Any [`ProtocolError`] but `Malformed`.
    pub fn verify(
        self,
        request: &StatusRequest,
        keys: &KeyChain,
        freshness: Freshness,
    ) -> Result<VerifiedAnswer, ProtocolError> {
        let hash = request.hash();
        let (keys, withdrawn) = self.keys(keys, request, hash)?;
        let key = *keys.at(self.at);
        let waits_until = keys.waits_until(self.at);
        if let Some(sheet) = &self.sheet {
            sheet.verify(&key)?;
        }
        let mut receipts = Vec::with_capacity(StatusRequest::IDS);
        let mut fabricated = false;
        for (place, (entry, id)) in self.entries.iter().zip(request.ids()).enumerate() {
            let StatusEntry { held, digests, signature } = *entry;
            let statement = entry.statement(hash, self.at, *id);
            statement.verify(&key, &signature)?;
            if request.is_real(place) {
                receipts.push(Receipt::new(key, statement, signature, digests));
            } else {
                fabricated |= held.is_some();
            }
        }
        if !freshness.allows(self.at) {
            return Err(ProtocolError::NotFresh);
        }
        // Last, so that this accusation is only ever based on what the operator has signed.
        if fabricated {
            return Err(ProtocolError::MadeUp);
        }
        if waits_until.is_some() {
            receipts.clear();
        }
        Ok(VerifiedAnswer { receipts, keys, waits_until, withdrawn, sheet: self.sheet })
    }

    /// The keys with the rotation of this answer, and without one that the box waits for and that the key
    /// before it does not heed.
    fn keys(
        &self,
        keys: &KeyChain,
        request: &StatusRequest,
        hash: [u8; 32],
    ) -> Result<(KeyChain, Option<Rotation>), ProtocolError> {
        let mut keys = keys.clone();
        if let Some(rotation) = self.rotation {
            keys.extend(rotation, self.at)?;
        }
        if keys.waits_until(self.at).is_none() {
            return Ok((keys, None));
        }
        let mut without = keys.clone();
        let withdrawn = without.withdraw(self.at).filter(|it| self.rotation != Some(*it));
        let is_signed_by = |key: &PublicKey| {
            let entry = self.entries.first().zip(request.ids().first());
            entry.is_some_and(|(entry, id)| {
                entry.statement(hash, self.at, *id).verify(key, &entry.signature).is_ok()
            })
        };
        Ok(match withdrawn.filter(|_| is_signed_by(without.at(self.at))) {
            Some(rotation) => (without, Some(rotation)),
            None => (keys, None),
        })
    }
}

impl Freshness {
    fn allows(self, at: UnixSeconds) -> bool {
        match self {
            Self::Between { sent, received } => {
                let first = UnixSeconds::containing(sent).map(|sent| sent.minus(CLOCK_SKEW));
                let last =
                    UnixSeconds::containing(received).map(|received| received.plus(CLOCK_SKEW));
                first.is_some_and(|first| first <= at) && last.is_some_and(|last| at <= last)
            }
            Self::ClockNotTrusted => true,
        }
    }
}

impl StatusEntry {
    const SIZE: usize = Held::SIZE + Digests::SIZE + Signature::SIZE;

    fn statement(&self, hash: [u8; 32], at: UnixSeconds, id: SessionId) -> Statement {
        Statement::new(hash, at, id, self.held, &self.digests)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut rest = bytes;
        let held = Held::from_bytes(take(&mut rest)?)?;
        let digests = Digests::from_bytes(take(&mut rest)?);
        let signature = Signature(*take(&mut rest)?);
        let fit = held.map_or(digests == Digests::NONE, |held| digests.fit(held.fields()));
        if fit { Ok(Self { held, digests, signature }) } else { Err(ProtocolError::Malformed) }
    }
}

/// The time of stating, the rotation, the sheet, and the room for a witness.
const HEADER: usize = UnixSeconds::SIZE + Rotation::SIZE + YearlySheet::SIZE + WITNESS;

/// Kept for proofs that the answer of the day before is in a log, which witnesses sign.
const WITNESS: usize = 2_096;
