//! Measures the bytes written per session, and the time to read a large journal. Not tests; run
//! manually: `cargo test --lib journal::write_cost -- --ignored --nocapture --test-threads 1`.

use std::fs;
use std::time::Instant;

use super::test_support::{EIGHT, MINUTE, at, brussels, ended, opening, reading, session};
use super::{Journal, Reader};
use temoin_core::record::{Filter, Pagination, SessionState};
use temoin_core::session::Change;

/// What this process has written so far, in bytes: as handed to the kernel, and as pages that the
/// kernel must bring to the card (proc(5)).
fn written() -> (u64, u64) {
    let counters = fs::read_to_string("/proc/self/io").unwrap();
    let value = |name: &str| {
        let line = counters.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    (value("wchar:"), value("write_bytes:"))
}

#[test]
#[ignore = "it measures"]
fn bytes_written_a_session() {
    const SESSIONS: u32 = 340;
    // Beside the sources: /tmp may be in memory, where nothing counts as written.
    let directory = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    for (how, readers, flush) in [
        ("alone", false, false),
        ("alone, flushed between", false, true),
        ("beside a reader", true, false),
        ("beside a reader, flushed between", true, true),
    ] {
        let directory = directory.path().join(how);
        let (mut journal, _) = Journal::open(&directory).unwrap();
        journal.count_in(&[brussels()]).unwrap();
        let mut minute = 0;
        let mut one = |journal: &mut Journal, number: u32| {
            minute += 30;
            let opened = session(number, reading(0, minute, true));
            journal.record(&[opening(number, &opened)], Some(&format!("{number:020}a"))).unwrap();
            journal.forget_taken(Vec::new());
            if flush {
                nix::unistd::sync();
            }
            let closed = ended(opened, reading(0, minute + 20, true));
            journal.record(&[Change::Close(closed)], Some(&format!("{number:020}b"))).unwrap();
            journal.forget_taken(Vec::new());
            if flush {
                nix::unistd::sync();
            }
        };
        for number in 0..SESSIONS {
            one(&mut journal, number);
        }
        let reader = readers.then(|| Reader::open(&directory).unwrap().unwrap());
        let before = written();
        for number in SESSIONS..2 * SESSIONS {
            one(&mut journal, number);
        }
        let after = written();
        drop(reader);
        println!(
            "{how}: wchar {}, write_bytes {} a session; database {} bytes",
            (after.0 - before.0) / u64::from(SESSIONS),
            (after.1 - before.1) / u64::from(SESSIONS),
            fs::metadata(directory.join("journal.db")).unwrap().len()
        );
    }
}

#[test]
#[ignore = "it measures"]
fn a_thousand_sessions_a_day_for_a_year() {
    const SESSIONS: u32 = 365_000;
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(directory.path()).unwrap();
    journal.count_in(&[brussels()]).unwrap();
    let start = Instant::now();
    for first in (0..SESSIONS).step_by(5000) {
        let changes: Vec<Change> = (first..first + 5000)
            .map(|number| {
                let minute = i64::from(number) * 2;
                let opened = session(number, reading(0, minute, true));
                opening(number, &ended(opened, reading(0, minute + 1, true)))
            })
            .collect();
        journal.record(&changes, None).unwrap();
    }
    println!("recorded in {:?}", start.elapsed());
    let opened = session(SESSIONS, reading(0, i64::from(SESSIONS) * 2, true));
    journal.record(&[opening(SESSIONS, &opened)], None).unwrap();
    drop(journal);
    let start = Instant::now();
    let (mut journal, _) = Journal::open(directory.path()).unwrap();
    println!("opened and checked in {:?}", start.elapsed());
    let start = Instant::now();
    journal.record(&[Change::Close(ended(opened, reading(0, 731_000, true)))], None).unwrap();
    println!("one transaction in {:?}", start.elapsed());

    let all = Filter::all(at(EIGHT + 731_000 * MINUTE));
    let day = Filter {
        since: Some(at(EIGHT + 200_000 * MINUTE)),
        until: Some(at(EIGHT + 201_440 * MINUTE)),
        ..all.clone()
    };
    let recent = Filter { since: Some(at(EIGHT + 100_000 * MINUTE)), ..all.clone() };
    let address = Filter { address: Some([198, 51, 0x81, 0xa7].into()), ..all.clone() };
    let nowhere = Filter { address: Some([192, 0, 2, 9].into()), ..all.clone() };
    let open = Filter { state: Some(SessionState::Open), ..all.clone() };
    let middle = session(180_000, reading(0, 0, true)).id;
    let timed = |what: &str, act: &dyn Fn(&Reader) -> u64| {
        let start = Instant::now();
        let reader = Reader::open(directory.path()).unwrap().unwrap();
        let found = act(&reader);
        println!("{what}: {found} in {:?}", start.elapsed());
    };
    let page = |filter: &Filter, page: Pagination| {
        let filter = filter.clone();
        move |reader: &Reader| reader.sessions(&filter, &page).unwrap().len() as u64
    };
    timed("first page", &page(&all, Pagination::first(50)));
    timed("first page of one day", &page(&day, Pagination::first(50)));
    timed("first page since", &page(&recent, Pagination::first(50)));
    timed(
        "page at offset 300000",
        &page(&all, Pagination { offset: 300_000, ..Pagination::first(50) }),
    );
    timed(
        "page after a session",
        &page(&all, Pagination { after: Some(middle), ..Pagination::first(50) }),
    );
    timed("an address", &page(&address, Pagination::first(50)));
    timed("an address that is nowhere", &page(&nowhere, Pagination::first(50)));
    timed("open ones", &page(&open, Pagination::first(50)));
    timed("count", &|reader| reader.count(&all).unwrap());
    timed("count of one day", &|reader| reader.count(&day).unwrap());
    timed("session counts", &|reader| {
        reader.session_counts().unwrap().unwrap().groups.len() as u64
    });
    timed("find", &|reader| reader.find(&middle.into()).unwrap().len() as u64);
    timed("export", &|reader| {
        let mut count = 0;
        reader
            .for_each(&all, |_| {
                count += 1;
                std::ops::ControlFlow::<()>::Continue(())
            })
            .unwrap();
        count
    });
}
