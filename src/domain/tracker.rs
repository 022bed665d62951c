mod evidence;

use std::collections::BTreeMap;

use super::{
    ClockReading, Coverage, Device, End, EndReason, Facts, Gateway, Moment, Observed, Session,
    SessionSecret, Source, Timestamp, Transport, Uptime,
};

pub use evidence::{Change, Evidence, Observation};

/// How long the kernel's notice that a tunnel went waits for OpenVPN's own word on why, in
/// milliseconds. OpenVPN runs its `down` script some 30 ms after it closed the interface.
const DOWN_GRACE: u64 = 3_000;

/// How long a tunnel interface that came waits for OpenVPN's `route-up` script, in milliseconds:
/// well over the delay of a few seconds that some configurations put before adding routes.
const UP_GRACE: u64 = 15_000;

/// How far apart the management socket's word of a connection and the `route-up` script's may come
/// and still mean the same connection, in milliseconds.
const SAME_CONNECTION: u64 = 10_000;

/// Turns what is observed into sessions that open and close.
///
/// At most one session is open on an interface. Each rule errs on the side of the record: no session
/// is lost because one source was silent, and none is made twice because two sources spoke of it.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    watched: Vec<Device>,
    tunnels: BTreeMap<String, Tunnel>,
    boot_began_by: Uptime,
}

#[derive(Clone, Debug, Default)]
struct Tunnel {
    open: Option<Open>,
    /// The interface or the process went, and OpenVPN may still say why.
    gone: Option<(ClockReading, EndReason)>,
    /// The interface came, and OpenVPN may still say what it is.
    came: Option<(ClockReading, u32, Facts)>,
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
struct Open {
    session: Session,
    /// The management socket has spoken of this very connection.
    confirmed: bool,
}

impl Tracker {
    /// A tracker that takes up the sessions that the record holds open. Only the interfaces in
    /// `watched` become sessions without a word from OpenVPN.
    pub fn new(watched: Vec<Device>, open: Vec<Session>) -> Self {
        let mut tracker = Self { watched, ..Self::default() };
        for session in open {
            let device = session.device.to_string();
            tracker.tunnels.entry(device).or_default().open =
                Some(Open { session, confirmed: false });
        }
        tracker
    }

    /// Says when the present boot had begun for certain, where that is not when its kernel started: a
    /// container has a boot id of its own and the uptime of its host. What was left open by an earlier
    /// boot ended before then.
    #[must_use]
    pub fn in_boot_begun_by(self, uptime: Uptime) -> Self {
        Self { boot_began_by: uptime, ..self }
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

    /// The next moment of this boot at which [`Evidence::Elapsed`] has something to settle, and on
    /// which interface.
    pub fn deadline(&self) -> Option<(Uptime, Device)> {
        self.tunnels
            .iter()
            .filter_map(|(device, tunnel)| Some((tunnel.deadline()?, device.parse().ok()?)))
            .min_by_key(|(at, _)| *at)
    }

    /// Takes in one observation and says what to write down for it. `secret` draws a new session's
    /// secret.
    ///
    /// Observations are given in the order in which they happened: at a start what the scripts left
    /// behind comes first, then [`Evidence::Started`], then what the management socket tells.
    pub fn observe(
        &mut self,
        observation: Observation,
        secret: &mut dyn FnMut() -> SessionSecret,
    ) -> Vec<Change> {
        let Observation { reading, device, evidence } = observation;
        let watched = self.watched.contains(&device);
        let tunnel = self.tunnels.entry(device.to_string()).or_default();
        let boot_began_by = self.boot_began_by;
        let mut scribe = Scribe { reading, device, boot_began_by, secret, changes: Vec::new() };
        match evidence {
            Evidence::TunnelUp { interface, facts } => tunnel.up(&mut scribe, interface, facts),
            Evidence::TunnelDown { reason } => tunnel.down(&mut scribe, reason),
            Evidence::LinkUp { interface, facts } => {
                tunnel.link_up(&mut scribe, interface, facts, watched);
            }
            Evidence::LinkGone { interface } => tunnel.link_gone(&scribe, interface),
            Evidence::Started { link, heartbeat } => {
                tunnel.started(&mut scribe, link, heartbeat, watched);
            }
            Evidence::ManagementAttached { connections, connected } => {
                tunnel.attached(&mut scribe, connections, connected);
            }
            Evidence::Connected { facts } => tunnel.connected(&mut scribe, facts),
            Evidence::Disconnected { reason } => tunnel.disconnected(&mut scribe, reason),
            Evidence::ManagementClosed => tunnel.management_closed(&scribe),
            Evidence::Elapsed => tunnel.elapsed(&mut scribe),
            Evidence::Stopping => tunnel.stopping(&mut scribe),
        }
        scribe.changes
    }

    /// Notes a fact that was found out later about a session, if that session is still open.
    pub fn learn(&mut self, id: super::SessionId, facts: &Facts) {
        let open = self.tunnels.values_mut().filter_map(|tunnel| tunnel.open.as_mut());
        for open in open.filter(|open| open.session.id == id) {
            open.session.facts.complete_with(facts);
        }
    }

    /// Dates the open sessions once the clock is trusted.
    pub fn date(&mut self, trusted: &ClockReading) {
        for open in self.tunnels.values_mut().filter_map(|tunnel| tunnel.open.as_mut()) {
            open.session.date(trusted);
        }
    }
}

/// The clocks, the interface and the growing list of changes of one observation.
struct Scribe<'a> {
    reading: ClockReading,
    device: Device,
    boot_began_by: Uptime,
    secret: &'a mut dyn FnMut() -> SessionSecret,
    changes: Vec<Change>,
}

impl Scribe<'_> {
    fn open(
        &mut self,
        opened: ClockReading,
        start: Observed<Moment>,
        interface: Option<u32>,
        facts: Facts,
        coverage: Coverage,
        connection: Option<u32>,
    ) -> Open {
        let secret = (self.secret)();
        let session = Session {
            id: secret.id(),
            device: self.device.clone(),
            interface,
            opened,
            start,
            end: None,
            facts,
            coverage,
            connection,
            last_seen: None,
        };
        self.changes.push(Change::Open(session.clone(), secret));
        Open { session, confirmed: false }
    }

    fn update(&mut self, open: &Open) {
        self.changes.push(Change::Update(open.session.clone()));
    }

    fn close(
        &mut self,
        open: Open,
        closed: ClockReading,
        moment: Observed<Moment>,
        reason: EndReason,
    ) {
        let mut session = open.session;
        session.end = Some(End { moment, closed, reason });
        self.changes.push(Change::Close(session));
    }
}

/// The moment of a reading: exact where the clock was trusted, or is `now`, in the same boot.
fn moment_of(reading: &ClockReading, now: &ClockReading) -> Moment {
    reading.dated_by(now).map_or_else(|| Moment::claimed(reading.realtime), Moment::exact)
}

impl Tunnel {
    fn deadline(&self) -> Option<Uptime> {
        let gone = self.gone.as_ref().map(|(at, _)| at.uptime.plus(DOWN_GRACE));
        let came = self.came.as_ref().map(|(at, ..)| at.uptime.plus(UP_GRACE));
        gone.into_iter().chain(came).min()
    }

    fn up(&mut self, scribe: &mut Scribe<'_>, interface: Option<u32>, facts: Facts) {
        let reading = scribe.reading;
        let coverage = self.coverage();
        self.transport = facts.gateway.map(|own| own.value).zip(facts.transport);
        let rebuilt = self.rebuilt.take().filter(|rebuilt| is_soon_after(&reading, rebuilt));
        let came = self.came.take().map(|(_, came, _)| came);
        let interface = interface.or(came);
        if let Some(open) = &mut self.open {
            if open.session.opened == reading {
                // Told twice: the plug was pulled before the event could be put away.
                return;
            }
            if self.gone.is_none() && is_same_connection(&open.session, &reading, interface) {
                open.session.facts.complete_with(&facts);
                open.session.interface = open.session.interface.or(interface);
                if open.session.coverage == Coverage::Interface {
                    open.session.coverage = coverage;
                }
                open.session.opened = reading;
                open.session.start =
                    Observed::new(moment_of(&reading, &reading), Source::OpenVpnHook);
                scribe.update(open);
                return;
            }
        }
        self.close_missed(scribe, EndReason::Superseded);
        let began = rebuilt.unwrap_or(reading);
        let start = Observed::new(moment_of(&began, &reading), Source::OpenVpnHook);
        self.open = Some(scribe.open(began, start, interface, facts, coverage, None));
    }

    fn down(&mut self, scribe: &mut Scribe<'_>, reason: EndReason) {
        let at = scribe.reading;
        self.rebuilt = (reason == EndReason::SettingsChanged).then_some(at);
        self.came.take_if(|(came, ..)| came.boot != at.boot || came.uptime <= at.uptime);
        let is_earlier = |open: &mut Open| {
            open.session.opened.boot == at.boot && at.uptime < open.session.opened.uptime
        };
        // What happened before this session began is left over from another one.
        let Some(open) = self.open.take_if(|open| !is_earlier(open)) else { return };
        if open.session.opened.boot == at.boot {
            let at = self.gone.take().map_or(at, |(gone, _)| gone);
            let moment = moment_of(&at, &scribe.reading);
            scribe.close(open, at, Observed::new(moment, Source::OpenVpnHook), reason);
        } else {
            self.open = Some(open);
            self.close_unseen(scribe, EndReason::Unseen, None);
        }
    }

    fn link_up(&mut self, scribe: &mut Scribe<'_>, interface: u32, facts: Facts, watched: bool) {
        match &mut self.open {
            Some(open) if open.session.interface == Some(interface) => {}
            Some(open) if open.session.interface.is_none() && self.gone.is_none() => {
                open.session.interface = Some(interface);
                open.session.facts.complete_with(&facts);
                scribe.update(open);
            }
            _ if watched => match &mut self.came {
                // Its addresses come after it does.
                Some((_, came, known)) if *came == interface => known.complete_with(&facts),
                _ => self.came = Some((scribe.reading, interface, facts)),
            },
            _ => {}
        }
    }

    fn link_gone(&mut self, scribe: &Scribe<'_>, interface: u32) {
        self.came.take_if(|(_, came, _)| *came == interface);
        let concerned = self.open.as_ref().is_some_and(|open| {
            open.session.interface.is_none_or(|own| own == interface)
                && open.session.opened.boot == scribe.reading.boot
        });
        if concerned && self.gone.is_none() {
            self.gone = Some((scribe.reading, EndReason::InterfaceGone));
        }
    }

    fn started(
        &mut self,
        scribe: &mut Scribe<'_>,
        link: Option<(u32, Facts)>,
        heartbeat: Option<Timestamp>,
        watched: bool,
    ) {
        if let Some(open) = &self.open {
            let rebooted = open.session.opened.boot != scribe.reading.boot;
            let present = link.as_ref().map(|(interface, _)| *interface);
            let own = |present| open.session.interface.is_none_or(|own| own == present);
            if rebooted || !present.is_some_and(own) {
                // Where another tunnel stands in this boot, the sign of life may be that one's.
                let alive = heartbeat.filter(|_| rebooted || present.is_none());
                self.close_unseen(scribe, EndReason::Unseen, alive);
            }
        }
        if let (None, Some((interface, facts))) = (&self.open, link.filter(|_| watched)) {
            let start = bounds(scribe.reading.boot_started(), &scribe.reading);
            self.open = Some(scribe.open(
                scribe.reading,
                start,
                Some(interface),
                facts,
                Coverage::Interface,
                None,
            ));
        }
    }

    fn attached(
        &mut self,
        scribe: &mut Scribe<'_>,
        connections: Option<u32>,
        connected: Option<Facts>,
    ) {
        self.attached = true;
        self.connections = connections;
        let missed = self.open.as_ref().is_some_and(|open| {
            let another = open.session.connection.zip(connections).is_some_and(|(a, b)| a != b)
                || open.session.opened.boot != scribe.reading.boot;
            connected.is_none() || another || self.gone.is_some()
        });
        if missed {
            self.close_missed(scribe, EndReason::Unseen);
        }
        let Some(facts) = connected else { return };
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
            open.session.facts.complete_with(&facts);
            open.session.connection = connections;
            if open.session != before {
                scribe.update(open);
            }
        } else {
            let start = bounds(scribe.reading.boot_started(), &scribe.reading);
            self.open_confirmed(scribe, start, facts);
        }
    }

    fn connected(&mut self, scribe: &mut Scribe<'_>, mut facts: Facts) {
        let gateway = facts.gateway.map(|own| own.value);
        if let Some((_, transport)) = self.transport.filter(|(known, _)| Some(*known) == gateway) {
            facts.transport = facts.transport.or(Some(transport));
        }
        self.connections = self.connections.map(|count| count.saturating_add(1));
        let another = self
            .open
            .as_ref()
            .is_some_and(|open| open.confirmed || open.session.opened.boot != scribe.reading.boot);
        if another || self.gone.is_some() {
            self.close_missed(scribe, EndReason::Unseen);
        }
        if let Some(open) = &mut self.open {
            self.came = None;
            open.confirmed = true;
            open.session.coverage = Coverage::Complete;
            open.session.connection = self.connections;
            open.session.facts.complete_with(&facts);
            scribe.update(open);
        } else {
            let start =
                Observed::new(moment_of(&scribe.reading, &scribe.reading), Source::Management);
            self.open_confirmed(scribe, start, facts);
        }
    }

    /// Opens the session that the management socket tells of.
    fn open_confirmed(
        &mut self,
        scribe: &mut Scribe<'_>,
        start: Observed<Moment>,
        mut facts: Facts,
    ) {
        let interface = self.came.take().map(|(_, interface, addresses)| {
            facts.complete_with(&addresses);
            interface
        });
        let (reading, coverage) = (scribe.reading, Coverage::Complete);
        let open = scribe.open(reading, start, interface, facts, coverage, self.connections);
        self.open = Some(Open { confirmed: true, ..open });
    }

    fn disconnected(&mut self, scribe: &mut Scribe<'_>, reason: EndReason) {
        // A session that the socket has not confirmed yet began after the connection whose end this
        // is: the script that opened it ran while this line waited to be read.
        if let Some(open) = self.open.take_if(|open| open.confirmed) {
            let at = scribe.reading;
            self.gone = None;
            scribe.close(open, at, Observed::new(moment_of(&at, &at), Source::Management), reason);
        }
    }

    fn management_closed(&mut self, scribe: &Scribe<'_>) {
        self.attached = false;
        self.connections = None;
        self.transport = None;
        if self.open.as_ref().is_some_and(|open| open.confirmed) && self.gone.is_none() {
            self.gone = Some((scribe.reading, EndReason::ProcessGone));
        }
    }

    fn elapsed(&mut self, scribe: &mut Scribe<'_>) {
        let now = scribe.reading.uptime;
        if let Some((at, reason)) = self.gone.take_if(|(at, _)| at.uptime.plus(DOWN_GRACE) <= now) {
            self.close_gone(scribe, at, reason);
        }
        let came = self.came.take_if(|(at, ..)| at.uptime.plus(UP_GRACE) <= now);
        if let Some((at, interface, facts)) = came {
            self.close_missed(scribe, EndReason::Unseen);
            let start = Observed::new(moment_of(&at, &scribe.reading), Source::Interface);
            let coverage = Coverage::Interface;
            self.open = Some(scribe.open(at, start, Some(interface), facts, coverage, None));
        }
    }

    fn stopping(&mut self, scribe: &mut Scribe<'_>) {
        if let Some((at, reason)) = self.gone.take() {
            self.close_gone(scribe, at, reason);
        }
        if let Some(open) = &mut self.open {
            if scribe.reading.synchronised {
                open.session.last_seen = Some(scribe.reading.realtime);
                scribe.update(open);
            }
        }
    }

    /// Closes a session of which it turns out only now that it ended, for `reason` unless more is
    /// known.
    fn close_missed(&mut self, scribe: &mut Scribe<'_>, reason: EndReason) {
        match self.gone.take() {
            Some((at, known)) => self.close_gone(scribe, at, known),
            None => self.close_unseen(scribe, reason, None),
        }
    }

    fn close_gone(&mut self, scribe: &mut Scribe<'_>, at: ClockReading, reason: EndReason) {
        if let Some(open) = self.open.take() {
            let source = match reason {
                EndReason::ProcessGone => Source::Management,
                _ => Source::Interface,
            };
            let moment = moment_of(&at, &scribe.reading);
            scribe.close(open, at, Observed::new(moment, source), reason);
        }
    }

    /// Closes a session whose end nobody saw: between the last sign of its life and now, or the
    /// start of the present boot where it began in an earlier one. `alive` is a sign of life that may
    /// be its own.
    fn close_unseen(
        &mut self,
        scribe: &mut Scribe<'_>,
        reason: EndReason,
        alive: Option<Timestamp>,
    ) {
        let Some(open) = self.open.take() else { return };
        self.gone = None;
        let rebooted = open.session.opened.boot != scribe.reading.boot;
        let closed = if rebooted {
            // Unsynchronised by decree: the start of the boot can only be dated, never read.
            ClockReading {
                uptime: scribe.boot_began_by.min(scribe.reading.uptime),
                synchronised: false,
                ..scribe.reading
            }
        } else {
            scribe.reading
        };
        let latest = closed.dated_by(&scribe.reading);
        let alive = alive.filter(|alive| {
            let began = open.session.start.value.latest;
            began.is_some_and(|began| began <= *alive)
                && latest.is_some_and(|latest| *alive <= latest)
        });
        let moment = Moment::between(open.session.known_alive().max(alive), latest);
        let reason = if rebooted { EndReason::Unseen } else { reason };
        scribe.close(open, closed, Observed::new(moment, Source::Bounds), reason);
    }

    fn coverage(&self) -> Coverage {
        if self.attached { Coverage::Complete } else { Coverage::Hooks }
    }
}

/// A moment between `earliest` and a reading.
fn bounds(earliest: Option<Timestamp>, reading: &ClockReading) -> Observed<Moment> {
    let latest = reading.dated_by(reading);
    Observed::new(Moment::between(earliest, latest), Source::Bounds)
}

/// Whether a reading was taken in the same boot as another one, and soon after it.
fn is_soon_after(reading: &ClockReading, other: &ClockReading) -> bool {
    reading.boot == other.boot
        && other.uptime <= reading.uptime
        && reading.uptime <= other.uptime.plus(SAME_CONNECTION)
}

/// Whether the `route-up` script speaks of a session that another source has already opened.
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
