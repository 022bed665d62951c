use super::statement::take;
use super::{ProtocolError, PublicKey, Signature, SigningKey, UnixSeconds};

/// A key rotation: the operator's statement, signed by its old key and its new one, that the new one
/// takes over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rotation {
    old: PublicKey,
    new: PublicKey,
    from: UnixSeconds,
    by_old: Signature,
    by_new: Signature,
}

impl Rotation {
    /// How many bytes it takes.
    pub const SIZE: usize = 2 * PublicKey::SIZE + UnixSeconds::SIZE + 2 * Signature::SIZE;

    /// How long before it takes effect it is announced, in seconds: seven days.
    pub const ANNOUNCED: u64 = 7 * 86_400;

    /// Hands over from `old` to `new`: what is stated at `from` or later is signed with the new key.
    pub fn sign(old: &SigningKey, new: &SigningKey, from: UnixSeconds) -> Self {
        let message = message(&old.public(), &new.public(), from);
        Self {
            old: old.public(),
            new: new.public(),
            from,
            by_old: old.sign(&message),
            by_new: new.sign(&message),
        }
    }

    /// The key that hands over.
    pub fn old(&self) -> &PublicKey {
        &self.old
    }

    /// The key that takes over.
    pub fn new_key(&self) -> &PublicKey {
        &self.new
    }

    /// From when on.
    pub fn from(&self) -> UnixSeconds {
        self.from
    }

    /// The rotation as it is sent and stored.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[0..32].copy_from_slice(self.old.as_bytes());
        bytes[32..64].copy_from_slice(self.new.as_bytes());
        bytes[64..72].copy_from_slice(&self.from.to_bytes());
        bytes[72..136].copy_from_slice(self.by_old.as_bytes());
        bytes[136..200].copy_from_slice(self.by_new.as_bytes());
        bytes
    }

    /// Parses a rotation and checks its signatures. Whether its old key is valid,
    /// [`super::KeyChain`] determines.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] if it is not a rotation, [`ProtocolError::NotAuthentic`] if one of the
    /// two keys did not sign it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut rest = bytes;
        let rotation = Self {
            old: PublicKey::from_bytes(*take(&mut rest)?).map_err(|_| ProtocolError::Malformed)?,
            new: PublicKey::from_bytes(*take(&mut rest)?).map_err(|_| ProtocolError::Malformed)?,
            from: UnixSeconds::from_bytes(*take(&mut rest)?).ok_or(ProtocolError::Malformed)?,
            by_old: Signature(*take(&mut rest)?),
            by_new: Signature(*take(&mut rest)?),
        };
        if !rest.is_empty() || rotation.old == rotation.new {
            return Err(ProtocolError::Malformed);
        }
        let Self { old, new, from, by_old, by_new } = &rotation;
        let message = message(old, new, *from);
        old.verify(&message, by_old)?;
        new.verify(&message, by_new)?;
        Ok(rotation)
    }
}

fn message(old: &PublicKey, new: &PublicKey, from: UnixSeconds) -> Vec<u8> {
    [DOMAIN, old.as_bytes(), new.as_bytes(), &from.to_bytes()].concat()
}

/// Domain separation: no other message signed by an operator's key starts like this.
const DOMAIN: &[u8] = b"temoin/2 key rotation";
