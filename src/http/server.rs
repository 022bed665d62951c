use std::collections::HashMap;
use std::hash::Hash;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::connection::{Connection, ConnectionProgress};
use super::handler::Handler;
use super::listener::{Address, Listener};
use super::request::Peer;

/// How long to stop accepting after `accept` failed, for example for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves an address with a handler, on its own thread, until stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: Address,
    stop: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts serving the connections to `listener`.
    ///
    /// # Errors
    /// When no file descriptor or thread can be created.
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

    /// The address that is served.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Stops at once, closing open connections; returns when the address is free again.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if the counter overflows.
        let _ = self.stop.write(1);
        if let Some(thread) = self.thread.take() {
            if thread.join().is_err() {
                log::error!("{}: serving had ended by a panic", self.address);
            }
        }
    }
}

/// Serves until told to stop. When idle, it sleeps without a timeout.
fn serve<H: Handler>(listener: &Listener, mut handler: H, stop: &EventFd) -> io::Result<()> {
    let mut connections: Vec<Connection> = Vec::new();
    let mut paused_until: Option<Instant> = None;
    let replies = Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?);
    loop {
        let listening = if paused_until.is_some() { PollFlags::empty() } else { PollFlags::POLLIN };
        let mut poll_fds = vec![
            PollFd::new(stop.as_fd(), PollFlags::POLLIN),
            PollFd::new(listener.as_fd(), listening),
            PollFd::new(replies.as_fd(), PollFlags::POLLIN),
        ];
        poll_fds.extend(connections.iter().map(|one| PollFd::new(one.as_fd(), one.interest())));
        let deadline = connections.iter().map(Connection::deadline).chain(paused_until).min();
        match poll(&mut poll_fds, timeout(deadline)) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        if poll_fds[0].any() == Some(true) {
            return Ok(());
        }
        let is_client_waiting = poll_fds[1].any() == Some(true);
        // Reported unasked, so that a connection which waits for its reply would never let the loop sleep.
        let gone = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
        let mut is_gone = poll_fds[3..]
            .iter()
            .map(|one| one.revents().is_some_and(|it| it.intersects(gone)))
            .collect::<Vec<_>>()
            .into_iter();
        // Fails where nothing was written.
        let _ = replies.read();
        let now = Instant::now();
        paused_until.take_if(|until| *until <= now);
        connections.retain(|one| !(is_gone.next() == Some(true) && one.is_answering()));
        if is_client_waiting {
            match accept_pending(listener, &mut connections, H::MAX_CONNECTIONS, now, &replies) {
                Ok(()) => {}
                Err(error) => {
                    log::warn!("{}: cannot take a connection: {error}", listener.address());
                    paused_until = Some(now + ACCEPT_PAUSE);
                }
            }
        }
        connections.retain_mut(|connection| {
            connection.advance(now, &mut handler) == ConnectionProgress::Waiting
        });
    }
}

/// Accepts the pending connections, at most as many as the connection limit.
fn accept_pending(
    listener: &Listener,
    connections: &mut Vec<Connection>,
    limit: usize,
    now: Instant,
    replies: &Arc<EventFd>,
) -> io::Result<()> {
    for _ in 0..limit {
        match listener.accept() {
            Ok((stream, peer)) => {
                if connections.len() == limit {
                    evict_one(connections);
                }
                connections.push(Connection::new(stream, peer, now, replies));
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(()),
                // The client disconnected, or a signal arrived.
                ErrorKind::ConnectionAborted | ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

/// Closes the oldest connection of the busiest address, so that a flood of connections only evicts its
/// own; where each address has one, of the busiest source.
fn evict_one(connections: &mut Vec<Connection>) {
    let address = |one: &Connection| match one.peer() {
        Peer::Network(address) => Some(address.ip()),
        Peer::Socket => None,
    };
    let oldest = oldest_of_busiest(connections, address).filter(|(_, count)| *count > 1);
    let oldest = oldest.or_else(|| oldest_of_busiest(connections, |one| one.peer().source()));
    if let Some((place, _)) = oldest {
        connections.remove(place);
    }
}

/// The place of the oldest connection in the largest group, and how many are in that.
fn oldest_of_busiest<K: Eq + Hash>(
    connections: &[Connection],
    group: impl Fn(&Connection) -> K,
) -> Option<(usize, usize)> {
    let mut counts: HashMap<K, usize> = HashMap::new();
    for connection in connections {
        *counts.entry(group(connection)).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    let is_of_busiest = |one: &Connection| counts.get(&group(one)).copied() == Some(most);
    Some((connections.iter().position(is_of_busiest)?, most))
}

fn timeout(deadline: Option<Instant>) -> PollTimeout {
    let Some(deadline) = deadline else { return PollTimeout::NONE };
    let left = deadline.saturating_duration_since(Instant::now());
    // Rounded up, so as not to wake early.
    PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::net::TcpStream;
    use std::os::unix::net::UnixStream;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{Address, Connection, Handler, Listener, Server, evict_one};
    use crate::{BadRequest, BodyStream, ChunkSource, Head, Peer, Request, Response};
    use chrono::{DateTime, Utc};

    struct PlainHandler;

    /// Without an end.
    struct EndlessChunks;

    impl ChunkSource for EndlessChunks {
        fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
            Ok(Some(vec![b'x'; 10_000]))
        }
    }

    impl Handler for PlainHandler {
        fn answer(&mut self, request: &mut Request) -> Response {
            match request.head.target.as_str() {
                "/endless" => {
                    Response::empty(200).with_stream(Some(BodyStream::new(EndlessChunks)))
                }
                _ => Response::new(200, "text/plain", "here"),
            }
        }

        fn refuse(&self, _: Option<&Head>, _: BadRequest) -> Response {
            Response::empty(400)
        }

        fn now(&self) -> DateTime<Utc> {
            "2026-11-24T12:00:00Z".parse().unwrap()
        }
    }

    trait ReadWrite: Read + Write {}
    impl ReadWrite for TcpStream {}
    impl ReadWrite for UnixStream {}

    fn connect(address: &Address) -> Box<dyn ReadWrite> {
        match address {
            Address::Unix(path) => Box::new(UnixStream::connect(path).unwrap()),
            Address::Loopback(address) | Address::Network(address) => {
                Box::new(TcpStream::connect(address).unwrap())
            }
        }
    }

    /// How long a request takes that is sent in one go.
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
            let server = Server::start(Listener::bind(&place).unwrap(), PlainHandler).unwrap();
            let mut slow = Vec::new();
            let mut slowest = Duration::ZERO;
            for number in 0..200 {
                let mut stream = connect(server.address());
                // Some send nothing, some a partial head, some a byte each time the fast one connects.
                stream.write_all(&b"GET / HTTP/1.1\r\n"[..number % 16]).unwrap();
                slow.push(stream);
                if number % 10 == 9 {
                    for stream in &mut slow {
                        // Evicted clients cannot send any more.
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
        let server = Server::start(Listener::bind(&place).unwrap(), PlainHandler).unwrap();
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
            let waker = std::sync::Arc::new(nix::sys::eventfd::EventFd::new().unwrap());
            Connection::new(Box::new(stream), peer, now, &waker)
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
            evict_one(&mut connections);
            connections.iter().map(Connection::peer).collect::<Vec<Peer>>()
        };
        assert_eq!(left(), [peers[1], peers[2], peers[3], peers[4], peers[5]]);
        assert_eq!(left(), [peers[2], peers[3], peers[4], peers[5]]);
        assert_eq!(left(), [peers[2], peers[4], peers[5]]);
        assert_eq!(left(), [peers[4], peers[5]]);
    }
}
