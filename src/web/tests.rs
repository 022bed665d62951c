//! The page as a browser meets it: real requests over real sockets, and records of every kind.

mod attention;
mod change;
mod download;
mod scale;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::response::Status;
use super::{
    Book, Compared, EraseError, Office, Site, TokenKey, Trouble, Unreadable, open_records,
};
use crate::config::{Config, UserName};
use crate::domain::{
    BootId, Change, ClockReading, Coverage, Device, End, EndReason, Facts, Gateway, Moment,
    Observed, Session, SessionId, SessionSecret, Source, Timestamp, Transport, Uptime, Zone,
};
use crate::holding::Rulebook;
use crate::http::{Address, Listener, Server};
use crate::i18n::Language;
use crate::journal::{Certificate, Journal};
use crate::retention::{Law, Profile};
use crate::settings::{Refusal, Setting, SettingsError};

/// What nginx says of a member who has logged in: `printf camille:- | base64`.
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
        start: hook(Moment::exact(at(start))),
        end: Some(End { moment: hook(Moment::exact(at(end))), closed: reading(), reason }),
        facts: Facts {
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

/// One that lasts, of which the operator's side is not known.
fn open() -> Session {
    let mut session = whole(1, "2026-11-24T08:05:07Z", "2026-11-24T09:00:00Z", EndReason::Other);
    session.end = None;
    session.facts.origin_address = None;
    session.facts.origin_port = None;
    session.coverage = Coverage::Hooks;
    session
}

/// One whose end nobody saw and of which next to nothing is known.
fn bounded() -> Session {
    let mut session = whole(2, "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z", EndReason::Unseen);
    let bounds =
        Moment::between(Some(at("2026-10-25T01:30:00Z")), Some(at("2026-10-25T07:12:00Z")));
    if let Some(end) = &mut session.end {
        end.moment = Observed::new(bounds, Source::Bounds);
    }
    session.facts = Facts::default();
    session.coverage = Coverage::Interface;
    session
}

/// One that only an unconfirmed clock dates.
fn undated() -> Session {
    let mut session =
        whole(3, "1970-01-01T00:03:00Z", "1970-01-01T00:07:00Z", EndReason::ProcessGone);
    session.start = Observed::new(Moment::claimed(at("1970-01-01T00:03:00Z")), Source::OpenVpnHook);
    if let Some(end) = &mut session.end {
        end.moment =
            Observed::new(Moment::between(None, Some(at("2026-09-30T07:12:00Z"))), Source::Bounds);
    }
    session
}

/// One whose texts try to be markup, as far as a device's name can.
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

/// The law that ships, and an operator's profile or none.
struct Shelf {
    law: Law,
    profile: Option<Profile>,
}

impl Shelf {
    fn new(profile: Option<&str>) -> Self {
        let mut profiles = Profile::compiled_in().unwrap();
        profiles.retain(|own| Some(own.id.as_str()) == profile);
        Self { law: Law::compiled_in().unwrap(), profile: profiles.pop() }
    }
}

impl Book for Shelf {
    fn rulebook(&self) -> Rulebook<'_> {
        let jurisdiction = self.profile.as_ref().map(|profile| profile.jurisdiction);
        Rulebook { law: &self.law, jurisdiction, profile: self.profile.as_ref() }
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

/// An office that notes what it was asked for.
#[derive(Clone, Default)]
struct Notebook {
    users: Vec<UserName>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Office for Notebook {
    fn config(&self) -> Config {
        Config { users: self.users.clone(), ..Config::default() }
    }

    fn change(&self, changes: &[(Setting, &str)]) -> Result<(), SettingsError> {
        if let Some((setting, _)) = changes.iter().find(|(_, value)| value.starts_with("bad")) {
            return Err(Refusal { setting: *setting, why: "no".to_owned() }.into());
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

/// A site whose record holds these sessions, the newest first.
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

/// A site whose record was not begun.
fn empty_site() -> Site {
    Site {
        records: Arc::new(|| open_records(Path::new("/nowhere"))),
        book: Box::new(|| Ok(Box::new(Shelf::new(Some("neutrinet"))))),
        troubles: Box::new(Vec::new),
        office: Box::new(Notebook::default()),
        forms: TokenKey::draw().unwrap(),
        compared: Compared::default(),
        clock: Box::new(|| at(NOW)),
        zone: zone(),
    }
}

fn zone() -> Zone {
    "Europe/Brussels".parse().unwrap()
}

/// The page on a port of its own.
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
    // A server that does not answer fails the test instead of keeping it.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

fn converse(mut stream: impl Read + Write, request: &str) -> Answer {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer { head: head.to_owned(), body: body.to_owned() }
}

fn get(server: &Server, target: &str) -> Answer {
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    converse(connect(server), &request)
}

#[test]
fn the_headers_are_these_and_no_others() {
    let server = start(empty_site());
    for (target, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml; charset=utf-8"),
    ] {
        let answer = get(&server, target);
        assert_eq!(
            answer.head,
            format!(
                "HTTP/1.0 200 OK\r\n\
                 Server: temoin\r\n\
                 Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n\
                 Cache-Control: no-store\r\n\
                 Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; \
                 base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n\
                 Content-Type: {content_type}\r\n\
                 Cross-Origin-Resource-Policy: same-origin\r\n\
                 Referrer-Policy: same-origin\r\n\
                 X-Content-Type-Options: nosniff\r\n\
                 Content-Length: {}",
                answer.body.len()
            )
        );
    }
}

#[test]
fn the_list_leads_to_every_session_and_each_has_its_page() {
    let server = serve(&every_kind());
    let list = get(&server, "/sessions");
    assert_eq!(list.status(), 200);
    for session in every_kind() {
        assert!(list.body.contains(&format!("href=\"./session/{}\"", session.id)));
        let page = get(&server, &format!("/session/{}", session.id));
        assert_eq!(page.status(), 200);
        assert!(page.body.contains(&session.id.to_string()));
        assert!(page.body.contains("href=\"../sessions\""));
    }
}

#[test]
fn every_recorded_value_is_shown_with_how_it_is_known() {
    let server = serve(&[whole(
        5,
        "2026-11-23T08:05:07Z",
        "2026-11-23T11:17:10Z",
        EndReason::StoppedWithNotice,
    )]);
    let page = get(&server, &format!("/session/{}", id(5))).body;
    for text in [
        "<code>203.0.113.77</code>",
        "<code>41194</code>",
        "<code>192.0.2.14</code>",
        "<code>2001:db8:42::1014</code>",
        "<code>2001:db8:4200:1400::/56</code>",
        "<code>198.51.100.1:1194</code>",
        "UDP",
        "<code>tun0</code>",
        "<time datetime=\"2026-11-23T08:05:07.000Z\">Monday 23 November 2026 at 09:05:07</time>",
        "<time datetime=\"2026-11-23T11:17:10.000Z\">Monday 23 November 2026 at 12:17:10</time>",
        "The VPN was stopped on this box, which told the server so.",
        "The operator probably received the notice of leaving",
        "not a statement of the operator",
        "seen in OpenVPN",
        "told by the operator",
        "3\u{a0}h\u{a0}12\u{a0}min",
        "a reconnect on the way would have been seen",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
}

#[test]
fn what_is_not_known_is_said_to_be_unknown_and_never_made_up() {
    let server = serve(&every_kind());
    let page = get(&server, &format!("/session/{}", bounded().id)).body;
    for text in [
        "unknown to the box; the operator does see it",
        "Sunday 25 October 2026 between 02:30:00 (UTC+1) and 08:12:00",
        "Nobody saw the end",
        "What the operator saw cannot be told from here.",
        "between 1\u{a0}h and 6\u{a0}h\u{a0}42\u{a0}min",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    assert!(!page.contains("datetime=\"2026-10-25T07:12"));
    let page = get(&server, &format!("/session/{}", undated().id)).body;
    for text in ["Session of unconfirmed date", "unconfirmed <span", "no later than Wednesday 30"] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    let page = get(&server, &format!("/session/{}", open().id)).body;
    for text in ["the session is still open", "3\u{a0}h\u{a0}54\u{a0}min", "persist-tun"] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    assert!(!page.contains("What the operator probably saw"));
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
fn months_are_those_of_the_wall() {
    let list = get(&serve(&every_kind()), "/sessions").body;
    let mut titles: Vec<&str> = list
        .split("<h2 class=\"month-name\"")
        .skip(1)
        .map(|rest| rest.split(['>', '<']).nth(1).unwrap())
        .collect();
    titles.dedup();
    // The last of them began on 31 August in UTC.
    assert_eq!(titles, ["November 2026", "October 2026", "Date not confirmed", "September 2026"]);
}

#[test]
fn long_lists_are_paged_and_a_link_leads_from_each_part_to_the_next() {
    let sessions: Vec<Session> = (0..120_u8)
        .map(|number| {
            whole(number, "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z", EndReason::Stopped)
        })
        .collect();
    let server = serve(&sessions);
    let mut target = "/sessions?lang=fr&state=closed".to_owned();
    let mut seen = Vec::new();
    for rows in [50, 50, 20] {
        let body = get(&server, &target).body;
        let links = links(&body);
        let shown: Vec<&str> =
            links.iter().filter_map(|link| link.strip_prefix("./session/")).collect();
        assert_eq!(shown.len(), rows, "{target}");
        seen.extend(shown.iter().map(|link| link.split('?').next().unwrap().to_owned()));
        let next: Vec<&String> = links.iter().filter(|link| link.contains("after=")).collect();
        assert!(body.contains("Les plus récentes") == (seen.len() > 50), "{body}");
        let Some(next) = next.iter().find(|link| !link.starts_with('?')) else {
            assert_eq!(seen.len(), 120);
            break;
        };
        assert!(next.contains("state=closed") && next.contains("lang=fr"), "{next}");
        target = next[1..].to_owned();
    }
    let expected: Vec<String> = sessions.iter().map(|own| own.id.to_string()).collect();
    assert_eq!(seen, expected);
    // What was erased, or is none, leads to the newest again.
    for after in ["0".repeat(64), "x".to_owned(), String::new()] {
        let body = get(&server, &format!("/sessions?after={after}")).body;
        assert!(body.contains(&sessions[0].id.to_string()), "{after}");
    }
}

#[test]
fn sessions_are_found_by_day_address_and_state_and_downloaded_as_they_are_found() {
    let server = serve(&every_kind());
    let august = format!("href=\"./session/{}", id(10));
    let lasting = format!("href=\"./session/{}", open().id);
    for (query, is_august_there, is_open_there) in [
        ("", true, true),
        ("from=&to=&address=&state=", true, true),
        ("from=2026-09-01&to=2026-09-01", true, false),
        ("from=2026-09-02&to=2026-09-30", false, false),
        ("from=2026-11-24", false, true),
        ("state=open", false, true),
        ("state=closed", true, false),
        ("address=203.0.113.77", true, false),
        ("address=2001%3Adb8%3A42%3A%3A1014", true, true),
        ("address=203.0.113.78", false, false),
    ] {
        let body = get(&server, &format!("/sessions?{query}")).body;
        assert_eq!(body.contains(&august), is_august_there, "{query}");
        assert_eq!(body.contains(&lasting), is_open_there, "{query}");
        for (name, content_type) in [("csv", "text/csv"), ("json", "application/json")] {
            let answer = get(&server, &format!("/sessions.{name}?{query}"));
            assert!(answer.head.contains(&format!("Content-Type: {content_type}")));
            assert_eq!(answer.body.contains(&id(10).to_string()), is_august_there, "{query}");
            assert_eq!(answer.body.contains(&open().id.to_string()), is_open_there, "{query}");
        }
    }
    for query in ["from=2026-02-30", "to=yesterday", "address=%3Cscript%3E", "state=gone"] {
        let answer = get(&server, &format!("/sessions?{query}"));
        assert_eq!(answer.status(), 400, "{query}");
        assert!(answer.body.contains("role=\"alert\"") && answer.body.contains("<form"));
        assert!(!answer.body.contains("<script"));
        well_formed(&answer.body);
        assert_eq!(get(&server, &format!("/sessions.csv?{query}")).status(), 400);
    }
}

#[test]
fn hostile_words_of_operators_and_files_are_shown_as_they_are() {
    struct Hostile(Shelf);
    impl Book for Hostile {
        fn rulebook(&self) -> Rulebook<'_> {
            self.0.rulebook()
        }

        fn asks_operator(&self) -> bool {
            true
        }

        fn profiles(&self) -> &[Profile] {
            self.0.profiles()
        }

        fn complaints(&self) -> Vec<String> {
            vec!["</p><script>alert(1)</script>\u{1b}[2J".to_owned()]
        }
    }
    let book = || {
        let mut shelf = Shelf::new(Some("neutrinet"));
        let profile = shelf.profile.as_mut().unwrap();
        profile.name = "\"><img src=x onerror='a'>".to_owned();
        for statement in &mut profile.statements {
            statement.by = "<svg onload=a>".to_owned();
        }
        Hostile(shelf)
    };
    let server =
        start(Site { book: Box::new(move || Ok(Box::new(book()))), ..site(&every_kind()) });
    for target in ["/", "/timeline", "/calendar", &format!("/session/{}", id(10))] {
        for language in Language::ALL {
            let body = get(&server, &format!("{target}?lang={language}")).body;
            for text in ["<script", "<img", "<svg onload", "\u{1b}"] {
                assert!(!body.contains(text), "{text} in {target}: {body}");
            }
            well_formed(&body);
        }
    }
    assert!(get(&server, "/").body.contains("&quot;&gt;&lt;img src=x onerror=&#39;a&#39;&gt;"));
}

/// Where the links of a page lead.
fn links(body: &str) -> Vec<String> {
    let links = body.split("<a ").skip(1).map(|link| {
        link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&")
    });
    links.collect()
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
    let unknown =
        Site { book: Box::new(|| Ok(Box::new(Shelf::new(None)))), ..site(&[open(), bounded()]) };
    let body = get(&start(unknown), "/?lang=fr").body;
    assert!(body.contains("Cette Brique a noté 2 sessions. Qui en conserve une trace"), "{body}");
    assert!(body.contains("temoin ne sait pas qui est votre opérateur"), "{body}");
    let troubled = Site {
        troubles: Box::new(|| {
            vec![Trouble::ClockUnconfirmed, Trouble::HooksMissing, Trouble::SetAside(2)]
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
    let certificate = |own: &Session| Certificate {
        id: own.id,
        erased_at: at(NOW),
        expiry: "2027-03-13".to_owned(),
    };
    journal.erase(&[certificate(&second)]).unwrap();
    held("1 record");
    journal.erase(&[certificate(&first)]).unwrap();
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

#[test]
fn a_chosen_language_is_carried_on_by_every_link() {
    let server = serve(&every_kind());
    for target in [
        "/?lang=nl".to_owned(),
        "/sessions?lang=nl".to_owned(),
        format!("/session/{}?lang=nl", open().id),
    ] {
        let body = get(&server, &target).body;
        assert!(body.contains("<html lang=\"nl\">"));
        for link in body.split("<a ").skip(1) {
            let href = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(href.contains("lang=") || href.starts_with('#'), "{href}");
        }
    }
    let request = "GET / HTTP/1.1\r\nAccept-Language: es, de-AT;q=0.9, fr;q=0.8\r\n\r\n";
    let accepted = converse(connect(&server), request).body;
    assert!(accepted.contains("<html lang=\"de\">") && !accepted.contains("href=\"./?lang"));
}

#[test]
fn every_page_is_well_formed_and_whole_in_every_language() {
    let server = serve(&every_kind());
    let mut targets = vec![
        "/".to_owned(),
        "/sessions".to_owned(),
        "/nowhere".to_owned(),
        "/sessions?state=x".to_owned(),
        "/timeline".to_owned(),
        "/calendar".to_owned(),
    ];
    targets.extend(every_kind().iter().map(|session| format!("/session/{}", session.id)));
    for language in Language::ALL {
        for target in &targets {
            let joint = if target.contains('?') { '&' } else { '?' };
            let body = get(&server, &format!("{target}{joint}lang={language}")).body;
            assert!(body.starts_with("<!DOCTYPE html>\n<html lang=\""));
            assert!(body.contains(&format!("<html lang=\"{language}\">")), "{target}");
            assert!(!body.contains(['{', '}']), "{target}: {body}");
            well_formed(&body);
        }
    }
}

#[test]
fn what_tries_to_be_markup_is_shown_as_it_is() {
    let server = serve(&every_kind());
    let page = get(&server, &format!("/session/{}", hostile().id)).body;
    assert!(page.contains("<code>&quot;&gt;&lt;b&gt;&amp;&#39;x</code>"), "{page}");
    let target = "/%3Cscript%3E/\"><script>?lang=\"><script>&page='\"<b>";
    let page = get(&server, target).body;
    assert!(!page.contains("script>") && !page.contains("<b>"), "{page}");
    well_formed(&page);
}

#[test]
fn refusals_have_their_status_and_a_page_in_the_readers_language() {
    let server = serve(&every_kind());
    let shared = id(1).to_string();
    let unknown = format!("/session/{}", "0".repeat(64));
    let ask = |head: &str| converse(connect(&server), head);
    for (request, status, text) in [
        ("GET /nowhere HTTP/1.1\r\nAccept-Language: fr\r\n\r\n".to_owned(), 404, "Rien à cette"),
        (format!("GET {unknown}?lang=nl HTTP/1.1\r\n\r\n"), 404, "Niets op dit adres"),
        ("GET /session/ HTTP/1.1\r\n\r\n".to_owned(), 404, "Nothing at this address"),
        ("GET /session/zzzz HTTP/1.1\r\n\r\n".to_owned(), 404, "Nothing at this address"),
        ("GET /session/a/b HTTP/1.1\r\n\r\n".to_owned(), 404, "href=\"../../style.css\""),
        (format!("GET /session/{}/ HTTP/1.1\r\n\r\n", shared), 404, "Nothing at this address"),
        ("DELETE /?lang=de HTTP/1.1\r\n\r\n".to_owned(), 405, "nur gelesen"),
        ("nonsense\r\n\r\n".to_owned(), 400, "Request not understood"),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(9_000)), 431, "too long"),
        ("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n".to_owned(), 421, "another machine"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), 400, "not understood"),
        ("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n".to_owned(), 400, "not understood"),
    ] {
        let answer = ask(&request);
        assert_eq!(answer.status(), status, "{request}");
        assert!(answer.body.contains(text), "{request}: {}", answer.body);
        well_formed(&answer.body);
    }
    let refused = ask("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\na=b&");
    assert!(refused.head.contains("\r\nAllow: GET, HEAD\r\n"));
    assert_eq!(get(&start(empty_site()), &format!("/session/{shared}")).status(), 404);
}

#[test]
fn a_record_that_cannot_be_read_is_said_to_be_so_in_the_readers_language() {
    let server = start(Site { records: Arc::new(|| Err(Unreadable)), ..empty_site() });
    for (language, text) in [
        ("fr", "Le registre ne peut pas être lu"),
        ("nl", "Het register kan nu niet worden gelezen"),
        ("en", "The record cannot be read"),
        ("de", "Das Verzeichnis kann gerade nicht gelesen werden"),
    ] {
        for target in ["/".to_owned(), "/sessions".to_owned(), format!("/session/{}", id(1))] {
            let answer = get(&server, &format!("{target}?lang={language}"));
            assert_eq!(answer.status(), 500);
            assert!(answer.body.contains(text), "{}", answer.body);
            well_formed(&answer.body);
        }
    }
    assert_eq!(get(&server, "/style.css").status(), 200);
}

#[test]
fn a_session_is_found_by_the_beginning_of_its_id_unless_several_begin_so() {
    let server = serve(&every_kind());
    let whole = get(&server, &format!("/session/{}", id(1)));
    for digits in [&id(1).short(), &id(1).to_string()[..4], &id(1).short().to_uppercase()] {
        let found = get(&server, &format!("/session/{digits}"));
        assert_eq!((found.status(), found.body), (200, whole.body.clone()), "{digits}");
    }
    assert_eq!(get(&server, &format!("/session/{}", &id(1).to_string()[..3])).status(), 404);
    let alike = |last| Session {
        id: SessionId::from_bytes([[7; 31].as_slice(), &[last]].concat().try_into().unwrap()),
        ..open()
    };
    let two = serve(&[alike(1), alike(2)]);
    assert_eq!(get(&two, &format!("/session/{}", alike(1).id.short())).status(), 404);
    assert_eq!(get(&two, &format!("/session/{}", alike(1).id)).status(), 200);
}

#[test]
fn a_list_counts_in_the_words_of_each_language() {
    let one = serve(&[open()]);
    let two = serve(&[open(), bounded()]);
    for (language, singular, plural) in [
        ("fr", ">1 session<", ">2 sessions<"),
        ("nl", ">1 sessie<", ">2 sessies<"),
        ("en", ">1 session<", ">2 sessions<"),
        ("de", ">1 Sitzung<", ">2 Sitzungen<"),
    ] {
        for (server, count) in [(&one, singular), (&two, plural)] {
            let body = get(server, &format!("/sessions?lang={language}")).body;
            assert!(body.contains(count), "{body}");
            assert!(!body.contains("after="));
        }
    }
}

#[test]
fn a_head_request_is_answered_like_a_get_without_the_body() {
    let server = serve(&every_kind());
    let get = get(&server, "/");
    let head = converse(connect(&server), "HEAD / HTTP/1.1\r\n\r\n");
    assert_eq!(head.head, get.head);
    assert_eq!(head.body, "");
}

#[test]
fn no_field_of_a_request_changes_how_the_response_is_sent() {
    let server = serve(&every_kind());
    let plain = get(&server, "/");
    let unordered: Vec<String> = (0..40)
        .map(|number| match number * number * 2 % 7 {
            0 | 3 => "chunked;q=NaN".to_owned(),
            quality => format!("chunked;q=0.{quality}"),
        })
        .collect();
    for field in [
        "TE: chunked".to_owned(),
        format!("TE: {}", unordered.join(",")),
        "Connection: keep-alive".to_owned(),
        "Connection: upgrade\r\nUpgrade: websocket".to_owned(),
        "Expect: 100-continue".to_owned(),
        "Range: bytes=0-0".to_owned(),
        "Accept-Encoding: gzip".to_owned(),
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\nContent-Length: 5".to_owned(),
        "Ynh-User-Fullname: Zoé".to_owned(),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{field}\r\n\r\n");
        let answer = converse(connect(&server), &request);
        assert_eq!((&answer.head, &answer.body), (&plain.head, &plain.body), "{field}");
    }
}

#[test]
fn the_page_is_served_on_a_socket_under_any_hosts_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.sock");
    let listener = Listener::bind(&Address::Unix(path.clone())).unwrap();
    let server = Server::start(listener, site(&every_kind())).unwrap();
    let stream = UnixStream::connect(&path).unwrap();
    let request = format!("GET / HTTP/1.0\r\nHost: box.example.org\r\n{LOGIN}\r\n");
    let answer = converse(stream, &request);
    assert_eq!(answer.status(), 200);
    server.stop();
    assert!(!path.exists());
}

#[test]
fn silent_clients_keep_nobody_waiting_and_the_server_stops_under_them() {
    let server = serve(&every_kind());
    let mut silent: Vec<TcpStream> = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(&server);
        stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        silent.push(stream);
    }
    assert_eq!(get(&server, "/").status(), 200);
    server.stop();
}

#[test]
fn a_client_that_reads_nothing_and_never_stops_sending_keeps_nobody_waiting() {
    let server = serve(&every_kind());
    let mut greedy = connect(&server);
    greedy.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
    while greedy.write_all(&[b'a'; 65_536]).is_ok() {
        if get(&server, "/style.css").status() != 200 {
            panic!("not served");
        }
    }
    assert_eq!(get(&server, "/").status(), 200);
}

#[test]
fn a_request_that_comes_in_pieces_is_answered_once_it_is_whole() {
    let server = serve(&every_kind());
    let mut stream = connect(&server);
    stream.set_nodelay(true).unwrap();
    for piece in ["GE", "T / HT", "TP/1.1\r\nHost: local", "host\r\n\r"] {
        stream.write_all(piece.as_bytes()).unwrap();
        assert_eq!(get(&server, "/icon.svg").status(), 200);
    }
    assert_eq!(converse(stream, "\n").status(), 200);
}

#[test]
fn every_status_has_a_page() {
    let site = empty_site();
    for status in Status::ALL {
        well_formed(&super::page::failure_unread(&site, status).body);
    }
}

#[test]
fn the_style_sheet_and_the_icon_ask_for_nothing() {
    let server = start(empty_site());
    for target in ["/style.css", "/icon.svg"] {
        let body = get(&server, target).body.replace("http://www.w3.org/2000/svg", "");
        for text in ["url(", "@import", "http:", "https:", "src=", "href="] {
            assert!(!body.contains(text), "{target}: {text}");
        }
    }
    let page = get(&server, "/").body;
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("://"));
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

#[test]
#[should_panic(expected = "left open")]
fn the_check_for_well_formed_pages_finds_what_is_left_open() {
    well_formed("<!DOCTYPE html><p><b>a</b>");
}
