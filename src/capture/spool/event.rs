use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use temoin_core::session::{
    Attributes, ClockReading, Device, EndReason, Evidence, Gateway, Ipv6Prefix, Observation,
    Observed, Source, Transport,
};

/// An event from an OpenVPN hook.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// What the clocks said when the hook ran.
    pub reading: ClockReading,
    /// The tunnel's interface.
    pub device: Device,
    /// What happened.
    pub kind: EventKind,
}

/// What happened to a tunnel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EventKind {
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
        attributes: Attributes,
    },
}

impl Event {
    /// How many bytes an event has at most when encoded.
    pub const MAXIMUM_LENGTH: usize = 1024;

    /// The event as the spool keeps it.
    ///
    /// The source of a fact is not stored but implied by the field: a hook knows the origin only
    /// from the operator's push, and the rest from OpenVPN, or an IPv6 address from the interface and a
    /// prefix from settings. Attributes from other sources are left out.
    pub fn encode(&self) -> Vec<u8> {
        let kind = match &self.kind {
            EventKind::Down { reason } => WireEventKind::Down { reason: reason.name().to_owned() },
            EventKind::Up { interface, attributes } => {
                let up = WireUp {
                    interface: *interface,
                    origin_address: value_from(attributes.origin_address, Source::OperatorPush),
                    origin_port: value_from(attributes.origin_port, Source::OperatorPush),
                    assigned_ipv4: value_from(attributes.assigned_ipv4, Source::OpenVpnHook),
                    assigned_ipv6: value_from(attributes.assigned_ipv6, Source::OpenVpnHook),
                    delegated_prefix: value_from(attributes.delegated_prefix, Source::OpenVpnHook),
                    gateway: value_from(attributes.gateway, Source::OpenVpnHook),
                    transport: value_from(attributes.transport, Source::OpenVpnHook),
                };
                let own_ipv6 = value_from(attributes.assigned_ipv6, Source::Interface);
                let own_prefix = value_from(attributes.delegated_prefix, Source::VpnClientSettings);
                if own_ipv6.is_none() && own_prefix.is_none() {
                    WireEventKind::Up(up)
                } else {
                    WireEventKind::UpWithSettings { up, own_ipv6, own_prefix }
                }
            }
        };
        let wire = WireEvent::V1 { reading: self.reading, device: self.device.clone(), kind };
        // Nothing in it can fail to be written: no map, no length unknown beforehand.
        with_checksum(postcard::to_stdvec(&wire).unwrap_or_default())
    }

    /// The event that these bytes encode.
    ///
    /// # Errors
    /// [`InvalidEvent`] when they are not exactly one event of a version that is known here.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidEvent> {
        if bytes.len() > Self::MAXIMUM_LENGTH {
            return Err(InvalidEvent);
        }
        let bytes = without_checksum(bytes).ok_or(InvalidEvent)?;
        let (wire, rest) = postcard::take_from_bytes(bytes).map_err(|_| InvalidEvent)?;
        if !rest.is_empty() {
            return Err(InvalidEvent);
        }
        let WireEvent::V1 { reading, device, kind } = wire;
        let kind = match kind {
            // A reason from a newer temoin is still an end.
            WireEventKind::Down { reason } => EventKind::Down {
                reason: EndReason::from_name(&reason).unwrap_or(EndReason::Other),
            },
            WireEventKind::Up(up) => up.into_kind(None, None),
            WireEventKind::UpWithSettings { up, own_ipv6, own_prefix } => {
                up.into_kind(own_ipv6, own_prefix)
            }
        };
        Ok(Self { reading, device, kind })
    }
}

impl From<Event> for Observation {
    fn from(event: Event) -> Self {
        let evidence = match event.kind {
            EventKind::Down { reason } => Evidence::TunnelDown { reason },
            EventKind::Up { interface, attributes } => Evidence::TunnelUp { interface, attributes },
        };
        Self { reading: event.reading, device: event.device, evidence }
    }
}

/// Not exactly one event of a version that is known here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidEvent;

impl fmt::Display for InvalidEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an event that this version of temoin can read")
    }
}

impl std::error::Error for InvalidEvent {}

/// The format on disk. A released version is never changed; new ones are added at the end.
#[derive(Deserialize, Serialize)]
enum WireEvent {
    V1 { reading: ClockReading, device: Device, kind: WireEventKind },
}

#[derive(Deserialize, Serialize)]
enum WireEventKind {
    Up(WireUp),
    Down {
        reason: String,
    },
    UpWithSettings {
        up: WireUp,
        /// The address that the interface has.
        own_ipv6: Option<Ipv6Addr>,
        /// The prefix in the settings of the app that runs OpenVPN.
        own_prefix: Option<Ipv6Prefix>,
    },
}

#[derive(Deserialize, Serialize)]
struct WireUp {
    interface: Option<u32>,
    origin_address: Option<IpAddr>,
    origin_port: Option<u16>,
    assigned_ipv4: Option<Ipv4Addr>,
    assigned_ipv6: Option<Ipv6Addr>,
    delegated_prefix: Option<Ipv6Prefix>,
    gateway: Option<Gateway>,
    transport: Option<Transport>,
}

impl WireUp {
    fn into_kind(self, own_ipv6: Option<Ipv6Addr>, own_prefix: Option<Ipv6Prefix>) -> EventKind {
        let prefix = from(self.delegated_prefix, Source::OpenVpnHook);
        let attributes = Attributes {
            origin_address: from(self.origin_address, Source::OperatorPush),
            origin_port: from(self.origin_port, Source::OperatorPush),
            assigned_ipv4: from(self.assigned_ipv4, Source::OpenVpnHook),
            assigned_ipv6: from(self.assigned_ipv6, Source::OpenVpnHook)
                .or_else(|| from(own_ipv6, Source::Interface)),
            delegated_prefix: prefix.or_else(|| from(own_prefix, Source::VpnClientSettings)),
            gateway: from(self.gateway, Source::OpenVpnHook),
            transport: from(self.transport, Source::OpenVpnHook),
        };
        EventKind::Up { interface: self.interface, attributes }
    }
}

/// The bytes followed by a truncated SHA-256, so that an event corrupted by a power cut or a worn
/// card is not accepted.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(&bytes);
    bytes.extend(checksum);
    bytes
}

fn without_checksum(bytes: &[u8]) -> Option<&[u8]> {
    let (bytes, found) = bytes.split_last_chunk()?;
    (checksum(bytes) == *found).then_some(bytes)
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let [first, second, third, fourth, ..] = <[u8; 32]>::from(Sha256::digest(bytes));
    [first, second, third, fourth]
}

fn value_from<T>(fact: Option<Observed<T>>, source: Source) -> Option<T> {
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

    use super::{Event, EventKind, InvalidEvent, with_checksum, without_checksum};
    use temoin_core::session::{
        Attributes, BootId, ClockReading, Device, EndReason, Evidence, Gateway, Ipv6Prefix,
        Observation, Observed, Source, Timestamp, Transport, Uptime,
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
        let full = Attributes {
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
        for (kind, bytes) in [
            (
                EventKind::Up { interface: Some(7), attributes: full },
                "00010701 00cb007107 0198ce02 010a63000a 0120010db8009900000000000000000010 \
                 0120010db8000100000000000000000000 38 0100c6336401 01aa09 0100 d7bc1de1",
            ),
            (
                EventKind::Up { interface: None, attributes: Attributes::default() },
                "0000 00000000000000 40b8d8b4",
            ),
            (
                EventKind::Up {
                    interface: None,
                    attributes: Attributes {
                        assigned_ipv6: told("2001:db8:42::2", Source::Interface),
                        delegated_prefix: told("2001:db8:42::/64", Source::VpnClientSettings),
                        ..Attributes::default()
                    },
                },
                "02 0000000000000000 0120010db8004200000000000000000002 \
                 0120010db8004200000000000000000000 40 2a5cc33f",
            ),
            (EventKind::Down { reason: EndReason::Restarted }, "01 09 726573746172746564 ca84908c"),
        ] {
            let event = Event { reading, device: device.clone(), kind };
            let bytes = format!("{common}{bytes}").replace(' ', "");
            assert_eq!(hexadecimal(&event.encode()), bytes);
            assert_eq!(Event::decode(&event.encode()), Ok(event));
        }
    }

    #[test]
    fn an_end_whose_reason_is_not_known_yet_is_still_an_end() {
        let mut bytes = without_checksum(&down().encode()).unwrap().to_vec();
        *bytes.last_mut().unwrap() = b'!';
        let kind = Event::decode(&with_checksum(bytes)).unwrap().kind;
        assert_eq!(kind, EventKind::Down { reason: EndReason::Other });
    }

    #[test]
    fn what_another_source_told_is_not_passed_off_as_the_hooks() {
        let attributes = Attributes {
            origin_address: told("203.0.113.7", Source::Stun),
            assigned_ipv4: told("10.99.0.10", Source::Interface),
            ..Attributes::default()
        };
        let kind = EventKind::Up { interface: None, attributes };
        let read = Event::decode(&Event { kind, ..down() }.encode()).unwrap();
        let nothing = EventKind::Up { interface: None, attributes: Attributes::default() };
        assert_eq!(read.kind, nothing);
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
        let bytes = without_checksum(&down().encode()).unwrap().to_vec();
        let longer = [bytes.clone(), vec![0]].concat();
        assert_eq!(Event::decode(&with_checksum(longer)), Err(InvalidEvent));
        let newer = [vec![1], bytes[1..].to_vec()].concat();
        assert_eq!(Event::decode(&with_checksum(newer)), Err(InvalidEvent));
        assert_eq!(Event::decode(&with_checksum(bytes)), Ok(down()));
    }

    #[test]
    fn zeros_as_a_torn_card_leaves_them_are_no_event() {
        for length in 0..Event::MAXIMUM_LENGTH + 2 {
            assert_eq!(Event::decode(&vec![0; length]), Err(InvalidEvent));
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
                assert_eq!(Event::decode(&bytes[..length]), Err(InvalidEvent));
            }
            bytes.extend(surplus);
            assert_eq!(Event::decode(&bytes), Err(InvalidEvent));
        }

        #[test]
        fn any_bytes_are_an_event_that_can_be_written_or_refused(
            bytes in vec(any::<u8>(), 0..300),
            event in event(),
            at in any::<Index>(),
            byte in any::<u8>()
        ) {
            assert_eq!(Event::decode(&bytes), Err(InvalidEvent));
            // Sealed by somebody who may write here, and who is not the hook.
            let mut forged = without_checksum(&event.encode()).unwrap().to_vec();
            let at = at.index(forged.len());
            forged[at] = byte;
            for bytes in [with_checksum(bytes), with_checksum(forged)] {
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
            assert_eq!(Event::decode(&damaged), Err(InvalidEvent));
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
            kind: EventKind::Down { reason: EndReason::Stopped },
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
        let kind = prop_oneof![
            select(EndReason::ALL.to_vec()).prop_map(|reason| EventKind::Down { reason }),
            (option::of(any::<u32>()), attributes())
                .prop_map(|(interface, attributes)| EventKind::Up { interface, attributes }),
        ];
        (reading, any::<bool>(), "[a-z0-9.-]{1,12}tun", kind).prop_map(
            |((boot, uptime, realtime), synchronised, device, kind)| Event {
                reading: ClockReading {
                    boot: BootId::from_bytes(boot),
                    uptime: Uptime::from_milliseconds(uptime),
                    realtime: Timestamp::from_milliseconds(realtime).unwrap(),
                    synchronised,
                },
                device: device.parse().unwrap(),
                kind,
            },
        )
    }

    fn attributes() -> impl Strategy<Value = Attributes> {
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
            one_of(any::<Ipv6Addr>(), Source::OpenVpnHook, Source::Interface),
            one_of(prefix, Source::OpenVpnHook, Source::VpnClientSettings),
            observed(gateway, Source::OpenVpnHook),
            observed(prop_oneof![Just(Transport::Udp), Just(Transport::Tcp)], Source::OpenVpnHook),
        )
            .prop_map(|attributes| Attributes {
                origin_address: attributes.0,
                origin_port: attributes.1,
                assigned_ipv4: attributes.2,
                assigned_ipv6: attributes.3,
                delegated_prefix: attributes.4,
                gateway: attributes.5,
                transport: attributes.6,
            })
    }

    fn one_of<T: Clone + std::fmt::Debug>(
        value: impl Strategy<Value = T>,
        first: Source,
        second: Source,
    ) -> impl Strategy<Value = Option<Observed<T>>> {
        option::of(
            (value, select(vec![first, second]))
                .prop_map(|(value, source)| Observed::new(value, source)),
        )
    }

    fn observed<T: Clone + std::fmt::Debug>(
        value: impl Strategy<Value = T>,
        source: Source,
    ) -> impl Strategy<Value = Option<Observed<T>>> {
        option::of(value.prop_map(move |value| Observed::new(value, source)))
    }
}
