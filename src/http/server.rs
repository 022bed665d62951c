use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use tiny_http::Method;

use super::connection::{Connection, Progress};
use super::head::{BadRequest, Head};
use super::listener::{Address, Listener};
use super::request::Request;
use super::response::Response;
use crate::domain::Timestamp;

/// How many clients are served at once. When one more comes, the one that came first has to go.
const PLACES: usize = 16;

/// How long no connection is taken after the system refused one, as it does when there is no file
/// descriptor left.
const PAUSE: Duration = Duration::from_secs(1);

/// What answers the requests of a [`Server`].
pub trait Handler: Send + 'static {
    /// Answers a request.
    fn answer(&self, request: Request) -> Response;

    /// Answers what is no request.
    fn refuse(&self, bad: BadRequest) -> Response;

    /// The time, for the answer's `Date`.
    fn now(&self) -> Timestamp;
}

/// A handler that answers whoever connects to an address, by a thread of its own until this is
/// stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: Address,
    stop: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves whoever connects to `listener`.
    ///
    /// # Errors
    /// When the system has no file descriptor or no thread to give.
    pub fn start(listener: Listener, handler: impl Handler) -> io::Result<Self> {
        let stop = Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?);
        let address = listener.address().clone();
        let serving = Arc::clone(&stop);
        let thread = Builder::new().name("http".to_owned()).spawn(move || {
            if let Err(error) = serve(&listener, &handler, &serving) {
                log::error!("{}: no longer served: {error}", listener.address());
            }
        })?;
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// Where it is served.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Stops serving, at once and whoever is connected; returns when the address is free again.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It can only fail when it was told 2⁶⁴ times before.
        let _ = self.stop.write(1);
        if let Some(thread) = self.thread.take() {
            if thread.join().is_err() {
                log::error!("{}: serving had ended by a panic", self.address);
            }
        }
    }
}

/// Serves until told to stop. At rest it sleeps without a deadline.
fn serve(listener: &Listener, handler: &impl Handler, stop: &EventFd) -> io::Result<()> {
    let by_socket = matches!(listener.address(), Address::Unix(_));
    let mut connections: Vec<Connection> = Vec::new();
    let mut paused_until: Option<Instant> = None;
    loop {
        let listening = if paused_until.is_some() { PollFlags::empty() } else { PollFlags::POLLIN };
        let mut awaited = vec![
            PollFd::new(stop.as_fd(), PollFlags::POLLIN),
            PollFd::new(listener.as_fd(), listening),
        ];
        awaited.extend(connections.iter().map(|one| PollFd::new(one.as_fd(), one.awaits())));
        let deadline = connections.iter().map(Connection::deadline).chain(paused_until).min();
        match poll(&mut awaited, timeout(deadline)) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        if awaited[0].any() == Some(true) {
            return Ok(());
        }
        let has_newcomer = awaited[1].any() == Some(true);
        let now = Instant::now();
        paused_until.take_if(|until| *until <= now);
        if has_newcomer {
            match take_newcomers(listener, &mut connections, now) {
                Ok(()) => {}
                Err(error) => {
                    log::warn!("{}: cannot take a connection: {error}", listener.address());
                    paused_until = Some(now + PAUSE);
                }
            }
        }
        connections.retain_mut(|connection| {
            let answer = |read| answer(handler, read, by_socket);
            connection.advance(now, answer) == Progress::Waiting
        });
    }
}

/// The bytes that answer what was read from a client.
fn answer(handler: &impl Handler, read: Result<Head, BadRequest>, by_socket: bool) -> Vec<u8> {
    let (response, with_body) = match read {
        Ok(head) => {
            let with_body = head.method != Method::Head;
            (handler.answer(Request { head, by_socket }), with_body)
        }
        Err(bad) => (handler.refuse(bad), true),
    };
    response.into_bytes(with_body, handler.now())
}

/// Takes the connections that wait, at most as many as there are places.
fn take_newcomers(
    listener: &Listener,
    connections: &mut Vec<Connection>,
    now: Instant,
) -> io::Result<()> {
    for _ in 0..PLACES {
        match listener.accept() {
            Ok(stream) => {
                if connections.len() == PLACES {
                    connections.remove(0);
                }
                connections.push(Connection::new(stream, now));
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(()),
                // The client went away, or a signal came.
                ErrorKind::ConnectionAborted | ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

fn timeout(deadline: Option<Instant>) -> PollTimeout {
    let Some(deadline) = deadline else { return PollTimeout::NONE };
    let left = deadline.saturating_duration_since(Instant::now());
    // Rounded up, so as not to wake before it.
    PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
}
