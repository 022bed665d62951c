mod access_letter;
mod complaint_letter;
mod erasure_letter;
mod letter_html;

use chrono::NaiveDate;

pub use complaint_letter::ComplaintReason;
pub use erasure_letter::OverdueErasure;
pub use letter_html::LETTER_STYLE;

use super::letter_wrap::{plain, unbroken_date, wrap};
use crate::messages::letter as msg;
use temoin_core::assessment::ApplicableRules;
use temoin_core::law::{Edition, Jurisdiction, Profile, Track};
use temoin_core::session::Field;
use temoin_core::text::{Language, Message};

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

/// Which letter, with what it alone needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LetterKind {
    /// To the operator: a request for access under article 15 of the GDPR.
    Access {
        /// The first and the last day that it concerns; all sessions when `None`.
        period: Option<(NaiveDate, NaiveDate)>,
        /// Fields of a session to ask for by name, besides everything held; may be empty.
        fields: Vec<Field>,
    },
    /// To the supervisory authority of [`LetterDetails::jurisdiction`]: a complaint about the operator.
    Complaint {
        /// What it is about.
        grievance: ComplaintReason,
        /// When the member first turned to the operator.
        exercised_on: Option<NaiveDate>,
    },
    /// To the operator: a reminder of erasures that are overdue.
    Erasure {
        /// The sessions.
        overdue: Vec<OverdueErasure>,
        /// Where the retention period is laid down, as the caller cites it, in the letter's
        /// language.
        basis: String,
    },
}

impl LetterKind {
    /// An access request that names the fields which the law lists `today`, or which the operator
    /// has said that it stores.
    pub fn access(
        period: Option<(NaiveDate, NaiveDate)>,
        applicable_rules: &ApplicableRules<'_>,
        today: NaiveDate,
    ) -> Self {
        let mut named = Vec::new();
        if let Some(jurisdiction) = applicable_rules.jurisdiction {
            let edition = applicable_rules.law.on(today, jurisdiction, Track::General);
            named.extend(edition.map_or_else(Vec::new, Edition::fields));
        }
        let statements = applicable_rules.profile.map(|profile| profile.statements.as_slice());
        let stores = statements.unwrap_or_default().iter().flat_map(|it| &it.stores);
        named.extend(stores.filter(|it| it.stored).map(|it| it.field));
        let fields = Field::ALL
            .into_iter()
            .filter(|field| *field != Field::Content && named.contains(field))
            .collect();
        Self::Access { period, fields }
    }

    /// A reminder of these erasures, each with its basis; what is named twice stands in it once.
    pub fn erasure(found: impl IntoIterator<Item = (OverdueErasure, String)>) -> Self {
        let mut overdue: Vec<OverdueErasure> = Vec::new();
        let mut bases: Vec<String> = Vec::new();
        for (own, basis) in found {
            if overdue.iter().all(|known| known.session != own.session) {
                overdue.push(own);
            }
            if !basis.is_empty() && !bases.contains(&basis) {
                bases.push(basis);
            }
        }
        Self::Erasure { overdue, basis: bases.join("; ") }
    }
}

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
        let postal = contact.and_then(|contact| contact.postal.as_deref());
        Self {
            name: profile.name.clone(),
            lines: postal.map_or_else(Vec::new, |lines| lines.lines().map(str::to_owned).collect()),
            email: contact.and_then(|contact| contact.access_request.clone()),
        }
    }

    /// Name, postal address and e-mail, a line each.
    fn block(&self) -> Vec<String> {
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

/// A letter, ready to be shown as text or as a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Letter {
    language: Language,
    from: Vec<String>,
    to: Vec<String>,
    dated: String,
    subject: String,
    salutation: &'static str,
    blocks: Vec<LetterBlock>,
    closing: &'static str,
    signature: [String; 2],
    enclosures: Vec<String>,
    notes: Vec<String>,
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
            text.push_str(&"-".repeat(super::letter_wrap::WIDTH));
            text.push('\n');
            wrap(msg::BEFORE_SENDING.text(self.language), "", "", &mut text);
            for note in &self.notes {
                wrap(note, "* ", "  ", &mut text);
            }
        }
        text
    }

    /// The letter as a page that stands alone and can be printed: no script, nothing fetched. Its
    /// only style is [`LETTER_STYLE`].
    pub fn to_html(&self) -> String {
        letter_html::page(self)
    }
}

/// What one kind of letter says.
struct LetterContent {
    to: Vec<String>,
    to_operator: bool,
    subject: String,
    blocks: Vec<LetterBlock>,
    enclosures: Vec<String>,
    notes: Vec<String>,
}

/// A part of a letter's body.
#[derive(Clone, Debug, Eq, PartialEq)]
enum LetterBlock {
    Items(Vec<String>),
    Paragraph(String),
    /// Session IDs, and what is said of each.
    Sessions(Vec<(String, String)>),
}

impl LetterBlock {
    fn paragraph(message: &Message, language: Language) -> Self {
        Self::Paragraph(message.text(language).to_owned())
    }
}

fn texts<const N: usize>(messages: [&Message; N], language: Language) -> Vec<String> {
    messages.map(|message| message.text(language).to_owned()).into()
}

/// What was given, or the placeholder.
fn given(value: Option<&str>, placeholder: &Message, language: Language) -> String {
    value
        .map(plain)
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| placeholder.text(language).to_owned())
}

/// The date that was given, or the placeholder.
fn day(value: Option<NaiveDate>, placeholder: &Message, language: Language) -> String {
    value.map_or_else(
        || placeholder.text(language).to_owned(),
        |value| unbroken_date(value, language),
    )
}
