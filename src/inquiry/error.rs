use std::{fmt, io};

use crate::journal::JournalError;
use crate::protocol::{CannotAsk, Refused};
use crate::sync::CallError;

/// Why asking the operator came to nothing.
#[derive(Debug)]
pub enum InquiryError {
    /// The call failed: as its own error says.
    Call(CallError),
    /// The record cannot be read or written. Where it is said before a call, nothing was sent.
    Journal(JournalError),
    /// There is no record yet: start the daemon.
    NoRecord,
    /// No session lasts whose addresses are known: wait for the tunnel.
    NoTunnel,
    /// The responder does not answer now, with this HTTP status: try again another time.
    NotNow(u16),
    /// The system's random source is broken.
    Random(CannotAsk),
    /// The answer is not believed, and nothing of it was used: tell the operator.
    Refused(Refused),
    /// The responder does not take the request, with this HTTP status: tell the operator.
    Rejected(u16),
    /// The system refuses a clock or randomness.
    System(io::Error),
}

impl InquiryError {
    /// The stable name of its kind, for the ledger.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Call(error) => error.name(),
            Self::Journal(_) => "journal",
            Self::NoRecord => "no-record",
            Self::NoTunnel => "no-tunnel",
            Self::NotNow(_) => "not-now",
            Self::Random(_) => "random",
            Self::Refused(Refused::Malformed) => "malformed",
            Self::Refused(Refused::MadeUp) => "made-up",
            Self::Refused(Refused::NotAuthentic) => "not-authentic",
            Self::Refused(Refused::NotFresh) => "not-fresh",
            Self::Refused(Refused::TwoSuccessors) => "two-successors",
            Self::Rejected(_) => "rejected",
            Self::System(_) => "system",
        }
    }
}

impl fmt::Display for InquiryError {
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
            Self::Refused(refused) => refused.fmt(f),
            Self::Rejected(status) => write!(
                f,
                "the operator's responder does not take the request (status {status}); tell the \
                 operator, and check the address in the profile"
            ),
            Self::System(error) => write!(f, "the system refuses what a request needs: {error}"),
        }
    }
}

impl std::error::Error for InquiryError {}

impl From<CallError> for InquiryError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<JournalError> for InquiryError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<Refused> for InquiryError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<io::Error> for InquiryError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
