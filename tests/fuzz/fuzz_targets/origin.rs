//! Answers to the question where the tunnel comes from: STUN, NAT-PMP, PCP.
#![no_main]

use std::net::{Ipv4Addr, SocketAddrV4};

use libfuzzer_sys::fuzz_target;
use temoin_capture::origin::{OriginMethod, answer};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, datagram)) = bytes.split_first() else { return };
    let method =
        [OriginMethod::Stun, OriginMethod::NatPmp, OriginMethod::Pcp][usize::from(kind % 3)];
    let own = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 2), 40_000);
    let _ = answer(method, *b"abcdefghijkl", own, datagram);
});
