use chrono::NaiveDate;

use crate::gdpr::letter_wrap::unbroken_date;
use temoin_core::text::{Language, Message, plain};

/// What one kind of letter says.
pub(super) struct LetterContent {
    pub(super) to: Vec<String>,
    pub(super) to_operator: bool,
    pub(super) subject: String,
    pub(super) blocks: Vec<LetterBlock>,
    pub(super) enclosures: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// A part of a letter's body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum LetterBlock {
    Items(Vec<String>),
    Paragraph(String),
    /// Session IDs, and what is said of each.
    Sessions(Vec<(String, String)>),
}

impl LetterBlock {
    pub(super) fn paragraph(message: &Message, language: Language) -> Self {
        Self::Paragraph(message.text(language).to_owned())
    }
}

pub(super) fn texts<const N: usize>(messages: [&Message; N], language: Language) -> Vec<String> {
    messages.map(|message| message.text(language).to_owned()).into()
}

/// What was given, or the placeholder.
pub(super) fn given(value: Option<&str>, placeholder: &Message, language: Language) -> String {
    value
        .map(plain)
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| placeholder.text(language).to_owned())
}

/// The date that was given, or the placeholder.
pub(super) fn day(value: Option<NaiveDate>, placeholder: &Message, language: Language) -> String {
    value.map_or_else(
        || placeholder.text(language).to_owned(),
        |value| unbroken_date(value, language),
    )
}
