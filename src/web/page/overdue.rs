use super::layout::Visit;
use crate::domain::{Timestamp, Zone};
use crate::holding::Rulebook;
use crate::journal::{Dealing, Standing, Worth};
use crate::protocol::Day;
use crate::retention::{EraseBy, Span, erase_by};
use crate::rights::{Due, LetterKind};
use crate::web::{Records, Unreadable};

/// How many sessions that are due are looked through: with one a day, more than are ever due at once.
const MOST: u32 = 200;

/// The sessions of which the operator stated, well after their day, that it still holds the record.
///
/// # Errors
/// [`Unreadable`] when the record cannot be read.
pub(super) fn overdue(
    records: &dyn Records,
    zone: Zone,
    now: Timestamp,
) -> Result<Vec<Dealing>, Unreadable> {
    let Some(today) = Day::new(zone.date(now)) else { return Ok(Vec::new()) };
    let mut due = records.dealings(Worth::Due(today), MOST)?;
    due.retain(|it| matches!(it.standing(zone, now), Standing::Overdue { .. }));
    Ok(due)
}

/// The letter that reminds the operator of them; `None` where none is overdue.
///
/// # Errors
/// [`Unreadable`] when the record cannot be read.
pub(super) fn reminder(
    visit: &Visit,
    records: &dyn Records,
    rulebook: Rulebook<'_>,
    now: Timestamp,
) -> Result<Option<LetterKind>, Unreadable> {
    let zone = rulebook.profile.map_or(visit.when.zone, |profile| profile.zone);
    let mut found = Vec::new();
    for dealing in overdue(records, zone, now)? {
        let due = match records.find(&dealing.id.into())?.pop() {
            Some(session) => {
                let Rulebook { law, jurisdiction, profile } = rulebook;
                let until: EraseBy<'_> =
                    erase_by(Span::from(&session), law, jurisdiction, profile, now);
                Due::of(&until, profile, visit.language())
            }
            // It is erased here: the operator's own statement tells.
            None => Due::default(),
        };
        let today = zone.date(now);
        found.extend(due.overdue(dealing.id, dealing.last(), zone, today, visit.language()));
    }
    Ok((!found.is_empty()).then(|| LetterKind::erasure(found)))
}
