//! What the kernel tells of network interfaces, and OpenVPN over its management socket.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temoin_capture::LinkNotice;
use temoin_capture::openvpn::ManagementNotice;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    match kind % 2 {
        // A message has a header of 16 bytes.
        0 => assert!(LinkNotice::parse(bytes).len() <= bytes.len() / 16),
        _ => drop(ManagementNotice::parse(bytes)),
    }
});
