//! The structures of the sync, and the HTTP that an operator's responder answers in. Each structure has
//! one encoding: what is read is written back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temoin_page::ReceiptBundle;
use temoin_protocol::{
    Freshness, KeyChain, Receipt, RegisterRequest, Rotation, SigningKey, Statement, StatusAnswer,
    StatusRequest, TrustedKeys,
};
use temoin_sync::HttpResponse;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, mut bytes)) = bytes.split_first() else { return };
    match kind % 8 {
        0 => {
            if let Ok(request) = RegisterRequest::from_bytes(bytes) {
                assert_eq!(request.to_bytes(), bytes);
            }
        }
        1 => {
            if let Ok(request) = StatusRequest::from_bytes(bytes) {
                assert_eq!(request.to_bytes(), bytes);
            }
        }
        2 => {
            if let Ok(answer) = StatusAnswer::from_bytes(bytes) {
                // All but the room for a witness, which is not read.
                let written = answer.to_bytes();
                let (before, room) = (WITNESS, WITNESS + 2_096);
                assert_eq!(
                    (&written[..before], &written[room..]),
                    (&bytes[..before], &bytes[room..])
                );
                let keys = KeyChain::pinned(SigningKey::from_seed(&[3; 32]).public());
                let request = StatusRequest::new(&[], &fillers()).expect("64 IDs that differ");
                // No key of the operator's signed it.
                assert!(answer.verify(&request, &keys, Freshness::ClockNotTrusted).is_err());
            }
        }
        3 => {
            if let Ok(statement) = Statement::from_bytes(bytes) {
                assert_eq!(statement.to_bytes(), bytes);
            }
        }
        4 => {
            if let Ok(receipt) = Receipt::from_bytes(bytes) {
                assert_eq!(receipt.to_bytes(), bytes);
                let forgotten = receipt.without_digests();
                assert_eq!(Receipt::from_bytes(&forgotten.to_bytes()), Ok(forgotten));
            }
        }
        5 => {
            if let Ok(rotation) = Rotation::from_bytes(bytes) {
                assert_eq!(rotation.to_bytes(), bytes);
            }
        }
        6 => {
            if let Ok(receipts) = ReceiptBundle::parse(bytes) {
                let key = SigningKey::from_seed(&[3; 32]).public();
                let keys = TrustedKeys::new([key]).restricted(receipts.rotations);
                for receipt in receipts.receipts.iter().flatten() {
                    assert!(receipt.verify(&keys).is_err());
                }
            }
        }
        _ => {
            if let Ok(answer) = HttpResponse::read(&mut bytes, StatusAnswer::SIZE) {
                assert!(answer.body.is_empty() || answer.body.len() == StatusAnswer::SIZE);
            }
        }
    }
});

fn fillers() -> [[u8; 32]; StatusRequest::RANDOM] {
    let mut fillers = [[0; 32]; StatusRequest::RANDOM];
    (0..).zip(&mut fillers).for_each(|(place, filler)| *filler = [place; 32]);
    fillers
}

/// Where an answer has room for a witness (PROTOCOL.md, "status").
const WITNESS: usize = 538;
