//! The operator's end behind a real nginx, with the configuration from its documentation. Boxes are
//! this machine's loopback addresses: nginx sees which of them asks, as it does in a tunnel.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test reports by panicking")]

mod support;

#[path = "support/boxes.rs"]
mod boxes;
#[path = "support/gateway.rs"]
mod gateway;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use sha2::{Digest, Sha256};
use temoin_core::session::SessionId;
use temoin_protocol::{PublicKey, RegisterRequest};
use temoin_sync::{CALL_TIMEOUT, Client, HttpRequest, HttpResponse, Route, ServerTrust, Tunnel};

use boxes::{request, verify};
use gateway::{ServeProcess, TestGateway};
use support::await_value;

/// The documentation.
const DOCUMENTATION: &str = include_str!("../src/operator/README.md");

/// An operator's gateway with nginx before it.
struct NginxFixture {
    nginx: Child,
    address: SocketAddr,
    /// What shows a box that it is its operator's nginx.
    certificate_key: [u8; 32],
    gateway: TestGateway,
    serving: Option<ServeProcess>,
}

impl NginxFixture {
    fn new() -> Self {
        let gateway = TestGateway::sqlite();
        let serving = Some(gateway.serve());
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["temoin.example.org".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(gateway.path("temoin.pem"), certificate.pem()).unwrap();
        fs::write(gateway.path("temoin.key"), key.serialize_pem()).unwrap();
        fs::write(gateway.path("nginx.conf"), configuration(&gateway, address)).unwrap();
        let nginx = Command::new("nginx")
            .arg("-p")
            .arg(gateway.path("nginx"))
            .args(["-e", "error.log", "-c"])
            .arg(gateway.path("nginx.conf"))
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx runs; the package is nginx-light");
        let certificate_key = Sha256::digest(key.subject_public_key_info()).into();
        let mut fixture = Self { nginx, address, certificate_key, gateway, serving };
        await_value("nginx", || {
            let errors = || fs::read_to_string(fixture.gateway.path("nginx/error.log"));
            assert!(fixture.nginx.try_wait().unwrap().is_none(), "nginx ended: {:?}", errors());
            TcpStream::connect(address).ok()
        });
        fixture
    }

    /// A member's tunnel comes up, with this address.
    fn connect(&self, number: u8, address: &str) {
        let mut client = self.gateway.client(number);
        client.insert("ifconfig_pool_remote_ip".to_owned(), address.to_owned());
        assert_eq!(self.gateway.hook("client-connect", &client, None), "");
        self.gateway.await_counts(number.into(), number.into());
    }

    /// A call as a box makes it, out of a tunnel in which it has this address.
    fn call(
        &self,
        from: &str,
        post: impl Fn(&temoin_sync::ResponderUrl) -> HttpRequest,
    ) -> HttpResponse {
        let base = format!("https://{}", self.address).parse().unwrap();
        let way = Route::Tunnel(Tunnel {
            device: "lo".parse().unwrap(),
            interface: None,
            ipv4: Some(from.parse().unwrap()),
            ipv6: None,
        });
        let post = post(&base);
        let client =
            Client::new(base, ServerTrust::Pinned(self.certificate_key), CALL_TIMEOUT).unwrap();
        client.call(&post, &way, None).unwrap()
    }

    fn register(&self, from: &str, id: SessionId) -> u16 {
        self.call(from, |base| HttpRequest::register(&RegisterRequest::new(id), base)).status
    }

    /// The status that somebody gets who registers with header fields of his own.
    fn register_with(&self, from: &str, fields: &[&str], id: SessionId) -> String {
        let body = self.gateway.path("body");
        fs::write(&body, RegisterRequest::new(id).to_bytes()).unwrap();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--insecure", "--output", "/dev/null", "--max-time", "30"])
            .args(["--write-out", "%{http_code}", "--interface", from])
            .args(["--header", "Content-Type: application/octet-stream"])
            .arg("--data-binary")
            .arg(format!("@{}", body.display()));
        for field in fields {
            curl.args(["--header", field]);
        }
        let url = format!("https://{}{}", self.address, RegisterRequest::PATH);
        let output = curl.arg(url).output().expect("curl runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn key(&self) -> PublicKey {
        let shown = self.gateway.run(&["key", "show"]);
        let line = shown.lines().find_map(|line| line.strip_prefix("public_key = ")).unwrap();
        line.trim_matches('"').parse().unwrap()
    }
}

impl Drop for NginxFixture {
    fn drop(&mut self) {
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

/// The documented server, with this test's places in it, and what nginx needs around it.
fn configuration(gateway: &TestGateway, address: SocketAddr) -> String {
    let block = DOCUMENTATION.split("\n\n").find(|block| block.starts_with("    server {\n"));
    let mut server = block.expect("a server for nginx in the documentation").to_owned();
    let path = |name: &str| gateway.path(name).display().to_string();
    for (documented, own) in [
        ("10.8.0.1:443", address.to_string()),
        ("/etc/ssl/temoin.pem", path("temoin.pem")),
        ("/etc/ssl/temoin.key", path("temoin.key")),
        ("/run/temoin-operator/serve.sock", path("serve.sock")),
        ("/var/log/nginx/error.log", path("errors")),
    ] {
        assert_eq!(server.matches(documented).count(), 1, "{documented}: {server}");
        server = server.replace(documented, &own);
    }
    let here = path("nginx");
    fs::create_dir(&here).unwrap();
    format!(
        "daemon off;\nmaster_process off;\npid {here}/nginx.pid;\nerror_log {here}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
         client_body_temp_path {here}/body;\nproxy_temp_path {here}/proxy;\n\
         fastcgi_temp_path {here}/fastcgi;\nuwsgi_temp_path {here}/uwsgi;\n\
         scgi_temp_path {here}/scgi;\n\
         {server}\n}}\n"
    )
}

#[test]
fn a_box_is_known_by_the_address_that_nginx_sees_and_by_nothing_that_it_says() {
    let mut fixture = NginxFixture::new();
    fixture.connect(1, "127.0.0.10");
    fixture.connect(2, "127.0.0.12");
    assert_eq!(fixture.register("127.0.0.10", id(1)), 204);
    // Another address of the same network, and the gateway's own: no session has them.
    assert_eq!(fixture.register("127.0.0.11", id(3)), 404);
    assert_eq!(fixture.register("127.0.0.1", id(3)), 404);
    for fields in [
        &["X-Real-IP: 127.0.0.12"][..],
        &["x-real-ip: 127.0.0.12", "X-Real-IP: 127.0.0.12"],
        &["X_Real_IP: 127.0.0.12"],
        &["X-Forwarded-For: 127.0.0.12", "Forwarded: for=127.0.0.12", "X-Client-IP: 127.0.0.12"],
        &["Connection: X-Real-IP", "X-Real-IP: 127.0.0.12"],
    ] {
        assert_eq!(fixture.register_with("127.0.0.11", fields, id(3)), "404", "{fields:?}");
    }
    // The session is still free for its own box.
    assert_eq!(fixture.register_with("127.0.0.12", &["X-Real-IP: 127.0.0.10"], id(2)), "204");

    let asked = request(&[id(1), id(2), id(3)]);
    let answer = fixture.call("127.0.0.10", |base| HttpRequest::status(&asked, base));
    assert_eq!(answer.status, 200);
    let receipts = verify(&answer.body, &asked, fixture.key());
    let held = |id: SessionId| {
        let own = receipts.iter().find(|receipt| *receipt.statement().id() == id);
        own.is_some_and(|receipt| receipt.statement().held().is_some())
    };
    assert_eq!([1, 2, 3].map(|number| held(id(number))), [true, true, false]);

    // Nginx logs no client, not even when the backend is down.
    fixture.serving = None;
    assert_eq!(fixture.register("127.0.0.10", id(1)), 502);
    for name in ["errors", "nginx/error.log"] {
        let log = fs::read_to_string(fixture.gateway.path(name)).unwrap();
        assert!(!log.contains("127.0.0."), "{log}");
    }
}

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 32])
}
