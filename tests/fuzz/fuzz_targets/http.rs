//! What comes over HTTP: the head of a request, and the answer of an operator's responder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temoin::http::Head;
use temoin::protocol::StatusAnswer;
use temoin::sync::Answer;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, mut bytes)) = bytes.split_first() else { return };
    match kind % 2 {
        0 => drop(Head::read(bytes)),
        _ => {
            if let Ok(answer) = Answer::read(&mut bytes, StatusAnswer::SIZE) {
                assert!(answer.body.is_empty() || answer.body.len() == StatusAnswer::SIZE);
            }
        }
    }
});
