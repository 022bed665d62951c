use std::ops::ControlFlow;

use super::{Records, RecordsError};
use temoin_core::assessment::{ApplicableRules, SessionTally};
use temoin_core::record::Filter;
use temoin_core::session::{Timestamp, Zone};

/// All sessions, counted by day: from the stored counts, or one by one if there are none for this zone.
///
/// # Errors
/// [`RecordsError`] when the record cannot be read.
pub(super) fn tally(
    records: &dyn Records,
    applicable_rules: ApplicableRules<'_>,
    shown: Zone,
) -> Result<SessionTally, RecordsError> {
    let session_counts = records.session_counts()?;
    if let Some(tally) = session_counts
        .and_then(|session_counts| SessionTally::of(&session_counts, applicable_rules, Some(shown)))
    {
        return Ok(tally);
    }
    let mut tally = SessionTally::new(applicable_rules, Some(shown));
    records.each(&Filter::all(Timestamp::EPOCH), &mut |session| {
        tally.add(&session);
        ControlFlow::Continue(())
    })?;
    Ok(tally)
}
