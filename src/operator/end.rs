use std::fmt;

use temoin_protocol::UnixSeconds;

/// The end of a session, as the operator's servers saw it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionEnd {
    /// When.
    pub when: EndTime,
    /// Why.
    pub reason: TerminateCause,
}

/// When a session ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndTime {
    /// The server said so.
    At(UnixSeconds),
    /// Not observed: between the last sign of life and the first moment at which the session is known
    /// to be over.
    Between(UnixSeconds, UnixSeconds),
}

impl EndTime {
    /// The time, if the end was observed.
    pub fn exactly(self) -> Option<UnixSeconds> {
        match self {
            Self::At(at) => Some(at),
            Self::Between(..) => None,
        }
    }

    /// No later than this, from which retention is counted.
    pub fn latest(self) -> UnixSeconds {
        match self {
            Self::At(at) | Self::Between(_, at) => at,
        }
    }
}

/// Why a session ended, as far as the operator's servers say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TerminateCause {
    /// `client-disconnect` ran; OpenVPN gives its scripts no reason.
    Disconnected,
    /// The gateway gave no sign of life for so long that its sessions must be over.
    GatewayLost,
    /// The connection broke or went silent (RADIUS: Lost-Carrier, Lost-Service).
    Lost,
    /// A limit of idle time or of the session's length was reached.
    Limit,
    /// The operator ended it.
    Operator,
    /// Another reason.
    Other,
    /// The server failed (RADIUS: NAS-Error, Port-Error).
    ServerError,
    /// The server restarted without having reported the session's end.
    ServerRestarted,
    /// The address, or the name in the accounting, was given to a later session before an end was
    /// reported.
    Superseded,
    /// The member ended it.
    UserRequest,
}

impl TerminateCause {
    /// Every reason, in the order of the declaration.
    pub const ALL: [Self; 10] = [
        Self::Disconnected,
        Self::GatewayLost,
        Self::Lost,
        Self::Limit,
        Self::Operator,
        Self::Other,
        Self::ServerError,
        Self::ServerRestarted,
        Self::Superseded,
        Self::UserRequest,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::GatewayLost => "gateway-lost",
            Self::Lost => "lost",
            Self::Limit => "limit",
            Self::Operator => "operator",
            Self::Other => "other",
            Self::ServerError => "server-error",
            Self::ServerRestarted => "server-restarted",
            Self::Superseded => "superseded",
            Self::UserRequest => "user-request",
        }
    }

    /// The reason with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl fmt::Display for TerminateCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::TerminateCause;

    #[test]
    fn each_reason_has_a_name_of_its_own() {
        for reason in TerminateCause::ALL {
            assert_eq!(TerminateCause::from_name(reason.name()), Some(reason));
        }
        assert_eq!(TerminateCause::from_name(""), None);
    }
}
