use std::{fmt, io};

use super::Host;
use super::cancel::Cancelled;

/// Why a call returned no usable answer.
#[derive(Debug)]
pub enum CallError {
    /// Nothing was sent: the only route bypasses the tunnel. Try again when the tunnel is up.
    NotThroughTunnel(String),
    /// The peer does not speak this protocol, or broke off: check the address in the profile, and
    /// tell the operator.
    NotUnderstood(&'static str),
    /// The proxy did not connect: check the proxy.
    Proxy(String),
    /// It was cancelled: the caller no longer needs the answer.
    Cancelled,
    /// No answer in time: try again later.
    TimedOut,
    /// Nobody can be reached at the operator's address: try again later.
    Unreachable(io::Error),
    /// The operator's host name cannot be resolved: try again later, or check the resolver.
    Unresolved(Host),
    /// Nothing was sent: the peer could not authenticate as the operator. Try again later; if it
    /// persists, check the clock and the profile.
    Untrusted(String),
}

impl CallError {
    /// The stable name of its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotThroughTunnel(_) => "not-through-tunnel",
            Self::NotUnderstood(_) => "not-understood",
            Self::Proxy(_) => "proxy",
            Self::Cancelled => "recalled",
            Self::TimedOut => "timed-out",
            Self::Unreachable(_) => "unreachable",
            Self::Unresolved(_) => "unresolved",
            Self::Untrusted(_) => "untrusted",
        }
    }

    /// Maps an I/O error on an established connection.
    pub(super) fn from_io(error: io::Error) -> Self {
        let cancelled = error.get_ref().and_then(|inner| inner.downcast_ref::<Cancelled>());
        match error.kind() {
            _ if cancelled.is_some() => Self::Cancelled,
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
            Self::Cancelled => f.write_str(
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
