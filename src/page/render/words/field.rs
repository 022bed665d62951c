use crate::messages::record::field as msg;
use temoin_core::session::Field;
use temoin_core::text::Message;

/// What a field is called before a member. Where the law has a word, it is that one.
pub fn field(field: Field) -> &'static Message {
    match field {
        Field::OriginAddress => &msg::ORIGIN_ADDRESS,
        Field::OriginPort => &msg::ORIGIN_PORT,
        Field::AssignedIpv4 => &msg::ASSIGNED_IPV4,
        Field::AssignedIpv6 => &msg::ASSIGNED_IPV6,
        Field::DelegatedPrefix => &msg::DELEGATED_PREFIX,
        Field::AssignedAt => &msg::ASSIGNED_AT,
        Field::SessionStart => &msg::SESSION_START,
        Field::SessionEnd => &msg::SESSION_END,
        Field::EndReason => &msg::END_REASON,
        Field::Gateway => &msg::GATEWAY,
        Field::Transport => &msg::TRANSPORT,
        Field::MemberIdentity => &msg::MEMBER_IDENTITY,
        Field::ClientVersion => &msg::CLIENT_VERSION,
        Field::ClientPlatform => &msg::CLIENT_PLATFORM,
        Field::HardwareAddress => &msg::HARDWARE_ADDRESS,
        Field::BytesIn => &msg::BYTES_IN,
        Field::BytesOut => &msg::BYTES_OUT,
        Field::Content => &msg::CONTENT,
    }
}
