use std::path::Path;
use std::{fmt, fs, io};

use super::files::{copy_due, rejected_is_due, set_aside_due};
use super::{Calendar, Due};
use crate::capture::spool::{Spool, SpoolError};
use crate::domain::ClockReading;
use crate::holding::Rulebook;
use crate::journal::{Journal, JournalError, Reader, is_in_use, set_aside_files};

/// How many sessions go in one transaction: as many as a small box's memory has room for.
const AT_ONCE: usize = 1_000;

/// How often the journal's log is tried to be emptied while somebody reads it; each time waits.
const ATTEMPTS: usize = 3;

/// One erasure.
#[derive(Clone, Copy, Debug)]
pub struct Erasure<'a> {
    /// Where the record is.
    pub directory: &'a Path,
    /// The law by which it is decided what is due.
    pub rulebook: Rulebook<'a>,
    /// Now. Whether the clock can be trusted is for the caller to judge.
    pub reading: ClockReading,
}

/// Which files go beside the sessions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Files {
    /// Every one that may hold something of any session that has ended.
    All,
    /// Those whose time is over.
    Due,
}

/// What an erasure did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many sessions are gone.
    pub sessions: usize,
    /// How many other files are gone: journals that were set aside, what the spool could not read.
    pub files: usize,
    /// What could not be done, each with what the system said.
    pub failures: Vec<String>,
    /// Whether the journal's log is empty, in which erased values would still stand.
    pub is_complete: bool,
}

impl Erasure<'_> {
    /// Erases. The parts do not depend on each other: where one fails the others are done, and what
    /// failed is in [`Outcome::failures`]. Doing it again does the rest.
    pub fn run(&self, sessions: &[Due], files: Files, journal: &mut Journal) -> Outcome {
        let mut outcome = Outcome::default();
        for some in sessions.chunks(AT_ONCE) {
            let certificates: Vec<_> =
                some.iter().map(|due| due.certificate(self.reading.realtime)).collect();
            match journal.erase(&certificates) {
                Ok(erased) => outcome.sessions += erased.sessions,
                Err(error) => {
                    outcome.fail(&error);
                    break;
                }
            }
        }
        // By no clock that may be wrong, since nothing brings them back.
        if self.reading.synchronised {
            if let Err(error) = journal.drop_old_requests(self.reading.realtime) {
                outcome.fail(&error);
            }
        }
        // Also where nothing was due: an earlier erasure may have been cut off just before.
        match journal.truncate() {
            Ok(is_empty) => outcome.is_complete = is_empty,
            Err(error) => outcome.fail(&error),
        }
        self.files(files, &mut outcome);
        outcome
    }

    /// As [`Self::run`], for somebody who waits for it: where somebody else reads the journal, it is tried
    /// for some seconds to empty its log.
    pub fn run_patiently(&self, sessions: &[Due], files: Files, journal: &mut Journal) -> Outcome {
        let mut outcome = self.run(sessions, files, journal);
        for _ in 1..ATTEMPTS {
            if !outcome.is_complete && outcome.failures.is_empty() {
                match journal.truncate() {
                    Ok(is_empty) => outcome.is_complete = is_empty,
                    Err(error) => outcome.fail(&error),
                }
            }
        }
        outcome
    }

    /// The sessions that are due; for up to `grace_days` one waits for the operator to confirm that
    /// its record is gone, as [`Due::all`] says.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn due(&self, grace_days: u32) -> Result<Vec<Due>, JournalError> {
        let Some(reader) = Reader::open(self.directory)? else { return Ok(Vec::new()) };
        let mut calendar = Calendar::new(self.rulebook, self.reading.realtime);
        Due::all(&reader, &mut calendar, grace_days)
    }

    fn files(&self, files: Files, outcome: &mut Outcome) {
        let now = self.reading.realtime;
        let (aside, copy) = if files == Files::All {
            (set_aside_files(self.directory), copy_due(self.directory, None))
        } else {
            let mut calendar = Calendar::new(self.rulebook, now);
            (set_aside_due(self.directory, &mut calendar), copy_due(self.directory, Some(now)))
        };
        match aside.and_then(|aside| Ok((aside, copy?))) {
            Ok((aside, copy)) => {
                for path in aside.into_iter().chain(copy) {
                    match fs::remove_file(&path) {
                        Ok(()) => outcome.files += 1,
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => outcome.fail(&format!("{}: {error}", path.display())),
                    }
                }
            }
            Err(error) => outcome.fail(&format!("{}: {error}", self.directory.display())),
        }
        if let Err(error) = self.spool(files, outcome) {
            outcome.fail(&error);
        }
    }

    fn spool(&self, files: Files, outcome: &mut Outcome) -> Result<(), SpoolError> {
        let spool = match Spool::open(self.directory) {
            Err(SpoolError::Missing(_)) => return Ok(()),
            spool => spool?,
        };
        spool.sweep(&self.reading)?;
        let rejected = spool.rejected_path();
        let is_due = files == Files::All
            || outcome.sessions > 0
            || rejected_is_due(&rejected, self.reading.realtime).unwrap_or(true);
        if is_due {
            outcome.files += spool.erase_rejected()?;
        }
        // A daemon that runs has taken what waits, or is about to: it is in the record then.
        if files == Files::All && !is_in_use(self.directory) {
            for name in spool.waiting()? {
                spool.remove(name)?;
                outcome.files += 1;
            }
        }
        Ok(())
    }
}

impl Outcome {
    /// Whether everything is done.
    pub fn is_done(&self) -> bool {
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

    use super::super::due::tests::{closed, open, reading, record, secret};
    use super::*;
    use crate::domain::{Change, Facts, Session};
    use crate::journal::Filter;
    use crate::retention::{Jurisdiction, Law};

    fn run(erasure: &Erasure<'_>, journal: &mut Journal) -> Outcome {
        erasure.run(&erasure.due(14).unwrap(), Files::Due, journal)
    }

    fn ids(directory: &Path) -> Vec<crate::domain::SessionId> {
        let reader = Reader::open(directory).unwrap().unwrap();
        let page = crate::journal::Page::first(100);
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
        let erasure = Erasure {
            directory: directory.path(),
            rulebook: Rulebook::of_jurisdiction(&law, Jurisdiction::Belgium),
            reading: reading("2026-11-24T12:00:00Z"),
        };
        let outcome = run(&erasure, &mut journal);
        assert!(outcome.is_done() && outcome.sessions == 1, "{outcome:?}");
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
        assert!(!journal.learn(due.id, &Facts::default()).unwrap());
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
                std::time::UNIX_EPOCH + now.realtime.since(crate::domain::Timestamp::EPOCH),
            )
            .unwrap();
        let law = Law::compiled_in().unwrap();
        let rulebook = Rulebook::of_jurisdiction(&law, Jurisdiction::Belgium);
        let erasure = Erasure { directory: directory.path(), rulebook, reading: now };
        assert_eq!(run(&erasure, &mut journal).files, 0);
        assert!(noted.exists());
        record(&mut journal, &[(1, closed(1, "2025-01-01T10:00:00Z", "2025-01-02T10:00:00Z"))]);
        assert_eq!(run(&erasure, &mut journal).files, 1);
        assert!(!noted.exists());
    }
}
