//! Holds the protocol to its test vectors, which another implementation reads too: every structure of
//! `src/protocol/PROTOCOL.md`, and every reason for which something is refused. And to what the
//! document promises of forgotten receipts.
//!
//! `BLESS=1 cargo test --test protocol` rewrites the vectors; a changed vector is a new protocol.
#![allow(clippy::disallowed_methods, reason = "reads vectors, which the protocol does not")]
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::{env, fs};

use chrono::NaiveDate;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::Index;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use temoin_protocol::{
    CLOCK_SKEW, Candidates, CanonicalValue, CheckableField, Day, Digests, END_TOLERANCE,
    FieldComparison, FieldSet, Freshness, Held, KeyChain, NotComparable, ProtocolError, PublicKey,
    Receipt, RegisterRequest, RequestError, Rotation, START_TOLERANCE, Salt, SigningKey, Statement,
    StatusAnswer, StatusRequest, StoredRecord, TrustedKeys, UnixSeconds, VerifiedAnswer,
    YearlySheet, field_code,
};
use temoin_protocol::{Field, Gateway, SessionId, SessionSecret, Timestamp, Transport};

#[test]
fn a_session_id_and_its_registration_are_as_in_the_vector() {
    let secret = SessionSecret::from_bytes(drawn("secret 0"));
    let id = secret.id();
    check(
        "register",
        &json!({
            "secret": hex(secret.as_bytes()),
            "id": hex(id.as_bytes()),
            "request": hex(&RegisterRequest::new(id).to_bytes()),
        }),
    );
    let vector = vector("register");
    let request = RegisterRequest::from_bytes(&bytes(&vector["request"])).unwrap();
    assert_eq!(*request.id(), id);
}

#[test]
fn every_value_has_the_canonical_form_and_the_digest_of_the_vector() {
    let id = session(0);
    let gateway = Gateway { address: "2001:db8::1".parse().unwrap(), port: Some(1194) };
    let more = [
        (
            "::ffff:198.51.100.7",
            CanonicalValue::origin_address("::ffff:198.51.100.7".parse().unwrap()),
        ),
        ("2001:db8::7", CanonicalValue::origin_address("2001:db8::7".parse().unwrap())),
        ("[2001:db8::1]:1194", CanonicalValue::gateway(gateway).unwrap()),
        ("tcp", CanonicalValue::transport(Transport::Tcp)),
    ];
    let described: Vec<Value> = values()
        .into_iter()
        .chain(more)
        .map(|(text, value)| {
            let digests = Digests::new(&id, salt(), &[value]);
            let place = 32 + 16 * usize::from(value.field().code());
            json!({
                "field": value.field().field().name(),
                "code": value.field().code(),
                "value": text,
                "canonical": hex(value.as_bytes()),
                "digest": hex(&digests.to_bytes()[place..place + 16]),
            })
        })
        .collect();
    check(
        "digests",
        &json!({
            "id": hex(id.as_bytes()),
            "salt": hex(&drawn("salt")),
            "values": described,
        }),
    );
}

#[test]
fn a_digest_is_hmac_of_the_code_and_the_value_under_id_and_salt() {
    // HMAC written out, so that the vectors do not rest on one library alone.
    let hmac = |key: &[u8; 64], message: &[u8]| {
        let pad = |with: u8| key.map(|byte| byte ^ with);
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
        Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize()
    };
    let vector = vector("digests");
    let key = [bytes(&vector["id"]), bytes(&vector["salt"])].concat().try_into().unwrap();
    for value in vector["values"].as_array().unwrap() {
        let code = u8::try_from(value["code"].as_u64().unwrap()).unwrap();
        let whole = hmac(&key, &[&[code], bytes(&value["canonical"]).as_slice()].concat());
        assert_eq!(hex(&whole[..16]), value["digest"], "{value}");
    }
}

#[test]
fn the_codes_of_the_fields_are_as_in_the_vector() {
    let codes: serde_json::Map<String, Value> = Field::ALL
        .into_iter()
        .map(|field| (field.name().to_owned(), field_code(field).into()))
        .collect();
    check("fields", &Value::Object(codes));
}

#[test]
fn a_status_request_is_as_in_the_vector() {
    let request = request();
    let list = |real| -> Vec<String> {
        let places = (0..StatusRequest::IDS).filter(|place| request.is_real(*place) == real);
        places.map(|place| hex(request.ids()[place].as_bytes())).collect()
    };
    check(
        "status-request",
        &json!({
            "sessions": list(true),
            "random": list(false),
            "request": hex(&request.to_bytes()),
            "hash": hex(&request.hash()),
        }),
    );
    let read = StatusRequest::from_bytes(&bytes(&vector("status-request")["request"])).unwrap();
    assert_eq!((read.ids(), read.hash()), (request.ids(), request.hash()));
}

#[test]
fn a_statement_and_its_signature_are_as_in_the_vector() {
    let keys = KeyChain::pinned(key(0).public());
    let undetermined = answer_of_two(&salt(), &Salt::from_random(drawn("salt 2")).unwrap());
    let undetermined = undetermined.verify(&request(), &keys, now()).unwrap().receipts;
    let described: Vec<Value> = receipts()
        .iter()
        .chain(&undetermined[..1])
        .map(|receipt| {
            let bytes = receipt.to_bytes();
            let statement = receipt.statement();
            assert_eq!(bytes[49..163], statement.to_bytes());
            json!({
                "request_hash": hex(statement.request()),
                "stated_at": statement.at().number(),
                "id": hex(statement.id().as_bytes()),
                "held": statement.held().is_some(),
                "erase_by": statement.held().and_then(|held| held.erase_by()).map(|day| day.to_string()),
                "fields": statement.held().map(|held| held.fields().to_string()),
                "overlaps": statement.held().and_then(|held| held.overlaps()),
                "commitment": hex(statement.commitment()),
                "statement": hex(&statement.to_bytes()),
                "message": hex(&[b"temoin/2 statement".as_slice(), &statement.to_bytes()].concat()),
                "signature": hex(&bytes[163..227]),
            })
        })
        .collect();
    check(
        "statements",
        &json!({
            "seed": hex(&drawn("key 0")),
            "public_key": key(0).public().to_string(),
            "statements": described,
        }),
    );
    for vector in vector("statements")["statements"].as_array().unwrap() {
        let statement = bytes(&vector["statement"]);
        assert_eq!(Statement::from_bytes(&statement).unwrap().to_bytes().as_slice(), statement);
    }
}

#[test]
fn a_status_answer_is_as_in_the_vector() {
    let answer = answer(None);
    check(
        "status-answer",
        &json!({
            "request": hex(&request().to_bytes()),
            "public_key": key(0).public().to_string(),
            "salt_of_every_entry": hex(&drawn("salt")),
            "answer": hex(&answer.to_bytes()),
        }),
    );
    let read = StatusAnswer::from_bytes(&bytes(&vector("status-answer")["answer"])).unwrap();
    assert_eq!(read, answer);
    assert_eq!(answer.to_bytes().len(), StatusAnswer::SIZE);
    assert_eq!(StatusAnswer::SIZE, 19_658);
    let verified = read.verify(&request(), &KeyChain::pinned(key(0).public()), now()).unwrap();
    let held: Vec<bool> =
        verified.receipts.iter().map(|it| it.statement().held().is_some()).collect();
    assert_eq!(held, [false, true]);
}

#[test]
fn a_receipt_is_as_in_the_vector_and_verifies_before_and_after_it_is_forgotten() {
    let [held, not_held] = [0, 1].map(|place| receipts()[place].clone());
    check(
        "receipts",
        &json!({
            "public_key": key(0).public().to_string(),
            "held": hex(&held.to_bytes()),
            "held_and_forgotten": hex(&held.without_digests().to_bytes()),
            "not_held": hex(&not_held.to_bytes()),
        }),
    );
    let vector = vector("receipts");
    for name in ["held", "held_and_forgotten", "not_held"] {
        let bytes = bytes(&vector[name]);
        let receipt = Receipt::from_bytes(&bytes).unwrap();
        assert_eq!(receipt.to_bytes(), bytes, "{name}");
        assert_eq!(receipt.verify(&TrustedKeys::new([key(0).public()])), Ok(()), "{name}");
        let other = TrustedKeys::new([key(1).public()]);
        assert_eq!(receipt.verify(&other), Err(ProtocolError::NotAuthentic), "{name}");
        assert_eq!(bytes.len() == Receipt::SIZE, name == "held");
        assert_eq!(bytes.len() == Receipt::SIZE_WITHOUT_DIGESTS, name != "held");
    }
}

#[test]
fn a_rotation_is_as_in_the_vector() {
    let rotation = rotation(0, 1, STATED);
    check(
        "rotation",
        &json!({
            "old_seed": hex(&drawn("key 0")),
            "new_seed": hex(&drawn("key 1")),
            "from": STATED,
            "rotation": hex(&rotation.to_bytes()),
            "answer_hash": hex(&Sha256::digest(answer(Some(rotation)).to_bytes())),
        }),
    );
    assert_eq!(Rotation::from_bytes(&bytes(&vector("rotation")["rotation"])), Ok(rotation));
}

#[test]
fn two_records_under_one_salt_are_refused_as_in_the_vector() {
    let two = answer_of_two(&salt(), &salt()).to_bytes();
    check("repeated-salt", &json!({ "answer": hex(&two), "refused": "Malformed" }));
    assert_eq!(StatusAnswer::from_bytes(&two), Err(ProtocolError::Malformed));
}

#[test]
fn what_is_refused_is_refused_for_the_reason_in_the_vector() {
    let answer = answer(None).to_bytes();
    let receipt = receipts()[0].to_bytes();
    let rotation = rotation(0, 1, STATED).to_bytes().to_vec();
    let request = request().to_bytes().to_vec();
    let register = session(0).as_bytes().to_vec();
    // Which of the structures above, what is changed in it, and why it is then refused.
    let cases: &[(&str, &[u8], Mutation, ProtocolError)] = &[
        ("register", &register, Mutation::Length(31), ProtocolError::Malformed),
        ("register", &register, Mutation::Length(33), ProtocolError::Malformed),
        ("status-request", &request, Mutation::Length(2079), ProtocolError::Malformed),
        ("status-request", &request, Mutation::Length(2081), ProtocolError::Malformed),
        ("status-request", &request, Mutation::Length(0), ProtocolError::Malformed),
        // The first ID is then no longer the lowest.
        ("status-request", &request, Mutation::Flip(0, 0xff), ProtocolError::Malformed),
        ("status-answer", &answer, Mutation::Length(0), ProtocolError::Malformed),
        ("status-answer", &answer, Mutation::Length(19_657), ProtocolError::Malformed),
        ("status-answer", &answer, Mutation::Length(19_659), ProtocolError::Malformed),
        // Time of stating: after the year 9999; another second.
        ("status-answer", &answer, Mutation::Flip(0, 0x80), ProtocolError::Malformed),
        ("status-answer", &answer, Mutation::Flip(7, 0x01), ProtocolError::NotAuthentic),
        // A rotation that is none; a sheet of the year 0; a sheet that nobody signed.
        ("status-answer", &answer, Mutation::Flip(8, 0x01), ProtocolError::Malformed),
        ("status-answer", &answer, Mutation::Flip(217, 0x01), ProtocolError::Malformed),
        ("status-answer", &answer, Mutation::Flip(209, 0x01), ProtocolError::NotAuthentic),
        // A salt of zeros.
        ("status-answer", &answer, Mutation::Zeros(held_at() + 10, 32), ProtocolError::Malformed),
        // In the entry of the held ID: state, month, reserved bit, field, overlaps, digest of a field
        // that is not held, signature.
        ("status-answer", &answer, Mutation::Flip(held_at(), 0x01), ProtocolError::Malformed),
        ("status-answer", &answer, Mutation::Flip(held_at(), 0x02), ProtocolError::Malformed),
        ("status-answer", &answer, Mutation::Flip(held_at() + 3, 0x80), ProtocolError::Malformed),
        (
            "status-answer",
            &answer,
            Mutation::Flip(held_at() + 4, 0x01),
            ProtocolError::NotAuthentic,
        ),
        ("status-answer", &answer, Mutation::Flip(held_at() + 5, 0x80), ProtocolError::Malformed),
        (
            "status-answer",
            &answer,
            Mutation::Flip(held_at() + 6, 0x02),
            ProtocolError::NotAuthentic,
        ),
        (
            "status-answer",
            &answer,
            Mutation::Flip(held_at() + 9, 0x01),
            ProtocolError::NotAuthentic,
        ),
        (
            "status-answer",
            &answer,
            Mutation::Flip(held_at() + 10 + 32 + 48, 0x01),
            ProtocolError::Malformed,
        ),
        (
            "status-answer",
            &answer,
            Mutation::Flip(held_at() + 202, 0x01),
            ProtocolError::NotAuthentic,
        ),
        ("receipt", &receipt, Mutation::Length(226), ProtocolError::Malformed),
        ("receipt", &receipt, Mutation::Length(418), ProtocolError::Malformed),
        ("receipt", &receipt, Mutation::Length(420), ProtocolError::Malformed),
        // Label, form, key, time, ID, digest.
        ("receipt", &receipt, Mutation::Flip(7, 0x01), ProtocolError::Malformed),
        ("receipt", &receipt, Mutation::Flip(16, 0x03), ProtocolError::Malformed),
        ("receipt", &receipt, Mutation::Flip(88, 0x01), ProtocolError::NotAuthentic),
        ("receipt", &receipt, Mutation::Flip(89, 0x01), ProtocolError::NotAuthentic),
        ("receipt", &receipt, Mutation::Flip(259, 0x01), ProtocolError::NotAuthentic),
        ("rotation", &rotation, Mutation::Length(199), ProtocolError::Malformed),
        ("rotation", &rotation, Mutation::Length(201), ProtocolError::Malformed),
        // The second from which it counts; each signature.
        ("rotation", &rotation, Mutation::Flip(71, 0x01), ProtocolError::NotAuthentic),
        ("rotation", &rotation, Mutation::Flip(72, 0x01), ProtocolError::NotAuthentic),
        ("rotation", &rotation, Mutation::Flip(136, 0x01), ProtocolError::NotAuthentic),
    ];
    let described: Vec<Value> = cases
        .iter()
        .map(|(structure, _, change, refused)| {
            let change = match change {
                Mutation::Flip(at, bits) => json!({ "offset": at, "xor": bits }),
                Mutation::Zeros(at, count) => json!({ "offset": at, "zeros": count }),
                Mutation::Length(length) => json!({ "length": length }),
            };
            json!({ "structure": structure, "change": change, "refused": format!("{refused:?}") })
        })
        .collect();
    check("refused", &json!(described));
    for (structure, bytes, change, refused) in cases {
        let bytes = change.apply(bytes);
        let result = match *structure {
            "register" => RegisterRequest::from_bytes(&bytes).map(drop),
            "status-request" => StatusRequest::from_bytes(&bytes).map(drop),
            "status-answer" => believe(&bytes).map(drop),
            "receipt" => Receipt::from_bytes(&bytes)
                .and_then(|receipt| receipt.verify(&TrustedKeys::new([key(0).public()]))),
            _ => Rotation::from_bytes(&bytes).map(drop),
        };
        assert_eq!(result, Err(*refused), "{structure} {change:?}");
    }
}

#[test]
fn a_flip_of_any_bit_of_a_receipt_is_refused() {
    let keys = TrustedKeys::new([key(0).public()]);
    for receipt in
        [receipts()[0].clone(), receipts()[0].clone().without_digests(), receipts()[1].clone()]
    {
        let good = receipt.to_bytes();
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let result = Receipt::from_bytes(&bytes).and_then(|receipt| receipt.verify(&keys));
            assert!(result.is_err(), "bit {bit}");
        }
    }
}

#[test]
fn a_change_of_any_byte_of_the_header_or_an_entry_is_refused() {
    let good = answer(None).to_bytes();
    let entry = StatusAnswer::SIZE - ENTRIES - ENTRY * 63;
    for at in (0..WITNESS).chain(ENTRIES..ENTRIES + entry).chain(held_at()..held_at() + ENTRY) {
        for bits in [0x01, 0x80] {
            let bytes = Mutation::Flip(at, bits).apply(&good);
            assert!(believe(&bytes).is_err(), "byte {at}");
        }
    }
}

#[test]
fn entries_that_changed_places_are_refused() {
    let good = answer(None).to_bytes();
    let mut bytes = good.clone();
    let [first, second, third] = [0, 1, 2].map(|place| ENTRIES + ENTRY * place);
    bytes[first..second].copy_from_slice(&good[second..third]);
    bytes[second..third].copy_from_slice(&good[first..second]);
    assert_eq!(believe(&bytes), Err(ProtocolError::NotAuthentic));
}

#[test]
fn an_answer_by_another_key_or_to_another_request_is_refused() {
    let answer = answer(None);
    let other_key = KeyChain::pinned(key(1).public());
    assert_eq!(
        answer.clone().verify(&request(), &other_key, now()),
        Err(ProtocolError::NotAuthentic)
    );
    let mut random = fillers();
    random[63] = drawn("another filler");
    let other_request = StatusRequest::new(&[session(0), session(1)], &random).unwrap();
    let keys = KeyChain::pinned(key(0).public());
    assert_eq!(answer.verify(&other_request, &keys, now()), Err(ProtocolError::NotAuthentic));
}

#[test]
fn an_answer_of_another_time_is_refused_as_in_the_vector_unless_the_clock_is_not_trusted() {
    let cases = [
        (STATED, STATED, true),
        (STATED + CLOCK_SKEW, STATED + CLOCK_SKEW, true),
        (STATED - CLOCK_SKEW, STATED - CLOCK_SKEW, true),
        (STATED + CLOCK_SKEW + 1, STATED + CLOCK_SKEW + 2, false),
        (0, STATED - CLOCK_SKEW - 1, false),
    ];
    let described = cases.map(|(sent, received, is_fresh)| {
        json!({ "stated_at": STATED, "sent": sent, "received": received, "is_fresh": is_fresh })
    });
    check("freshness", &json!(described));
    let keys = KeyChain::pinned(key(0).public());
    for (sent, received, is_fresh) in cases {
        let [sent, received] =
            [sent, received].map(|at| UnixSeconds::from_number(at).unwrap().to_timestamp());
        let fresh = Freshness::Between { sent, received };
        let expected = if is_fresh { Ok(()) } else { Err(ProtocolError::NotFresh) };
        assert_eq!(answer(None).verify(&request(), &keys, fresh).map(drop), expected);
    }
    let untrusted = answer(None).verify(&request(), &keys, Freshness::ClockNotTrusted);
    assert!(untrusted.is_ok());
}

#[test]
fn which_public_keys_and_signatures_are_refused_is_as_in_the_vector() {
    let good = receipts()[0].clone();
    let bytes = good.to_bytes();
    let message = [b"temoin/2 statement".as_slice(), &bytes[49..163]].concat();
    let signature: [u8; 64] = bytes[163..227].try_into().unwrap();
    // The same S plus the order of the group, which is the same number but not the same bytes.
    let mut second_form = signature;
    let mut carry = 0;
    for (byte, order) in second_form[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    // R is the neutral element, and S is chosen so that the equation holds: only who has the key can do
    // it, and a verifier that multiplied by the cofactor would not mind.
    let seed = Sha512::digest(drawn("key 0"));
    let secret = Scalar::from_bytes_mod_order(clamp_integer(seed[..32].try_into().unwrap()));
    let mut small = [0; 64];
    small[0] = 1;
    let public = key(0).public();
    let hash = Sha512::new().chain_update(&small[..32]).chain_update(public.as_bytes());
    let hash: [u8; 64] = hash.chain_update(&message).finalize().into();
    let product = Scalar::from_bytes_mod_order_wide(&hash) * secret;
    small[32..].copy_from_slice(product.as_bytes());
    let signatures = [(signature, true), (second_form, false), (small, false)];

    let keys = [
        (public.to_string(), true),
        // Small order; the same with a sign; y not below 2^255 - 19; no point of the curve.
        (format!("01{}", "00".repeat(31)), false),
        (format!("{}80", "00".repeat(31)), false),
        (format!("f0{}7f", "ff".repeat(30)), false),
        (format!("02{}", "00".repeat(31)), false),
    ];
    check(
        "signatures",
        &json!({
            "public_key": public.to_string(),
            "message": hex(&message),
            "signatures": signatures.map(|(bytes, good)| json!({
                "signature": hex(&bytes), "verifies": good,
            })),
            "public_keys": keys.clone().map(|(text, good)| json!({ "key": text, "valid": good })),
        }),
    );
    for (signature, good) in signatures {
        let mut receipt = bytes.clone();
        receipt[163..227].copy_from_slice(&signature);
        let keys = TrustedKeys::new([public]);
        assert_eq!(Receipt::from_bytes(&receipt).unwrap().verify(&keys).is_ok(), good);
    }
    for (text, good) in keys {
        assert_eq!(text.parse::<PublicKey>().is_ok(), good, "{text}");
    }
}

/// The order of the group, little-endian (RFC 8032, section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn an_operator_that_claims_to_hold_what_nobody_registered_is_caught() {
    let held = Held::new(None, FieldSet::EMPTY.with(Field::AssignedIpv4)).unwrap();
    let lie = |salt: &dyn Fn(&SessionId) -> [u8; 32]| {
        StatusAnswer::new(&request(), stated(), &key(0), None, |id| {
            Some(StoredRecord { held, values: &[], salt: Salt::from_random(salt(id)).unwrap() })
        })
    };
    let keys = KeyChain::pinned(key(0).public());
    let answer = lie(&|id| Sha256::digest(id.as_bytes()).into());
    assert_eq!(answer.verify(&request(), &keys, now()), Err(ProtocolError::MadeUp));
    // A salt that is the same each time gives itself away before.
    let answer = lie(&|_| drawn("salt"));
    assert_eq!(StatusAnswer::from_bytes(&answer.to_bytes()), Err(ProtocolError::Malformed));
}

#[test]
fn a_request_takes_at_most_63_sessions_and_no_id_twice() {
    let ids: Vec<SessionId> = (0..64).map(session).collect();
    assert_eq!(StatusRequest::new(&ids, &fillers()), Err(RequestError::TooMany));
    assert!(StatusRequest::new(&ids[..63], &fillers()).is_ok());
    assert!(StatusRequest::new(&[], &fillers()).is_ok());
    assert_eq!(StatusRequest::new(&[ids[0], ids[0]], &fillers()), Err(RequestError::Repeated));
    assert_eq!(StatusRequest::new(&[], &[[7; 32]; 65]), Err(RequestError::Repeated));
}

#[test]
fn a_sheet_of_figures_is_as_in_the_vector_and_signed_by_the_key_of_the_answer() {
    let keys = KeyChain::pinned(key(0).public());
    let with = |sheet| answer(None).with_sheet(sheet);
    let bytes = with(sheet(0)).to_bytes();
    check(
        "sheet",
        &json!({
            "year": sheet(0).year(),
            "published_at": sheet(0).published_at().number(),
            "figures": sheet(0).figures(),
            "sheet": hex(&bytes[SHEET..WITNESS]),
            "answer_hash": hex(&Sha256::digest(&bytes)),
        }),
    );
    let read = StatusAnswer::from_bytes(&bytes).unwrap();
    let verified = read.verify(&request(), &keys, now()).unwrap();
    assert_eq!(verified.sheet, Some(sheet(0)));
    assert_eq!(verified.receipts.len(), 2);
    let foreign = with(sheet(1)).verify(&request(), &keys, now());
    assert_eq!(foreign, Err(ProtocolError::NotAuthentic));
    assert_eq!(YearlySheet::sign(&key(0), 0, stated(), *sheet(0).figures()), None);
    for at in SHEET..WITNESS {
        assert!(believe(&Mutation::Flip(at, 0x01).apply(&bytes)).is_err(), "byte {at}");
    }
}

#[test]
fn what_stands_in_the_room_for_a_witness_is_not_looked_at() {
    let mut bytes = answer(None).to_bytes();
    assert_eq!(bytes[WITNESS..ENTRIES], [0; ENTRIES - WITNESS]);
    bytes[WITNESS..ENTRIES].fill(0xa5);
    assert_eq!(believe(&bytes).unwrap().len(), 2);
}

/// What a box that has been shown `rotation`, `before` seconds before, makes of an answer by this key.
fn followed(
    rotation: Rotation,
    before: u64,
    signer: usize,
    carries: bool,
) -> Result<VerifiedAnswer, ProtocolError> {
    let mut keys = KeyChain::pinned(key(0).public());
    keys.extend(rotation, stated().minus(before)).unwrap();
    let carried = carries.then_some(rotation);
    StatusAnswer::new(&request(), stated(), &key(signer), carried, |_| None).verify(
        &request(),
        &keys,
        now(),
    )
}

#[test]
fn a_key_that_was_announced_takes_over_at_its_second() {
    const WEEK: u64 = Rotation::ANNOUNCED;
    let verified = followed(rotation(0, 1, STATED), WEEK, 1, true).unwrap();
    assert_eq!((verified.receipts.len(), verified.waits_until), (2, None));
    let before = UnixSeconds::from_number(STATED - 1).unwrap();
    assert_eq!(*verified.keys.at(before), key(0).public());
    assert_eq!(*verified.keys.at(stated()), key(1).public());
    // The old key counts no more from then on, and the new one not before.
    for (from, signer) in [(STATED, 0), (STATED + 1, 1)] {
        let refused = followed(rotation(0, 1, from), WEEK, signer, true);
        assert_eq!(refused, Err(ProtocolError::NotAuthentic), "{from}");
    }
    assert!(followed(rotation(0, 1, STATED + 1), WEEK, 0, true).is_ok());
    // Not even where the answer says nothing of the rotation.
    let silent = followed(rotation(0, 1, STATED), WEEK, 0, false);
    assert_eq!(silent, Err(ProtocolError::NotAuthentic));
}

#[test]
fn a_key_that_was_shown_less_than_a_week_ago_is_not_relied_on_yet() {
    let until = |before: u64| stated().minus(before).plus(Rotation::ANNOUNCED);
    for before in [0, 1, Rotation::ANNOUNCED - 1] {
        // A box that was off while it was announced, or a thief who has just made it up.
        let verified = followed(rotation(0, 1, STATED), before, 1, true).unwrap();
        assert_eq!(verified.waits_until, Some(until(before)));
        assert_eq!(verified.receipts, []);
        assert_eq!(verified.keys.rotations().len(), 1);
        // The operator's own key goes on: it was a thief.
        let verified = followed(rotation(0, 1, STATED), before, 0, false).unwrap();
        assert_eq!((verified.receipts.len(), verified.waits_until), (2, None));
        assert_eq!(verified.withdrawn, Some(rotation(0, 1, STATED)));
        assert_eq!(verified.keys.rotations(), []);
        // Whoever announces it must heed it.
        let both = followed(rotation(0, 1, STATED), before, 0, true);
        assert_eq!(both, Err(ProtocolError::NotAuthentic));
    }
    // A third key is nobody's.
    let third = followed(rotation(0, 1, STATED), 0, 2, false);
    assert_eq!(third, Err(ProtocolError::NotAuthentic));
}

#[test]
fn a_rotation_never_reaches_back_to_what_the_old_key_has_stated() {
    let shown = |last: u64, from: u64| {
        let last = vec![(key(0).public(), UnixSeconds::from_number(last).unwrap())];
        let mut keys = KeyChain::pinned(key(0).public()).with_last_statements(last);
        keys.extend(rotation(0, 1, from), stated())
    };
    assert_eq!(shown(STATED, 1_000), Err(ProtocolError::Backdated));
    assert_eq!(shown(STATED, STATED), Err(ProtocolError::Backdated));
    assert_eq!(shown(STATED, STATED + 1), Ok(true));
    // A statement of another key's is not in its way.
    let other = vec![(key(1).public(), stated())];
    let mut keys = KeyChain::pinned(key(0).public()).with_last_statements(other);
    assert_eq!(keys.extend(rotation(0, 1, 1_000), stated()), Ok(true));
}

#[test]
fn a_chain_of_keys_grows_as_in_the_vector() {
    // The rotations and when each is shown; of the pinned key 0 the last statement is of second 50.
    let steps: &[(Rotation, u64, Result<bool, ProtocolError>)] = &[
        (rotation(0, 1, 50), 60, Err(ProtocolError::Backdated)),
        (rotation(0, 1, 100), 60, Ok(true)),
        (rotation(0, 1, 100), 70, Ok(false)),
        (rotation(0, 2, 100), 70, Err(ProtocolError::TwoSuccessors)),
        (rotation(1, 2, 100), 70, Err(ProtocolError::Malformed)),
        (rotation(1, 0, 200), 70, Err(ProtocolError::Malformed)),
        (rotation(3, 2, 200), 70, Err(ProtocolError::NotAuthentic)),
        (rotation(3, 0, 200), 70, Ok(false)),
        (rotation(1, 2, 200), 70, Ok(true)),
        (rotation(2, 1, 300), 80, Err(ProtocolError::Malformed)),
    ];
    let second = |number| UnixSeconds::from_number(number).unwrap();
    let result = |result: &Result<bool, ProtocolError>| match result {
        Ok(true) => "new".to_owned(),
        Ok(false) => "changes nothing".to_owned(),
        Err(refused) => format!("{refused:?}"),
    };
    let in_force = [(99, 0), (100, 1), (199, 1), (200, 2), (9_999, 2)];
    check(
        "key-chain",
        &json!({
            "pinned": key(0).public().to_string(),
            "last_statement": { "key": key(0).public().to_string(), "stated_at": 50 },
            "shown": steps.iter().map(|(rotation, at, expected)| json!({
                "rotation": hex(&rotation.to_bytes()), "at": at, "result": result(expected),
            })).collect::<Vec<_>>(),
            "in_force": in_force.map(|(at, number)| json!({
                "at": at, "key": key(number).public().to_string(),
            })),
        }),
    );
    let last = vec![(key(0).public(), second(50))];
    let mut keys = KeyChain::pinned(key(0).public()).with_last_statements(last);
    for (rotation, at, expected) in steps {
        assert_eq!(keys.extend(*rotation, second(*at)), *expected, "{rotation:?}");
    }
    for (at, number) in in_force {
        assert_eq!(*keys.at(second(at)), key(number).public());
    }
    assert_eq!(keys.waits_until(second(150)), Some(second(60 + Rotation::ANNOUNCED)));
    // A renewed profile pins the newest key, and the operator still sends how it came about.
    let mut renewed = KeyChain::pinned(key(2).public());
    assert_eq!(renewed.extend(rotation(1, 2, 200), second(70)), Ok(false));
    assert_eq!(renewed.rotations(), []);
}

#[test]
fn rotations_only_restrict_by_which_keys_a_receipt_verifies() {
    // Which keys are trusted, which rotations are known, and whether the receipt by key 0, stated at
    // STATED, is good.
    let cases: &[(&[usize], &[Rotation], bool)] = &[
        (&[0], &[], true),
        (&[1], &[], false),
        (&[0, 1], &[], true),
        (&[0], &[rotation(0, 1, STATED + 1)], true),
        (&[0], &[rotation(0, 1, STATED)], false),
        (&[0], &[rotation(0, 1, 1_000)], false),
        // A rotation leads to no key that is not trusted: whoever has the retired key can sign one.
        (&[1], &[rotation(1, 0, 1_000)], false),
        (&[0], &[rotation(1, 0, STATED)], true),
        (&[0], &[rotation(1, 0, STATED + 1)], false),
        // Of other keys, it says nothing.
        (&[0], &[rotation(1, 2, 1_000)], true),
        (&[0, 1], &[rotation(0, 1, STATED + 1), rotation(1, 2, STATED + 2)], true),
    ];
    let receipt = receipts()[0].clone();
    check(
        "trusted-keys",
        &json!({
            "receipt": hex(&receipt.to_bytes()),
            "cases": cases.iter().map(|(keys, rotations, good)| json!({
                "keys": keys.iter().map(|it| key(*it).public().to_string()).collect::<Vec<_>>(),
                "rotations": rotations.iter().map(|it| hex(&it.to_bytes())).collect::<Vec<_>>(),
                "verifies": good,
            })).collect::<Vec<_>>(),
        }),
    );
    for (keys, rotations, good) in cases {
        let trusted = TrustedKeys::new(keys.iter().map(|it| key(*it).public()))
            .restricted(rotations.iter().copied());
        assert_eq!(receipt.verify(&trusted).is_ok(), *good, "{keys:?} {rotations:?}");
    }
}

#[test]
fn what_both_records_say_is_the_same_and_each_falsified_field_differs() {
    let receipt = receipts()[0].clone();
    for (_, value) in values() {
        let expected = if held_fields().contains(value.field().field()) {
            FieldComparison::Same
        } else {
            FieldComparison::NotComparable(NotComparable::NotHeld)
        };
        assert_eq!(Candidates::exactly(value).compare(&receipt), expected, "{value:?}");
    }
    for value in [
        CanonicalValue::origin_address("198.51.100.8".parse().unwrap()),
        CanonicalValue::origin_port(50_001),
        CanonicalValue::assigned_ipv4(Ipv4Addr::new(203, 0, 113, 78)),
        CanonicalValue::delegated_prefix("2001:db8:100::/57".parse().unwrap()),
        CanonicalValue::transport(Transport::Tcp),
    ] {
        assert_eq!(
            Candidates::exactly(value).compare(&receipt),
            FieldComparison::Differs,
            "{value:?}"
        );
    }
    let unknown = Candidates::unknown(CheckableField::OriginAddress).compare(&receipt);
    assert_eq!(unknown, FieldComparison::NotComparable(NotComparable::NotSeen));
    let value = CanonicalValue::origin_port(50_000);
    let forgotten = Candidates::exactly(value).compare(&receipt.without_digests());
    assert_eq!(forgotten, FieldComparison::NotComparable(NotComparable::NoDigest));
    let not_held = Candidates::exactly(value).compare(&receipts()[1]);
    assert_eq!(not_held, FieldComparison::NotComparable(NotComparable::NotHeld));
}

#[test]
fn times_are_the_same_within_the_tolerance_and_differ_beyond() {
    let receipt = receipts()[0].clone();
    let at = |seconds: u64| UnixSeconds::from_number(seconds).unwrap().to_timestamp();
    let start =
        |seconds| Candidates::session_start(Some((at(seconds), at(seconds)))).compare(&receipt);
    let end = |seconds| Candidates::session_end(Some((at(seconds), at(seconds)))).compare(&receipt);
    assert_eq!(start(STARTED), FieldComparison::Same);
    assert_eq!(start(STARTED + START_TOLERANCE), FieldComparison::Same);
    assert_eq!(start(STARTED - START_TOLERANCE), FieldComparison::Same);
    assert_eq!(start(STARTED + START_TOLERANCE + 1), FieldComparison::Differs);
    assert_eq!(start(STARTED - START_TOLERANCE - 1), FieldComparison::Differs);
    assert_eq!(end(ENDED - END_TOLERANCE), FieldComparison::Same);
    assert_eq!(end(ENDED - END_TOLERANCE - 1), FieldComparison::Differs);
    // An end that nobody saw lies between two bounds, and so does the operator's.
    let between = |first, last| Some((at(first), at(last)));
    let unseen = |first, last| Candidates::session_end(between(first, last)).compare(&receipt);
    assert_eq!(unseen(ENDED - 7200, ENDED + 7200), FieldComparison::Same);
    assert_eq!(unseen(ENDED + 3600, ENDED + 7200), FieldComparison::Differs);
    let cannot_tell = FieldComparison::NotComparable(NotComparable::NotSeen);
    assert_eq!(unseen(ENDED - 50_000, ENDED + 50_000), cannot_tell);
    assert_eq!(Candidates::session_end(None).compare(&receipt), cannot_tell);
}

/// Tries every address of 198.51.0.0/16 instead of all of IPv4. The reduction is fair: the search is
/// linear and knows nothing but the receipt's bytes, so what it finds in one /16 it finds in all
/// 65 536 of them in 65 536 times the time, seconds on a graphics card; and where it finds nothing,
/// that is not for want of addresses, since the true one is among those it tries.
#[test]
fn an_address_is_found_by_trying_all_until_the_receipt_is_forgotten_and_not_after() {
    let receipt = receipts()[0].clone();
    let remains = receipt.clone().without_digests().to_bytes();
    let addresses =
        || (0..=u16::MAX).map(|low| [&[198, 51], low.to_be_bytes().as_slice()].concat());
    let found = |id: &[u8; 32], salt: [u8; 32], bytes: &[u8]| {
        let salt = Salt::from_random(salt)?;
        addresses().find(|address| {
            let address = IpAddr::from(<[u8; 4]>::try_from(address.as_slice()).unwrap());
            let digests =
                Digests::new(&id_of(id), salt, &[CanonicalValue::origin_address(address)]);
            contains(bytes, &digests.to_bytes()[32..48])
        })
    };
    let id = receipt.statement().id().as_bytes();
    let salt = receipt.digests().unwrap().to_bytes()[..32].try_into().unwrap();
    assert_eq!(found(id, salt, &receipt.to_bytes()), Some(vec![198, 51, 100, 7]));

    // Even with the salt, which is nowhere any more, no digest is left to compare with.
    assert_eq!(found(id, salt, &remains), None);
    // And without it: all that remains, tried as the salt, with one address of each /24, the true one
    // among them.
    for window in remains.windows(32) {
        let Some(salt) = Salt::from_random(window.try_into().unwrap()) else { continue };
        for low in (0..=u16::MAX).filter(|low| low % 256 == 7) {
            let [third, fourth] = low.to_be_bytes();
            let address = IpAddr::from([198, 51, third, fourth]);
            let digests =
                Digests::new(&id_of(id), salt, &[CanonicalValue::origin_address(address)]);
            assert!(!contains(&remains, &digests.to_bytes()[32..48]));
            assert_ne!(
                Sha256::digest(digests.to_bytes()).as_slice(),
                receipt.statement().commitment()
            );
        }
    }
    for secret in [salt.as_slice(), &[198, 51, 100, 7], &digest_of_the_address(&receipt)] {
        assert!(!contains(&remains, secret));
    }
    let again = Receipt::from_bytes(&remains).unwrap();
    assert_eq!(again.verify(&TrustedKeys::new([key(0).public()])), Ok(()));
}

#[test]
fn an_id_that_was_erased_is_answered_like_one_that_never_was() {
    // The two answers differ in nothing that depends on the store: only in ID, and so in signature.
    let answer = answer(None).to_bytes();
    let entries: Vec<&[u8]> = answer[ENTRIES..].chunks(ENTRY).collect();
    for (place, entry) in entries.iter().enumerate() {
        if ENTRIES + place * ENTRY != held_at() {
            assert_eq!(entry[..202], [0; 202]);
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic_and_what_is_read_is_written_alike(
        body in proptest::collection::vec(any::<u8>(), 0..500),
    ) {
        if let Ok(statement) = Statement::from_bytes(&body) {
            prop_assert_eq!(statement.to_bytes().to_vec(), body.clone());
        }
        if let Ok(request) = RegisterRequest::from_bytes(&body) {
            prop_assert_eq!(request.to_bytes().to_vec(), body.clone());
        }
        prop_assert!(StatusRequest::from_bytes(&body).is_err());
        prop_assert!(StatusAnswer::from_bytes(&body).is_err());
        prop_assert!(Receipt::from_bytes(&body).is_err());
        prop_assert!(Rotation::from_bytes(&body).is_err());
    }

    #[test]
    fn a_damaged_statement_is_refused_or_written_as_it_was_read(
        at in any::<Index>(),
        byte in any::<u8>(),
        held in any::<bool>(),
    ) {
        let mut bytes = receipts()[usize::from(!held)].statement().to_bytes();
        bytes[at.index(Statement::SIZE)] = byte;
        if let Ok(statement) = Statement::from_bytes(&bytes) {
            prop_assert_eq!(statement.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_status_request_reads_back_as_it_is_written(
        random in proptest::collection::vec(any::<[u8; 32]>(), 65),
        real in proptest::collection::vec(any::<[u8; 32]>(), 0..=63),
    ) {
        let real: Vec<SessionId> = real.into_iter().map(SessionId::from_bytes).collect();
        let request = StatusRequest::new(&real, &random.try_into().unwrap()).unwrap();
        let read = StatusRequest::from_bytes(&request.to_bytes()).unwrap();
        prop_assert_eq!(read.ids(), request.ids());
        let marked: Vec<SessionId> = (0..64).filter(|place| request.is_real(*place))
            .map(|place| request.ids()[place]).collect();
        let mut sorted = real;
        sorted.sort_unstable();
        prop_assert_eq!(marked, sorted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_flip_anywhere_in_an_answer_but_in_the_room_for_a_witness_is_refused(
        at in any::<Index>(),
        bit in 0_u32..8,
    ) {
        let good = answer(None).to_bytes();
        let at = at.index(good.len());
        let changed = believe(&Mutation::Flip(at, 1_u8 << bit).apply(&good));
        prop_assert_eq!(changed.is_ok(), (WITNESS..ENTRIES).contains(&at));
    }

    #[test]
    fn any_record_reads_back_and_verifies(
        bits in 1_u32..1 << 18,
        days in proptest::option::of(1_u32..3_000_000),
        seconds in 0_u64..=253_402_300_799,
        salt in any::<[u8; 32]>(),
        overlaps in proptest::option::of(0_usize..=254),
    ) {
        let fields: FieldSet = Field::ALL.into_iter().filter(|field| bits >> field_code(*field) & 1 == 1).collect();
        let day = days.and_then(|days| Day::new(NaiveDate::from_num_days_from_ce_opt(days.try_into().unwrap())?));
        let held = Held::new(day, fields).unwrap();
        let held = overlaps.map_or(held, |number| held.with_overlaps(number));
        let values: Vec<CanonicalValue> = values().into_iter().map(|(_, value)| value).collect();
        let salt = Salt::from_random(salt).unwrap();
        let at = UnixSeconds::from_number(seconds).unwrap();
        let answer = StatusAnswer::new(&request(), at, &key(0), None, |id| {
            (*id == session(0)).then_some(StoredRecord { held, values: &values, salt })
        });
        let read = StatusAnswer::from_bytes(&answer.to_bytes()).unwrap();
        prop_assert_eq!(&read, &answer);
        let keys = KeyChain::pinned(key(0).public());
        let verified = read.verify(&request(), &keys, Freshness::ClockNotTrusted).unwrap();
        let receipt = verified.receipts.iter().find(|it| *it.statement().id() == session(0)).unwrap();
        prop_assert_eq!(receipt.statement().held(), Some(held));
        prop_assert_eq!(held.overlaps().map(usize::from), overlaps);
        prop_assert_eq!(&Receipt::from_bytes(&receipt.to_bytes()).unwrap(), receipt);
    }
}

/// Where in an answer the sheet, the room for a witness and the entries begin; the size of an entry.
const SHEET: usize = 208;
const WITNESS: usize = 538;
const ENTRIES: usize = 2_634;
const ENTRY: usize = 266;

/// When the vectors' answer was stated, and the session in it began and ended.
const STATED: u64 = 1_795_500_000;
const STARTED: u64 = 1_795_415_486;
const ENDED: u64 = 1_795_419_086;

/// 32 bytes that look random and are the same each time.
fn drawn(label: &str) -> [u8; 32] {
    Sha256::digest(format!("temoin/2 test vector: {label}")).into()
}

fn session(number: usize) -> SessionId {
    SessionSecret::from_bytes(drawn(&format!("secret {number}"))).id()
}

fn key(number: usize) -> SigningKey {
    SigningKey::from_seed(&drawn(&format!("key {number}")))
}

fn salt() -> Salt {
    Salt::from_random(drawn("salt")).unwrap()
}

fn fillers() -> [[u8; 32]; StatusRequest::RANDOM] {
    std::array::from_fn(|place| drawn(&format!("filler {place}")))
}

/// Two sessions: of the first the operator holds a record, of the second none.
fn request() -> StatusRequest {
    StatusRequest::new(&[session(0), session(1)], &fillers()).unwrap()
}

fn stated() -> UnixSeconds {
    UnixSeconds::from_number(STATED).unwrap()
}

fn now() -> Freshness {
    let at: Timestamp = stated().to_timestamp();
    Freshness::Between { sent: at, received: at }
}

fn rotation(old: usize, new: usize, from: u64) -> Rotation {
    Rotation::sign(&key(old), &key(new), UnixSeconds::from_number(from).unwrap())
}

/// A value of each field that can be compared, as text and in its canonical form.
fn values() -> Vec<(&'static str, CanonicalValue)> {
    let second = |number| UnixSeconds::from_number(number).unwrap();
    let gateway = |address: &str| Gateway { address: address.parse().unwrap(), port: Some(1194) };
    vec![
        ("198.51.100.7", CanonicalValue::origin_address("198.51.100.7".parse().unwrap())),
        ("50000", CanonicalValue::origin_port(50_000)),
        ("203.0.113.77", CanonicalValue::assigned_ipv4(Ipv4Addr::new(203, 0, 113, 77))),
        ("2001:db8::77", CanonicalValue::assigned_ipv6("2001:db8::77".parse().unwrap())),
        (
            "2001:db8:100::/56",
            CanonicalValue::delegated_prefix("2001:db8:100::/56".parse().unwrap()),
        ),
        ("2026-11-23T06:31:26Z", CanonicalValue::assigned_at(second(STARTED))),
        ("2026-11-23T06:31:26Z", CanonicalValue::session_start(second(STARTED))),
        ("2026-11-23T07:31:26Z", CanonicalValue::session_end(second(ENDED))),
        ("192.0.2.1:1194", CanonicalValue::gateway(gateway("192.0.2.1")).unwrap()),
        ("udp", CanonicalValue::transport(Transport::Udp)),
    ]
}

/// All that can be compared but the IPv6 address, and what the operator calls the member.
fn held_fields() -> FieldSet {
    let checkable =
        CheckableField::ALL.into_iter().filter(|it| *it != CheckableField::AssignedIpv6);
    checkable.map(CheckableField::field).collect::<FieldSet>().with(Field::MemberIdentity)
}

fn answer(rotation: Option<Rotation>) -> StatusAnswer {
    let day = Day::new(NaiveDate::from_ymd_opt(2027, 11, 24).unwrap());
    let held = Held::new(day, held_fields()).unwrap().with_overlaps(2);
    let values: Vec<CanonicalValue> = values().into_iter().map(|(_, value)| value).collect();
    let signer = if rotation.is_some() { key(1) } else { key(0) };
    StatusAnswer::new(&request(), stated(), &signer, rotation, |id| {
        (*id == session(0)).then_some(StoredRecord { held, values: &values, salt: salt() })
    })
}

/// An answer that holds a record of both sessions, the second without a day and without a word on what
/// overlapped it.
fn answer_of_two(first: &Salt, second: &Salt) -> StatusAnswer {
    let held = Held::new(None, held_fields()).unwrap();
    let values: Vec<CanonicalValue> = values().into_iter().map(|(_, value)| value).collect();
    StatusAnswer::new(&request(), stated(), &key(0), None, |id| {
        let salt = if *id == session(0) { first } else { second };
        let is_one = [session(0), session(1)].contains(id);
        is_one.then_some(StoredRecord { held, values: &values, salt: *salt })
    })
}

/// Figures of a year: two classes, the rest not stated.
fn sheet(signer: usize) -> YearlySheet {
    let mut figures = [[YearlySheet::NOT_STATED; YearlySheet::COLUMNS]; YearlySheet::ROWS];
    (figures[0], figures[1]) = ([5, 3, 2, 4], [4, 3, 1, 4]);
    let published = UnixSeconds::from_number(STATED - 86_400).unwrap();
    YearlySheet::sign(&key(signer), 2025, published, figures).unwrap()
}

/// The receipts of the vectors' answer: of the record that is held, and of the one that is not.
fn receipts() -> Vec<Receipt> {
    let keys = KeyChain::pinned(key(0).public());
    let mut receipts = answer(None).verify(&request(), &keys, now()).unwrap().receipts;
    receipts.sort_by_key(|receipt| receipt.statement().held().is_none());
    receipts
}

/// Reads and verifies an answer as a box does.
fn believe(bytes: &[u8]) -> Result<Vec<Receipt>, ProtocolError> {
    let keys = KeyChain::pinned(key(0).public());
    Ok(StatusAnswer::from_bytes(bytes)?.verify(&request(), &keys, now())?.receipts)
}

/// Where in the vectors' answer the entry of the held record begins.
fn held_at() -> usize {
    let place = request().ids().iter().position(|id| *id == session(0)).unwrap();
    ENTRIES + ENTRY * place
}

fn id_of(bytes: &[u8; 32]) -> SessionId {
    SessionId::from_bytes(*bytes)
}

fn digest_of_the_address(receipt: &Receipt) -> [u8; 16] {
    receipt.digests().unwrap().to_bytes()[32..48].try_into().unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// What a vector of refusal changes in a good structure.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    /// At this offset, these bits are turned over.
    Flip(usize, u8),
    /// Cut to this length, or filled up to it with zeros.
    Length(usize),
    /// From this offset on, so many bytes are zeros.
    Zeros(usize, usize),
}

impl Mutation {
    fn apply(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Flip(at, bits) => bytes[at] ^= bits,
            Self::Length(length) => bytes.resize(length, 0),
            Self::Zeros(at, count) => bytes[at..at + count].fill(0),
        }
        bytes
    }
}

/// Compares with the vector of this name, or writes it with `BLESS=1`.
fn check(name: &str, expected: &Value) {
    if env::var_os("BLESS").is_some() {
        fs::write(path(name), serde_json::to_string_pretty(expected).unwrap() + "\n").unwrap();
    }
    assert_eq!(vector(name), *expected, "{name}.json");
}

fn vector(name: &str) -> Value {
    serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap()
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .join(format!("tests/fixtures/protocol/{name}.json"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}
