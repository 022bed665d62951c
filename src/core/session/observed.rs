use std::fmt;

/// A value together with how it is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Observed<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

impl<T> Observed<T> {
    /// `value`, as `source` gave it.
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }
}

/// Where a value that the box records comes from. The names are stable: they stand in the database
/// and in what `temoin` prints.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Source {
    /// The environment that OpenVPN gives its `route-up` and `down` scripts.
    OpenVpnHook,
    /// The operator's server pushed it to this box (`setenv-safe TEMOIN_…`): the operator's claim.
    OperatorPush,
    /// OpenVPN's management socket.
    Management,
    /// The kernel's notice that the tunnel interface came, went, or has an address.
    Interface,
    /// Worked out from the last sign of life and the first sign of its absence.
    Bounds,
    /// A STUN server at the VPN server's own address (RFC 8489).
    Stun,
    /// The home router, asked by NAT-PMP (RFC 6886).
    NatPmp,
    /// The home router, asked by PCP (RFC 6887).
    Pcp,
    /// A public address on the box's own interface towards the VPN server.
    PublicInterface,
    /// The member's settings of the app `vpnclient` of YunoHost: what the member was told, not what was
    /// seen, and of a prefix without a length the one that the app takes it to have.
    VpnClientSettings,
}

impl Source {
    /// Every source, in the order of the declaration.
    pub const ALL: [Self; 10] = [
        Self::OpenVpnHook,
        Self::OperatorPush,
        Self::Management,
        Self::Interface,
        Self::Bounds,
        Self::Stun,
        Self::NatPmp,
        Self::Pcp,
        Self::PublicInterface,
        Self::VpnClientSettings,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenVpnHook => "openvpn-hook",
            Self::OperatorPush => "operator-push",
            Self::Management => "management",
            Self::Interface => "interface",
            Self::Bounds => "bounds",
            Self::Stun => "stun",
            Self::NatPmp => "nat-pmp",
            Self::Pcp => "pcp",
            Self::PublicInterface => "public-interface",
            Self::VpnClientSettings => "vpnclient-settings",
        }
    }

    /// The source with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
