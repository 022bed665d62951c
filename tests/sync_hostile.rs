//! Hostile answers of an operator: each causes a clear error, and the box loses nothing that it has.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

#[path = "support/responder.rs"]
mod responder;
#[path = "support/sync_fixture.rs"]
mod sync_fixture;

use std::sync::{Arc, Mutex};

use responder::{OperatorStub, body, http};
use sync_fixture::{SyncFixture, fixture_with_receipt};
use temoin::internals::{SyncError, draw_randomness};
use temoin_core::assessment::RegistrationState as Noted;
use temoin_core::session::Timestamp;
use temoin_journal::Reader;
use temoin_protocol::{
    CanonicalValue, FieldSet, Held, ProtocolError, Rotation, Salt, SeenRotation, SigningKey,
    StatusAnswer, StatusRequest, StoredRecord, UnixSeconds,
};
use temoin_sync::{CallError, RegistrationAnswer};

/// Where the entries of an answer begin, and how long each is (PROTOCOL.md, "status").
const ENTRIES: usize = 2_634;
const ENTRY: usize = 266;

#[test]
fn an_honest_operator_is_believed_and_its_statement_kept() {
    let mut fixture = fixture_with_receipt();
    assert!(matches!(fixture.sync_state().registration, Noted::Bound { .. }));
    assert_eq!(fixture.noted(), (Some(200), None));
    // On its day it is asked for, and once the record is gone that is confirmed and never asked again.
    fixture.now = "2027-11-25T10:00:00Z".parse().unwrap();
    {
        let mut store = fixture.store.lock().unwrap();
        store.at = fixture.now;
        store.held.clear();
    }
    let honest = fixture.honest();
    assert_eq!(fixture.ask(&honest).unwrap().receipts.len(), 1);
    for _ in 0..50 {
        let plan = fixture
            .with(&fixture.operator(&honest), |inquiry| inquiry.plan(&draw_randomness().unwrap()));
        assert_eq!(plan.unwrap().asked(), []);
    }
}

#[test]
fn what_the_operators_key_did_not_sign_over_this_request_is_refused() {
    let fixture = fixture_with_receipt();
    let store = Arc::clone(&fixture.store);
    let foreign = fixture.answering(move |request| {
        let mut other = OperatorStub::new(store.lock().unwrap().at);
        other.key = SigningKey::from_seed(&[0x22; 32]);
        http("200 OK", &other.answer(request))
    });
    fixture.assert_refused(&foreign, ProtocolError::NotAuthentic);

    let store = Arc::clone(&fixture.store);
    let other_request = fixture.answering(move |_| {
        let fillers = std::array::from_fn(|place| [u8::try_from(place).unwrap() + 1; 32]);
        let other = StatusRequest::new(&[], &fillers).unwrap();
        http("200 OK", &store.lock().unwrap().answer_to(&other))
    });
    fixture.assert_refused(&other_request, ProtocolError::NotAuthentic);

    let mut first = None;
    let store = Arc::clone(&fixture.store);
    let replayed = fixture.answering(move |request| {
        let mut store = store.lock().unwrap();
        http("200 OK", first.get_or_insert_with(|| store.answer(request)))
    });
    assert_eq!(fixture.ask(&replayed).unwrap().receipts.len(), fixture.sampled(&replayed, 1));
    fixture.assert_refused(&replayed, ProtocolError::NotAuthentic);

    // The entries of two IDs change places.
    let swapped = fixture.changed(|answer| {
        let (one, other) = answer[ENTRIES..].split_at_mut(ENTRY);
        one.swap_with_slice(&mut other[..ENTRY]);
    });
    fixture.assert_refused(&swapped, ProtocolError::NotAuthentic);
}

#[test]
fn a_bit_that_turns_over_anywhere_makes_the_whole_answer_void() {
    let fixture = fixture_with_receipt();
    let place = Arc::new(Mutex::new(0));
    let own = Arc::clone(&place);
    let flipped = fixture.changed(move |answer| {
        let place: usize = *own.lock().unwrap();
        answer[place] ^= 1 << (place % 8);
    });
    let before = fixture.sync_state();
    // Time, rotation, sheet, and then each part of the first entry and of some others.
    let header = [0, 7, 8, 40, 72, 136, 207, 208, 217, 537];
    let first = [0, 1, 4, 5, 8, 9, 10, 41, 42, 201, 202, 265].map(|place| ENTRIES + place);
    let others = (ENTRIES + ENTRY..StatusAnswer::SIZE).step_by(797);
    for at in header.into_iter().chain(first).chain(others) {
        *place.lock().unwrap() = at;
        let error = fixture.ask(&flipped).unwrap_err();
        let is_refused = matches!(
            error,
            SyncError::Protocol(ProtocolError::Malformed | ProtocolError::NotAuthentic)
        );
        assert!(is_refused, "byte {at}: {error:?}");
    }
    assert_eq!(fixture.sync_state().held, before.held);
}

#[test]
fn a_statement_of_another_time_is_refused_unless_the_clock_is_untrusted() {
    let mut fixture = fixture_with_receipt();
    for minutes in [-1_440, -6, 6, 525_600] {
        let then = fixture.now.shifted(minutes * 60_000);
        fixture.store.lock().unwrap().at = then;
        fixture.assert_refused(&fixture.honest(), ProtocolError::NotFresh);
    }
    for minutes in [-4, 4] {
        let then = fixture.now.shifted(minutes * 60_000);
        fixture.store.lock().unwrap().at = then;
        fixture.ask(&fixture.honest()).unwrap();
    }
    fixture.store.lock().unwrap().at = "2031-01-01T00:00:00Z".parse().unwrap();
    fixture.synchronised = false;
    fixture.ask(&fixture.honest()).unwrap();
}

#[test]
fn an_operator_that_holds_what_does_not_exist_is_not_believed_in_anything() {
    let fixture = fixture_with_receipt();
    let at = UnixSeconds::containing(fixture.now).unwrap();
    let credulous = fixture.answering(move |request| {
        let request = StatusRequest::from_bytes(body(request)).unwrap();
        let key = SigningKey::from_seed(&[0x11; 32]);
        let fields = FieldSet::EMPTY.with(temoin_core::session::Field::AssignedIpv4);
        let held = Held::new(None, fields).unwrap();
        let values: [CanonicalValue; 0] = [];
        let mut count = 0;
        let answer = StatusAnswer::new(&request, at, &key, None, |_| {
            count += 1;
            Some(StoredRecord {
                held,
                values: &values,
                salt: Salt::from_random([count; 32]).unwrap(),
            })
        });
        http("200 OK", &answer.to_bytes())
    });
    fixture.assert_refused(&credulous, ProtocolError::MadeUp);
}

#[test]
fn a_new_key_is_followed_and_shown_and_two_successors_are_an_alarm() {
    let fixture = fixture_with_receipt();
    let keys: Vec<SigningKey> =
        [0x11, 0x22, 0x33].iter().map(|seed| SigningKey::from_seed(&[*seed; 32])).collect();
    let from = UnixSeconds::containing(fixture.now).unwrap().plus(Rotation::ANNOUNCED);
    let rotation = Rotation::sign(&keys[0], &keys[1], from);
    fixture.store.lock().unwrap().rotation = Some(rotation);
    assert_eq!(fixture.ask(&fixture.honest()).unwrap().rotations, [rotation]);
    assert_eq!(fixture.ask(&fixture.honest()).unwrap().rotations, []);
    let reader = || Reader::open(fixture.directory.path()).unwrap().unwrap();
    let chain = reader().keys(keys[0].public()).unwrap();
    let seen_at = UnixSeconds::containing(fixture.now).unwrap();
    assert_eq!(chain.rotations(), [SeenRotation { rotation, seen_at }]);

    for (by, to, reason) in
        [(0, 2, ProtocolError::TwoSuccessors), (2, 0, ProtocolError::NotAuthentic)]
    {
        let other = Rotation::sign(&keys[by], &keys[to], from.plus(60));
        fixture.store.lock().unwrap().rotation = Some(other);
        if to == 0 {
            // A rotation that leads to the pinned key changes nothing.
            assert_eq!(fixture.ask(&fixture.honest()).unwrap().rotations, []);
        } else {
            fixture.assert_refused(&fixture.honest(), reason);
        }
        assert_eq!(reader().keys(keys[0].public()).unwrap(), chain);
    }
    // The old key signs what only the new one may.
    let mut later = fixture;
    later.now = from.plus(60).to_timestamp();
    let mut store = later.store.lock().unwrap();
    (store.at, store.rotation) = (later.now, Some(rotation));
    drop(store);
    later.assert_refused(&later.honest(), ProtocolError::NotAuthentic);
    later.store.lock().unwrap().key = SigningKey::from_seed(&[0x22; 32]);
    assert_eq!(later.ask(&later.honest()).unwrap().waits_until, None);
}

/// The same box so many seconds later, when the operator states by key `seed`.
fn at(fixture: &mut SyncFixture, seconds: u64, seed: u8, rotation: Option<Rotation>) {
    let began: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
    fixture.now = UnixSeconds::containing(began).unwrap().plus(seconds).to_timestamp();
    let mut store = fixture.store.lock().unwrap();
    (store.at, store.rotation) = (fixture.now, rotation);
    store.key = SigningKey::from_seed(&[seed; 32]);
}

/// A rotation from the operator's key to another, so many seconds after the first answer.
fn rotation(seconds: u64) -> Rotation {
    let began: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
    let [old, new] = [0x11, 0x22].map(|seed| SigningKey::from_seed(&[seed; 32]));
    Rotation::sign(&old, &new, UnixSeconds::containing(began).unwrap().plus(seconds))
}

#[test]
fn no_new_key_makes_void_what_the_operator_has_signed() {
    let mut fixture = fixture_with_receipt();
    for seconds in [0, 1] {
        let began = UnixSeconds::containing("2026-11-24T08:00:00Z".parse().unwrap()).unwrap();
        let [old, new] = [0x11, 0x22].map(|seed| SigningKey::from_seed(&[seed; 32]));
        let backdated = Rotation::sign(&old, &new, began.minus(seconds));
        at(&mut fixture, 60, 0x22, Some(backdated));
        fixture.assert_refused(&fixture.honest(), ProtocolError::Backdated);
        let error = fixture.ask(&fixture.honest()).unwrap_err();
        assert!(error.to_string().contains("new profile"), "{error}");
    }
    let reader = Reader::open(fixture.directory.path()).unwrap().unwrap();
    let keys = reader.keys(SigningKey::from_seed(&[0x11; 32]).public()).unwrap();
    assert_eq!(keys.rotations(), []);
    assert_eq!(fixture.sync_state().held.unwrap().verify(&keys.trusted()), Ok(()));
}

#[test]
fn a_key_that_comes_without_announcement_is_relied_on_after_a_week() {
    const DAY: u64 = 86_400;
    let mut fixture = fixture_with_receipt();
    let held = fixture.sync_state().held;
    for day in [10, 11, 16] {
        at(&mut fixture, day * DAY, 0x22, Some(rotation(9 * DAY)));
        let report = fixture.ask(&fixture.honest()).unwrap();
        assert_eq!(report.rotations.len(), usize::from(day == 10));
        let until = UnixSeconds::containing(fixture.now).unwrap().plus((17 - day) * DAY);
        assert_eq!((report.waits_until, report.receipts.len()), (Some(until), 0));
        assert_eq!(fixture.sync_state().held, held);
    }
    at(&mut fixture, 17 * DAY, 0x22, Some(rotation(9 * DAY)));
    assert_eq!(fixture.ask(&fixture.honest()).unwrap().waits_until, None);
}

#[test]
fn a_thief_of_the_key_who_announces_another_is_found_out_by_the_operators_next_answer() {
    const DAY: u64 = 86_400;
    let mut fixture = fixture_with_receipt();
    at(&mut fixture, 10 * DAY, 0x22, Some(rotation(10 * DAY)));
    assert!(fixture.ask(&fixture.honest()).unwrap().waits_until.is_some());
    at(&mut fixture, 11 * DAY, 0x11, None);
    let report = fixture.ask(&fixture.honest()).unwrap();
    assert_eq!(report.withdrawn, Some(rotation(10 * DAY)));
}

#[test]
fn an_answer_of_another_size_or_form_is_refused_unread() {
    let fixture = fixture_with_receipt();
    for (answer, part) in [
        (http("200 OK", &[0; 19_657]), "another size"),
        (http("200 OK", &[0; 19_659]), "another size"),
        (http("200 OK", b""), "another size"),
        (http("200 OK", &[0; 19_658])[..9_000].to_vec(), "too soon"),
        (b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), "another size"),
        (b"220 mail.example ESMTP\r\n".to_vec(), "no HTTP"),
        (b"".to_vec(), "ends before"),
    ] {
        let responder = fixture.answering(move |_| answer.clone());
        let error = fixture.ask(&responder).unwrap_err();
        assert!(matches!(error, SyncError::Call(CallError::NotUnderstood(_))), "{error:?}");
        assert!(error.to_string().contains(part), "{part}: {error}");
        assert_eq!(fixture.noted(), (None, Some("not-understood".to_owned())));
    }
    let zeros = fixture.answering(|_| http("200 OK", &[0; 19_658]));
    fixture.assert_refused(&zeros, ProtocolError::NotAuthentic);
    let ones = fixture.answering(|_| http("200 OK", &[0xff; 19_658]));
    fixture.assert_refused(&ones, ProtocolError::Malformed);
}

#[test]
fn a_registration_ends_only_with_a_final_answer() {
    for (status, expected) in [
        (404, None),
        (429, None),
        (500, None),
        (302, None),
        (200, None),
        (204, Some(RegistrationAnswer::Bound)),
        (409, Some(RegistrationAnswer::Taken)),
        (400, Some(RegistrationAnswer::Rejected)),
    ] {
        let fixture = SyncFixture::new();
        let responder =
            fixture.answering(move |_| format!("HTTP/1.1 {status} x\r\n\r\n").into_bytes());
        assert_eq!(fixture.register(&responder).ok(), expected, "{status}");
        let noted = fixture.sync_state().registration;
        let is_settled = match noted {
            Noted::Pending => None,
            Noted::Bound { .. } => Some(RegistrationAnswer::Bound),
            Noted::Refused { .. } => Some(RegistrationAnswer::Taken),
            Noted::Rejected { status: found, .. } if found == status => {
                Some(RegistrationAnswer::Rejected)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(is_settled, expected, "{status}");
        // Whatever may have been bound is asked for, and nothing that cannot have been.
        let plan = fixture.with(&fixture.operator(&responder), |inquiry| {
            inquiry.plan(&draw_randomness().unwrap())
        });
        let may_be_known = matches!(expected, None | Some(RegistrationAnswer::Bound));
        assert_eq!(plan.unwrap().asked().len(), usize::from(may_be_known), "{status}");
        let heard = responder.received_requests();
        assert_eq!(body(&heard[0].request), fixture.id().as_bytes());
    }
}

#[test]
fn another_operator_is_told_nothing_of_the_sessions_of_the_one_before() {
    let fixture_with_receipt = fixture_with_receipt();
    let mut undecided = SyncFixture::new();
    let busy = undecided.answering(|_| b"HTTP/1.1 503 x\r\n\r\n".to_vec());
    undecided.register(&busy).unwrap_err();
    for fixture in [&mut undecided, &mut { fixture_with_receipt }] {
        // Late enough for all to be asked for.
        fixture.now = "2028-01-01T00:00:00Z".parse().unwrap();
        let other = fixture.honest();
        let operator = other.operator(&fixture.identity, &SigningKey::from_seed(&[0x22; 32]));
        let plan =
            fixture.with(&operator, |inquiry| inquiry.plan(&draw_randomness().unwrap())).unwrap();
        assert_eq!(plan.asked(), []);
        // The same operator with a new key, or at a new address with the old one, is asked.
        let moved = fixture.operator(&other);
        let plan =
            fixture.with(&moved, |inquiry| inquiry.plan(&draw_randomness().unwrap())).unwrap();
        assert_eq!(plan.asked().len(), usize::from(fixture.sync_state().held.is_some()));
    }
    let renewed = busy.operator(&undecided.identity, &SigningKey::from_seed(&[0x22; 32]));
    let plan =
        undecided.with(&renewed, |inquiry| inquiry.plan(&draw_randomness().unwrap())).unwrap();
    assert_eq!(plan.asked().len(), 1);
}
