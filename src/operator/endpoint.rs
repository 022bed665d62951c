use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::tls::{TlsAcceptor, TlsError};
use temoin_http::{Address, BindError, Listener};

/// Where the responder listens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// On a Unix socket behind a web server, which terminates TLS and passes the client's address in
    /// `X-Real-IP`. Every program that can use the socket is trusted.
    Socket(PathBuf),
    /// By TLS at an address of this machine: in the tunnel, at the server's end.
    Tls {
        /// Address and port.
        address: SocketAddr,
        /// The file of its certificate, and of those that lead from it to a root, in PEM.
        certificate: PathBuf,
        /// The file of the certificate's key, in PEM.
        key: PathBuf,
    },
}

/// Starts listening.
///
/// # Errors
/// [`ServeError`], which names the file or address.
pub fn listen(endpoint: &Endpoint) -> Result<Listener, ServeError> {
    match endpoint {
        Endpoint::Socket(path) => Ok(Listener::bind(&Address::Unix(path.clone()))?),
        Endpoint::Tls { address, certificate, key } => {
            let tls = TlsAcceptor::open(certificate, key)?;
            Ok(Listener::bind_network(*address, move |stream| tls.wrap(stream))?)
        }
    }
}

/// Why the responder cannot listen.
#[derive(Debug)]
pub enum ServeError {
    /// The address cannot be bound.
    Bind(BindError),
    /// The certificate cannot be used.
    Tls(TlsError),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServeError {}

impl From<BindError> for ServeError {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

impl From<TlsError> for ServeError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}
