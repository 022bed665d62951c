use chrono::NaiveDate;

use crate::messages::letter as msg;
use temoin_core::law::{Jurisdiction, OperatorName, Profile};
use temoin_core::text::{Language, plain};

/// What every letter needs. What is `None` or empty becomes a placeholder in brackets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LetterDetails {
    /// The operator.
    pub operator: Addressee,
    /// The operator's country.
    pub jurisdiction: Jurisdiction,
    /// Who writes.
    pub sender: Sender,
    /// The date of the letter.
    pub dated: Option<NaiveDate>,
    /// How many sessions that were erased from the box the operator should still hold.
    pub erased_here: u64,
}

/// An operator, as one writes to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Addressee {
    /// Its name.
    pub name: String,
    /// Its postal address, a line each; may be empty.
    pub lines: Vec<String>,
    /// Its address for e-mail.
    pub email: Option<String>,
}

impl Addressee {
    /// The operator of a profile; a placeholder if it is not known.
    pub fn of(profile: Option<&Profile>, language: Language) -> Self {
        let Some(profile) = profile else {
            let name = msg::OPERATOR.text(language).to_owned();
            return Self { name, lines: Vec::new(), email: None };
        };
        let contact = profile.contact.as_ref();
        let name = match profile.operator_name() {
            OperatorName::Association(name) => name,
            OperatorName::Software(_) => msg::OPERATOR_SOFTWARE.text(language).to_owned(),
        };
        let postal = contact.and_then(|contact| contact.postal.as_deref());
        Self {
            name,
            lines: postal.map_or_else(Vec::new, |lines| lines.lines().map(str::to_owned).collect()),
            email: contact.and_then(|contact| contact.access_request.clone()),
        }
    }

    /// Name, postal address and e-mail, a line each.
    pub(super) fn block(&self) -> Vec<String> {
        let lines = [&self.name].into_iter().chain(&self.lines).chain(&self.email);
        lines.map(|line| plain(line)).filter(|line| !line.is_empty()).collect()
    }
}

/// The member who writes, as far as the member wants it filled in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sender {
    /// The name.
    pub name: Option<String>,
    /// The postal address, a line each; may be empty.
    pub lines: Vec<String>,
    /// What the operator knows the member by: a member number or the name of the certificate.
    pub reference: Option<String>,
}
