use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::time::Duration;

use super::exchange::{Reply, exchange};

/// Where a STUN server listens (RFC 8489 section 18.6).
pub(super) const PORT: u16 = 3478;

/// How long each request waits: as the RFC says (section 6.2.1), for three requests of its seven.
pub(super) const WAITS: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// The address from which the STUN server that `server` is connected to, at `address`, sees this
/// box. Of its own family alone: another one would not be what the VPN server sees.
///
/// The port is not read: it is that of this socket's packets, not of the tunnel's.
pub(super) fn ask(server: &UdpSocket, address: IpAddr, waits: &[Duration]) -> Option<IpAddr> {
    let mut transaction = [0; 12];
    getrandom::fill(&mut transaction).ok()?;
    let seen = exchange(server, &request(transaction), waits, |bytes| read(bytes, transaction))?;
    let is_an_address = !seen.is_unspecified() && !seen.is_multicast();
    (is_an_address && seen.is_ipv4() == address.to_canonical().is_ipv4()).then_some(seen)
}

/// A binding request without attributes (sections 5 and 2).
fn request(transaction: [u8; 12]) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    let (kind, rest) = bytes.split_at_mut(4);
    kind.copy_from_slice(&[0, 1, 0, 0]);
    let (cookie, id) = rest.split_at_mut(4);
    cookie.copy_from_slice(&COOKIE);
    id.copy_from_slice(&transaction);
    bytes
}

/// Reads the answer to the request of this transaction.
pub(super) fn read(datagram: &[u8], transaction: [u8; 12]) -> Reply<IpAddr> {
    let Some((header, attributes)) = datagram.split_at_checked(HEADER) else {
        return Reply::Stray;
    };
    let is_ours = header.get(4..8) == Some(&COOKIE) && header.get(8..) == Some(&transaction);
    let length = u16_at(header, 2).map(usize::from);
    if !is_ours || length != Some(attributes.len()) || attributes.len() % 4 != 0 {
        return Reply::Stray;
    }
    match u16_at(header, 0) {
        // A success may hold no address that can be used; it stays the answer.
        Some(SUCCESS) => match mapped_address(datagram, transaction) {
            Ok(address) => address.map_or(Reply::Refusal, Reply::Answer),
            Err(Corrupted) => Reply::Stray,
        },
        // Above all 300, try another server: none is asked but the VPN server.
        Some(ERROR) => Reply::Refusal,
        _ => Reply::Stray,
    }
}

/// The datagram is corrupted.
struct Corrupted;

/// The address among the attributes of a success; `None` where there is none that is understood.
fn mapped_address(datagram: &[u8], transaction: [u8; 12]) -> Result<Option<IpAddr>, Corrupted> {
    let (mut plain, mut masked) = (None, None);
    let (mut is_understood, mut is_closed) = (true, false);
    let mut at = HEADER;
    while at < datagram.len() {
        let kind = u16_at(datagram, at).ok_or(Corrupted)?;
        let length = u16_at(datagram, at + 2).map(usize::from).ok_or(Corrupted)?;
        let value = datagram.get(at + 4..at + 4 + length).ok_or(Corrupted)?;
        let next = at + 4 + length.next_multiple_of(4);
        match kind {
            FINGERPRINT => {
                let before = datagram.get(..at).ok_or(Corrupted)?;
                let is_last = next == datagram.len();
                if !is_last || value != (crc32(before) ^ FINGERPRINT_MASK).to_be_bytes() {
                    return Err(Corrupted);
                }
            }
            // What stands behind a proof of integrity is not covered by it (section 14.5).
            _ if is_closed => {}
            MAPPED_ADDRESS => plain = plain.or_else(|| address(value, &[0; 16])),
            XOR_MAPPED_ADDRESS => {
                let mut mask = [0; 16];
                let (cookie, id) = mask.split_at_mut(4);
                cookie.copy_from_slice(&COOKIE);
                id.copy_from_slice(&transaction);
                masked = masked.or_else(|| address(value, &mask));
            }
            // One of another length would hide what follows it.
            MESSAGE_INTEGRITY if length != 20 => return Err(Corrupted),
            MESSAGE_INTEGRITY | MESSAGE_INTEGRITY_SHA256 => is_closed = true,
            // Below 0x8000 stands what must be understood (section 6.3.3), but for what servers of
            // the first STUN (RFC 3489) send beside the address: where they are.
            SOURCE_ADDRESS | CHANGED_ADDRESS | 0x8000.. => {}
            _ => is_understood = false,
        }
        at = next;
    }
    Ok(masked.or(plain).filter(|_| is_understood))
}

/// Reads zero, family, port, address (section 14.1), the address under a mask (section 14.2).
fn address(value: &[u8], mask: &[u8; 16]) -> Option<IpAddr> {
    let (head, address) = value.split_at_checked(4)?;
    let bytes = || address.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
    match (head.get(1)?, address.len()) {
        (1, 4) => {
            let mut octets = [0; 4];
            octets.iter_mut().zip(bytes()).for_each(|(octet, byte)| *octet = byte);
            Some(Ipv4Addr::from(octets).into())
        }
        (2, 16) => {
            let mut octets = [0; 16];
            octets.iter_mut().zip(bytes()).for_each(|(octet, byte)| *octet = byte);
            Some(Ipv6Addr::from(octets).to_canonical())
        }
        _ => None,
    }
}

/// The checksum of ITU-T V.42, as RFC 8489 section 14.7 asks for.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

const HEADER: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const SUCCESS: u16 = 0x0101;
const ERROR: u16 = 0x0111;
const MAPPED_ADDRESS: u16 = 0x0001;
const SOURCE_ADDRESS: u16 = 0x0004;
const CHANGED_ADDRESS: u16 = 0x0005;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const FINGERPRINT: u16 = 0x8028;
const FINGERPRINT_MASK: u32 = 0x5354_554e;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::{any, prop, proptest};

    use super::{COOKIE, Reply, ask, read, request};
    use crate::origin::exchange::tests::{LONG_WAITS, responder};

    /// The transaction of the samples of RFC 5769.
    const SAMPLE: [u8; 12] =
        [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

    /// RFC 5769 section 2.2.
    const SAMPLE_IPV4: &str = "0101003c 2112a442 b7e7a701bc34d686fa87dfae \
        8022000b 7465737420766563746f7220 00200008 0001a147 e112a643 \
        00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96";

    /// RFC 5769 section 2.3.
    const SAMPLE_IPV6: &str = "01010048 2112a442 b7e7a701bc34d686fa87dfae \
        8022000b 7465737420766563746f7220 00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9 \
        00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c";

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digits: String = hexadecimal.split_whitespace().collect();
        let pairs = (0..digits.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
    }

    /// A success with these attributes, given as type and value.
    fn success(transaction: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend(kind.to_be_bytes());
            body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[1, 1], &length[..], &COOKIE, transaction, &body].concat()
    }

    const PLAIN: (u16, &[u8]) = (0x0001, &[0, 1, 0x12, 0x34, 203, 0, 113, 7]);
    const SEEN: Reply<IpAddr> = Reply::Answer(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)));

    #[test]
    fn the_samples_of_the_rfc_are_read() {
        let expected: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(read(&bytes(SAMPLE_IPV4), SAMPLE), Reply::Answer(expected));
        let expected: IpAddr = "2001:db8:1234:5678:11:2233:4455:6677".parse().unwrap();
        assert_eq!(read(&bytes(SAMPLE_IPV6), SAMPLE), Reply::Answer(expected));
    }

    #[test]
    fn a_recorded_exchange_with_a_server_is_understood() {
        let asked = bytes("000100002112a442debf9a7a66055b674cde2224");
        let answered = bytes("0101000c2112a442debf9a7a66055b674cde2224002000080001c215ea12d54a");
        let transaction = asked[8..].try_into().unwrap();
        assert_eq!(request(transaction), asked[..]);
        let expected: IpAddr = "203.0.113.8".parse().unwrap();
        assert_eq!(read(&answered, transaction), Reply::Answer(expected));
    }

    #[test]
    fn one_bit_that_was_changed_is_noticed_by_the_fingerprint() {
        for sample in [SAMPLE_IPV4, SAMPLE_IPV6].map(bytes) {
            for bit in 0..sample.len() * 8 {
                let mut changed = sample.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                // The type of the fingerprint itself may become one that is passed over.
                let is_accepted = matches!(read(&changed, SAMPLE), Reply::Answer(_));
                assert!(!is_accepted || bit / 8 >= sample.len() - 8, "{bit}");
            }
        }
    }

    #[test]
    fn the_masked_address_goes_before_the_plain_one() {
        let masked = (0x0020, &[0, 1, 0, 0, 0xea, 0x12, 0xd5, 0x4a][..]);
        let both = read(&success(&SAMPLE, &[PLAIN, masked]), SAMPLE);
        assert_eq!(both, Reply::Answer("203.0.113.8".parse().unwrap()));
        assert_eq!(read(&success(&SAMPLE, &[PLAIN]), SAMPLE), SEEN);
    }

    #[test]
    fn what_must_be_understood_and_is_not_spoils_the_answer() {
        let known = [PLAIN, (0x0004, PLAIN.1), (0x8022, b"name"), (0x802b, PLAIN.1)];
        assert_eq!(read(&success(&SAMPLE, &known), SAMPLE), SEEN);
        let unknown = [PLAIN, (0x7fff, b"new")];
        assert_eq!(read(&success(&SAMPLE, &unknown), SAMPLE), Reply::Refusal);
        assert_eq!(read(&success(&SAMPLE, &[]), SAMPLE), Reply::Refusal);
        let behind_a_proof = [(0x0008, &[0; 20][..]), PLAIN];
        assert_eq!(read(&success(&SAMPLE, &behind_a_proof), SAMPLE), Reply::Refusal);
    }

    #[test]
    fn an_error_is_a_refusal_and_another_server_is_not_asked() {
        let mut error = success(&SAMPLE, &[(0x0009, &[0, 0, 3, 0]), (0x8023, PLAIN.1)]);
        error[1] = 0x11;
        assert_eq!(read(&error, SAMPLE), Reply::Refusal);
    }

    #[test]
    fn what_is_cut_short_too_long_or_not_to_this_request_is_passed_over() {
        let whole = success(&SAMPLE, &[PLAIN]);
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length], SAMPLE), Reply::Stray, "{length}");
        }
        assert_eq!(read(&[whole.as_slice(), &[0; 4]].concat(), SAMPLE), Reply::Stray);
        for at in [0, 4, 8, 19] {
            let mut other = whole.clone();
            other[at] ^= 1;
            assert_eq!(read(&other, SAMPLE), Reply::Stray, "{at}");
        }
        let overlong = success(&SAMPLE, &[(0x8022, &[0; 3][..]), PLAIN]);
        let mut damaged = overlong;
        damaged[23] = 0xff;
        assert_eq!(read(&damaged, SAMPLE), Reply::Stray);
    }

    #[test]
    fn a_server_tells_the_address_that_it_sees() {
        let (server, thread) = responder(1, |request, _, _| {
            let transaction = &request[8..];
            let mut of_another = success(transaction, &[(0x0001, &[0, 1, 0, 0, 192, 0, 2, 1])]);
            of_another[12] ^= 1;
            vec![b"garbage".to_vec(), of_another, success(transaction, &[PLAIN])]
        });
        let expected: IpAddr = "203.0.113.7".parse().unwrap();
        assert_eq!(ask(&server, Ipv4Addr::LOCALHOST.into(), &LONG_WAITS), Some(expected));
        thread.join().unwrap();
    }

    #[test]
    fn an_address_of_the_other_family_or_of_nobody_is_not_told() {
        for value in [
            &[0, 1, 0, 0, 0, 0, 0, 0][..],
            &[0, 1, 0, 0, 224, 0, 0, 1],
            &[0, 2, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ] {
            let (server, thread) =
                responder(1, move |request, _, _| vec![success(&request[8..], &[(0x0001, value)])]);
            assert_eq!(ask(&server, Ipv4Addr::LOCALHOST.into(), &LONG_WAITS), None, "{value:?}");
            thread.join().unwrap();
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(
            bytes: Vec<u8>,
            attributes in prop::collection::vec(
                (prop::sample::select(vec![0x0001_u16, 0x0020, 0x0008, 0x8028, 0x7000]), any::<Vec<u8>>()),
                0..4,
            ),
        ) {
            read(&bytes, SAMPLE);
            let given: Vec<(u16, &[u8])> =
                attributes.iter().map(|(kind, value)| (*kind, value.as_slice())).collect();
            read(&success(&SAMPLE, &given), SAMPLE);
            let mut lying = [&[1, 1, 0, 0], &COOKIE[..], &SAMPLE, &bytes].concat();
            let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
            lying[2..4].copy_from_slice(&length);
            read(&lying, SAMPLE);
        }

        #[test]
        fn every_address_is_read_as_it_was_masked(address: IpAddr, transaction: [u8; 12], port: [u8; 2]) {
            let mask = [&COOKIE[..], &transaction].concat();
            let (family, octets) = match address {
                IpAddr::V4(address) => (1, address.octets().to_vec()),
                IpAddr::V6(address) => (2, address.octets().to_vec()),
            };
            let masked: Vec<u8> = octets.iter().zip(&mask).map(|(octet, mask)| octet ^ mask).collect();
            let value = [&[0, family], &port[..], &masked].concat();
            let answer = success(&transaction, &[(0x0020, &value)]);
            assert_eq!(read(&answer, transaction), Reply::Answer(address.to_canonical()));
        }
    }
}
