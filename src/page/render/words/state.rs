use crate::messages::record::state as msg;
use temoin_core::session::{Session, Transport};
use temoin_core::text::Message;

/// Whether a session lasts, as far as the record says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SessionState {
    /// It ended.
    Closed,
    /// It lasts.
    Open,
}

impl SessionState {
    /// The state of a session.
    pub fn of(session: &Session) -> Self {
        if session.end.is_some() { Self::Closed } else { Self::Open }
    }
}

/// The word for a session's state.
pub fn state(state: SessionState) -> &'static Message {
    match state {
        SessionState::Closed => &msg::CLOSED,
        SessionState::Open => &msg::OPEN,
    }
}

/// What carries the tunnel's packets.
pub fn transport(transport: Transport) -> &'static Message {
    match transport {
        Transport::Udp => &msg::TRANSPORT_UDP,
        Transport::Tcp => &msg::TRANSPORT_TCP,
    }
}
