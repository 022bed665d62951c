use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::cancel::{CancelToken, Cancelled};

/// The deadline of a call, however slowly its bytes arrive. Reached at once when the call is
/// cancelled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline<'a> {
    at: Instant,
    cancel: Option<&'a CancelToken>,
}

impl<'a> Deadline<'a> {
    pub(super) fn after(timeout: Duration, cancel: Option<&'a CancelToken>) -> Self {
        Self { at: Instant::now() + timeout, cancel }
    }

    /// The remaining time.
    pub(super) fn remaining(self) -> io::Result<Duration> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    /// Waits until `source` is ready for one of `events`, or has failed.
    pub(super) fn wait(self, source: BorrowedFd<'_>, events: PollFlags) -> io::Result<()> {
        loop {
            let left = PollTimeout::try_from(self.remaining()?).unwrap_or(PollTimeout::MAX);
            let mut sources = vec![PollFd::new(source, events)];
            sources.extend(self.cancel.map(|it| PollFd::new(it.cancelled_fd(), PollFlags::POLLIN)));
            match poll(&mut sources, left) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) if sources.get(1).is_some_and(|cancel| cancel.any().unwrap_or(true)) => {
                    return Err(io::Error::other(Cancelled));
                }
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// How long the peer may take to close the connection.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A stream whose reads and writes fail after its deadline.
pub(super) struct TimedStream<'a> {
    stream: TcpStream,
    deadline: Deadline<'a>,
}

impl<'a> TimedStream<'a> {
    pub(super) fn new(stream: TcpStream, deadline: Deadline<'a>) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, deadline })
    }

    /// Closes the connection once the peer has closed it or the time is up.
    ///
    /// The kernel answers packets for a connection that no longer exists with a reset that is bound
    /// to no interface: if a route to the operator bypasses the tunnel, the reset would take it.
    pub(super) fn shutdown(mut self) {
        self.deadline.at = Instant::now() + CLOSE_TIMEOUT;
        let mut rest = [0; 2048];
        let mut left = MAX_DRAINED;
        let mut is_open = self.stream.shutdown(Shutdown::Write).is_ok();
        while is_open {
            let length = self.read(&mut rest).unwrap_or(0);
            is_open = (1..=left).contains(&length);
            left = left.saturating_sub(length);
        }
    }

    /// Runs a non-blocking operation once the socket is ready.
    fn when_ready(
        &mut self,
        events: PollFlags,
        mut action: impl FnMut(&mut TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            // Checked before every operation, so that an endless stream is cut off.
            self.deadline.wait(self.stream.as_fd(), events)?;
            match action(&mut self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }
}

impl Read for TimedStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.when_ready(PollFlags::POLLIN, |stream| stream.read(buffer))
    }
}

impl Write for TimedStream<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.when_ready(PollFlags::POLLOUT, |stream| stream.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Bytes to read after an answer at most; the end of TLS takes a few dozen.
const MAX_DRAINED: usize = 64 * 1024;
