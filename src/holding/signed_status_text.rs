use super::{NotHeldReason, SignedState, SignedStatus};
use crate::i18n::DateFormatter;
use crate::journal::RegistrationState;
use crate::messages::assessment::signed_status as msg;

impl SignedStatus {
    /// What it says of the session as a whole, as the beginning or all of a sentence.
    pub fn to_text(&self, when: DateFormatter) -> String {
        let language = when.language;
        let at = |at| when.date_without_weekday(when.zone.date(at));
        let statement = match self {
            Self::SyncOff => return msg::SYNC_OFF.text(language).to_owned(),
            Self::NoneYet(RegistrationState::Bound { at: bound }) => {
                return msg::REGISTERED.fill(language, &[("date", &at(*bound))]);
            }
            Self::NoneYet(RegistrationState::Missed) => {
                return msg::MISSED.text(language).to_owned();
            }
            Self::NoneYet(RegistrationState::Pending) => {
                return msg::PENDING.text(language).to_owned();
            }
            Self::NoneYet(RegistrationState::Refused { at: refused }) => {
                return msg::REFUSED.fill(language, &[("date", &at(*refused))]);
            }
            Self::NoneYet(RegistrationState::Rejected { at: rejected, status }) => {
                let values = [("date", &*at(*rejected)), ("status", &status.to_string())];
                return msg::REJECTED.fill(language, &values);
            }
            Self::Stated(statement) => statement,
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
}
