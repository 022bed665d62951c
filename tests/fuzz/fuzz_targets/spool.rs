//! What the hook leaves in the spool, which a power cut may have torn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use temoin_capture::spool::{Event, EventName};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let bytes = match kind % 3 {
        0 => bytes.to_vec(),
        // The checksum at its end cannot be guessed, so the code behind it is reached only with a valid one.
        1 => [bytes, &Sha256::digest(bytes)[..4]].concat(),
        _ => {
            if let Ok(name) = std::str::from_utf8(bytes).unwrap_or_default().parse::<EventName>() {
                assert_eq!(name.to_string().as_bytes(), bytes);
            }
            return;
        }
    };
    if let Ok(event) = Event::decode(&bytes) {
        assert_eq!(Event::decode(&event.encode()), Ok(event));
    }
});
