use crate::messages::record::source as msg;
use temoin_core::session::Source;
use temoin_core::text::Message;

/// How a value is known, in a few words that fit into a table.
pub fn source(source: Source) -> &'static Message {
    match source {
        Source::OpenVpnHook => &msg::OPEN_VPN_HOOK,
        Source::OperatorPush => &msg::OPERATOR_PUSH,
        Source::Management => &msg::MANAGEMENT,
        Source::Interface => &msg::INTERFACE,
        Source::Bounds => &msg::BOUNDS,
        Source::Stun => &msg::STUN,
        Source::NatPmp => &msg::NAT_PMP,
        Source::Pcp => &msg::PCP,
        Source::PublicInterface => &msg::PUBLIC_INTERFACE,
        Source::VpnClientSettings => &msg::VPN_CLIENT_SETTINGS,
    }
}

/// How a value is known and how far that goes, in a sentence or two.
pub fn source_explained(source: Source) -> &'static Message {
    match source {
        Source::OpenVpnHook => &msg::SOURCE_EXPLAINED_OPEN_VPN_HOOK,
        Source::OperatorPush => &msg::SOURCE_EXPLAINED_OPERATOR_PUSH,
        Source::Management => &msg::SOURCE_EXPLAINED_MANAGEMENT,
        Source::Interface => &msg::SOURCE_EXPLAINED_INTERFACE,
        Source::Bounds => &msg::SOURCE_EXPLAINED_BOUNDS,
        Source::Stun => &msg::SOURCE_EXPLAINED_STUN,
        Source::NatPmp => &msg::SOURCE_EXPLAINED_NAT_PMP,
        Source::Pcp => &msg::SOURCE_EXPLAINED_PCP,
        Source::PublicInterface => &msg::SOURCE_EXPLAINED_PUBLIC_INTERFACE,
        Source::VpnClientSettings => &msg::SOURCE_EXPLAINED_VPN_CLIENT_SETTINGS,
    }
}
