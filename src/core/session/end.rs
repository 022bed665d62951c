use std::fmt;

/// Why a session ended, as the box saw it.
///
/// OpenVPN names most reasons itself, in the `signal` variable of its `down` script and in the
/// description of its `RECONNECTING` and `EXITING` states (measured with OpenVPN 2.6.14).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndReason {
    /// OpenVPN was stopped and told the server so (`exit-with-notification`).
    StoppedWithNotice,
    /// OpenVPN was stopped and had no way to tell the server (`sigterm`, TCP).
    Stopped,
    /// OpenVPN was asked to reconnect (`sigusr1`).
    Restarted,
    /// OpenVPN was asked to reload its configuration (`sighup`).
    Reloaded,
    /// Nothing was heard from the server for too long (`ping-restart`, `ping-exit`).
    ServerSilent,
    /// The server announced that it was stopping (`server-pushed-connection-reset`, `…-halt`).
    ServerStopped,
    /// The connection to the server broke (`connection-reset`, `network-unreachable` and similar).
    ConnectionLost,
    /// The keys could not be renegotiated (`tls-error`).
    TlsError,
    /// The server pushed other settings, after a reconnect or while the connection stood, so the tunnel
    /// was rebuilt.
    SettingsChanged,
    /// The tunnel interface disappeared and no script said why, as after `kill -9`.
    InterfaceGone,
    /// OpenVPN's management socket closed and OpenVPN did not say why, as after `kill -9`.
    ProcessGone,
    /// The end was not observed: the power was cut, or temoin was not running.
    Unseen,
    /// Another session began on the same interface before the end of this one was seen.
    Superseded,
    /// OpenVPN gave a reason that temoin does not know.
    Other,
}

impl EndReason {
    /// Every reason, in the order of the declaration.
    pub const ALL: [Self; 14] = [
        Self::StoppedWithNotice,
        Self::Stopped,
        Self::Restarted,
        Self::Reloaded,
        Self::ServerSilent,
        Self::ServerStopped,
        Self::ConnectionLost,
        Self::TlsError,
        Self::SettingsChanged,
        Self::InterfaceGone,
        Self::ProcessGone,
        Self::Unseen,
        Self::Superseded,
        Self::Other,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::StoppedWithNotice => "stopped-with-notice",
            Self::Stopped => "stopped",
            Self::Restarted => "restarted",
            Self::Reloaded => "reloaded",
            Self::ServerSilent => "server-silent",
            Self::ServerStopped => "server-stopped",
            Self::ConnectionLost => "connection-lost",
            Self::TlsError => "tls-error",
            Self::SettingsChanged => "settings-changed",
            Self::InterfaceGone => "interface-gone",
            Self::ProcessGone => "process-gone",
            Self::Unseen => "unseen",
            Self::Superseded => "superseded",
            Self::Other => "other",
        }
    }

    /// The reason with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The reason for a word of OpenVPN's, in either case.
    pub fn from_openvpn(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "exit-with-notification" => Self::StoppedWithNotice,
            "sigterm" | "sigint" | "management-exit" => Self::Stopped,
            "sigusr1" => Self::Restarted,
            "sighup" => Self::Reloaded,
            "ping-restart" | "ping-exit" => Self::ServerSilent,
            "server-pushed-connection-reset" | "server-pushed-halt" | "remote-exit" => {
                Self::ServerStopped
            }
            "connection-reset"
            | "connection-failed"
            | "network-unreachable"
            | "inactive-connection-reset"
            | "socks-error"
            | "proxy-error" => Self::ConnectionLost,
            "tls-error" | "tls_error" => Self::TlsError,
            "unknown" => Self::SettingsChanged,
            _ => Self::Other,
        }
    }

    /// What the operator's server most likely saw of the same end, and when.
    ///
    /// An inference from what was measured with OpenVPN 2.6 and 2.7, not a statement of the operator's.
    pub fn operator_view(self) -> OperatorEnd {
        match self {
            Self::StoppedWithNotice => OperatorEnd::Notice,
            Self::ServerStopped => OperatorEnd::OwnStop,
            Self::Restarted | Self::Reloaded | Self::Superseded => OperatorEnd::Replaced,
            Self::ServerSilent | Self::InterfaceGone | Self::ProcessGone => OperatorEnd::Timeout,
            // From OpenVPN 2.7 on a server can push other settings while the connection stands, which
            // the variables do not tell from other settings after a reconnect.
            Self::SettingsChanged
            | Self::Stopped
            | Self::ConnectionLost
            | Self::TlsError
            | Self::Unseen
            | Self::Other => OperatorEnd::Unknown,
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the operator's server most likely saw of a session's end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OperatorEnd {
    /// The box's exit notification; the server closes its record within about five seconds.
    Notice,
    /// The server itself stopped or restarted.
    OwnStop,
    /// The same member connected again; the server closes the old record at that moment.
    Replaced,
    /// Silence; the server closes its record up to twice its ping-restart time later, or at once
    /// when the same member connects again.
    Timeout,
    /// It cannot be known from here.
    Unknown,
}

impl OperatorEnd {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::OwnStop => "own-stop",
            Self::Replaced => "replaced",
            Self::Timeout => "timeout",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for OperatorEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{EndReason, OperatorEnd};

    #[test]
    fn each_reason_has_a_name_of_its_own() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::from_name(reason.name()), Some(reason));
        }
        assert_eq!(EndReason::from_name("$(reboot)"), None);
    }

    #[test]
    fn both_of_openvpns_spellings_are_known() {
        // `signal` of the down script is in lower case, the RECONNECTING state in upper case.
        assert_eq!(EndReason::from_openvpn("sigusr1"), EndReason::Restarted);
        assert_eq!(EndReason::from_openvpn("SIGUSR1"), EndReason::Restarted);
        assert_eq!(EndReason::from_openvpn("UNKNOWN"), EndReason::SettingsChanged);
        assert_eq!(EndReason::from_openvpn("`reboot`"), EndReason::Other);
    }

    #[test]
    fn of_other_settings_nobody_here_knows_whether_the_server_saw_an_end() {
        assert_eq!(EndReason::SettingsChanged.operator_view(), OperatorEnd::Unknown);
        assert_eq!(EndReason::Reloaded.operator_view(), OperatorEnd::Replaced);
    }
}
