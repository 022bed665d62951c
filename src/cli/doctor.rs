mod operator;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process;

use nix::sys::statvfs::statvfs;
use serde::Serialize;

use crate::capture::Boots;
use crate::capture::clock::{self, Trust};
use crate::capture::install::{self, State};
use crate::capture::spool::Spool;
use crate::erasure::{Calendar, Due};
use crate::i18n::Message;
use crate::journal::{Filter, Page, Reader, is_in_use, set_aside_files};
use crate::lawbook::Lawbook;
use crate::messages::cli::doctor as msg;
use crate::messages::common;
use crate::retention::Track;

use super::arguments::Doctor;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::print;
use super::table::wrapped;

/// Below how much free space on the record's disk a member is warned, in bytes.
const LITTLE_SPACE: u64 = 20 * 1024 * 1024;

/// `temoin doctor`
pub(super) fn run(context: &Context, arguments: &Doctor) -> Result<(), CliError> {
    let findings =
        Examination { context, findings: Vec::new() }.all(&arguments.scripts.scripts_dir);
    let is_unwell = findings.iter().any(|finding| finding.health == Health::Wrong);
    if arguments.json {
        let report = Report { format: "temoin.doctor/1", findings };
        print(&format!("{}\n", serde_json::to_string(&report)?))?;
    } else {
        let text: String = findings
            .iter()
            .map(|finding| {
                let lines = wrapped(&finding.text, 80, "  ");
                format!("{} {}", finding.health.mark(), lines.trim_start())
            })
            .collect();
        print(&text)?;
    }
    if is_unwell { Err(CliError::new(Failure::Unwell, "")) } else { Ok(()) }
}

#[derive(Serialize)]
struct Report {
    format: &'static str,
    findings: Vec<Finding>,
}

/// What one look showed, and where something is wrong, what to do.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    health: Health,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    /// It works.
    Good,
    /// Good to know.
    Note,
    /// It does not work.
    Wrong,
}

impl Health {
    fn mark(self) -> char {
        match self {
            Self::Good => '✓',
            Self::Note => '·',
            Self::Wrong => '✗',
        }
    }
}

/// Looks at one thing after the other.
struct Examination<'a> {
    context: &'a Context,
    findings: Vec<Finding>,
}

impl Examination<'_> {
    fn all(mut self, scripts: &Path) -> Vec<Finding> {
        let runs = is_in_use(&self.context.state_dir);
        self.daemon(runs);
        self.hooks(scripts);
        self.boots();
        self.record();
        self.spool(runs);
        self.clock();
        self.coverage();
        self.law();
        self.operator();
        self.erasure();
        self.disk();
        self.findings
    }

    fn find(
        &mut self,
        check: &'static str,
        health: Health,
        message: &Message,
        values: &[(&str, &str)],
    ) {
        let text = message.fill(self.context.language, values);
        self.findings.push(Finding { check, health, text });
    }

    fn daemon(&mut self, runs: bool) {
        if runs {
            self.find("daemon", Health::Good, &msg::DAEMON_RUNS, &[]);
        } else {
            self.find("daemon", Health::Wrong, &msg::DAEMON_STOPPED, &[]);
        }
    }

    fn hooks(&mut self, scripts: &Path) {
        let directory = scripts.display().to_string();
        let place = ("directory", directory.as_str());
        let states = match install::status(scripts) {
            Ok(states) => states.map(|(_, state)| state),
            Err(error) => {
                let error = error.to_string();
                self.find(
                    "hooks",
                    Health::Wrong,
                    &msg::HOOKS_UNREADABLE,
                    &[place, ("error", &error)],
                );
                return;
            }
        };
        let [State::Installed { program, state_directory }, State::Installed { .. }] = &states
        else {
            self.find("hooks", Health::Wrong, &msg::HOOKS_MISSING, &[place]);
            return;
        };
        let (runs, writes) = (program.display().to_string(), state_directory.display().to_string());
        if !program.exists() {
            self.find("hooks", Health::Wrong, &msg::HOOKS_STALE, &[place, ("program", &runs)]);
        } else if is_same(state_directory, &self.context.state_dir) {
            self.find("hooks", Health::Good, &msg::HOOKS_IN_PLACE, &[place]);
        } else {
            self.find("hooks", Health::Wrong, &msg::HOOKS_ELSEWHERE, &[place, ("other", &writes)]);
        }
    }

    fn boots(&mut self) {
        let learnt = clock::read(Trust::Kernel)
            .map(|reading| Boots::learnt(&self.context.state_dir, reading.boot));
        if learnt.is_ok_and(|ids| !ids.is_empty()) {
            self.find("boot", Health::Note, &msg::BOOTS, &[]);
        }
    }

    fn record(&mut self) {
        let path = self.context.state_dir.display().to_string();
        let newest = Reader::open(&self.context.state_dir).and_then(|reader| {
            let filter = Filter::all(self.context.now);
            Ok(match reader {
                Some(reader) => reader.sessions(&filter, &Page::first(1))?.pop(),
                None => None,
            })
        });
        match newest {
            Ok(Some(session)) => {
                let last = session.end.as_ref().map_or(session.start.value, |end| end.moment.value);
                let when = self.context.when().moment(&last);
                self.find("record", Health::Good, &msg::RECORD_LAST, &[("when", &when)]);
            }
            Ok(None) => self.find("record", Health::Note, &msg::RECORD_EMPTY, &[]),
            Err(error) => {
                let error = error.to_string();
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("record", Health::Wrong, &msg::RECORD_UNREADABLE, &values);
            }
        }
    }

    fn spool(&mut self, runs: bool) {
        let Ok(waiting) = Spool::open(&self.context.state_dir).and_then(|spool| spool.waiting())
        else {
            // Without a spool the daemon has never run, which was said.
            return;
        };
        if !waiting.is_empty() {
            let health = if runs { Health::Wrong } else { Health::Note };
            let message = if runs { &msg::WAITING_UNREAD } else { &msg::WAITING };
            let count = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
            let text = message.fill(self.context.language, count, &[]);
            self.findings.push(Finding { check: "spool", health, text });
        }
    }

    fn clock(&mut self) {
        let synchronised = clock::read(Trust::Kernel).is_ok_and(|reading| reading.synchronised);
        if synchronised {
            self.find("clock", Health::Good, &msg::CLOCK_SET, &[]);
        } else if self.context.config.trust == Trust::Always {
            self.find("clock", Health::Good, &msg::CLOCK_TRUSTED, &[]);
        } else {
            self.find("clock", Health::Note, &msg::CLOCK_UNCONFIRMED, &[]);
        }
    }

    fn coverage(&mut self) {
        match &self.context.config.management {
            None => self.find("reconnects", Health::Note, &msg::NO_MANAGEMENT, &[]),
            Some(path) if path.exists() => {
                self.find("reconnects", Health::Good, &msg::MANAGEMENT, &[]);
            }
            Some(path) => {
                let path = path.display().to_string();
                self.find("reconnects", Health::Note, &msg::MANAGEMENT_ABSENT, &[("path", &path)]);
            }
        }
        if let Some(path) = &self.context.config.status_file {
            if let Err(error) = fs::metadata(path) {
                let (path, error) = (path.display().to_string(), error.to_string());
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("status-file", Health::Note, &msg::STATUS_FILE_ABSENT, &values);
            }
        }
    }

    fn law(&mut self) {
        let book = match Lawbook::load(&self.context.config) {
            Ok(book) => book,
            Err(error) => {
                let error = error.to_string();
                self.find("law", Health::Wrong, &msg::LAW_BROKEN, &[("error", &error)]);
                return;
            }
        };
        for complaint in &book.complaints {
            let error = complaint.to_string();
            self.find("law", Health::Wrong, &msg::LAW_BROKEN, &[("error", &error)]);
        }
        match book.profile() {
            Some(profile) => {
                self.find("operator", Health::Good, &msg::OPERATOR, &[("name", &profile.name)]);
            }
            None => self.find("operator", Health::Note, &msg::OPERATOR_UNKNOWN, &[]),
        }
        let Some(jurisdiction) = book.jurisdiction() else { return };
        let today = self.context.today(&book);
        match book.law.on(today, jurisdiction, Track::General) {
            None => self.find("law", Health::Note, &msg::LAW_GAP, &[]),
            Some(edition) => {
                let checked = self.context.when().date(edition.checked_on);
                let values = [("edition", edition.id.as_str()), ("checked", &checked)];
                let is_stale = edition.is_stale(self.context.now);
                let (health, message) = if is_stale {
                    (Health::Note, &msg::LAW_STALE)
                } else {
                    (Health::Good, &msg::LAW)
                };
                self.find("law", health, message, &values);
            }
        }
    }

    fn erasure(&mut self) {
        // What is broken was said.
        let Ok(book) = Lawbook::load(&self.context.config) else { return };
        let today = self.context.today(&book);
        let due = Reader::open(&self.context.state_dir).and_then(|reader| {
            let mut calendar = Calendar::new(book.rulebook(), self.context.now);
            let grace_days = self.context.config.grace();
            reader.map_or_else(
                || Ok(Vec::new()),
                |reader| Due::all(&reader, &mut calendar, grace_days),
            )
        });
        // What was due since midnight may still be about to go.
        let overdue = due.map_or(0, |due| {
            due.iter().filter(|due| due.day.is_some_and(|day| day < today)).count()
        });
        if overdue > 0 {
            let count = u64::try_from(overdue).unwrap_or(u64::MAX);
            let text = msg::OVERDUE.fill(self.context.language, count, &[]);
            self.findings.push(Finding { check: "erasure", health: Health::Wrong, text });
        } else {
            self.find("erasure", Health::Good, &msg::NOTHING_OVERDUE, &[]);
        }
        let aside = set_aside_files(&self.context.state_dir).unwrap_or_default().len();
        if aside > 0 {
            let count = u64::try_from(aside).unwrap_or(u64::MAX);
            let text = msg::SET_ASIDE.fill(self.context.language, count, &[]);
            self.findings.push(Finding { check: "set-aside", health: Health::Note, text });
        }
        self.find("out-of-reach", Health::Note, &common::OUT_OF_REACH, &[]);
    }

    fn disk(&mut self) {
        let path = self.context.state_dir.display().to_string();
        let Ok(disk) = statvfs(&self.context.state_dir) else { return };
        #[allow(clippy::useless_conversion, reason = "both are narrower on a 32-bit box")]
        let free = u64::from(disk.blocks_available()).saturating_mul(disk.fragment_size().into());
        let megabytes = (free / 1_000_000).to_string();
        let values = [("path", path.as_str()), ("free", &megabytes)];
        if free < LITTLE_SPACE {
            self.find("disk", Health::Wrong, &msg::DISK_FULL, &values);
            return;
        }
        match try_writing(&self.context.state_dir) {
            // Who may not write there may still ask.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                let error = error.to_string();
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("disk", Health::Wrong, &msg::DISK_UNWRITABLE, &values);
            }
            _ => self.find("disk", Health::Good, &msg::DISK, &values),
        }
    }
}

/// How the names of files begin that are written for trial.
const TRIAL: &str = ".doctor-";

/// Whether a file can be written where the record is. A card that fails may still be read out of
/// memory, and takes writes that never arrive until one of them is waited for.
fn try_writing(directory: &Path) -> io::Result<()> {
    // The removal of an earlier one is not waited for, so a power cut may bring it back.
    for entry in fs::read_dir(directory)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(TRIAL) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let path = directory.join(format!("{TRIAL}{}", process::id()));
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(b"temoin")?;
        file.sync_all()
    });
    let removed = match fs::remove_file(&path) {
        // Another doctor did.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    written.and(removed)
}

/// Whether two paths lead to the same place.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}
