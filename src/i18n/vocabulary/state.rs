use crate::domain::{Session, Transport};
use crate::i18n::Message;

/// Whether a session lasts, as far as the record says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// It ended.
    Closed,
    /// It lasts.
    Open,
}

impl State {
    /// The state of a session.
    pub fn of(session: &Session) -> Self {
        if session.end.is_some() { Self::Closed } else { Self::Open }
    }
}

/// The word for a session's state.
pub fn state(state: State) -> &'static Message {
    match state {
        State::Closed => {
            &Message { fr: "terminée", nl: "beëindigd", en: "closed", de: "beendet" }
        }
        State::Open => &Message { fr: "en cours", nl: "bezig", en: "open", de: "läuft" },
    }
}

/// What carries the tunnel's packets.
pub fn transport(transport: Transport) -> &'static Message {
    match transport {
        Transport::Udp => &Message { fr: "UDP", nl: "UDP", en: "UDP", de: "UDP" },
        Transport::Tcp => &Message { fr: "TCP", nl: "TCP", en: "TCP", de: "TCP" },
    }
}
