use crate::session::{
    Attributes, ClockReading, Device, EndReason, Session, SessionSecret, Timestamp,
};

/// One thing that the box observed, and what the clocks said then.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Observation {
    /// What the clocks said.
    pub reading: ClockReading,
    /// The interface that it concerns.
    pub device: Device,
    /// What was observed.
    pub evidence: Evidence,
}

/// A network interface that is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// The kernel's number of it.
    pub interface: u32,
    /// Its addresses.
    pub attributes: Attributes,
    /// Whether the box's traffic to the internet leaves by it, which says that it is a client's tunnel: a
    /// server of the member's own has one of the same name, and no such route.
    pub is_uplink: bool,
}

/// What can be observed of a tunnel. What OpenVPN does when was measured with version 2.6.14.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Evidence {
    /// OpenVPN ran its `route-up` script.
    TunnelUp {
        /// The kernel's number of the interface, where the script could still ask it.
        interface: Option<u32>,
        /// What the script's environment said.
        attributes: Attributes,
    },
    /// OpenVPN ran its `down` script. Its environment may already be that of the next session, so
    /// nothing but the reason is taken from it.
    TunnelDown {
        /// Why.
        reason: EndReason,
    },
    /// The interface is up.
    LinkUp(Link),
    /// The interface is gone.
    LinkGone {
        /// The kernel's number of the interface.
        interface: u32,
    },
    /// temoin started: which interface of this name exists, and OpenVPN's last heartbeat on disk.
    Started {
        /// The interface; `None` when it is not there.
        link: Option<Link>,
        /// When OpenVPN last wrote its status file.
        heartbeat: Option<Timestamp>,
    },
    /// The management socket was reached, and reported OpenVPN's history.
    ManagementAttached {
        /// How many connections this OpenVPN process has made; `None` where its history, which is
        /// bounded, no longer reaches back to its start.
        connections: Option<u32>,
        /// What is known of the current connection; `None` if there is none.
        connected: Option<Attributes>,
    },
    /// The management socket reported a new connection.
    Connected {
        /// What it reported.
        attributes: Attributes,
    },
    /// The management socket reported that the connection ended.
    Disconnected {
        /// Why.
        reason: EndReason,
    },
    /// The management socket was closed at the other end.
    ManagementClosed,
    /// A deadline that [`Tracker::deadline`](super::Tracker::deadline) named has passed.
    Elapsed,
    /// temoin is stopping; the tunnel is up as far as it knows.
    Stopping,
}

/// What is to be recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// A session began.
    Open(Session, SessionSecret),
    /// More is known of a session that lasts.
    Update(Session),
    /// A session ended.
    Close(Session),
}
