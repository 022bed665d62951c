use std::net::IpAddr;

use super::Knowledge;
use crate::domain::{
    EndReason, Field, Gateway, Ipv6Prefix, Moment, Observed, Session, Source, Transport,
};

/// What this box saw of one field of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seen {
    /// This.
    Value(Observed<Value>),
    /// The box records it, and could not learn it.
    Unknown,
    /// The box does not note it apart: the operator assigns addresses as the session begins, and the
    /// box sees the session begin.
    NotApart,
    /// The session lasts, so there is none yet.
    NotYet,
    /// The box never records it.
    NeverRecorded,
}

/// A value of one field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Value {
    /// An address.
    Address(IpAddr),
    /// A port.
    Port(u16),
    /// A prefix.
    Prefix(Ipv6Prefix),
    /// A time, or its bounds.
    Moment(Moment),
    /// Why the session ended, as the box saw it.
    EndReason(EndReason),
    /// The VPN server.
    Gateway(Gateway),
    /// UDP or TCP.
    Transport(Transport),
}

impl Seen {
    /// What the box saw of a field.
    pub fn of(field: Field, session: &Session) -> Self {
        let facts = &session.facts;
        let end = session.end.as_ref();
        match field {
            Field::OriginAddress => Self::fact(facts.origin_address, Value::Address),
            Field::OriginPort => Self::fact(facts.origin_port, Value::Port),
            Field::AssignedIpv4 => {
                Self::fact(facts.assigned_ipv4, |address| Value::Address(address.into()))
            }
            Field::AssignedIpv6 => {
                Self::fact(facts.assigned_ipv6, |address| Value::Address(address.into()))
            }
            Field::DelegatedPrefix => Self::fact(facts.delegated_prefix, Value::Prefix),
            Field::AssignedAt => Self::NotApart,
            Field::SessionStart => Self::fact(Some(session.start), Value::Moment),
            Field::SessionEnd => {
                end.map_or(Self::NotYet, |end| Self::fact(Some(end.moment), Value::Moment))
            }
            Field::EndReason => end.map_or(Self::NotYet, |end| {
                Self::fact(Some(Observed::new(end.reason, end.moment.source)), Value::EndReason)
            }),
            Field::Gateway => Self::fact(facts.gateway, Value::Gateway),
            Field::Transport => Self::fact(facts.transport, Value::Transport),
            Field::MemberIdentity
            | Field::ClientVersion
            | Field::ClientPlatform
            | Field::HardwareAddress
            | Field::BytesIn
            | Field::BytesOut
            | Field::Content => Self::NeverRecorded,
        }
    }

    /// Where the value comes from, where there is one.
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

    fn fact<T>(fact: Option<Observed<T>>, value: impl FnOnce(T) -> Value) -> Self {
        fact.map_or(Self::Unknown, |fact| {
            Self::Value(Observed::new(value(fact.value), fact.source))
        })
    }
}
