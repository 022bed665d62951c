use crate::domain::IdPrefix;
use crate::erasure::Calendar;
use crate::journal::Dealing;
use crate::lawbook::Lawbook;
use crate::retention::Jurisdiction;
use crate::rights::{
    self, Addressee, Demand, Details, Due, Grievance, LetterKind, Overdue, Sender,
    one_month_deadline,
};

use super::arguments::{self, Access, Complaint, Erasure, Form, Letter, Reminder};
use super::context::{Context, only};
use super::exit::{CliError, Failure};
use super::output::deliver;

/// `temoin letter`
pub(super) fn run(context: &Context, letter: &Letter) -> Result<(), CliError> {
    let book = context.lawbook()?;
    let Some(jurisdiction) = book.jurisdiction() else {
        let message = "who your operator is, or whose law applies, is not known; choose a profile \
                       (temoin profile list, temoin profile use ID) or set operator.jurisdiction \
                       to \"BE\" or \"FR\" in the configuration";
        return Err(CliError::new(Failure::Failed, message));
    };
    let clerk = Clerk { context, book: &book, jurisdiction };
    match letter {
        Letter::Access(access) => clerk.access(access),
        Letter::Complaint(complaint) => clerk.complaint(complaint),
        Letter::Erasure(erasure) => clerk.erasure(erasure),
    }
}

struct Clerk<'a> {
    context: &'a Context,
    book: &'a Lawbook,
    jurisdiction: Jurisdiction,
}

impl Clerk<'_> {
    fn access(&self, access: &Access) -> Result<(), CliError> {
        let period = access.since.zip(access.until);
        if period.is_some_and(|(since, until)| until < since) {
            return Err(CliError::new(Failure::Usage, "--until must not lie before --since"));
        }
        let today = self.context.today(self.book);
        let kind = LetterKind::access(period, &self.book.rulebook(), today);
        self.write(&kind, Some(&access.reminder), &access.form)
    }

    fn complaint(&self, complaint: &Complaint) -> Result<(), CliError> {
        let Complaint { about, asked, received, answered, form } = complaint;
        let grievance = match about {
            arguments::Grievance::Incomplete => {
                Grievance::IncompleteAnswer { answered_on: *answered }
            }
            arguments::Grievance::NoAnswer => {
                let deadline = received.map(|day| one_month_deadline(day, self.jurisdiction));
                let today = self.context.today(self.book);
                if let Some(early) = deadline.filter(|deadline| !deadline.is_past(today)) {
                    let message = format!(
                        "the operator may still answer until {}, so a complaint would come too early",
                        early.last_day
                    );
                    return Err(CliError::new(Failure::Failed, message));
                }
                Grievance::NoAnswer { deadline }
            }
            arguments::Grievance::NotErased => Grievance::NotErased { stated_on: *answered },
        };
        let kind = LetterKind::Complaint { grievance, exercised_on: *asked };
        self.write(&kind, None, form)
    }

    fn erasure(&self, erasure: &Erasure) -> Result<(), CliError> {
        let mut found = Vec::new();
        for id in &erasure.session {
            let (mut overdue, basis) = self.overdue(id)?;
            overdue.held_on = erasure.held.or(overdue.held_on);
            found.push((overdue, basis));
        }
        let kind = LetterKind::erasure(found);
        self.write(&kind, Some(&erasure.reminder), &erasure.form)
    }

    fn write(
        &self,
        kind: &LetterKind,
        reminder: Option<&Reminder>,
        form: &Form,
    ) -> Result<(), CliError> {
        let language = self.context.language;
        let operator = Addressee::of(self.book.profile(), language);
        let today = self.context.today(self.book);
        if let Some(Reminder { ics: true, received }) = reminder {
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(|error| {
                CliError::new(Failure::Failed, format!("no randomness for the entry: {error}"))
            })?;
            let reminder = rights::Reminder {
                operator: &operator.name,
                demand: match kind {
                    LetterKind::Erasure { .. } => Demand::Erasure,
                    LetterKind::Access { .. } | LetterKind::Complaint { .. } => Demand::Access,
                },
                deadline: one_month_deadline(received.unwrap_or(today), self.jurisdiction),
                random,
                made: self.context.now,
            };
            return deliver(&reminder.to_ics(language), form.output.as_deref());
        }
        let details = Details {
            operator,
            jurisdiction: self.jurisdiction,
            sender: Sender {
                name: form.name.clone(),
                lines: form.address.clone(),
                reference: form.reference.clone(),
            },
            dated: Some(today),
        };
        let letter = rights::letter(kind, language, &details);
        let text = if form.html { letter.to_html() } else { letter.to_text() };
        deliver(&text, form.output.as_deref())
    }

    /// A session whose record should be gone at the operator's, since when, and what says so: the law,
    /// or the operator's own signed statement where that names an earlier day. It may be erased here
    /// already: then its certificate tells.
    fn overdue(&self, id: &IdPrefix) -> Result<(Overdue, String), CliError> {
        let (now, today) = (self.context.now, self.context.today(self.book));
        let reader = self.context.reader()?;
        let found = match &reader {
            Some(reader) => reader.find(id)?,
            None => Vec::new(),
        };
        let (session, due) = if found.is_empty() {
            let certificates = match &reader {
                Some(reader) => reader.certificates()?,
                None => Vec::new(),
            };
            let named = certificates.into_iter().filter(|own| id.matches(&own.id)).collect();
            let certificate = only(id, named, |own| own.id)?;
            let day = certificate.expiry.parse().ok();
            (certificate.id, Due { day, basis: String::new() })
        } else {
            let session = only(id, found, |own| own.id)?;
            let mut calendar = Calendar::new(self.book.rulebook(), now);
            let until = calendar.of(&session);
            (session.id, Due::of(until, self.book.profile(), self.context.language))
        };
        let last = match &reader {
            Some(reader) => reader.dealing(&session)?,
            None => None,
        };
        let last = last.as_ref().and_then(Dealing::last);
        due.overdue(session, last, self.book.zone(), today, self.context.language).map_err(|why| {
            CliError::new(Failure::Failed, format!("session {}: {why}", session.short()))
        })
    }
}
