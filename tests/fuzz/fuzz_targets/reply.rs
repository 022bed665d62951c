//! An operator's answer to a request for access: a table or JSON of its own making.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temoin_reply::{Mapping, describe, parse_reply};

fuzz_target!(|bytes: &[u8]| {
    drop(parse_reply(bytes, &Mapping::default()));
    let Ok(zone) = "UTC".parse() else { return };
    drop(describe(bytes, &Mapping::default(), zone));
});
