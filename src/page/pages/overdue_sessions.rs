use super::page_context::PageContext;
use crate::gdpr::{ErasureDueDate, LetterKind};
use crate::{Records, RecordsError};
use temoin_core::assessment::ApplicableRules;
use temoin_core::assessment::{SyncState, SyncVerdict};
use temoin_core::law::{EraseBy, Span, erase_by};
use temoin_core::record::PollReason;
use temoin_core::session::{Timestamp, Zone};
use temoin_protocol::Day;

/// How many due sessions are checked: with one a day, more than are ever due at once.
const MAX_CHECKED: u32 = 200;

/// The sessions whose record the operator stated to hold well past the due date.
///
/// # Errors
/// [`RecordsError`] when the record cannot be read.
pub(super) fn overdue(
    records: &dyn Records,
    zone: Zone,
    now: Timestamp,
) -> Result<Vec<SyncState>, RecordsError> {
    let Some(today) = Day::new(zone.date(now)) else { return Ok(Vec::new()) };
    let mut due = records.sync_states(PollReason::Due(today), MAX_CHECKED)?;
    due.retain(|it| matches!(it.verdict(zone, now), SyncVerdict::Overdue { .. }));
    Ok(due)
}

/// The letter that reminds the operator of them; `None` where none is overdue.
///
/// # Errors
/// [`RecordsError`] when the record cannot be read.
pub(super) fn reminder(
    context: &PageContext,
    records: &dyn Records,
    applicable_rules: ApplicableRules<'_>,
    now: Timestamp,
) -> Result<Option<LetterKind>, RecordsError> {
    let zone = applicable_rules.profile.map_or(context.when.zone, |profile| profile.zone);
    let mut found = Vec::new();
    for sync_state in overdue(records, zone, now)? {
        let due = match records.find(&sync_state.id.into())?.pop() {
            Some(session) => {
                let ApplicableRules { law, jurisdiction, profile } = applicable_rules;
                let until: EraseBy<'_> =
                    erase_by(Span::from(&session), law, jurisdiction, profile, now);
                ErasureDueDate::of(&until, profile, context.language())
            }
            // Erased here: use the date in the operator's statement.
            None => ErasureDueDate::default(),
        };
        let today = zone.date(now);
        found.extend(due.overdue(
            sync_state.id,
            Some(&sync_state),
            zone,
            today,
            context.language(),
        ));
    }
    Ok((!found.is_empty()).then(|| LetterKind::erasure(found)))
}
