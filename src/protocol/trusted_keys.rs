use super::{PublicKey, Rotation, UnixSeconds};

/// The keys by which receipts are verified, wherever a receipt lies.
///
/// Keys come from whoever verifies: pinned by the profile, followed by the box, or given. Rotations
/// may come from anywhere, and only restrict: a key is good before the rotation from it, and from the
/// rotation to it on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustedKeys {
    keys: Vec<PublicKey>,
    rotations: Vec<Rotation>,
}

impl TrustedKeys {
    /// These keys, each at any time.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self { keys: keys.into_iter().collect(), rotations: Vec::new() }
    }

    /// The same keys, each only when these rotations allow it.
    #[must_use]
    pub fn restricted(mut self, rotations: impl IntoIterator<Item = Rotation>) -> Self {
        self.rotations.extend(rotations);
        self
    }

    /// All keys of both, restricted by the rotations of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.restricted(other.rotations)
    }

    /// What restricts them.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether what this key signs at a time is the operator's.
    pub(super) fn allow(&self, key: &PublicKey, at: UnixSeconds) -> bool {
        let is_in_force = |rotation: &Rotation| {
            (rotation.old() != key || at < rotation.from())
                && (rotation.new_key() != key || rotation.from() <= at)
        };
        self.keys.contains(key) && self.rotations.iter().all(is_in_force)
    }
}
