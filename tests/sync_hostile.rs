//! What an operator's answers can do to a box that asks: each time a clear error, and nothing lost of
//! what the box has.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

#[path = "support/responder.rs"]
mod responder;
#[path = "support/scene.rs"]
mod scene;

use std::sync::{Arc, Mutex};

use responder::{Store, body, http};
use scene::{Scene, acquainted};
use temoin::inquiry::{InquiryError, draw};
use temoin::journal::{Reader, Registration as Noted};
use temoin::protocol::{
    Canonical, FieldSet, Held, KeyChain, Record, Refused, Rotation, Salt, Second, SigningKey,
    StatusAnswer, StatusRequest,
};
use temoin::sync::{CallError, Registration};

#[test]
fn an_honest_operator_is_believed_and_its_statement_kept() {
    let mut scene = acquainted();
    assert!(matches!(scene.dealing().registration, Noted::Bound { .. }));
    assert_eq!(scene.noted(), (Some(200), None));
    // On its day it is asked for, and once the record is gone that is confirmed and never asked again.
    scene.now = "2027-11-25T10:00:00Z".parse().unwrap();
    {
        let mut store = scene.store.lock().unwrap();
        store.at = scene.now;
        store.held.clear();
    }
    let honest = scene.honest();
    assert_eq!(scene.ask(&honest).unwrap().receipts.len(), 1);
    for _ in 0..50 {
        let plan = scene.with(&scene.operator(&honest), |inquiry| inquiry.plan(&draw().unwrap()));
        assert_eq!(plan.unwrap().asked(), []);
    }
}

#[test]
fn what_the_operators_key_did_not_sign_over_this_request_is_refused() {
    let scene = acquainted();
    let store = Arc::clone(&scene.store);
    let foreign = scene.answering(move |request| {
        let mut other = Store::new(store.lock().unwrap().at);
        other.key = SigningKey::from_seed(&[0x22; 32]);
        http("200 OK", &other.answer(request))
    });
    scene.assert_refused(&foreign, Refused::NotAuthentic);

    let store = Arc::clone(&scene.store);
    let other_request = scene.answering(move |_| {
        let fillers = std::array::from_fn(|place| [u8::try_from(place).unwrap() + 1; 32]);
        let other = StatusRequest::new(&[], &fillers).unwrap();
        http("200 OK", &store.lock().unwrap().answer_to(&other))
    });
    scene.assert_refused(&other_request, Refused::NotAuthentic);

    let mut first = None;
    let store = Arc::clone(&scene.store);
    let replayed = scene.answering(move |request| {
        let mut store = store.lock().unwrap();
        http("200 OK", first.get_or_insert_with(|| store.answer(request)))
    });
    assert_eq!(scene.ask(&replayed).unwrap().receipts.len(), scene.sampled(&replayed, 1));
    scene.assert_refused(&replayed, Refused::NotAuthentic);

    // The entries of two IDs change places.
    let swapped = scene.changed(|answer| {
        let (one, other) = answer[144..].split_at_mut(265);
        one.swap_with_slice(&mut other[..265]);
    });
    scene.assert_refused(&swapped, Refused::NotAuthentic);
}

#[test]
fn a_bit_that_turns_over_anywhere_makes_the_whole_answer_void() {
    let scene = acquainted();
    let place = Arc::new(Mutex::new(0));
    let own = Arc::clone(&place);
    let flipped = scene.changed(move |answer| {
        let place: usize = *own.lock().unwrap();
        answer[place] ^= 1 << (place % 8);
    });
    let before = scene.dealing();
    // Time, rotation, and then each part of the first entry and of some others.
    let first = [0, 7, 8, 40, 72, 143, 144, 145, 148, 149, 152, 153, 184, 185, 344, 345, 408];
    for at in first.into_iter().chain((409..StatusAnswer::SIZE).step_by(797)) {
        *place.lock().unwrap() = at;
        let error = scene.ask(&flipped).unwrap_err();
        let is_refused =
            matches!(error, InquiryError::Refused(Refused::Malformed | Refused::NotAuthentic));
        assert!(is_refused, "byte {at}: {error:?}");
    }
    assert_eq!(scene.dealing().held, before.held);
}

#[test]
fn a_statement_of_another_time_is_refused_unless_the_clock_is_nobodys() {
    let mut scene = acquainted();
    for minutes in [-1_440, -6, 6, 525_600] {
        let then = scene.now.shifted(minutes * 60_000);
        scene.store.lock().unwrap().at = then;
        scene.assert_refused(&scene.honest(), Refused::NotFresh);
    }
    for minutes in [-4, 4] {
        let then = scene.now.shifted(minutes * 60_000);
        scene.store.lock().unwrap().at = then;
        scene.ask(&scene.honest()).unwrap();
    }
    scene.store.lock().unwrap().at = "2031-01-01T00:00:00Z".parse().unwrap();
    scene.synchronised = false;
    scene.ask(&scene.honest()).unwrap();
}

#[test]
fn an_operator_that_holds_what_does_not_exist_is_not_believed_in_anything() {
    let scene = acquainted();
    let at = Second::containing(scene.now).unwrap();
    let credulous = scene.answering(move |request| {
        let request = StatusRequest::from_bytes(body(request)).unwrap();
        let key = SigningKey::from_seed(&[0x11; 32]);
        let fields = FieldSet::EMPTY.with(temoin::domain::Field::AssignedIpv4);
        let held = Held::new(None, fields).unwrap();
        let values: [Canonical; 0] = [];
        let mut count = 0;
        let answer = StatusAnswer::new(&request, at, &key, None, |_| {
            count += 1;
            Some(Record { held, values: &values, salt: Salt::from_random([count; 32]).unwrap() })
        });
        http("200 OK", &answer.to_bytes())
    });
    scene.assert_refused(&credulous, Refused::MadeUp);
}

#[test]
fn a_new_key_is_followed_and_shown_and_two_successors_are_an_alarm() {
    let scene = acquainted();
    let keys: Vec<SigningKey> =
        [0x11, 0x22, 0x33].iter().map(|seed| SigningKey::from_seed(&[*seed; 32])).collect();
    let from = Second::containing(scene.now).unwrap().plus(86_400);
    let rotation = Rotation::sign(&keys[0], keys[1].public(), from);
    scene.store.lock().unwrap().rotation = Some(rotation);
    assert_eq!(scene.ask(&scene.honest()).unwrap().rotations, [rotation]);
    assert_eq!(scene.ask(&scene.honest()).unwrap().rotations, []);
    let reader = || Reader::open(scene.directory.path()).unwrap().unwrap();
    let chain = reader().keys(keys[0].public()).unwrap();
    assert_eq!(chain.rotations(), [rotation]);

    for (by, to, reason) in [(0, 2, Refused::TwoSuccessors), (2, 0, Refused::NotAuthentic)] {
        let other = Rotation::sign(&keys[by], keys[to].public(), from.plus(60));
        scene.store.lock().unwrap().rotation = Some(other);
        if to == 0 {
            // Whoever leads to the pinned key changes nothing.
            assert_eq!(scene.ask(&scene.honest()).unwrap().rotations, []);
        } else {
            scene.assert_refused(&scene.honest(), reason);
        }
        assert_eq!(reader().keys(keys[0].public()).unwrap(), chain);
    }
    // The old key signs what only the new one may.
    let mut later = scene;
    later.now = from.plus(60).begins();
    let mut store = later.store.lock().unwrap();
    (store.at, store.rotation) = (later.now, Some(rotation));
    drop(store);
    later.assert_refused(&later.honest(), Refused::NotAuthentic);
    later.store.lock().unwrap().key = SigningKey::from_seed(&[0x22; 32]);
    later.ask(&later.honest()).unwrap();
    assert_ne!(chain, KeyChain::pinned(SigningKey::from_seed(&[0x11; 32]).public()));
}

#[test]
fn an_answer_of_another_size_or_form_is_refused_unread() {
    let scene = acquainted();
    for (answer, part) in [
        (http("200 OK", &[0; 17_103]), "another size"),
        (http("200 OK", &[0; 17_105]), "another size"),
        (http("200 OK", b""), "another size"),
        (http("200 OK", &[0; 17_104])[..9_000].to_vec(), "too soon"),
        (b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), "another size"),
        (b"220 mail.example ESMTP\r\n".to_vec(), "no HTTP"),
        (b"".to_vec(), "ends before"),
    ] {
        let responder = scene.answering(move |_| answer.clone());
        let error = scene.ask(&responder).unwrap_err();
        assert!(matches!(error, InquiryError::Call(CallError::NotUnderstood(_))), "{error:?}");
        assert!(error.to_string().contains(part), "{part}: {error}");
        assert_eq!(scene.noted(), (None, Some("not-understood".to_owned())));
    }
    let zeros = scene.answering(|_| http("200 OK", &[0; 17_104]));
    scene.assert_refused(&zeros, Refused::NotAuthentic);
    let ones = scene.answering(|_| http("200 OK", &[0xff; 17_104]));
    scene.assert_refused(&ones, Refused::Malformed);
}

#[test]
fn a_registration_is_settled_only_by_what_settles_it() {
    for (status, expected) in [
        (404, None),
        (429, None),
        (500, None),
        (302, None),
        (200, None),
        (204, Some(Registration::Bound)),
        (409, Some(Registration::Taken)),
        (400, Some(Registration::Rejected)),
    ] {
        let scene = Scene::new();
        let responder =
            scene.answering(move |_| format!("HTTP/1.1 {status} x\r\n\r\n").into_bytes());
        assert_eq!(scene.register(&responder).ok(), expected, "{status}");
        let noted = scene.dealing().registration;
        let is_settled = match noted {
            Noted::Pending => None,
            Noted::Bound { .. } => Some(Registration::Bound),
            Noted::Refused { .. } => Some(Registration::Taken),
            Noted::Rejected { status: found, .. } if found == status => {
                Some(Registration::Rejected)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(is_settled, expected, "{status}");
        // Whatever may have been bound is asked for, and nothing that cannot have been.
        let plan =
            scene.with(&scene.operator(&responder), |inquiry| inquiry.plan(&draw().unwrap()));
        let may_be_known = matches!(expected, None | Some(Registration::Bound));
        assert_eq!(plan.unwrap().asked().len(), usize::from(may_be_known), "{status}");
        let heard = responder.heard();
        assert_eq!(body(&heard[0].request), scene.id().as_bytes());
    }
}

#[test]
fn another_operator_is_told_nothing_of_the_sessions_of_the_one_before() {
    let acquainted = acquainted();
    let mut undecided = Scene::new();
    let busy = undecided.answering(|_| b"HTTP/1.1 503 x\r\n\r\n".to_vec());
    undecided.register(&busy).unwrap_err();
    for scene in [&mut undecided, &mut { acquainted }] {
        // Late enough for all to be asked for.
        scene.now = "2028-01-01T00:00:00Z".parse().unwrap();
        let other = scene.honest();
        let operator = other.operator(&scene.identity, &SigningKey::from_seed(&[0x22; 32]));
        let plan = scene.with(&operator, |inquiry| inquiry.plan(&draw().unwrap())).unwrap();
        assert_eq!(plan.asked(), []);
        // The same operator with a new key, or at a new address with the old one, is asked.
        let moved = scene.operator(&other);
        let plan = scene.with(&moved, |inquiry| inquiry.plan(&draw().unwrap())).unwrap();
        assert_eq!(plan.asked().len(), usize::from(scene.dealing().held.is_some()));
    }
    let renewed = busy.operator(&undecided.identity, &SigningKey::from_seed(&[0x22; 32]));
    let plan = undecided.with(&renewed, |inquiry| inquiry.plan(&draw().unwrap())).unwrap();
    assert_eq!(plan.asked().len(), 1);
}
