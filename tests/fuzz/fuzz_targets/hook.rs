//! The environment that OpenVPN gives its scripts, much of which the server chose.
#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use libfuzzer_sys::fuzz_target;
use temoin_capture::openvpn::environment::{DownEnvironment, UpEnvironment};

fuzz_target!(|bytes: &[u8]| {
    let variables = || {
        bytes.split(|byte| *byte == b'\n').filter_map(|line| {
            let equals = line.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (line[..equals].to_vec(), line[equals + 1..].to_vec());
            Some((OsString::from_vec(name), OsString::from_vec(value)))
        })
    };
    drop(UpEnvironment::read(variables()));
    drop(DownEnvironment::read(variables()));
});
