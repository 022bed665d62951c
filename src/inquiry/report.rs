use crate::protocol::{Receipt, Rotation};
use crate::sync::Plan;

/// What a status request has brought: verified, and kept in the record.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was asked for.
    pub plan: Plan,
    /// What the operator states of each session that was asked for, in the order of their IDs.
    pub receipts: Vec<Receipt>,
    /// Rotations of the operator's key that the box did not know yet: to be shown.
    pub rotations: Vec<Rotation>,
}
