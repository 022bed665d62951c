//! The page as the program serves it, of a record that the hooks made: over its socket as nginx asks,
//! over a port as a browser on the box does, and through a text browser. Needs no root.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::{LOGIN, Program};

/// How long the page may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a page is served.
#[derive(Clone, Copy)]
enum PageAddress<'a> {
    Port(SocketAddr),
    Socket(&'a Path),
}

struct HttpAnswer {
    head: String,
    body: String,
}

impl PageAddress<'_> {
    fn connect(self) -> Box<dyn ReadWrite> {
        match self {
            Self::Port(address) => {
                let stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                Box::new(stream)
            }
            Self::Socket(path) => {
                let stream = UnixStream::connect(path).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                Box::new(stream)
            }
        }
    }

    /// What comes back for these bytes; on the socket, asked by a member who has logged in.
    fn send(self, request: &str) -> HttpAnswer {
        let mut stream = self.connect();
        let logged_in = request.replacen("\r\n", &format!("\r\n{LOGIN}"), 1);
        let request = if matches!(self, Self::Socket(_)) { &logged_in } else { request };
        stream.write_all(request.as_bytes()).unwrap();
        receive(stream)
    }

    fn get(self, target: &str) -> HttpAnswer {
        self.send(&format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }
}

trait ReadWrite: Read + Write {}

impl ReadWrite for TcpStream {}
impl ReadWrite for UnixStream {}

impl HttpAnswer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

fn receive(mut stream: Box<dyn ReadWrite>) -> HttpAnswer {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    HttpAnswer { head: head.to_owned(), body: body.to_owned() }
}

/// Records a session that is over and one that lasts; returns the older's ID.
fn record_two_sessions(program: &Program) -> String {
    program.hook("route-up");
    program.await_sessions("open");
    program.hook("route-down");
    program.await_sessions("closed");
    program.hook("route-up");
    let sessions = program.await_sessions("open closed");
    sessions[1]["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_page_is_the_same_on_a_socket_and_on_a_port() {
    let mut program = Program::native();
    program.start_daemon();
    let id = record_two_sessions(&program);
    let socket = program.socket();
    assert!(PageAddress::Socket(&socket).get("/").body.contains("The tunnel is up"));
    every_request_is_answered_right(PageAddress::Socket(&socket), &id);
    // In front of a socket is a web server, which has a name of its own; in front of a port nothing.
    let elsewhere = "GET / HTTP/1.1\r\nHost: box.example.org\r\n\r\n";
    assert_eq!(PageAddress::Socket(&socket).send(elsewhere).status(), 200);
    program.stop_daemon();
    assert!(!socket.exists());

    let port = PageAddress::Port(program.start_daemon_on_a_port());
    every_request_is_answered_right(port, &id);
    assert_eq!(port.send(elsewhere).status(), 421);
}

fn every_request_is_answered_right(place: PageAddress<'_>, id: &str) {
    let list = place.get("/sessions");
    assert_eq!(list.status(), 200);
    assert!(list.body.contains(&format!("href=\"./session/{id}\"")), "{}", list.body);
    assert!(list.body.contains("2 sessions"), "{}", list.body);
    assert_eq!(list.field("Content-Length"), Some(list.body.len().to_string().as_str()));
    for (name, part) in [
        ("Server", "temoin"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
    ] {
        let value = list.field(name).unwrap_or_else(|| panic!("no {name}: {}", list.head));
        assert!(value.starts_with(part), "{name}: {value}");
    }
    assert!(!list.head.contains(env!("CARGO_PKG_VERSION")) && !list.head.contains("Rust"));

    for digits in [id, &id[..8], &id[..8].to_uppercase()] {
        let session = place.get(&format!("/session/{digits}"));
        assert_eq!(session.status(), 200, "{digits}");
        for part in [id, "203.0.113.7", "47525", "198.51.100.1:1194", "2001:db8:1::/56"] {
            assert!(session.body.contains(part), "{part}: {}", session.body);
        }
    }
    let style = place.get("/style.css");
    assert_eq!(style.field("Content-Type"), Some("text/css; charset=utf-8"));
    assert_eq!(style.body, include_str!("../src/page/pages/style.css"));

    let head = place.send("HEAD /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!((head.status(), head.body.as_str()), (200, ""));
    assert_eq!(head.field("Content-Length"), list.field("Content-Length"));

    for (request, status) in [
        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=b", 405),
        ("DELETE /session/0123 HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n", 400),
        ("GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 400),
        ("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}\0", 400),
    ] {
        let answer = place.send(request);
        assert_eq!(answer.status(), status, "{request:?}");
        assert_eq!(answer.field("Allow").is_some(), status == 405);
    }
    for (target, status) in [
        ("/nowhere", 404),
        ("/session/00000000", 404),
        ("/../../../../etc/passwd", 404),
        ("/session/../../../etc/passwd", 404),
        ("/session/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404),
        ("//etc/passwd", 404),
        ("/style.css/..", 404),
        ("/journal.db", 404),
        ("/sessions?state=gone", 400),
        ("/sessions?from=-1", 400),
    ] {
        let answer = place.get(target);
        assert_eq!(answer.status(), status, "{target}");
        assert!(!answer.body.contains("root:") && !answer.body.contains("203.0.113.7"));
    }
    let overlong = format!("/?{}", "a".repeat(10_000));
    assert_eq!(place.get(&overlong).status(), 431);

    for language in
        ["fr\"><script>", "../../etc/passwd", "%00", "fr%0d%0aSet-Cookie:x", "FR-be", ""]
    {
        let answer = place.get(&format!("/?lang={language}&lang=fr"));
        assert_eq!(answer.status(), 200, "{language}");
        assert!(!answer.body.contains("<script") && !answer.body.contains("passwd"));
        assert_eq!(answer.head.lines().count(), list.head.lines().count(), "{}", answer.head);
    }
}

#[test]
fn a_page_is_in_the_language_that_was_chosen_or_that_the_browser_prefers() {
    let mut program = Program::native();
    program.start_daemon();
    let socket = program.socket();
    let place = PageAddress::Socket(&socket);
    let texts = [
        ("fr", "Aucune session pour l’instant", "Quatre réponses", "Rien à cette adresse"),
        ("nl", "Nog geen sessies", "Vier antwoorden", "Niets op dit adres"),
        ("en", "No sessions yet", "Four answers", "Nothing at this address"),
        ("de", "Noch keine Sitzungen", "Vier Antworten", "Nichts unter dieser Adresse"),
    ];
    for (language, empty, ..) in texts {
        let list = place.get(&format!("/?lang={language}"));
        assert!(list.body.contains(empty), "{}", list.body);
    }
    let id = record_two_sessions(&program);
    for (language, _, noted, nothing) in texts {
        for (target, text) in [(format!("/session/{id}"), noted), ("/nowhere".to_owned(), nothing)]
        {
            let chosen = place.get(&format!("{target}?lang={language}"));
            let request =
                format!("GET {target} HTTP/1.1\r\nAccept-Language: {language}-BE\r\n\r\n");
            for answer in [chosen, place.send(&request)] {
                assert!(answer.body.contains(&format!("<html lang=\"{language}\">")));
                assert!(answer.body.contains(text), "{language}: {}", answer.body);
            }
        }
    }
}

#[test]
fn slow_clients_are_served_in_their_time_and_keep_nobody_waiting() {
    let mut program = Program::native();
    let port = PageAddress::Port(program.start_daemon_on_a_port());
    let request = "GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut slow = [port.connect(), port.connect()];
    for (number, piece) in request.as_bytes().chunks(9).enumerate() {
        for stream in &mut slow {
            stream.write_all(piece).unwrap();
        }
        assert_eq!(port.get(&format!("/?{number}")).status(), 200);
    }
    for stream in slow {
        assert_eq!(receive(stream).status(), 200);
    }
    // Nobody has to wait for a stalled client, not even the daemon when it stops.
    let mut silent = port.connect();
    silent.write_all(b"GET / HT").unwrap();
    assert_eq!(port.get("/").status(), 200);
    program.stop_daemon();
}

#[test]
fn a_damaged_record_is_said_to_be_unreadable_and_the_log_says_why() {
    let mut program = Program::native();
    program.start_daemon();
    record_two_sessions(&program);
    program.stop_daemon();
    let port = PageAddress::Port(program.start_daemon_on_a_port());
    let journal = program.state().join("journal.db");
    // The daemon goes on with the file that it has; the page opens the one that is there.
    fs::rename(&journal, journal.with_extension("away")).unwrap();
    fs::write(&journal, "not a database, however long one looks at it".repeat(100)).unwrap();
    for (language, text) in [
        ("fr", "Le registre ne peut pas être lu pour l’instant"),
        ("nl", "Het register kan nu niet worden gelezen"),
        ("en", "The record cannot be read right now"),
        ("de", "Das Verzeichnis kann gerade nicht gelesen werden"),
    ] {
        let answer = port.get(&format!("/?lang={language}"));
        assert_eq!(answer.status(), 500);
        assert!(answer.body.contains(text), "{}", answer.body);
    }
    assert_eq!(port.get("/session/00000000").status(), 500);
    assert_eq!(port.get("/style.css").status(), 200);
    let log = program.stop_daemon();
    assert!(log.contains("journal.db"), "{log}");
}

#[test]
fn a_text_browser_shows_all_of_it() {
    let mut program = Program::native();
    let address = program.start_daemon_on_a_port();
    let id = record_two_sessions(&program);
    for (language, list, session) in [
        (
            "fr",
            ["Les sessions de votre tunnel", "Durée"],
            ["Vu par la Brique", "Ce que la Brique a vu"],
        ),
        ("nl", ["De sessies van uw tunnel", "Duur"], ["Door de box gezien", "Wat de box zag"]),
        ("en", ["Your tunnel’s sessions", "Length"], ["Seen by the box", "What the box saw"]),
        (
            "de",
            ["Die Sitzungen Ihres Tunnels", "Dauer"],
            ["Von der Box gesehen", "Was die Box gesehen hat"],
        ),
    ] {
        let shown = browse(&format!("http://{address}/sessions?lang={language}"));
        for name in ["temoin", "Français", "Nederlands", "English", "Deutsch"] {
            assert!(shown.split_whitespace().any(|word| word == name), "{name} in {shown}");
        }
        in_order(&shown, &[list[0], list[1], "203.0.113.7", "192.0.2.10", "2001:db8:99::10"]);
        let shown = browse(&format!("http://{address}/session/{id}?lang={language}"));
        in_order(&shown, &[session[0], "203.0.113.7", "47525", session[1], &id]);
    }
}

/// What w3m shows of a page on 100 columns.
fn browse(address: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("w3m")
        .args(["-no-proxy", "-cols", "100", "-O", "UTF-8", "-dump", address])
        .env("HOME", home.path())
        .output()
        .expect("w3m, which `make setup` installs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Panics where the parts do not stand in `shown` one after the other.
fn in_order(shown: &str, parts: &[&str]) {
    let mut rest = shown;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { panic!("{part} in {shown}") };
        rest = after;
    }
    for trace in ["&nbsp;", "&#", "</", "{", "\u{fffd}"] {
        assert!(!shown.contains(trace), "{trace} in {shown}");
    }
}
