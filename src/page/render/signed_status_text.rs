use super::words;
use crate::messages::assessment::signed_status as msg;
use chrono::NaiveDate;
use temoin_core::assessment::RegistrationState;
use temoin_core::assessment::{NotHeldReason, SignedState, SignedStatus};
use temoin_core::text::DateFormatter;

/// What the operator has signed says of the session as a whole, as the beginning or all of a sentence.
pub fn signed_status_text(status: &SignedStatus, when: DateFormatter) -> String {
    let language = when.language;
    let at = |at| when.date_without_weekday(when.zone.date(at));
    let statement = match status {
        SignedStatus::SyncOff => return msg::SYNC_OFF.text(language).to_owned(),
        SignedStatus::NoneYet(RegistrationState::Bound { at: bound }) => {
            return msg::REGISTERED.fill(language, &[("date", &at(*bound))]);
        }
        SignedStatus::NoneYet(RegistrationState::Missed) => {
            return msg::MISSED.text(language).to_owned();
        }
        SignedStatus::NoneYet(RegistrationState::Pending) => {
            return msg::PENDING.text(language).to_owned();
        }
        SignedStatus::NoneYet(RegistrationState::Refused { at: refused }) => {
            return msg::REFUSED.fill(language, &[("date", &at(*refused))]);
        }
        SignedStatus::NoneYet(RegistrationState::Rejected { at: rejected, status }) => {
            let values = [("date", &*at(*rejected)), ("status", &status.to_string())];
            return msg::REJECTED.fill(language, &values);
        }
        SignedStatus::Stated(statement) => statement,
    };
    let (message, day) = match &statement.state {
        SignedState::Held { erase_by: Some(day), is_overdue: false, .. } => {
            (&msg::HELD, Some(*day))
        }
        SignedState::Held { erase_by: Some(day), is_overdue: true, .. } => {
            (&msg::OVERDUE, Some(*day))
        }
        SignedState::Held { erase_by: None, .. } => (&msg::HELD_UNDETERMINED, None),
        SignedState::NotHeld(NotHeldReason::Contradicted) => (&msg::CONTRADICTED, None),
        SignedState::NotHeld(NotHeldReason::Early(Some(day))) => (&msg::GONE_EARLY, Some(*day)),
        SignedState::NotHeld(NotHeldReason::Early(None)) => (&msg::GONE_UNDETERMINED, None),
        SignedState::NotHeld(NotHeldReason::Erased(day)) => (&msg::ERASED, *day),
        SignedState::NotHeld(NotHeldReason::NotRegistered) => (&msg::NOT_REGISTERED, None),
    };
    let date = |day: Option<NaiveDate>| day.map(|day| when.date_without_weekday(day));
    let values = [("date", &*at(statement.stated_at)), ("day", &*date(day).unwrap_or_default())];
    let mut text = message.fill(language, &values);
    for earlier in &statement.contradictions {
        let (message, day, fields) = match &earlier.held {
            Some((fields, Some(day))) => (&msg::EARLIER_HELD, Some(*day), fields.as_slice()),
            Some((fields, None)) => (&msg::EARLIER_UNDETERMINED, None, fields.as_slice()),
            None => (&msg::EARLIER_NOT_HELD, None, [].as_slice()),
        };
        let values = [
            ("date", &*at(earlier.stated_at)),
            ("day", &*date(day).unwrap_or_default()),
            ("fields", &*words::fields(fields, language)),
        ];
        text.push_str(&message.fill(language, &values));
    }
    text
}

#[cfg(test)]
mod tests {
    use temoin_core::assessment::{
        EarlierStatement, NotHeldReason, RegistrationState, SignedState, SignedStatement,
        SignedStatus,
    };
    use temoin_core::session::{Field, Zone};
    use temoin_core::text::{DateFormatter, Language};

    use super::signed_status_text;

    #[test]
    fn every_statement_is_said_whole_in_every_language() {
        let bound = "2026-11-20T10:00:00Z".parse().unwrap();
        let when = |language| DateFormatter::new(language, Zone::UTC);
        let day = "2027-11-21".parse().ok();
        let held =
            |erase_by, is_overdue| SignedState::Held { erase_by, is_overdue, fields: vec![] };
        let stated = |state| {
            SignedStatus::Stated(SignedStatement {
                stated_at: "2026-11-20T18:00:00Z".parse().unwrap(),
                state,
                contradictions: Vec::new(),
            })
        };
        let all = [
            SignedStatus::SyncOff,
            SignedStatus::NoneYet(RegistrationState::Bound { at: bound }),
            SignedStatus::NoneYet(RegistrationState::Missed),
            SignedStatus::NoneYet(RegistrationState::Pending),
            SignedStatus::NoneYet(RegistrationState::Refused { at: bound }),
            SignedStatus::NoneYet(RegistrationState::Rejected { at: bound, status: 418 }),
            stated(held(day, false)),
            stated(held(day, true)),
            stated(held(None, false)),
            stated(SignedState::NotHeld(NotHeldReason::Contradicted)),
            stated(SignedState::NotHeld(NotHeldReason::Early(day))),
            stated(SignedState::NotHeld(NotHeldReason::Early(None))),
            stated(SignedState::NotHeld(NotHeldReason::Erased(day))),
            stated(SignedState::NotHeld(NotHeldReason::NotRegistered)),
        ];
        for language in Language::ALL {
            let texts: Vec<String> =
                all.iter().map(|it| signed_status_text(it, when(language))).collect();
            for (place, text) in texts.iter().enumerate() {
                assert!(!text.contains(['{', '}']), "{text}");
                assert!(!texts[..place].contains(text), "said of two things: {text}");
                let dated = text.contains("2026");
                assert_eq!(dated, ![0, 2, 3].contains(&place), "{text}");
                assert_eq!(text.contains("2027"), [6, 7, 10, 12].contains(&place), "{text}");
            }
            assert!(texts[5].contains("418"), "{}", texts[5]);
        }
    }

    #[test]
    fn what_was_stated_otherwise_before_is_said_with_its_day() {
        let earlier =
            |held| EarlierStatement { stated_at: "2026-10-01T18:00:00Z".parse().unwrap(), held };
        let fields = vec![Field::OriginAddress];
        let status = SignedStatus::Stated(SignedStatement {
            stated_at: "2026-11-20T18:00:00Z".parse().unwrap(),
            state: SignedState::Held {
                erase_by: "2035-01-01".parse().ok(),
                is_overdue: false,
                fields: vec![],
            },
            contradictions: vec![
                earlier(Some((fields.clone(), "2027-11-21".parse().ok()))),
                earlier(Some((fields, None))),
                earlier(None),
            ],
        });
        for language in Language::ALL {
            let text = signed_status_text(&status, DateFormatter::new(language, Zone::UTC));
            let places = ["2035", "2027"].map(|year| text.find(year).unwrap());
            assert!(places[0] < places[1] && !text.contains(['{', '}']), "{text}");
            assert_eq!(text.matches("2026").count(), 4, "{text}");
        }
    }
}
