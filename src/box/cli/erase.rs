use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;

use crate::app::erasure::{DueSession, ErasureReport, ErasureRun, ExpiryCache, FileScope};
use crate::messages::cli::{erase as msg, error};
use temoin_capture::clock;
use temoin_core::law::{EraseBy, EraseReason};
use temoin_core::record::{Filter, SessionState};
use temoin_core::session::Session;
use temoin_core::text::Message;
use temoin_journal::Journal;
use temoin_page::OUT_OF_REACH;

use super::arguments::EraseArgs;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::table::{table, wrapped};
use super::terminal::{complain, print};

/// How many sessions `--dry-run` lists.
const LISTED: usize = 50;

/// `temoin erase`
pub(super) fn run(context: &Context, arguments: &EraseArgs) -> Result<(), CliError> {
    let language = context.language;
    let reading = clock::read(context.config.trust)?;
    let ruleset = context.lawbook()?;
    let Some(mut journal) = Journal::open_beside(&context.state_dir)? else {
        return print(&format!("{}\n", msg::NOTHING.text(language)));
    };
    if reading.synchronised && !arguments.dry_run {
        journal = journal.with_boot_started_by(clock::boot_started_by(&reading));
        journal.date(&reading)?;
    }
    let mut plan =
        ErasurePlan::new(context, ExpiryCache::new(ruleset.applicable_rules(), reading.realtime));
    if arguments.session.is_empty() {
        plan.add_closed(arguments.all)?;
    } else {
        for id in &arguments.session {
            match context.damaged(id)? {
                Some(id) => plan.due.push(DueSession { id, day: None }),
                None => plan.add_named(&context.session(id)?)?,
            }
        }
    }
    let damaged = plan.count_damaged(arguments)?;
    let count = u64::try_from(plan.due.len() + damaged).unwrap_or(u64::MAX);
    let clock_says = context.when().date_time(reading.realtime);
    let doubt = (!reading.synchronised).then(|| msg::CLOCK.fill(language, &[("now", &clock_says)]));
    if arguments.dry_run {
        return print(&format!(
            "{}{}",
            doubt.map_or_else(String::new, |doubt| wrapped(&doubt, 80, "")),
            plan.to_text(count)
        ));
    }
    let asks = arguments.all || doubt.is_some() && count > 0;
    if asks && !arguments.yes {
        confirm(context, count, arguments.all, doubt.as_deref())?;
    } else if let Some(doubt) = doubt {
        complain(&doubt);
    }

    let due = plan.due;
    let applicable_rules = ruleset.applicable_rules();
    let erasure = ErasureRun { directory: &context.state_dir, applicable_rules, reading };
    let files = match (arguments.all, arguments.damaged) {
        (true, _) => FileScope::All,
        (false, true) => FileScope::DueAndDamaged,
        (false, false) => FileScope::Due,
    };
    let outcome = erasure.run_with_retries(&due, files, &mut journal);
    report(context, &outcome)
}

fn report(context: &Context, outcome: &ErasureReport) -> Result<(), CliError> {
    let language = context.language;
    let count = u64::try_from(outcome.sessions).unwrap_or(u64::MAX);
    let mut text = match count {
        0 => format!("{}\n", msg::NONE_ERASED.text(language)),
        count => format!("{}\n", msg::ERASED.fill(language, count, &[])),
    };
    if outcome.files > 0 {
        let files = u64::try_from(outcome.files).unwrap_or(u64::MAX);
        text.push_str(&msg::FILES.fill(language, files, &[]));
        text.push('\n');
    }
    if outcome.sessions > 0 && outcome.is_done() {
        text.push_str(&wrapped(OUT_OF_REACH.text(language), 80, ""));
    }
    print(&text)?;
    if outcome.is_done() {
        return Ok(());
    }
    let mut failures = outcome.failures.clone();
    if !outcome.is_complete {
        failures.push(error::ERASED_IN_LOG.text(language).to_owned());
    }
    Err(CliError::new(Failure::Failed, failures.join("\n")))
}

/// The sessions to erase, and the first rows of their list.
struct ErasurePlan<'c, 'a> {
    context: &'c Context,
    calendar: ExpiryCache<'a>,
    due: Vec<DueSession>,
    rows: Vec<Vec<String>>,
}

impl<'c, 'a> ErasurePlan<'c, 'a> {
    fn new(context: &'c Context, calendar: ExpiryCache<'a>) -> Self {
        Self { context, calendar, due: Vec::new(), rows: Vec::new() }
    }

    /// Adds the closed sessions of the record: those that are due, or all.
    fn add_closed(&mut self, all: bool) -> Result<(), CliError> {
        let Some(reader) = self.context.reader()? else { return Ok(()) };
        let now = self.calendar.now();
        let closed = Filter { state: Some(SessionState::Closed), ..Filter::all(now) };
        reader.for_each(&closed, |session| {
            if all || self.calendar.is_due(&session) {
                self.add(&session);
            }
            ControlFlow::<()>::Continue(())
        })?;
        Ok(())
    }

    /// How many damaged rows will be erased besides.
    fn count_damaged(&mut self, arguments: &EraseArgs) -> Result<usize, CliError> {
        let Some(reader) = self.context.reader()? else { return Ok(0) };
        let rows = reader.damaged(self.calendar.now())?;
        let is_every = arguments.all || arguments.damaged;
        Ok(rows.iter().filter(|row| is_every || self.calendar.is_damaged_due(row)).count())
    }

    /// Adds a session by ID; an error if it is open.
    fn add_named(&mut self, session: &Session) -> Result<(), CliError> {
        if session.end.is_none() {
            let id = session.id.short();
            return Err(CliError::said(Failure::Failed, error::SESSION_LASTS, &[("id", &id)]));
        }
        if self.due.iter().all(|due| due.id != session.id) {
            self.add(session);
        }
        Ok(())
    }

    fn add(&mut self, session: &Session) {
        let until = self.calendar.of(session).clone();
        let day = self.calendar.day(&until);
        self.due.push(DueSession { id: session.id, day });
        if self.rows.len() < LISTED {
            let (when, language) = (self.context.when(), self.context.language);
            let unknown = || msg::UNKNOWN.text(language).to_owned();
            let ended = session.end.as_ref().and_then(|end| end.moment.value.best());
            let why = match &until {
                EraseBy::At { because: EraseReason::Law(verdict), .. } => {
                    msg::BY_LAW.fill(language, &[("edition", verdict.edition.id.as_str())])
                }
                EraseBy::At { because: EraseReason::Declared(_), .. } => {
                    msg::BY_DECLARATION.text(language).to_owned()
                }
                EraseBy::At { because: EraseReason::HardBound, .. } => {
                    msg::BY_BOUND.text(language).to_owned()
                }
                EraseBy::Open | EraseBy::Undated => unknown(),
            };
            self.rows.push(vec![
                session.id.short(),
                ended.map_or_else(unknown, |at| when.short_date_time(at)),
                day.map_or_else(unknown, |day| when.short_date(day)),
                why,
            ]);
        }
    }

    fn to_text(&self, count: u64) -> String {
        let language = self.context.language;
        if count == 0 {
            return format!("{}\n", msg::NONE_DUE.text(language));
        }
        let mut text = match self.rows.as_slice() {
            [] => String::new(),
            rows => table(&HEAD.map(|message| message.text(language)), rows) + "\n",
        };
        text.push_str(&msg::WOULD_GO.fill(language, count, &[]));
        text.push('\n');
        text
    }
}

/// Asks for confirmation by a word that is not typed by mistake.
fn confirm(context: &Context, count: u64, all: bool, doubt: Option<&str>) -> Result<(), CliError> {
    let language = context.language;
    let word = msg::WORD.text(language);
    let mut text = String::new();
    if let Some(doubt) = doubt {
        text.push_str(&wrapped(doubt, 80, ""));
    }
    text.push_str(&msg::WILL_GO.fill(language, count, &[]));
    text.push('\n');
    if all {
        text.push_str(&wrapped(msg::ALL_FILES.text(language), 80, ""));
    }
    text.push_str(&msg::ASK.fill(language, &[("word", word)]));
    text.push(' ');
    print(&text)?;
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim().to_lowercase() == word {
        return Ok(());
    }
    Err(CliError::said(Failure::Unconfirmed, msg::NOT_CONFIRMED, &[]))
}

const HEAD: [&Message; 4] =
    [&msg::HEAD_SESSION, &msg::HEAD_ENDED, &msg::HEAD_TO_BE_ERASED_FROM, &msg::HEAD_WHY];
