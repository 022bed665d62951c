use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::tempdir;

use super::super::connection::DATABASE;
use super::super::test_support::{EIGHT, all, at, brussels, ended, opening, reading, session};
use super::super::{Journal, Reader};
use super::*;
use temoin_core::record::{ErasureCertificate, Filter, Pagination};
use temoin_core::session::Change;

/// What a flipped bit may make of the row of the session that is in the middle.
const DAMAGE: [&str; 12] = [
    "start_source = 99",
    "origin_port = 70000",
    "origin_address = x'0102030405'",
    "id = x'01'",
    "start_earliest = -9223372036854775808",
    "end_latest = 9223372036854775807",
    "device = 'tun' || char(27)",
    "opened_boot = x'00'",
    "coverage = 0",
    "delegated_prefix = zeroblob(18)",
    "transport = 7",
    "end_reason = 1000",
];

/// A journal of nine sessions that ended, and what they are, newest first.
fn journal(directory: &Path) -> (Journal, Vec<Session>) {
    let (mut journal, _) = Journal::open(directory).unwrap();
    journal.count_in(&[brussels()]).unwrap();
    let mut sessions = Vec::new();
    for number in 1..=9 {
        let minute = i64::from(number) * 2;
        let own = session(number, reading(0, minute, true));
        journal.record(&[opening(number, &own)], None).unwrap();
        let own = ended(own, reading(0, minute + 1, true));
        journal.record(&[Change::Close(own.clone())], None).unwrap();
        sessions.insert(0, own);
    }
    (journal, sessions)
}

/// Damages the row of the fifth session, and returns its number.
fn damage(directory: &Path, change: &str) -> i64 {
    let connection = Connection::open(directory.join(DATABASE)).unwrap();
    let fifth = "(SELECT number FROM session ORDER BY number LIMIT 1 OFFSET 4)";
    let number = connection.query_row(&format!("SELECT {fifth}"), [], |row| row.get(0)).unwrap();
    // As a flipped bit would, past the checks of the types.
    connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
    let text = format!("UPDATE session SET {change} WHERE number = {number}");
    assert_eq!(connection.execute(&text, []).unwrap(), 1, "{change}");
    number
}

#[test]
fn a_damaged_row_is_one_damaged_row() {
    for change in DAMAGE {
        let directory = tempdir().unwrap();
        let (mut journal, mut sessions) = journal(directory.path());
        let number = damage(directory.path(), change);
        let fifth = sessions.remove(4);
        assert_eq!(all(directory.path()), sessions, "{change}");

        let reader = Reader::open(directory.path()).unwrap().unwrap();
        let filter = Filter::all(at(EIGHT));
        for limit in 1..=8 {
            let page = Pagination::first(limit);
            let expected = &sessions[..usize::try_from(limit).unwrap()];
            assert_eq!(reader.sessions(&filter, &page).unwrap(), expected, "{change}");
            let some = reader.some_before(&filter, None, limit).unwrap();
            assert!(some.iter().map(|(_, own)| own).eq(expected), "{change}");
        }
        let now = at(EIGHT + 3_600_000);
        let damaged = reader.damaged(now).unwrap();
        assert_eq!(damaged.len(), 1, "{change}");
        assert_eq!(damaged[0].number, number);
        assert_eq!(damaged[0].id.is_some(), !change.starts_with("id"), "{change}");
        let last = damaged[0].last.unwrap();
        assert!(at(EIGHT) < last && last < now, "{change}: {last}");
        assert!(reader.find(&fifth.id.into()).unwrap().is_empty());
        drop(reader);

        // Recording goes on, and so do dating and erasing.
        let next = session(10, reading(0, 30, true));
        journal.record(&[opening(10, &next)], None).unwrap();
        journal.date(&reading(0, 40, true)).unwrap();
        let certificate = |id| ErasureCertificate { id, erased_at: now, expiry: "x".to_owned() };
        assert_eq!(journal.erase(&[certificate(sessions[0].id)]).unwrap().sessions, 1);
        assert!(journal.erase_damaged(&damaged, now).unwrap().is_complete);
        sessions[0] = next;
        assert_eq!(all(directory.path()), sessions, "{change}");
        let reader = Reader::open(directory.path()).unwrap().unwrap();
        assert_eq!(reader.damaged(now).unwrap(), []);
        let gone: BTreeSet<_> =
            reader.certificates().unwrap().iter().map(|certificate| certificate.id).collect();
        assert_eq!(gone.contains(&fifth.id), damaged[0].id.is_some(), "{change}");
        let counts = reader.session_counts().unwrap().unwrap();
        assert_eq!(counts.groups.iter().map(|(_, count)| count).sum::<u64>(), 7, "{change}");
        drop(reader);
        let values = row::octets(fifth.attributes.origin_address.unwrap().value);
        for entry in fs::read_dir(directory.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            assert!(!bytes.windows(4).any(|it| it == values), "{change}: {}", path.display());
        }
    }
}

#[test]
fn a_damaged_row_is_erased_by_its_id_and_healed_by_a_change() {
    let directory = tempdir().unwrap();
    let (mut journal, sessions) = journal(directory.path());
    damage(directory.path(), "start_source = 99");
    journal.record(&[Change::Close(sessions[4].clone())], None).unwrap();
    assert_eq!(all(directory.path()), sessions);

    damage(directory.path(), "start_source = 99");
    let now = at(EIGHT);
    let certificate =
        ErasureCertificate { id: sessions[4].id, erased_at: now, expiry: "on request".to_owned() };
    assert_eq!(journal.erase(&[certificate]).unwrap().sessions, 1);
    let reader = Reader::open(directory.path()).unwrap().unwrap();
    assert!(reader.damaged(now).unwrap().is_empty());
    assert_eq!(reader.certificates().unwrap().len(), 1);
    assert_eq!(all(directory.path()).len(), 8);
}

#[test]
fn a_number_beyond_reason_leaves_numbers_for_those_that_follow() {
    for number in [i64::MAX, i64::MAX - 1, i64::MIN, 1 << 62, -1, 20_784 << 33] {
        let directory = tempdir().unwrap();
        let (mut journal, sessions) = journal(directory.path());
        damage(directory.path(), &format!("number = {number}"));
        for next in 20..23 {
            let own = session(next, reading(0, i64::from(next) * 2, true));
            journal.record(&[opening(next, &own)], None).unwrap();
        }
        let now = at(EIGHT);
        let certificates: Vec<_> = sessions
            .iter()
            .map(|own| ErasureCertificate {
                id: own.id,
                erased_at: now,
                expiry: "on request".to_owned(),
            })
            .collect();
        assert_eq!(all(directory.path()).len(), 12, "{number}");
        assert_eq!(journal.erase(&certificates).unwrap().sessions, 9, "{number}");
        assert_eq!(all(directory.path()).len(), 3, "{number}");
    }
}

#[test]
fn a_row_without_any_date_has_no_last() {
    let directory = tempdir().unwrap();
    journal(directory.path());
    damage(
        directory.path(),
        "start_source = 99, number = -5, opened_realtime = 1, start_latest = 1, end_latest = 1, \
         closed_realtime = 1, last_seen = NULL",
    );
    let reader = Reader::open(directory.path()).unwrap().unwrap();
    assert_eq!(reader.damaged(at(EIGHT)).unwrap()[0].last, None);
}
