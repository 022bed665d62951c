//! An operator's responder in the test's own process, over real TLS, that does whatever a test wants;
//! and a box's record to make requests from.

#![allow(
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a part of several test programs, each of which uses its own share"
)]

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chrono::NaiveDate;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest, Sha256};
use temoin::internals::SyncTarget;
use temoin_core::session::{
    Attributes, BootId, Change, ClockReading, Coverage, Field, Observed, Session, SessionId,
    SessionSecret, Source, TimeBounds, Timestamp, Uptime, Zone,
};
use temoin_journal::Journal;
use temoin_protocol::{
    CanonicalValue, Day, FieldSet, Held, PublicKey, Rotation, Salt, SigningKey, StatusAnswer,
    StatusRequest, StoredRecord, UnixSeconds,
};
use temoin_sync::ServerTrust;

/// A certificate with its key, and who signed it.
pub struct TestCertificate {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
    /// The digest that a profile would pin.
    pub digest: [u8; 32],
    /// The signer's certificate, for a system's roots.
    pub root: String,
}

impl TestCertificate {
    /// One for these names, whose last year is `until`, signed by an authority of its own.
    pub fn new(names: &[&str], until: i32) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).unwrap().pem();
        let issuer = Issuer::new(authority, authority_key);

        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Self {
            chain: vec![certificate.der().clone()],
            digest: Sha256::digest(key.subject_public_key_info()).into(),
            key: key.serialize_der(),
            root,
        }
    }
}

/// What the responder does once it has read a request: it writes what it likes.
pub type ReplyFn = dyn FnMut(&[u8], &mut dyn Write) -> io::Result<()> + Send;

/// A request, as received over one connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceivedRequest {
    /// The request in the clear.
    pub request: Vec<u8>,
    /// How many bytes the network saw of the box.
    pub on_the_wire: usize,
    /// Where it came from.
    pub from: IpAddr,
}

/// A responder that listens until it is dropped.
pub struct TestResponder {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<ReceivedRequest>>>,
    accepted: Arc<Mutex<usize>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TestResponder {
    /// One that speaks TLS and does `act` with each request.
    pub fn new(
        identity: &TestCertificate,
        act: impl FnMut(&[u8], &mut dyn Write) -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), identity, act)
    }

    /// One that listens there.
    pub fn at(
        address: SocketAddr,
        identity: &TestCertificate,
        mut act: impl FnMut(&[u8], &mut dyn Write) -> io::Result<()> + Send + 'static,
    ) -> Self {
        let key = PrivateKeyDer::try_from(identity.key.clone()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(identity.chain.clone(), key)
            .unwrap();
        let config = Arc::new(config);
        Self::listen(address, move |stream, heard| {
            let from = stream.peer_addr()?.ip();
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = StreamOwned::new(connection, CountingStream { stream, read: 0 });
            let request = read_request(&mut tls)?;
            let on_the_wire = tls.sock.read;
            heard.lock().unwrap().push(ReceivedRequest {
                request: request.clone(),
                on_the_wire,
                from,
            });
            act(&request, &mut tls)?;
            tls.conn.send_close_notify();
            tls.flush()
        })
    }

    /// One that does `act` with each connection as it is.
    pub fn plain(
        act: impl FnMut(TcpStream, &Mutex<Vec<ReceivedRequest>>) -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self::listen((Ipv4Addr::LOCALHOST, 0).into(), act)
    }

    fn listen(
        address: SocketAddr,
        mut act: impl FnMut(TcpStream, &Mutex<Vec<ReceivedRequest>>) -> io::Result<()> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let heard: Arc<Mutex<Vec<ReceivedRequest>>> = Arc::default();
        let accepted: Arc<Mutex<usize>> = Arc::default();
        let is_over = Arc::new(AtomicBool::new(false));
        let (own_heard, own_accepted) = (Arc::clone(&heard), Arc::clone(&accepted));
        let own_end = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if own_end.load(Ordering::SeqCst) {
                    break;
                }
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_write_timeout(Some(PATIENCE)).unwrap();
                *own_accepted.lock().unwrap() += 1;
                // Many tests close the connection early.
                let _: io::Result<()> = act(stream, &own_heard);
            }
        });
        Self { address, heard, accepted, is_over, thread: Some(thread) }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where it is, for a profile.
    pub fn base(&self) -> String {
        format!("https://127.0.0.1:{}", self.port())
    }

    /// What was asked so far.
    pub fn received_requests(&self) -> Vec<ReceivedRequest> {
        self.heard.lock().unwrap().clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        *self.accepted.lock().unwrap()
    }

    /// A profile of an operator at this address, with the id `template`.
    pub fn profile(base: &str, key: &PublicKey, identity: &TestCertificate) -> String {
        let template = include_str!("../../src/operators/template.toml");
        let digest =
            identity.digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        format!(
            "{template}\n[sync]\nurl = \"{base}\"\npublic_key = \"{key}\"\n\
             certificate_key = \"{digest}\"\n"
        )
    }

    /// The operator whose responder this is, by this certificate's key.
    pub fn operator(&self, identity: &TestCertificate, key: &SigningKey) -> SyncTarget {
        SyncTarget {
            base: self.base().parse().unwrap(),
            trust: ServerTrust::Pinned(identity.digest),
            key: key.public(),
            zone: Zone::UTC,
            proxy: None,
        }
    }
}

impl Drop for TestResponder {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread, which then ends.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Relays data both ways, until one end is done.
pub fn relay(one: TcpStream, other: TcpStream) -> io::Result<()> {
    let (mut from, mut to) = (one.try_clone()?, other.try_clone()?);
    let back = thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
    });
    let (mut from, mut to) = (other, one);
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = back.join();
    Ok(())
}

struct CountingStream {
    stream: TcpStream,
    read: usize,
}

impl Read for CountingStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.read += length;
        Ok(length)
    }
}

impl Write for CountingStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn read_request(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&buffer[..length]);
        let Some(end) = find(&request, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]);
        let field = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        if request.len() >= end + 4 + field.map_or(0, |length| length.parse().unwrap()) {
            return Ok(request);
        }
    }
}

/// Where something begins.
pub fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// The body of a request.
pub fn body(request: &[u8]) -> &[u8] {
    &request[find(request, b"\r\n\r\n").unwrap() + 4..]
}

/// A head and a body, with the length of the body.
pub fn http(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// An operator's store and clock.
pub struct OperatorStub {
    pub key: SigningKey,
    pub rotation: Option<Rotation>,
    pub held: HashMap<SessionId, Held>,
    pub at: Timestamp,
    salts: u64,
}

impl OperatorStub {
    /// An empty one.
    pub fn new(at: Timestamp) -> Self {
        Self {
            key: SigningKey::from_seed(&[0x11; 32]),
            rotation: None,
            held: HashMap::new(),
            at,
            salts: 0,
        }
    }

    /// Holds a record of this session until a day.
    pub fn hold(&mut self, id: SessionId, erase_by: &str) {
        let day = Day::new(erase_by.parse::<NaiveDate>().unwrap());
        let fields = FieldSet::EMPTY.with(Field::AssignedIpv4).with(Field::MemberIdentity);
        self.held.insert(id, Held::new(day, fields).unwrap());
    }

    /// An honest answer to a status request.
    pub fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        let request = StatusRequest::from_bytes(body(request)).unwrap();
        self.answer_to(&request)
    }

    /// An honest answer to this request, whoever asks.
    pub fn answer_to(&mut self, request: &StatusRequest) -> Vec<u8> {
        let Self { key, rotation, held, at, salts } = self;
        let at = UnixSeconds::containing(*at).unwrap();
        let values = [CanonicalValue::assigned_ipv4(ADDRESS)];
        StatusAnswer::new(request, at, key, *rotation, |id| {
            *salts += 1;
            let salt = Salt::from_random(Sha256::digest(salts.to_be_bytes()).into()).unwrap();
            held.get(id).map(|held| StoredRecord { held: *held, values: &values, salt })
        })
        .to_bytes()
    }
}

/// The address of every session of these tests, on the loopback interface, which stands for a tunnel.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A session that lasts, and what opens it in a record.
pub fn session(number: u32, opened: ClockReading) -> (Session, Change) {
    let secret = SessionSecret::from_bytes(Sha256::digest(number.to_be_bytes()).into());
    let session = Session {
        id: secret.id(),
        device: "lo".parse().unwrap(),
        interface: Some(1),
        opened,
        start: Observed::new(TimeBounds::exact(opened.realtime), Source::OpenVpnHook),
        end: None,
        attributes: Attributes {
            assigned_ipv4: Some(Observed::new(ADDRESS, Source::OpenVpnHook)),
            ..Attributes::default()
        },
        coverage: Coverage::Hooks,
        connection: None,
        last_seen: None,
    };
    (session.clone(), Change::Open(session, secret))
}

/// What a trusted clock says at an instant.
pub fn reading(realtime: Timestamp) -> ClockReading {
    ClockReading {
        boot: BootId::from_bytes([1; 16]),
        uptime: Uptime::from_milliseconds(1_000),
        realtime,
        synchronised: true,
    }
}

/// A record in which these sessions last.
pub fn record(directory: &std::path::Path, sessions: u32, opened: ClockReading) -> Vec<Session> {
    let (mut journal, _) = Journal::open(directory).unwrap();
    let (sessions, changes): (Vec<Session>, Vec<Change>) =
        (0..sessions).map(|number| session(number, opened)).unzip();
    journal.record(&changes, None).unwrap();
    sessions
}

/// How long the responder waits for a box.
const PATIENCE: Duration = Duration::from_secs(10);
