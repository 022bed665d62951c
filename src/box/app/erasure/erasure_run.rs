use std::path::Path;
use std::{fmt, fs, io};

use super::expired_files::{copy_due, rejected_is_due, set_aside_due};
use super::{DueSession, ExpiryCache};
use temoin_capture::spool::{Spool, SpoolError};
use temoin_core::assessment::ApplicableRules;
use temoin_core::session::ClockReading;
use temoin_journal::{Journal, JournalError, Reader, is_in_use, set_aside_files};

/// How many sessions are erased in one transaction: limited by a small box's memory.
const BATCH_SIZE: usize = 1_000;

/// How often to try emptying the journal's log while it is being read; each attempt waits.
const ATTEMPTS: usize = 3;

/// One erasure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErasureRun<'a> {
    /// Where the record is.
    pub directory: &'a Path,
    /// The law by which it is decided what is due.
    pub applicable_rules: ApplicableRules<'a>,
    /// Now. Whether the clock can be trusted is for the caller to judge.
    pub reading: ClockReading,
}

/// Which files are erased besides the sessions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FileScope {
    /// Every one that may hold something of any session that has ended.
    All,
    /// Those whose time is over.
    Due,
    /// Those whose time is over, and every damaged row.
    DueAndDamaged,
}

/// What an erasure did.
#[derive(Debug, Default)]
pub(crate) struct ErasureReport {
    /// How many sessions were erased.
    pub sessions: usize,
    /// How many other files were erased: damaged journals, unreadable spool files.
    pub files: usize,
    /// What could not be done, each with what the system said.
    pub failures: Vec<String>,
    /// Whether the journal's log is empty, in which erased values would still stand.
    pub is_complete: bool,
}

impl ErasureRun<'_> {
    /// Erases. The parts do not depend on each other: where one fails the others are done, and what
    /// failed is in [`ErasureReport::failures`]. Doing it again does the rest.
    pub(crate) fn run(
        &self,
        sessions: &[DueSession],
        files: FileScope,
        journal: &mut Journal,
    ) -> ErasureReport {
        let mut report = ErasureReport::default();
        for some in sessions.chunks(BATCH_SIZE) {
            let certificates: Vec<_> =
                some.iter().map(|due| due.certificate(self.reading.realtime)).collect();
            match journal.erase(&certificates) {
                Ok(erased) => report.sessions += erased.sessions,
                Err(error) => {
                    report.fail(&error);
                    break;
                }
            }
        }
        if let Err(error) = self.damaged(files, journal, &mut report) {
            report.fail(&error);
        }
        // By no clock that may be wrong, since nothing brings them back.
        if self.reading.synchronised {
            if let Err(error) = journal.drop_old_requests(self.reading.realtime) {
                report.fail(&error);
            }
        }
        // Also where nothing was due: an earlier erasure may have been cut off just before.
        match journal.truncate() {
            Ok(is_empty) => report.is_complete = is_empty,
            Err(error) => report.fail(&error),
        }
        self.files(files, &mut report);
        report
    }

    /// As [`Self::run`], but retries for some seconds to empty the journal's log while another
    /// process reads it.
    pub(crate) fn run_with_retries(
        &self,
        sessions: &[DueSession],
        files: FileScope,
        journal: &mut Journal,
    ) -> ErasureReport {
        let mut report = self.run(sessions, files, journal);
        for _ in 1..ATTEMPTS {
            if !report.is_complete && report.failures.is_empty() {
                match journal.truncate() {
                    Ok(is_empty) => report.is_complete = is_empty,
                    Err(error) => report.fail(&error),
                }
            }
        }
        report
    }

    /// The sessions that are due; for up to `grace_days` one waits for the operator to confirm that
    /// its record is gone, as [`DueSession::all`] says.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub(crate) fn due(&self, grace_days: u32) -> Result<Vec<DueSession>, JournalError> {
        let Some(reader) = Reader::open(self.directory)? else { return Ok(Vec::new()) };
        let mut expiry_cache = ExpiryCache::new(self.applicable_rules, self.reading.realtime);
        DueSession::all(&reader, &mut expiry_cache, grace_days)
    }

    /// Erases the rows that are damaged: all, or those that are due. One without any date that can be
    /// read is due at once: nothing says that it may be kept.
    fn damaged(
        &self,
        scope: FileScope,
        journal: &mut Journal,
        report: &mut ErasureReport,
    ) -> Result<(), JournalError> {
        let Some(reader) = Reader::open(self.directory)? else { return Ok(()) };
        let mut rows = reader.damaged(self.reading.realtime)?;
        drop(reader);
        if scope == FileScope::Due {
            let mut expiry_cache = ExpiryCache::new(self.applicable_rules, self.reading.realtime);
            rows.retain(|row| expiry_cache.is_damaged_due(row));
        }
        report.sessions += journal.erase_damaged(&rows, self.reading.realtime)?.sessions;
        Ok(())
    }

    fn files(&self, files: FileScope, report: &mut ErasureReport) {
        let now = self.reading.realtime;
        let (aside, copy) = if files == FileScope::All {
            (set_aside_files(self.directory), copy_due(self.directory, None))
        } else {
            let mut expiry_cache = ExpiryCache::new(self.applicable_rules, now);
            (set_aside_due(self.directory, &mut expiry_cache), copy_due(self.directory, Some(now)))
        };
        match aside.and_then(|aside| Ok((aside, copy?))) {
            Ok((aside, copy)) => {
                for path in aside.into_iter().chain(copy) {
                    match fs::remove_file(&path) {
                        Ok(()) => report.files += 1,
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => report.fail(&format!("{}: {error}", path.display())),
                    }
                }
            }
            Err(error) => report.fail(&format!("{}: {error}", self.directory.display())),
        }
        if let Err(error) = self.spool(files, report) {
            report.fail(&error);
        }
    }

    fn spool(&self, files: FileScope, report: &mut ErasureReport) -> Result<(), SpoolError> {
        let spool = match Spool::open(self.directory) {
            Err(SpoolError::Missing(_)) => return Ok(()),
            spool => spool?,
        };
        spool.sweep(&self.reading)?;
        let rejected = spool.rejected_path();
        let is_due = files == FileScope::All
            || report.sessions > 0
            || rejected_is_due(&rejected, self.reading.realtime).unwrap_or(true);
        if is_due {
            report.files += spool.erase_rejected()?;
        }
        // A daemon that runs has taken what waits, or is about to: it is in the record then.
        if files == FileScope::All && !is_in_use(self.directory) {
            for name in spool.waiting()? {
                spool.remove(name)?;
                report.files += 1;
            }
        }
        Ok(())
    }
}

impl ErasureReport {
    /// Whether everything is done.
    pub(crate) fn is_done(&self) -> bool {
        self.is_complete && self.failures.is_empty()
    }

    fn fail(&mut self, why: &dyn fmt::Display) {
        self.failures.push(why.to_string());
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use tempfile::tempdir;

    use super::super::due_session::tests::{closed, open, reading, record, secret};
    use super::*;
    use temoin_core::law::{Jurisdiction, Law};
    use temoin_core::record::Filter;
    use temoin_core::session::{Attributes, Change, Session};

    fn run(erasure: &ErasureRun<'_>, journal: &mut Journal) -> ErasureReport {
        erasure.run(&erasure.due(14).unwrap(), FileScope::Due, journal)
    }

    fn ids(directory: &Path) -> Vec<temoin_core::session::SessionId> {
        let reader = Reader::open(directory).unwrap().unwrap();
        let page = temoin_core::record::Pagination::first(100);
        let all = Filter::all(reading("2026-11-24T12:00:00Z").realtime);
        reader.sessions(&all, &page).unwrap().iter().map(|session| session.id).collect()
    }

    #[test]
    fn what_is_due_goes_with_a_certificate_and_a_late_word_does_not_bring_it_back() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let due = closed(1, "2025-01-01T10:00:00Z", "2025-01-02T10:00:00Z");
        let kept = closed(2, "2026-10-01T10:00:00Z", "2026-10-02T10:00:00Z");
        let lasting = open(3, "2020-01-01T10:00:00Z");
        record(&mut journal, &[(1, due.clone()), (2, kept), (3, lasting)]);
        let law = Law::compiled_in().unwrap();
        let erasure = ErasureRun {
            directory: directory.path(),
            applicable_rules: ApplicableRules::of_jurisdiction(&law, Jurisdiction::Belgium),
            reading: reading("2026-11-24T12:00:00Z"),
        };
        let report = run(&erasure, &mut journal);
        assert!(report.is_done() && report.sessions == 1, "{report:?}");
        let left = [secret(3).id(), secret(2).id()];
        let found = ids(directory.path());
        assert!(found.len() == 2 && left.iter().all(|id| found.contains(id)), "{found:?}");
        let certificates = Reader::open(directory.path()).unwrap().unwrap().certificates().unwrap();
        assert_eq!(certificates.len(), 1);
        assert_eq!(certificates[0].id, due.id);
        assert_eq!(certificates[0].expiry, "2026-01-03");

        let late = Session { last_seen: Some(due.opened.realtime), ..due.clone() };
        for change in [Change::Update(late.clone()), Change::Close(late)] {
            journal.record(&[change], None).unwrap();
        }
        assert!(!journal.learn(due.id, &Attributes::default()).unwrap());
        assert_eq!(ids(directory.path()), found);
        let again = run(&erasure, &mut journal);
        assert!(again.is_done() && again.sessions == 0, "{again:?}");
    }

    #[test]
    fn what_the_spool_could_not_read_goes_with_the_first_session() {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let spool = Spool::create(directory.path()).unwrap();
        let rejected = spool.rejected_path();
        fs::create_dir(&rejected).unwrap();
        let now = reading("2026-11-24T12:00:00Z");
        let noted = rejected.join("torn");
        File::create(&noted)
            .unwrap()
            .set_modified(
                std::time::UNIX_EPOCH + now.realtime.since(temoin_core::session::Timestamp::EPOCH),
            )
            .unwrap();
        let law = Law::compiled_in().unwrap();
        let applicable_rules = ApplicableRules::of_jurisdiction(&law, Jurisdiction::Belgium);
        let erasure = ErasureRun { directory: directory.path(), applicable_rules, reading: now };
        assert_eq!(run(&erasure, &mut journal).files, 0);
        assert!(noted.exists());
        record(&mut journal, &[(1, closed(1, "2025-01-01T10:00:00Z", "2025-01-02T10:00:00Z"))]);
        assert_eq!(run(&erasure, &mut journal).files, 1);
        assert!(!noted.exists());
    }
}
