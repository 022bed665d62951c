use std::fmt::Display;

use crate::app::erasure::ExpiryCache;
use crate::messages::cli::error as msg;
use temoin_config::ruleset::Ruleset;
use temoin_core::assessment::SessionTally;
use temoin_core::law::Jurisdiction;
use temoin_core::session::IdPrefix;
use temoin_page::{
    Addressee, ComplaintReason, ErasureDueDate, GdprRequest, LetterDetails, LetterKind,
    OverdueErasure, Sender, one_month_deadline,
};

use super::arguments::{
    self, AccessArgs, ComplaintArgs, ErasureArgs, LetterArgs, LetterCommand, ReminderArgs,
};
use super::context::{Context, only};
use super::exit::{CliError, Failure};
use super::output::write_output;

/// `temoin letter`
pub(super) fn run(context: &Context, letter: &LetterCommand) -> Result<(), CliError> {
    let ruleset = context.lawbook()?;
    let Some(jurisdiction) = ruleset.jurisdiction() else {
        return Err(CliError::said(Failure::Failed, msg::NO_JURISDICTION, &[]));
    };
    let writer = LetterWriter { context, ruleset: &ruleset, jurisdiction };
    match letter {
        LetterCommand::Access(access) => writer.access(access),
        LetterCommand::Complaint(complaint) => writer.complaint(complaint),
        LetterCommand::Erasure(erasure) => writer.erasure(erasure),
    }
}

struct LetterWriter<'a> {
    context: &'a Context,
    ruleset: &'a Ruleset,
    jurisdiction: Jurisdiction,
}

impl LetterWriter<'_> {
    fn access(&self, access: &AccessArgs) -> Result<(), CliError> {
        let period = access.since.zip(access.until);
        if period.is_some_and(|(since, until)| until < since) {
            return Err(CliError::said(Failure::Usage, msg::UNTIL_BEFORE_SINCE, &[]));
        }
        let today = self.context.today(self.ruleset);
        let kind = LetterKind::access(period, &self.ruleset.applicable_rules(), today);
        self.write(&kind, Some(&access.reminder), &access.form)
    }

    fn complaint(&self, complaint: &ComplaintArgs) -> Result<(), CliError> {
        let ComplaintArgs { about, asked, received, answered, form } = complaint;
        let grievance = match about {
            arguments::GrievanceArg::Incomplete => {
                ComplaintReason::IncompleteAnswer { answered_on: *answered }
            }
            arguments::GrievanceArg::NoAnswer => {
                let deadline = received.map(|day| one_month_deadline(day, self.jurisdiction));
                let today = self.context.today(self.ruleset);
                if let Some(early) = deadline.filter(|deadline| !deadline.is_past(today)) {
                    let day = self.context.when().date_without_weekday(early.last_day);
                    let values: [(_, &dyn Display); 1] = [("day", &day)];
                    return Err(CliError::said(Failure::Failed, msg::TOO_EARLY, &values));
                }
                ComplaintReason::NoAnswer { deadline }
            }
            arguments::GrievanceArg::NotErased => {
                ComplaintReason::NotErased { stated_on: *answered }
            }
        };
        let kind = LetterKind::Complaint { grievance, exercised_on: *asked };
        self.write(&kind, None, form)
    }

    fn erasure(&self, erasure: &ErasureArgs) -> Result<(), CliError> {
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
        reminder: Option<&ReminderArgs>,
        form: &LetterArgs,
    ) -> Result<(), CliError> {
        let language = self.context.language;
        let operator = Addressee::of(self.ruleset.profile(), language);
        let today = self.context.today(self.ruleset);
        if let Some(ReminderArgs { ics: true, received }) = reminder {
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(|error| {
                CliError::said(Failure::Failed, msg::NO_RANDOMNESS, &[("error", &error)])
            })?;
            let reminder = temoin_page::CalendarEntry {
                operator: &operator.name,
                demand: match kind {
                    LetterKind::Erasure { .. } => GdprRequest::Erasure,
                    LetterKind::Access { .. } | LetterKind::Complaint { .. } => GdprRequest::Access,
                },
                deadline: one_month_deadline(received.unwrap_or(today), self.jurisdiction),
                random,
                made: self.context.now,
            };
            return write_output(&reminder.to_ics(language), form.output.as_deref());
        }
        let details = LetterDetails {
            operator,
            jurisdiction: self.jurisdiction,
            sender: Sender {
                name: form.name.clone(),
                lines: form.address.clone(),
                reference: form.reference.clone(),
            },
            dated: Some(today),
            erased_here: self.erased_here()?,
        };
        let letter = temoin_page::letter(kind, language, &details);
        let text = if form.html { letter.to_html() } else { letter.to_text() };
        write_output(&text, form.output.as_deref())
    }

    /// How many sessions that were erased here the operator should still hold.
    fn erased_here(&self) -> Result<u64, CliError> {
        let Some(reader) = self.context.reader()? else { return Ok(0) };
        let rules = self.ruleset.applicable_rules();
        let tally = SessionTally::new(rules, None).with_erased(reader.erased_by_day()?);
        let law = tally.summary(rules, self.context.now).law;
        Ok(law.map_or(0, |law| law.erased_here))
    }

    /// A session whose record the operator should have erased, since when, and on what basis: the law, or
    /// the operator's signed statement if that names an earlier day. If the session is erased here already,
    /// its certificate is used.
    fn overdue(&self, id: &IdPrefix) -> Result<(OverdueErasure, String), CliError> {
        let (now, today) = (self.context.now, self.context.today(self.ruleset));
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
            (certificate.id, ErasureDueDate { day, basis: String::new() })
        } else {
            let session = only(id, found, |own| own.id)?;
            let mut calendar = ExpiryCache::new(self.ruleset.applicable_rules(), now);
            let until = calendar.of(&session);
            (session.id, ErasureDueDate::of(until, self.ruleset.profile(), self.context.language))
        };
        let last = match &reader {
            Some(reader) => reader.sync_state(&session)?,
            None => None,
        };
        due.overdue(session, last.as_ref(), self.ruleset.zone(), today, self.context.language)
            .map_err(|why| {
                let values: [(_, &dyn Display); 2] = [("id", &session.short()), ("reason", &why)];
                CliError::said(Failure::Failed, msg::OF_SESSION, &values)
            })
    }
}
