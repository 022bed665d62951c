use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::ExpiryCache;
use super::expiry_cache::is_past;
use super::expiry_cache::is_possible;
use temoin_core::session::Timestamp;
use temoin_journal::{copy_before_upgrade, set_aside_files};

/// How long unreadable spool files are kept, in milliseconds: a week, for diagnosis.
const REJECTED_KEPT_MS: i64 = 7 * 86_400_000;

/// How long an upgrade may need its copy of the journal, in milliseconds.
const UPGRADE_TIMEOUT_MS: i64 = 86_400_000;

/// The set-aside journals that are due. One with an impossible date is given today's.
pub(super) fn set_aside_due(
    directory: &Path,
    expiry_cache: &mut ExpiryCache<'_>,
) -> io::Result<Vec<PathBuf>> {
    let now = expiry_cache.now();
    let mut due = Vec::new();
    for path in set_aside_files(directory)? {
        let written = written(&path)?.filter(|at| is_possible(*at, now));
        match written {
            Some(at) if is_past(expiry_cache.of_file(at), now) => due.push(path),
            Some(_) => {}
            None => File::options().append(true).open(&path)?.set_modified(system_time(now))?,
        }
    }
    Ok(due)
}

/// A copy of the journal left behind by an interrupted upgrade: any, or, given `now`, one older
/// than any upgrade takes.
pub(super) fn copy_due(directory: &Path, now: Option<Timestamp>) -> io::Result<Option<PathBuf>> {
    let path = copy_before_upgrade(directory);
    let written = match written(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        written => written?,
    };
    let is_young = |at: Timestamp, now| at <= now && now < at.shifted(UPGRADE_TIMEOUT_MS);
    let is_needed = written.zip(now).is_some_and(|(at, now)| is_young(at, now));
    Ok((!is_needed).then_some(path))
}

/// Whether something that could not be read in a spool has been kept for long enough.
pub(super) fn rejected_is_due(directory: &Path, now: Timestamp) -> io::Result<bool> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        let written = written(&entry?.path())?;
        if written.is_none_or(|at| at > now || at.shifted(REJECTED_KEPT_MS) <= now) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When a file, or a link itself, was last written to; `None` where its date is none.
fn written(path: &Path) -> io::Result<Option<Timestamp>> {
    let modified = fs::symlink_metadata(path)?.modified()?;
    let Ok(since) = modified.duration_since(UNIX_EPOCH) else { return Ok(None) };
    Ok(i64::try_from(since.as_millis()).ok().and_then(|at| Timestamp::from_milliseconds(at).ok()))
}

fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + at.since(Timestamp::EPOCH)
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::super::due_session::tests::at;
    use super::*;
    use temoin_core::assessment::ApplicableRules;
    use temoin_core::law::{Jurisdiction, Law};

    fn file(path: &Path, date: &str) {
        fs::write(path, "what it held").unwrap();
        File::options()
            .append(true)
            .open(path)
            .unwrap()
            .set_modified(system_time(at(date)))
            .unwrap();
    }

    #[test]
    fn the_copy_of_an_upgrade_stays_for_a_day_unless_all_goes() {
        let directory = tempdir().unwrap();
        let due = |now: Option<&str>| copy_due(directory.path(), now.map(at)).unwrap();
        assert_eq!(due(None), None);
        let copy = copy_before_upgrade(directory.path());
        file(&copy, "2026-03-31T12:00:00Z");
        assert_eq!(due(Some("2026-04-01T11:59:59Z")), None);
        assert_eq!(due(Some("2026-04-01T12:00:00Z")), Some(copy.clone()));
        // A date that lies ahead says nothing.
        assert_eq!(due(Some("2026-03-31T11:00:00Z")), Some(copy.clone()));
        assert_eq!(due(None), Some(copy));
    }

    #[test]
    fn a_journal_that_was_set_aside_goes_when_its_last_session_would() {
        let directory = tempdir().unwrap();
        let old = directory.path().join("journal.damaged-1");
        let log = directory.path().join("journal.damaged-1-wal");
        let new = directory.path().join("journal.damaged-2");
        file(&old, "2026-01-05T10:00:00Z");
        file(&log, "2026-01-05T10:00:00Z");
        file(&new, "2026-03-05T10:00:00Z");
        let law = Law::compiled_in().unwrap();
        let due = |applicable_rules, now: &str| {
            set_aside_due(directory.path(), &mut ExpiryCache::new(applicable_rules, at(now)))
                .unwrap()
        };
        let belgium = ApplicableRules::of_jurisdiction(&law, Jurisdiction::Belgium);
        assert_eq!(due(belgium, "2027-01-05T12:00:00Z"), [""; 0].map(PathBuf::from));
        assert_eq!(due(belgium, "2027-01-06T12:00:00Z"), [old.clone(), log.clone()]);
        let nobody = ApplicableRules { law: &law, jurisdiction: None, profile: None };
        assert_eq!(due(nobody, "2027-02-05T12:00:00Z"), [""; 0].map(PathBuf::from));
        assert_eq!(due(nobody, "2027-02-06T12:00:00Z"), [old, log]);
    }

    #[test]
    fn one_with_an_impossible_date_is_counted_from_now_on() {
        let directory = tempdir().unwrap();
        let law = Law::compiled_in().unwrap();
        let nobody = ApplicableRules { law: &law, jurisdiction: None, profile: None };
        let path = directory.path().join("journal.damaged-1");
        let due = |now: &str| {
            set_aside_due(directory.path(), &mut ExpiryCache::new(nobody, at(now))).unwrap()
        };
        for date in ["1970-01-01T00:10:00Z", "2099-01-01T00:00:00Z"] {
            file(&path, date);
            assert_eq!(due("2027-01-05T12:00:00Z"), [""; 0].map(PathBuf::from));
            assert_eq!(due("2028-02-05T23:00:00Z"), [""; 0].map(PathBuf::from));
            assert_eq!(due("2028-02-06T00:00:00Z"), std::slice::from_ref(&path));
        }
    }

    #[test]
    fn what_could_not_be_read_is_kept_for_a_week() {
        let directory = tempdir().unwrap();
        let now = at("2026-11-24T12:00:00Z");
        assert!(!rejected_is_due(&directory.path().join("rejected"), now).unwrap());
        let path = directory.path().join("one");
        for (date, is_due) in [
            ("2026-11-24T11:00:00Z", false),
            ("2026-11-17T13:00:00Z", false),
            ("2026-11-17T12:00:00Z", true),
            ("1970-01-01T00:10:00Z", true),
            ("2099-01-01T00:00:00Z", true),
        ] {
            file(&path, date);
            assert_eq!(rejected_is_due(directory.path(), now).unwrap(), is_due, "{date}");
        }
    }
}
