use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error, Stream};

use super::deadline::{Deadline, FAREWELL, Timed};
use super::{Answer, Base, CallError, Host, Post, Recall, Trust, Way, socks, tls, way};

/// How long a call may take in all, from the look-up of the name until the connection is closed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Calls one operator's responder.
///
/// Keep it for one call: it holds the system's roots in memory, and there is one request to a
/// connection.
pub struct Client {
    base: Base,
    tls: Arc<ClientConfig>,
    patience: Duration,
}

impl Client {
    /// A client of the responder at `base`, whose calls take at most `patience`: [`PATIENCE`], unless
    /// for a test.
    ///
    /// # Errors
    /// [`CallError::Untrusted`] where there is nothing to check a certificate by.
    pub fn new(base: Base, trust: Trust, patience: Duration) -> Result<Self, CallError> {
        Ok(Self { base, tls: Arc::new(tls::configuration(trust)?), patience })
    }

    /// Sends a call, and reads what comes back. Redirects are not followed. With `recall` another thread
    /// can call it off.
    ///
    /// # Errors
    /// [`CallError`]; after [`CallError::NotThroughTunnel`] and [`CallError::Untrusted`] nothing of the
    /// call was sent, after the others it may have been.
    pub fn call(
        &self,
        post: &Post,
        by: &Way,
        recall: Option<&Recall>,
    ) -> Result<Answer, CallError> {
        let deadline = Deadline::after(self.patience.saturating_sub(FAREWELL), recall);
        let timed = |stream| Timed::new(stream, deadline).map_err(CallError::Unreachable);
        let (host, port) = (self.base.host(), self.base.port());
        let mut stream = match by {
            Way::Proxy(proxy) => {
                let mut stream = timed(way::reach(*proxy, deadline)?)?;
                socks::connect(&mut stream, host, port)?;
                stream
            }
            Way::Tunnel(tunnel) => timed(tunnel.connect(host, port, deadline)?)?,
        };
        let answer = self.converse(&mut stream, post, by);
        stream.part();
        answer
    }

    fn converse(&self, stream: &mut Timed<'_>, post: &Post, by: &Way) -> Result<Answer, CallError> {
        let mut connection = self.shake_hands(stream)?;
        if let Way::Tunnel(tunnel) = by {
            // Another session may have begun meanwhile, to which the ID must not be bound.
            tunnel.check()?;
        }
        let mut encrypted = Stream::new(&mut connection, stream);
        let sent = encrypted.write_all(&post.to_bytes()).and_then(|()| encrypted.flush());
        let answer = Answer::read(&mut encrypted, post.answer_size());
        connection.send_close_notify();
        // Whether the responder still hears that changes nothing.
        let _ = connection.write_tls(stream);
        match (sent, answer) {
            // A responder may refuse before it has read all.
            (_, Ok(answer)) => Ok(answer),
            (Err(error), Err(_)) => Err(CallError::from_io(error)),
            (Ok(()), Err(error)) => Err(error),
        }
    }

    /// Lets whoever answers show that it is the operator, before anything of a call is sent.
    fn shake_hands(&self, stream: &mut (impl Read + Write)) -> Result<ClientConnection, CallError> {
        let name = match self.base.host() {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|error| CallError::Untrusted(error.to_string()))?,
        };
        let mut connection =
            ClientConnection::new(Arc::clone(&self.tls), name).map_err(tls::untrusted)?;
        while connection.is_handshaking() {
            connection.complete_io(stream).map_err(|error| {
                let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
                match known.cloned() {
                    Some(known) => tls::untrusted(known),
                    None => CallError::from_io(error),
                }
            })?;
        }
        Ok(connection)
    }
}
