use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::{
    ClockReading, Device, EndReason, Evidence, Facts, Gateway, Ipv6Prefix, Observation, Observed,
    Source, Transport,
};

/// What a hook of OpenVPN has to tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// What the clocks said when the hook ran.
    pub reading: ClockReading,
    /// The tunnel's interface.
    pub device: Device,
    /// What happened.
    pub happening: Happening,
}

/// What happened to a tunnel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Happening {
    /// It went down.
    Down {
        /// Why.
        reason: EndReason,
    },
    /// It came up.
    Up {
        /// The kernel's number of the interface.
        interface: Option<u32>,
        /// What OpenVPN said of it.
        facts: Facts,
    },
}

impl Event {
    /// How many bytes an event has at most when encoded.
    pub const MAXIMUM_LENGTH: usize = 1024;

    /// The event as the spool keeps it.
    ///
    /// Where a fact comes from is not written but follows from which it is: a hook knows the origin
    /// from the operator's push alone, and the rest from OpenVPN. A fact from elsewhere is left out.
    pub fn encode(&self) -> Vec<u8> {
        let happening = match &self.happening {
            Happening::Down { reason } => WireHappening::Down { reason: reason.name().to_owned() },
            Happening::Up { interface, facts } => WireHappening::Up {
                interface: *interface,
                origin_address: told(facts.origin_address, Source::OperatorPush),
                origin_port: told(facts.origin_port, Source::OperatorPush),
                assigned_ipv4: told(facts.assigned_ipv4, Source::OpenVpnHook),
                assigned_ipv6: told(facts.assigned_ipv6, Source::OpenVpnHook),
                delegated_prefix: told(facts.delegated_prefix, Source::OpenVpnHook),
                gateway: told(facts.gateway, Source::OpenVpnHook),
                transport: told(facts.transport, Source::OpenVpnHook),
            },
        };
        let wire = Wire::V1 { reading: self.reading, device: self.device.clone(), happening };
        // Nothing in it can fail to be written: no map, no length unknown beforehand.
        sealed(postcard::to_stdvec(&wire).unwrap_or_default())
    }

    /// The event that these bytes encode.
    ///
    /// # Errors
    /// [`Undecodable`] when they are not exactly one event of a version that is known here.
    pub fn decode(bytes: &[u8]) -> Result<Self, Undecodable> {
        if bytes.len() > Self::MAXIMUM_LENGTH {
            return Err(Undecodable);
        }
        let bytes = unsealed(bytes).ok_or(Undecodable)?;
        let (wire, rest) = postcard::take_from_bytes(bytes).map_err(|_| Undecodable)?;
        if !rest.is_empty() {
            return Err(Undecodable);
        }
        let Wire::V1 { reading, device, happening } = wire;
        let happening = match happening {
            // A reason from a newer temoin is still an end.
            WireHappening::Down { reason } => Happening::Down {
                reason: EndReason::from_name(&reason).unwrap_or(EndReason::Other),
            },
            WireHappening::Up {
                interface,
                origin_address,
                origin_port,
                assigned_ipv4,
                assigned_ipv6,
                delegated_prefix,
                gateway,
                transport,
            } => Happening::Up {
                interface,
                facts: Facts {
                    origin_address: from(origin_address, Source::OperatorPush),
                    origin_port: from(origin_port, Source::OperatorPush),
                    assigned_ipv4: from(assigned_ipv4, Source::OpenVpnHook),
                    assigned_ipv6: from(assigned_ipv6, Source::OpenVpnHook),
                    delegated_prefix: from(delegated_prefix, Source::OpenVpnHook),
                    gateway: from(gateway, Source::OpenVpnHook),
                    transport: from(transport, Source::OpenVpnHook),
                },
            },
        };
        Ok(Self { reading, device, happening })
    }
}

impl From<Event> for Observation {
    fn from(event: Event) -> Self {
        let evidence = match event.happening {
            Happening::Down { reason } => Evidence::TunnelDown { reason },
            Happening::Up { interface, facts } => Evidence::TunnelUp { interface, facts },
        };
        Self { reading: event.reading, device: event.device, evidence }
    }
}

/// Not exactly one event of a version that is known here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Undecodable;

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an event that this version of temoin can read")
    }
}

impl std::error::Error for Undecodable {}

/// The form on disk. A version that was ever released stays as it is; another one is added at the
/// end.
#[derive(Deserialize, Serialize)]
enum Wire {
    V1 { reading: ClockReading, device: Device, happening: WireHappening },
}

#[derive(Deserialize, Serialize)]
enum WireHappening {
    Up {
        interface: Option<u32>,
        origin_address: Option<IpAddr>,
        origin_port: Option<u16>,
        assigned_ipv4: Option<Ipv4Addr>,
        assigned_ipv6: Option<Ipv6Addr>,
        delegated_prefix: Option<Ipv6Prefix>,
        gateway: Option<Gateway>,
        transport: Option<Transport>,
    },
    Down {
        reason: String,
    },
}

/// The bytes with the beginning of their SHA-256 behind them: what a power cut or a worn card made
/// of an event must not pass for one.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let seal = seal(&bytes);
    bytes.extend(seal);
    bytes
}

fn unsealed(bytes: &[u8]) -> Option<&[u8]> {
    let (bytes, found) = bytes.split_last_chunk()?;
    (seal(bytes) == *found).then_some(bytes)
}

fn seal(bytes: &[u8]) -> [u8; 4] {
    let [first, second, third, fourth, ..] = <[u8; 32]>::from(Sha256::digest(bytes));
    [first, second, third, fourth]
}

fn told<T>(fact: Option<Observed<T>>, source: Source) -> Option<T> {
    fact.filter(|fact| fact.source == source).map(|fact| fact.value)
}

fn from<T>(value: Option<T>, source: Source) -> Option<Observed<T>> {
    value.map(|value| Observed::new(value, source))
}

#[cfg(test)]
pub(super) mod tests {
    use std::fmt::Write;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
    use proptest::sample::{Index, select};

    use super::{Event, Happening, Undecodable, sealed, unsealed};
    use crate::domain::{
        BootId, ClockReading, Device, EndReason, Evidence, Facts, Gateway, Ipv6Prefix, Observation,
        Observed, Source, Timestamp, Transport, Uptime,
    };

    // The digests are sha256sum(1)'s.
    #[test]
    fn the_form_on_disk_is_the_one_that_was_released() {
        let reading = ClockReading {
            boot: BootId::from_bytes(*b"labriquetestcard"),
            uptime: Uptime::from_milliseconds(30_000),
            realtime: Timestamp::from_milliseconds(1_795_415_704_204).unwrap(),
            synchronised: true,
        };
        let device: Device = "tun0".parse().unwrap();
        let common = "006c616272697175657465737463617264b0ea01988aecf1c06801\
            0474756e30";
        let full = Facts {
            origin_address: told("203.0.113.7", Source::OperatorPush),
            origin_port: Some(Observed::new(42_776, Source::OperatorPush)),
            assigned_ipv4: told("10.99.0.10", Source::OpenVpnHook),
            assigned_ipv6: told("2001:db8:99::10", Source::OpenVpnHook),
            delegated_prefix: told("2001:db8:1::/56", Source::OpenVpnHook),
            gateway: Some(Observed::new(
                Gateway { address: "198.51.100.1".parse().unwrap(), port: Some(1194) },
                Source::OpenVpnHook,
            )),
            transport: Some(Observed::new(Transport::Udp, Source::OpenVpnHook)),
        };
        for (happening, bytes) in [
            (
                Happening::Up { interface: Some(7), facts: full },
                "00010701 00cb007107 0198ce02 010a63000a 0120010db8009900000000000000000010 \
                 0120010db8000100000000000000000000 38 0100c6336401 01aa09 0100 d7bc1de1",
            ),
            (
                Happening::Up { interface: None, facts: Facts::default() },
                "0000 00000000000000 40b8d8b4",
            ),
            (Happening::Down { reason: EndReason::Restarted }, "01 09 726573746172746564 ca84908c"),
        ] {
            let event = Event { reading, device: device.clone(), happening };
            let bytes = format!("{common}{bytes}").replace(' ', "");
            assert_eq!(hexadecimal(&event.encode()), bytes);
            assert_eq!(Event::decode(&event.encode()), Ok(event));
        }
    }

    #[test]
    fn an_end_whose_reason_is_not_known_yet_is_still_an_end() {
        let mut bytes = unsealed(&down().encode()).unwrap().to_vec();
        *bytes.last_mut().unwrap() = b'!';
        let happening = Event::decode(&sealed(bytes)).unwrap().happening;
        assert_eq!(happening, Happening::Down { reason: EndReason::Other });
    }

    #[test]
    fn what_another_source_told_is_not_passed_off_as_the_hooks() {
        let facts = Facts {
            origin_address: told("203.0.113.7", Source::Stun),
            assigned_ipv4: told("10.99.0.10", Source::Interface),
            ..Facts::default()
        };
        let happening = Happening::Up { interface: None, facts };
        let read = Event::decode(&Event { happening, ..down() }.encode()).unwrap();
        let nothing = Happening::Up { interface: None, facts: Facts::default() };
        assert_eq!(read.happening, nothing);
    }

    #[test]
    fn an_event_is_evidence() {
        let event = down();
        let evidence = Evidence::TunnelDown { reason: EndReason::Stopped };
        let Event { reading, device, .. } = event.clone();
        assert_eq!(Observation::from(event), Observation { reading, device, evidence });
    }

    #[test]
    fn an_event_of_another_version_or_with_more_behind_it_is_refused() {
        let bytes = unsealed(&down().encode()).unwrap().to_vec();
        let longer = [bytes.clone(), vec![0]].concat();
        assert_eq!(Event::decode(&sealed(longer)), Err(Undecodable));
        let newer = [vec![1], bytes[1..].to_vec()].concat();
        assert_eq!(Event::decode(&sealed(newer)), Err(Undecodable));
        assert_eq!(Event::decode(&sealed(bytes)), Ok(down()));
    }

    #[test]
    fn zeros_as_a_torn_card_leaves_them_are_no_event() {
        for length in 0..Event::MAXIMUM_LENGTH + 2 {
            assert_eq!(Event::decode(&vec![0; length]), Err(Undecodable));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(event in event()) {
            let bytes = event.encode();
            assert!(bytes.len() <= Event::MAXIMUM_LENGTH / 4, "{}", bytes.len());
            assert_eq!(Event::decode(&bytes), Ok(event));
        }

        #[test]
        fn what_is_cut_or_longer_is_refused(event in event(), surplus in vec(any::<u8>(), 1..9)) {
            let mut bytes = event.encode();
            for length in 0..bytes.len() {
                assert_eq!(Event::decode(&bytes[..length]), Err(Undecodable));
            }
            bytes.extend(surplus);
            assert_eq!(Event::decode(&bytes), Err(Undecodable));
        }

        #[test]
        fn any_bytes_are_an_event_that_can_be_written_or_refused(
            bytes in vec(any::<u8>(), 0..300),
            event in event(),
            at in any::<Index>(),
            byte in any::<u8>()
        ) {
            assert_eq!(Event::decode(&bytes), Err(Undecodable));
            // Sealed by somebody who may write here, and who is not the hook.
            let mut forged = unsealed(&event.encode()).unwrap().to_vec();
            let at = at.index(forged.len());
            forged[at] = byte;
            for bytes in [sealed(bytes), sealed(forged)] {
                if let Ok(event) = Event::decode(&bytes) {
                    assert_eq!(Event::decode(&event.encode()), Ok(event));
                }
            }
        }

        #[test]
        fn one_damaged_byte_is_noticed(event in event(), at in any::<Index>(), by in 1..=u8::MAX) {
            let mut damaged = event.encode();
            let at = at.index(damaged.len());
            damaged[at] ^= by;
            assert_eq!(Event::decode(&damaged), Err(Undecodable));
        }
    }

    /// The end of a session on `tun0`.
    pub(in super::super) fn down() -> Event {
        Event {
            reading: ClockReading {
                boot: BootId::from_bytes([1; 16]),
                uptime: Uptime::from_milliseconds(30_000),
                realtime: Timestamp::EPOCH,
                synchronised: false,
            },
            device: "tun0".parse().unwrap(),
            happening: Happening::Down { reason: EndReason::Stopped },
        }
    }

    fn told<T: std::str::FromStr<Err: std::fmt::Debug>>(
        text: &str,
        source: Source,
    ) -> Option<Observed<T>> {
        Some(Observed::new(text.parse().unwrap(), source))
    }

    fn hexadecimal(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    fn event() -> impl Strategy<Value = Event> {
        let reading = (any::<[u8; 16]>(), any::<u64>(), -1_000_000_000_000..9_000_000_000_000_i64);
        let happening = prop_oneof![
            select(EndReason::ALL.to_vec()).prop_map(|reason| Happening::Down { reason }),
            (option::of(any::<u32>()), facts())
                .prop_map(|(interface, facts)| Happening::Up { interface, facts }),
        ];
        (reading, any::<bool>(), "[a-z0-9.-]{1,12}tun", happening).prop_map(
            |((boot, uptime, realtime), synchronised, device, happening)| Event {
                reading: ClockReading {
                    boot: BootId::from_bytes(boot),
                    uptime: Uptime::from_milliseconds(uptime),
                    realtime: Timestamp::from_milliseconds(realtime).unwrap(),
                    synchronised,
                },
                device: device.parse().unwrap(),
                happening,
            },
        )
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let gateway = (any::<IpAddr>(), option::of(any::<u16>()))
            .prop_map(|(address, port)| Gateway { address, port });
        let prefix = (any::<u128>(), 0..=128_u8).prop_map(|(bits, length)| {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            Ipv6Prefix::new(Ipv6Addr::from(bits & mask), length).unwrap()
        });
        (
            observed(any::<IpAddr>(), Source::OperatorPush),
            observed(any::<u16>(), Source::OperatorPush),
            observed(any::<Ipv4Addr>(), Source::OpenVpnHook),
            observed(any::<Ipv6Addr>(), Source::OpenVpnHook),
            observed(prefix, Source::OpenVpnHook),
            observed(gateway, Source::OpenVpnHook),
            observed(prop_oneof![Just(Transport::Udp), Just(Transport::Tcp)], Source::OpenVpnHook),
        )
            .prop_map(|facts| Facts {
                origin_address: facts.0,
                origin_port: facts.1,
                assigned_ipv4: facts.2,
                assigned_ipv6: facts.3,
                delegated_prefix: facts.4,
                gateway: facts.5,
                transport: facts.6,
            })
    }

    fn observed<T: Clone + std::fmt::Debug>(
        value: impl Strategy<Value = T>,
        source: Source,
    ) -> impl Strategy<Value = Option<Observed<T>>> {
        option::of(value.prop_map(move |value| Observed::new(value, source)))
    }
}
