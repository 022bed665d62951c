use std::{fmt, io};

use crate::messages::sync::error as msg;
use temoin_core::text::{Language, Localized, Message};
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
            Self::Protocol(ProtocolError::Backdated) => "backdated",
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

impl Localized for SyncError {
    fn text(&self, language: Language) -> String {
        let say = |message: &Message| message.text(language).to_owned();
        let with = |message: &Message, name: &str, value: &dyn fmt::Display| {
            message.fill(language, &[(name, &value.to_string())])
        };
        match self {
            Self::Call(CallError::NotThroughTunnel(why)) => {
                with(&msg::NOT_THROUGH_TUNNEL, "why", why)
            }
            Self::Call(CallError::NotUnderstood(why)) => with(&msg::NOT_UNDERSTOOD, "why", why),
            Self::Call(CallError::Proxy(why)) => with(&msg::PROXY, "why", why),
            Self::Call(CallError::Cancelled) => say(&msg::CANCELLED),
            Self::Call(CallError::TimedOut) => say(&msg::TIMED_OUT),
            Self::Call(CallError::Unreachable(error)) => with(&msg::UNREACHABLE, "error", error),
            Self::Call(CallError::Unresolved(host)) => with(&msg::UNRESOLVED, "host", host),
            Self::Call(CallError::Untrusted(why)) => with(&msg::UNTRUSTED, "why", why),
            Self::Journal(error) => error.text(language),
            Self::NoRecord => say(&msg::NO_RECORD),
            Self::NoTunnel => say(&msg::NO_TUNNEL),
            Self::NotNow(status) => with(&msg::NOT_NOW, "status", status),
            Self::Random(error) => with(&msg::RANDOM, "error", error),
            Self::Protocol(ProtocolError::Backdated) => say(&msg::BACKDATED),
            Self::Protocol(ProtocolError::Malformed) => say(&msg::MALFORMED),
            Self::Protocol(ProtocolError::MadeUp) => say(&msg::MADE_UP),
            Self::Protocol(ProtocolError::NotAuthentic) => say(&msg::NOT_AUTHENTIC),
            Self::Protocol(ProtocolError::NotFresh) => say(&msg::NOT_FRESH),
            Self::Protocol(ProtocolError::TwoSuccessors) => say(&msg::TWO_SUCCESSORS),
            Self::Rejected(status) => with(&msg::REJECTED, "status", status),
            Self::System(error) => with(&msg::SYSTEM, "error", error),
        }
    }
}

/// In English, for the log.
impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
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
