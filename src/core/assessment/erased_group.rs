use chrono::{Months, NaiveDate};

use super::record_state::{RecordState, UnknownReason};
use crate::law::HARD_BOUND_MONTHS;

/// Sessions erased here whose certificates say the same of the operator's record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ErasedGroup {
    /// The day from which that record should be gone; `None` where the certificates name none.
    pub day: Option<NaiveDate>,
    /// The UTC day on which the last of them was erased here.
    pub erased_on: NaiveDate,
    /// How many there are.
    pub count: u64,
}

impl ErasedGroup {
    /// Whether the operator should hold these records on a day. Without a date of their own they are
    /// beyond every period once [`HARD_BOUND_MONTHS`] have passed since they were erased.
    pub fn state(&self, today: NaiveDate) -> RecordState {
        match self.day {
            Some(day) if day <= today => RecordState::Over,
            Some(day) => RecordState::Held(day.pred_opt()),
            None => {
                let bound = self.erased_on.checked_add_months(Months::new(HARD_BOUND_MONTHS));
                // The day in the operator's zone may be the next one.
                let bound = bound.and_then(|day| day.succ_opt());
                match bound {
                    Some(bound) if bound < today => RecordState::Over,
                    _ => RecordState::Untold(UnknownReason::ErasedHere),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ErasedGroup, NaiveDate, RecordState, UnknownReason};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn state(due: Option<&str>, today: &str) -> RecordState {
        let group = ErasedGroup { day: due.map(day), erased_on: day("2026-01-31"), count: 1 };
        group.state(day(today))
    }

    #[test]
    fn what_is_erased_here_is_held_there_up_to_the_day_before_its_date() {
        let held = RecordState::Held(Some(day("2027-01-14")));
        assert_eq!(state(Some("2027-01-15"), "2026-02-01"), held);
        assert_eq!(state(Some("2027-01-15"), "2027-01-14"), held);
        assert_eq!(state(Some("2027-01-15"), "2027-01-15"), RecordState::Over);
    }

    #[test]
    fn without_a_date_it_is_unknown_until_every_period_is_over() {
        let unknown = RecordState::Untold(UnknownReason::ErasedHere);
        assert_eq!(state(None, "2026-02-01"), unknown);
        assert_eq!(state(None, "2027-03-01"), unknown);
        assert_eq!(state(None, "2027-03-02"), RecordState::Over);
    }
}
