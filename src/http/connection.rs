use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::poll::PollFlags;
use nix::sys::socket::{Shutdown, shutdown};

use super::head::{BadRequest, HEAD_LIMIT, Head};
use super::listener::Stream;

/// How long a client may take to send its request.
const READING: Duration = Duration::from_secs(10);

/// How long a client may take to receive the response.
const WRITING: Duration = Duration::from_secs(30);

/// How long a client may take to close once it has the response.
const CLOSING: Duration = Duration::from_secs(2);

/// One client: it sends one request, receives one response and is let go.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    deadline: Instant,
    state: State,
}

enum State {
    /// With what has arrived of the request.
    Reading(Vec<u8>),
    /// With the response and how much of it is sent.
    Writing(Vec<u8>, usize),
    /// Everything is sent. What the client still sends is thrown away until it closes: closing first
    /// would make the kernel withdraw a response that is still on its way.
    Closing,
}

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    /// It waits for the client.
    Waiting,
    /// It is over.
    Over,
}

impl Connection {
    /// A client that has just come.
    pub(super) fn new(stream: Box<dyn Stream>, now: Instant) -> Self {
        Self { stream, deadline: now + READING, state: State::Reading(Vec::new()) }
    }

    /// When the client will have taken too long.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What the connection waits for.
    pub(super) fn awaits(&self) -> PollFlags {
        match self.state {
            State::Reading(_) | State::Closing => PollFlags::POLLIN,
            State::Writing(..) => PollFlags::POLLOUT,
        }
    }

    /// Does what can be done without waiting.
    pub(super) fn advance(
        &mut self,
        now: Instant,
        answer: impl FnOnce(Result<Head, BadRequest>) -> Vec<u8>,
    ) -> Progress {
        if now >= self.deadline {
            return Progress::Over;
        }
        match self.try_advance(now, answer) {
            Ok(()) => Progress::Over,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Progress::Waiting,
            // The client went away.
            Err(_) => Progress::Over,
        }
    }

    fn try_advance(
        &mut self,
        now: Instant,
        answer: impl FnOnce(Result<Head, BadRequest>) -> Vec<u8>,
    ) -> io::Result<()> {
        if let State::Reading(head) = &mut self.state {
            let Some(read) = read_request(self.stream.as_mut(), head)? else { return Ok(()) };
            self.state = State::Writing(answer(read), 0);
            self.deadline = now + WRITING;
        }
        if let State::Writing(response, sent) = &mut self.state {
            while *sent < response.len() {
                match self.stream.write(&response[*sent..]) {
                    Ok(0) => return Ok(()),
                    Ok(written) => *sent += written,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            shutdown(self.stream.as_fd().as_raw_fd(), Shutdown::Write)?;
            self.state = State::Closing;
            self.deadline = now + CLOSING;
        }
        // Bounded, so that one who never stops sending does not keep the others waiting.
        for _ in 0..8 {
            if read_some(self.stream.as_mut(), &mut [0; 1_024])? == 0 {
                return Ok(());
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Reads on until a request is there or cannot come any more; `None` when the client closed before.
fn read_request(
    stream: &mut dyn Stream,
    head: &mut Vec<u8>,
) -> io::Result<Option<Result<Head, BadRequest>>> {
    let mut chunk = [0; 1_024];
    loop {
        let room = chunk.len().min(HEAD_LIMIT - head.len());
        let count = read_some(stream, &mut chunk[..room])?;
        if count == 0 {
            return Ok(None);
        }
        head.extend_from_slice(&chunk[..count]);
        if let Some(read) = Head::read(head).transpose() {
            return Ok(Some(read));
        }
    }
}

fn read_some(stream: &mut dyn Stream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::time::Instant;

    use super::{CLOSING, Connection, Progress, READING, WRITING};

    fn pair(now: Instant) -> (UnixStream, Connection) {
        let (client, server) = UnixStream::pair().unwrap();
        server.set_nonblocking(true).unwrap();
        (client, Connection::new(Box::new(server), now))
    }

    #[test]
    fn a_client_that_does_not_send_its_request_in_time_is_let_go() {
        let start = Instant::now();
        let (mut client, mut connection) = pair(start);
        client.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        let never = |_| panic!("nothing was asked");
        assert_eq!(connection.advance(start, never), Progress::Waiting);
        client.write_all(b"a: b\r\n").unwrap();
        assert_eq!(connection.deadline(), start + READING);
        assert_eq!(connection.advance(start + READING, never), Progress::Over);
    }

    #[test]
    fn a_long_response_is_sent_as_the_client_takes_it_and_only_for_so_long() {
        let start = Instant::now();
        let (mut client, mut connection) = pair(start);
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let response = vec![b'x'; 4_000_000];
        assert_eq!(connection.advance(start, |_| response.clone()), Progress::Waiting);
        assert_eq!(connection.deadline(), start + WRITING);

        let mut received = 0;
        let mut buffer = vec![0; 65_536];
        let never = |_| panic!("it was answered already");
        while received < response.len() {
            received += client.read(&mut buffer).unwrap();
            assert_eq!(connection.advance(start, never), Progress::Waiting);
        }
        assert_eq!(received, response.len());
        assert_eq!(connection.deadline(), start + CLOSING);
        assert_eq!(client.read(&mut buffer).unwrap(), 0);
        drop(client);
        assert_eq!(connection.advance(start, never), Progress::Over);
    }

    #[test]
    fn a_client_that_goes_away_is_let_go() {
        let start = Instant::now();
        let (client, mut connection) = pair(start);
        drop(client);
        assert_eq!(connection.advance(start, |_| panic!("nothing was asked")), Progress::Over);
    }
}
