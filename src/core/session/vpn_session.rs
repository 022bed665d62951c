use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    ClockReading, Device, EndReason, Gateway, Ipv6Prefix, Observed, SessionId, Source, TimeBounds,
    Timestamp, Transport,
};

/// One session of the member's VPN tunnel: from the moment the operator's server accepted the box
/// until that connection ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// The opaque name of the session.
    pub id: SessionId,
    /// The tunnel's network interface.
    pub device: Device,
    /// The kernel's number of that interface, which tells one `tun0` from the next.
    pub interface: Option<u32>,
    /// What the clocks said when the start was observed: dates it once the clock is trusted.
    pub opened: ClockReading,
    /// When it began.
    pub start: Observed<TimeBounds>,
    /// How it ended; `None` while it lasts.
    pub end: Option<End>,
    /// Its other attributes.
    pub attributes: Attributes,
    /// How closely temoin could watch it.
    pub coverage: Coverage,
    /// Which connection of its OpenVPN process this is, by the management socket, from 1.
    pub connection: Option<u32>,
    /// The last moment at which the tunnel is known to have lived, where one was noted.
    pub last_seen: Option<Timestamp>,
}

impl Session {
    /// Dates start and end from a trusted reading of the same boot. Says whether anything changed.
    pub fn date(&mut self, trusted: &ClockReading) -> bool {
        let mut changed = date(&mut self.start, &self.opened, trusted);
        if let Some(End { moment, closed, .. }) = &mut self.end {
            changed |= date(moment, closed, trusted);
        }
        changed
    }

    /// Narrows a start or an end that no clock of its own boot can date any more:
    /// `before` is an instant known to lie before, `after` one known to lie after.
    pub fn narrow_bounds(&mut self, before: Option<Timestamp>, after: Option<Timestamp>) {
        if self.start.value.claimed.is_some() {
            self.start.value = self.start.value.within(before, after);
        }
        if let Some(End { moment, .. }) = &mut self.end {
            if moment.value.instant().is_none() {
                moment.value = moment.value.within(before, after);
            }
        }
    }

    /// Whether a trusted clock could still tell more about the start or the end.
    pub fn is_undated(&self) -> bool {
        let open_bound = |moment: &TimeBounds| moment.claimed.is_some() || moment.latest.is_none();
        open_bound(&self.start.value)
            || self.end.as_ref().is_some_and(|end| open_bound(&end.moment.value))
    }

    /// The stable name of its state: `open` while it lasts, else `closed`.
    pub fn state(&self) -> &'static str {
        if self.end.is_none() { "open" } else { "closed" }
    }

    /// The latest instant at which the session is known to have lasted.
    pub fn last_known_alive(&self) -> Option<Timestamp> {
        self.start.value.instant().max(self.last_seen)
    }
}

fn date(moment: &mut Observed<TimeBounds>, reading: &ClockReading, trusted: &ClockReading) -> bool {
    let before = moment.value;
    if let Some(at) = reading.dated_by(trusted) {
        if moment.source == Source::Bounds {
            if moment.value.latest.is_none() {
                moment.value = TimeBounds { claimed: None, ..moment.value.within(None, Some(at)) };
            }
        } else if moment.value.claimed.is_some() {
            moment.value = TimeBounds::exact(at);
        }
    }
    moment.value != before
}

/// How a session ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct End {
    /// When.
    pub moment: Observed<TimeBounds>,
    /// The clock reading at the end or, if it was not observed, when its absence was noticed.
    pub closed: ClockReading,
    /// Why, as the box saw it.
    pub reason: EndReason,
}

/// The attributes of a session that the box may learn, each with its source; `None` is unknown.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attributes {
    /// The address that the tunnel comes from, as the operator sees it.
    pub origin_address: Option<Observed<IpAddr>>,
    /// The port that the tunnel comes from, as the operator sees it.
    pub origin_port: Option<Observed<u16>>,
    /// The IPv4 address in the tunnel.
    pub assigned_ipv4: Option<Observed<Ipv4Addr>>,
    /// The IPv6 address in the tunnel.
    pub assigned_ipv6: Option<Observed<Ipv6Addr>>,
    /// The IPv6 prefix routed to the member.
    pub delegated_prefix: Option<Observed<Ipv6Prefix>>,
    /// The VPN server.
    pub gateway: Option<Observed<Gateway>>,
    /// UDP or TCP.
    pub transport: Option<Observed<Transport>>,
}

impl Attributes {
    /// The delegated prefix, where it can be held against what the operator says: what settings say may
    /// lack its true length.
    pub fn comparable_prefix(&self) -> Option<Ipv6Prefix> {
        let seen = self.delegated_prefix.filter(|own| own.source != Source::VpnClientSettings);
        seen.map(|own| own.value)
    }

    /// Fills in from `other` what is still unknown; known values are kept.
    pub fn fill_missing(&mut self, other: &Self) {
        self.origin_address = self.origin_address.or(other.origin_address);
        self.origin_port = self.origin_port.or(other.origin_port);
        self.assigned_ipv4 = self.assigned_ipv4.or(other.assigned_ipv4);
        self.assigned_ipv6 = self.assigned_ipv6.or(other.assigned_ipv6);
        self.delegated_prefix = self.delegated_prefix.or(other.delegated_prefix);
        self.gateway = self.gateway.or(other.gateway);
        self.transport = self.transport.or(other.transport);
    }
}

/// How closely temoin could watch a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Coverage {
    /// Hooks and management socket: a reconnect inside the session would have been seen.
    Complete,
    /// Hooks only: where OpenVPN keeps the tunnel over a reconnect (`persist-tun`), a reconnect is
    /// not seen, and one session here may be several at the operator's.
    Hooks,
    /// Only the interface was seen: no hook reported the tunnel.
    Interface,
}

impl Coverage {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Hooks => "hooks",
            Self::Interface => "interface",
        }
    }

    /// The coverage with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Complete, Self::Hooks, Self::Interface]
            .into_iter()
            .find(|coverage| coverage.name() == name)
    }
}
