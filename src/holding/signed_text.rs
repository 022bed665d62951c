use super::{Absence, Signed, SignedState};
use crate::i18n::When;
use crate::journal::Registration;
use crate::messages::assessment::signed_text as msg;

impl Signed {
    /// What it says of the session as a whole, as the beginning or all of a sentence.
    pub fn to_text(&self, when: When) -> String {
        let language = when.language;
        let at = |at| when.date_without_weekday(when.zone.date(at));
        let statement = match self {
            Self::SyncOff => return msg::SYNC_OFF.text(language).to_owned(),
            Self::NoneYet(Registration::Bound { at: bound }) => {
                return msg::REGISTERED.fill(language, &[("date", &at(*bound))]);
            }
            Self::NoneYet(Registration::Missed) => return msg::MISSED.text(language).to_owned(),
            Self::NoneYet(Registration::Pending) => return msg::PENDING.text(language).to_owned(),
            Self::NoneYet(Registration::Refused { at: refused }) => {
                return msg::REFUSED.fill(language, &[("date", &at(*refused))]);
            }
            Self::NoneYet(Registration::Rejected { at: rejected, status }) => {
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
            SignedState::NotHeld(Absence::Contradicted) => (&msg::CONTRADICTED, None),
            SignedState::NotHeld(Absence::Early(Some(day))) => (&msg::GONE_EARLY, Some(*day)),
            SignedState::NotHeld(Absence::Early(None)) => (&msg::GONE_UNDETERMINED, None),
            SignedState::NotHeld(Absence::Erased(day)) => (&msg::ERASED, *day),
            SignedState::NotHeld(Absence::NotRegistered) => (&msg::NOT_REGISTERED, None),
        };
        let day = day.map(|day| when.date_without_weekday(day)).unwrap_or_default();
        message.fill(language, &[("date", &at(statement.stated_at)), ("day", &day)])
    }
}
