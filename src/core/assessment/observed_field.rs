use std::net::IpAddr;

use super::Knowledge;
use crate::session::{
    EndReason, Field, Gateway, Ipv6Prefix, Observed, Session, Source, TimeBounds, Transport,
};

/// What this box observed of one field of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ObservedField {
    /// A value.
    Value(Observed<ObservedValue>),
    /// The box records it, but could not learn it.
    Unknown,
    /// The box does not record it separately: the operator assigns addresses as the session begins,
    /// which the box records.
    NotApart,
    /// The session is open, so there is none yet.
    NotYet,
    /// The box never records it.
    NeverRecorded,
}

/// A value of one field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ObservedValue {
    /// An address.
    Address(IpAddr),
    /// A port.
    Port(u16),
    /// A prefix.
    Prefix(Ipv6Prefix),
    /// A time, or its bounds.
    TimeBounds(TimeBounds),
    /// Why the session ended, as the box saw it.
    EndReason(EndReason),
    /// The VPN server.
    Gateway(Gateway),
    /// UDP or TCP.
    Transport(Transport),
}

impl ObservedField {
    /// What the box observed of a field.
    pub fn of(field: Field, session: &Session) -> Self {
        let attributes = &session.attributes;
        let end = session.end.as_ref();
        match field {
            Field::OriginAddress => Self::fact(attributes.origin_address, ObservedValue::Address),
            Field::OriginPort => Self::fact(attributes.origin_port, ObservedValue::Port),
            Field::AssignedIpv4 => Self::fact(attributes.assigned_ipv4, |address| {
                ObservedValue::Address(address.into())
            }),
            Field::AssignedIpv6 => Self::fact(attributes.assigned_ipv6, |address| {
                ObservedValue::Address(address.into())
            }),
            Field::DelegatedPrefix => {
                Self::fact(attributes.delegated_prefix, ObservedValue::Prefix)
            }
            Field::AssignedAt => Self::NotApart,
            Field::SessionStart => Self::fact(Some(session.start), ObservedValue::TimeBounds),
            Field::SessionEnd => end.map_or(Self::NotYet, |end| {
                Self::fact(Some(end.moment), ObservedValue::TimeBounds)
            }),
            Field::EndReason => end.map_or(Self::NotYet, |end| {
                Self::fact(
                    Some(Observed::new(end.reason, end.moment.source)),
                    ObservedValue::EndReason,
                )
            }),
            Field::Gateway => Self::fact(attributes.gateway, ObservedValue::Gateway),
            Field::Transport => Self::fact(attributes.transport, ObservedValue::Transport),
            Field::MemberIdentity
            | Field::ClientVersion
            | Field::ClientPlatform
            | Field::HardwareAddress
            | Field::BytesIn
            | Field::BytesOut
            | Field::Content => Self::NeverRecorded,
        }
    }

    /// The source of the value, if there is one.
    pub fn source(&self) -> Option<Source> {
        match self {
            Self::Value(observed) => Some(observed.source),
            Self::Unknown | Self::NotApart | Self::NotYet | Self::NeverRecorded => None,
        }
    }

    /// How it is known.
    pub fn knowledge(&self) -> Knowledge {
        match self {
            Self::Value(_) | Self::NotYet => Knowledge::Observed,
            Self::Unknown | Self::NotApart | Self::NeverRecorded => Knowledge::Unknown,
        }
    }

    /// The stable name of what there is to say.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Value(_) => "seen",
            Self::Unknown => "unknown",
            Self::NotApart => "not-noted-apart",
            Self::NotYet => "not-yet",
            Self::NeverRecorded => "never-recorded",
        }
    }

    fn fact<T>(fact: Option<Observed<T>>, value: impl FnOnce(T) -> ObservedValue) -> Self {
        fact.map_or(Self::Unknown, |fact| {
            Self::Value(Observed::new(value(fact.value), fact.source))
        })
    }
}
