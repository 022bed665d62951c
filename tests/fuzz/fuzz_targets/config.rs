//! Files that a person writes: the configuration, rules of law, profiles of operators, mappings of an operator's columns.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use temoin_config::Config;
use temoin_core::law::{Edition, Profile};
use temoin_reply::Mapping;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match kind % 4 {
        0 => drop(Edition::parse("own.toml", text)),
        1 => drop(Profile::parse("own.toml", text)),
        2 => drop(Mapping::from_toml(text)),
        _ => drop(Config::parse(Path::new("/etc/temoin/temoin.toml"), text)),
    }
});
