use std::fmt;

use chrono::{Days, Months, NaiveDate};

use super::named_enum::named_enum;

/// A length of time as a law states it. Days, months and years of the calendar are not converted
/// into each other: twelve months from 29 February is not 365 days.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Period {
    /// So many days.
    Days(u32),
    /// So many calendar months.
    Months(u32),
    /// So many calendar years.
    Years(u32),
}

impl Period {
    /// The last day of this period when the event that it is counted from falls on `day`, which
    /// itself is not counted.
    ///
    /// Months and years end on the day of the same number or, where that month has none, on its
    /// last day: Regulation (EEC, Euratom) No 1182/71, article 3, for acts of Council and
    /// Commission, here as a convention for national law. No extension to a working day.
    pub fn last_day(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Days(days) => day.checked_add_days(Days::new(days.into())),
            Self::Months(months) => day.checked_add_months(Months::new(months)),
            Self::Years(years) => day.checked_add_months(Months::new(years.saturating_mul(12))),
        }
        .unwrap_or(NaiveDate::MAX)
    }

    /// The sum of both periods, if they are of one kind: days, or months and years.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Days(one), Self::Days(two)) => Some(Self::Days(one.saturating_add(two))),
            (Self::Days(_), _) | (_, Self::Days(_)) => None,
            (one, two) => Some(Self::Months(one.months().saturating_add(two.months()))),
        }
    }

    fn months(self) -> u32 {
        match self {
            Self::Days(_) => 0,
            Self::Months(months) => months,
            Self::Years(years) => years.saturating_mul(12),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self {
            Self::Days(number) => (number, "day"),
            Self::Months(number) => (number, "month"),
            Self::Years(number) => (number, "year"),
        };
        write!(f, "{number} {unit}{}", if *number == 1 { "" } else { "s" })
    }
}

named_enum! {
    /// Which of several periods applies.
    pub enum PeriodChoice {
        /// The one that ends first.
        Shortest = "shortest",
        /// The one that ends last.
        Longest = "longest",
        /// All of them, added and counted in one step.
        Sum = "sum",
    }
}

/// How long a rule requires data to be kept: one period, or several of which the law or the
/// circumstances choose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RetentionPeriod {
    /// The period.
    pub period: Period,
    /// Others that may apply instead.
    pub alternatives: Vec<Period>,
    /// Which of them applies; `None` where that is not known.
    pub combine: Option<PeriodChoice>,
}

impl RetentionPeriod {
    /// One period alone.
    pub fn of(period: Period) -> Self {
        Self { period, alternatives: Vec::new(), combine: None }
    }

    /// The earliest and the latest that the last day can be, when the event falls on `day`. Each is
    /// counted once from that day: a period is never added to the end of another.
    pub fn last_days(&self, day: NaiveDate) -> (NaiveDate, NaiveDate) {
        let first = self.period.last_day(day);
        let others = self.alternatives.iter().map(|period| period.last_day(day));
        let shortest = others.clone().fold(first, Ord::min);
        let longest = others.fold(first, Ord::max);
        match self.combine {
            None => (shortest, longest),
            Some(PeriodChoice::Shortest) => (shortest, shortest),
            Some(PeriodChoice::Longest) => (longest, longest),
            Some(PeriodChoice::Sum) => {
                let last = self.sum().map_or(longest, |sum| sum.last_day(day));
                (last, last)
            }
        }
    }

    /// All periods as one, where they are of one kind.
    pub(super) fn sum(&self) -> Option<Period> {
        self.alternatives.iter().try_fold(self.period, |sum, period| sum.plus(*period))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};
    use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

    use super::{Period, PeriodChoice, RetentionPeriod};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn some_day() -> impl Strategy<Value = NaiveDate> {
        (0_u64..80_000).prop_map(|days| day("1970-01-01") + Days::new(days))
    }

    fn some_period() -> impl Strategy<Value = Period> {
        (any::<proptest::sample::Index>(), 1_u32..=100).prop_map(|(unit, number)| {
            *unit.get(&[Period::Days(number), Period::Months(number), Period::Years(number)])
        })
    }

    #[test]
    fn a_period_ends_on_the_day_of_the_same_number_or_the_last_of_its_month() {
        for (from, period, last) in [
            ("2024-02-29", Period::Months(12), "2025-02-28"),
            ("2023-02-28", Period::Months(12), "2024-02-28"),
            ("2024-02-28", Period::Months(12), "2025-02-28"),
            ("2024-08-31", Period::Months(6), "2025-02-28"),
            ("2023-08-31", Period::Months(6), "2024-02-29"),
            ("2024-05-31", Period::Months(9), "2025-02-28"),
            ("2024-02-29", Period::Years(5), "2029-02-28"),
            ("2024-02-29", Period::Years(4), "2028-02-29"),
            ("2024-02-28", Period::Days(2), "2024-03-01"),
            ("2023-02-28", Period::Days(2), "2023-03-02"),
        ] {
            assert_eq!(period.last_day(day(from)), day(last), "{from} + {period}");
        }
    }

    #[test]
    fn two_steps_would_lose_days_that_one_step_keeps() {
        let from = day("2024-08-31");
        let one_step = Period::Months(12).last_day(from);
        let two_steps = Period::Months(6).last_day(Period::Months(6).last_day(from));
        assert_eq!(one_step, day("2025-08-31"));
        assert_eq!(two_steps, day("2025-08-28"));
        let sum = RetentionPeriod {
            period: Period::Months(6),
            alternatives: vec![Period::Months(6)],
            combine: Some(PeriodChoice::Sum),
        };
        assert_eq!(sum.last_days(from), (one_step, one_step));
    }

    #[test]
    fn which_alternative_applies_is_a_range_unless_the_law_says() {
        let last_days = |combine| {
            let alternatives = vec![Period::Months(6), Period::Months(9)];
            RetentionPeriod { period: Period::Months(12), alternatives, combine }
                .last_days(day("2026-01-15"))
        };
        let six = day("2026-07-15");
        let twelve = day("2027-01-15");
        assert_eq!(last_days(None), (six, twelve));
        assert_eq!(last_days(Some(PeriodChoice::Shortest)), (six, six));
        assert_eq!(last_days(Some(PeriodChoice::Longest)), (twelve, twelve));
        let sum = day("2028-04-15");
        assert_eq!(last_days(Some(PeriodChoice::Sum)), (sum, sum));
    }

    proptest! {
        #[test]
        fn a_later_event_never_ends_earlier(
            one in some_day(), two in some_day(), period in some_period(),
        ) {
            let (earlier, later) = (one.min(two), one.max(two));
            prop_assert!(period.last_day(earlier) <= period.last_day(later));
        }

        #[test]
        fn the_last_day_lies_after_the_event(from in some_day(), period in some_period()) {
            prop_assert!(period.last_day(from) > from);
        }

        #[test]
        fn the_shortest_is_the_lower_end_of_the_range_and_the_longest_the_upper(
            from in some_day(),
            periods in proptest::collection::vec(some_period(), 1..4),
        ) {
            let with = |combine| RetentionPeriod {
                period: periods[0],
                alternatives: periods[1..].to_vec(),
                combine,
            }.last_days(from);
            let (shortest, longest) = with(None);
            prop_assert!(shortest <= longest);
            prop_assert_eq!(with(Some(PeriodChoice::Shortest)), (shortest, shortest));
            prop_assert_eq!(with(Some(PeriodChoice::Longest)), (longest, longest));
        }
    }
}
