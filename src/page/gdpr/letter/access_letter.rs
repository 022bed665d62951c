use chrono::NaiveDate;

use super::letter_content::{LetterBlock, LetterContent, texts};
use super::letter_details::LetterDetails;
use crate::gdpr::letter_wrap::unbroken_date;
use crate::messages::letter;
use crate::messages::letter::access as msg;
use crate::render::words;
use temoin_core::session::Field;
use temoin_core::text::Language;

/// A request for access, under article 15 of the GDPR.
pub(super) fn content(
    period: Option<(NaiveDate, NaiveDate)>,
    fields: &[Field],
    language: Language,
    details: &LetterDetails,
) -> LetterContent {
    let concerned = period.map_or_else(
        || msg::EVERYTHING.text(language).to_owned(),
        |(from, to)| {
            let (from, to) = (unbroken_date(from, language), unbroken_date(to, language));
            msg::PERIOD.fill(language, &[("from", &from), ("to", &to)])
        },
    );
    let mut blocks = vec![
        LetterBlock::paragraph(&msg::REQUEST, language),
        LetterBlock::Paragraph(concerned),
        LetterBlock::paragraph(&msg::SEND_ME, language),
        LetterBlock::Items(texts(
            [
                &msg::COPY,
                &msg::PURPOSES,
                &msg::CATEGORIES,
                &msg::RECIPIENTS,
                &msg::DURATION,
                &msg::SOURCE,
            ],
            language,
        )),
    ];
    if !fields.is_empty() {
        let fields = words::fields(fields, language);
        blocks.push(LetterBlock::Paragraph(
            msg::IN_PARTICULAR.fill(language, &[("fields", &fields)]),
        ));
    }
    blocks.push(LetterBlock::paragraph(&msg::TERM, language));
    blocks.push(LetterBlock::paragraph(&msg::THANKS, language));
    let mut notes = texts([&letter::YOU_SEND_IT, &msg::RECEIPT], language);
    if details.erased_here > 0 {
        notes.push(msg::ERASED_HERE.fill(language, details.erased_here, &[]));
    }
    notes.extend(texts([&msg::SECRECY, &letter::NOT_ADVICE], language));
    LetterContent {
        to: details.operator.block(),
        to_operator: true,
        subject: msg::SUBJECT.text(language).to_owned(),
        blocks,
        enclosures: Vec::new(),
        notes,
    }
}
