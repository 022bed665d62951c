use std::ops::ControlFlow;

use super::{Records, RecordsError};
use temoin_core::assessment::{ApplicableRules, SessionTally};
use temoin_core::record::Filter;
use temoin_core::session::{Timestamp, Zone};

/// All sessions, counted by day, and those erased here: from the stored counts, or one by one if there are none for this zone.
///
/// # Errors
/// [`RecordsError`] when the record cannot be read.
pub(super) fn tally(
    records: &dyn Records,
    applicable_rules: ApplicableRules<'_>,
    shown: Zone,
) -> Result<SessionTally, RecordsError> {
    let erased = records.erased_by_day()?;
    let session_counts = records.session_counts()?;
    if let Some(tally) = session_counts
        .and_then(|session_counts| SessionTally::of(&session_counts, applicable_rules, Some(shown)))
    {
        return Ok(tally.with_erased(erased));
    }
    let mut tally = SessionTally::new(applicable_rules, Some(shown));
    records.each(&Filter::all(Timestamp::EPOCH), &mut |session| {
        tally.add(&session);
        ControlFlow::Continue(())
    })?;
    Ok(tally.with_erased(erased))
}

/// How many sessions that were erased here the operator should hold today by law.
///
/// # Errors
/// [`RecordsError`] when the record cannot be read.
pub(super) fn erased_here(
    records: &dyn Records,
    applicable_rules: ApplicableRules<'_>,
    now: Timestamp,
) -> Result<u64, RecordsError> {
    let tally = SessionTally::new(applicable_rules, None).with_erased(records.erased_by_day()?);
    Ok(tally.summary(applicable_rules, now).law.map_or(0, |law| law.erased_here))
}
