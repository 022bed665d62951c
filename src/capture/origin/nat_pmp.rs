use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use super::exchange::{Reply, exchange};

/// Where a router listens (RFC 6886 section 3).
pub(super) const PORT: u16 = 5351;

/// How long each request waits. The RFC begins so too, and goes on to more than a minute.
pub(super) const WAITS: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// The public address of the router that `router` is connected to (RFC 6886 section 3.2). Nothing is
/// changed there.
pub(super) fn ask(router: &UdpSocket, waits: &[Duration]) -> Option<Ipv4Addr> {
    exchange(router, &[VERSION, PUBLIC_ADDRESS], waits, read)
}

/// Reads version, operation, result, seconds since the router's start, address.
pub(super) fn read(datagram: &[u8]) -> Reply<Ipv4Addr> {
    match datagram {
        [VERSION, ANSWERED, 0, 0, _, _, _, _, a, b, c, d] => {
            Reply::Answer(Ipv4Addr::new(*a, *b, *c, *d))
        }
        [VERSION, ANSWERED, 0, 0, ..] => Reply::Stray,
        // A result other than zero, with or without the rest; or another version, by which a router
        // that speaks PCP alone says so.
        [_, ANSWERED, _, _, ..] => Reply::Refusal,
        _ => Reply::Stray,
    }
}

const VERSION: u8 = 0;
const PUBLIC_ADDRESS: u8 = 0;
/// The operation with the bit that makes it an answer.
const ANSWERED: u8 = 0x80;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::{any, proptest};

    use super::{Reply, ask, read};
    use crate::origin::exchange::tests::{LONG_WAITS, responder};

    #[test]
    fn a_router_tells_its_public_address() {
        // 203.0.113.7, 5 s after its start.
        let answer = [0, 0x80, 0, 0, 0, 0, 0, 5, 203, 0, 113, 7];
        let (router, thread) = responder(1, move |request, _, _| {
            assert_eq!(request, [0, 0]);
            vec![vec![0x80], answer.to_vec()]
        });
        assert_eq!(ask(&router, &LONG_WAITS), Some(Ipv4Addr::new(203, 0, 113, 7)));
        thread.join().unwrap();
    }

    #[test]
    fn a_router_that_refuses_is_not_asked_again() {
        for answer in [
            // Network failure, with an address of zeros; unsupported version; PCP's own.
            &[0, 0x80, 0, 3, 0, 0, 0, 5, 0, 0, 0, 0][..],
            &[0, 0x80, 0, 1, 0, 0, 0, 5],
            &[2, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(read(answer), Reply::Refusal, "{answer:?}");
        }
    }

    #[test]
    fn what_is_too_short_too_long_or_no_answer_is_passed_over() {
        for stray in [
            &[][..],
            &[0, 0x80],
            &[0, 0x80, 0, 0, 0, 0, 0, 5, 203, 0, 113],
            &[0, 0x80, 0, 0, 0, 0, 0, 5, 203, 0, 113, 7, 0],
            &[0, 0x81, 0, 0, 0, 0, 0, 5, 203, 0, 113, 7],
            &[0, 0],
        ] {
            assert_eq!(read(stray), Reply::Stray, "{stray:?}");
        }
    }

    proptest! {
        #[test]
        fn an_address_is_read_only_from_twelve_bytes_that_say_yes(
            rest: Vec<u8>,
            other: Vec<u8>,
        ) {
            for bytes in [[vec![0, 0x80, 0, 0], rest].concat(), other] {
                if let Reply::Answer(address) = read(&bytes) {
                    assert_eq!((bytes.len(), &bytes[..4]), (12, &[0, 0x80, 0, 0][..]));
                    assert_eq!(bytes[8..], address.octets());
                }
            }
        }

        #[test]
        fn every_address_is_read_as_it_was_written(epoch: [u8; 4], address in any::<[u8; 4]>()) {
            let answer = [[0, 0x80, 0, 0], epoch, address].concat();
            assert_eq!(read(&answer), Reply::Answer(address.into()));
        }
    }
}
