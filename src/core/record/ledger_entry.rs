use crate::assessment::LocalState;
use crate::session::{SessionId, Timestamp};

/// How many requests the ledger keeps: years of daily ones, or weeks of unanswered registrations.
pub const MAX_ENTRIES: u32 = 2_000;

/// Maximum age of an entry in days: thirteen months, like a session.
pub const ENTRY_DAYS: i64 = 400;

/// A sent request, byte for byte, except that the IDs of sessions erased since are zeroed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LedgerEntry {
    /// Its number in the ledger.
    pub number: EntryNumber,
    /// What was sent.
    pub sent: SentRequest,
    /// Its result; `None` if unknown, as after a power cut.
    pub outcome: Option<CallResult>,
}

/// Whether a request left the box.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Departure {
    /// Nothing of it did.
    NotSent,
    /// It did.
    Sent,
    /// It may have.
    Unknown,
}

impl LedgerEntry {
    /// Whether it left the box: it is noted before it is sent.
    pub fn departure(&self) -> Departure {
        let Some(outcome) = &self.outcome else { return Departure::Unknown };
        match outcome.failure.as_deref().filter(|_| outcome.answer.is_none()) {
            // No connection to send it by, or none whose other end proved who it is.
            Some(
                "no-tunnel" | "not-through-tunnel" | "proxy" | "unreachable" | "unresolved"
                | "untrusted",
            ) => Departure::NotSent,
            // In the connecting or after it.
            Some("timed-out") => Departure::Unknown,
            Some(_) | None => Departure::Sent,
        }
    }
}

/// The number of a request in the ledger, in the order of sending.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EntryNumber(i64);

impl EntryNumber {
    /// The entry of this number.
    #[must_use]
    pub fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub fn value(self) -> i64 {
        self.0
    }
}

/// A request as it is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SentRequest {
    /// When.
    pub at: Timestamp,
    /// Which of the two calls.
    pub call: Call,
    /// The route it took.
    pub route: RouteKind,
    /// Whether it was requested manually.
    pub is_manual: bool,
    /// Request line and header fields, up to and with the empty line.
    pub head: Vec<u8>,
    /// The body: one ID or sixty-four.
    pub body: Vec<u8>,
}

/// The calls of the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    /// `POST /temoin/2/register`.
    Register,
    /// `POST /temoin/2/status`.
    Status,
}

impl Call {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Register, Self::Status];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Status => "status",
        }
    }
}

/// The kind of route that a request took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RouteKind {
    /// Through the configured SOCKS proxy.
    Proxy,
    /// Through the tunnel.
    Tunnel,
}

impl RouteKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Proxy, Self::Tunnel];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Tunnel => "tunnel",
        }
    }
}

/// The result of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallResult {
    /// When the answer arrived, or the call was given up.
    pub at: Timestamp,
    /// The answer, if any.
    pub answer: Option<ResponseSummary>,
    /// Why there is no usable answer.
    pub failure: Option<String>,
}

/// What the ledger keeps of an answer; its content is in the receipts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ResponseSummary {
    /// The HTTP status.
    pub status: u16,
    /// The body's size in bytes.
    pub size: u64,
    /// The body's SHA-256.
    pub digest: [u8; 32],
}

/// What one ID in a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestedId {
    /// The ID of a session of this box that was erased since; zeroed.
    Erased,
    /// A random filler.
    Filler(SessionId),
    /// The ID of a session of this box.
    Session(SessionId, LocalState),
}
