use super::{PublicKey, Refused, Rotation, Second};

/// Whose signature counts, and when: the key that the profile pins, and those that took over.
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
    pub fn at(&self, at: Second) -> &PublicKey {
        let since = self.rotations.iter().rev().find(|rotation| rotation.from() <= at);
        since.map_or(&self.pinned, Rotation::new_key)
    }

    /// The rotations that lead from the pinned key to the last one, oldest first: to be stored.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// Takes a rotation in. Says whether the chain did not have it yet: then it is to be stored, and
    /// shown to the member.
    ///
    /// # Errors
    /// [`Refused::NotAuthentic`] where its old key is not the last of the chain,
    /// [`Refused::TwoSuccessors`] where that key already has another successor, and
    /// [`Refused::Malformed`] where it would lead back, or take effect before the one before it.
    pub fn extend(&mut self, rotation: Rotation) -> Result<bool, Refused> {
        if self.rotations.contains(&rotation) {
            return Ok(false);
        }
        let last = self.rotations.last();
        if *rotation.old() == *last.map_or(&self.pinned, Rotation::new_key) {
            let again = *rotation.new_key() == self.pinned
                || self.rotations.iter().any(|known| known.new_key() == rotation.new_key());
            if again || last.is_some_and(|last| rotation.from() <= last.from()) {
                return Err(Refused::Malformed);
            }
            if self.rotations.len() >= MOST {
                return Err(Refused::NotAuthentic);
            }
            self.rotations.push(rotation);
            return Ok(true);
        }
        // The profile was renewed: it already pins what this rotation leads to.
        if *rotation.new_key() == self.pinned {
            return Ok(false);
        }
        let has_successor = self.rotations.iter().any(|known| known.old() == rotation.old());
        Err(if has_successor { Refused::TwoSuccessors } else { Refused::NotAuthentic })
    }
}

/// After so many, a renewed profile is due.
const MOST: usize = 8;
