mod operator_checks;
mod tunnel_checks;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::{fmt, process};

use nix::errno::Errno;
use nix::sys::statvfs::statvfs;
use serde::Serialize;

use crate::app::erasure::{DueSession, ExpiryCache};
use crate::messages::cli::doctor as msg;
use temoin_capture::BootIds;
use temoin_capture::clock::{self, ClockTrust};
use temoin_capture::openvpn::install::{self, ScriptState};
use temoin_capture::spool::{Spool, SpoolError};
use temoin_config::ruleset::Ruleset;
use temoin_core::law::Track;
use temoin_core::record::{Filter, Pagination};
use temoin_core::text::Message;
use temoin_journal::{Reader, is_in_use, set_aside_files};
use temoin_page::{OUT_OF_REACH, words};

use super::arguments::DoctorArgs;
use super::context::{Context, zone_fallback};
use super::exit::{CliError, Failure};
use super::table::wrapped;
use super::terminal::{print, print_json};

/// Warn below this free space on the record's disk, in bytes.
const LOW_SPACE_BYTES: u64 = 20 * 1024 * 1024;

/// `temoin doctor`
pub(super) fn run(context: &Context, arguments: &DoctorArgs) -> Result<(), CliError> {
    let findings =
        HealthCheck { context, findings: Vec::new() }.all(&arguments.scripts.scripts_dir);
    let is_unhealthy = findings.iter().any(|finding| finding.health == CheckResult::Wrong);
    if arguments.json {
        let report = DoctorReport { format: "temoin.doctor/1", findings };
        print_json(&report)?;
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
    if is_unhealthy { Err(CliError::new(Failure::Unhealthy, "")) } else { Ok(()) }
}

#[derive(Serialize)]
struct DoctorReport {
    format: &'static str,
    findings: Vec<Finding>,
}

/// The result of one check, with the remedy if something is wrong.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    health: CheckResult,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum CheckResult {
    /// Works.
    Good,
    /// Informational.
    Note,
    /// Does not work.
    Wrong,
}

impl CheckResult {
    fn mark(self) -> char {
        match self {
            Self::Good => '✓',
            Self::Note => '·',
            Self::Wrong => '✗',
        }
    }
}

/// Runs the checks.
struct HealthCheck<'a> {
    context: &'a Context,
    findings: Vec<Finding>,
}

impl HealthCheck<'_> {
    fn all(mut self, scripts: &Path) -> Vec<Finding> {
        let runs = is_in_use(&self.context.state_dir);
        self.daemon(runs);
        self.hooks(scripts);
        self.boots();
        self.record();
        self.spool(runs);
        self.clock();
        self.time_zone();
        self.coverage();
        self.tunnels();
        if let Some(directory) = scripts.parent() {
            self.openvpn(directory);
        }
        self.law();
        self.operator();
        self.erasure();
        self.disk();
        self.findings
    }

    fn find(
        &mut self,
        check: &'static str,
        health: CheckResult,
        message: &Message,
        values: &[(&str, &str)],
    ) {
        let text = message.fill(self.context.language, values);
        self.findings.push(Finding { check, health, text });
    }

    /// What could not be checked is neither well nor wrong.
    fn unchecked(&mut self, check: &'static str, error: &dyn fmt::Display) {
        let error = error.to_string();
        let values = [("check", check), ("error", &error)];
        self.find(check, CheckResult::Note, &msg::UNCHECKED, &values);
    }

    fn daemon(&mut self, runs: bool) {
        if runs {
            self.find("daemon", CheckResult::Good, &msg::DAEMON_RUNS, &[]);
        } else {
            self.find("daemon", CheckResult::Wrong, &msg::DAEMON_STOPPED, &[]);
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
                    CheckResult::Wrong,
                    &msg::HOOKS_UNREADABLE,
                    &[place, ("error", &error)],
                );
                return;
            }
        };
        let [ScriptState::Installed { program, state_directory }, ScriptState::Installed { .. }] =
            &states
        else {
            self.find("hooks", CheckResult::Wrong, &msg::HOOKS_MISSING, &[place]);
            return;
        };
        let (runs, writes) = (program.display().to_string(), state_directory.display().to_string());
        if !program.exists() {
            self.find("hooks", CheckResult::Wrong, &msg::HOOKS_STALE, &[place, ("program", &runs)]);
        } else if is_same(state_directory, &self.context.state_dir) {
            self.find("hooks", CheckResult::Good, &msg::HOOKS_IN_PLACE, &[place]);
        } else {
            self.find(
                "hooks",
                CheckResult::Wrong,
                &msg::HOOKS_ELSEWHERE,
                &[place, ("other", &writes)],
            );
        }
    }

    fn boots(&mut self) {
        let learnt = clock::read(ClockTrust::Kernel)
            .map(|reading| BootIds::recorded(&self.context.state_dir, reading.boot));
        if learnt.is_ok_and(|ids| !ids.is_empty()) {
            self.find("boot", CheckResult::Note, &msg::BOOTS, &[]);
        }
    }

    fn record(&mut self) {
        let path = self.context.state_dir.display().to_string();
        let newest = Reader::open(&self.context.state_dir).and_then(|reader| {
            let filter = Filter::all(self.context.now);
            Ok(match reader {
                Some(reader) => reader.sessions(&filter, &Pagination::first(1))?.pop(),
                None => None,
            })
        });
        match newest {
            Ok(Some(session)) => {
                let last = session.end.as_ref().map_or(session.start.value, |end| end.moment.value);
                let when = self.context.when().moment(&last);
                self.find("record", CheckResult::Good, &msg::RECORD_LAST, &[("when", &when)]);
            }
            Ok(None) => self.find("record", CheckResult::Note, &msg::RECORD_EMPTY, &[]),
            Err(error) => {
                let error = error.to_string();
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("record", CheckResult::Wrong, &msg::RECORD_UNREADABLE, &values);
            }
        }
    }

    fn spool(&mut self, runs: bool) {
        let waiting = match Spool::open(&self.context.state_dir).and_then(|spool| spool.waiting()) {
            Ok(waiting) => waiting,
            // The daemon has never run, which is reported already.
            Err(SpoolError::Missing(_)) => return,
            Err(error) => return self.unchecked("spool", &error),
        };
        if !waiting.is_empty() {
            let health = if runs { CheckResult::Wrong } else { CheckResult::Note };
            let message = if runs { &msg::WAITING_UNREAD } else { &msg::WAITING };
            let count = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
            let text = message.fill(self.context.language, count, &[]);
            self.findings.push(Finding { check: "spool", health, text });
        }
    }

    fn clock(&mut self) {
        let synchronised = match clock::read(ClockTrust::Kernel) {
            Ok(reading) => reading.synchronised,
            Err(error) => return self.unchecked("clock", &error),
        };
        if synchronised {
            self.find("clock", CheckResult::Good, &msg::CLOCK_SET, &[]);
        } else if self.context.config.trust == ClockTrust::Always {
            self.find("clock", CheckResult::Good, &msg::CLOCK_TRUSTED, &[]);
        } else {
            self.find("clock", CheckResult::Note, &msg::CLOCK_UNCONFIRMED, &[]);
        }
    }

    fn time_zone(&mut self) {
        let text = match self.context.zone_fallback.as_deref() {
            None => {
                let values = [("zone", self.context.zone.name())];
                self.find("time-zone", CheckResult::Good, &msg::TIME_ZONE, &values);
                return;
            }
            Some(says) => zone_fallback(says, self.context.language),
        };
        self.findings.push(Finding { check: "time-zone", health: CheckResult::Note, text });
    }

    fn coverage(&mut self) {
        match &self.context.config.management {
            None => self.find("reconnects", CheckResult::Note, &msg::NO_MANAGEMENT, &[]),
            Some(path) if path.exists() => {
                self.find("reconnects", CheckResult::Good, &msg::MANAGEMENT, &[]);
            }
            Some(path) => {
                let path = path.display().to_string();
                self.find(
                    "reconnects",
                    CheckResult::Note,
                    &msg::MANAGEMENT_ABSENT,
                    &[("path", &path)],
                );
            }
        }
        if let Some(path) = &self.context.config.status_file {
            if let Err(error) = fs::metadata(path) {
                let (path, error) = (path.display().to_string(), error.to_string());
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("status-file", CheckResult::Note, &msg::STATUS_FILE_ABSENT, &values);
            }
        }
    }

    fn law(&mut self) {
        let ruleset = match Ruleset::load(&self.context.config) {
            Ok(ruleset) => ruleset,
            Err(error) => {
                let error = error.to_string();
                self.find("law", CheckResult::Wrong, &msg::LAW_BROKEN, &[("error", &error)]);
                return;
            }
        };
        for complaint in &ruleset.issues {
            let error = complaint.to_string();
            self.find("law", CheckResult::Wrong, &msg::LAW_BROKEN, &[("error", &error)]);
        }
        match ruleset.profile() {
            Some(profile) => {
                let name = words::operator(Some(&profile.operator_name()), self.context.language);
                self.find("operator", CheckResult::Good, &msg::OPERATOR, &[("name", &name)]);
            }
            None => self.find("operator", CheckResult::Note, &msg::OPERATOR_UNKNOWN, &[]),
        }
        let Some(jurisdiction) = ruleset.jurisdiction() else { return };
        let today = self.context.today(&ruleset);
        match ruleset.law.on(today, jurisdiction, Track::General) {
            None => self.find("law", CheckResult::Note, &msg::LAW_GAP, &[]),
            Some(edition) => {
                let checked = self.context.when().date(edition.checked_on);
                let values = [("edition", edition.id.as_str()), ("checked", &checked)];
                let is_stale = edition.is_stale(self.context.now);
                let (health, message) = if is_stale {
                    (CheckResult::Note, &msg::LAW_STALE)
                } else {
                    (CheckResult::Good, &msg::LAW)
                };
                self.find("law", health, message, &values);
            }
        }
    }

    fn erasure(&mut self) {
        // Errors are reported already.
        let Ok(ruleset) = Ruleset::load(&self.context.config) else { return };
        let today = self.context.today(&ruleset);
        let due = Reader::open(&self.context.state_dir).and_then(|reader| {
            let mut calendar = ExpiryCache::new(ruleset.applicable_rules(), self.context.now);
            let grace_days = self.context.config.grace();
            reader.map_or_else(
                || Ok(Vec::new()),
                |reader| DueSession::all(&reader, &mut calendar, grace_days),
            )
        });
        // What became due at midnight may be erased soon.
        let overdue =
            due.map(|due| due.iter().filter(|due| due.day.is_some_and(|day| day < today)).count());
        match overdue {
            Ok(0) => self.find("erasure", CheckResult::Good, &msg::NOTHING_OVERDUE, &[]),
            Ok(overdue) => {
                let count = u64::try_from(overdue).unwrap_or(u64::MAX);
                let text = msg::OVERDUE.fill(self.context.language, count, &[]);
                self.findings.push(Finding { check: "erasure", health: CheckResult::Wrong, text });
            }
            Err(error) => {
                let error = error.to_string();
                let values = [("error", error.as_str())];
                self.find("erasure", CheckResult::Wrong, &msg::ERASURE_UNKNOWN, &values);
            }
        }
        self.damaged(&ruleset);
        match set_aside_files(&self.context.state_dir) {
            Ok(files) if files.is_empty() => {}
            Ok(files) => {
                let count = u64::try_from(files.len()).unwrap_or(u64::MAX);
                let text = msg::SET_ASIDE.fill(self.context.language, count, &[]);
                self.findings.push(Finding { check: "set-aside", health: CheckResult::Note, text });
            }
            // The daemon has never run, which is reported already.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.unchecked("set-aside", &error),
        }
        self.find("out-of-reach", CheckResult::Note, &OUT_OF_REACH, &[]);
    }

    /// Damaged rows are wrong as such: the card may be failing.
    fn damaged(&mut self, ruleset: &Ruleset) {
        let now = self.context.now;
        let found = Reader::open(&self.context.state_dir)
            .and_then(|reader| reader.map_or(Ok(Vec::new()), |reader| reader.damaged(now)));
        // An error was reported with the record.
        let Ok(rows) = found else { return };
        let mut calendar = ExpiryCache::new(ruleset.applicable_rules(), now);
        let due = rows.iter().filter(|row| calendar.is_damaged_due(row)).count();
        for (check, message, count) in
            [("damaged", &msg::DAMAGED, rows.len()), ("erasure", &msg::DAMAGED_DUE, due)]
        {
            if count > 0 {
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                let text = message.fill(self.context.language, count, &[]);
                self.findings.push(Finding { check, health: CheckResult::Wrong, text });
            }
        }
    }

    fn disk(&mut self) {
        let path = self.context.state_dir.display().to_string();
        let disk = match statvfs(&self.context.state_dir) {
            Ok(disk) => disk,
            // The daemon has never run, which is reported already.
            Err(Errno::ENOENT) => return,
            Err(error) => return self.unchecked("disk", &error),
        };
        #[allow(clippy::useless_conversion, reason = "both are narrower on a 32-bit box")]
        let free = u64::from(disk.blocks_available()).saturating_mul(disk.fragment_size().into());
        let megabytes = (free / 1_000_000).to_string();
        let values = [("path", path.as_str()), ("free", &megabytes)];
        if free < LOW_SPACE_BYTES {
            self.find("disk", CheckResult::Wrong, &msg::DISK_FULL, &values);
            return;
        }
        match try_writing(&self.context.state_dir) {
            // Not an error: the user may lack write permission.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                let error = error.to_string();
                let values = [("path", path.as_str()), ("error", &error)];
                self.find("disk", CheckResult::Wrong, &msg::DISK_UNWRITABLE, &values);
            }
            _ => self.find("disk", CheckResult::Good, &msg::DISK, &values),
        }
    }
}

/// Prefix of the trial files' names.
const TRIAL_PREFIX: &str = ".doctor-";

/// Writes and syncs a trial file beside the record: a failing card may still serve reads from cache and
/// accept writes that fail only on sync.
fn try_writing(directory: &Path) -> io::Result<()> {
    // Removal is not synced, so a power cut may restore an earlier one.
    for entry in fs::read_dir(directory)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(TRIAL_PREFIX) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let path = directory.join(format!("{TRIAL_PREFIX}{}", process::id()));
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(b"temoin")?;
        file.sync_all()
    });
    let removed = match fs::remove_file(&path) {
        // Another `temoin doctor` removed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    written.and(removed)
}

/// Whether two paths resolve to the same file.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}
