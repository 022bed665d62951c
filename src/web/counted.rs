use std::cell::RefCell;
use std::ops::ControlFlow;

use super::{Records, Unreadable};
use crate::domain::{Session, SessionId, Timestamp, Zone};
use crate::holding::{Rulebook, Tally};
use crate::journal::Filter;

/// The sessions counted by their days, kept from one page to the next: the whole record is read for
/// the first page and after an erasure, and else only what came since.
#[derive(Debug, Default)]
pub struct Counted(RefCell<Option<Count>>);

#[derive(Debug)]
struct Count {
    /// Those of which nothing changes any more that a tally depends on.
    settled: Tally,
    /// Those that last, or that a clock may still date.
    unsettled: Vec<SessionId>,
    /// The newest session that was read.
    newest: Option<SessionId>,
    /// How many had been erased before: where more are, the tally holds too many.
    erased: u64,
}

impl Counted {
    /// All sessions, counted.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read.
    pub(super) fn tally(
        &self,
        records: &dyn Records,
        rulebook: Rulebook<'_>,
        shown: Zone,
    ) -> Result<Tally, Unreadable> {
        // Before the sessions are read: one that is erased meanwhile is found by the next page.
        let erased = records.erased()?;
        let known = self
            .0
            .take()
            .filter(|known| known.erased == erased && known.settled.is_for(rulebook, Some(shown)));
        let anew = || Count {
            settled: Tally::new(rulebook, Some(shown)),
            unsettled: Vec::new(),
            newest: None,
            erased,
        };
        let known = known.and_then(|known| known.read_on(records).transpose()).transpose()?;
        let mut count = match known {
            Some(count) => count,
            None => anew().read_on(records)?.unwrap_or_else(anew),
        };
        let all = count.with_unsettled(records)?;
        *self.0.borrow_mut() = Some(count);
        Ok(all)
    }
}

impl Count {
    /// With the sessions that came since; `None` where the newest one that was known is not there.
    fn read_on(mut self, records: &dyn Records) -> Result<Option<Self>, Unreadable> {
        let known = self.newest;
        let mut newest = None;
        let mut is_met = known.is_none();
        records.each(&Filter::all(Timestamp::EPOCH), &mut |session| {
            if Some(session.id) == known {
                is_met = true;
                return ControlFlow::Break(());
            }
            newest.get_or_insert(session.id);
            if is_settled(&session) {
                self.settled.add(&session);
            } else {
                self.unsettled.push(session.id);
            }
            ControlFlow::Continue(())
        })?;
        self.newest = newest.or(known);
        Ok(is_met.then_some(self))
    }

    /// The tally of all, after those that are settled by now have been added for good.
    fn with_unsettled(&mut self, records: &dyn Records) -> Result<Tally, Unreadable> {
        let mut others = Vec::new();
        for id in std::mem::take(&mut self.unsettled) {
            let Some(session) = records.find(&id.into())?.pop() else { continue };
            if is_settled(&session) {
                self.settled.add(&session);
            } else {
                self.unsettled.push(id);
                others.push(session);
            }
        }
        let mut all = self.settled.clone();
        others.iter().for_each(|session| all.add(session));
        Ok(all)
    }
}

fn is_settled(session: &Session) -> bool {
    session.end.is_some() && !session.is_undated()
}
