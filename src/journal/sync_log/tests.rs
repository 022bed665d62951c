use chrono::NaiveDate;
use tempfile::tempdir;

use super::super::connection::DATABASE;
use super::super::test_support::{
    EIGHT, MINUTE, at, brussels, ended, held_until, key, opening, reading, receipt, secret, sent,
    session,
};
use super::*;
use temoin_core::assessment::RegistrationState;
use temoin_core::record::{Call, ErasureCertificate, MAX_ENTRIES, ResponseSummary};
use temoin_core::session::Field;
use temoin_core::session::{Change, Session};
use temoin_protocol::{Day, FieldSet, Held, SeenRotation, SigningKey, UnixSeconds};

const DAY: i64 = 86_400_000;

/// A journal with sessions of these numbers that have ended, one every minute.
struct Fixture {
    directory: tempfile::TempDir,
    journal: Journal,
}

impl Fixture {
    fn new(sessions: std::ops::Range<u32>) -> Self {
        let directory = tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        for number in sessions {
            let opened = session(number, reading(0, i64::from(number), true));
            let closed = ended(opened.clone(), reading(0, i64::from(number) + 1, true));
            journal.record(&[opening(number, &opened), Change::Close(closed)], None).unwrap();
        }
        Self { directory, journal }
    }

    fn reader(&self) -> Reader {
        Reader::open(self.directory.path()).unwrap().unwrap()
    }

    fn sync_state(&self, number: u32) -> SyncState {
        self.reader().sync_state(&secret(number).id()).unwrap().unwrap()
    }

    fn register(&mut self, number: u32, minute: i64) {
        let id = secret(number).id();
        let sent = sent(Call::Register, &[id], minute);
        let entry = self.journal.note_request(&sent, &[id], None).unwrap();
        let update = SyncUpdate::Bound(id);
        self.journal.note_answer(entry, &answered(minute, 204), &update).unwrap();
    }

    /// Asks about these, and is told `receipts`.
    fn ask(&mut self, minute: i64, receipts: &[Receipt]) -> EntryNumber {
        let ids: Vec<SessionId> = receipts.iter().map(|it| *it.statement().id()).collect();
        let sent = sent(Call::Status, &ids, minute);
        let entry = self.journal.note_request(&sent, &ids, None).unwrap();
        let keys = KeyChain::pinned(key().public());
        let update = SyncUpdate::Statements { receipts, keys: &keys, zone: brussels() };
        self.journal.note_answer(entry, &answered(minute, 200), &update).unwrap();
        entry
    }

    fn erase(&mut self, number: u32) {
        let certificate = ErasureCertificate {
            id: secret(number).id(),
            erased_at: at(EIGHT + 400 * DAY),
            expiry: "2027-11-25".to_owned(),
        };
        let erased = self.journal.erase(&[certificate]).unwrap();
        assert!(erased.sessions == 1 && erased.is_complete, "{erased:?}");
    }

    fn to_poll(&self, reason: PollReason) -> Vec<u32> {
        let sync_states = self.reader().sessions_to_poll(reason, 100).unwrap();
        let number = |sync_state: &SyncState| {
            (0..100).find(|number| secret(*number).id() == sync_state.id).unwrap()
        };
        sync_states.iter().map(number).collect()
    }
}

fn answered(minute: i64, status: u16) -> CallResult {
    let answer = Some(ResponseSummary { status, size: 0, digest: [7; 32] });
    CallResult { at: at(EIGHT + minute * MINUTE), answer, failure: None }
}

fn day(text: &str) -> Day {
    Day::new(text.parse().unwrap()).unwrap()
}

/// Noon of this day, in minutes after [`EIGHT`].
fn noon(text: &str) -> i64 {
    let date: NaiveDate = text.parse().unwrap();
    (date.signed_duration_since(NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()).num_days()) * 1440
        + 240
}

#[test]
fn a_request_is_noted_before_its_answer_and_read_back_byte_for_byte() {
    let mut fixture = Fixture::new(0..2);
    let ids = [secret(0).id(), secret(1).id()];
    let request = sent(Call::Status, &ids, 60);
    let next = at(EIGHT + 1441 * MINUTE);
    let number = fixture.journal.note_request(&request, &ids, Some(next)).unwrap();
    let noted = fixture.reader().ledger(0, 10).unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!((noted[0].number, &noted[0].sent, &noted[0].outcome), (number, &request, &None));
    assert_eq!(fixture.reader().next_status().unwrap(), Some(next));
    assert_eq!(fixture.sync_state(1).asked_at, Some(request.at));

    let outcome = CallResult {
        at: at(EIGHT + 61 * MINUTE),
        answer: Some(ResponseSummary { status: 200, size: 19_658, digest: [9; 32] }),
        failure: Some("the signature is not that of the operator's key".to_owned()),
    };
    fixture.journal.note_answer(number, &outcome, &SyncUpdate::Nothing).unwrap();
    assert_eq!(fixture.reader().ledger(0, 10).unwrap()[0].outcome, Some(outcome));
    assert_eq!(fixture.reader().ledger(1, 10).unwrap(), []);
    let later = at(EIGHT + 2000 * MINUTE);
    fixture.journal.schedule_status(later).unwrap();
    assert_eq!(fixture.reader().next_status().unwrap(), Some(later));
}

#[test]
fn a_registration_is_pending_until_it_is_answered_or_the_session_ends() {
    let mut fixture = Fixture::new(0..3);
    let lasting = session(7, reading(0, 50, true));
    fixture.journal.record(&[opening(7, &lasting)], None).unwrap();
    assert_eq!(fixture.sync_state(7).registration, RegistrationState::Pending);
    assert_eq!(fixture.sync_state(0).registration, RegistrationState::Missed);
    assert_eq!(fixture.reader().sync_state(&secret(99).id()).unwrap(), None);
    // Never named to anybody, so there is nothing to ask.
    assert_eq!(fixture.to_poll(PollReason::Unconfirmed), [0; 0]);

    let ids = [0, 1, 2, 7].map(|number| secret(number).id());
    let answers = [
        SyncUpdate::Bound(ids[0]),
        SyncUpdate::Refused(ids[1]),
        SyncUpdate::Rejected(ids[2], 415),
        SyncUpdate::Nothing,
    ];
    for (id, update) in ids.into_iter().zip(answers) {
        let request = sent(Call::Register, &[id], 60);
        let entry = fixture.journal.note_request(&request, &[id], None).unwrap();
        fixture.journal.note_answer(entry, &answered(61, 0), &update).unwrap();
    }
    let at = at(EIGHT + 61 * MINUTE);
    let found = [0, 1, 2, 7].map(|number| fixture.sync_state(number).registration);
    let expected = [
        RegistrationState::Bound { at },
        RegistrationState::Refused { at },
        RegistrationState::Rejected { at, status: 415 },
        RegistrationState::Pending,
    ];
    assert_eq!(found, expected);
    // An answer may have been lost on the way, so 7 may be bound.
    assert_eq!(fixture.to_poll(PollReason::Unconfirmed), [0, 7]);
}

#[test]
fn what_not_held_means_depends_on_what_was_stated_before() {
    let mut fixture = Fixture::new(0..5);
    for number in 0..4 {
        fixture.register(number, 60);
    }
    let due = noon("2027-11-25");
    fixture.ask(
        100,
        &[
            receipt(0, 100, held_until("2027-11-25")),
            receipt(1, 100, held_until("2027-11-26")),
            receipt(2, 100, held_until("")),
        ],
    );
    let gone: Vec<Receipt> = (0..5).map(|number| receipt(number, due, None)).collect();
    fixture.ask(due, &gone);
    let now = at(EIGHT + due * MINUTE);
    let stated = UnixSeconds::containing(now).unwrap();
    let found = [0, 1, 2, 3, 4].map(|number| fixture.sync_state(number).verdict(brussels(), now));
    let expected = [
        SyncVerdict::Confirmed { at: stated },
        SyncVerdict::GoneEarly { at: stated },
        SyncVerdict::GoneEarly { at: stated },
        SyncVerdict::Contradicted { at: stated },
        SyncVerdict::Unregistered { at: stated },
    ];
    assert_eq!(found, expected);
    assert_eq!(fixture.sync_state(0).last().unwrap().statement().held(), None);
}

#[test]
fn the_day_of_erasure_is_the_operators_not_the_worlds() {
    let mut fixture = Fixture::new(0..1);
    fixture.ask(100, &[receipt(0, 100, held_until("2027-11-25"))]);
    // In Brussels it is the 25th from 23:00 on, in UTC.
    let midnight = noon("2027-11-25") - 13 * 60;
    for (minute, confirmed) in [(midnight - 1, false), (midnight, true)] {
        fixture.ask(minute, &[receipt(0, minute, None)]);
        let standing = fixture.sync_state(0).verdict(brussels(), at(EIGHT + minute * MINUTE));
        assert_eq!(matches!(standing, SyncVerdict::Confirmed { .. }), confirmed, "{standing:?}");
    }
}

#[test]
fn a_record_that_stays_is_due_then_overdue_and_confirmed_in_the_end() {
    let mut fixture = Fixture::new(0..1);
    let held = || held_until("2027-11-25");
    fixture.ask(100, &[receipt(0, 100, held())]);
    let standing = |fixture: &Fixture, date: &str| {
        fixture.sync_state(0).verdict(brussels(), at(EIGHT + noon(date) * MINUTE))
    };
    let since = day("2027-11-25");
    assert_eq!(standing(&fixture, "2027-11-24"), SyncVerdict::Held { erase_by: Some(since) });
    assert_eq!(standing(&fixture, "2027-11-25"), SyncVerdict::Due { since });
    // Nobody said anything since, so nobody knows that it is late.
    assert_eq!(standing(&fixture, "2028-12-09"), SyncVerdict::Due { since });
    for (date, expected) in
        [("2027-12-08", SyncVerdict::Due { since }), ("2027-12-09", SyncVerdict::Overdue { since })]
    {
        fixture.ask(noon(date), &[receipt(0, noon(date), held())]);
        assert_eq!(standing(&fixture, date), expected);
    }
    let late = noon("2027-12-20");
    fixture.ask(late, &[receipt(0, late, held())]);
    assert_eq!(fixture.to_poll(PollReason::Due(day("2027-12-20"))), [0]);
    fixture.ask(late + 1440, &[receipt(0, late + 1440, None)]);
    assert!(matches!(standing(&fixture, "2028-01-01"), SyncVerdict::Confirmed { .. }));
    assert_eq!(fixture.to_poll(PollReason::Due(day("2028-01-01"))), [0; 0]);
}

#[test]
fn what_is_worth_asking_begins_with_what_was_not_asked_for_longest() {
    let mut fixture = Fixture::new(0..8);
    for number in 0..8 {
        fixture.register(number, 60);
    }
    fixture.ask(103, &[receipt(2, 103, held_until("2027-01-01"))]);
    fixture.ask(102, &[receipt(3, 102, held_until("2027-01-02"))]);
    fixture.ask(101, &[receipt(4, 101, held_until("2027-06-01"))]);
    fixture.ask(100, &[receipt(5, 100, held_until(""))]);
    assert_eq!(fixture.to_poll(PollReason::Unconfirmed), [0, 1, 6, 7]);
    assert_eq!(fixture.to_poll(PollReason::Undetermined), [5]);
    assert_eq!(fixture.to_poll(PollReason::Due(day("2027-01-02"))), [3, 2]);
    assert_eq!(fixture.to_poll(PollReason::Due(day("2027-01-01"))), [2]);
    assert_eq!(fixture.to_poll(PollReason::Sample(day("2027-01-02"))), [5, 4]);
    let first = fixture.reader().sessions_to_poll(PollReason::Unconfirmed, 2).unwrap();
    assert_eq!(first.len(), 2);
    // What is confirmed as gone is never asked about again, whatever the reason.
    let minute = noon("2027-01-02");
    fixture.ask(minute, &[receipt(2, minute, None), receipt(3, minute, None)]);
    assert_eq!(fixture.to_poll(PollReason::Due(day("2030-01-01"))), [4]);
    assert_eq!(fixture.to_poll(PollReason::Sample(day("2026-01-01"))), [5, 4]);
}

#[test]
fn the_questions_are_put_to_indexes_not_to_all_that_was_dealt_with() {
    let fixture = Fixture::new(0..1);
    let plan = |text: &str| {
        fixture
            .journal
            .write(|transaction| {
                transaction
                    .prepare(&format!("EXPLAIN QUERY PLAN {text}"))?
                    .query_map([], |row| row.get::<_, String>(3))?
                    .collect::<Result<Vec<_>>>()
            })
            .unwrap()
            .join("; ")
    };
    for (reason, index) in [
        (PollReason::Unconfirmed, "sync_state_by_stage"),
        (PollReason::Undetermined, "sync_state_by_erase_by"),
        (PollReason::Due(day("2027-01-01")), "sync_state_by_erase_by"),
        (PollReason::Sample(day("2027-01-01")), "sync_state_by_stage"),
    ] {
        let text = sync_state::poll_query(reason).0.replace("?1", "5").replace("?2", "9000");
        let plan = plan(&text);
        assert!(plan.contains(&format!("SEARCH sync_state USING INDEX {index}")), "{text}: {plan}");
        let is_sorted = plan.contains("TEMP B-TREE");
        assert_eq!(is_sorted, index == "sync_state_by_erase_by", "{text}: {plan}");
    }
}

#[test]
fn an_erased_session_leaves_receipts_without_salt_and_digests_and_blanks_in_the_ledger() {
    let mut fixture = Fixture::new(0..3);
    fixture.register(0, 60);
    let whole = receipt(0, 100, held_until("2027-11-25"));
    let other = receipt(1, 100, held_until("2027-11-25"));
    let entry = fixture.ask(100, &[whole.clone(), other.clone()]);
    assert!(whole.digests().is_some());
    fixture.erase(0);
    let sync_state = fixture.sync_state(0);
    assert_eq!(sync_state.local_state, LocalState::Erased);
    assert_eq!(sync_state.held, Some(whole.clone().without_digests()));
    assert_eq!(fixture.sync_state(1).held, Some(other));
    let ledger = fixture.reader().ledger(0, 10).unwrap();
    let status = ledger.iter().find(|it| it.number == entry).unwrap();
    let names = |id: SessionId| status.sent.body.chunks(32).any(|it| it == id.as_bytes());
    assert!(!names(secret(0).id()) && names(secret(1).id()));
    assert_eq!(status.sent.body.chunks(32).filter(|it| **it == [0; 32]).count(), 1);
    assert!(ledger.iter().any(|it| it.sent.body == [0; 32]), "the registration");
    // The record is not known to be gone: it is asked about still, and what comes is kept without
    // what an address could be computed from.
    assert_eq!(fixture.to_poll(PollReason::Due(day("2027-11-25"))), [0, 1]);
    let minute = noon("2027-11-25");
    let again = receipt(0, minute, held_until("2027-11-25"));
    fixture.ask(minute, std::slice::from_ref(&again));
    assert_eq!(fixture.sync_state(0).held, Some(again.without_digests()));
    let last = fixture.ask(minute + 1, &[receipt(0, minute + 1, None)]);
    let id = secret(0).id();
    let ledger = fixture.reader().ledger(0, 10).unwrap();
    assert!(ledger.iter().any(|it| it.number == last));
    assert!(!ledger.iter().any(|it| it.sent.body.chunks(32).any(|it| it == id.as_bytes())));
    assert_eq!(fixture.to_poll(PollReason::Due(day("2027-11-25"))), [1]);
}

#[test]
fn a_request_is_read_as_sessions_that_are_there_erased_ones_and_fillers() {
    let mut fixture = Fixture::new(0..3);
    let held = || held_until("2027-11-25");
    fixture.ask(100, &[receipt(0, 100, held()), receipt(1, 100, held()), receipt(2, 100, held())]);
    fixture.erase(1);
    let minute = noon("2027-11-25");
    // Erased here, and still asked about.
    fixture.ask(minute, &[receipt(1, minute, held())]);
    let reader = fixture.reader();
    let [late, early] = [0, 1].map(|place| reader.ledger(place, 1).unwrap().remove(0));
    let named = reader.requested_ids(&early).unwrap();
    assert_eq!(named.len(), 64);
    let ours = |number, local_state| RequestedId::Session(secret(number).id(), local_state);
    assert_eq!(named[0], ours(0, LocalState::Ended));
    assert_eq!(named[1], RequestedId::Erased);
    assert_eq!(named[2], ours(2, LocalState::Ended));
    assert!(named[3..].iter().all(|it| matches!(it, RequestedId::Filler(_))));
    assert_eq!(reader.requested_ids(&late).unwrap()[0], ours(1, LocalState::Erased));
    let mut seen = Vec::new();
    let stopped = reader.for_each_sync_state(|sync_state| {
        seen.push(sync_state.id);
        if seen.len() == 2 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stopped.unwrap(), Some("enough"));
    assert_eq!(seen, [secret(2).id(), secret(1).id()]);
}

#[test]
fn of_a_session_that_nobody_answered_for_nothing_is_left_but_its_certificate() {
    let mut fixture = Fixture::new(0..1);
    let id = secret(0).id();
    let request = sent(Call::Register, &[id], 60);
    fixture.journal.note_request(&request, &[id], None).unwrap();
    fixture.erase(0);
    assert_eq!(fixture.reader().sync_state(&id).unwrap(), None);
    assert_eq!(fixture.reader().sync_states(&id.into()).unwrap(), []);
    assert_eq!(fixture.reader().certificates().unwrap().len(), 1);
}

#[test]
fn the_ledger_is_bounded_in_number_and_age() {
    let mut fixture = Fixture::new(0..1);
    let note = |transaction: &Transaction<'_>| {
        (0..i64::from(MAX_ENTRIES) + 5).try_for_each(|minute| {
            ledger::insert(transaction, &sent(Call::Register, &[], minute)).map(|_| ())
        })
    };
    fixture.journal.write(note).unwrap();
    let reader = fixture.reader();
    let all = reader.ledger(0, u32::MAX).unwrap();
    assert_eq!(all.len(), usize::try_from(MAX_ENTRIES).unwrap());
    assert_eq!(all.last().unwrap().sent.at, at(EIGHT + 5 * MINUTE));
    drop(reader);
    let now = at(EIGHT + temoin_core::record::ENTRY_DAYS * DAY + 10 * MINUTE);
    assert_eq!(fixture.journal.drop_old_requests(now).unwrap(), 5);
}

#[test]
fn a_rotation_is_remembered_with_the_chain_that_it_belongs_to() {
    let mut fixture = Fixture::new(0..1);
    let (old, new) = (key(), SigningKey::from_seed(&[4; 32]));
    let from = UnixSeconds::from_number(1_800_000_000).unwrap();
    let rotation = Rotation::sign(&old, &new, from);
    let seen_at = UnixSeconds::containing(at(EIGHT + 60 * MINUTE)).unwrap();
    let mut keys = KeyChain::pinned(old.public());
    assert_eq!(fixture.reader().keys(old.public()).unwrap(), keys);
    keys.extend(rotation, seen_at).unwrap();
    for minute in [60, 90] {
        let entry = fixture.journal.note_request(&sent(Call::Status, &[], minute), &[], None);
        let update = SyncUpdate::Statements { receipts: &[], keys: &keys, zone: brussels() };
        let outcome = answered(minute, 200);
        fixture.journal.note_answer(entry.unwrap(), &outcome, &update).unwrap();
    }
    let reader = fixture.reader();
    assert_eq!(reader.keys(old.public()).unwrap(), keys);
    assert_eq!(
        reader.keys(old.public()).unwrap().rotations(),
        [SeenRotation { rotation, seen_at }]
    );
    // A renewed profile pins another key, and the chain from before stays for its receipts.
    assert_eq!(reader.keys(new.public()).unwrap(), KeyChain::pinned(new.public()));
    assert_eq!(reader.pinned_keys().unwrap(), [old.public()]);
}

#[test]
fn the_first_statement_stays_and_each_that_a_later_one_contradicts() {
    let mut fixture = Fixture::new(0..1);
    fixture.register(0, 10);
    let fewer = FieldSet::EMPTY.with(Field::AssignedIpv4);
    let more = FieldSet::from_iter([
        Field::OriginAddress,
        Field::AssignedIpv4,
        Field::SessionEnd,
        Field::EndReason,
    ]);
    let on = |text: &str, fields| Held::new(Some(day(text)), fields);
    let stated = [
        // A day that is named once the session has ended, with the fields of its end, is as it should be.
        Held::new(None, held_until("2027-11-25").unwrap().fields()),
        on("2027-11-25", more),
        on("2027-11-25", more),
        on("2035-01-01", more),
        None,
        None,
        on("2035-01-01", more),
        on("2035-01-01", fewer),
    ];
    for (minute, held) in (20..).zip(stated) {
        fixture.ask(minute, &[receipt(0, minute, held)]);
    }
    let minutes = |receipts: Vec<&Receipt>| -> Vec<i64> {
        let at = |it: &&Receipt| it.statement().at().to_timestamp().milliseconds();
        receipts.iter().map(|it| (at(it) - EIGHT) / MINUTE).collect()
    };
    let state = fixture.sync_state(0);
    // The first; the one before the day moved; the denial, and the one before the fields changed.
    assert_eq!(minutes(state.earlier.iter().collect()), [20, 22, 25, 26]);
    assert_eq!(minutes(state.statements().collect()), [20, 22, 25, 26, 27]);
    assert_eq!(minutes(state.contradictions()), [20, 22, 25, 26]);
    // What it once named counts, and it is asked about from that day on.
    assert_eq!(state.erase_by(), Some(day("2027-11-25")));
    let overdue = at(EIGHT + noon("2027-12-10") * MINUTE);
    fixture.ask(noon("2027-12-10"), &[receipt(0, noon("2027-12-10"), on("2035-01-01", fewer))]);
    let verdict = fixture.sync_state(0).verdict(brussels(), overdue);
    assert_eq!(verdict, SyncVerdict::Overdue { since: day("2027-11-25") });

    // With the session go salt and digests of them all.
    assert!(fixture.sync_state(0).statements().any(|it| it.digests().is_some()));
    fixture.erase(0);
    let state = fixture.sync_state(0);
    assert_eq!(state.statements().count(), 5);
    assert!(state.statements().all(|it| it.digests().is_none()));
}

#[test]
fn no_operator_is_said_to_contradict_what_it_could_not_know_yet() {
    let mut fixture = Fixture::new(0..2);
    // Asked before its registration had arrived, and while the session lasted.
    fixture.ask(5, &[receipt(0, 5, None)]);
    fixture.register(0, 10);
    let fewer = FieldSet::EMPTY.with(Field::SessionStart);
    let more = FieldSet::from_iter([
        Field::SessionStart,
        Field::SessionEnd,
        Field::AssignedIpv6,
        Field::OriginAddress,
    ]);
    fixture.ask(20, &[receipt(0, 20, Held::new(None, fewer))]);
    fixture.ask(30, &[receipt(0, 30, Held::new(Some(day("2027-11-25")), more))]);
    assert!(fixture.sync_state(0).contradictions().is_empty());
    assert_eq!(fixture.sync_state(0).earlier.len(), 1);
    // Asked after it had confirmed the registration: it knew better.
    fixture.register(1, 10);
    fixture.ask(20, &[receipt(1, 20, None)]);
    fixture.ask(30, &[receipt(1, 30, held_until("2027-11-25"))]);
    assert_eq!(fixture.sync_state(1).contradictions().len(), 1);
    // A field that comes once the end is recorded was not there before, or was denied.
    let later = more.with(Field::MemberIdentity);
    fixture.ask(40, &[receipt(0, 40, Held::new(Some(day("2027-11-25")), later))]);
    assert_eq!(fixture.sync_state(0).contradictions().len(), 1);
}

#[test]
fn salt_and_digests_go_with_any_erasure_where_a_bit_of_an_id_has_flipped() {
    let mut fixture = Fixture::new(0..3);
    for number in 0..2 {
        fixture.register(number, 10);
        for (minute, date) in [(20, "2027-11-25"), (21, "2035-01-01")] {
            fixture.ask(minute, &[receipt(number, minute, held_until(date))]);
        }
    }
    let connection = Connection::open(fixture.directory.path().join(DATABASE)).unwrap();
    let change = |table: &str, to: &str, number: u32| {
        let text = format!("UPDATE {table} SET id = {to} WHERE id = ?");
        let id = secret(number).id();
        assert_eq!(connection.execute(&text, [id.as_bytes()]).unwrap(), 1, "{table}");
    };
    change("sync_state", "CAST(x'aa' || substr(id, 2) AS BLOB)", 0);
    change("earlier_statement", "CAST(x'bb' || substr(id, 2) AS BLOB)", 0);
    change("sync_state", "substr(id, 1, 9)", 1);
    fixture.erase(2);
    let longest =
        |query: &str| -> Option<i64> { connection.query_row(query, [], |row| row.get(0)).unwrap() };
    let length = i64::try_from(Receipt::SIZE_WITHOUT_DIGESTS).unwrap();
    assert_eq!(longest("SELECT max(length(held)) FROM sync_state"), Some(length));
    assert_eq!(longest("SELECT max(length(receipt)) FROM earlier_statement"), None);
}

#[test]
fn nothing_of_what_was_stated_stays_with_an_erased_session_whose_row_is_damaged() {
    let mut fixture = Fixture::new(0..1);
    fixture.register(0, 10);
    for (minute, date) in [(20, "2027-11-25"), (21, "2035-01-01")] {
        fixture.ask(minute, &[receipt(0, minute, held_until(date))]);
    }
    let connection = Connection::open(fixture.directory.path().join(DATABASE)).unwrap();
    connection.execute("UPDATE sync_state SET held = substr(held, 1, 90)", []).unwrap();
    let reader = fixture.reader();
    assert!(reader.sync_state(&secret(0).id()).is_err());
    assert_eq!(reader.keys(key().public()).unwrap().rotations(), []);
    drop(reader);
    fixture.erase(0);
    for table in ["sync_state", "earlier_statement"] {
        let count = format!("SELECT count(*) FROM {table}");
        let left: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[test]
fn an_operator_that_contradicts_itself_every_day_does_not_fill_the_card() {
    let mut fixture = Fixture::new(0..1);
    fixture.register(0, 10);
    for minute in 20..60 {
        let date = if minute % 2 == 0 { "2027-11-25" } else { "2035-01-01" };
        fixture.ask(minute, &[receipt(0, minute, held_until(date))]);
    }
    let state = fixture.sync_state(0);
    assert_eq!((state.earlier.len(), state.contradictions().len()), (16, 15));
    assert_eq!(state.erase_by(), Some(day("2027-11-25")));
}

#[test]
fn a_session_that_lasts_is_asked_about_until_its_registration_is_answered() {
    let mut fixture = Fixture::new(0..0);
    let lasting = session(7, reading(0, 50, true));
    fixture.journal.record(&[opening(7, &lasting)], None).unwrap();
    let id = secret(7).id();
    fixture.journal.note_request(&sent(Call::Register, &[id], 60), &[id], None).unwrap();
    fixture.ask(70, &[receipt(7, 70, None)]);
    assert_eq!(fixture.to_poll(PollReason::Unconfirmed), [7]);
    let closed: Session = ended(lasting, reading(0, 80, true));
    fixture.journal.record(&[Change::Close(closed)], None).unwrap();
    fixture.ask(90, &[receipt(7, 90, None)]);
    assert_eq!(fixture.to_poll(PollReason::Unconfirmed), [0; 0]);
}
