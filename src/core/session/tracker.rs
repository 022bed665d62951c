mod evidence;

use std::collections::BTreeMap;

use super::{
    Attributes, ClockReading, Coverage, Device, End, EndReason, Gateway, Observed, Session,
    SessionSecret, Source, TimeBounds, Timestamp, Transport, Uptime,
};

pub use evidence::{Change, Evidence, Link, Observation};

/// How long to wait for OpenVPN's reason after the kernel reports a tunnel gone, in milliseconds.
/// OpenVPN runs its `down` script some 30 ms after it closes the interface.
const DOWN_GRACE: u64 = 3_000;

/// How long to wait for OpenVPN's `route-up` script after a tunnel interface appears, in
/// milliseconds: well over the few seconds some configurations delay adding routes.
const UP_GRACE: u64 = 15_000;

/// How far apart the management socket's and the `route-up` script's reports may be and still mean
/// the same connection, in milliseconds.
const SAME_CONNECTION: u64 = 10_000;

/// Turns what is observed into sessions that open and close.
///
/// At most one session is open on an interface. No session is lost because one source was silent,
/// and none is recorded twice because two sources reported it.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    watched: Vec<Device>,
    tunnels: BTreeMap<String, TunnelState>,
    boot_started_by: Uptime,
}

#[derive(Clone, Debug, Default)]
struct TunnelState {
    open: Option<OpenSession>,
    /// The interface or the process is gone, and OpenVPN may still say why.
    gone: Option<(ClockReading, EndReason)>,
    /// The interface appeared, and OpenVPN may still say what it is.
    came: Option<(ClockReading, Link)>,
    /// The management socket is attached.
    attached: bool,
    /// Connections counted on it; `None` where nothing could be counted.
    connections: Option<u32>,
    /// OpenVPN takes the interface down because a connection that already stands came with other
    /// settings: when it said so.
    rebuilt: Option<ClockReading>,
    /// What a hook of the OpenVPN process that runs now said of the way to this server.
    transport: Option<(Gateway, Observed<Transport>)>,
}

#[derive(Clone, Debug)]
struct OpenSession {
    session: Session,
    /// The management socket has spoken of this very connection.
    confirmed: bool,
}

impl Tracker {
    /// A tracker that resumes the sessions still open in the record. Only the interfaces in
    /// `watched` become sessions without a report from OpenVPN, and only where the box's traffic leaves
    /// by them: nothing else tells a client's tunnel from another program's.
    pub fn new(watched: Vec<Device>, open: Vec<Session>) -> Self {
        let mut tracker = Self { watched, ..Self::default() };
        for session in open {
            let device = session.device.to_string();
            tracker.tunnels.entry(device).or_default().open =
                Some(OpenSession { session, confirmed: false });
        }
        tracker
    }

    /// Sets when the present boot had certainly started, if that is not when its kernel started: a
    /// container has its own boot id and its host's uptime. What an earlier boot left open ended
    /// before then.
    #[must_use]
    pub fn with_boot_started_by(self, uptime: Uptime) -> Self {
        Self { boot_started_by: uptime, ..self }
    }

    /// The sessions that are open.
    pub fn open(&self) -> impl Iterator<Item = &Session> {
        self.tunnels.values().filter_map(|tunnel| tunnel.open.as_ref().map(|open| &open.session))
    }

    /// The interfaces that are watched or have an open session.
    pub fn devices(&self) -> Vec<Device> {
        let mut devices = self.watched.clone();
        devices.extend(self.open().map(|session| session.device.clone()));
        devices.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        devices.dedup();
        devices
    }

    /// The next uptime at which [`Evidence::Elapsed`] is due, and on which interface.
    pub fn deadline(&self) -> Option<(Uptime, Device)> {
        self.tunnels
            .iter()
            .filter_map(|(device, tunnel)| Some((tunnel.deadline()?, device.parse().ok()?)))
            .min_by_key(|(at, _)| *at)
    }

    /// Processes one observation and returns the changes to record. `secret` draws a new session's
    /// secret.
    ///
    /// Observations are given in the order in which they happened: at startup the events the scripts
    /// left in the spool come first, then [`Evidence::Started`], then the management socket's.
    pub fn observe(
        &mut self,
        observation: Observation,
        secret: &mut dyn FnMut() -> SessionSecret,
    ) -> Vec<Change> {
        let Observation { reading, device, evidence } = observation;
        let watched = self.watched.contains(&device);
        let tunnel = self.tunnels.entry(device.to_string()).or_default();
        let boot_started_by = self.boot_started_by;
        let mut collector =
            ChangeCollector { reading, device, boot_started_by, secret, changes: Vec::new() };
        match evidence {
            Evidence::TunnelUp { interface, attributes } => {
                tunnel.up(&mut collector, interface, attributes);
            }
            Evidence::TunnelDown { reason } => tunnel.down(&mut collector, reason),
            Evidence::LinkUp(link) => tunnel.link_up(&mut collector, link, watched),
            Evidence::LinkGone { interface } => tunnel.link_gone(&collector, interface),
            Evidence::Started { link, heartbeat } => {
                tunnel.started(&mut collector, link, heartbeat, watched);
            }
            Evidence::ManagementAttached { connections, connected } => {
                tunnel.attached(&mut collector, connections, connected);
            }
            Evidence::Connected { attributes } => tunnel.connected(&mut collector, attributes),
            Evidence::Disconnected { reason } => tunnel.disconnected(&mut collector, reason),
            Evidence::ManagementClosed => tunnel.management_closed(&collector),
            Evidence::Elapsed => tunnel.elapsed(&mut collector),
            Evidence::Stopping => tunnel.stopping(&mut collector),
        }
        collector.changes
    }

    /// Adds attributes found out later, if the session is still open.
    pub fn add_attributes(&mut self, id: super::SessionId, attributes: &Attributes) {
        let open = self.tunnels.values_mut().filter_map(|tunnel| tunnel.open.as_mut());
        for open in open.filter(|open| open.session.id == id) {
            open.session.attributes.fill_missing(attributes);
        }
    }

    /// Dates the open sessions once the clock is trusted.
    pub fn date(&mut self, trusted: &ClockReading) {
        for open in self.tunnels.values_mut().filter_map(|tunnel| tunnel.open.as_mut()) {
            open.session.date(trusted);
        }
    }
}

/// The clock reading, the interface and the collected changes of one observation.
struct ChangeCollector<'a> {
    reading: ClockReading,
    device: Device,
    boot_started_by: Uptime,
    secret: &'a mut dyn FnMut() -> SessionSecret,
    changes: Vec<Change>,
}

impl ChangeCollector<'_> {
    fn open(
        &mut self,
        opened: ClockReading,
        start: Observed<TimeBounds>,
        interface: Option<u32>,
        attributes: Attributes,
        coverage: Coverage,
        connection: Option<u32>,
    ) -> OpenSession {
        let secret = (self.secret)();
        let session = Session {
            id: secret.id(),
            device: self.device.clone(),
            interface,
            opened,
            start,
            end: None,
            attributes,
            coverage,
            connection,
            last_seen: None,
        };
        self.changes.push(Change::Open(session.clone(), secret));
        OpenSession { session, confirmed: false }
    }

    fn update(&mut self, open: &OpenSession) {
        self.changes.push(Change::Update(open.session.clone()));
    }

    fn close(
        &mut self,
        open: OpenSession,
        closed: ClockReading,
        moment: Observed<TimeBounds>,
        reason: EndReason,
    ) {
        let mut session = open.session;
        session.end = Some(End { moment, closed, reason });
        self.changes.push(Change::Close(session));
    }
}

/// The moment of a reading: exact where the clock was trusted, or is `now`, in the same boot.
fn moment_of(reading: &ClockReading, now: &ClockReading) -> TimeBounds {
    reading.dated_by(now).map_or_else(|| TimeBounds::claimed(reading.realtime), TimeBounds::exact)
}

impl TunnelState {
    fn deadline(&self) -> Option<Uptime> {
        let gone = self.gone.as_ref().map(|(at, _)| at.uptime.plus(DOWN_GRACE));
        let came = self.came.as_ref().map(|(at, _)| at.uptime.plus(UP_GRACE));
        gone.into_iter().chain(came).min()
    }

    fn up(
        &mut self,
        collector: &mut ChangeCollector<'_>,
        interface: Option<u32>,
        attributes: Attributes,
    ) {
        let reading = collector.reading;
        let coverage = self.coverage();
        self.transport = attributes.gateway.map(|own| own.value).zip(attributes.transport);
        let rebuilt = self.rebuilt.take().filter(|rebuilt| is_soon_after(&reading, rebuilt));
        let came = self.came.take().map(|(_, came)| came.interface);
        let interface = interface.or(came);
        if let Some(open) = &mut self.open {
            if open.session.opened == reading {
                // Delivered twice: power was cut before the event could be removed from the spool.
                return;
            }
            if self.gone.is_none() && is_same_connection(&open.session, &reading, interface) {
                open.session.attributes.fill_missing(&attributes);
                open.session.interface = open.session.interface.or(interface);
                if open.session.coverage == Coverage::Interface {
                    open.session.coverage = coverage;
                }
                open.session.opened = reading;
                open.session.start =
                    Observed::new(moment_of(&reading, &reading), Source::OpenVpnHook);
                collector.update(open);
                return;
            }
        }
        self.close_missed(collector, EndReason::Superseded);
        let began = rebuilt.unwrap_or(reading);
        let start = Observed::new(moment_of(&began, &reading), Source::OpenVpnHook);
        self.open = Some(collector.open(began, start, interface, attributes, coverage, None));
    }

    fn down(&mut self, collector: &mut ChangeCollector<'_>, reason: EndReason) {
        let at = collector.reading;
        self.rebuilt = (reason == EndReason::SettingsChanged).then_some(at);
        self.came.take_if(|(came, _)| came.boot != at.boot || came.uptime <= at.uptime);
        let is_earlier = |open: &mut OpenSession| {
            open.session.opened.boot == at.boot && at.uptime < open.session.opened.uptime
        };
        // What happened before this session began is left over from another one.
        let Some(open) = self.open.take_if(|open| !is_earlier(open)) else { return };
        if open.session.opened.boot == at.boot {
            let at = self.gone.take().map_or(at, |(gone, _)| gone);
            let moment = moment_of(&at, &collector.reading);
            collector.close(open, at, Observed::new(moment, Source::OpenVpnHook), reason);
        } else {
            self.open = Some(open);
            self.close_unseen(collector, EndReason::Unseen, None);
        }
    }

    fn link_up(&mut self, collector: &mut ChangeCollector<'_>, link: Link, watched: bool) {
        let interface = link.interface;
        match &mut self.open {
            Some(open) if open.session.interface == Some(interface) => {}
            Some(open) if open.session.interface.is_none() && self.gone.is_none() => {
                open.session.interface = Some(interface);
                open.session.attributes.fill_missing(&link.attributes);
                collector.update(open);
            }
            _ if watched => match &mut self.came {
                // Its addresses and routes come after it does.
                Some((_, known)) if known.interface == interface => {
                    known.attributes.fill_missing(&link.attributes);
                    known.is_uplink |= link.is_uplink;
                }
                _ => self.came = Some((collector.reading, link)),
            },
            _ => {}
        }
    }

    fn link_gone(&mut self, collector: &ChangeCollector<'_>, interface: u32) {
        self.came.take_if(|(_, came)| came.interface == interface);
        let concerned = self.open.as_ref().is_some_and(|open| {
            open.session.interface.is_none_or(|own| own == interface)
                && open.session.opened.boot == collector.reading.boot
        });
        if concerned && self.gone.is_none() {
            self.gone = Some((collector.reading, EndReason::InterfaceGone));
        }
    }

    fn started(
        &mut self,
        collector: &mut ChangeCollector<'_>,
        link: Option<Link>,
        heartbeat: Option<Timestamp>,
        watched: bool,
    ) {
        if let Some(open) = &self.open {
            let rebooted = open.session.opened.boot != collector.reading.boot;
            let present = link.as_ref().map(|link| link.interface);
            let own = |present| open.session.interface.is_none_or(|own| own == present);
            if rebooted || !present.is_some_and(own) {
                // If another tunnel is up in this boot, the heartbeat may be that one's.
                let alive = heartbeat.filter(|_| rebooted || present.is_none());
                self.close_unseen(collector, EndReason::Unseen, alive);
            }
        }
        let link = link.filter(|link| watched && link.is_uplink);
        if let (None, Some(link)) = (&self.open, link) {
            let start = bounds(collector.reading.boot_started(), &collector.reading);
            self.open = Some(collector.open(
                collector.reading,
                start,
                Some(link.interface),
                link.attributes,
                Coverage::Interface,
                None,
            ));
        }
    }

    fn attached(
        &mut self,
        collector: &mut ChangeCollector<'_>,
        connections: Option<u32>,
        connected: Option<Attributes>,
    ) {
        self.attached = true;
        self.connections = connections;
        let missed = self.open.as_ref().is_some_and(|open| {
            let another = open.session.connection.zip(connections).is_some_and(|(a, b)| a != b)
                || open.session.opened.boot != collector.reading.boot;
            connected.is_none() || another || self.gone.is_some()
        });
        if missed {
            self.close_missed(collector, EndReason::Unseen);
        }
        let Some(attributes) = connected else { return };
        if let Some(open) = &mut self.open {
            let before = open.session.clone();
            match connections {
                // A session that began before the socket was reached is watched whole only when it
                // is the first connection of its process,
                Some(1) => open.session.coverage = Coverage::Complete,
                Some(_) => {}
                // and not when nothing tells whether it is still the same.
                None if open.session.coverage == Coverage::Complete => {
                    open.session.coverage = Coverage::Hooks;
                }
                None => {}
            }
            open.confirmed = true;
            open.session.attributes.fill_missing(&attributes);
            open.session.connection = connections;
            if open.session != before {
                collector.update(open);
            }
        } else {
            let start = bounds(collector.reading.boot_started(), &collector.reading);
            self.open_confirmed(collector, start, attributes);
        }
    }

    fn connected(&mut self, collector: &mut ChangeCollector<'_>, mut attributes: Attributes) {
        let gateway = attributes.gateway.map(|own| own.value);
        if let Some((_, transport)) = self.transport.filter(|(known, _)| Some(*known) == gateway) {
            attributes.transport = attributes.transport.or(Some(transport));
        }
        self.connections = self.connections.map(|count| count.saturating_add(1));
        let another = self.open.as_ref().is_some_and(|open| {
            open.confirmed || open.session.opened.boot != collector.reading.boot
        });
        if another || self.gone.is_some() {
            self.close_missed(collector, EndReason::Unseen);
        }
        if let Some(open) = &mut self.open {
            self.came = None;
            open.confirmed = true;
            open.session.coverage = Coverage::Complete;
            open.session.connection = self.connections;
            open.session.attributes.fill_missing(&attributes);
            collector.update(open);
        } else {
            let start = Observed::new(
                moment_of(&collector.reading, &collector.reading),
                Source::Management,
            );
            self.open_confirmed(collector, start, attributes);
        }
    }

    /// Opens the session that the management socket reports.
    fn open_confirmed(
        &mut self,
        collector: &mut ChangeCollector<'_>,
        start: Observed<TimeBounds>,
        mut attributes: Attributes,
    ) {
        let interface = self.came.take().map(|(_, link)| {
            attributes.fill_missing(&link.attributes);
            link.interface
        });
        let (reading, coverage) = (collector.reading, Coverage::Complete);
        let open =
            collector.open(reading, start, interface, attributes, coverage, self.connections);
        self.open = Some(OpenSession { confirmed: true, ..open });
    }

    fn disconnected(&mut self, collector: &mut ChangeCollector<'_>, reason: EndReason) {
        // A session that the socket has not confirmed yet began after the connection whose end this
        // is: the script that opened it ran while this line waited to be read.
        if let Some(open) = self.open.take_if(|open| open.confirmed) {
            let at = collector.reading;
            self.gone = None;
            collector.close(
                open,
                at,
                Observed::new(moment_of(&at, &at), Source::Management),
                reason,
            );
        }
    }

    fn management_closed(&mut self, collector: &ChangeCollector<'_>) {
        self.attached = false;
        self.connections = None;
        self.transport = None;
        if self.open.as_ref().is_some_and(|open| open.confirmed) && self.gone.is_none() {
            self.gone = Some((collector.reading, EndReason::ProcessGone));
        }
    }

    fn elapsed(&mut self, collector: &mut ChangeCollector<'_>) {
        let now = collector.reading.uptime;
        if let Some((at, reason)) = self.gone.take_if(|(at, _)| at.uptime.plus(DOWN_GRACE) <= now) {
            self.close_gone(collector, at, reason);
        }
        let came = self.came.take_if(|(at, _)| at.uptime.plus(UP_GRACE) <= now);
        let Some((at, Link { interface, attributes, is_uplink })) = came else { return };
        self.close_missed(collector, EndReason::Unseen);
        if is_uplink {
            let start = Observed::new(moment_of(&at, &collector.reading), Source::Interface);
            let coverage = Coverage::Interface;
            self.open =
                Some(collector.open(at, start, Some(interface), attributes, coverage, None));
        }
    }

    fn stopping(&mut self, collector: &mut ChangeCollector<'_>) {
        if let Some((at, reason)) = self.gone.take() {
            self.close_gone(collector, at, reason);
        }
        if let Some(open) = &mut self.open {
            if collector.reading.synchronised {
                open.session.last_seen = Some(collector.reading.realtime);
                collector.update(open);
            }
        }
    }

    /// Closes a session whose end is discovered only now, for `reason` unless more is known.
    fn close_missed(&mut self, collector: &mut ChangeCollector<'_>, reason: EndReason) {
        match self.gone.take() {
            Some((at, known)) => self.close_gone(collector, at, known),
            None => self.close_unseen(collector, reason, None),
        }
    }

    fn close_gone(
        &mut self,
        collector: &mut ChangeCollector<'_>,
        at: ClockReading,
        reason: EndReason,
    ) {
        if let Some(open) = self.open.take() {
            let source = match reason {
                EndReason::ProcessGone => Source::Management,
                _ => Source::Interface,
            };
            let moment = moment_of(&at, &collector.reading);
            collector.close(open, at, Observed::new(moment, source), reason);
        }
    }

    /// Closes a session whose end was not observed: between the last sign of its life and now, or the
    /// start of the present boot where it began in an earlier one. `alive` is a sign of life that may
    /// be its own.
    fn close_unseen(
        &mut self,
        collector: &mut ChangeCollector<'_>,
        reason: EndReason,
        alive: Option<Timestamp>,
    ) {
        let Some(open) = self.open.take() else { return };
        self.gone = None;
        let rebooted = open.session.opened.boot != collector.reading.boot;
        let closed = if rebooted {
            // Marked unsynchronised: the start of the boot can only be dated, never read.
            ClockReading {
                uptime: collector.boot_started_by.min(collector.reading.uptime),
                synchronised: false,
                ..collector.reading
            }
        } else {
            collector.reading
        };
        let latest = closed.dated_by(&collector.reading);
        let alive = alive.filter(|alive| {
            let began = open.session.start.value.latest;
            began.is_some_and(|began| began <= *alive)
                && latest.is_some_and(|latest| *alive <= latest)
        });
        let moment = TimeBounds::between(open.session.last_known_alive().max(alive), latest);
        let reason = if rebooted { EndReason::Unseen } else { reason };
        collector.close(open, closed, Observed::new(moment, Source::Bounds), reason);
    }

    fn coverage(&self) -> Coverage {
        if self.attached { Coverage::Complete } else { Coverage::Hooks }
    }
}

/// A moment between `earliest` and a reading.
fn bounds(earliest: Option<Timestamp>, reading: &ClockReading) -> Observed<TimeBounds> {
    let latest = reading.dated_by(reading);
    Observed::new(TimeBounds::between(earliest, latest), Source::Bounds)
}

/// Whether a reading was taken in the same boot as another one, and soon after it.
fn is_soon_after(reading: &ClockReading, other: &ClockReading) -> bool {
    reading.boot == other.boot
        && other.uptime <= reading.uptime
        && reading.uptime <= other.uptime.plus(SAME_CONNECTION)
}

/// Whether the `route-up` script reports a session that another source has already opened.
fn is_same_connection(session: &Session, reading: &ClockReading, interface: Option<u32>) -> bool {
    if session.opened.boot != reading.boot {
        return false;
    }
    let same_interface = session.interface.is_some() && session.interface == interface;
    let not_later = reading.uptime <= session.opened.uptime.plus(SAME_CONNECTION);
    let not_earlier = session.opened.uptime <= reading.uptime.plus(SAME_CONNECTION);
    match session.start.source {
        Source::Interface => same_interface,
        // The first connection of its process, found standing, ran the script whenever it began.
        Source::Bounds => same_interface || (session.connection == Some(1) && not_later),
        Source::Management => same_interface || (not_earlier && not_later),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
