use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error, Stream};

use super::deadline::{CLOSE_TIMEOUT, Deadline, TimedStream};
use super::{
    CallError, CancelToken, Host, HttpRequest, HttpResponse, ResponderUrl, Route, ServerTrust,
    route, socks, tls,
};

/// Total time limit of a call, from name resolution until the connection is closed.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Calls one operator's responder.
///
/// Create one per call: it holds the system's root certificates in memory, and each connection
/// carries one request.
pub struct Client {
    base: ResponderUrl,
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

impl Client {
    /// A client of the responder at `base`, whose calls take at most `timeout`: [`CALL_TIMEOUT`], unless
    /// for a test.
    ///
    /// # Errors
    /// [`CallError::Untrusted`] if there are no root certificates to verify with.
    pub fn new(
        base: ResponderUrl,
        trust: ServerTrust,
        timeout: Duration,
    ) -> Result<Self, CallError> {
        Ok(Self { base, tls: Arc::new(tls::client_config(trust)?), timeout })
    }

    /// Sends a request and reads the answer. Redirects are not followed. Another thread can cancel
    /// the call through `cancel`.
    ///
    /// # Errors
    /// [`CallError`]; after [`CallError::NotThroughTunnel`] and [`CallError::Untrusted`] nothing of the
    /// call was sent, after the others it may have been.
    pub fn call(
        &self,
        post: &HttpRequest,
        route: &Route,
        cancel: Option<&CancelToken>,
    ) -> Result<HttpResponse, CallError> {
        let deadline = Deadline::after(self.timeout.saturating_sub(CLOSE_TIMEOUT), cancel);
        let timed = |stream| TimedStream::new(stream, deadline).map_err(CallError::Unreachable);
        let (host, port) = (self.base.host(), self.base.port());
        let mut stream = match route {
            Route::Proxy(proxy) => {
                let mut stream = timed(route::connect_to_proxy(*proxy, deadline)?)?;
                socks::connect(&mut stream, host, port)?;
                stream
            }
            Route::Tunnel(tunnel) => timed(tunnel.connect(host, port, deadline)?)?,
        };
        let answer = self.exchange(&mut stream, post, route);
        stream.shutdown();
        answer
    }

    fn exchange(
        &self,
        stream: &mut TimedStream<'_>,
        post: &HttpRequest,
        route: &Route,
    ) -> Result<HttpResponse, CallError> {
        let mut connection = self.handshake(stream)?;
        if let Route::Tunnel(tunnel) = route {
            // Another session may have started meanwhile; the ID must not be bound to it.
            tunnel.check()?;
        }
        let mut encrypted = Stream::new(&mut connection, stream);
        let sent = encrypted.write_all(&post.to_bytes()).and_then(|()| encrypted.flush());
        let answer = HttpResponse::read(&mut encrypted, post.answer_size());
        connection.send_close_notify();
        // It does not matter whether the responder still receives this.
        let _ = connection.write_tls(stream);
        match (sent, answer) {
            // A responder may answer before it has read the whole request.
            (_, Ok(answer)) => Ok(answer),
            (Err(error), Err(_)) => Err(CallError::from_io(error)),
            (Ok(()), Err(error)) => Err(error),
        }
    }

    /// Completes the TLS handshake, which authenticates the responder, before anything is sent.
    fn handshake(&self, stream: &mut (impl Read + Write)) -> Result<ClientConnection, CallError> {
        let name = match self.base.host() {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|error| CallError::Untrusted(error.to_string()))?,
        };
        let mut connection =
            ClientConnection::new(Arc::clone(&self.tls), name).map_err(tls::tls_error)?;
        while connection.is_handshaking() {
            connection.complete_io(stream).map_err(|error| {
                let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
                match known.cloned() {
                    Some(known) => tls::tls_error(known),
                    None => CallError::from_io(error),
                }
            })?;
        }
        Ok(connection)
    }
}
