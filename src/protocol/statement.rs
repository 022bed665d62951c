use super::{Day, Digests, FieldSet, ProtocolError, PublicKey, Signature, SigningKey, UnixSeconds};
use crate::SessionId;

/// What an operator states of one session ID, and signs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Statement {
    request: [u8; 32],
    at: UnixSeconds,
    id: SessionId,
    held: Option<Held>,
    commitment: [u8; 32],
}

impl Statement {
    /// How many bytes it takes.
    pub const SIZE: usize = 114;

    pub(super) fn new(
        request: [u8; 32],
        at: UnixSeconds,
        id: SessionId,
        held: Option<Held>,
        digests: &Digests,
    ) -> Self {
        Self { request, at, id, held, commitment: digests.commitment() }
    }

    /// SHA-256 of the request that it answers.
    pub fn request(&self) -> &[u8; 32] {
        &self.request
    }

    /// When it was stated, by the operator's clock.
    pub fn at(&self) -> UnixSeconds {
        self.at
    }

    /// Of which session.
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// What is held of it; `None` where nothing is.
    pub fn held(&self) -> Option<Held> {
        self.held
    }

    /// SHA-256 of the salt and digests that came with it.
    pub fn commitment(&self) -> &[u8; 32] {
        &self.commitment
    }

    /// The statement as it is signed, after a label.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[0..32].copy_from_slice(&self.request);
        bytes[32..40].copy_from_slice(&self.at.to_bytes());
        bytes[40..72].copy_from_slice(self.id.as_bytes());
        bytes[72..82].copy_from_slice(&Held::to_bytes(self.held));
        bytes[82..114].copy_from_slice(&self.commitment);
        bytes
    }

    /// Parses a statement; its signature remains to be checked.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] unless it is exactly what [`Self::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut rest = bytes;
        let statement = Self {
            request: *take(&mut rest)?,
            at: UnixSeconds::from_bytes(*take(&mut rest)?).ok_or(ProtocolError::Malformed)?,
            id: SessionId::from_bytes(*take(&mut rest)?),
            held: Held::from_bytes(take(&mut rest)?)?,
            commitment: *take(&mut rest)?,
        };
        let settled =
            statement.held.is_some() || statement.commitment == Digests::NONE.commitment();
        if rest.is_empty() && settled { Ok(statement) } else { Err(ProtocolError::Malformed) }
    }

    pub(super) fn sign(&self, key: &SigningKey) -> Signature {
        key.sign(&self.message())
    }

    pub(super) fn verify(
        &self,
        key: &PublicKey,
        signature: &Signature,
    ) -> Result<(), ProtocolError> {
        key.verify(&self.message(), signature)
    }

    fn message(&self) -> Vec<u8> {
        [LABEL, &self.to_bytes()].concat()
    }
}

/// That a record is held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Held {
    erase_by: Option<Day>,
    fields: FieldSet,
    overlaps: u8,
}

impl Held {
    pub(super) const SIZE: usize = 1 + Day::SIZE + FieldSet::SIZE + 1;

    /// A record of these fields, to be erased before the end of `erase_by` in the operator's time
    /// zone; no date if that is not determined yet, as while the session is open. `None` if there
    /// are no fields.
    pub fn new(erase_by: Option<Day>, fields: FieldSet) -> Option<Self> {
        (!fields.is_empty()).then_some(Self { erase_by, fields, overlaps: OVERLAPS_NOT_STATED })
    }

    /// The same, of a session that so many others of the same member overlapped.
    #[must_use]
    pub fn with_overlaps(self, number: usize) -> Self {
        let overlaps = u8::try_from(number).unwrap_or(MOST_OVERLAPS).min(MOST_OVERLAPS);
        Self { overlaps, ..self }
    }

    /// How many other sessions under the same member's key or login overlapped this one; 254 stands for
    /// as many or more. `None` if the operator does not say.
    pub fn overlaps(&self) -> Option<u8> {
        (self.overlaps != OVERLAPS_NOT_STATED).then_some(self.overlaps)
    }

    /// The day, in the operator's time zone, before whose end the record is to be erased; `None` if
    /// not determined yet.
    pub fn erase_by(&self) -> Option<Day> {
        self.erase_by
    }

    /// Which fields are held; at least one.
    pub fn fields(&self) -> FieldSet {
        self.fields
    }

    /// State, erase-by date, fields, overlaps; all zeros if nothing is held.
    pub(super) fn to_bytes(held: Option<Self>) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        if let Some(Self { erase_by, fields, overlaps }) = held {
            bytes[0] = HELD;
            bytes[1..5].copy_from_slice(&Day::to_bytes(erase_by));
            bytes[5..9].copy_from_slice(&fields.to_bytes());
            bytes[9] = overlaps;
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; Self::SIZE]) -> Result<Option<Self>, ProtocolError> {
        if *bytes == [0; Self::SIZE] {
            return Ok(None);
        }
        let mut rest = bytes.as_slice();
        let [state] = *take(&mut rest)?;
        let erase_by = Day::from_bytes(*take(&mut rest)?)?;
        let fields = FieldSet::from_bytes(*take(&mut rest)?)?;
        let [overlaps] = *take(&mut rest)?;
        let held = Self::new(erase_by, fields).filter(|_| state == HELD);
        held.map(|held| Some(Self { overlaps, ..held })).ok_or(ProtocolError::Malformed)
    }
}

/// Takes the next `N` bytes off `rest`.
pub(super) fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], ProtocolError> {
    let (first, others) = rest.split_first_chunk().ok_or(ProtocolError::Malformed)?;
    *rest = others;
    Ok(first)
}

/// Domain separation: no other message signed by an operator's key starts like this.
const LABEL: &[u8] = b"temoin/2 statement";
const HELD: u8 = 1;
const MOST_OVERLAPS: u8 = 254;
const OVERLAPS_NOT_STATED: u8 = 255;
