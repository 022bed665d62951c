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

/// Its name and what the system said: who shows it to a member words it.
impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::NotThroughTunnel(why) | Self::Proxy(why) | Self::Untrusted(why) => {
                write!(f, "{name}: {why}")
            }
            Self::NotUnderstood(why) => write!(f, "{name}: {why}"),
            Self::Unreachable(error) => write!(f, "{name}: {error}"),
            Self::Unresolved(host) => write!(f, "{name}: {host}"),
            Self::Cancelled | Self::TimedOut => f.write_str(name),
        }
    }
}

impl std::error::Error for CallError {}
