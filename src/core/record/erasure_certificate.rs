use crate::session::{SessionId, Timestamp};

/// Proof that a session was erased; all that is kept of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ErasureCertificate {
    /// The session's opaque ID.
    pub id: SessionId,
    /// When it was erased.
    pub erased_at: Timestamp,
    /// The civil date on which the retention period ended (`2027-11-25`), or why it was erased
    /// early. Must contain no value of the session.
    pub expiry: String,
}
