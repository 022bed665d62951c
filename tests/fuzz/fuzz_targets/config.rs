//! Files that a person writes: rules of law, profiles of operators, mappings of an operator's columns.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temoin::retention::{Edition, Profile};
use temoin::rights::Mapping;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match kind % 3 {
        0 => drop(Edition::parse("own.toml", text)),
        1 => drop(Profile::parse("own.toml", text)),
        _ => drop(Mapping::from_toml(text)),
    }
});
