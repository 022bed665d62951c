use std::cell::RefCell;
use std::collections::HashMap;

use super::{Records, Unreadable};
use crate::domain::{SessionId, Timestamp};
use crate::holding::Rulebook;
use crate::journal::{Dealing, Presence};

/// Of which sessions the operator's signed digests say something else than the box saw, kept from one
/// page to the next: to compare times takes hundreds of digests, milliseconds on a small box.
#[derive(Debug, Default)]
pub struct Compared(RefCell<HashMap<SessionId, Outcome>>);

/// What came of comparing a statement.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    /// The hash of salt and digests, which no other statement has.
    commitment: [u8; 32],
    differs: bool,
}

impl Compared {
    /// Those of these sessions of which a value differs.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read.
    pub(super) fn differing(
        &self,
        dealings: &[Dealing],
        records: &dyn Records,
        rulebook: Rulebook<'_>,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, Unreadable> {
        let known = self.0.take();
        let mut kept = HashMap::new();
        let mut differing = Vec::new();
        for dealing in dealings {
            let Some(held) = dealing.held.as_ref().filter(|_| dealing.not_held.is_none()) else {
                continue;
            };
            if dealing.presence == Presence::Erased {
                continue;
            }
            let commitment = *held.statement().commitment();
            let outcome = match known.get(&dealing.id).filter(|it| it.commitment == commitment) {
                Some(outcome) => *outcome,
                None => {
                    let Some(session) = records.find(&dealing.id.into())?.pop() else { continue };
                    let signed = records.signed(&session, rulebook, true, now)?;
                    let outcome = Outcome { commitment, differs: signed.differs() };
                    // Of one that lasts, or that a clock may still date, more can be compared later.
                    if session.end.is_none() || session.is_undated() {
                        differing.extend(outcome.differs.then_some(dealing.id));
                        continue;
                    }
                    outcome
                }
            };
            differing.extend(outcome.differs.then_some(dealing.id));
            kept.insert(dealing.id, outcome);
        }
        *self.0.borrow_mut() = kept;
        Ok(differing)
    }
}
