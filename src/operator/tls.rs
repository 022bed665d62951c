use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use nix::poll::PollFlags;
use nix::sys::socket::{Shutdown, shutdown};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::version::TLS13;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest, Sha256};

use temoin_http::Stream;

/// The server side of TLS, with a certificate from files that may be renewed while it is in use.
pub(super) struct TlsAcceptor {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<(FileTimes, Arc<ServerConfig>)>,
}

/// Modification times of certificate and key.
type FileTimes = [Option<SystemTime>; 2];

impl TlsAcceptor {
    /// Reads a certificate, with those that lead to a root, and its key, both in PEM.
    ///
    /// # Errors
    /// [`TlsError`], which names the file.
    pub(super) fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let modified_times = modified_times(certificate, key);
        let current = Mutex::new((modified_times, configuration(certificate, key)?));
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), current })
    }

    /// Wraps a non-blocking stream in TLS.
    ///
    /// # Errors
    /// If the TLS library rejects its configuration.
    pub(super) fn wrap(&self, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
        let connection = ServerConnection::new(self.current()).map_err(io::Error::other)?;
        Ok(Box::new(TlsStream { stream: StreamOwned::new(connection, stream), finished: false }))
    }

    /// The configuration with the present certificate, or the last one that could be read.
    fn current(&self) -> Arc<ServerConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let modified_times = modified_times(&self.certificate, &self.key);
        if current.0 != modified_times {
            current.0 = modified_times;
            match configuration(&self.certificate, &self.key) {
                Ok(config) => current.1 = config,
                // It may be half renewed; the next change is read again.
                Err(error) => log::warn!("{error}; the certificate before is used on"),
            }
        }
        Arc::clone(&current.1)
    }
}

/// The SHA-256 of the public key in a certificate (the whole `SubjectPublicKeyInfo`), by which a
/// profile pins it.
///
/// # Errors
/// [`TlsError`], which names the file.
pub fn certificate_key(certificate: &Path) -> Result<[u8; 32], TlsError> {
    let failed = |why: String| TlsError { file: certificate.to_owned(), why };
    let first = CertificateDer::from_pem_file(certificate).map_err(|e| failed(e.to_string()))?;
    let parsed = ParsedCertificate::try_from(&first).map_err(|e| failed(e.to_string()))?;
    Ok(Sha256::digest(parsed.subject_public_key_info()).into())
}

fn modified_times(certificate: &Path, key: &Path) -> FileTimes {
    [certificate, key].map(|path| fs::metadata(path).and_then(|found| found.modified()).ok())
}

/// TLS 1.3 only, and no session resumption: there is one request per connection, and connections must
/// not be linkable.
fn configuration(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let failed = |file: &Path, why: String| TlsError { file: file.to_owned(), why };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| failed(certificate, error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| failed(key, e.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| failed(certificate, error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// A certificate or key that cannot be used.
#[derive(Debug)]
pub struct TlsError {
    file: PathBuf,
    why: String,
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: cannot be used for TLS: {}. A certificate and its key in PEM are expected, that \
             this user may read.",
            self.file.display(),
            self.why
        )
    }
}

impl std::error::Error for TlsError {}

/// A connection by TLS.
struct TlsStream {
    stream: StreamOwned<ServerConnection, TcpStream>,
    finished: bool,
}

impl Read for TlsStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for TlsStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl AsFd for TlsStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.sock.as_fd()
    }
}

impl Stream for TlsStream {
    fn finish(&mut self) -> io::Result<()> {
        if !self.finished {
            self.stream.conn.send_close_notify();
            self.finished = true;
        }
        while self.stream.conn.wants_write() {
            if self.stream.conn.write_tls(&mut self.stream.sock)? == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
        }
        Ok(shutdown(self.stream.sock.as_raw_fd(), Shutdown::Write)?)
    }

    fn interest(&self, connection: PollFlags) -> PollFlags {
        if self.stream.conn.wants_write() { connection | PollFlags::POLLOUT } else { connection }
    }
}
