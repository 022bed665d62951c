use super::{ProtocolError, PublicKey, Rotation, TrustedKeys, UnixSeconds};

/// Which signing key the box relies on when: the key pinned by the profile, and its successors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyChain {
    pinned: PublicKey,
    rotations: Vec<SeenRotation>,
    /// Of each key, when the last statement was made that the box keeps.
    last_statements: Vec<(PublicKey, UnixSeconds)>,
}

/// A rotation of the operator's key, and when the box was first shown it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SeenRotation {
    /// From which key to which, and when.
    pub rotation: Rotation,
    /// The time of stating of the answer in which it came first.
    pub seen_at: UnixSeconds,
}

impl KeyChain {
    /// Only the key that the profile pins.
    pub fn pinned(key: PublicKey) -> Self {
        Self { pinned: key, rotations: Vec::new(), last_statements: Vec::new() }
    }

    /// The same, of a box that keeps statements; of each key, when the last was made. A rotation that
    /// reaches back to one of them is refused, so none makes a receipt void.
    #[must_use]
    pub fn with_last_statements(self, last_statements: Vec<(PublicKey, UnixSeconds)>) -> Self {
        Self { last_statements, ..self }
    }

    /// The key that the profile pins.
    pub fn pinned_key(&self) -> &PublicKey {
        &self.pinned
    }

    /// The key of the operator in a second.
    pub fn at(&self, at: UnixSeconds) -> &PublicKey {
        self.rotation_at(at).map_or(&self.pinned, |seen| seen.rotation.new_key())
    }

    /// From when on the box relies on the key of this second, if it was shown it less than
    /// [`Rotation::ANNOUNCED`] before.
    pub fn waits_until(&self, at: UnixSeconds) -> Option<UnixSeconds> {
        let until = self.rotation_at(at)?.seen_at.plus(Rotation::ANNOUNCED);
        (at < until).then_some(until)
    }

    /// The rotations that lead from the pinned key to the last one, oldest first: to be stored.
    pub fn rotations(&self) -> &[SeenRotation] {
        &self.rotations
    }

    /// The keys and rotations by which receipts are verified.
    pub fn trusted(&self) -> TrustedKeys {
        let rotations = self.rotations.iter().map(|seen| seen.rotation);
        let keys = rotations.clone().map(|rotation| *rotation.new_key());
        TrustedKeys::new(std::iter::once(self.pinned).chain(keys)).restricted(rotations)
    }

    /// Adds a rotation that came in an answer of `seen_at`. Returns whether it was new: then store it,
    /// and show it to the member.
    ///
    /// # Errors
    /// [`ProtocolError::NotAuthentic`] where its old key is not the last of the chain,
    /// [`ProtocolError::TwoSuccessors`] where that key already has another successor,
    /// [`ProtocolError::Backdated`] where the old key made a later statement, and
    /// [`ProtocolError::Malformed`] where it would lead back, or take effect before the one before it.
    pub fn extend(
        &mut self,
        rotation: Rotation,
        seen_at: UnixSeconds,
    ) -> Result<bool, ProtocolError> {
        if self.rotations.iter().any(|known| known.rotation == rotation) {
            return Ok(false);
        }
        let last = self.rotations.last().map(|seen| &seen.rotation);
        if *rotation.old() == *last.map_or(&self.pinned, Rotation::new_key) {
            let known = |key| self.rotations.iter().any(|seen| seen.rotation.new_key() == key);
            let again = *rotation.new_key() == self.pinned || known(rotation.new_key());
            if again || last.is_some_and(|last| rotation.from() <= last.from()) {
                return Err(ProtocolError::Malformed);
            }
            if self.rotations.len() >= MAX_ROTATIONS {
                return Err(ProtocolError::NotAuthentic);
            }
            let stated = self.last_statements.iter().find(|(key, _)| key == rotation.old());
            if stated.is_some_and(|(_, stated)| rotation.from() <= *stated) {
                return Err(ProtocolError::Backdated);
            }
            self.rotations.push(SeenRotation { rotation, seen_at });
            return Ok(true);
        }
        // The profile was renewed: it already pins what this rotation leads to.
        if *rotation.new_key() == self.pinned {
            return Ok(false);
        }
        let has_successor = self.rotations.iter().any(|seen| seen.rotation.old() == rotation.old());
        Err(if has_successor { ProtocolError::TwoSuccessors } else { ProtocolError::NotAuthentic })
    }

    /// Takes back the last rotation, if that is the one of this second; returns it.
    pub(super) fn withdraw(&mut self, at: UnixSeconds) -> Option<Rotation> {
        self.rotations.last().filter(|last| last.rotation.from() <= at)?;
        self.rotations.pop().map(|last| last.rotation)
    }

    fn rotation_at(&self, at: UnixSeconds) -> Option<&SeenRotation> {
        self.rotations.iter().rev().find(|seen| seen.rotation.from() <= at)
    }
}

/// After this many, the profile must be renewed.
const MAX_ROTATIONS: usize = 8;
