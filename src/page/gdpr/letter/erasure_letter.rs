use chrono::NaiveDate;

use super::letter_content::{LetterBlock, LetterContent, given, texts};
use super::letter_details::LetterDetails;
use crate::gdpr::letter_wrap::unbroken_date;
use crate::messages::letter;
use crate::messages::letter::erasure as msg;
use temoin_core::session::SessionId;
use temoin_core::text::Language;

/// A session whose erasure is overdue.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OverdueErasure {
    /// The session.
    pub session: SessionId,
    /// The day by which its data were to be erased.
    pub erase_by: NaiveDate,
    /// The day on which the operator last stated that it holds them, where it did.
    pub held_on: Option<NaiveDate>,
}

/// A reminder of overdue erasures. It names sessions by ID and date and holds nothing else of them.
pub(super) fn content(
    overdue: &[OverdueErasure],
    basis: &str,
    language: Language,
    details: &LetterDetails,
) -> LetterContent {
    let sessions = overdue.iter().map(|overdue| {
        let due = unbroken_date(overdue.erase_by, language);
        let fact = match overdue.held_on {
            Some(held) => {
                let held = unbroken_date(held, language);
                msg::DUE_AND_HELD.fill(language, &[("due", &due), ("held", &held)])
            }
            None => msg::DUE.fill(language, &[("due", &due)]),
        };
        (overdue.session.to_string(), fact)
    });
    let basis = given(Some(basis), &msg::WHICH_BASIS, language);
    LetterContent {
        to: details.operator.block(),
        to_operator: true,
        subject: msg::SUBJECT.text(language).to_owned(),
        blocks: vec![
            LetterBlock::paragraph(&msg::OVERDUE, language),
            LetterBlock::Sessions(sessions.collect()),
            LetterBlock::Paragraph(msg::BASIS.fill(language, &[("basis", &basis)])),
            LetterBlock::paragraph(&msg::PLEASE, language),
            LetterBlock::paragraph(&msg::REASON, language),
            LetterBlock::paragraph(&msg::ONLY_IDS, language),
        ],
        enclosures: Vec::new(),
        notes: texts(
            [&letter::YOU_SEND_IT, &msg::NAME_AND_IDS, &msg::LONGER, &letter::NOT_ADVICE],
            language,
        ),
    }
}
