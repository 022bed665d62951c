use std::time::Duration;

use chrono::{Datelike, NaiveDate, NaiveDateTime};

use super::{Language, Plural};
use crate::messages::date as msg;
use crate::session::{Timestamp, Zone};

/// Formats dates, times and durations for one language and time zone.
#[derive(Clone, Copy, Debug)]
pub struct DateFormatter {
    /// The language.
    pub language: Language,
    /// The time zone.
    pub zone: Zone,
}

impl DateFormatter {
    /// A formatter for one language and time zone.
    pub fn new(language: Language, zone: Zone) -> Self {
        Self { language, zone }
    }

    /// A date with the day of the week and the month in words: `Tuesday 24 November 2026`.
    pub fn date(&self, date: NaiveDate) -> String {
        with_date(self.language.style().date, date, self.language)
    }

    /// The day of the week: `Tuesday`.
    pub fn weekday(&self, date: NaiveDate) -> &'static str {
        let weekday = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
        msg::WEEKDAYS[weekday].text(self.language)
    }

    /// A day within a month that is named beside it: `Tuesday 24`.
    pub fn day(&self, date: NaiveDate) -> String {
        with_date(self.language.style().day, date, self.language)
    }

    /// A date with the month in words, without the day of the week: `24 November 2026`.
    pub fn date_without_weekday(&self, date: NaiveDate) -> String {
        written_date(date, self.language)
    }

    /// The first date of a range, without the parts that the last repeats: `4` or
    /// `4 November` before `22 November 2026`.
    pub fn first_of_two(&self, first: NaiveDate, last: NaiveDate) -> String {
        let template = match (first.year() == last.year(), first.month() == last.month()) {
            (true, true) => "{day}",
            (true, false) => self.language.style().day_month,
            (false, _) => return written_date(first, self.language),
        };
        with_date(template, first, self.language)
    }

    /// A date as short as it is written in the language: `24/11/2026`. In English the month stays a
    /// word, since Americans and Britons read the numbers differently.
    pub fn short_date(&self, date: NaiveDate) -> String {
        with_date(self.language.style().short_date, date, self.language)
    }

    /// A month and its year: `November 2026`.
    pub fn month(&self, date: NaiveDate) -> String {
        with_date(self.language.style().month_year, date, self.language)
    }

    /// The time of day to the second: `09:05:07`. Where the clock is put back and shows the same
    /// twice, the offset from UTC tells which is meant.
    pub fn time(&self, at: Timestamp) -> String {
        self.local_time(at, "%H:%M:%S")
    }

    /// The time of day to the minute: `09:05`, with the offset from UTC where it is needed.
    pub fn minute(&self, at: Timestamp) -> String {
        self.local_time(at, "%H:%M")
    }

    /// Date and time to the second, as a phrase without a preposition before it.
    pub fn date_time(&self, at: Timestamp) -> String {
        let (date, time) = (self.date(self.zone.date(at)), self.time(at));
        msg::DATE_TIME.fill(self.language, &[("date", &date), ("time", &time)])
    }

    /// Short date and time to the minute, for tables.
    pub fn short_date_time(&self, at: Timestamp) -> String {
        format!("{} {}", self.short_date(self.zone.date(at)), self.minute(at))
    }

    /// A duration in its two largest units, truncated: `3 h 12 min`.
    pub fn duration(&self, duration: Duration) -> String {
        let seconds = duration.as_secs();
        let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        let units: [(u64, &Plural); 4] = [
            (days, &msg::DAYS),
            (hours, &msg::HOURS),
            (minutes, &msg::MINUTES),
            (seconds, &msg::SECONDS),
        ];
        let largest = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
        let parts: Vec<String> = units
            .iter()
            .skip(largest)
            .take(2)
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| unit.fill(self.language, *count, &[]))
            .collect();
        if parts.is_empty() { msg::SECONDS.fill(self.language, 0, &[]) } else { parts.join(" ") }
    }

    fn local_time(&self, at: Timestamp, format: &str) -> String {
        let civil: NaiveDateTime = self.zone.civil(at);
        let time = civil.format(format);
        if !self.zone.is_ambiguous(at) {
            return time.to_string();
        }
        let ahead = self.zone.ahead_of_utc(at);
        let sign = if ahead < 0 { '−' } else { '+' };
        let (hours, minutes) = (ahead.abs() / 3_600, ahead.abs() / 60 % 60);
        match (hours, minutes) {
            (0, 0) => format!("{time} (UTC)"),
            (_, 0) => format!("{time} (UTC{sign}{hours})"),
            _ => format!("{time} (UTC{sign}{hours}:{minutes:02})"),
        }
    }
}

/// A date with the month in words, without the day of the week: `24 November 2026`. It needs no time
/// zone, since a date has none.
pub fn written_date(date: NaiveDate, language: Language) -> String {
    with_date(language.style().plain_date, date, language)
}

fn with_date(template: &str, date: NaiveDate, language: Language) -> String {
    let style = language.style();
    let day = if date.day() == 1 { style.first_day } else { style.day_number };
    let weekday = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
    let month = month_name(date, language);
    let short_month: String = month.chars().take(3).collect();
    template
        .replace("{weekday}", msg::WEEKDAYS[weekday].text(language))
        .replace("{day}", day)
        .replace("{dd}", &format!("{:02}", date.day()))
        .replace("{d}", &date.day().to_string())
        .replace("{month}", month)
        .replace("{mon}", &short_month)
        .replace("{mm}", &format!("{:02}", date.month()))
        .replace("{year}", &format!("{:04}", date.year()))
}

fn month_name(date: NaiveDate, language: Language) -> &'static str {
    let month = usize::try_from(date.month0()).unwrap_or_default();
    msg::MONTHS[month].text(language)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DateFormatter, Language, Timestamp};

    /// What `write` makes in French, Dutch, English and German, in Brussels.
    fn in_all_languages(write: impl Fn(DateFormatter) -> String) -> [String; 4] {
        let brussels = "Europe/Brussels".parse().unwrap();
        Language::OFFERED.map(|language| write(DateFormatter::new(language, brussels)))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn dates_are_written_as_each_language_writes_them() {
        let tuesday = "2026-11-24".parse().unwrap();
        assert_eq!(
            in_all_languages(|when| when.date(tuesday)),
            [
                "mardi 24 novembre 2026",
                "dinsdag 24 november 2026",
                "Tuesday 24 November 2026",
                "Dienstag, 24. November 2026",
            ]
        );
        assert_eq!(
            in_all_languages(|when| when.day(tuesday)),
            ["mardi 24", "dinsdag 24", "Tuesday 24", "Dienstag, 24."]
        );
        assert_eq!(
            in_all_languages(|when| when.date_without_weekday(tuesday)),
            ["24 novembre 2026", "24 november 2026", "24 November 2026", "24. November 2026"]
        );
        assert_eq!(
            in_all_languages(|when| when.short_date(tuesday)),
            ["24/11/2026", "24/11/2026", "24 Nov 2026", "24.11.2026"]
        );
        assert_eq!(
            in_all_languages(|when| when.month(tuesday)),
            ["novembre 2026", "november 2026", "November 2026", "November 2026"]
        );
    }

    #[test]
    fn the_first_of_a_month_is_an_ordinal_in_french() {
        let first = "2026-03-01".parse().unwrap();
        assert_eq!(
            in_all_languages(|when| when.date(first)),
            [
                "dimanche 1er mars 2026",
                "zondag 1 maart 2026",
                "Sunday 1 March 2026",
                "Sonntag, 1. März 2026",
            ]
        );
        assert_eq!(in_all_languages(|when| when.short_date(first))[0], "01/03/2026");
    }

    #[test]
    fn a_time_is_that_of_the_wall_with_the_offset_only_where_it_is_needed() {
        let summer = at("2026-07-01T07:05:07.900Z");
        assert_eq!(in_all_languages(|when| when.time(summer)), ["09:05:07"; 4]);
        assert_eq!(in_all_languages(|when| when.minute(summer)), ["09:05"; 4]);
        let before = at("2026-10-25T00:30:00Z");
        let after = at("2026-10-25T01:30:00Z");
        assert_eq!(in_all_languages(|when| when.minute(before))[0], "02:30 (UTC+2)");
        assert_eq!(in_all_languages(|when| when.minute(after))[0], "02:30 (UTC+1)");
        let azores = DateFormatter::new(Language::English, "Atlantic/Azores".parse().unwrap());
        assert_eq!(azores.minute(at("2026-10-25T00:30:00Z")), "00:30 (UTC)");
        assert_eq!(azores.minute(at("2026-10-25T01:30:00Z")), "00:30 (UTC−1)");
    }

    #[test]
    fn the_first_of_two_dates_leaves_out_what_the_last_says() {
        for (last, texts) in [
            ("2026-10-22", ["1er", "1", "1", "1."]),
            ("2026-11-01", ["1er octobre", "1 oktober", "1 October", "1. Oktober"]),
            (
                "2027-10-22",
                ["1er octobre 2026", "1 oktober 2026", "1 October 2026", "1. Oktober 2026"],
            ),
        ] {
            let first = "2026-10-01".parse().unwrap();
            assert_eq!(
                in_all_languages(|when| when.first_of_two(first, last.parse().unwrap())),
                texts
            );
        }
    }

    #[test]
    fn date_and_time_stand_together() {
        let winter = at("2026-11-24T08:05:07Z");
        assert_eq!(
            in_all_languages(|when| when.date_time(winter)),
            [
                "mardi 24 novembre 2026 à 09:05:07",
                "dinsdag 24 november 2026 om 09:05:07",
                "Tuesday 24 November 2026 at 09:05:07",
                "Dienstag, 24. November 2026 um 09:05:07",
            ]
        );
        assert_eq!(in_all_languages(|when| when.short_date_time(winter))[0], "24/11/2026 09:05");
    }

    #[test]
    fn a_duration_is_told_in_its_two_largest_units() {
        for (seconds, texts) in [
            (0, ["0 s", "0 s", "0 s", "0 Sek."]),
            (59, ["59 s", "59 s", "59 s", "59 Sek."]),
            (60, ["1 min", "1 min", "1 min", "1 Min."]),
            (61, ["1 min 1 s", "1 min 1 s", "1 min 1 s", "1 Min. 1 Sek."]),
            (11_520, ["3 h 12 min", "3 uur 12 min", "3 h 12 min", "3 Std. 12 Min."]),
            (3_601, ["1 h", "1 uur", "1 h", "1 Std."]),
            (90_000, ["1 jour 1 h", "1 dag 1 uur", "1 day 1 h", "1 Tag 1 Std."]),
            (266_400, ["3 jours 2 h", "3 dagen 2 uur", "3 days 2 h", "3 Tage 2 Std."]),
        ] {
            assert_eq!(in_all_languages(|when| when.duration(Duration::from_secs(seconds))), texts);
        }
    }
}
