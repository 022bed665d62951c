use std::{fmt, io};

use super::Host;
use super::recall::Recalled;

/// Why a call brought no answer that can be used.
#[derive(Debug)]
pub enum CallError {
    /// Nothing was sent: there is no way out but past the tunnel. Try again when the tunnel is up.
    NotThroughTunnel(String),
    /// What answered does not speak this protocol, or not to its end: look at the address in the
    /// profile, and tell the operator.
    NotUnderstood(&'static str),
    /// The proxy does not do what it is asked: look at the proxy.
    Proxy(String),
    /// It was called off: who called has no use for an answer any more.
    Recalled,
    /// Nothing came back in time: try again later.
    TimedOut,
    /// Nobody can be reached at the operator's address: try again later.
    Unreachable(io::Error),
    /// The operator's name cannot be looked up: try again later, or look at the resolver.
    Unresolved(Host),
    /// Nothing was sent: whoever answers cannot show that it is the operator. Try again later; where it
    /// stays so, look at the clock and the profile.
    Untrusted(String),
}

impl CallError {
    /// The stable name of its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotThroughTunnel(_) => "not-through-tunnel",
            Self::NotUnderstood(_) => "not-understood",
            Self::Proxy(_) => "proxy",
            Self::Recalled => "recalled",
            Self::TimedOut => "timed-out",
            Self::Unreachable(_) => "unreachable",
            Self::Unresolved(_) => "unresolved",
            Self::Untrusted(_) => "untrusted",
        }
    }

    /// What an error of the system means once there is somebody at the other end.
    pub(super) fn from_io(error: io::Error) -> Self {
        let recalled = error.get_ref().and_then(|inner| inner.downcast_ref::<Recalled>());
        match error.kind() {
            _ if recalled.is_some() => Self::Recalled,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Unreachable(error),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThroughTunnel(why) => write!(
                f,
                "nothing was sent, since it would not have gone through the tunnel: {why}; it is sent \
                 when the tunnel is up"
            ),
            Self::NotUnderstood(what) => write!(
                f,
                "what answers there does not speak temoin's protocol: {what}; check the address in the \
                 profile, and tell the operator"
            ),
            Self::Proxy(why) => write!(
                f,
                "the proxy does not reach the operator: {why}; check sync.proxy, and that the proxy runs"
            ),
            Self::Recalled => f.write_str(
                "the session ended before the operator had answered; the next one is named anew",
            ),
            Self::TimedOut => f.write_str(
                "the operator did not answer in time; where it stays so, ask the operator whether its \
                 responder runs",
            ),
            Self::Unreachable(error) => write!(
                f,
                "the operator cannot be reached: {error}; where it stays so, ask the operator whether \
                 its responder runs"
            ),
            Self::Unresolved(host) => write!(
                f,
                "the name {host} cannot be looked up; check the address in the profile and the box's \
                 resolver (/etc/resolv.conf)"
            ),
            Self::Untrusted(why) => write!(
                f,
                "nothing was sent, since who answers cannot show to be the operator: {why}; check the \
                 box's clock and the profile, and tell the operator"
            ),
        }
    }
}

impl std::error::Error for CallError {}
