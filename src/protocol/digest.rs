use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{CanonicalValue, CheckableField, FieldSet, ProtocolError};
use crate::SessionId;

/// 32 random bytes that the operator draws for each entry of each answer, and does not store.
///
/// Without its salt nothing can be computed from a statement. All zeros stand for no salt.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Salt([u8; 32]);

impl Salt {
    pub(super) const SIZE: usize = 32;

    /// The salt of these random bytes; `None` where all are zero, which no random source gives.
    pub fn from_random(bytes: [u8; 32]) -> Option<Self> {
        (bytes != [0; 32]).then_some(Self(bytes))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// The operator's record as keyed digests: one per [`CheckableField`] field, all zeros if it has no
/// value.
///
/// With these and the session ID an address can be found by brute force: they are erased with the
/// session.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Digests {
    salt: [u8; Salt::SIZE],
    places: [[u8; DIGEST]; CheckableField::ALL.len()],
}

impl Digests {
    /// How many bytes it takes.
    pub const SIZE: usize = Salt::SIZE + DIGEST * CheckableField::ALL.len();

    /// The digests of an entry without a record.
    pub(super) const NONE: Self =
        Self { salt: [0; Salt::SIZE], places: [[0; DIGEST]; CheckableField::ALL.len()] };

    /// The digests of these values of the session's record.
    pub fn new(id: &SessionId, salt: Salt, values: &[CanonicalValue]) -> Self {
        let mut digests = Self { salt: salt.0, ..Self::NONE };
        if let Some(key) = digests.key(id) {
            for value in values {
                let whole = with(&key, value).finalize().into_bytes();
                digests.places[value.field().index()].copy_from_slice(&whole[..DIGEST]);
            }
        }
        digests
    }

    /// Whether there is a digest of this field.
    pub fn contains(&self, field: CheckableField) -> bool {
        self.places[field.index()] != [0; DIGEST]
    }

    /// The first of these values that matches the operator's record. All must be of one field.
    ///
    /// Each comparison is constant-time, as the digest is worth hiding from other programs on the
    /// machine; which of the values matches does show.
    pub(super) fn find(
        &self,
        id: &SessionId,
        values: impl IntoIterator<Item = CanonicalValue>,
    ) -> Option<CanonicalValue> {
        let key = self.key(id)?;
        values.into_iter().find(|value| {
            let digest = &self.places[value.field().index()];
            *digest != [0; DIGEST] && with(&key, value).verify_truncated_left(digest).is_ok()
        })
    }

    pub(super) fn salt(&self) -> &[u8; Salt::SIZE] {
        &self.salt
    }

    /// Their hash, which is signed instead and remains when they are erased.
    pub(super) fn commitment(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }

    /// Whether these are consistent with a record of these fields: a salt, and no digest of a field
    /// that is not held.
    pub(super) fn fit(&self, fields: FieldSet) -> bool {
        self.salt != [0; Salt::SIZE]
            && CheckableField::ALL
                .into_iter()
                .all(|field| fields.contains(field.field()) || !self.contains(field))
    }

    /// Salt and digests as sent and stored.
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let (salt, places) = bytes.split_at_mut(Salt::SIZE);
        salt.copy_from_slice(&self.salt);
        places.copy_from_slice(self.places.as_flattened());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let mut digests = Self::NONE;
        let (salt, places) = bytes.split_at(Salt::SIZE);
        digests.salt.copy_from_slice(salt);
        digests.places.as_flattened_mut().copy_from_slice(places);
        digests
    }

    /// The keyed function before any message: HMAC-SHA256 takes a key of any length, and this one is
    /// exactly a block of SHA-256, so none would be hashed or padded.
    fn key(&self, id: &SessionId) -> Option<Hmac<Sha256>> {
        let mut key = [0; 64];
        key[..32].copy_from_slice(id.as_bytes());
        key[32..].copy_from_slice(&self.salt);
        Hmac::new_from_slice(&key).ok()
    }
}

impl fmt::Debug for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digests(…)")
    }
}

impl Default for Digests {
    fn default() -> Self {
        Self::NONE
    }
}

impl TryFrom<&[u8]> for Digests {
    type Error = ProtocolError;

    /// Reads salt and digests, 192 bytes, where they are stored apart from their receipt.
    fn try_from(bytes: &[u8]) -> Result<Self, ProtocolError> {
        bytes.try_into().map(Self::from_bytes).map_err(|_| ProtocolError::Malformed)
    }
}

fn with(key: &Hmac<Sha256>, value: &CanonicalValue) -> Hmac<Sha256> {
    let mut mac = key.clone();
    mac.update(&[value.field().code()]);
    mac.update(value.as_bytes());
    mac
}

/// How many bytes of HMAC-SHA256 are sent.
const DIGEST: usize = 16;
