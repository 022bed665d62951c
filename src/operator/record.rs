use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{EndTime, SessionEnd, TerminateCause};
use temoin_core::session::{Field, Gateway, Ipv6Prefix, Transport};
use temoin_protocol::{CanonicalValue, Day, FieldSet, Held, UnixSeconds};

/// What is held of one session. A field that the server did not report, or that is not kept, is
/// `None`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionRecord {
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
    pub assigned_at: Option<UnixSeconds>,
    /// When the server accepted the session.
    pub began: UnixSeconds,
    /// When and why it ended; `None` while it lasts.
    pub end: Option<SessionEnd>,
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

impl SessionRecord {
    /// The fields that every record needs: retention is counted from the times, and a session registers
    /// from its assigned address.
    pub const ALWAYS_KEPT: [Field; 4] =
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
    pub fn beginning(began: UnixSeconds) -> Self {
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

    /// The same, reduced to `fields` and the ones that are always kept.
    #[must_use]
    pub fn keeping(self, fields: FieldSet) -> Self {
        fn kept<T>(value: Option<T>, field: Field, fields: FieldSet) -> Option<T> {
            value.filter(|_| fields.contains(field))
        }
        let without_reason = |end: SessionEnd| {
            let reason =
                if fields.contains(Field::EndReason) { end.reason } else { TerminateCause::Other };
            SessionEnd { reason, ..end }
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
            (Field::EndReason, self.end.is_some_and(|end| end.reason != TerminateCause::Other)),
            (Field::Gateway, self.gateway.is_some()),
            (Field::Transport, self.transport.is_some()),
            (Field::MemberIdentity, self.member_identity.is_some()),
            (Field::ClientVersion, self.client_version.is_some()),
            (Field::ClientPlatform, self.client_platform.is_some()),
        ];
        held.into_iter().filter_map(|(field, held)| held.then_some(field)).collect()
    }

    /// The values that a box can compare with its own. An end that was not observed is held, but has no
    /// value: only bounds.
    pub fn values(&self) -> Vec<CanonicalValue> {
        [
            self.origin_address.map(CanonicalValue::origin_address),
            self.origin_port.map(CanonicalValue::origin_port),
            self.assigned_ipv4.map(CanonicalValue::assigned_ipv4),
            self.assigned_ipv6.map(CanonicalValue::assigned_ipv6),
            self.delegated_prefix.map(CanonicalValue::delegated_prefix),
            self.assigned_at.map(CanonicalValue::assigned_at),
            Some(CanonicalValue::session_start(self.began)),
            self.end.and_then(|end| end.when.exactly()).map(CanonicalValue::session_end),
            self.gateway.and_then(CanonicalValue::gateway),
            self.transport.map(CanonicalValue::transport),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The latest moment at which the session may have ended; `None` while it lasts.
    pub fn ended(&self) -> Option<UnixSeconds> {
        self.end.map(|end| end.when.latest())
    }

    /// The time of the end, if that was observed.
    pub fn end_seen(&self) -> Option<UnixSeconds> {
        match self.end?.when {
            EndTime::At(at) => Some(at),
            EndTime::Between(..) => None,
        }
    }
}

/// What the store holds for one registered ID.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeldRecord {
    /// What is held of the session.
    pub record: SessionRecord,
    /// The day by whose end, in the operator's time zone, it must be erased; `None` while that is not
    /// determined.
    pub erase_by: Option<Day>,
}

impl HeldRecord {
    /// What the operator states of it.
    pub fn held(&self) -> Option<Held> {
        Held::new(self.erase_by, self.record.fields())
    }
}

#[cfg(test)]
mod tests {
    use super::{EndTime, Field, FieldSet, SessionEnd, SessionRecord, TerminateCause, UnixSeconds};
    use temoin_protocol::CheckableField;

    fn second(number: u64) -> UnixSeconds {
        UnixSeconds::from_number(number).unwrap()
    }

    fn whole() -> SessionRecord {
        SessionRecord {
            origin_address: Some("203.0.113.7".parse().unwrap()),
            origin_port: Some(40_195),
            assigned_ipv4: Some("10.99.0.10".parse().unwrap()),
            assigned_ipv6: Some("2001:db8:99::10".parse().unwrap()),
            delegated_prefix: Some("2001:db8:1::/56".parse().unwrap()),
            assigned_at: Some(second(1_795_415_741)),
            end: Some(SessionEnd {
                when: EndTime::At(second(1_795_415_800)),
                reason: TerminateCause::Disconnected,
            }),
            gateway: Some(temoin_core::session::Gateway {
                address: "198.51.100.1".parse().unwrap(),
                port: Some(1194),
            }),
            transport: Some(temoin_core::session::Transport::Udp),
            member_identity: Some("box-0001".to_owned()),
            client_version: Some("2.6.14".to_owned()),
            client_platform: Some("linux".to_owned()),
            ..SessionRecord::beginning(second(1_795_415_741))
        }
    }

    #[test]
    fn a_whole_record_has_every_field_it_can_and_a_value_of_each_checkable_one() {
        assert_eq!(whole().fields(), SessionRecord::FIELDS.into_iter().collect());
        assert_eq!(whole().values().len(), CheckableField::ALL.len());
    }

    #[test]
    fn what_is_not_to_be_kept_is_left_out_and_the_indispensable_stays() {
        let record = whole().keeping(FieldSet::EMPTY);
        assert_eq!(record.fields(), SessionRecord::ALWAYS_KEPT.into_iter().collect());
        let fields = [Field::OriginAddress, Field::MemberIdentity];
        let record = whole().keeping(fields.into_iter().collect());
        assert_eq!(record.origin_address, whole().origin_address);
        assert_eq!(record.fields().iter().count(), SessionRecord::ALWAYS_KEPT.len() + fields.len());
    }

    #[test]
    fn an_end_that_nobody_saw_is_held_but_has_no_value_to_compare() {
        let when = EndTime::Between(second(1_795_415_750), second(1_795_415_800));
        let end = Some(SessionEnd { when, reason: TerminateCause::ServerRestarted });
        let record = SessionRecord { end, ..whole() };
        assert!(record.fields().contains(Field::SessionEnd));
        assert!(record.values().iter().all(|value| value.field() != CheckableField::SessionEnd));
        assert_eq!((record.ended(), record.end_seen()), (Some(second(1_795_415_800)), None));
    }
}
