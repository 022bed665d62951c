use std::ops::ControlFlow;

use super::{Records, Unreadable};
use crate::domain::{Timestamp, Zone};
use crate::holding::{Rulebook, Tally};
use crate::journal::Filter;

/// All sessions, counted by their days: as the record has counted them, or, where it has not in the
/// days that are needed, one by one.
///
/// # Errors
/// [`Unreadable`] when the record cannot be read.
pub(super) fn tally(
    records: &dyn Records,
    rulebook: Rulebook<'_>,
    shown: Zone,
) -> Result<Tally, Unreadable> {
    let census = records.census()?;
    if let Some(tally) = census.and_then(|census| Tally::of(&census, rulebook, Some(shown))) {
        return Ok(tally);
    }
    let mut tally = Tally::new(rulebook, Some(shown));
    records.each(&Filter::all(Timestamp::EPOCH), &mut |session| {
        tally.add(&session);
        ControlFlow::Continue(())
    })?;
    Ok(tally)
}
