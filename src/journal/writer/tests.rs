use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use proptest::collection::vec;
use proptest::{prop_assert_eq, proptest};
use tempfile::tempdir;

use super::super::connection::companion;
use super::super::test_support::{
    EIGHT, MINUTE, all, any_session, at, brussels, ended, opening, reading, session,
};
use super::super::{Reader, schema};
use super::*;
use temoin_core::session::{Observed, Source, TimeBounds, Timestamp};

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]
    #[test]
    fn what_is_recorded_is_read_back_the_same(sessions in vec(any_session(), 1..6)) {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let changes: Vec<Change> = sessions
            .iter()
            .map(|(session, secret)| Change::Open(session.clone(), secret.clone()))
            .collect();
        journal.record(&changes, None).unwrap();
        let expected: Vec<Session> =
            sessions.iter().rev().map(|(session, _)| session.clone()).collect();
        prop_assert_eq!(&all(directory.path()), &expected);
        let reader = Reader::open(directory.path()).unwrap().unwrap();
        for (session, secret) in &sessions {
            let kept = reader.secret(&session.id).unwrap();
            prop_assert_eq!(kept.as_ref(), Some(secret));
        }
        let open: Vec<Session> =
            expected.into_iter().rev().filter(|session| session.end.is_none()).collect();
        prop_assert_eq!(journal.open_sessions().unwrap(), open);
    }

    #[test]
    fn what_changes_is_read_back_the_same((first, secret) in any_session(),
                                          (mut later, _) in any_session()) {
        let directory = tempdir().unwrap();
        let mut journal = open(directory.path());
        let mut first = first;
        first.end = None;
        first.start.value = TimeBounds::claimed(Timestamp::EPOCH);
        later.id = first.id;
        journal.record(&[Change::Open(first.clone(), secret)], None).unwrap();
        journal.record(&[Change::Close(later.clone())], None).unwrap();
        later.attributes.fill_missing(&first.attributes);
        later.last_seen = later.last_seen.max(first.last_seen);
        prop_assert_eq!(all(directory.path()), [later.clone()]);
        prop_assert_eq!(journal.open_sessions().unwrap().is_empty(), later.end.is_some());
    }
}

#[test]
fn a_session_that_was_closed_is_no_longer_open() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let opened = session(1, reading(0, 10, true));
    journal.record(&[opening(1, &opened)], Some("1")).unwrap();
    assert_eq!(journal.open_sessions().unwrap(), std::slice::from_ref(&opened));
    let closed = ended(opened, reading(0, 20, true));
    journal.record(&[Change::Close(closed.clone())], Some("2")).unwrap();
    assert_eq!(journal.open_sessions().unwrap(), []);
    assert_eq!(all(directory.path()), [closed]);
}

#[test]
fn a_crash_before_the_spool_file_is_removed_records_nothing_twice() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let first = session(1, reading(0, 10, true));
    journal.record(&[opening(1, &first)], Some("0001-up")).unwrap();
    drop(journal);

    let mut journal = open(directory.path());
    assert!(journal.has_taken("0001-up").unwrap());
    assert!(!journal.has_taken("0002-up").unwrap());
    // After the crash the tracker has drawn another secret for what it takes for a new session.
    let again = session(2, reading(0, 10, true));
    journal.record(&[opening(2, &again)], Some("0001-up")).unwrap();
    assert_eq!(all(directory.path()), [first]);
}

#[test]
fn names_of_spool_files_that_are_gone_are_forgotten_by_the_next_transaction() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    for (number, name) in [(1, "a"), (2, "b")] {
        let opened = session(number, reading(0, 10, true));
        journal.record(&[opening(number, &opened)], Some(name)).unwrap();
    }
    journal.forget_taken(vec!["b".to_owned()]);
    assert!(journal.has_taken("a").unwrap());
    journal.record(&[opening(3, &session(3, reading(0, 11, true)))], Some("c")).unwrap();
    let taken = ["a", "b", "c"].map(|name| journal.has_taken(name).unwrap());
    assert_eq!(taken, [false, true, true]);
}

#[test]
fn a_late_fact_is_filled_in_and_a_known_one_stays() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let mut opened = session(1, reading(0, 10, true));
    opened.attributes.origin_address = None;
    let closed = ended(opened.clone(), reading(0, 20, true));
    journal.record(&[opening(1, &opened), Change::Close(closed.clone())], None).unwrap();
    let found = |address: [u8; 4]| Attributes {
        origin_address: Some(Observed::new(address.into(), Source::Stun)),
        ..Attributes::default()
    };
    assert!(journal.learn(closed.id, &found([198, 51, 100, 7])).unwrap());
    assert!(!journal.learn(closed.id, &found([198, 51, 100, 8])).unwrap());
    assert!(!journal.learn(session(2, closed.opened).id, &found([1, 2, 3, 4])).unwrap());
    let mut expected = closed;
    expected.attributes.fill_missing(&found([198, 51, 100, 7]));
    assert_eq!(all(directory.path()), [expected]);
}

#[test]
fn a_fact_found_out_meanwhile_outlives_a_word_that_does_not_know_it() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let mut opened = session(1, reading(0, 10, true));
    let origin = opened.attributes.origin_address.take();
    journal.record(&[opening(1, &opened)], None).unwrap();
    journal
        .learn(opened.id, &Attributes { origin_address: origin, ..Attributes::default() })
        .unwrap();
    let mut closed = ended(opened, reading(0, 20, true));
    journal.record(&[Change::Close(closed.clone())], None).unwrap();
    closed.attributes.origin_address = origin;
    assert_eq!(all(directory.path()), [closed]);
}

#[test]
fn a_trusted_clock_dates_its_own_boot_exactly_and_once() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let opened = session(1, reading(2, 210, false));
    journal.record(&[opening(1, &opened)], None).unwrap();
    assert_eq!(journal.date(&reading(2, 230, false)).unwrap(), []);
    let dated = journal.date(&reading(2, 230, true)).unwrap();
    assert_eq!(dated.len(), 1);
    assert_eq!(dated[0].start.value, TimeBounds::exact(at(EIGHT + 210 * MINUTE)));
    assert_eq!(all(directory.path()), dated);
    let log = companion(&directory.path().join(DATABASE), "-wal");
    let before = fs::read(&log).unwrap();
    assert_eq!(journal.date(&reading(2, 240, true)).unwrap(), []);
    assert_eq!(fs::read(&log).unwrap(), before);
    // A tracker that was not told of the date does not take it away.
    let closed = ended(opened, reading(2, 250, true));
    journal.record(&[Change::Close(closed)], None).unwrap();
    assert_eq!(all(directory.path())[0].start.value, dated[0].start.value);
}

#[test]
fn a_session_of_an_earlier_boot_lies_between_its_neighbours_on_the_same_interface() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let before = ended(session(1, reading(0, 10, true)), reading(0, 20, true));
    let undated = ended(session(2, reading(1, 110, false)), reading(1, 120, false));
    let mut elsewhere = session(3, reading(1, 130, true));
    elsewhere.device = "tun1".parse().unwrap();
    let after = session(4, reading(2, 210, true));
    let changes = [(1, &before), (2, &undated), (3, &elsewhere), (4, &after)]
        .map(|(number, session)| opening(number, session));
    journal.record(&changes, None).unwrap();
    let dated = journal.date(&reading(2, 230, true)).unwrap();
    assert_eq!(dated.len(), 1);
    let bounds = (Some(at(EIGHT + 20 * MINUTE)), Some(at(EIGHT + 200 * MINUTE)));
    let start = dated[0].start.value;
    assert_eq!((start.earliest, start.latest), bounds);
    assert_eq!(start.claimed, Some(undated.opened.realtime));
    let end = dated[0].end.as_ref().unwrap().moment.value;
    assert_eq!((end.earliest, end.latest), bounds);
    assert_eq!(journal.date(&reading(2, 240, true)).unwrap(), []);
}

#[test]
fn in_a_container_an_earlier_start_may_lie_after_the_kernels() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let undated = ended(session(1, reading(1, 110, false)), reading(1, 120, false));
    journal.record(&[opening(1, &undated)], None).unwrap();
    // Ten minutes after the host's kernel started, this container had.
    let mut journal = journal.with_boot_started_by(Uptime::from_milliseconds(600_000));
    let dated = journal.date(&reading(2, 230, true)).unwrap();
    assert_eq!(dated[0].start.value.latest, Some(at(EIGHT + 210 * MINUTE)));
}

#[test]
fn what_was_erased_stays_erased() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let opened = session(1, reading(0, 10, true));
    journal.record(&[opening(1, &opened)], None).unwrap();
    let certificate = ErasureCertificate {
        id: opened.id,
        erased_at: at(EIGHT + 15 * MINUTE),
        expiry: "2027-11-25".to_owned(),
    };
    let erased = journal.erase(std::slice::from_ref(&certificate)).unwrap();
    assert_eq!(erased, ErasedCount { sessions: 1, is_complete: true });
    let closed = ended(opened.clone(), reading(0, 20, true));
    journal.record(&[Change::Update(opened), Change::Close(closed)], None).unwrap();
    assert_eq!(all(directory.path()), []);
    assert_eq!(journal.open_sessions().unwrap(), []);
    let again = journal.erase(std::slice::from_ref(&certificate)).unwrap();
    assert_eq!(again, ErasedCount { sessions: 0, is_complete: true });
    let reader = Reader::open(directory.path()).unwrap().unwrap();
    assert_eq!(reader.certificates().unwrap(), [certificate]);
}

#[test]
fn a_full_disk_is_said_and_the_journal_goes_on_when_there_is_room() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let mut recorded = 0;
    // Not a full disk but the same answer of SQLite's: it may have no more pages.
    journal.max_pages = Some(60);
    let error = loop {
        let opened = session(recorded, reading(0, i64::from(recorded), true));
        match journal.record(&[opening(recorded, &opened)], Some(&recorded.to_string())) {
            Ok(()) => recorded += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full { .. }), "{error:?}");
    assert!(error.is_transient());
    assert!(recorded > 10);
    assert!(!journal.has_taken(&recorded.to_string()).unwrap());
    journal.max_pages = None;
    let opened = session(recorded, reading(0, i64::from(recorded), true));
    journal.record(&[opening(recorded, &opened)], Some(&recorded.to_string())).unwrap();
    assert_eq!(all(directory.path()).len(), usize::try_from(recorded).unwrap() + 1);
}

#[test]
fn a_second_daemon_is_refused_while_a_command_beside_it_is_not() {
    let directory = tempdir().unwrap();
    assert!(Journal::open_beside(directory.path()).unwrap().is_none());
    let mut first = open(directory.path());
    let error = Journal::open(directory.path()).unwrap_err();
    assert!(matches!(error, JournalError::InUse { .. }), "{error:?}");
    let opened = session(1, reading(0, 10, true));
    first.record(&[opening(1, &opened)], None).unwrap();
    let beside = Journal::open_beside(directory.path()).unwrap().unwrap();
    assert_eq!(beside.open_sessions().unwrap(), [opened]);
    drop(first);
    open(directory.path());
}

#[test]
fn a_journal_of_a_newer_schema_version_is_left_as_it_is() {
    let directory = tempdir().unwrap();
    drop(open(directory.path()));
    let path = directory.path().join(DATABASE);
    let newer = CURRENT_VERSION + 1;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", newer).unwrap();
    let before = fs::read(&path).unwrap();
    let errors = [
        Journal::open(directory.path()).unwrap_err(),
        Journal::open_beside(directory.path()).unwrap_err(),
        Reader::open(directory.path()).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, JournalError::Newer { found, .. } if found == newer));
        assert!(error.to_string().contains("upgrade temoin"), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn only_its_owner_may_look_into_the_journal() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempdir().unwrap();
    let directory = parent.path().join("a/b");
    let mut journal = open(&directory);
    journal.record(&[opening(1, &session(1, reading(0, 1, true)))], None).unwrap();
    let _reader = Reader::open(&directory).unwrap().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn the_log_stays_short() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    for number in 0..600 {
        let opened = session(number, reading(0, i64::from(number), true));
        journal.record(&[opening(number, &opened)], Some(&number.to_string())).unwrap();
        journal.forget_taken(Vec::new());
        journal.record(&[Change::Close(ended(opened, reading(0, 700, true)))], None).unwrap();
    }
    let log = companion(&directory.path().join(DATABASE), "-wal");
    assert!(fs::metadata(log).unwrap().len() < 600 * 1024);
    assert_eq!(all(directory.path()).len(), 600);
    assert!(!companion(&directory.path().join(DATABASE), "-journal").exists());
}

/// The variable that makes this test program write to the directory it names until it is killed.
const VICTIM: &str = "TEMOIN_TEST_JOURNAL_TO_WRITE_UNTIL_KILLED";

#[test]
fn a_kill_in_the_middle_of_writing_leaves_a_sound_journal() {
    if let Some(directory) = std::env::var_os(VICTIM) {
        return write_for_ever(Path::new(&directory));
    }
    let directory = tempdir().unwrap();
    let mut known = 0;
    for round in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("writer::tests::a_kill_in_the_middle_of_writing_leaves_a_sound_journal")
            .env(VICTIM, directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Until it writes, and then up to some moment within a transaction.
        for _ in 0..600 {
            let written = Reader::open(directory.path()).ok().flatten().map_or(0, |reader| {
                reader.count(&temoin_core::record::Filter::all(at(EIGHT))).unwrap()
            });
            if written > known {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(13 * round));
        child.kill().unwrap();
        child.wait().unwrap();

        let journal = open(directory.path());
        session_counts::tests::check(directory.path());
        let sessions = all(directory.path());
        let written = sessions.len() as u64;
        assert!(written > known, "round {round} wrote nothing");
        known = written;
        // Each is there with the name of its file, or not at all, and none is left out.
        for (number, session) in (0..).zip(sessions.iter().rev()) {
            assert_eq!(session.id, super::super::test_support::secret(number).id());
        }
        let taken: u64 = journal
            .write(|transaction| {
                let sql = "SELECT count(*) FROM unfinished WHERE kind = 'taken'";
                transaction.query_row(sql, [], |row| row.get::<_, i64>(0))
            })
            .unwrap()
            .unsigned_abs();
        assert_eq!(taken, written);
        assert!(journal.has_taken(&(written - 1).to_string()).unwrap());
        assert!(!journal.has_taken(&written.to_string()).unwrap());
    }
}

fn write_for_ever(directory: &Path) {
    let mut journal = open(directory);
    journal.count_in(&[brussels()]).unwrap();
    let first = u32::try_from(all(directory).len()).unwrap();
    for number in first.. {
        let opened = session(number, reading(0, i64::from(number), true));
        let over = ended(opened, reading(0, i64::from(number) + 1, true));
        journal.record(&[opening(number, &over)], Some(&number.to_string())).unwrap();
    }
}

#[test]
fn readers_see_whole_transactions_while_the_daemon_writes_and_empties_its_log() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let pair = |number: u32| {
        let opened = session(number, reading(0, i64::from(number), true));
        let twin = session(number + 1, opened.opened);
        [opening(number, &opened), opening(number + 1, &twin)]
    };
    journal.record(&pair(0), None).unwrap();
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = 0;
                    while seen < 300 {
                        let sessions = all(directory.path());
                        assert_eq!(sessions.len() % 2, 0);
                        assert!(sessions.len() >= seen);
                        seen = sessions.len();
                    }
                })
            })
            .collect();
        for number in (2..300).step_by(2) {
            journal.record(&pair(number), None).unwrap();
            if number % 50 == 0 {
                journal.truncate().unwrap();
            }
        }
        for reader in readers {
            reader.join().unwrap();
        }
    });
    assert_eq!(all(directory.path()).len(), 300);
    assert!(journal.truncate().unwrap());
    let log = companion(&directory.path().join(DATABASE), "-wal");
    assert_eq!(fs::metadata(log).unwrap().len(), 0);
}

#[test]
fn an_erasure_during_a_reading_says_that_it_is_not_complete() {
    let directory = tempdir().unwrap();
    let mut journal = open(directory.path());
    let sessions: Vec<Session> =
        (0..40).map(|number| session(number, reading(0, i64::from(number), true))).collect();
    let changes: Vec<Change> = (0..).zip(&sessions).map(|(n, s)| opening(n, s)).collect();
    journal.record(&changes, None).unwrap();
    let certificate =
        ErasureCertificate { id: sessions[3].id, erased_at: at(EIGHT), expiry: String::new() };
    let reader = Reader::open(directory.path()).unwrap().unwrap();
    let mut seen = 0;
    reader
        .for_each(&temoin_core::record::Filter::all(at(EIGHT)), |_| {
            if seen == 0 {
                let erased = journal.erase(std::slice::from_ref(&certificate)).unwrap();
                assert_eq!(erased, ErasedCount { sessions: 1, is_complete: false });
            }
            seen += 1;
            std::ops::ControlFlow::<()>::Continue(())
        })
        .unwrap();
    assert_eq!(seen, 40, "a reading sees one state of the journal");
    assert!(journal.truncate().unwrap());
    assert_eq!(all(directory.path()).len(), 39);
}

fn open(directory: &Path) -> Journal {
    let (journal, aside) = Journal::open(directory).unwrap();
    assert_eq!(aside, None);
    assert_eq!(journal.write(|transaction| schema::version(transaction)).unwrap(), CURRENT_VERSION);
    journal
}
