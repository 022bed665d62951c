use std::fmt;

use chrono::NaiveDate;

use super::OverdueErasure;
use crate::messages::letter::overdue as msg;
use temoin_core::assessment::SyncState;
use temoin_core::law::{EraseBy, EraseReason, Profile};
use temoin_core::session::{SessionId, Zone};
use temoin_core::text::{Language, written_date};
use temoin_protocol::Receipt;

/// The day from which a session's record should be erased, and its legal basis.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ErasureDueDate {
    /// The day; `None` if neither law nor declaration sets it.
    pub day: Option<NaiveDate>,
    /// The texts of law, or the declaration; may be empty.
    pub basis: String,
}

impl ErasureDueDate {
    /// By the law or the operator's declaration.
    pub fn of(until: &EraseBy<'_>, profile: Option<&Profile>, language: Language) -> Self {
        let zone = profile.map_or(Zone::UTC, |profile| profile.zone);
        Self { day: until.day(zone), basis: basis(until, profile, language) }
    }

    /// What a letter says of a session whose record is overdue, and on which basis: the law's or the
    /// declaration's, or the operator's own signed statements where one names an earlier day. Days are counted in the operator's time zone.
    ///
    /// # Errors
    /// `NotOverdue` while a reminder would come too early.
    pub fn overdue(
        self,
        session: SessionId,
        sync_state: Option<&SyncState>,
        zone: Zone,
        today: NaiveDate,
        language: Language,
    ) -> Result<(OverdueErasure, String), NotOverdue> {
        let stated_on = |it: &Receipt| zone.date(it.statement().at().to_timestamp());
        let held = sync_state.filter(|it| it.not_held.is_none());
        let held_on = held.and_then(|it| it.held.as_ref()).map(stated_on);
        let named = |it: &Receipt| Some((it.statement().held()?.erase_by()?.date(), stated_on(it)));
        let signed = held.and_then(|it| it.statements().filter_map(named).min());
        let (day, basis) = match signed {
            Some((erase_by, stated)) if self.day.is_none_or(|day| erase_by < day) => {
                let stated = written_date(stated, language);
                (Some(erase_by), msg::SIGNED.fill(language, &[("date", &stated)]))
            }
            _ => (self.day, self.basis),
        };
        match day {
            Some(day) if day <= today => {
                Ok((OverdueErasure { session, erase_by: day, held_on }, basis))
            }
            Some(day) => Err(NotOverdue::Until(day)),
            None => Err(NotOverdue::Unknown),
        }
    }
}

/// Why a session's record is not overdue.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotOverdue {
    /// The erasure date is not known.
    Unknown,
    /// It is not due before this day.
    Until(NaiveDate),
}

impl fmt::Display for NotOverdue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("from when on it is to be erased is not known"),
            Self::Until(day) => {
                write!(f, "it is to be erased from {day} on, so a reminder would come too early")
            }
        }
    }
}

impl std::error::Error for NotOverdue {}

/// The legal basis of an erasure date.
fn basis(until: &EraseBy<'_>, profile: Option<&Profile>, language: Language) -> String {
    match until {
        EraseBy::At { because: EraseReason::Law(verdict), .. } => {
            let sources = verdict.edition.sources_of(&verdict.rule.basis);
            let cites: Vec<&str> =
                sources.iter().map(|source| source.cite.text(language)).collect();
            cites.join("; ")
        }
        EraseBy::At { because: EraseReason::Declared(field), .. } => {
            let statements = profile.map(|profile| profile.statements.as_slice());
            let newest = statements.unwrap_or_default().iter().find(|it| it.of(*field).is_some());
            newest.map_or_else(String::new, |it| {
                format!("{} ({})", it.label.text(language), it.stated_on)
            })
        }
        EraseBy::At { because: EraseReason::HardBound, .. } | EraseBy::Open | EraseBy::Undated => {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ErasureDueDate, NotOverdue};
    use temoin_core::session::{SessionId, Zone};
    use temoin_core::text::Language;

    #[test]
    fn a_record_is_overdue_from_its_day_on_and_not_before() {
        let session = SessionId::from_bytes([7; 32]);
        let on = |day: Option<&str>, today: &str| {
            let day = day.map(|day| day.parse().unwrap());
            let due = ErasureDueDate { day, basis: "art. 1".to_owned() };
            due.overdue(session, None, Zone::UTC, today.parse().unwrap(), Language::English)
        };
        let (overdue, basis) = on(Some("2026-11-26"), "2026-11-26").unwrap();
        assert_eq!((overdue.session, overdue.held_on), (session, None));
        assert_eq!(basis, "art. 1");
        let day = "2026-11-26".parse().unwrap();
        assert_eq!(on(Some("2026-11-26"), "2026-11-25"), Err(NotOverdue::Until(day)));
        assert_eq!(on(None, "2026-11-25"), Err(NotOverdue::Unknown));
    }
}
