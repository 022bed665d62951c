use chrono::{Months, NaiveDate};

use temoin_core::law::Jurisdiction;

/// The last day on which an operator may still answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deadline {
    /// The day on which the operator received the request. It does not count itself.
    pub received_on: NaiveDate,
    /// The day with the same number in the month of the term, or the last day of that month.
    pub nominal: NaiveDate,
    /// The last day, with whose last hour the term ends: `nominal`, or the next working day where
    /// that is a Saturday, a Sunday or a public holiday.
    pub last_day: NaiveDate,
}

impl Deadline {
    /// Whether the term is over on the day `today`.
    pub fn is_past(&self, today: NaiveDate) -> bool {
        today > self.last_day
    }
}

/// When the answer to a request under the GDPR is due: one month after receipt (article 12(3)),
/// counted by Regulation (EEC, Euratom) No 1182/71, articles 3(1), 3(2)(c) and 3(4).
///
/// That the regulation governs this term, its working-day rule included, is a reading, not a
/// quotation. `jurisdiction` is the country in which the operator is to act.
pub fn one_month_deadline(received_on: NaiveDate, jurisdiction: Jurisdiction) -> Deadline {
    let nominal = received_on.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
    let last_day =
        nominal.iter_days().find(|day| jurisdiction.is_working_day(*day)).unwrap_or(NaiveDate::MAX);
    Deadline { received_on, nominal, last_day }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::{Strategy, proptest};

    use super::{Jurisdiction, one_month_deadline};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_ends_on_the_same_number_or_the_last_day_and_then_on_a_working_day() {
        for (received, nominal, belgium, france) in [
            // A plain month.
            ("2026-11-24", "2026-12-24", "2026-12-24", "2026-12-24"),
            // Christmas, a Friday, and the weekend behind it.
            ("2026-11-25", "2026-12-25", "2026-12-28", "2026-12-28"),
            // February is short, in 2027 and in a leap year; 28 February 2027 is a Sunday.
            ("2027-01-31", "2027-02-28", "2027-03-01", "2027-03-01"),
            ("2028-01-31", "2028-02-29", "2028-02-29", "2028-02-29"),
            ("2026-01-29", "2026-02-28", "2026-03-02", "2026-03-02"),
            // From the last day of a short month to the same number, not to the last day.
            ("2027-02-28", "2027-03-28", "2027-03-30", "2027-03-30"),
            // Into the next year: New Year's Day 2027 is a Friday.
            ("2026-12-01", "2027-01-01", "2027-01-04", "2027-01-04"),
            // National holidays, each in its own country.
            ("2026-06-14", "2026-07-14", "2026-07-14", "2026-07-15"),
            ("2026-06-21", "2026-07-21", "2026-07-22", "2026-07-21"),
            ("2026-04-08", "2026-05-08", "2026-05-08", "2026-05-11"),
            // Ascension, a Thursday; Whit Monday behind a weekend.
            ("2026-04-14", "2026-05-14", "2026-05-15", "2026-05-15"),
            ("2026-04-23", "2026-05-23", "2026-05-26", "2026-05-26"),
            // A Saturday, a Sunday.
            ("2025-09-04", "2025-10-04", "2025-10-06", "2025-10-06"),
            ("2025-09-05", "2025-10-05", "2025-10-06", "2025-10-06"),
            // 31 May to June, 30 days; 30 June 2024 is a Sunday.
            ("2024-05-31", "2024-06-30", "2024-07-01", "2024-07-01"),
        ] {
            let found = one_month_deadline(date(received), Jurisdiction::Belgium);
            assert_eq!(
                (found.nominal, found.last_day),
                (date(nominal), date(belgium)),
                "{received} BE"
            );
            let found = one_month_deadline(date(received), Jurisdiction::France);
            assert_eq!(
                (found.nominal, found.last_day),
                (date(nominal), date(france)),
                "{received} FR"
            );
        }
    }

    #[test]
    fn the_last_day_is_still_in_time() {
        let deadline = one_month_deadline(date("2026-11-24"), Jurisdiction::Belgium);
        assert!(!deadline.is_past(date("2026-12-24")));
        assert!(deadline.is_past(date("2026-12-25")));
    }

    #[test]
    fn the_end_of_the_calendar_is_no_reason_to_panic() {
        let deadline = one_month_deadline(NaiveDate::MAX, Jurisdiction::France);
        assert_eq!(deadline.last_day, NaiveDate::MAX);
    }

    proptest! {
        #[test]
        fn a_deadline_is_a_working_day_28_to_36_days_after_receipt(
            received in (0..60_000_i32).prop_map(|day| {
                NaiveDate::from_num_days_from_ce_opt(720_000 + day).unwrap()
            })
        ) {
            for jurisdiction in [Jurisdiction::Belgium, Jurisdiction::France] {
                let deadline = one_month_deadline(received, jurisdiction);
                assert!(jurisdiction.is_working_day(deadline.last_day));
                assert!((28..=36).contains(&(deadline.last_day - received).num_days()));
                assert!(deadline.nominal.day() <= received.day());
            }
        }
    }
}
