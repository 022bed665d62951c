use chrono::NaiveDate;

use super::letter_content::{LetterBlock, LetterContent, day, texts};
use super::letter_details::LetterDetails;
use crate::gdpr::Deadline;
use crate::messages::letter;
use crate::messages::letter::complaint as msg;
use temoin_core::law::Jurisdiction;
use temoin_core::text::{Language, plain};

/// What a complaint is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ComplaintReason {
    /// The answer to a request for access lacks something.
    IncompleteAnswer {
        /// When the operator answered.
        answered_on: Option<NaiveDate>,
    },
    /// The operator did not answer a request for access in time.
    NoAnswer {
        /// The term that has run out.
        deadline: Option<Deadline>,
    },
    /// Data that should be erased are still held, although the operator was reminded.
    NotErased {
        /// When the operator last stated that it holds them.
        stated_on: Option<NaiveDate>,
    },
}

/// A complaint to the supervisory authority of the operator's country.
pub(super) fn content(
    grievance: ComplaintReason,
    exercised_on: Option<NaiveDate>,
    language: Language,
    details: &LetterDetails,
) -> LetterContent {
    let operator = details.operator.block().join(", ");
    let exercised = day(exercised_on, &msg::DATE_OF_REQUEST, language);
    let (attributes, enclosures) = match grievance {
        ComplaintReason::IncompleteAnswer { answered_on } => {
            let answered = day(answered_on, &msg::DATE_OF_ANSWER, language);
            let attributes = [
                msg::ACCESS_ASKED.fill(language, &[("date", &exercised)]),
                msg::INCOMPLETE.fill(language, &[("date", &answered)]),
            ];
            (
                attributes,
                texts([&msg::COPY_OF_REQUEST, &msg::PROOF, &msg::COPY_OF_ANSWER], language),
            )
        }
        ComplaintReason::NoAnswer { deadline } => {
            let received = deadline.map(|deadline| deadline.received_on);
            let last = deadline.map(|deadline| deadline.last_day);
            let values = [
                ("received", day(received, &msg::DATE_OF_RECEIPT, language)),
                ("last", day(last, &msg::LAST_DAY, language)),
            ];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            let attributes = [
                msg::ACCESS_ASKED.fill(language, &[("date", &exercised)]),
                msg::UNANSWERED.fill(language, &values),
            ];
            (attributes, texts([&msg::COPY_OF_REQUEST, &msg::PROOF], language))
        }
        ComplaintReason::NotErased { stated_on } => {
            let stated = day(stated_on, &msg::DATE_OF_STATEMENT, language);
            let attributes = [
                msg::ERASURE_ASKED.fill(language, &[("date", &exercised)]),
                msg::STILL_HELD.fill(language, &[("date", &stated)]),
            ];
            (
                attributes,
                texts([&msg::COPY_OF_REMINDER, &msg::PROOF, &msg::COPY_OF_STATEMENT], language),
            )
        }
    };
    let mut attributes = attributes.to_vec();
    attributes.push(msg::OTHER_FACTS.text(language).to_owned());

    let (to, how) = match details.jurisdiction {
        Jurisdiction::Belgium => (msg::BELGIAN_AUTHORITY.as_slice(), &msg::BELGIAN_WAY),
        Jurisdiction::France => (msg::FRENCH_AUTHORITY.as_slice(), &msg::FRENCH_WAY),
    };
    let mut notes = texts([&letter::YOU_SEND_IT, how], language);
    if !IN_BELGIUM.contains(&language) && details.jurisdiction == Jurisdiction::Belgium {
        notes.push(msg::NOT_IN_ENGLISH.text(language).to_owned());
    }
    if matches!(grievance, ComplaintReason::NoAnswer { deadline: Some(_) }) {
        notes.push(msg::HOW_COUNTED.text(language).to_owned());
    }
    notes.push(letter::NOT_ADVICE.text(language).to_owned());
    LetterContent {
        to: to.iter().map(|line| line.text(language).to_owned()).collect(),
        to_operator: false,
        subject: msg::SUBJECT.fill(language, &[("operator", &plain(&details.operator.name))]),
        blocks: vec![
            LetterBlock::Paragraph(msg::COMPLAINT.fill(language, &[("operator", &operator)])),
            LetterBlock::paragraph(&msg::FACTS, language),
            LetterBlock::Items(attributes),
            LetterBlock::paragraph(&msg::PLEASE, language),
        ],
        enclosures,
        notes,
    }
}

/// The languages in which the Belgian authority takes complaints.
const IN_BELGIUM: [Language; 3] = [Language::Dutch, Language::French, Language::German];
