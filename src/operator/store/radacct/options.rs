use crate::Config;
use temoin_core::session::{Timestamp, Zone};

/// What the name of an imported session begins with.
pub(super) const PREFIX: &str = "radacct/";

/// By what an import reads and keeps.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions<'a> {
    /// What is kept, and for how long.
    pub config: &'a Config,
    /// The zone of times that do not say theirs; such times are refused where it is `None`.
    pub zone: Option<Zone>,
    /// The present moment.
    pub now: Timestamp,
}
