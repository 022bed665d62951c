use std::{fmt, io};

use temoin_journal::JournalError;
use temoin_protocol::{ProtocolError, RequestError};
use temoin_sync::CallError;

/// Why a sync call failed.
#[derive(Debug)]
pub enum SyncError {
    /// The HTTP call failed.
    Call(CallError),
    /// The journal cannot be read or written. If this precedes a call, nothing was sent.
    Journal(JournalError),
    /// There is no journal yet: start the daemon.
    NoRecord,
    /// No open session with a known address: wait for the tunnel.
    NoTunnel,
    /// The responder cannot answer now (HTTP status): try again later.
    NotNow(u16),
    /// The system's random source is broken.
    Random(RequestError),
    /// The answer does not verify, and nothing of it was used: tell the operator.
    Protocol(ProtocolError),
    /// The responder rejects the request (HTTP status): tell the operator.
    Rejected(u16),
    /// The system refuses a clock or randomness.
    System(io::Error),
}

impl SyncError {
    /// The stable name of its kind, for the ledger.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Call(error) => error.name(),
            Self::Journal(_) => "journal",
            Self::NoRecord => "no-record",
            Self::NoTunnel => "no-tunnel",
            Self::NotNow(_) => "not-now",
            Self::Random(_) => "random",
            Self::Protocol(ProtocolError::Malformed) => "malformed",
            Self::Protocol(ProtocolError::MadeUp) => "made-up",
            Self::Protocol(ProtocolError::NotAuthentic) => "not-authentic",
            Self::Protocol(ProtocolError::NotFresh) => "not-fresh",
            Self::Protocol(ProtocolError::TwoSuccessors) => "two-successors",
            Self::Rejected(_) => "rejected",
            Self::System(_) => "system",
        }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
            Self::NoRecord => f.write_str(
                "there is no record yet; start the daemon, which begins one (systemctl start temoin)",
            ),
            Self::NoTunnel => f.write_str(
                "no tunnel is up whose address is known, so nothing was sent; try again when the \
                 tunnel is up",
            ),
            Self::NotNow(status) => write!(
                f,
                "the operator's responder does not answer now (status {status}); where it stays so, \
                 tell the operator"
            ),
            Self::Random(error) => error.fmt(f),
            Self::Protocol(refused) => refused.fmt(f),
            Self::Rejected(status) => write!(
                f,
                "the operator's responder does not take the request (status {status}); tell the \
                 operator, and check the address in the profile"
            ),
            Self::System(error) => write!(f, "the system refuses what a request needs: {error}"),
        }
    }
}

impl std::error::Error for SyncError {}

impl From<CallError> for SyncError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<JournalError> for SyncError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<ProtocolError> for SyncError {
    fn from(refused: ProtocolError) -> Self {
        Self::Protocol(refused)
    }
}

impl From<io::Error> for SyncError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
