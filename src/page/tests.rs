//! The page over real sockets, with records of every kind.

mod downloads;
mod erased_here;
mod facts;
mod first_page;
mod form_actions;
mod markup;
mod notice_texts;
mod scale;
mod serving;
mod session_list;

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::page_response::PageStatus;
use super::{
    Actions, ComparisonCache, EraseError, HealthIssue, PageRuleset, RecordsError, Site, TokenKey,
};
use temoin_config::settings::{InvalidSetting, InvalidValue, Setting, SettingsError};
use temoin_config::{Config, UserName};
use temoin_core::assessment::ApplicableRules;
use temoin_core::law::{Law, Profile};
use temoin_core::record::ErasureCertificate;
use temoin_core::session::{
    Attributes, BootId, Change, ClockReading, Coverage, Device, End, EndReason, Gateway, Observed,
    Session, SessionId, SessionSecret, Source, TimeBounds, Timestamp, Transport, Uptime, Zone,
};
use temoin_core::text::Language;
use temoin_http::{Address, Listener, Server};
use temoin_journal::Journal;
use temoin_journal::open_records;

/// The header fields that nginx adds for a logged-in member: `printf camille:- | base64`.
const LOGIN: &str = "Ynh-User: camille\r\nAuthorization: Basic Y2FtaWxsZTot\r\n";

const NOW: &str = "2026-11-24T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(number: u8) -> SessionId {
    SessionSecret::from_bytes([number; 32]).id()
}

fn reading() -> ClockReading {
    ClockReading {
        boot: BootId::from_bytes([7; 16]),
        uptime: Uptime::from_milliseconds(60_000),
        realtime: at(NOW),
        synchronised: true,
    }
}

/// A session of which everything is known.
fn whole(number: u8, start: &str, end: &str, reason: EndReason) -> Session {
    let hook = |value| Observed::new(value, Source::OpenVpnHook);
    Session {
        id: id(number),
        device: "tun0".parse().unwrap(),
        interface: Some(4),
        opened: reading(),
        start: hook(TimeBounds::exact(at(start))),
        end: Some(End { moment: hook(TimeBounds::exact(at(end))), closed: reading(), reason }),
        attributes: Attributes {
            origin_address: Some(Observed::new(
                "203.0.113.77".parse().unwrap(),
                Source::OperatorPush,
            )),
            origin_port: Some(Observed::new(41_194, Source::OperatorPush)),
            assigned_ipv4: Some(Observed::new("192.0.2.14".parse().unwrap(), Source::OpenVpnHook)),
            assigned_ipv6: Some(Observed::new(
                "2001:db8:42::1014".parse().unwrap(),
                Source::OpenVpnHook,
            )),
            delegated_prefix: Some(Observed::new(
                "2001:db8:4200:1400::/56".parse().unwrap(),
                Source::OperatorPush,
            )),
            gateway: Some(Observed::new(
                Gateway { address: "198.51.100.1".parse().unwrap(), port: Some(1194) },
                Source::OpenVpnHook,
            )),
            transport: Some(Observed::new(Transport::Udp, Source::OpenVpnHook)),
        },
        coverage: Coverage::Complete,
        connection: Some(1),
        last_seen: Some(at(start)),
    }
}

/// An open session with unknown operator-side values.
fn open() -> Session {
    let mut session = whole(1, "2026-11-24T08:05:07Z", "2026-11-24T09:00:00Z", EndReason::Other);
    session.end = None;
    session.attributes.origin_address = None;
    session.attributes.origin_port = None;
    session.coverage = Coverage::Hooks;
    session
}

/// A session with an unseen end and almost no values.
fn bounded() -> Session {
    let mut session = whole(2, "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z", EndReason::Unseen);
    let bounds =
        TimeBounds::between(Some(at("2026-10-25T01:30:00Z")), Some(at("2026-10-25T07:12:00Z")));
    if let Some(end) = &mut session.end {
        end.moment = Observed::new(bounds, Source::Bounds);
    }
    session.attributes = Attributes::default();
    session.coverage = Coverage::Interface;
    session
}

/// A session dated by an unconfirmed clock only.
fn undated() -> Session {
    let mut session =
        whole(3, "1970-01-01T00:03:00Z", "1970-01-01T00:07:00Z", EndReason::ProcessGone);
    session.start =
        Observed::new(TimeBounds::claimed(at("1970-01-01T00:03:00Z")), Source::OpenVpnHook);
    if let Some(end) = &mut session.end {
        end.moment = Observed::new(
            TimeBounds::between(None, Some(at("2026-09-30T07:12:00Z"))),
            Source::Bounds,
        );
    }
    session
}

/// A session whose device name tries to be markup.
fn hostile() -> Session {
    let mut session =
        whole(4, "2026-09-01T08:00:00Z", "2026-09-01T09:00:00Z", EndReason::ServerSilent);
    session.device = "\"><b>&'x".parse::<Device>().unwrap();
    session
}

fn every_kind() -> Vec<Session> {
    let mut sessions = vec![open(), bounded(), undated(), hostile()];
    for (number, reason) in (10..).zip(EndReason::ALL) {
        sessions.push(whole(number, "2026-08-31T22:30:00Z", "2026-09-01T01:42:00Z", reason));
    }
    sessions
}

/// The built-in law, with one operator's profile or none.
struct FakeRuleset {
    law: Law,
    profile: Option<Profile>,
}

impl FakeRuleset {
    fn new(profile: Option<&str>) -> Self {
        let mut profiles = Profile::compiled_in().unwrap();
        profiles.retain(|own| Some(own.id.as_str()) == profile);
        Self { law: Law::compiled_in().unwrap(), profile: profiles.pop() }
    }
}

impl PageRuleset for FakeRuleset {
    fn applicable_rules(&self) -> ApplicableRules<'_> {
        let jurisdiction = self.profile.as_ref().map(|profile| profile.jurisdiction);
        ApplicableRules { law: &self.law, jurisdiction, profile: self.profile.as_ref() }
    }

    fn asks_operator(&self) -> bool {
        false
    }

    fn profiles(&self) -> &[Profile] {
        self.profile.as_slice()
    }

    fn complaints(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Records the requested actions.
#[derive(Clone, Default)]
struct FakeActions {
    users: Vec<UserName>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Actions for FakeActions {
    fn config(&self) -> Config {
        Config { users: self.users.clone(), ..Config::default() }
    }

    fn change(&self, changes: &[(Setting, &str)]) -> Result<(), SettingsError> {
        if let Some((setting, _)) = changes.iter().find(|(_, value)| value.starts_with("bad")) {
            return Err(InvalidSetting { setting: *setting, why: InvalidValue::Rule }.into());
        }
        let mut notes = self.notes.lock().unwrap();
        notes.extend(changes.iter().map(|(setting, value)| format!("{setting}={value}")));
        Ok(())
    }

    fn erase(&self, id: &SessionId) -> Result<(), EraseError> {
        self.notes.lock().unwrap().push(format!("erase {id}"));
        Ok(())
    }
}

/// A site with these sessions, newest first.
fn site(sessions: &[Session]) -> Site {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(directory.path()).unwrap();
    journal.count_in(&[zone()]).unwrap();
    let secret = SessionSecret::from_bytes([0; 32]);
    let opened = sessions.iter().rev().map(|own| Change::Open(own.clone(), secret.clone()));
    let changes: Vec<Change> = opened.collect();
    journal.record(&changes, None).unwrap();
    Site { records: Arc::new(move || open_records(directory.path())), ..empty_site() }
}

/// A site without a record.
fn empty_site() -> Site {
    Site {
        records: Arc::new(|| open_records(Path::new("/nowhere"))),
        ruleset: Box::new(|| Ok(Box::new(FakeRuleset::new(Some("neutrinet"))))),
        health_issues: Box::new(Vec::new),
        actions: Box::new(FakeActions::default()),
        form_tokens: TokenKey::draw().unwrap(),
        comparisons: ComparisonCache::default(),
        intact_at: Cell::default(),
        clock: Box::new(|| at(NOW)),
        zone: zone(),
    }
}

fn zone() -> Zone {
    "Europe/Brussels".parse().unwrap()
}

/// Serves the page on its own port.
fn start(site: Site) -> Server {
    let listener = Listener::bind(&Address::Loopback("127.0.0.1:0".parse().unwrap())).unwrap();
    Server::start(listener, site).unwrap()
}

fn serve(sessions: &[Session]) -> Server {
    start(site(sessions))
}

fn connect(server: &Server) -> TcpStream {
    let Address::Loopback(address) = server.address() else { panic!("not a port") };
    let stream = TcpStream::connect(address).unwrap();
    // A server that does not answer fails the test instead of blocking it.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

struct TestResponse {
    head: String,
    body: String,
}

impl TestResponse {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

fn exchange(mut stream: impl Read + Write, request: &str) -> TestResponse {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    TestResponse { head: head.to_owned(), body: body.to_owned() }
}

fn get(server: &Server, target: &str) -> TestResponse {
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    exchange(connect(server), &request)
}

#[test]
fn the_list_says_whether_the_tunnel_is_up_and_since_when() {
    let up = get(&serve(&every_kind()), "/").body;
    assert!(up.contains("The tunnel is up"));
    assert!(up.contains("Start: Tuesday 24 November 2026 at 09:05:07"));
    assert!(up.contains("Length so far: 3\u{a0}h\u{a0}54\u{a0}min"));
    let ended = whole(5, "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z", EndReason::Stopped);
    let down = get(&serve(&[ended]), "/").body;
    assert!(down.contains("The tunnel is not up"));
    assert!(down.contains("End of the last session: Monday 23 November 2026 at 10:00:00"));
    let empty = get(&start(empty_site()), "/").body;
    assert!(empty.contains("No sessions yet") && empty.contains("<code>temoin doctor</code>"));
    assert!(!empty.contains("The tunnel is not up"));
}

#[test]
fn a_clock_that_stands_before_the_start_tells_no_length() {
    let mut site = site(&[open()]);
    site.clock = Box::new(|| at("1970-01-01T00:02:00Z"));
    let listener = Listener::bind(&Address::Loopback("127.0.0.1:0".parse().unwrap())).unwrap();
    let list = get(&Server::start(listener, site).unwrap(), "/").body;
    assert!(list.contains("Length so far: unknown"), "{list}");
}

#[test]
fn the_first_page_says_what_the_operator_should_hold_and_what_it_sees_now() {
    let ended = whole(5, "2026-03-12T08:00:00Z", "2026-03-12T09:00:00Z", EndReason::Stopped);
    let gone = whole(6, "2025-10-01T08:00:00Z", "2025-10-01T09:00:00Z", EndReason::Stopped);
    let body = get(&serve(&[open(), ended, gone]), "/").body;
    for text in [
        "Neutrinet asbl should hold 2 records of your connections today.",
        "12 March 2026</a>",
        "to be gone by 13 March 2027</a>",
        "1 record should exist no more",
        "What Neutrinet asbl sees at this moment",
        "<code>192.0.2.14</code>",
        "unknown to the box; the operator does see it",
    ] {
        assert!(body.contains(text), "{text}\n{body}");
    }
    let unknown = Site {
        ruleset: Box::new(|| Ok(Box::new(FakeRuleset::new(None)))),
        ..site(&[open(), bounded()])
    };
    let body = get(&start(unknown), "/?lang=fr").body;
    assert!(body.contains("Cette Brique a noté 2 sessions. Qui en conserve une trace"), "{body}");
    assert!(body.contains("temoin ne sait pas qui est votre opérateur"), "{body}");
    let troubled = Site {
        health_issues: Box::new(|| {
            vec![HealthIssue::ClockUnconfirmed, HealthIssue::HooksMissing, HealthIssue::SetAside(2)]
        }),
        ..site(&[open()])
    };
    let body = get(&start(troubled), "/?lang=nl").body;
    for text in [
        "Geen tijdsdienst",
        "kijk dan of er internet is",
        "OpenVPN verwittigt temoin niet",
        "<code>temoin hook install</code>",
        "2 bestanden",
        "<code>temoin erase --all</code>",
    ] {
        assert!(body.contains(text), "{text}\n{body}");
    }
}

#[test]
fn what_was_counted_follows_what_is_recorded_and_erased() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(directory.path()).unwrap();
    journal.count_in(&[zone()]).unwrap();
    let path = directory.path().to_owned();
    let server = start(Site { records: Arc::new(move || open_records(&path)), ..empty_site() });
    let first = whole(5, "2026-03-12T08:00:00Z", "2026-03-12T09:00:00Z", EndReason::Stopped);
    let second = whole(6, "2026-04-12T08:00:00Z", "2026-04-12T09:00:00Z", EndReason::Stopped);
    let secret = || SessionSecret::from_bytes([0; 32]);
    let held = |text: &str| {
        let body = get(&server, "/").body;
        assert!(body.contains(&format!("should hold {text} of your")), "{text}\n{body}");
    };
    let mut lasting = first.clone();
    lasting.end = None;
    journal.record(&[Change::Open(lasting, secret())], None).unwrap();
    held("1 record");
    journal.record(&[Change::Close(first.clone())], None).unwrap();
    held("1 record");
    journal.record(&[Change::Open(second.clone(), secret())], None).unwrap();
    held("2 records");
    held("2 records");
    let certificate = |own: &Session, expiry: &str| ErasureCertificate {
        id: own.id,
        erased_at: at(NOW),
        expiry: expiry.to_owned(),
    };
    journal.erase(&[certificate(&second, "2026-11-24")]).unwrap();
    held("1 record");
    journal.erase(&[certificate(&first, "2026-11-23")]).unwrap();
    let body = get(&server, "/").body;
    assert!(body.contains("should hold nothing about your connections any more"), "{body}");
}

#[test]
fn months_and_days_show_what_is_held_and_lead_to_the_sessions() {
    let server = serve(&every_kind());
    let body = get(&server, "/timeline?lang=fr").body;
    for text in [
        "novembre 2026",
        "aria-label=\"Jours avec une session\u{a0}: 24\"",
        "<rect class=\"held\" x=\"23\" y=\"0\" width=\"1\" height=\"6\">",
        "<rect class=\"today\"",
        "2 septembre 2027",
    ] {
        assert!(body.contains(text), "{text}\n{body}");
    }
    let body = get(&server, "/calendar?year=2026&lang=nl").body;
    let href = "href=\"./sessions?from=2026-09-01&amp;to=2026-09-01&amp;lang=nl\"";
    assert!(body.contains(href), "{body}");
    assert!(!body.contains("from=2026-09-02"), "{body}");
    assert_eq!(body.matches("<table").count(), 12);
    for (year, status) in [("2026", 200), ("1999", 200), ("26", 400), ("x", 400), ("", 400)] {
        assert_eq!(get(&server, &format!("/calendar?year={year}")).status(), status, "{year}");
    }
}

/// Panics where tags do not close each other, an attribute stands twice, or an ID does.
fn well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("no document type");
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a bare > in {text:?}");
        let (tag, after) = tail.split_once('>').expect("an open tag");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let is_closed = attributes.ends_with('/');
        let mut seen: Vec<&str> = Vec::new();
        let mut parts = attributes.trim_end_matches('/').split('"');
        while let (Some(attribute), Some(value)) = (parts.next(), parts.next()) {
            let attribute = attribute.trim().strip_suffix('=').expect("an attribute without value");
            assert!(!seen.contains(&attribute), "{attribute} twice in {tag}");
            seen.push(attribute);
            if attribute == "id" {
                assert!(!ids.contains(&value), "{value} twice");
                ids.push(value);
            }
        }
        if !is_closed && !["input", "link", "meta"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}
