use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use super::exchange::{Reply, exchange};

/// Where a router listens (RFC 6887 section 19.1).
pub(super) const PORT: u16 = 5351;

/// How long each request waits. The RFC begins with three seconds, for routers far away.
pub(super) const WAITS: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// The public address of the router that `router` is connected to (RFC 6887 section 11).
///
/// The protocol reveals it only when creating a mapping. This one is the least intrusive: for the
/// socket's own port, which accepts packets from the router only, deleted at once and expiring
/// after two minutes otherwise. `PEER` would open nothing, but few home routers support it.
pub(super) fn ask(router: &UdpSocket, waits: &[Duration]) -> Option<Ipv4Addr> {
    let own = router.local_addr().ok()?;
    let IpAddr::V4(client) = own.ip() else { return None };
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).ok()?;
    let mapping = PortMapping { client, nonce, port: own.port() };
    let address = exchange(router, &mapping.request(LIFETIME), waits, |bytes| mapping.read(bytes))?;
    exchange(router, &mapping.request(0), &DELETION_WAITS, |bytes| mapping.read(bytes));
    Some(address)
}

/// Reads the answer to a request for a mapping of the port that it was sent from.
pub(super) fn read(own: SocketAddrV4, nonce: [u8; 12], datagram: &[u8]) -> Reply<Ipv4Addr> {
    PortMapping { client: *own.ip(), nonce, port: own.port() }.read(datagram)
}

/// A mapping of one of the box's own UDP ports.
#[derive(Clone, Copy, Debug)]
struct PortMapping {
    client: Ipv4Addr,
    nonce: [u8; 12],
    port: u16,
}

impl PortMapping {
    /// Asks for `seconds` of it; for zero of them, to delete it.
    fn request(&self, seconds: u32) -> Vec<u8> {
        let mut bytes = vec![VERSION, MAP, 0, 0];
        bytes.extend(seconds.to_be_bytes());
        bytes.extend(self.client.to_ipv6_mapped().octets());
        bytes.extend(self.head());
        // Any public port, at any address, in the form that asks for IPv4.
        bytes.extend([0, 0]);
        bytes.extend(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped().octets());
        bytes
    }

    /// Reads the answer: version, operation, reserved, result, lifetime, seconds since the router's
    /// start, reserved; then nonce, protocol, reserved, port, public port, public address; options.
    fn read(&self, datagram: &[u8]) -> Reply<Ipv4Addr> {
        if datagram.len() < HEADER || datagram.len() > LONGEST || datagram.len() % 4 != 0 {
            return match datagram {
                // The shorter answer of a router that speaks NAT-PMP alone.
                [0, ANSWERED, _, _, _, _, _, _] => Reply::Refusal,
                _ => Reply::Stray,
            };
        }
        let (header, body) = datagram.split_at(HEADER);
        match header {
            [VERSION, ANSWERED, _, 0, ..] => {}
            [_, ANSWERED, ..] => return Reply::Refusal,
            _ => return Reply::Stray,
        }
        let address = body.get(20..36).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        match (body.starts_with(&self.head()), address.map(Ipv6Addr::from)) {
            (true, Some(address)) => address.to_ipv4_mapped().map_or(Reply::Refusal, Reply::Answer),
            _ => Reply::Stray,
        }
    }

    /// What request and answer have in common.
    fn head(&self) -> [u8; 18] {
        let mut head = [0; 18];
        let (nonce, rest) = head.split_at_mut(12);
        nonce.copy_from_slice(&self.nonce);
        let [high, low] = self.port.to_be_bytes();
        rest.copy_from_slice(&[UDP, 0, 0, 0, high, low]);
        head
    }
}

const VERSION: u8 = 2;
const MAP: u8 = 1;
/// The operation with the bit that makes it an answer.
const ANSWERED: u8 = 0x81;
const UDP: u8 = 17;
const HEADER: usize = 24;
/// In bytes (section 7).
const LONGEST: usize = 1100;
/// In seconds: no router need grant a shorter one (section 15).
const LIFETIME: u32 = 120;
const DELETION_WAITS: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(500)];

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::{Arc, Mutex};

    use proptest::prelude::{any, prop, proptest};

    use super::{PortMapping, Reply, ask};
    use crate::origin::exchange::tests::{LONG_WAITS, responder};

    const MAPPING: PortMapping =
        PortMapping { client: Ipv4Addr::new(192, 168, 77, 10), nonce: [7; 12], port: 0xabcd };

    /// What a router answers that grants `request` at 203.0.113.7.
    fn granted(request: &[u8]) -> Vec<u8> {
        let header = [&[2, 0x81, 0, 0], &request[4..8], &[0, 0, 0, 5], &[0; 12]].concat();
        let address = Ipv4Addr::new(203, 0, 113, 7).to_ipv6_mapped().octets();
        [&header, &request[24..42], &[0x80, 1], &address[..]].concat()
    }

    #[test]
    fn the_request_is_as_the_rfc_draws_it() {
        let expected = [
            // Version, operation, reserved, two minutes.
            &[2, 1, 0, 0, 0, 0, 0, 120][..],
            // 192.168.77.10, mapped.
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 77, 10],
            // Nonce, UDP, reserved, the port, any port, any address.
            &[7; 12],
            &[17, 0, 0, 0, 0xab, 0xcd, 0, 0],
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0],
        ];
        assert_eq!(MAPPING.request(120), expected.concat());
    }

    #[test]
    fn a_router_tells_its_public_address_and_the_mapping_is_deleted() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let (router, thread) = responder(2, move |request, asker, _| {
            let SocketAddr::V4(asker) = asker else { panic!("{asker}") };
            assert_eq!(request[8..24], asker.ip().to_ipv6_mapped().octets());
            assert_eq!(request[40..42], asker.port().to_be_bytes());
            seen.lock().unwrap().push((request[4..8].to_vec(), request[24..36].to_vec()));
            let answer = granted(request);
            let mut of_another = answer.clone();
            of_another[24] ^= 1;
            of_another[59] ^= 1;
            vec![of_another, answer]
        });
        assert_eq!(ask(&router, &LONG_WAITS), Some(Ipv4Addr::new(203, 0, 113, 7)));
        thread.join().unwrap();
        let asked = asked.lock().unwrap();
        assert_eq!((&asked[0].0[..], &asked[1].0[..]), (&[0, 0, 0, 120][..], &[0; 4][..]));
        assert_eq!(asked[0].1, asked[1].1);
    }

    #[test]
    fn a_router_that_refuses_is_not_asked_again() {
        let yes = granted(&MAPPING.request(120));
        let mut no = yes.clone();
        no[3] = 8;
        assert_eq!(MAPPING.read(&no), Reply::Refusal);
        assert_eq!(MAPPING.read(&no[..24]), Reply::Refusal);
        assert_eq!(MAPPING.read(&[0, 0x81, 0, 1, 0, 0, 0, 5]), Reply::Refusal);
        let mut of_ipv6 = yes;
        of_ipv6[44] = 0x20;
        assert_eq!(MAPPING.read(&of_ipv6), Reply::Refusal);
    }

    #[test]
    fn what_is_cut_short_or_not_to_this_request_is_passed_over() {
        let yes = granted(&MAPPING.request(120));
        assert!(matches!(MAPPING.read(&yes), Reply::Answer(_)));
        for length in 0..yes.len() {
            assert_eq!(MAPPING.read(&yes[..length]), Reply::Stray, "{length}");
        }
        for at in [1, 24, 35, 36, 41] {
            let mut other = yes.clone();
            other[at] ^= 1;
            assert_eq!(MAPPING.read(&other), Reply::Stray, "{at}");
        }
        assert_eq!(MAPPING.read(&[yes.as_slice(), &[0; 1044]].concat()), Reply::Stray);
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic_or_say_more_than_it_holds(
            mut bytes in prop::collection::vec(any::<u8>(), 0..80),
            other: Vec<u8>,
        ) {
            for (byte, known) in bytes.iter_mut().zip(granted(&MAPPING.request(120)).iter().take(54)) {
                *byte = *known;
            }
            for bytes in [bytes, other] {
                if let Reply::Answer(address) = MAPPING.read(&bytes) {
                    assert_eq!(bytes[44..60], address.to_ipv6_mapped().octets());
                }
            }
        }
    }
}
