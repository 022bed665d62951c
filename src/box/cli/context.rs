use std::fmt::Display;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::{env, io};

use chrono::NaiveDate;

use crate::messages::cli::doctor as zone_msg;
use crate::messages::cli::error as msg;
use crate::messages::cli::sessions;
use temoin_capture::clock;
use temoin_command_line::language_of_system;
use temoin_config::ruleset::Ruleset;
use temoin_config::{Config, DEFAULT_PATH, SystemZone};
use temoin_core::record::{DamagedRow, Filter};
use temoin_core::session::{IdPrefix, Session, SessionId, Timestamp, Zone};
use temoin_core::text::{DateFormatter, Language};
use temoin_journal::Reader;

use super::arguments::{Arguments, RangeArgs, TimeBound};
use super::exit::{CliError, Failure};
use super::table::wrapped;
use super::terminal::complain;

/// What every command needs.
pub(super) struct Context {
    pub(super) state_dir: PathBuf,
    pub(super) config_path: PathBuf,
    pub(super) config: Config,
    pub(super) language: Language,
    pub(super) zone: Zone,
    /// Why times are in UTC though nobody chose it: what the system says of its zone.
    pub(super) zone_fallback: Option<String>,
    pub(super) now: Timestamp,
}

impl Context {
    pub(super) fn of(arguments: &Arguments) -> Result<Self, CliError> {
        let config = match arguments.config.as_deref() {
            Some(path) => Config::read(path, true),
            None => Config::read(Path::new(DEFAULT_PATH), false),
        }?;
        let chosen = config.time_zone.map(|zone| SystemZone { zone, fallback: None });
        let SystemZone { zone, fallback } = chosen.unwrap_or_else(SystemZone::read);
        Ok(Self {
            state_dir: arguments.state_dir.clone(),
            config_path: arguments.config.clone().unwrap_or_else(|| DEFAULT_PATH.into()),
            language: arguments.lang.or(config.language).unwrap_or_else(system_language),
            zone,
            zone_fallback: fallback,
            config,
            now: clock::now(),
        })
    }

    /// The formatter of dates and times.
    pub(super) fn when(&self) -> DateFormatter {
        DateFormatter::new(self.language, self.zone)
    }

    /// A line to stand below times, where their zone is not the system's.
    pub(super) fn zone_note(&self) -> String {
        match self.zone_fallback.as_deref() {
            None => String::new(),
            Some(says) => format!("{}\n", zone_fallback(says, self.language)),
        }
    }

    /// The record; `None` where there is none yet.
    pub(super) fn reader(&self) -> Result<Option<Reader>, CliError> {
        Ok(Reader::open(&self.state_dir)?)
    }

    /// The law and the operators' profiles. Problems with the member's own files are printed on standard
    /// error.
    pub(super) fn lawbook(&self) -> Result<Ruleset, CliError> {
        let ruleset = Ruleset::load(&self.config)?;
        for complaint in &ruleset.issues {
            complain(&complaint.to_string());
        }
        Ok(ruleset)
    }

    /// Today's date in the applicable zone.
    pub(super) fn today(&self, ruleset: &Ruleset) -> NaiveDate {
        ruleset.zone().date(self.now)
    }

    /// The session with this ID or unique prefix.
    pub(super) fn session(&self, id: &IdPrefix) -> Result<Session, CliError> {
        let found = match self.reader()? {
            Some(reader) => reader.find(id)?,
            None => Vec::new(),
        };
        if let (true, Some(id)) = (found.is_empty(), self.damaged(id)?) {
            return Err(CliError::said(Failure::Failed, msg::SESSION_DAMAGED, &[("id", &id)]));
        }
        only(id, found, |session| session.id)
    }

    /// The ID of the damaged session with this prefix, where there is no other.
    pub(super) fn damaged(&self, id: &IdPrefix) -> Result<Option<SessionId>, CliError> {
        let Some(reader) = self.reader()? else { return Ok(None) };
        if !reader.find(id)?.is_empty() {
            return Ok(None);
        }
        let (low, high) = id.range();
        let rows = reader.damaged(self.now)?.into_iter();
        let found = rows.filter_map(|row| row.id).filter(|own| low <= *own && *own <= high);
        Ok(Some(found.collect::<Vec<_>>()).filter(|found| found.len() == 1).map(|found| found[0]))
    }

    /// The bounds of a range: the first instant within, and the first one past it.
    pub(super) fn limits(
        &self,
        range: &RangeArgs,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), CliError> {
        let since = range.since.map(|limit| match limit {
            TimeBound::Day(day) => self.zone.first_instant(day),
            TimeBound::Instant(at) => at,
        });
        let until = match range.until {
            Some(TimeBound::Day(day)) => day.succ_opt().map(|next| self.zone.first_instant(next)),
            Some(TimeBound::Instant(at)) => Some(at),
            None => None,
        };
        if since.zip(until).is_some_and(|(since, until)| until <= since) {
            return Err(CliError::said(Failure::Usage, msg::UNTIL_NOT_AFTER_SINCE, &[]));
        }
        Ok((since, until))
    }
}

/// The only match of an ID or its prefix.
pub(super) fn only<T>(
    id: &IdPrefix,
    mut found: Vec<T>,
    id_of: impl Fn(&T) -> SessionId,
) -> Result<T, CliError> {
    if found.len() > 1 {
        let ids: Vec<String> = found.iter().map(|own| id_of(own).to_string()).collect();
        let ids = ids.join("\n");
        let values: [(_, &dyn Display); 2] = [("id", id), ("ids", &ids)];
        return Err(CliError::said(Failure::NotFound, msg::AMBIGUOUS_ID, &values));
    }
    found.pop().ok_or_else(|| CliError::said(Failure::NotFound, msg::NO_SESSION, &[("id", id)]))
}

/// Calls back for each session, newest first, at most `limit` times, without loading the whole record.
pub(super) fn for_each(
    reader: Option<&Reader>,
    filter: &Filter,
    limit: Option<u32>,
    mut visit: impl FnMut(&Session) -> io::Result<()>,
) -> Result<(), CliError> {
    let Some(reader) = reader else { return Ok(()) };
    let mut left = limit;
    let stopped = reader.for_each(filter, |session| {
        match left.as_mut() {
            Some(0) => return ControlFlow::Break(None),
            Some(left) => *left -= 1,
            None => {}
        }
        match visit(&session) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Some(error)),
        }
    })?;
    stopped.flatten().map_or(Ok(()), |error| Err(error.into()))
}

/// The rows of the record that are damaged.
pub(super) fn damaged(
    context: &Context,
    reader: Option<&Reader>,
) -> Result<Vec<DamagedRow>, CliError> {
    Ok(reader.map_or_else(|| Ok(Vec::new()), |reader| reader.damaged(context.now))?)
}

/// What is said of rows that are damaged, beside what they are missing from; empty where there is none.
pub(super) fn damaged_note(context: &Context, rows: usize) -> String {
    match u64::try_from(rows).unwrap_or(u64::MAX) {
        0 => String::new(),
        count => wrapped(&sessions::DAMAGED.fill(context.language, count, &[]), 80, ""),
    }
}

/// The language of what is said where there is no [`Context`]: the one asked for, else the
/// configuration's, else the system's; also where the configuration cannot be read.
pub(super) fn language(asked: Option<Language>, config: Option<&Path>) -> Language {
    let configured =
        || Config::read(config.unwrap_or_else(|| Path::new(DEFAULT_PATH)), true).ok()?.language;
    asked.or_else(configured).unwrap_or_else(system_language)
}

fn system_language() -> Language {
    language_of_system(|name| env::var(name).ok())
}

/// That times are in UTC, since the system says this of its time zone.
pub(super) fn zone_fallback(says: &str, language: Language) -> String {
    match says {
        "" => zone_msg::ZONE_UNSAID.text(language).to_owned(),
        says => zone_msg::ZONE_UNKNOWN.fill(language, &[("says", says)]),
    }
}
