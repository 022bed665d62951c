use std::fmt;

use crate::domain::{Field, Moment, Timestamp, Zone};
use crate::protocol::{Day, Second};
use crate::retention::{
    Applicability, HARD_BOUND_MONTHS, Jurisdiction, Law, Nature, Period, Span, StartEvent, Word,
    judge,
};

/// Until when records are kept.
#[derive(Clone, Debug)]
pub struct Policy {
    zone: Zone,
    retention: Retention,
}

#[derive(Clone, Debug)]
enum Retention {
    Law { law: Box<Law>, jurisdiction: Jurisdiction },
    Period { period: Period, counted_from: StartEvent },
}

impl Policy {
    /// A period of the operator's own, counted from the end of a session.
    pub fn from_end(period: Period, zone: Zone) -> Self {
        let counted_from = StartEvent::SessionEnd;
        Self { zone, retention: Retention::Period { period, counted_from } }
    }

    /// A period of the operator's own, counted from the start of a session.
    pub fn from_start(period: Period, zone: Zone) -> Self {
        let counted_from = StartEvent::SessionStart;
        Self { zone, retention: Retention::Period { period, counted_from } }
    }

    /// As long as the law requires, of what a gateway records of a session; where it names no length,
    /// [`HARD_BOUND_MONTHS`] after the end.
    ///
    /// Who the member is the law may have kept longer, with the contract. Such a rule does not keep
    /// sessions.
    pub fn of_law(law: Law, jurisdiction: Jurisdiction, zone: Zone) -> Self {
        Self { zone, retention: Retention::Law { law: Box::new(law), jurisdiction } }
    }

    /// The operator's time zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// The day before whose end a record is to be gone: the first after its period. `None` where that
    /// is not determined yet, or by nothing.
    pub fn erase_by(&self, began: Second, ended: Option<Second>) -> Option<Day> {
        let last = match &self.retention {
            Retention::Period { period, counted_from } => {
                let counted =
                    if *counted_from == StartEvent::SessionStart { Some(began) } else { ended };
                period.last_day(self.zone.date(counted?.begins()))
            }
            Retention::Law { law, jurisdiction } => {
                if let Some(erasable) = required(began, ended, law, *jurisdiction) {
                    return Day::new(self.zone.date(erasable));
                }
                // A gap in the law, or no length in it: not for ever.
                Period::Months(HARD_BOUND_MONTHS).last_day(self.zone.date(ended?.begins()))
            }
        };
        last.succ_opt().and_then(Day::new)
    }

    /// The day that it is in the operator's time zone.
    pub fn today(&self, now: Timestamp) -> Option<Day> {
        Day::new(self.zone.date(now))
    }
}

impl fmt::Display for Policy {
    /// Names all that decides, so that two that say the same are the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.retention {
            Retention::Law { law, jurisdiction } => {
                write!(f, "law of {}:", jurisdiction.name())?;
                for edition in law.editions().iter().filter(|it| it.jurisdiction == *jurisdiction) {
                    write!(f, " {} of {}", edition.id, edition.checked_on)?;
                }
            }
            Retention::Period { period, counted_from } => {
                write!(f, "{period} from {}", counted_from.name())?;
            }
        }
        write!(f, ", {}", self.zone)
    }
}

/// From when on nothing of what the law requires to be kept must be kept any more.
fn required(
    began: Second,
    ended: Option<Second>,
    law: &Law,
    jurisdiction: Jurisdiction,
) -> Option<Timestamp> {
    let start = Moment::exact(began.begins());
    let span = Span { start, end: ended.map(|at| Moment::exact(at.begins())) };
    // The day of the session: that an edition has to be checked anew must not keep records for ever.
    let now = ended.unwrap_or(began).begins();
    let verdicts = judge(span, law, jurisdiction, now).verdicts;
    let mut last = None;
    for verdict in verdicts.iter().filter(|verdict| {
        verdict.rule.nature == Nature::Must
            && verdict.applies != Applicability::Unknown
            && verdict.rule.fields.iter().copied().any(Field::is_recorded)
    }) {
        let Some(until) = verdict.kept.until() else { continue };
        // Counted from the end of a session that lasts: not determined yet.
        if until.live {
            return None;
        }
        last = last.max(until.erasable_from);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRUSSELS: &str = "Europe/Brussels";

    fn second(text: &str) -> Second {
        Second::containing(text.parse().unwrap()).unwrap()
    }

    fn day(text: &str) -> Option<Day> {
        Day::new(text.parse().unwrap())
    }

    #[test]
    fn a_period_is_counted_in_the_operators_zone_and_ends_the_day_before_erasure() {
        let policy = Policy::from_end(Period::Months(12), BRUSSELS.parse().unwrap());
        let began = second("2024-02-01T00:00:00Z");
        // 29 February on the wall, and twelve months later is the 28th.
        let ended = second("2024-02-28T23:30:00Z");
        assert_eq!(policy.erase_by(began, Some(ended)), day("2025-03-01"));
        assert_eq!(policy.erase_by(began, None), None);
        let policy = Policy::from_start(Period::Days(1), Zone::UTC);
        assert_eq!(policy.erase_by(began, None), day("2024-02-03"));
        assert_eq!(policy.today("2024-02-28T23:30:00Z".parse().unwrap()), day("2024-02-28"));
    }

    #[test]
    fn belgian_law_has_records_erased_a_year_after_the_end() {
        let law = Law::compiled_in().unwrap();
        let policy = Policy::of_law(law, Jurisdiction::Belgium, BRUSSELS.parse().unwrap());
        let (began, ended) = (second("2026-01-01T10:00:00Z"), second("2026-01-31T10:00:00Z"));
        assert_eq!(policy.erase_by(began, Some(ended)), day("2027-02-01"));
        assert_eq!(policy.erase_by(began, None), None);
    }
}
