//! The page's login behind a real nginx, with the package's own configuration: at `/temoin` and `/`.
//! Requests go over loopback and a socket in a directory of the test's own.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{LOGIN, Program, await_value};

/// What the package puts into nginx's configuration.
const PACKAGED: &str = include_str!("../yunohost-app/conf/nginx.conf");

/// A stand-in for YunoHost's `proxy_params_with_auth`, with what is documented of its content. There is
/// no login in front of it: the tests set the user by the same header fields.
const STAND_IN: &str = "\
proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-Host $host;
proxy_set_header Ynh-User $http_ynh_user;
proxy_set_header Ynh-User-Email $http_ynh_user_email;
proxy_set_header Ynh-User-Fullname $http_ynh_user_fullname;
proxy_set_header REMOTE_USER $http_ynh_user;
proxy_set_header X-Forwarded-User $http_ynh_user;
proxy_http_version 1.1;
";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An nginx of the test's own before a temoin daemon of its own.
struct NginxFixture {
    nginx: Child,
    address: SocketAddr,
    /// Where the page is: empty, or a path without a slash at its end.
    path: &'static str,
    program: Program,
}

impl NginxFixture {
    fn at(path: &'static str) -> Self {
        let mut program = Program::native();
        program.start_daemon();
        let directory = program.directory().join("nginx");
        fs::create_dir(&directory).unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        fs::write(directory.join("proxy_params_with_auth"), STAND_IN).unwrap();
        fs::write(directory.join("nginx.conf"), configuration(&directory, address, path, &program))
            .unwrap();
        let nginx = Command::new("nginx")
            .arg("-p")
            .arg(&directory)
            .args(["-e", "error.log", "-c", "nginx.conf"])
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx runs; the package is nginx-light");
        let mut fixture = Self { nginx, address, path, program };
        await_value("nginx", || {
            if let Some(ended) = fixture.nginx.try_wait().unwrap() {
                panic!("nginx ended: {ended}: {}", fixture.errors());
            }
            TcpStream::connect(address).ok()
        });
        fixture
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn send(&self, request: &str) -> HttpAnswer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
        HttpAnswer { head: head.to_owned(), body: body.to_owned() }
    }

    /// As a browser whose login is in these header fields.
    fn get_by(&self, fields: &str, target: &str) -> HttpAnswer {
        let path = self.path;
        self.send(&format!(
            "GET {path}{target} HTTP/1.1\r\nHost: box.example.org\r\nConnection: close\r\n{fields}\r\n"
        ))
    }

    fn get(&self, target: &str) -> HttpAnswer {
        self.get_by(LOGIN, target)
    }

    fn post(&self, fields: &str, target: &str, body: &str) -> HttpAnswer {
        let (path, length) = (self.path, body.len());
        self.send(&format!(
            "POST {path}{target} HTTP/1.1\r\nHost: box.example.org\r\nConnection: close\r\n{LOGIN}\
             {fields}Content-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// The token in the form of a page.
    fn token(&self, target: &str) -> String {
        let page = self.get(target).body;
        let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    fn errors(&self) -> String {
        let path = self.program.directory().join("nginx/error.log");
        fs::read_to_string(path).unwrap_or_default()
    }

    fn setting(&self, key: &str) -> String {
        self.program.print(&format!("settings get {key}")).trim_end().to_owned()
    }
}

impl Drop for NginxFixture {
    fn drop(&mut self) {
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

struct HttpAnswer {
    head: String,
    body: String,
}

impl HttpAnswer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A configuration that holds the package's, as YunoHost's helper would fill it in.
fn configuration(directory: &Path, address: SocketAddr, path: &str, program: &Program) -> String {
    let location = if path.is_empty() { "/".to_owned() } else { format!("{path}/") };
    let socket = program.socket();
    let packaged = PACKAGED
        .replace("#sub_path_only ", if path.is_empty() { "# " } else { "" })
        .replace("location __PATH__/", &format!("location {location}"))
        .replace("__PATH__", path)
        .replace("/run/__APP__/page.sock", socket.to_str().unwrap())
        .replace(
            "proxy_params_with_auth",
            directory.join("proxy_params_with_auth").to_str().unwrap(),
        );
    assert!(!packaged.contains("__"), "{packaged}");
    let here = directory.display();
    format!(
        "daemon off;\nmaster_process off;\n\
         load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so;\n\
         pid {here}/nginx.pid;\nerror_log {here}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
         access_log off;\n\
         client_body_temp_path {here}/body;\nproxy_temp_path {here}/proxy;\n\
         fastcgi_temp_path {here}/fastcgi;\nuwsgi_temp_path {here}/uwsgi;\n\
         scgi_temp_path {here}/scgi;\n\
         server {{\nlisten {address};\n\
         more_set_headers \"Content-Security-Policy : upgrade-insecure-requests\";\n\
         {packaged}\n}}\n}}\n"
    )
}

#[test]
fn only_a_logged_in_member_sees_and_changes_whatever_is_forged() {
    for path in ["/temoin", ""] {
        let fixture = NginxFixture::at(path);
        let first = fixture.get("/");
        assert_eq!(first.status(), 200, "{}", first.head);
        assert_eq!(first.field("Cache-Control"), Some("no-store"));
        assert!(first.field("Content-Security-Policy").unwrap().contains("form-action 'self'"));
        assert_eq!(fixture.get("/style.css").status(), 200);
        if !path.is_empty() {
            assert!(matches!(fixture.get("").status(), 301 | 302));
        }

        let user = "Ynh-User: camille\r\n";
        let basic = "Authorization: Basic Y2FtaWxsZTot\r\n";
        for forged in [
            String::new(),
            user.to_owned(),
            basic.to_owned(),
            format!("Ynh-User: ada\r\n{user}{basic}"),
            format!("Ynh-User: ada\r\n{basic}"),
            format!("YNH_USER: camille\r\n{basic}"),
            // With a password: `printf camille:secret | base64`
            format!("{user}Authorization: Basic Y2FtaWxsZTpzZWNyZXQ=\r\n"),
            "Ynh-User: camille\t\r\nX: y\r\n".to_owned(),
            "Ynh-User: zoé\r\nAuthorization: Basic em/DqTot\r\n".to_owned(),
        ] {
            let answer = fixture.get_by(&forged, "/settings");
            assert!(matches!(answer.status(), 400 | 403), "{forged}: {}", answer.head);
            assert!(!answer.body.contains("name=\"token\""), "{forged}");
        }
        assert!(fixture.get_by("", "/?lang=fr").body.contains("Connectez-vous d’abord"));

        let token = fixture.token("/settings");
        let body = format!("token={token}&erasure.grace_days=3&operator.profile=neutrinet");
        for (fields, body) in [
            ("", "erasure.grace_days=3".to_owned()),
            ("", format!("token={}&erasure.grace_days=3", token.replace('-', "0-"))),
            ("Origin: https://example.org\r\n", body.clone()),
            ("Sec-Fetch-Site: cross-site\r\n", body.clone()),
        ] {
            assert_eq!(fixture.post(fields, "/settings", &body).status(), 403, "{fields}{body}");
        }
        assert_eq!(fixture.setting("erasure.grace_days"), "14");
        let done = fixture.post("Origin: https://box.example.org\r\n", "/settings", &body);
        assert_eq!(done.status(), 303, "{}", done.body);
        assert_eq!(done.field("Location"), Some("./settings?done=1"));
        assert_eq!(fixture.setting("erasure.grace_days"), "3");
        // In use at once: the page knows the law now.
        assert!(fixture.get("/ask").body.contains("Neutrinet asbl"));
    }
}

#[test]
fn a_setting_from_the_command_line_applies_at_once_and_only_named_members_see_the_page() {
    let fixture = NginxFixture::at("/temoin");
    assert_eq!(fixture.get("/").status(), 200);
    fixture.program.print("settings set page.users ada,eve");
    await_value("the setting in use", || (fixture.get("/").status() == 403).then_some(()));
    assert!(fixture.get("/?lang=nl").body.contains("Deze pagina is niet voor u"));
    fixture.program.print("settings set page.users ada,camille");
    await_value("the setting in use", || (fixture.get("/").status() == 200).then_some(()));
}

#[test]
fn a_session_is_erased_from_the_page_and_no_byte_of_it_stays() {
    let fixture = NginxFixture::at("/temoin");
    for hook in ["route-up", "route-down"] {
        fixture.program.hook(hook);
    }
    let sessions = fixture.program.await_sessions("closed");
    let id = sessions[0]["id"].as_str().unwrap();
    let target = format!("/session/{id}/erase");
    assert!(fixture.get(&format!("/session/{id}")).body.contains("203.0.113.7"));
    let body = format!("token={}", fixture.token(&target));
    let done = fixture.post("", &target, &body);
    assert_eq!((done.status(), done.field("Location")), (303, Some("../../erased?done=1")));
    assert_eq!(fixture.get(&format!("/session/{id}")).status(), 404);
    let erased = fixture.get("/erased?done=1").body;
    assert!(erased.contains(&id[..8]) && erased.contains("is erased from this box"), "{erased}");
    let prefix = [0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00];
    for path in support::files_below(&fixture.program.state()) {
        let bytes = fs::read(&path).unwrap_or_default();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!holds(b"203.0.113.7") && !holds(&[203, 0, 113, 7]), "{}", path.display());
        assert!(!holds(&prefix), "{}", path.display());
    }
}

#[test]
fn two_hundred_slow_clients_keep_a_fast_one_waiting_no_longer_than_it_would_otherwise() {
    let fixture = NginxFixture::at("/temoin");
    let timed = || {
        let mut took: Vec<Duration> = (0..9)
            .map(|_| {
                let began = Instant::now();
                assert_eq!(fixture.get("/").status(), 200);
                began.elapsed()
            })
            .collect();
        took.sort();
        took[4]
    };
    let alone = timed();
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut stream = fixture.connect();
        let begun = match number % 3 {
            0 => "GET /temoin/ HTTP/1.1\r\nHost: box".to_owned(),
            1 => format!(
                "POST /temoin/settings HTTP/1.1\r\nHost: box\r\n{LOGIN}Content-Length: 9\r\n\r\na"
            ),
            _ => format!("GET /temoin/sessions HTTP/1.1\r\nHost: box\r\n{LOGIN}\r\n"),
        };
        stream.write_all(begun.as_bytes()).unwrap();
        slow.push(stream);
    }
    let beside = timed();
    assert!(
        beside < alone * 4 + Duration::from_millis(250),
        "alone {alone:?}, beside slow clients {beside:?}"
    );
}

#[test]
fn an_upload_that_is_too_large_is_refused_and_nothing_of_a_login_is_in_the_log() {
    let mut fixture = NginxFixture::at("/temoin");
    let large = "x".repeat(10 * 1024 * 1024);
    let answer = fixture.post("", "/rights/compare", &large);
    assert_eq!(answer.status(), 413, "{}", answer.head);
    fixture.get("/%1b%5b31m");
    let hostile = "token=x&page.language=%0A%1B%5B31mforged";
    assert_eq!(fixture.post("", "/settings", hostile).status(), 403);
    let token = fixture.token("/settings");
    let hostile = format!("token={token}&page.language=%0A%1B%5B31mforged");
    assert_eq!(fixture.post("", "/settings", &hostile).status(), 422);
    let log = fixture.program.stop_daemon();
    assert!(!log.contains("Y2FtaWxsZTot") && !log.contains("camille"), "{log}");
    assert!(
        !log.contains('\u{1b}') && !log.lines().any(|line| line.starts_with("forged")),
        "{log}"
    );
}
