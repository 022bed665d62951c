use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::body::Body;
use super::connection::{Connection, Progress};
use super::head::{BadRequest, Head};
use super::listener::{Address, Listener};
use super::request::{Request, Source};
use super::response::Response;
use crate::domain::Timestamp;

/// How long no connection is taken after the system refused one, as it does when there is no file
/// descriptor left.
const PAUSE: Duration = Duration::from_secs(1);

/// What answers the requests of a [`Server`].
pub trait Handler: Send + 'static {
    /// How many clients are served at once. When one more comes, one has to go: of the source that
    /// has the most of them, the one that came first.
    const PLACES: usize = 16;

    /// How much body is taken with a request that begins so.
    fn body(&self, _head: &Head) -> Body {
        Body::Unread
    }

    /// Answers a request.
    fn answer(&mut self, request: &Request) -> Response;

    /// Answers what is no request, or has no such body as is taken with its head.
    fn refuse(&self, head: Option<&Head>, bad: BadRequest) -> Response;

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
            if let Err(error) = serve(&listener, handler, &serving) {
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
fn serve<H: Handler>(listener: &Listener, mut handler: H, stop: &EventFd) -> io::Result<()> {
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
            match take_newcomers(listener, &mut connections, H::PLACES, now) {
                Ok(()) => {}
                Err(error) => {
                    log::warn!("{}: cannot take a connection: {error}", listener.address());
                    paused_until = Some(now + PAUSE);
                }
            }
        }
        connections
            .retain_mut(|connection| connection.advance(now, &mut handler) == Progress::Waiting);
    }
}

/// Takes the connections that wait, at most as many as there are places.
fn take_newcomers(
    listener: &Listener,
    connections: &mut Vec<Connection>,
    places: usize,
    now: Instant,
) -> io::Result<()> {
    for _ in 0..places {
        match listener.accept() {
            Ok((stream, peer)) => {
                if connections.len() == places {
                    make_room(connections);
                }
                connections.push(Connection::new(stream, peer, now));
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

/// Lets one client go, so that whoever opens connections without end takes them from themselves.
fn make_room(connections: &mut Vec<Connection>) {
    let mut crowds: HashMap<Option<Source>, usize> = HashMap::new();
    for connection in &*connections {
        *crowds.entry(connection.peer().source()).or_default() += 1;
    }
    let most = crowds.values().max().copied();
    let of_the_most = |one: &Connection| crowds.get(&one.peer().source()).copied() == most;
    if let Some(first) = connections.iter().position(of_the_most) {
        connections.remove(first);
    }
}

fn timeout(deadline: Option<Instant>) -> PollTimeout {
    let Some(deadline) = deadline else { return PollTimeout::NONE };
    let left = deadline.saturating_duration_since(Instant::now());
    // Rounded up, so as not to wake before it.
    PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::net::TcpStream;
    use std::os::unix::net::UnixStream;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{Address, BadRequest, Connection, Handler, Head, Listener, Server, make_room};
    use crate::domain::Timestamp;
    use crate::http::{Peer, Pieces, Request, Response, Rest};

    struct Plain;

    /// Without an end.
    struct Endless;

    impl Pieces for Endless {
        fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
            Ok(Some(vec![b'x'; 10_000]))
        }
    }

    impl Handler for Plain {
        fn answer(&mut self, request: &Request) -> Response {
            match request.head.target.as_str() {
                "/endless" => Response::empty(200).with_rest(Some(Rest::new(Endless))),
                _ => Response::new(200, "text/plain", "here"),
            }
        }

        fn refuse(&self, _: Option<&Head>, _: BadRequest) -> Response {
            Response::empty(400)
        }

        fn now(&self) -> Timestamp {
            "2026-11-24T12:00:00Z".parse().unwrap()
        }
    }

    trait Stream: Read + Write {}
    impl Stream for TcpStream {}
    impl Stream for UnixStream {}

    fn connect(address: &Address) -> Box<dyn Stream> {
        match address {
            Address::Unix(path) => Box::new(UnixStream::connect(path).unwrap()),
            Address::Loopback(address) | Address::Network(address) => {
                Box::new(TcpStream::connect(address).unwrap())
            }
        }
    }

    /// How long a request takes that is asked at once.
    fn ask(address: &Address) -> Duration {
        let begun = Instant::now();
        let mut stream = connect(address);
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("\r\n\r\nhere"), "{answer}");
        begun.elapsed()
    }

    #[test]
    fn two_hundred_slow_clients_do_not_delay_a_fast_one() {
        let folder = tempfile::tempdir().unwrap();
        let places = [
            Address::Unix(folder.path().join("socket")),
            Address::Loopback(([127, 0, 0, 1], 0).into()),
        ];
        for place in places {
            let server = Server::start(Listener::bind(&place).unwrap(), Plain).unwrap();
            let mut slow = Vec::new();
            let mut slowest = Duration::ZERO;
            for number in 0..200 {
                let mut stream = connect(server.address());
                // Some say nothing, some begin, some send a byte whenever the fast one comes.
                stream.write_all(&b"GET / HTTP/1.1\r\n"[..number % 16]).unwrap();
                slow.push(stream);
                if number % 10 == 9 {
                    for stream in &mut slow {
                        // Those that were let go cannot send any more.
                        let _ = stream.write_all(b"a");
                    }
                    slowest = slowest.max(ask(server.address()));
                }
            }
            assert!(slowest < Duration::from_secs(1), "{slowest:?} at {place}");
        }
    }

    #[test]
    fn who_takes_all_that_there_is_or_nothing_of_it_does_not_delay_a_fast_one() {
        let folder = tempfile::tempdir().unwrap();
        let place = Address::Unix(folder.path().join("socket"));
        let server = Server::start(Listener::bind(&place).unwrap(), Plain).unwrap();
        let ask_for_all = || {
            let mut stream = UnixStream::connect(folder.path().join("socket")).unwrap();
            stream.write_all(b"GET /endless HTTP/1.1\r\n\r\n").unwrap();
            stream
        };
        let idle: Vec<UnixStream> = (0..6).map(|_| ask_for_all()).collect();
        let greedy: Vec<_> = (0..2)
            .map(|_| {
                let mut stream = ask_for_all();
                thread::spawn(move || io::copy(&mut stream, &mut io::sink()))
            })
            .collect();
        let slowest = (0..50).map(|_| ask(server.address())).max().unwrap();
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
        server.stop();
        for reader in greedy {
            assert!(reader.join().unwrap().is_ok_and(|taken| taken > 0));
        }
        drop(idle);
    }

    #[test]
    fn who_holds_the_most_places_loses_the_first_of_them() {
        let now = Instant::now();
        let peer = |text: &str| Peer::Network(text.parse().unwrap());
        let connection = |peer| {
            let (_, stream) = UnixStream::pair().unwrap();
            Connection::new(Box::new(stream), peer, now)
        };
        let peers = [
            peer("192.0.2.1:1"),
            peer("[2001:db8::1]:1"),
            peer("192.0.2.2:1"),
            peer("[2001:db8::2]:1"),
            peer("192.0.2.1:2"),
            peer("[2001:db8::3]:1"),
        ];
        let mut connections: Vec<Connection> = peers.into_iter().map(connection).collect();
        let mut left = || {
            make_room(&mut connections);
            connections.iter().map(Connection::peer).collect::<Vec<Peer>>()
        };
        assert_eq!(left(), [peers[0], peers[2], peers[3], peers[4], peers[5]]);
        assert_eq!(left(), [peers[2], peers[3], peers[4], peers[5]]);
        assert_eq!(left(), [peers[2], peers[4], peers[5]]);
        assert_eq!(left(), [peers[4], peers[5]]);
    }
}
