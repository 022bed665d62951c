use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::tls::{Tls, TlsError};
use crate::http::{Address, BindError, Listener};

/// Where boxes are answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// On a Unix socket behind a web server, which speaks TLS and tells in `X-Real-IP` who asks.
    /// Whoever may use the socket is believed.
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

/// Begins to listen.
///
/// # Errors
/// [`ServeError`], which names the file or address.
pub fn listen(place: &Place) -> Result<Listener, ServeError> {
    match place {
        Place::Socket(path) => Ok(Listener::bind(&Address::Unix(path.clone()))?),
        Place::Tls { address, certificate, key } => {
            let tls = Tls::open(certificate, key)?;
            Ok(Listener::bind_network(*address, move |stream| tls.wrap(stream))?)
        }
    }
}

/// Why boxes cannot be answered.
#[derive(Debug)]
pub enum ServeError {
    /// The address cannot be had.
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
