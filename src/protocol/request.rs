use std::fmt;

use sha2::{Digest, Sha256};

use super::ProtocolError;
use crate::SessionId;

/// The body of `POST /temoin/2/register`: one session ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RegisterRequest(SessionId);

impl RegisterRequest {
    /// Where it is posted, below the operator's base address.
    pub const PATH: &'static str = "/temoin/2/register";

    /// How many bytes it takes.
    pub const SIZE: usize = 32;

    /// Asks the operator to bind this ID to the session that the request comes through.
    pub fn new(id: SessionId) -> Self {
        Self(id)
    }

    /// The ID.
    pub fn id(&self) -> &SessionId {
        &self.0
    }

    /// The body.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        *self.0.as_bytes()
    }

    /// Reads a body, at the operator's end.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] where it has another size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        bytes
            .try_into()
            .map(|id| Self(SessionId::from_bytes(id)))
            .map_err(|_| ProtocolError::Malformed)
    }
}

/// The body of `POST /temoin/2/status`: always [`Self::IDS`] session IDs, in ascending order, and 32
/// random bytes.
///
/// The IDs of sessions and the fillers are both uniformly random, so the order does not tell them
/// apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusRequest {
    ids: [SessionId; Self::IDS],
    /// One bit per ID: whether it is a session's, as far as this end knows.
    real: u64,
    /// Kept for the hash of an earlier answer, for which a witness vouches.
    last: [u8; 32],
}

impl StatusRequest {
    /// Where it is posted, below the operator's base address.
    pub const PATH: &'static str = "/temoin/2/status";

    /// How many IDs every request has.
    pub const IDS: usize = 64;

    /// How many of them may be sessions'. At least one is random, so that no two requests are equal
    /// and no old answer fits a new one.
    pub const MAX_REAL: usize = 63;

    /// How many times 32 random bytes it takes to build one.
    pub const RANDOM: usize = Self::IDS + 1;

    /// How many bytes it takes.
    pub const SIZE: usize = 32 * Self::IDS + 32;

    /// Asks for these IDs, filled up with `random` ones. The random bytes must have been drawn for this
    /// request alone; the last of them end it.
    ///
    /// # Errors
    /// [`RequestError`] when there are too many, or the random bytes are none.
    pub fn new(
        real: &[SessionId],
        random: &[[u8; 32]; Self::RANDOM],
    ) -> Result<Self, RequestError> {
        if real.len() > Self::MAX_REAL {
            return Err(RequestError::TooMany);
        }
        let [fillers @ .., last] = random;
        let fillers = fillers.iter().skip(real.len()).map(|bytes| SessionId::from_bytes(*bytes));
        let mut all: Vec<(SessionId, bool)> = real.iter().map(|id| (*id, true)).collect();
        all.extend(fillers.map(|id| (id, false)));
        all.sort_unstable();
        if all.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(RequestError::Repeated);
        }
        let ids = [SessionId::from_bytes([0; 32]); Self::IDS];
        let mut request = Self { ids, real: 0, last: *last };
        for (place, (id, is_real)) in all.into_iter().enumerate() {
            request.ids[place] = id;
            request.real |= u64::from(is_real) << place;
        }
        Ok(request)
    }

    /// The IDs, in the order in which they are answered.
    pub fn ids(&self) -> &[SessionId; Self::IDS] {
        &self.ids
    }

    /// Whether the ID at this index is a session's. Always true for a request parsed from bytes,
    /// where it is not known.
    pub fn is_real(&self, place: usize) -> bool {
        place < Self::IDS && self.real >> place & 1 == 1
    }

    /// The body.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        for (place, id) in bytes.chunks_exact_mut(32).zip(&self.ids) {
            place.copy_from_slice(id.as_bytes());
        }
        bytes[32 * Self::IDS..].copy_from_slice(&self.last);
        bytes
    }

    /// Reads a body: at the operator's end, or from the ledger.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] where it has another size, or the IDs do not ascend.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let bytes: &[u8; Self::SIZE] = bytes.try_into().map_err(|_| ProtocolError::Malformed)?;
        let (bytes, last) = bytes.split_last_chunk().ok_or(ProtocolError::Malformed)?;
        let mut ids = [SessionId::from_bytes([0; 32]); Self::IDS];
        for (id, place) in ids.iter_mut().zip(bytes.chunks_exact(32)) {
            *id = SessionId::from_bytes(place.try_into().map_err(|_| ProtocolError::Malformed)?);
        }
        if ids.windows(2).all(|pair| pair[0] < pair[1]) {
            Ok(Self { ids, real: u64::MAX, last: *last })
        } else {
            Err(ProtocolError::Malformed)
        }
    }

    /// SHA-256 of the body, which each statement in the answer repeats.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }
}

/// Why a request cannot be built.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestError {
    /// An ID occurs twice: passed twice by the caller, or the random source is broken.
    Repeated,
    /// More IDs than fit: leave the rest to the next request.
    TooMany,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Repeated => "the same ID twice in one request: the random source may be broken",
            Self::TooMany => "at most 63 sessions fit one request: leave some for the next one",
        })
    }
}

impl std::error::Error for RequestError {}
