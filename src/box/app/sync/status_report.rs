use temoin_protocol::{Receipt, Rotation, UnixSeconds};
use temoin_sync::Plan;

/// The verified result of a status request, as stored in the journal.
#[derive(Clone, Debug)]
pub struct StatusReport {
    /// What was asked.
    pub plan: Plan,
    /// The operator's statement on each session asked about, in the order of their IDs.
    pub receipts: Vec<Receipt>,
    /// New rotations of the operator's key, to be shown.
    pub rotations: Vec<Rotation>,
    /// From when on the box relies on the operator's new key; until then there are no receipts.
    pub waits_until: Option<UnixSeconds>,
    /// A rotation that the box had been shown, and that the operator's key does not heed.
    pub withdrawn: Option<Rotation>,
}
