use std::net::Ipv4Addr;

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

use crate::session::{
    Attributes, BootId, Change, ClockReading, Coverage, Device, EndReason, Evidence, Gateway, Link,
    Observation, Observed, Session, SessionId, SessionSecret, Source, TimeBounds, Timestamp,
    Tracker, Transport, Uptime,
};

/// Milliseconds from 1970 to the start of the first boot.
const BOOTED: i64 = 1_795_415_000_000;

/// Seconds of the first boot, as an instant.
fn at(seconds: u64) -> Timestamp {
    instant(1, seconds * 1_000)
}

/// Boots follow each other a day apart.
fn instant(boot: u8, milliseconds: u64) -> Timestamp {
    let days = i64::from(boot - 1) * 86_400_000;
    Timestamp::from_milliseconds(BOOTED + days + i64::try_from(milliseconds).unwrap()).unwrap()
}

fn reading(boot: u8, milliseconds: u64) -> ClockReading {
    ClockReading {
        boot: BootId::from_bytes([boot; 16]),
        uptime: Uptime::from_milliseconds(milliseconds),
        realtime: instant(boot, milliseconds),
        synchronised: true,
    }
}

fn tun0() -> Device {
    "tun0".parse().unwrap()
}

/// A tracker, and the changes it returned.
struct TrackerFixture {
    tracker: Tracker,
    boot: u8,
    synchronised: bool,
    secrets: u8,
    told: Vec<Change>,
}

impl TrackerFixture {
    /// One that watches `tun0`, in the first boot.
    fn new() -> Self {
        let tracker = Tracker::new(vec![tun0()], Vec::new());
        Self { tracker, boot: 1, synchronised: true, secrets: 0, told: Vec::new() }
    }

    /// One that watches nothing.
    fn unwatching() -> Self {
        Self { tracker: Tracker::new(Vec::new(), Vec::new()), ..Self::new() }
    }

    /// Feeds evidence at this second, after the deadlines due by then.
    fn sees(&mut self, second: u64, evidence: Evidence) -> &mut Self {
        while let Some((due, _)) = self
            .tracker
            .deadline()
            .filter(|(due, _)| *due <= Uptime::from_milliseconds(second * 1_000))
        {
            let due = reading(self.boot, due.milliseconds());
            self.observe(due, Evidence::Elapsed);
        }
        self.observe(reading(self.boot, second * 1_000), evidence);
        self
    }

    fn observe(&mut self, reading: ClockReading, evidence: Evidence) {
        let reading = ClockReading { synchronised: self.synchronised, ..reading };
        let secrets = &mut self.secrets;
        let mut secret = || {
            *secrets += 1;
            SessionSecret::from_bytes([*secrets; 32])
        };
        let observation = Observation { reading, device: tun0(), evidence };
        self.told.extend(self.tracker.observe(observation, &mut secret));
    }

    /// temoin restarts, with the sessions that it left open.
    fn restarts(&mut self, boot: u8) -> &mut Self {
        let open = self.tracker.open().cloned().collect();
        self.tracker = Tracker::new(vec![tun0()], open);
        self.boot = boot;
        self
    }

    /// The sessions in order, each in its latest state.
    fn sessions(&self) -> Vec<Session> {
        let mut sessions: Vec<Session> = Vec::new();
        for change in &self.told {
            let (Change::Open(session, _) | Change::Update(session) | Change::Close(session)) =
                change;
            match sessions.iter_mut().find(|known| known.id == session.id) {
                Some(known) => *known = session.clone(),
                None => sessions.push(session.clone()),
            }
        }
        sessions
    }

    fn only_session(&self) -> Session {
        let sessions = self.sessions();
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        sessions.into_iter().next().unwrap()
    }
}

fn up(interface: u32) -> Evidence {
    Evidence::TunnelUp { interface: Some(interface), attributes: attributes(Source::OpenVpnHook) }
}

fn down(reason: EndReason) -> Evidence {
    Evidence::TunnelDown { reason }
}

fn link_up(interface: u32) -> Evidence {
    Evidence::LinkUp(link(interface, true))
}

fn link(interface: u32, is_uplink: bool) -> Link {
    Link { interface, attributes: attributes(Source::Interface), is_uplink }
}

fn link_gone(interface: u32) -> Evidence {
    Evidence::LinkGone { interface }
}

fn started(interface: Option<u32>, heartbeat: Option<Timestamp>) -> Evidence {
    let link = interface.map(|interface| link(interface, true));
    Evidence::Started { link, heartbeat }
}

fn attached(connections: u32, connected: bool) -> Evidence {
    let connected = connected.then(|| attributes(Source::Management));
    Evidence::ManagementAttached { connections: Some(connections), connected }
}

fn connected() -> Evidence {
    Evidence::Connected { attributes: attributes(Source::Management) }
}

fn disconnected(reason: EndReason) -> Evidence {
    Evidence::Disconnected { reason }
}

fn attributes(source: Source) -> Attributes {
    let assigned_ipv4 = Some(Observed::new(Ipv4Addr::new(192, 0, 2, 10), source));
    Attributes { assigned_ipv4, ..Attributes::default() }
}

fn exact(second: u64, source: Source) -> Observed<TimeBounds> {
    Observed::new(TimeBounds::exact(at(second)), source)
}

fn between(earliest: Option<Timestamp>, latest: Option<Timestamp>) -> Observed<TimeBounds> {
    Observed::new(TimeBounds::between(earliest, latest), Source::Bounds)
}

#[track_caller]
fn assert_end(session: &Session, moment: Observed<TimeBounds>, reason: EndReason) {
    let end = session.end.as_ref().expect("an end");
    assert_eq!((end.moment, end.reason), (moment, reason));
}

#[test]
fn a_stop_ends_the_session_when_the_interface_went_for_the_reason_that_the_hook_gives() {
    for reason in [
        EndReason::StoppedWithNotice,
        EndReason::Stopped,
        EndReason::ServerStopped,
        EndReason::ConnectionLost,
        EndReason::ServerSilent,
    ] {
        let mut witness = TrackerFixture::new();
        witness.sees(10, link_up(3)).sees(11, up(3));
        witness.sees(90, link_gone(3)).sees(91, down(reason));
        let session = witness.only_session();
        assert_eq!(session.start, exact(11, Source::OpenVpnHook));
        assert_eq!((session.interface, session.coverage), (Some(3), Coverage::Hooks));
        assert_end(&session, exact(90, Source::OpenVpnHook), reason);
        assert_eq!(witness.tracker.deadline(), None);
    }
}

#[test]
fn a_kill_ends_the_session_when_the_interface_went_and_no_script_says_why() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(90, link_gone(3));
    let due = Uptime::from_milliseconds(93_000);
    assert_eq!(witness.tracker.deadline(), Some((due, tun0())));
    witness.sees(92, Evidence::Elapsed);
    assert_eq!(witness.only_session().end, None);
    witness.sees(93, Evidence::Elapsed);
    let session = witness.only_session();
    assert_end(&session, exact(90, Source::Interface), EndReason::InterfaceGone);
}

#[test]
fn a_reconnect_that_builds_the_tunnel_anew_makes_two_sessions() {
    for reason in [
        EndReason::Restarted,
        EndReason::Reloaded,
        EndReason::ServerSilent,
        EndReason::ServerStopped,
        EndReason::ConnectionLost,
    ] {
        let mut witness = TrackerFixture::new();
        witness.sees(11, up(3)).sees(90, link_gone(3)).sees(90, down(reason));
        witness.sees(92, link_up(4)).sees(92, up(4)).sees(200, Evidence::Elapsed);
        let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
        assert_end(first, exact(90, Source::OpenVpnHook), reason);
        assert_eq!(second.start, exact(92, Source::OpenVpnHook));
        assert_eq!((second.end.as_ref(), second.interface), (None, Some(4)));
    }
}

#[test]
fn a_reconnect_that_keeps_the_tunnel_stays_hidden_from_the_hooks_and_the_session_says_so() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(500, Evidence::Elapsed);
    assert_eq!(witness.only_session().coverage, Coverage::Hooks);
}

#[test]
fn other_settings_after_a_hidden_reconnect_end_the_session_then() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(90, link_gone(3)).sees(90, down(EndReason::SettingsChanged));
    witness.sees(91, link_up(4)).sees(91, up(4));
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, exact(90, Source::OpenVpnHook), EndReason::SettingsChanged);
    assert_eq!(second.start, exact(90, Source::OpenVpnHook));
}

#[test]
fn a_session_with_other_settings_begins_when_the_old_tunnel_is_taken_down_for_them() {
    let mut witness = TrackerFixture::new();
    witness.sees(10, up(4)).sees(20, down(EndReason::SettingsChanged)).sees(22, up(5));
    assert_eq!(witness.sessions()[1].start, exact(20, Source::OpenVpnHook));
    witness.sees(30, down(EndReason::SettingsChanged)).sees(60, up(6));
    assert_eq!(witness.sessions()[2].start, exact(60, Source::OpenVpnHook));
    witness.sees(70, down(EndReason::Restarted)).sees(72, up(7));
    assert_eq!(witness.sessions()[3].start, exact(72, Source::OpenVpnHook));
}

#[test]
fn a_hidden_reconnect_to_the_same_server_and_port_keeps_the_transport_of_its_process() {
    let transport = Some(Observed::new(Transport::Udp, Source::OpenVpnHook));
    let told = |port: u16, source| Attributes {
        gateway: Some(Observed::new(
            Gateway { address: Ipv4Addr::LOCALHOST.into(), port: Some(port) },
            source,
        )),
        ..attributes(source)
    };
    let opening = Attributes { transport, ..told(1194, Source::OpenVpnHook) };
    let reconnect = |port| Evidence::Connected { attributes: told(port, Source::Management) };
    let mut witness = TrackerFixture::new();
    witness
        .sees(10, attached(0, false))
        .sees(10, Evidence::TunnelUp { interface: Some(4), attributes: opening })
        .sees(10, reconnect(1194))
        .sees(20, disconnected(EndReason::Restarted))
        .sees(21, reconnect(1194))
        .sees(30, disconnected(EndReason::Restarted))
        .sees(31, reconnect(443));
    let known: Vec<_> = witness.sessions().iter().map(|own| own.attributes.transport).collect();
    assert_eq!(known, [transport, transport, None]);
}

#[test]
fn hook_and_socket_together_make_one_session_that_is_watched_whole() {
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(10, link_up(3));
    witness.sees(11, up(3)).sees(11, connected());
    witness.sees(90, disconnected(EndReason::Stopped)).sees(90, link_gone(3));
    witness.sees(91, down(EndReason::Stopped)).sees(91, Evidence::ManagementClosed);
    witness.sees(200, Evidence::Elapsed);
    let session = witness.only_session();
    assert_eq!((session.coverage, session.connection), (Coverage::Complete, Some(1)));
    assert_eq!(session.start, exact(11, Source::OpenVpnHook));
    assert_eq!(session.attributes.assigned_ipv4.unwrap().source, Source::OpenVpnHook);
    assert_end(&session, exact(90, Source::Management), EndReason::Stopped);
}

#[test]
fn whichever_of_hook_and_socket_is_read_first_the_start_is_the_hooks() {
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(10, link_up(3));
    witness.sees(12, connected());
    witness.observe(reading(1, 11_000), up(3));
    let session = witness.only_session();
    assert_eq!(session.start, exact(11, Source::OpenVpnHook));
    assert_eq!((session.coverage, session.interface), (Coverage::Complete, Some(3)));
    // A second word of the socket is a second connection.
    witness.sees(100, connected());
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, between(Some(at(11)), Some(at(100))), EndReason::Unseen);
    assert_eq!((second.start, second.connection), (exact(100, Source::Management), Some(2)));
}

#[test]
fn a_hook_that_ran_long_before_or_after_the_socket_spoke_tells_of_another_connection() {
    for second in [89, 111] {
        let mut witness = TrackerFixture::new();
        witness.sees(9, attached(0, false)).sees(100, connected());
        witness.observe(reading(1, second * 1_000), up(3));
        assert_eq!(witness.sessions().len(), 2, "{second}");
    }
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(80, link_up(3)).sees(94, connected());
    witness.observe(reading(1, 81_000), up(3));
    assert_eq!(witness.only_session().start, exact(81, Source::OpenVpnHook));
}

#[test]
fn a_reconnect_that_runs_no_hook_makes_two_sessions() {
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(11, up(3)).sees(11, connected());
    witness.sees(90, disconnected(EndReason::Restarted)).sees(92, connected());
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, exact(90, Source::Management), EndReason::Restarted);
    assert_eq!(second.start, exact(92, Source::Management));
    assert_eq!((second.coverage, second.connection), (Coverage::Complete, Some(2)));
}

#[test]
fn an_end_that_the_hook_told_is_not_told_again_by_the_socket() {
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(11, up(3)).sees(11, connected());
    witness.sees(90, down(EndReason::Restarted)).sees(92, up(4));
    witness.sees(92, disconnected(EndReason::Restarted)).sees(92, connected());
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, exact(90, Source::OpenVpnHook), EndReason::Restarted);
    assert_eq!((second.end.as_ref(), second.connection), (None, Some(2)));
}

#[test]
fn a_socket_that_closes_without_a_word_ends_the_session_when_it_closed() {
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(11, connected());
    witness.sees(90, Evidence::ManagementClosed).sees(100, Evidence::Elapsed);
    let session = witness.only_session();
    assert_end(&session, exact(90, Source::Management), EndReason::ProcessGone);
}

#[test]
fn a_kill_is_dated_to_the_second_however_soon_the_next_process_answers() {
    for (connections, is_connected) in [(0, false), (1, true)] {
        let mut witness = TrackerFixture::new();
        witness.sees(9, attached(0, false)).sees(11, up(3)).sees(11, connected());
        witness.sees(90, link_gone(3)).sees(90, Evidence::ManagementClosed);
        witness.sees(91, attached(connections, is_connected)).sees(92, connected());
        let first = &witness.sessions()[0];
        assert_end(first, exact(90, Source::Interface), EndReason::InterfaceGone);
    }
}

#[test]
fn a_session_whose_interface_went_is_not_the_one_that_the_socket_tells_of() {
    for evidence in [attached(1, true), connected()] {
        let mut witness = TrackerFixture::new();
        witness.sees(11, up(3)).sees(90, link_gone(3)).sees(91, evidence);
        witness.sees(200, Evidence::Elapsed);
        let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
        assert_end(first, exact(90, Source::Interface), EndReason::InterfaceGone);
        assert_eq!(second.end, None);
    }
}

#[test]
fn of_two_signs_that_a_tunnel_went_the_first_dates_its_end() {
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(11, up(3)).sees(11, connected());
    witness.sees(90, Evidence::ManagementClosed).sees(91, link_gone(3));
    witness.sees(200, up(4));
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, exact(90, Source::Management), EndReason::ProcessGone);
    assert_eq!(second.coverage, Coverage::Hooks);
}

#[test]
fn a_session_found_standing_on_the_socket_takes_its_start_from_the_hook_left_behind() {
    let mut witness = TrackerFixture::new();
    witness.sees(100, attached(1, true));
    assert_eq!(witness.only_session().start, between(Some(at(0)), Some(at(100))));
    witness.observe(reading(1, 40_000), up(3));
    assert_eq!(witness.only_session().start, exact(40, Source::OpenVpnHook));
    // Of a later connection the hook may not have spoken.
    let mut witness = TrackerFixture::new();
    witness.sees(100, attached(2, true));
    witness.observe(reading(1, 40_000), up(3));
    assert_eq!(witness.sessions().len(), 2);
}

#[test]
fn a_socket_reached_late_watches_whole_only_what_is_its_process_first_connection() {
    for (connections, coverage) in [(1, Coverage::Complete), (2, Coverage::Hooks)] {
        let mut witness = TrackerFixture::new();
        witness.sees(11, up(3)).sees(60, attached(connections, true));
        let session = witness.only_session();
        assert_eq!((session.coverage, session.connection), (coverage, Some(connections)));
    }
}

#[test]
fn the_socket_tells_a_daemon_that_was_away_of_a_hidden_reconnect_and_no_heartbeat_dates_it() {
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(11, up(3)).sees(11, connected());
    witness.restarts(1).sees(200, started(Some(3), Some(at(190)))).sees(200, attached(2, true));
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    // The heartbeat is the process's, and may be of the second connection.
    assert_end(first, between(Some(at(11)), Some(at(200))), EndReason::Unseen);
    assert_eq!(second.start, between(Some(at(0)), Some(at(200))));
}

#[test]
fn a_socket_without_a_connection_ends_the_session_unseen() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(60, attached(1, false));
    let session = witness.only_session();
    assert_end(&session, between(Some(at(11)), Some(at(60))), EndReason::Unseen);
}

#[test]
fn a_history_that_lost_its_beginning_keeps_the_session_and_no_longer_calls_it_complete() {
    let mut witness = TrackerFixture::new();
    witness.sees(9, attached(0, false)).sees(11, up(3)).sees(11, connected());
    witness.restarts(1).sees(200, started(Some(3), None));
    let lost = Some(attributes(Source::Management));
    witness.sees(200, Evidence::ManagementAttached { connections: None, connected: lost });
    let session = witness.only_session();
    assert_eq!((session.end.as_ref(), session.coverage), (None, Coverage::Hooks));
    witness.sees(300, disconnected(EndReason::Restarted)).sees(301, connected());
    let [_, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_eq!((second.coverage, second.connection), (Coverage::Complete, None));
}

#[test]
fn an_interface_of_which_nothing_says_that_it_is_a_clients_is_no_session() {
    let mut witness = TrackerFixture::new();
    witness.sees(10, Evidence::LinkUp(link(3, false))).sees(60, Evidence::Elapsed);
    witness.sees(70, Evidence::Started { link: Some(link(3, false)), heartbeat: None });
    assert_eq!(witness.sessions(), []);
    // A hook says whose it is.
    witness.sees(80, up(3));
    assert_eq!(witness.only_session().start, exact(80, Source::OpenVpnHook));
}

#[test]
fn a_session_whose_interface_gives_way_to_another_programs_ends_and_that_one_is_none() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(20, Evidence::LinkUp(link(4, false)));
    witness.sees(60, Evidence::Elapsed);
    assert!(witness.only_session().end.is_some());
}

#[test]
fn a_watched_interface_that_no_hook_speaks_of_becomes_a_session_from_when_it_came() {
    let mut witness = TrackerFixture::new();
    let bare = Link { interface: 3, attributes: Attributes::default(), is_uplink: false };
    witness.sees(10, Evidence::LinkUp(bare));
    witness.sees(12, link_up(3)).sees(24, Evidence::Elapsed);
    assert_eq!(witness.sessions(), []);
    witness.sees(25, Evidence::Elapsed);
    let session = witness.only_session();
    assert_eq!(session.start, exact(10, Source::Interface));
    assert_eq!((session.coverage, session.interface), (Coverage::Interface, Some(3)));
    assert_eq!(session.attributes, attributes(Source::Interface));
    witness.sees(60, up(3));
    let session = witness.only_session();
    assert_eq!(session.start, exact(60, Source::OpenVpnHook));
    assert_eq!(session.coverage, Coverage::Hooks);
}

#[test]
fn an_interface_that_goes_again_or_is_not_watched_becomes_no_session() {
    let mut witness = TrackerFixture::new();
    witness.sees(10, link_up(3)).sees(11, link_gone(3)).sees(60, Evidence::Elapsed);
    assert_eq!(witness.told, []);
    let mut witness = TrackerFixture::unwatching();
    witness.sees(10, link_up(3)).sees(60, started(Some(3), None));
    assert_eq!((witness.told.len(), witness.tracker.deadline()), (0, None));
}

#[test]
fn another_interface_in_its_place_begins_the_wait_anew() {
    let mut witness = TrackerFixture::new();
    witness.sees(10, link_up(3)).sees(20, link_up(4)).sees(60, Evidence::Elapsed);
    let session = witness.only_session();
    assert_eq!((session.start, session.interface), (exact(20, Source::Interface), Some(4)));
}

#[test]
fn a_late_word_of_the_old_tunnels_end_does_not_hide_the_new_interface() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(90, link_gone(3)).sees(92, link_up(4));
    witness.observe(reading(1, 90_030), down(EndReason::Restarted));
    witness.sees(200, Evidence::Elapsed);
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, exact(90, Source::OpenVpnHook), EndReason::Restarted);
    assert_eq!(second.start, exact(92, Source::Interface));
}

#[test]
fn the_end_of_another_interface_ends_nothing() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(20, link_gone(2)).sees(60, Evidence::Elapsed);
    assert_eq!(witness.only_session().end, None);
}

#[test]
fn an_interface_that_comes_after_the_end_of_another_is_not_given_to_that_ones_session() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, Evidence::TunnelUp { interface: None, attributes: Attributes::default() });
    witness.sees(90, link_gone(3)).sees(91, link_up(4)).sees(200, Evidence::Elapsed);
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_eq!((first.interface, second.interface), (None, Some(4)));
    assert_end(first, exact(90, Source::Interface), EndReason::InterfaceGone);
}

#[test]
fn a_hook_after_the_end_of_an_interface_speaks_of_another_session() {
    let mut witness = TrackerFixture::new();
    witness.sees(10, link_up(3)).sees(60, link_gone(3)).sees(61, up(3));
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, exact(60, Source::Interface), EndReason::InterfaceGone);
    assert_eq!(second.start, exact(61, Source::OpenVpnHook));
}

#[test]
fn an_interface_of_the_next_boot_is_not_that_of_the_one_before() {
    let mut witness = TrackerFixture::new();
    witness.sees(10, link_up(3)).sees(25, Evidence::Elapsed);
    witness.restarts(2).sees(20, link_gone(3));
    assert_eq!(witness.tracker.deadline(), None);
    witness.sees(30, up(3));
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, between(Some(at(10)), Some(instant(2, 0))), EndReason::Unseen);
    assert_eq!(second.end, None);
}

#[test]
fn a_session_without_a_number_takes_that_of_the_interface_that_is_there() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, Evidence::TunnelUp { interface: None, attributes: Attributes::default() });
    witness.sees(12, link_up(3));
    let session = witness.only_session();
    assert_eq!((session.interface, &session.attributes), (Some(3), &attributes(Source::Interface)));
    let mut witness = TrackerFixture::new();
    witness.sees(11, link_up(3));
    witness.sees(12, Evidence::TunnelUp { interface: None, attributes: Attributes::default() });
    assert_eq!(witness.only_session().interface, Some(3));
}

#[test]
fn a_power_cut_leaves_bounds_from_the_last_sign_of_life_to_the_next_start_of_the_box() {
    let booted = instant(2, 0);
    for (heartbeat, earliest) in [
        (None, at(11)),
        (Some(at(70)), at(70)),
        // Of another process: from before the session, or from the present boot.
        (Some(at(5)), at(11)),
        (Some(instant(2, 5_000)), at(11)),
    ] {
        let mut witness = TrackerFixture::new();
        witness.sees(11, up(3));
        witness.restarts(2).sees(30, started(None, heartbeat));
        let session = witness.only_session();
        assert_end(&session, between(Some(earliest), Some(booted)), EndReason::Unseen);
        assert_eq!(session.end.unwrap().closed.uptime, Uptime::START);
    }
}

#[test]
fn in_a_container_a_session_of_an_earlier_start_ended_before_what_was_seen_first() {
    // The host runs on: uptime 90 is later than 11, though the boot is another one.
    for (second, evidence, latest) in
        [(90, started(None, None), 90), (90, up(3), 90), (80, down(EndReason::Stopped), 80)]
    {
        let mut witness = TrackerFixture::new();
        witness.sees(11, up(3)).restarts(2);
        let ninety = Uptime::from_milliseconds(90_000);
        witness.tracker = witness.tracker.clone().with_boot_started_by(ninety);
        witness.sees(second, evidence);
        let bounds = between(Some(at(11)), Some(instant(2, latest * 1_000)));
        assert_end(&witness.sessions()[0], bounds, EndReason::Unseen);
    }
}

#[test]
fn a_tunnel_of_the_next_boot_ends_the_session_of_the_one_before() {
    for evidence in [up(3), down(EndReason::Stopped), attached(1, true), connected()] {
        let mut witness = TrackerFixture::new();
        witness.sees(9, attached(0, false)).sees(11, up(3)).sees(11, connected());
        witness.restarts(2).sees(30, evidence);
        let first = &witness.sessions()[0];
        assert_end(first, between(Some(at(11)), Some(instant(2, 0))), EndReason::Unseen);
    }
}

#[test]
fn what_the_scripts_left_behind_in_an_earlier_boot_is_recorded_before_the_present_one() {
    let mut witness = TrackerFixture::new();
    witness.restarts(2);
    witness.observe(reading(1, 40_000), up(3));
    witness.observe(reading(2, 20_000), up(3));
    witness.sees(30, started(Some(3), None));
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, between(Some(at(40)), Some(instant(2, 0))), EndReason::Unseen);
    assert_eq!(second.start.value, TimeBounds::exact(instant(2, 20_000)));
    assert_eq!(second.end, None);
}

#[test]
fn a_tunnel_that_went_while_nobody_looked_ended_between_its_last_sign_of_life_and_now() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3));
    witness.restarts(1).sees(200, started(None, Some(at(150))));
    let session = witness.only_session();
    assert_end(&session, between(Some(at(150)), Some(at(200))), EndReason::Unseen);
}

#[test]
fn the_sign_of_life_of_the_tunnel_that_stands_now_dates_no_other_ones_end() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3));
    witness.restarts(1).sees(200, started(Some(4), Some(at(150))));
    let [first, second] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, between(Some(at(11)), Some(at(200))), EndReason::Unseen);
    assert_eq!(second.start, between(Some(at(0)), Some(at(200))));
    assert_eq!(second.coverage, Coverage::Interface);
}

#[test]
fn a_sign_of_life_dates_the_end_of_a_session_that_certainly_had_begun() {
    for (heartbeat, earliest) in [(at(150), Some(at(150))), (at(50), None)] {
        let mut witness = TrackerFixture::new();
        witness.sees(100, started(Some(3), None));
        witness.restarts(2).sees(30, started(None, Some(heartbeat)));
        let session = witness.only_session();
        assert_end(&session, between(earliest, Some(instant(2, 0))), EndReason::Unseen);
    }
}

#[test]
fn a_tunnel_that_stands_when_temoin_starts_goes_on_or_becomes_a_session() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3));
    witness.restarts(1).sees(200, started(Some(3), None));
    assert_eq!(witness.only_session().end, None);
    let mut witness = TrackerFixture::new();
    witness.sees(100, started(Some(3), None)).sees(101, up(3));
    let session = witness.only_session();
    assert_eq!(session.start, exact(101, Source::OpenVpnHook));
    assert_eq!(session.coverage, Coverage::Hooks);
}

#[test]
fn an_open_session_goes_on_over_a_restart_though_its_interface_is_not_watched() {
    let mut witness = TrackerFixture::unwatching();
    witness.sees(11, up(3));
    let open = witness.tracker.open().cloned().collect();
    witness.tracker = Tracker::new(Vec::new(), open);
    assert_eq!(witness.tracker.devices(), [tun0()]);
    witness.sees(200, started(Some(3), None));
    assert_eq!(witness.only_session().end, None);
}

#[test]
fn a_session_that_begins_over_another_supersedes_it() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(90, up(4));
    let [first, _] = &witness.sessions()[..] else { panic!("{:?}", witness.told) };
    assert_end(first, between(Some(at(11)), Some(at(90))), EndReason::Superseded);
    // Unless the kernel told when it went.
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(89, link_gone(3)).sees(90, up(4));
    let first = &witness.sessions()[0];
    assert_end(first, exact(89, Source::Interface), EndReason::InterfaceGone);
}

#[test]
fn the_same_event_told_twice_is_one() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3));
    witness.restarts(1).observe(reading(1, 11_000), up(3));
    assert_eq!((witness.told.len(), witness.only_session().end), (1, None));
}

#[test]
fn a_closing_hook_from_before_the_session_began_does_not_end_it() {
    let mut witness = TrackerFixture::new();
    witness.sees(20, up(3)).sees(30, link_gone(3));
    witness.observe(reading(1, 19_000), down(EndReason::Stopped));
    assert_eq!(witness.only_session().end, None);
    witness.sees(60, Evidence::Elapsed);
    let session = witness.only_session();
    assert_end(&session, exact(30, Source::Interface), EndReason::InterfaceGone);
}

#[test]
fn ends_of_what_never_began_are_nothing() {
    let mut witness = TrackerFixture::new();
    witness.sees(10, down(EndReason::Stopped)).sees(11, link_gone(3));
    witness.sees(12, disconnected(EndReason::Stopped)).sees(13, Evidence::ManagementClosed);
    witness.sees(14, started(None, Some(at(1)))).sees(15, Evidence::Stopping);
    witness.sees(60, Evidence::Elapsed);
    assert_eq!(witness.told, []);
}

#[test]
fn a_stop_of_temoin_notes_that_the_tunnel_lived_and_settles_what_was_gone() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(50, Evidence::Stopping);
    assert_eq!(witness.only_session().last_seen, Some(at(50)));
    witness.restarts(2).sees(30, started(None, None));
    let session = witness.only_session();
    assert_end(&session, between(Some(at(50)), Some(instant(2, 0))), EndReason::Unseen);

    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3)).sees(50, link_gone(3)).sees(51, Evidence::Stopping);
    let session = witness.only_session();
    assert_end(&session, exact(50, Source::Interface), EndReason::InterfaceGone);
}

#[test]
fn a_clock_that_nothing_confirms_claims_and_never_states() {
    let mut witness = TrackerFixture::new();
    witness.synchronised = false;
    witness.sees(11, up(3)).sees(50, Evidence::Stopping);
    let session = witness.only_session();
    assert_eq!((session.start.value, session.last_seen), (TimeBounds::claimed(at(11)), None));
    witness.sees(90, down(EndReason::Stopped));
    let session = witness.only_session();
    let claimed = Observed::new(TimeBounds::claimed(at(90)), Source::OpenVpnHook);
    assert_end(&session, claimed, EndReason::Stopped);
    // Bounds are not claimed at all.
    witness.sees(100, up(4)).sees(200, up(5));
    assert_end(&witness.sessions()[1], between(None, None), EndReason::Superseded);
}

#[test]
fn an_end_is_dated_by_whoever_of_its_witnesses_trusts_the_clock() {
    // The daemon learns later than the hooks that the clock is set.
    for (settled_by, source) in
        [(down(EndReason::Stopped), Source::OpenVpnHook), (Evidence::Stopping, Source::Interface)]
    {
        let mut witness = TrackerFixture::new();
        witness.sees(11, up(3));
        witness.synchronised = false;
        witness.sees(50, link_gone(3));
        witness.synchronised = true;
        witness.sees(51, settled_by);
        assert_eq!(witness.only_session().end.unwrap().moment, exact(50, source));
    }
}

#[test]
fn an_open_session_is_dated_once_the_clock_is_trusted() {
    let mut witness = TrackerFixture::new();
    witness.synchronised = false;
    witness.sees(11, up(3));
    witness.tracker.date(&reading(1, 60_000));
    let session = witness.tracker.open().next().unwrap();
    assert_eq!(session.start.value, TimeBounds::exact(at(11)));
}

#[test]
fn what_is_learnt_later_goes_to_the_session_that_it_is_about_while_it_is_open() {
    let mut witness = TrackerFixture::new();
    witness.sees(11, up(3));
    let id = witness.only_session().id;
    let port = |port| {
        let origin_port = Some(Observed::new(port, Source::OperatorPush));
        Attributes { origin_port, ..Attributes::default() }
    };
    witness.tracker.add_attributes(SessionId::from_bytes([9; 32]), &port(9));
    witness.tracker.add_attributes(id, &port(1));
    witness.tracker.add_attributes(id, &port(2));
    let learnt = witness.tracker.open().next().unwrap().attributes.origin_port;
    assert_eq!(learnt, Some(Observed::new(1, Source::OperatorPush)));
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let interface = 1..4_u32;
    let reason = || prop::sample::select(EndReason::ALL.to_vec());
    let link = prop::option::of(interface.clone());
    prop_oneof![
        3 => prop::option::of(interface.clone()).prop_map(|interface| {
            Evidence::TunnelUp { interface, attributes: attributes(Source::OpenVpnHook) }
        }),
        3 => reason().prop_map(down),
        2 => interface.clone().prop_map(link_up),
        2 => interface.prop_map(link_gone),
        1 => (link, prop::option::of(0..2_000_u64))
            .prop_map(|(link, heartbeat)| started(link, heartbeat.map(at))),
        1 => (prop::option::of(0..4_u32), any::<bool>()).prop_map(|(connections, connected)| {
            let connected = connected.then(|| attributes(Source::Management));
            Evidence::ManagementAttached { connections, connected }
        }),
        3 => Just(connected()),
        3 => reason().prop_map(disconnected),
        1 => Just(Evidence::ManagementClosed),
        2 => Just(Evidence::Elapsed),
        1 => Just(Evidence::Stopping),
    ]
}

/// What comes next: after how many milliseconds, how much later than it happened, whether the clock
/// is trusted, and whether temoin or the whole box restarted before.
fn step() -> impl Strategy<Value = (u64, u64, bool, u8, Evidence)> {
    let start = prop_oneof![20 => Just(0_u8), 1 => Just(1_u8), 1 => Just(2_u8)];
    (0..20_000_u64, 0..3_000_u64, prop::bool::weighted(0.9), start, evidence())
}

proptest! {
    #[test]
    fn no_evidence_makes_the_record_contradict_itself(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut witness = TrackerFixture::new();
        let mut now = 10_000;
        let mut open: Option<SessionId> = None;
        let mut closed: Vec<SessionId> = Vec::new();
        for (wait, delay, synchronised, start, evidence) in steps {
            now += wait;
            if start == 2 && witness.boot < 9 {
                now = 10_000;
            }
            if start > 0 {
                let boot = if start == 2 { (witness.boot + 1).min(9) } else { witness.boot };
                witness.restarts(boot);
            }
            witness.synchronised = synchronised;
            // What a script leaves behind is read later than it happened.
            let is_left_behind =
                matches!(evidence, Evidence::TunnelUp { .. } | Evidence::TunnelDown { .. });
            let happened = if is_left_behind { now - delay } else { now };
            let is_elapsed = evidence == Evidence::Elapsed;
            witness.observe(reading(witness.boot, happened), evidence);

            for change in std::mem::take(&mut witness.told) {
                match change {
                    Change::Open(session, secret) => {
                        assert_eq!(open, None, "two sessions on one interface");
                        assert!(!closed.contains(&session.id) && session.id == secret.id());
                        assert_eq!(session.end, None);
                        open = Some(session.id);
                    }
                    Change::Update(session) => {
                        assert_eq!((open, session.end), (Some(session.id), None));
                    }
                    Change::Close(session) => {
                        assert_eq!(open.take(), Some(session.id));
                        closed.push(session.id);
                        let end = session.end.expect("a closed session has an end");
                        let (start, end) = (session.start.value, end.moment.value);
                        if let (Some(start), Some(end)) = (start.instant(), end.instant()) {
                            assert!(start <= end, "{start} {end}");
                        }
                    }
                }
            }
            let standing: Vec<SessionId> =
                witness.tracker.open().map(|session| session.id).collect();
            assert_eq!(standing, Vec::from_iter(open));
            if is_elapsed {
                let due = witness.tracker.deadline();
                assert!(due.is_none_or(|(at, _)| at > Uptime::from_milliseconds(now)));
            }
        }
    }
}
