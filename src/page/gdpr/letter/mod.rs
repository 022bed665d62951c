mod access_letter;
mod complaint_letter;
mod erasure_letter;
mod letter_content;
mod letter_details;
mod letter_html;
mod letter_kind;
mod letter_text;

pub use complaint_letter::ComplaintReason;
pub use erasure_letter::OverdueErasure;
pub use letter_details::{Addressee, LetterDetails, Sender};
pub use letter_html::LETTER_STYLE;
pub use letter_kind::LetterKind;
pub use letter_text::Letter;

use letter_content::{day, given};

use crate::messages::letter as msg;
use temoin_core::text::{Language, plain};

/// The letter of this kind, ready to be read, completed, signed and sent by the member. temoin
/// sends nothing.
pub fn letter(kind: &LetterKind, language: Language, details: &LetterDetails) -> Letter {
    let content = match kind {
        LetterKind::Access { period, fields } => {
            access_letter::content(*period, fields, language, details)
        }
        LetterKind::Complaint { grievance, exercised_on } => {
            complaint_letter::content(*grievance, *exercised_on, language, details)
        }
        LetterKind::Erasure { overdue, basis } => {
            erasure_letter::content(overdue, basis, language, details)
        }
    };
    let sender = &details.sender;
    let name = given(sender.name.as_deref(), &msg::YOUR_NAME, language);
    let mut from = vec![name.clone()];
    if sender.lines.is_empty() {
        from.push(msg::YOUR_ADDRESS.text(language).to_owned());
    }
    from.extend(sender.lines.iter().map(|line| plain(line)));
    if content.to_operator {
        from.push(given(sender.reference.as_deref(), &msg::YOUR_REFERENCE, language));
    }
    Letter {
        language,
        from,
        to: content.to,
        dated: msg::DATELINE.fill(language, &[("date", &day(details.dated, &msg::DATE, language))]),
        subject: content.subject,
        salutation: msg::SALUTATION.text(language),
        blocks: content.blocks,
        closing: msg::CLOSING.text(language),
        signature: [msg::SIGNATURE.text(language).to_owned(), name],
        enclosures: content.enclosures,
        notes: content.notes,
    }
}
