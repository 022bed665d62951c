use std::fmt;

use temoin_core::law::{
    Applicability, HARD_BOUND_MONTHS, Jurisdiction, Law, NamedEnum, Nature, Period, Span,
    StartEvent, judge,
};
use temoin_core::session::{Field, TimeBounds, Timestamp, Zone};
use temoin_protocol::{Day, UnixSeconds};

/// Until when records are kept.
#[derive(Clone, Debug)]
pub struct RetentionPolicy {
    zone: Zone,
    retention: RetentionRule,
}

#[derive(Clone, Debug)]
enum RetentionRule {
    Law { law: Box<Law>, jurisdiction: Jurisdiction },
    Period { period: Period, counted_from: StartEvent },
}

impl RetentionPolicy {
    /// A period of the operator's own, counted from the end of a session.
    pub fn from_end(period: Period, zone: Zone) -> Self {
        let counted_from = StartEvent::SessionEnd;
        Self { zone, retention: RetentionRule::Period { period, counted_from } }
    }

    /// A period of the operator's own, counted from the start of a session.
    pub fn from_start(period: Period, zone: Zone) -> Self {
        let counted_from = StartEvent::SessionStart;
        Self { zone, retention: RetentionRule::Period { period, counted_from } }
    }

    /// As long as the law requires for what a gateway records of a session; where it names no period,
    /// [`HARD_BOUND_MONTHS`] after the end.
    ///
    /// The law may require the member's identity to be kept longer, with the contract. Such a rule does
    /// not apply to sessions.
    pub fn by_law(law: Law, jurisdiction: Jurisdiction, zone: Zone) -> Self {
        Self { zone, retention: RetentionRule::Law { law: Box::new(law), jurisdiction } }
    }

    /// The operator's time zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// The day by whose end a record must be erased: the first after its period. `None` if that is not
    /// determined, or not yet.
    pub fn erase_by(&self, began: UnixSeconds, ended: Option<UnixSeconds>) -> Option<Day> {
        let last = match &self.retention {
            RetentionRule::Period { period, counted_from } => {
                let counted =
                    if *counted_from == StartEvent::SessionStart { Some(began) } else { ended };
                period.last_day(self.zone.date(counted?.to_timestamp()))
            }
            RetentionRule::Law { law, jurisdiction } => {
                if let Some(erasable) = required(began, ended, law, *jurisdiction) {
                    return Day::new(self.zone.date(erasable));
                }
                // A gap in the law, or no length in it: not for ever.
                Period::Months(HARD_BOUND_MONTHS).last_day(self.zone.date(ended?.to_timestamp()))
            }
        };
        last.succ_opt().and_then(Day::new)
    }

    /// Today's date in the operator's time zone.
    pub fn today(&self, now: Timestamp) -> Option<Day> {
        Day::new(self.zone.date(now))
    }
}

impl fmt::Display for RetentionPolicy {
    /// Includes everything that matters, so that equal texts mean equal policies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.retention {
            RetentionRule::Law { law, jurisdiction } => {
                write!(f, "law of {}:", jurisdiction.name())?;
                for edition in law.editions().iter().filter(|it| it.jurisdiction == *jurisdiction) {
                    write!(f, " {} of {}", edition.id, edition.checked_on)?;
                }
            }
            RetentionRule::Period { period, counted_from } => {
                write!(f, "{period} from {}", counted_from.name())?;
            }
        }
        write!(f, ", {}", self.zone)
    }
}

/// The time from which the law requires nothing to be kept any more.
fn required(
    began: UnixSeconds,
    ended: Option<UnixSeconds>,
    law: &Law,
    jurisdiction: Jurisdiction,
) -> Option<Timestamp> {
    let start = TimeBounds::exact(began.to_timestamp());
    let span = Span { start, end: ended.map(|at| TimeBounds::exact(at.to_timestamp())) };
    // The day of the session: an edition that is past its check date must not keep records for ever.
    let now = ended.unwrap_or(began).to_timestamp();
    let verdicts = judge(span, law, jurisdiction, now).verdicts;
    let mut last = None;
    for verdict in verdicts.iter().filter(|verdict| {
        verdict.rule.nature == Nature::Must
            && verdict.applies != Applicability::Unknown
            && verdict.rule.fields.iter().copied().any(Field::is_recorded)
    }) {
        let Some(until) = verdict.kept.until() else { continue };
        // Counted from the end of an open session: not determined yet.
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

    fn second(text: &str) -> UnixSeconds {
        UnixSeconds::containing(text.parse().unwrap()).unwrap()
    }

    fn day(text: &str) -> Option<Day> {
        Day::new(text.parse().unwrap())
    }

    #[test]
    fn a_period_is_counted_in_the_operators_zone_and_ends_the_day_before_erasure() {
        let policy = RetentionPolicy::from_end(Period::Months(12), BRUSSELS.parse().unwrap());
        let began = second("2024-02-01T00:00:00Z");
        // 29 February on the wall, and twelve months later is the 28th.
        let ended = second("2024-02-28T23:30:00Z");
        assert_eq!(policy.erase_by(began, Some(ended)), day("2025-03-01"));
        assert_eq!(policy.erase_by(began, None), None);
        let policy = RetentionPolicy::from_start(Period::Days(1), Zone::UTC);
        assert_eq!(policy.erase_by(began, None), day("2024-02-03"));
        assert_eq!(policy.today("2024-02-28T23:30:00Z".parse().unwrap()), day("2024-02-28"));
    }

    #[test]
    fn belgian_law_has_records_erased_a_year_after_the_end() {
        let law = Law::compiled_in().unwrap();
        let policy = RetentionPolicy::by_law(law, Jurisdiction::Belgium, BRUSSELS.parse().unwrap());
        let (began, ended) = (second("2026-01-01T10:00:00Z"), second("2026-01-31T10:00:00Z"));
        assert_eq!(policy.erase_by(began, Some(ended)), day("2027-02-01"));
        assert_eq!(policy.erase_by(began, None), None);
    }
}
