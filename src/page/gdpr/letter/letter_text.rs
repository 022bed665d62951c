use super::letter_content::LetterBlock;
use crate::gdpr::letter_wrap::{WIDTH, wrap};
use crate::messages::letter as msg;
use temoin_core::text::Language;

/// A letter, ready to be shown as text or as a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Letter {
    pub(super) language: Language,
    pub(super) from: Vec<String>,
    pub(super) to: Vec<String>,
    pub(super) dated: String,
    pub(super) subject: String,
    pub(super) salutation: &'static str,
    pub(super) blocks: Vec<LetterBlock>,
    pub(super) closing: &'static str,
    pub(super) signature: [String; 2],
    pub(super) enclosures: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Letter {
    /// What the letter is about, such as for the subject of an e-mail.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What the member should know before sending it. Not a part of the letter; it stands below the
    /// letter in [`Self::to_text`], and beside it, unprinted, in [`Self::to_html`].
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The letter as text, 80 columns wide.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for lines in [&self.from, &self.to, &vec![self.dated.clone()]] {
            for line in lines {
                wrap(line, "", "", &mut text);
            }
            text.push('\n');
        }
        let subject = msg::SUBJECT.fill(self.language, &[("subject", &self.subject)]);
        wrap(&subject, "", "", &mut text);
        text.push('\n');
        wrap(self.salutation, "", "", &mut text);
        for block in &self.blocks {
            text.push('\n');
            match block {
                LetterBlock::Items(items) => {
                    items.iter().for_each(|item| wrap(item, "- ", "  ", &mut text));
                }
                LetterBlock::Paragraph(paragraph) => wrap(paragraph, "", "", &mut text),
                LetterBlock::Sessions(sessions) => {
                    for (id, fact) in sessions {
                        wrap(id, "- ", "  ", &mut text);
                        wrap(fact, "  ", "  ", &mut text);
                    }
                }
            }
        }
        text.push('\n');
        wrap(self.closing, "", "", &mut text);
        text.push('\n');
        for line in &self.signature {
            wrap(line, "", "", &mut text);
        }
        if !self.enclosures.is_empty() {
            text.push('\n');
            wrap(msg::ENCLOSURES.text(self.language), "", "", &mut text);
            for (number, enclosure) in (1..).zip(&self.enclosures) {
                wrap(enclosure, &format!("{number}. "), "   ", &mut text);
            }
        }
        if !self.notes.is_empty() {
            text.push('\n');
            text.push_str(&"-".repeat(WIDTH));
            text.push('\n');
            wrap(msg::BEFORE_SENDING.text(self.language), "", "", &mut text);
            for note in &self.notes {
                wrap(note, "* ", "  ", &mut text);
            }
        }
        text
    }
}
