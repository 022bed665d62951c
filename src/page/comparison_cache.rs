use std::cell::RefCell;
use std::collections::HashMap;

use super::{Records, RecordsError};
use temoin_core::assessment::ApplicableRules;
use temoin_core::assessment::{LocalState, SyncState};
use temoin_core::session::{SessionId, Timestamp};

/// Caches which sessions differ from the operator's signed digests: comparing times takes hundreds of
/// digests, milliseconds on a small box.
#[derive(Debug, Default)]
pub struct ComparisonCache(RefCell<HashMap<SessionId, CachedComparison>>);

/// The result of comparing one statement.
#[derive(Clone, Copy, Debug)]
struct CachedComparison {
    /// The hash of salt and digests, unique to the statement.
    commitment: [u8; 32],
    differs: bool,
}

impl ComparisonCache {
    /// The sessions among `sync_states` with a differing value.
    ///
    /// # Errors
    /// [`RecordsError`] when the record cannot be read.
    pub(super) fn differing(
        &self,
        sync_states: &[SyncState],
        records: &dyn Records,
        applicable_rules: ApplicableRules<'_>,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, RecordsError> {
        let known = self.0.take();
        let mut kept = HashMap::new();
        let mut differing = Vec::new();
        for sync_state in sync_states {
            let Some(held) = sync_state.held.as_ref().filter(|_| sync_state.not_held.is_none())
            else {
                continue;
            };
            if sync_state.local_state == LocalState::Erased {
                continue;
            }
            let commitment = *held.statement().commitment();
            let comparison =
                match known.get(&sync_state.id).filter(|it| it.commitment == commitment) {
                    Some(comparison) => *comparison,
                    None => {
                        let Some(session) = records.find(&sync_state.id.into())?.pop() else {
                            continue;
                        };
                        let signed = records.signed(&session, applicable_rules, true, now)?;
                        let comparison = CachedComparison { commitment, differs: signed.differs() };
                        // Not cached: an open or undated session can be compared more fully later.
                        if session.end.is_none() || session.is_undated() {
                            differing.extend(comparison.differs.then_some(sync_state.id));
                            continue;
                        }
                        comparison
                    }
                };
            differing.extend(comparison.differs.then_some(sync_state.id));
            kept.insert(sync_state.id, comparison);
        }
        *self.0.borrow_mut() = kept;
        Ok(differing)
    }
}
