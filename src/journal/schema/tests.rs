use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sha2::{Digest, Sha256};
use tempfile::tempdir;

use super::super::certificate::tests::{found, traces};
use super::super::connection::{DATABASE, companion};
use super::super::test_support::{
    EIGHT, MINUTE, all, at, brussels, ended, held_until, key, opening, reading, receipt, secret,
    sent, session,
};
use super::super::{Journal, Reader, SyncUpdate};
use super::{CURRENT_VERSION, PAGE_SIZE, PLAIN_NAMES, STEPS, migrate, version};
use temoin_core::record::{Call, CallResult, ErasureCertificate, ResponseSummary};
use temoin_core::session::Session;
use temoin_protocol::KeyChain;

/// SHA-256 of each released step. A digest here is never changed, only added.
const RELEASED: [&str; 5] = [
    "2d7178bbf6646ea91af9dbf184d1ed3c60dc3164fa4a1776be15a209a82bafa2",
    "f773a1fc1c4cd7e5364a13c1300f7a55539814513aa947f403553198322e2259",
    "3f3674f217e6021b3d2d84cf852b48322fe2e283c97749fd7f3c3f5ef2c5e303",
    "cc819bfe1cb4be65ba2317640c10d83fe62da088357cb2e5175655bab18bd599",
    "aefa59e26ea22bb5b0abf5e4ff573fd370b38e99694bfa5d97ade539ad61a515",
];

#[test]
fn no_released_step_was_edited() {
    assert_eq!(STEPS.len(), RELEASED.len());
    for ((number, step), digest) in STEPS.into_iter().zip(RELEASED) {
        let found: String = Sha256::digest(step).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, digest, "step {number} was edited: write a new one instead");
    }
}

#[test]
fn the_steps_are_numbered_without_a_gap() {
    for (place, (number, _)) in (1..).zip(STEPS) {
        assert_eq!(number, place);
    }
    assert_eq!(STEPS.last().unwrap().0, CURRENT_VERSION);
}

/// The columns and renamings that no comment covers. One covers what is on the next line, and the
/// columns below that begin with the same word (`start_earliest`, `start_latest`), up to a blank
/// line.
fn uncommented(step: &str) -> Vec<&str> {
    /// What the lines above say of the next one.
    enum Above<'a> {
        Comment,
        Group(&'a str),
        Nothing,
    }
    let mut found = Vec::new();
    let mut above = Above::Nothing;
    let mut in_table = false;
    for line in step.lines().map(str::trim) {
        if line.starts_with("--") {
            above = Above::Comment;
        } else if in_table && !line.is_empty() && !line.starts_with(['(', ')']) {
            let word = line.split(['_', ' ']).next().unwrap_or(line);
            match above {
                // A constraint.
                _ if word == "PRIMARY" => {}
                Above::Comment => above = Above::Group(word),
                Above::Group(group) if group == word => {}
                Above::Group(_) | Above::Nothing => found.push(line),
            }
        } else {
            if line.starts_with("ALTER TABLE") && !matches!(above, Above::Comment) {
                found.push(line);
            }
            in_table = line.starts_with("CREATE TABLE") || in_table && line.is_empty();
            above = Above::Nothing;
        }
    }
    found
}

#[test]
fn every_column_has_a_comment_above_it_or_above_its_group() {
    for (number, step) in STEPS {
        assert_eq!(uncommented(step), [""; 0], "step {number}");
    }
    let step = "
        -- A table.
        CREATE TABLE example (
            zero INTEGER PRIMARY KEY,
            -- One.
            one INTEGER,
            one_source INTEGER,
            two TEXT,

            one_late BLOB,
            -- Three.

            three BLOB NOT NULL,
            -- Four.
            four BLOB
        ) STRICT;

        ALTER TABLE example RENAME COLUMN one TO first;

        -- The second.
        ALTER TABLE example RENAME COLUMN two TO second;
    ";
    let expected = [
        "zero INTEGER PRIMARY KEY,",
        "two TEXT,",
        "one_late BLOB,",
        "three BLOB NOT NULL,",
        "ALTER TABLE example RENAME COLUMN one TO first;",
    ];
    assert_eq!(uncommented(step), expected);
}

/// Runs the steps up to this schema version as they were released.
fn migrate_to(connection: &Connection, wanted: i32) {
    for (number, step) in STEPS.iter().filter(|(number, _)| *number <= wanted) {
        connection.execute_batch(step).unwrap();
        connection.pragma_update(None, "user_version", number).unwrap();
    }
}

#[test]
fn a_journal_of_any_earlier_schema_version_gets_the_present_one() {
    for earlier in 0..=CURRENT_VERSION {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_to(&connection, earlier);
        let transaction = connection.transaction().unwrap();
        migrate(&transaction).unwrap();
        transaction.commit().unwrap();
        assert_eq!(version(&connection).unwrap(), CURRENT_VERSION);
        assert_eq!(rows(&connection).len(), 10);
    }
}

/// The tables that [`PLAIN_NAMES`] renames.
const RENAMED: [(&str, &str); 4] = [
    ("census", "session_count"),
    ("census_zone", "session_count_zone"),
    ("dealing", "sync_state"),
    ("underway", "unfinished"),
];

/// The rows of each table.
type Rows = BTreeMap<String, Vec<Vec<Value>>>;

fn rows(connection: &Connection) -> Rows {
    let tables: Vec<String> = strings(
        connection,
        "SELECT name FROM pragma_table_list
         WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    );
    let read = |table: &String| {
        let mut statement =
            connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let width = statement.column_count();
        let rows = statement
            .query_map([], |row| (0..width).map(|place| row.get(place)).collect())
            .unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    };
    tables.into_iter().map(|table| (table.clone(), read(&table))).collect()
}

/// With the names that the tables have now.
fn with_plain_names(rows: Rows) -> Rows {
    let name = |table: String| {
        let renamed = RENAMED.iter().find(|(earlier, _)| *earlier == table);
        renamed.map_or(table, |(_, now)| (*now).to_owned())
    };
    let mut rows: Rows = rows.into_iter().map(|(table, rows)| (name(table), rows)).collect();
    rows.entry("earlier_statement".to_owned()).or_default();
    rows
}

fn strings(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

/// What is declared of each table's columns, but their names.
fn declarations(connection: &Connection) -> Vec<String> {
    let mut declared = strings(
        connection,
        "SELECT (SELECT group_concat(format('%s %d %d', type, \"notnull\", pk)) FROM
                 pragma_table_info(list.name)) || format(' %d %d', wr, strict)
         FROM pragma_table_list AS list WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    );
    declared.sort_unstable();
    declared
}

/// A journal with rows in every table, of which session 4 was erased.
fn fill(directory: &Path) -> Vec<Session> {
    let (mut journal, _) = Journal::open(directory).unwrap();
    journal.count_in(&[brussels()]).unwrap();
    let sessions: Vec<Session> = (1..=4)
        .map(|number| {
            let minute = i64::from(number) * 10;
            let opened = session(number, reading(0, minute, number != 2));
            let closed = reading(0, minute + 5, number != 2);
            if number == 3 { opened } else { ended(opened, closed) }
        })
        .collect();
    for (number, session) in (1..).zip(&sessions) {
        let name = format!("{number:020}");
        journal.record(&[opening(number, session)], Some(&name)).unwrap();
    }
    let answered = |minute: i64| CallResult {
        at: at(EIGHT + minute * MINUTE),
        answer: Some(ResponseSummary { status: 200, size: 17, digest: [9; 32] }),
        failure: None,
    };
    let next = Some(at(EIGHT + 1441 * MINUTE));
    for (number, minute) in [(1, 20), (3, 31), (4, 41)] {
        let id = secret(number).id();
        let request = sent(Call::Register, &[id], minute);
        let entry = journal.note_request(&request, &[id], next).unwrap();
        let update = SyncUpdate::Bound(id);
        journal.note_answer(entry, &answered(minute), &update).unwrap();
    }
    let receipts = [1, 4].map(|number| receipt(number, 60, held_until("2027-11-25")));
    let ids = [1, 4].map(|number| secret(number).id());
    let entry = journal.note_request(&sent(Call::Status, &ids, 60), &ids, next).unwrap();
    let keys = KeyChain::pinned(key().public());
    let update = SyncUpdate::Statements { receipts: &receipts, keys: &keys, zone: brussels() };
    journal.note_answer(entry, &answered(60), &update).unwrap();
    let erased = journal.erase(&[certificate(&sessions[3])]).unwrap();
    assert!(erased.sessions == 1 && erased.is_complete, "{erased:?}");
    sessions
}

fn certificate(session: &Session) -> ErasureCertificate {
    let expiry = "2027-11-25".to_owned();
    ErasureCertificate { id: session.id, erased_at: at(EIGHT + 90 * MINUTE), expiry }
}

/// Drops the statements in a journal, as the step to [`super::PROTOCOL_2`] does.
fn drop_statements(directory: &Path) {
    let connection = Connection::open(directory.join(DATABASE)).unwrap();
    connection.execute("UPDATE sync_state SET held = NULL, not_held = NULL", []).unwrap();
}

/// A journal as the program wrote it before it had plain names, with these rows.
fn write_released(directory: &Path, rows: &Rows) {
    let connection = Connection::open(directory.join(DATABASE)).unwrap();
    connection.pragma_update(None, "page_size", PAGE_SIZE).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    migrate_to(&connection, PLAIN_NAMES - 1);
    for (table, rows) in rows {
        let earlier = RENAMED.iter().find(|(_, now)| now == table);
        let table = earlier.map_or(table.as_str(), |(earlier, _)| earlier);
        for row in rows {
            let marks = vec!["?"; row.len()].join(", ");
            let text = format!("INSERT INTO {table} VALUES ({marks})");
            connection.execute(&text, params_from_iter(row)).unwrap();
        }
    }
}

#[test]
fn a_record_that_gets_plain_names_keeps_every_row_and_loses_the_statements_of_before() {
    let directories = [tempdir().unwrap(), tempdir().unwrap()];
    let [present, earlier] = directories.each_ref().map(tempfile::TempDir::path);
    let connect = |directory: &Path| Connection::open(directory.join(DATABASE)).unwrap();
    let sessions = fill(present);
    let filled = rows(&connect(present));
    assert_eq!(filled.len(), 10);
    for (table, rows) in &filled {
        // The step that drops statements makes this one.
        assert_eq!(rows.is_empty(), table == "earlier_statement", "{table}");
    }
    write_released(earlier, &filled);
    drop_statements(present);
    let expected = rows(&connect(present));
    assert_ne!(expected, filled);
    let connection = connect(earlier);
    let before = rows(&connection);
    let declared = declarations(&connection);
    assert_eq!(version(&connection).unwrap(), PLAIN_NAMES - 1);
    drop(connection);

    let (mut journal, aside) = Journal::open(earlier).unwrap();
    assert_eq!(aside, None);
    let connection = connect(earlier);
    assert_eq!(rows(&connection), expected);
    assert_eq!(with_plain_names(before), filled);
    let now = declarations(&connection);
    assert_eq!(now, declarations(&connect(present)));
    assert!(declared.iter().all(|it| now.contains(it)), "{declared:?}");
    assert_eq!(strings(&connection, "PRAGMA integrity_check"), ["ok"]);
    let indexes = strings(
        &connection,
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
    );
    let expected = ["earlier_statement_by_id", "session_by_id", "session_out_of_order"]
        .into_iter()
        .chain(["sync_state_by_erase_by", "sync_state_by_id", "sync_state_by_stage"]);
    assert!(expected.eq(indexes), "an index has another name");
    let columns = |table: &str| {
        strings(&connection, &format!("SELECT name FROM pragma_table_info('{table}')"))
    };
    assert_eq!(columns("ledger")[3..5], ["route", "manual"]);
    assert_eq!(columns("session").last().unwrap(), "out_of_order");
    assert_eq!(columns("session_count_zone"), ["position", "zone"]);
    let wrong = "INSERT INTO session_count_zone VALUES (9, x'00')";
    assert!(connection.execute(wrong, []).is_err(), "no longer strict");
    drop(connection);

    // The program reads the one as the other.
    let read = |directory: &Path| {
        let reader = Reader::open(directory).unwrap().unwrap();
        let counts = reader.session_counts().unwrap().unwrap();
        format!(
            "{:?}",
            (
                (all(directory), reader.open_sessions().unwrap(), counts.groups),
                (reader.ledger(0, 9).unwrap(), reader.next_status().unwrap()),
                [1, 2, 3, 4].map(|it| reader.sync_state(&secret(it).id()).unwrap()),
                (reader.certificates().unwrap(), reader.pinned_keys().unwrap()),
            )
        )
    };
    assert_eq!(read(earlier), read(present));
    assert!(journal.has_taken(&format!("{:020}", 4)).unwrap());
    let traces = [traces(1, &sessions[0]), traces(2, &sessions[1])].concat();
    assert_ne!(found(earlier, &traces), Vec::<Vec<u8>>::new());
    let erased = journal.erase(&[certificate(&sessions[0]), certificate(&sessions[1])]);
    assert!(erased.unwrap().is_complete);
    assert_eq!(found(earlier, &traces), Vec::<Vec<u8>>::new());
}

#[test]
fn a_plug_pulled_while_names_are_given_leaves_one_schema_version_or_the_other() {
    let directories = [tempdir().unwrap(), tempdir().unwrap()];
    let [present, earlier] = directories.each_ref().map(tempfile::TempDir::path);
    fill(present);
    let filled = rows(&Connection::open(present.join(DATABASE)).unwrap());
    write_released(earlier, &filled);
    drop_statements(present);
    let expected = rows(&Connection::open(present.join(DATABASE)).unwrap());
    let database = fs::read(earlier.join(DATABASE)).unwrap();
    drop(Journal::open(earlier).unwrap());
    assert_eq!(fs::read(earlier.join(DATABASE)).unwrap(), database);
    // Nothing but the migration is in the log. It is cut in each page and between any two.
    let log = fs::read(companion(&earlier.join(DATABASE), "-wal")).unwrap();
    let frame = usize::try_from(PAGE_SIZE).unwrap() + 24;
    assert!(log.len() > 20 * frame);
    let mut whole = 0;
    for length in (32..=log.len()).step_by(frame / 2) {
        let directory = tempdir().unwrap();
        let path = directory.path().join(DATABASE);
        fs::write(&path, &database).unwrap();
        fs::write(companion(&path, "-wal"), &log[..length]).unwrap();
        let connection = Connection::open(&path).unwrap();
        let found = version(&connection).unwrap();
        let is_whole = found == CURRENT_VERSION;
        assert!(is_whole || found == PLAIN_NAMES - 1, "{found}");
        let tables = rows(&connection);
        assert_eq!(tables == expected, is_whole, "{length}");
        let unchanged = if is_whole { &expected } else { &filled };
        assert_eq!(with_plain_names(tables), *unchanged, "{length}");
        drop(connection);
        let (_, aside) = Journal::open(directory.path()).unwrap();
        assert_eq!(aside, None);
        assert_eq!(rows(&Connection::open(&path).unwrap()), expected, "{length}");
        whole += usize::from(is_whole);
    }
    assert_eq!(whole, 1);
}
