use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{End, EndReason, When};
use crate::domain::{Field, Gateway, Ipv6Prefix, Transport};
use crate::protocol::{Canonical, Day, FieldSet, Held, Second};

/// What is held of one session. A field that the server did not tell, or that is not to be kept, is
/// `None`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// The address that the tunnel came from at the start.
    pub origin_address: Option<IpAddr>,
    /// The port that it came from, likewise.
    pub origin_port: Option<u16>,
    /// The IPv4 address in the tunnel.
    pub assigned_ipv4: Option<Ipv4Addr>,
    /// The IPv6 address in the tunnel.
    pub assigned_ipv6: Option<Ipv6Addr>,
    /// The IPv6 prefix routed to the member.
    pub delegated_prefix: Option<Ipv6Prefix>,
    /// When these addresses were assigned.
    pub assigned_at: Option<Second>,
    /// When the server accepted the session.
    pub began: Second,
    /// When and why it ended; `None` while it lasts.
    pub end: Option<End>,
    /// The server's address and port.
    pub gateway: Option<Gateway>,
    /// UDP or TCP.
    pub transport: Option<Transport>,
    /// The certificate's common name or the login.
    pub member_identity: Option<String>,
    /// The version of the member's VPN software.
    pub client_version: Option<String>,
    /// The system it runs on.
    pub client_platform: Option<String>,
}

impl Record {
    /// The fields that no record can do without: retention is counted from the times, and a session
    /// registers from the address that it was assigned.
    pub const INDISPENSABLE: [Field; 4] =
        [Field::AssignedIpv4, Field::AssignedIpv6, Field::SessionStart, Field::SessionEnd];

    /// The fields that a record can have.
    pub const FIELDS: [Field; 14] = [
        Field::OriginAddress,
        Field::OriginPort,
        Field::AssignedIpv4,
        Field::AssignedIpv6,
        Field::DelegatedPrefix,
        Field::AssignedAt,
        Field::SessionStart,
        Field::SessionEnd,
        Field::EndReason,
        Field::Gateway,
        Field::Transport,
        Field::MemberIdentity,
        Field::ClientVersion,
        Field::ClientPlatform,
    ];

    /// A record of a session that began now, of which nothing else is known.
    pub fn beginning(began: Second) -> Self {
        Self {
            origin_address: None,
            origin_port: None,
            assigned_ipv4: None,
            assigned_ipv6: None,
            delegated_prefix: None,
            assigned_at: None,
            began,
            end: None,
            gateway: None,
            transport: None,
            member_identity: None,
            client_version: None,
            client_platform: None,
        }
    }

    /// The same without what is neither in `fields` nor indispensable.
    #[must_use]
    pub fn keeping(self, fields: FieldSet) -> Self {
        fn kept<T>(value: Option<T>, field: Field, fields: FieldSet) -> Option<T> {
            value.filter(|_| fields.contains(field))
        }
        let without_reason = |end: End| {
            let reason =
                if fields.contains(Field::EndReason) { end.reason } else { EndReason::Other };
            End { reason, ..end }
        };
        Self {
            origin_address: kept(self.origin_address, Field::OriginAddress, fields),
            origin_port: kept(self.origin_port, Field::OriginPort, fields),
            delegated_prefix: kept(self.delegated_prefix, Field::DelegatedPrefix, fields),
            assigned_at: kept(self.assigned_at, Field::AssignedAt, fields),
            end: self.end.map(without_reason),
            gateway: kept(self.gateway, Field::Gateway, fields),
            transport: kept(self.transport, Field::Transport, fields),
            member_identity: kept(self.member_identity, Field::MemberIdentity, fields),
            client_version: kept(self.client_version, Field::ClientVersion, fields),
            client_platform: kept(self.client_platform, Field::ClientPlatform, fields),
            ..self
        }
    }

    /// The fields of which a value is held.
    pub fn fields(&self) -> FieldSet {
        let held = [
            (Field::OriginAddress, self.origin_address.is_some()),
            (Field::OriginPort, self.origin_port.is_some()),
            (Field::AssignedIpv4, self.assigned_ipv4.is_some()),
            (Field::AssignedIpv6, self.assigned_ipv6.is_some()),
            (Field::DelegatedPrefix, self.delegated_prefix.is_some()),
            (Field::AssignedAt, self.assigned_at.is_some()),
            (Field::SessionStart, true),
            (Field::SessionEnd, self.end.is_some()),
            (Field::EndReason, self.end.is_some_and(|end| end.reason != EndReason::Other)),
            (Field::Gateway, self.gateway.is_some()),
            (Field::Transport, self.transport.is_some()),
            (Field::MemberIdentity, self.member_identity.is_some()),
            (Field::ClientVersion, self.client_version.is_some()),
            (Field::ClientPlatform, self.client_platform.is_some()),
        ];
        held.into_iter().filter_map(|(field, held)| held.then_some(field)).collect()
    }

    /// The values that a box can compare with its own. An end that nobody saw is held, but has no
    /// value: only bounds.
    pub fn values(&self) -> Vec<Canonical> {
        [
            self.origin_address.map(Canonical::origin_address),
            self.origin_port.map(Canonical::origin_port),
            self.assigned_ipv4.map(Canonical::assigned_ipv4),
            self.assigned_ipv6.map(Canonical::assigned_ipv6),
            self.delegated_prefix.map(Canonical::delegated_prefix),
            self.assigned_at.map(Canonical::assigned_at),
            Some(Canonical::session_start(self.began)),
            self.end.and_then(|end| end.when.exactly()).map(Canonical::session_end),
            self.gateway.and_then(Canonical::gateway),
            self.transport.map(Canonical::transport),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The latest moment at which the session may have ended; `None` while it lasts.
    pub fn ended(&self) -> Option<Second> {
        self.end.map(|end| end.when.latest())
    }

    /// The moment at which it ended, where that was seen.
    pub fn end_seen(&self) -> Option<Second> {
        match self.end?.when {
            When::At(at) => Some(at),
            When::Between(..) => None,
        }
    }
}

/// What the store answers of one registered ID.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// What is held of the session.
    pub record: Record,
    /// The day before whose end, in the operator's time zone, it is to be gone; `None` while that is
    /// not determined.
    pub erase_by: Option<Day>,
}

impl Entry {
    /// What the operator states of it.
    pub fn held(&self) -> Option<Held> {
        Held::new(self.erase_by, self.record.fields())
    }
}

#[cfg(test)]
mod tests {
    use super::{End, EndReason, Field, FieldSet, Record, Second, When};
    use crate::protocol::Checkable;

    fn second(number: u64) -> Second {
        Second::from_number(number).unwrap()
    }

    fn whole() -> Record {
        Record {
            origin_address: Some("203.0.113.7".parse().unwrap()),
            origin_port: Some(40_195),
            assigned_ipv4: Some("10.99.0.10".parse().unwrap()),
            assigned_ipv6: Some("2001:db8:99::10".parse().unwrap()),
            delegated_prefix: Some("2001:db8:1::/56".parse().unwrap()),
            assigned_at: Some(second(1_795_415_741)),
            end: Some(End {
                when: When::At(second(1_795_415_800)),
                reason: EndReason::Disconnected,
            }),
            gateway: Some(crate::domain::Gateway {
                address: "198.51.100.1".parse().unwrap(),
                port: Some(1194),
            }),
            transport: Some(crate::domain::Transport::Udp),
            member_identity: Some("box-0001".to_owned()),
            client_version: Some("2.6.14".to_owned()),
            client_platform: Some("linux".to_owned()),
            ..Record::beginning(second(1_795_415_741))
        }
    }

    #[test]
    fn a_whole_record_has_every_field_it_can_and_a_value_of_each_checkable_one() {
        assert_eq!(whole().fields(), Record::FIELDS.into_iter().collect());
        assert_eq!(whole().values().len(), Checkable::ALL.len());
    }

    #[test]
    fn what_is_not_to_be_kept_is_left_out_and_the_indispensable_stays() {
        let record = whole().keeping(FieldSet::EMPTY);
        assert_eq!(record.fields(), Record::INDISPENSABLE.into_iter().collect());
        let fields = [Field::OriginAddress, Field::MemberIdentity];
        let record = whole().keeping(fields.into_iter().collect());
        assert_eq!(record.origin_address, whole().origin_address);
        assert_eq!(record.fields().iter().count(), Record::INDISPENSABLE.len() + fields.len());
    }

    #[test]
    fn an_end_that_nobody_saw_is_held_but_has_no_value_to_compare() {
        let when = When::Between(second(1_795_415_750), second(1_795_415_800));
        let end = Some(End { when, reason: EndReason::ServerRestarted });
        let record = Record { end, ..whole() };
        assert!(record.fields().contains(Field::SessionEnd));
        assert!(record.values().iter().all(|value| value.field() != Checkable::SessionEnd));
        assert_eq!((record.ended(), record.end_seen()), (Some(second(1_795_415_800)), None));
    }
}
