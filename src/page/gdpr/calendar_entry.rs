use super::Deadline;
use super::letter_wrap::unbroken_date;
use crate::messages::letter::reminder as msg;
use temoin_core::session::Timestamp;
use temoin_core::text::Language;

/// A calendar entry: the last day for the operator's answer, with an alarm a week before. It
/// contains the operator's name and nothing about the member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CalendarEntry<'a> {
    /// The operator's name.
    pub operator: &'a str,
    /// What was asked for.
    pub demand: GdprRequest,
    /// The term.
    pub deadline: Deadline,
    /// 16 random bytes, which make the entry's UID.
    pub random: [u8; 16],
    /// When the entry was made.
    pub made: Timestamp,
}

/// What the operator has a month to answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GdprRequest {
    /// Access (GDPR, article 15).
    Access,
    /// Erasure (GDPR, article 17).
    Erasure,
}

impl CalendarEntry<'_> {
    /// The entry as a calendar file (RFC 5545).
    pub fn to_ics(&self, language: Language) -> String {
        let values = [
            ("operator", self.operator),
            ("received", &unbroken_date(self.deadline.received_on, language)),
            ("last", &unbroken_date(self.deadline.last_day, language)),
        ];
        let summary = match self.demand {
            GdprRequest::Access => &msg::ACCESS,
            GdprRequest::Erasure => &msg::ERASURE,
        };
        let summary = escaped(&summary.fill(language, &values));
        let description = escaped(&msg::DESCRIPTION.fill(language, &values));
        let mut file = String::new();
        for line in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//temoin//temoin//EN",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            "BEGIN:VEVENT",
            &format!("UID:{}", uuid(self.random)),
            &format!("DTSTAMP:{}", self.made.to_utc().format("%Y%m%dT%H%M%SZ")),
            &format!("DTSTART;VALUE=DATE:{}", self.deadline.last_day.format("%Y%m%d")),
            &format!("SUMMARY;LANGUAGE={language}:{summary}"),
            &format!("msg::DESCRIPTION;LANGUAGE={language}:{description}"),
            "CLASS:PRIVATE",
            "TRANSP:TRANSPARENT",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "TRIGGER:-P1W",
            &format!("msg::DESCRIPTION;LANGUAGE={language}:{summary}"),
            "END:VALARM",
            "END:VEVENT",
            "END:VCALENDAR",
        ] {
            fold(line, &mut file);
        }
        file
    }
}

/// The random bytes as a UUID of version 4, as RFC 7986 section 5.3 wants a UID to be.
fn uuid(random: [u8; 16]) -> String {
    let number = u128::from_be_bytes(random);
    let version = (number & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let digits = format!("{version:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// `text` as a value of the type TEXT (RFC 5545 section 3.3.11); control characters, which it cannot
/// hold, become spaces.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Adds a line, folded so that none is longer than 75 octets (RFC 5545 section 3.1), no character
/// cut in two.
fn fold(line: &str, file: &mut String) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > 75 {
            file.push_str("\r\n ");
            length = 1;
        }
        file.push(c);
        length += c.len_utf8();
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{CalendarEntry, GdprRequest, escaped, fold, uuid};
    use crate::gdpr::one_month_deadline;
    use temoin_core::law::Jurisdiction;
    use temoin_core::text::Language;

    fn reminder(operator: &str) -> CalendarEntry<'_> {
        CalendarEntry {
            operator,
            demand: GdprRequest::Access,
            deadline: one_month_deadline("2026-11-25".parse().unwrap(), Jurisdiction::Belgium),
            random: [7; 16],
            made: "2026-11-24T09:00:00+01:00".parse().unwrap(),
        }
    }

    /// The file's lines, unfolded.
    fn lines(file: &str) -> Vec<String> {
        let unfolded = file.strip_suffix("\r\n").unwrap().replace("\r\n ", "");
        unfolded.split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_entry_says_all_that_a_calendar_needs() {
        let file = reminder("Neutrinet").to_ics(Language::English);
        assert_eq!(
            lines(&file),
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//temoin//temoin//EN",
                "CALSCALE:GREGORIAN",
                "METHOD:PUBLISH",
                "BEGIN:VEVENT",
                "UID:07070707-0707-4707-8707-070707070707",
                "DTSTAMP:20261124T080000Z",
                "DTSTART;VALUE=DATE:20261228",
                "SUMMARY;LANGUAGE=en:Answer due from Neutrinet (right of access)",
                "msg::DESCRIPTION;LANGUAGE=en:Request received by the operator on 25\u{a0}November\u{a0}2026. One \
                 month to answer: article 12(3) GDPR. The last day is 28\u{a0}December\u{a0}2026.",
                "CLASS:PRIVATE",
                "TRANSP:TRANSPARENT",
                "BEGIN:VALARM",
                "ACTION:DISPLAY",
                "TRIGGER:-P1W",
                "msg::DESCRIPTION;LANGUAGE=en:Answer due from Neutrinet (right of access)",
                "END:VALARM",
                "END:VEVENT",
                "END:VCALENDAR",
            ]
        );
    }

    #[test]
    fn an_entry_says_what_was_asked_for() {
        for language in Language::ALL {
            let asked = |demand| CalendarEntry { demand, ..reminder("Neutrinet") }.to_ics(language);
            assert_ne!(
                lines(&asked(GdprRequest::Access))[9],
                lines(&asked(GdprRequest::Erasure))[9]
            );
        }
    }

    #[test]
    fn every_line_ends_with_both_characters_and_is_short_enough() {
        for language in Language::ALL {
            let file = reminder(&"é".repeat(300)).to_ics(language);
            assert_eq!(file.matches('\n').count(), file.matches("\r\n").count());
            for line in file.split_terminator("\r\n") {
                assert!(line.len() <= 75, "{} octets: {line}", line.len());
            }
            assert!(lines(&file).iter().any(|line| line.contains(&"é".repeat(300))));
        }
    }

    #[test]
    fn signs_that_mean_something_to_a_calendar_are_escaped() {
        assert_eq!(escaped("a,b;c\\d\ne\r\u{7}"), "a\\,b\\;c\\\\d\\ne  ");
        let file = reminder("A\r\nATTACH:http://example.org").to_ics(Language::French);
        assert!(!lines(&file).iter().any(|line| line.starts_with("ATTACH")));
    }

    #[test]
    fn a_uid_is_a_random_uuid() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    proptest! {
        #[test]
        fn what_is_folded_unfolds_to_the_same(text in "[^\r\n]{0,400}") {
            let mut file = String::new();
            fold(&text, &mut file);
            assert!(file.split_terminator("\r\n").all(|line| line.len() <= 75));
            assert_eq!(lines(&file).concat(), text);
        }

        #[test]
        fn no_operator_name_breaks_the_file(operator in any::<String>()) {
            let file = reminder(&operator).to_ics(Language::Dutch);
            assert_eq!(lines(&file).len(), 20);
        }
    }
}
