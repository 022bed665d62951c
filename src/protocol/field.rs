use std::fmt;
use std::str::FromStr;

/// The field vocabulary: every fact that temoin, a rule file, an operator's profile or the protocol
/// can speak of, by one name each.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Field {
    /// The address that the tunnel comes from, as the operator sees it.
    OriginAddress,
    /// The port that the tunnel comes from, as the operator sees it.
    OriginPort,
    /// The IPv4 address given to the member in the tunnel.
    AssignedIpv4,
    /// The IPv6 address given to the member in the tunnel.
    AssignedIpv6,
    /// The IPv6 prefix given to the member.
    DelegatedPrefix,
    /// When these addresses were assigned.
    AssignedAt,
    /// When the session began.
    SessionStart,
    /// When the session ended.
    SessionEnd,
    /// Why the session ended.
    EndReason,
    /// The VPN server's address and port.
    Gateway,
    /// UDP or TCP.
    Transport,
    /// What the operator calls the member: certificate name or login. Never recorded on the box.
    MemberIdentity,
    /// The version of the member's VPN software. Only an operator can state that it holds it.
    ClientVersion,
    /// The system the member's VPN software runs on. Only an operator can state that it holds it.
    ClientPlatform,
    /// A hardware address. Only an operator can state that it holds it.
    HardwareAddress,
    /// Bytes received from the member. Only an operator can state that it holds it.
    BytesIn,
    /// Bytes sent to the member. Only an operator can state that it holds it.
    BytesOut,
    /// What was said or read. Never recorded; it is in no retention list.
    Content,
}

impl Field {
    /// Every field, in the order in which they are shown.
    pub const ALL: [Self; 18] = [
        Self::OriginAddress,
        Self::OriginPort,
        Self::AssignedIpv4,
        Self::AssignedIpv6,
        Self::DelegatedPrefix,
        Self::AssignedAt,
        Self::SessionStart,
        Self::SessionEnd,
        Self::EndReason,
        Self::Gateway,
        Self::Transport,
        Self::MemberIdentity,
        Self::ClientVersion,
        Self::ClientPlatform,
        Self::HardwareAddress,
        Self::BytesIn,
        Self::BytesOut,
        Self::Content,
    ];

    /// The stable name, the same in the database, rule files, profiles and the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::OriginAddress => "origin_address",
            Self::OriginPort => "origin_port",
            Self::AssignedIpv4 => "assigned_ipv4",
            Self::AssignedIpv6 => "assigned_ipv6",
            Self::DelegatedPrefix => "delegated_prefix",
            Self::AssignedAt => "assigned_at",
            Self::SessionStart => "session_start",
            Self::SessionEnd => "session_end",
            Self::EndReason => "end_reason",
            Self::Gateway => "gateway",
            Self::Transport => "transport",
            Self::MemberIdentity => "member_identity",
            Self::ClientVersion => "client_version",
            Self::ClientPlatform => "client_platform",
            Self::HardwareAddress => "hardware_address",
            Self::BytesIn => "bytes_in",
            Self::BytesOut => "bytes_out",
            Self::Content => "content",
        }
    }

    /// Whether the box records this field of a session.
    pub fn is_recorded(self) -> bool {
        match self {
            Self::OriginAddress
            | Self::OriginPort
            | Self::AssignedIpv4
            | Self::AssignedIpv6
            | Self::DelegatedPrefix
            | Self::AssignedAt
            | Self::SessionStart
            | Self::SessionEnd
            | Self::EndReason
            | Self::Gateway
            | Self::Transport => true,
            Self::MemberIdentity
            | Self::ClientVersion
            | Self::ClientPlatform
            | Self::HardwareAddress
            | Self::BytesIn
            | Self::BytesOut
            | Self::Content => false,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|field| field.name() == name).ok_or(UnknownField)
    }
}

/// Not a name of the field vocabulary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownField;

impl fmt::Display for UnknownField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown field; the fields are")?;
        for (place, field) in Field::ALL.into_iter().enumerate() {
            write!(f, "{}{field}", if place == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownField {}
