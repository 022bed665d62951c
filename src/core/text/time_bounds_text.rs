use chrono::NaiveDate;

use super::{DateFormatter, Message};
use crate::messages::time as msg;
use crate::session::{TimeBounds, Timestamp};

/// Formats uncertain times with their bounds.
impl DateFormatter {
    /// A time in words, with exactly what is known of it.
    pub fn moment(&self, moment: &TimeBounds) -> String {
        let known = match (moment.earliest, moment.latest) {
            (Some(earliest), Some(latest)) if earliest == latest => Some(self.date_time(latest)),
            (Some(earliest), Some(latest)) => Some(self.between(earliest, latest)),
            (Some(earliest), None) => Some(self.around(&msg::AFTER, earliest)),
            (None, Some(latest)) => Some(self.around(&msg::BEFORE, latest)),
            (None, None) => None,
        };
        let claimed = moment
            .claimed
            .filter(|_| moment.instant().is_none())
            .map(|claimed| self.around(&msg::CLAIMED, claimed));
        match (known, claimed) {
            (Some(known), Some(claimed)) => format!("{known} ({claimed})"),
            (Some(known), None) => known,
            (None, Some(claimed)) => claimed,
            (None, None) => msg::UNKNOWN.text(self.language).to_owned(),
        }
    }

    /// A time in short form, for tables: to the minute, with the date only where it is not `day`.
    pub fn brief(&self, moment: &TimeBounds, day: Option<NaiveDate>) -> String {
        let write = |at: Timestamp| {
            if Some(self.zone.date(at)) == day { self.minute(at) } else { self.short_date_time(at) }
        };
        match (moment.earliest, moment.latest, moment.claimed) {
            (Some(earliest), Some(latest), _) => {
                let (earliest_text, latest_text) = (write(earliest), write(latest));
                if earliest == latest || earliest_text == latest_text {
                    return latest_text;
                }
                let values = [("earliest", earliest_text), ("latest", latest_text)];
                self.fill(&msg::BRIEF_BETWEEN, &values)
            }
            (Some(earliest), None, _) => self.fill(&msg::BRIEF_AFTER, &[("at", write(earliest))]),
            (None, Some(latest), _) => self.fill(&msg::BRIEF_BEFORE, &[("at", write(latest))]),
            (None, None, Some(claimed)) => {
                self.fill(&msg::BRIEF_CLAIMED, &[("at", write(claimed))])
            }
            (None, None, None) => msg::UNKNOWN.text(self.language).to_owned(),
        }
    }

    fn between(&self, earliest: Timestamp, latest: Timestamp) -> String {
        let date = self.zone.date(earliest);
        if date == self.zone.date(latest) {
            let values = [
                ("date", self.date(date)),
                ("earliest", self.time(earliest)),
                ("latest", self.time(latest)),
            ];
            return self.fill(&msg::BETWEEN_TIMES, &values);
        }
        let values = [("earliest", self.date_time(earliest)), ("latest", self.date_time(latest))];
        self.fill(&msg::BETWEEN, &values)
    }

    fn around(&self, message: &Message, at: Timestamp) -> String {
        self.fill(message, &[("at", self.date_time(at))])
    }

    fn fill(&self, message: &Message, values: &[(&str, String)]) -> String {
        let values: Vec<(&str, &str)> =
            values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        message.fill(self.language, &values)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::super::Language;
    use super::{DateFormatter, TimeBounds, Timestamp};

    /// What `write` makes in French, Dutch, English and German, in Brussels.
    fn in_all_languages(write: impl Fn(DateFormatter) -> String) -> [String; 4] {
        let brussels = "Europe/Brussels".parse().unwrap();
        Language::OFFERED.map(|language| write(DateFormatter::new(language, brussels)))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_moment_says_what_is_known_and_no_more() {
        let early = at("2026-11-24T08:05:07Z");
        let late = at("2026-11-24T08:06:00Z");
        let next_day = at("2026-11-25T08:06:00Z");
        for (moment, texts) in [
            (
                TimeBounds::exact(early),
                [
                    "mardi 24 novembre 2026 à 09:05:07",
                    "dinsdag 24 november 2026 om 09:05:07",
                    "Tuesday 24 November 2026 at 09:05:07",
                    "Dienstag, 24. November 2026 um 09:05:07",
                ],
            ),
            (
                TimeBounds::between(Some(early), Some(late)),
                [
                    "mardi 24 novembre 2026 entre 09:05:07 et 09:06:00",
                    "dinsdag 24 november 2026 tussen 09:05:07 en 09:06:00",
                    "Tuesday 24 November 2026 between 09:05:07 and 09:06:00",
                    "Dienstag, 24. November 2026 zwischen 09:05:07 und 09:06:00",
                ],
            ),
            (
                TimeBounds::between(Some(early), Some(next_day)),
                [
                    "entre mardi 24 novembre 2026 à 09:05:07 et mercredi 25 novembre 2026 \
                     à 09:06:00",
                    "tussen dinsdag 24 november 2026 om 09:05:07 en woensdag 25 november 2026 om \
                     09:06:00",
                    "between Tuesday 24 November 2026 at 09:05:07 and Wednesday 25 November 2026 \
                     at 09:06:00",
                    "zwischen Dienstag, 24. November 2026 um 09:05:07 und Mittwoch, 25. November \
                     2026 um 09:06:00",
                ],
            ),
            (
                TimeBounds::between(Some(early), None),
                [
                    "au plus tôt le mardi 24 novembre 2026 à 09:05:07",
                    "op zijn vroegst dinsdag 24 november 2026 om 09:05:07",
                    "not before Tuesday 24 November 2026 at 09:05:07",
                    "frühestens Dienstag, 24. November 2026 um 09:05:07",
                ],
            ),
            (
                TimeBounds::between(None, Some(late)),
                [
                    "au plus tard le mardi 24 novembre 2026 à 09:06:00",
                    "uiterlijk dinsdag 24 november 2026 om 09:06:00",
                    "no later than Tuesday 24 November 2026 at 09:06:00",
                    "spätestens Dienstag, 24. November 2026 um 09:06:00",
                ],
            ),
            (
                TimeBounds::claimed(early),
                [
                    "l’horloge de la Brique, non confirmée, indiquait mardi 24 novembre 2026 à \
                     09:05:07",
                    "de klok van de box, niet bevestigd, gaf dinsdag 24 november 2026 om 09:05:07 \
                     aan",
                    "the box’s own clock said Tuesday 24 November 2026 at 09:05:07, unconfirmed",
                    "die Uhr der Box zeigte, unbestätigt, Dienstag, 24. November 2026 um 09:05:07",
                ],
            ),
            (
                TimeBounds::claimed(early).within(None, Some(late)),
                [
                    "au plus tard le mardi 24 novembre 2026 à 09:06:00 (l’horloge de la Brique, \
                     non confirmée, indiquait mardi 24 novembre 2026 à 09:05:07)",
                    "uiterlijk dinsdag 24 november 2026 om 09:06:00 (de klok van de box, niet \
                     bevestigd, gaf dinsdag 24 november 2026 om 09:05:07 aan)",
                    "no later than Tuesday 24 November 2026 at 09:06:00 (the box’s own clock said \
                     Tuesday 24 November 2026 at 09:05:07, unconfirmed)",
                    "spätestens Dienstag, 24. November 2026 um 09:06:00 (die Uhr der Box zeigte, \
                     unbestätigt, Dienstag, 24. November 2026 um 09:05:07)",
                ],
            ),
            (TimeBounds::between(None, None), ["inconnu", "onbekend", "unknown", "unbekannt"]),
        ] {
            assert_eq!(in_all_languages(|when| when.moment(&moment)), texts);
        }
    }

    #[test]
    fn a_brief_moment_leaves_out_the_day_that_is_known_and_nothing_else() {
        let early = at("2026-11-24T08:05:07Z");
        let late = at("2026-11-24T08:06:00Z");
        let day = Some("2026-11-24".parse().unwrap());
        let brief = |moment: TimeBounds, day| in_all_languages(|when| when.brief(&moment, day));
        assert_eq!(brief(TimeBounds::exact(early), day), ["09:05"; 4]);
        assert_eq!(
            brief(TimeBounds::exact(early), None),
            ["24/11/2026 09:05", "24/11/2026 09:05", "24 Nov 2026 09:05", "24.11.2026 09:05"]
        );
        assert_eq!(
            brief(TimeBounds::between(Some(early), Some(late)), day),
            [
                "entre 09:05 et 09:06",
                "tussen 09:05 en 09:06",
                "between 09:05 and 09:06",
                "zwischen 09:05 und 09:06",
            ]
        );
        let within_a_minute = TimeBounds::between(Some(early), Some(early.shifted(1_000)));
        assert_eq!(brief(within_a_minute, day), ["09:05"; 4]);
        assert_eq!(
            brief(TimeBounds::between(None, Some(late)), day),
            ["avant 09:06", "vóór 09:06", "before 09:06", "vor 09:06"]
        );
        assert_eq!(
            brief(TimeBounds::claimed(early), day),
            [
                "09:05, non confirmé",
                "09:05, niet bevestigd",
                "09:05, unconfirmed",
                "09:05, unbestätigt",
            ]
        );
    }

    proptest! {
        #[test]
        fn every_moment_can_be_told(
            earliest in any::<Option<i64>>(),
            latest in any::<Option<i64>>(),
            claimed in any::<Option<i64>>(),
        ) {
            let instant = |milliseconds| Timestamp::EPOCH.shifted(milliseconds);
            let moment = TimeBounds {
                earliest: earliest.map(instant),
                latest: latest.map(instant),
                claimed: claimed.map(instant),
            };
            for text in in_all_languages(|when| when.moment(&moment)) {
                let is_filled = !text.is_empty() && !text.contains(['{', '}']);
                prop_assert!(is_filled, "{}", text);
            }
        }
    }
}
