use super::statement::take;
use super::{ProtocolError, PublicKey, Signature, SigningKey, UnixSeconds};

/// A key rotation: the operator's statement, signed by its old key, that a new one takes over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rotation {
    old: PublicKey,
    new: PublicKey,
    from: UnixSeconds,
    signature: Signature,
}

impl Rotation {
    /// How many bytes it takes.
    pub const SIZE: usize = 2 * PublicKey::SIZE + UnixSeconds::SIZE + Signature::SIZE;

    /// Hands over from `old` to `new`: what is stated at `from` or later is signed with the new key.
    pub fn sign(old: &SigningKey, new: PublicKey, from: UnixSeconds) -> Self {
        let signature = old.sign(&message(&old.public(), &new, from));
        Self { old: old.public(), new, from, signature }
    }

    /// The key that hands over, and signed this.
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
        bytes[72..136].copy_from_slice(self.signature.as_bytes());
        bytes
    }

    /// Parses a rotation and checks its signature. Whether its old key is valid,
    /// [`super::KeyChain`] determines.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] if it is not a rotation, [`ProtocolError::NotAuthentic`] if the old key
    /// did not sign it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut rest = bytes;
        let rotation = Self {
            old: PublicKey::from_bytes(*take(&mut rest)?).map_err(|_| ProtocolError::Malformed)?,
            new: PublicKey::from_bytes(*take(&mut rest)?).map_err(|_| ProtocolError::Malformed)?,
            from: UnixSeconds::from_bytes(*take(&mut rest)?).ok_or(ProtocolError::Malformed)?,
            signature: Signature(*take(&mut rest)?),
        };
        if !rest.is_empty() || rotation.old == rotation.new {
            return Err(ProtocolError::Malformed);
        }
        let Self { old, new, from, signature } = &rotation;
        old.verify(&message(old, new, *from), signature)?;
        Ok(rotation)
    }
}

fn message(old: &PublicKey, new: &PublicKey, from: UnixSeconds) -> Vec<u8> {
    [DOMAIN, old.as_bytes(), new.as_bytes(), &from.to_bytes()].concat()
}

/// Domain separation: no other message signed by an operator's key starts like this.
const DOMAIN: &[u8] = b"temoin/1 key rotation";
