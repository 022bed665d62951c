use std::cell::Cell;
use std::sync::Arc;

use temoin_core::assessment::ApplicableRules;
use temoin_core::law::Profile;
use temoin_core::session::{Timestamp, Zone};

use super::{Actions, ComparisonCache, HealthIssue, Records, RecordsError, TokenKey};

/// Everything that the pages need.
pub struct Site {
    /// Opens the record, once per page or piece of a download: it is not kept open in between.
    pub records: Arc<dyn Fn() -> Result<Box<dyn Records>, RecordsError> + Send + Sync>,
    /// Loads law and operator profiles according to the current settings.
    pub ruleset: Box<dyn Fn() -> Result<Box<dyn PageRuleset>, RecordsError> + Send>,
    /// Checks for problems, worst first.
    pub health_issues: Box<dyn Fn() -> Vec<HealthIssue> + Send>,
    /// Performs changes.
    pub actions: Box<dyn Actions + Send>,
    /// Issues and verifies form tokens.
    pub form_tokens: TokenKey,
    /// Caches comparisons with the operator's statements.
    pub comparisons: ComparisonCache,
    /// Since when the record is known to have no damaged row: to know, all of them are read.
    pub intact_at: Cell<Option<Timestamp>>,
    /// The clock.
    pub clock: Box<dyn Fn() -> Timestamp + Send>,
    /// The time zone in which times are shown.
    pub zone: Zone,
}

/// Law and operator profiles as configured on this box.
pub trait PageRuleset {
    /// The rules that apply to a session.
    fn applicable_rules(&self) -> ApplicableRules<'_>;

    /// Whether sync is on.
    fn asks_operator(&self) -> bool;

    /// Every operator's profile.
    fn profiles(&self) -> &[Profile];

    /// Problems with the member's own files or choice of operator, with remedies, in English.
    fn complaints(&self) -> Vec<String>;
}
