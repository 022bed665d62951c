use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::poll::PollFlags;
use nix::sys::socket::{Shutdown, shutdown};

use super::listener::Stream;
use super::request::{BadRequest, HEAD_LIMIT, Request};

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
        answer: impl FnOnce(Result<Request, BadRequest>) -> Vec<u8>,
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
        answer: impl FnOnce(Result<Request, BadRequest>) -> Vec<u8>,
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
) -> io::Result<Option<Result<Request, BadRequest>>> {
    let mut chunk = [0; 1_024];
    loop {
        let room = chunk.len().min(HEAD_LIMIT - head.len());
        let count = read_some(stream, &mut chunk[..room])?;
        if count == 0 {
            return Ok(None);
        }
        head.extend_from_slice(&chunk[..count]);
        if let Some(read) = Request::parse(head).transpose() {
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
