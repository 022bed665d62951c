use crate::messages::assessment::signed_status as msg;
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
    let day = day.map(|day| when.date_without_weekday(day)).unwrap_or_default();
    message.fill(language, &[("date", &at(statement.stated_at)), ("day", &day)])
}

#[cfg(test)]
mod tests {
    use temoin_core::assessment::{
        NotHeldReason, RegistrationState, SignedState, SignedStatement, SignedStatus,
    };
    use temoin_core::session::Zone;
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
}
