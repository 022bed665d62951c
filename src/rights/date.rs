use chrono::{Datelike, NaiveDate};

use crate::i18n::Language;

/// A day as it is written out in a letter, with spaces at which no line breaks.
pub(super) fn written_date(day: NaiveDate, language: Language) -> String {
    let months = match language {
        Language::French => &FRENCH,
        Language::Dutch => &DUTCH,
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    };
    let month = usize::try_from(day.month0()).ok().and_then(|month| months.get(month));
    let ordinal = match (language, day.day()) {
        (Language::French, 1) => "er",
        (Language::German, _) => ".",
        _ => "",
    };
    format!("{}{ordinal}\u{a0}{}\u{a0}{}", day.day(), month.unwrap_or(&""), day.year())
}

const FRENCH: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

const DUTCH: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

#[cfg(test)]
mod tests {
    use super::{Language, written_date};

    #[test]
    fn a_day_is_written_as_its_language_does() {
        let written = |day: &str| {
            Language::ALL
                .map(|language| written_date(day.parse().unwrap(), language).replace('\u{a0}', " "))
        };
        assert_eq!(
            written("2026-03-01"),
            ["1er mars 2026", "1 maart 2026", "1 March 2026", "1. März 2026"]
        );
        assert_eq!(
            written("2026-12-28"),
            ["28 décembre 2026", "28 december 2026", "28 December 2026", "28. Dezember 2026"]
        );
    }
}
