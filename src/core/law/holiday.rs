use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use super::Jurisdiction;

impl Jurisdiction {
    /// Whether `day` is a public holiday in the whole country.
    ///
    /// Good Friday and 26 December, which are holidays in Alsace and Moselle only, are not counted.
    pub fn is_public_holiday(self, day: NaiveDate) -> bool {
        let fixed: &[(u32, u32)] = match self {
            Self::Belgium => &[(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)],
            Self::France => {
                &[(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
            }
        };
        let movable = easter(day.year())
            .is_some_and(|easter| AFTER_EASTER.contains(&(day - easter).num_days()));
        movable || fixed.contains(&(day.month(), day.day()))
    }

    /// Whether `day` is neither a Saturday, nor a Sunday, nor a public holiday: a working day in
    /// the sense of Regulation (EEC, Euratom) No 1182/71, article 2(2).
    pub fn is_working_day(self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.is_public_holiday(day)
    }
}

/// Easter Monday, Ascension and Whit Monday, in days after Easter Sunday.
const AFTER_EASTER: [i64; 3] = [1, 39, 50];

/// Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher.
fn easter(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, rest) = (year.div_euclid(100), year.rem_euclid(100));
    let (leap_centuries, century_rest) = (century.div_euclid(4), century.rem_euclid(4));
    let correction = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let epact = (19 * golden + century - leap_centuries - correction + 15).rem_euclid(30);
    let weekday =
        (32 + 2 * century_rest + 2 * rest.div_euclid(4) - epact - rest.rem_euclid(4)).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday).div_euclid(451);
    let after_22_march = epact + weekday - 7 * late;
    NaiveDate::from_ymd_opt(year, 3, 22)?
        .checked_add_signed(TimeDelta::days(i64::from(after_22_march)))
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate, Weekday};
    use proptest::prelude::{any, proptest};

    use super::{Jurisdiction, easter};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn holidays(jurisdiction: Jurisdiction, year: i32) -> Vec<String> {
        NaiveDate::from_ymd_opt(year, 1, 1)
            .unwrap()
            .iter_days()
            .take_while(|day| day.year() == year)
            .filter(|day| jurisdiction.is_public_holiday(*day))
            .map(|day| day.format("%m-%d").to_string())
            .collect()
    }

    #[test]
    fn easter_falls_where_the_calendars_say() {
        for day in [
            "1818-03-22",
            "1943-04-25",
            "1954-04-18",
            "1981-04-19",
            "2000-04-23",
            "2008-03-23",
            "2019-04-21",
            "2023-04-09",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2029-04-01",
            "2030-04-21",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
        ] {
            assert_eq!(easter(date(day).year()), Some(date(day)));
        }
    }

    #[test]
    fn belgium_has_ten_public_holidays() {
        for (year, movable) in [
            (2024, ["04-01", "05-09", "05-20"]),
            (2025, ["04-21", "05-29", "06-09"]),
            (2026, ["04-06", "05-14", "05-25"]),
            (2027, ["03-29", "05-06", "05-17"]),
        ] {
            let [monday, ascension, whit_monday] = movable;
            let expected = [
                "01-01",
                monday,
                "05-01",
                ascension,
                whit_monday,
                "07-21",
                "08-15",
                "11-01",
                "11-11",
                "12-25",
            ];
            assert_eq!(holidays(Jurisdiction::Belgium, year), expected, "{year}");
        }
    }

    #[test]
    fn france_has_eleven_public_holidays() {
        assert_eq!(
            holidays(Jurisdiction::France, 2025),
            [
                "01-01", "04-21", "05-01", "05-08", "05-29", "06-09", "07-14", "08-15", "11-01",
                "11-11", "12-25",
            ]
        );
        // Ascension falls on 8 May.
        assert_eq!(holidays(Jurisdiction::France, 2059).len(), 10);
        assert_eq!(
            holidays(Jurisdiction::France, 2027),
            [
                "01-01", "03-29", "05-01", "05-06", "05-08", "05-17", "07-14", "08-15", "11-01",
                "11-11", "12-25",
            ]
        );
    }

    #[test]
    fn a_working_day_is_no_weekend_and_no_holiday() {
        assert!(Jurisdiction::Belgium.is_working_day(date("2026-07-14")));
        assert!(!Jurisdiction::France.is_working_day(date("2026-07-14")));
        assert!(!Jurisdiction::Belgium.is_working_day(date("2026-07-21")));
        assert!(Jurisdiction::France.is_working_day(date("2026-07-21")));
        assert!(!Jurisdiction::Belgium.is_working_day(date("2026-11-21")));
        assert!(!Jurisdiction::Belgium.is_working_day(date("2026-11-22")));
    }

    proptest! {
        #[test]
        fn easter_is_a_sunday_between_22_march_and_25_april(year in any::<i32>()) {
            let Some(easter) = easter(year.rem_euclid(200_000)) else { return Ok(()) };
            assert_eq!(easter.weekday(), Weekday::Sun);
            assert!((322..=425).contains(&(easter.month() * 100 + easter.day())), "{easter}");
        }
    }
}
