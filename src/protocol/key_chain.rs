use super::{ProtocolError, PublicKey, Rotation, UnixSeconds};

/// Which signing key is valid when: the key pinned by the profile, and its successors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyChain {
    pinned: PublicKey,
    rotations: Vec<Rotation>,
}

impl KeyChain {
    /// Only the key that the profile pins.
    pub fn pinned(key: PublicKey) -> Self {
        Self { pinned: key, rotations: Vec::new() }
    }

    /// The key that the profile pins.
    pub fn pinned_key(&self) -> &PublicKey {
        &self.pinned
    }

    /// The key of the operator in a second.
    pub fn at(&self, at: UnixSeconds) -> &PublicKey {
        let since = self.rotations.iter().rev().find(|rotation| rotation.from() <= at);
        since.map_or(&self.pinned, Rotation::new_key)
    }

    /// The rotations that lead from the pinned key to the last one, oldest first: to be stored.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// Adds a rotation. Returns whether it was new: then store it, and show it to the member.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthentic`] where its old key is not the last of the chain,
    /// [`ProtocolError::TwoSuccessors`] where that key already has another successor, and
    /// [`ProtocolError::Malformed`] where it would lead back, or take effect before the one before it.
    pub fn extend(&mut self, rotation: Rotation) -> Result<bool, ProtocolError> {
        if self.rotations.contains(&rotation) {
            return Ok(false);
        }
        let last = self.rotations.last();
        if *rotation.old() == *last.map_or(&self.pinned, Rotation::new_key) {
            let again = *rotation.new_key() == self.pinned
                || self.rotations.iter().any(|known| known.new_key() == rotation.new_key());
            if again || last.is_some_and(|last| rotation.from() <= last.from()) {
                return Err(ProtocolError::Malformed);
            }
            if self.rotations.len() >= MAX_ROTATIONS {
                return Err(ProtocolError::NotAuthentic);
            }
            self.rotations.push(rotation);
            return Ok(true);
        }
        // The profile was renewed: it already pins what this rotation leads to.
        if *rotation.new_key() == self.pinned {
            return Ok(false);
        }
        let has_successor = self.rotations.iter().any(|known| known.old() == rotation.old());
        Err(if has_successor { ProtocolError::TwoSuccessors } else { ProtocolError::NotAuthentic })
    }
}

/// After this many, the profile must be renewed.
const MAX_ROTATIONS: usize = 8;
