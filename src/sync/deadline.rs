use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::recall::{Recall, Recalled};

/// The end of a call. However its bytes drip, it is not later; and it is at once where the call is
/// called off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline<'a> {
    at: Instant,
    recall: Option<&'a Recall>,
}

impl<'a> Deadline<'a> {
    pub(super) fn after(patience: Duration, recall: Option<&'a Recall>) -> Self {
        Self { at: Instant::now() + patience, recall }
    }

    /// What is left of the time.
    pub(super) fn left(self) -> io::Result<Duration> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    /// Waits until `source` is ready for one of `events`, or has failed.
    pub(super) fn wait(self, source: BorrowedFd<'_>, events: PollFlags) -> io::Result<()> {
        loop {
            let left = PollTimeout::try_from(self.left()?).unwrap_or(PollTimeout::MAX);
            let mut sources = vec![PollFd::new(source, events)];
            sources.extend(self.recall.map(|it| PollFd::new(it.called_off(), PollFlags::POLLIN)));
            match poll(&mut sources, left) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) if sources.get(1).is_some_and(|recall| recall.any().unwrap_or(true)) => {
                    return Err(io::Error::other(Recalled));
                }
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// How long the other side may take to close a connection too.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// A connection that ends with its deadline.
pub(super) struct Timed<'a> {
    stream: TcpStream,
    deadline: Deadline<'a>,
}

impl<'a> Timed<'a> {
    pub(super) fn new(stream: TcpStream, deadline: Deadline<'a>) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, deadline })
    }

    /// Closes the connection once the other side has closed it too, or has not in time.
    ///
    /// What still comes for a connection that is gone, the kernel answers with a reset that is bound to
    /// no interface: where a route to the operator leads past the tunnel, that is the way it takes.
    pub(super) fn part(mut self) {
        self.deadline.at = Instant::now() + FAREWELL;
        let mut rest = [0; 2048];
        let mut left = MOST_REST;
        let mut is_open = self.stream.shutdown(Shutdown::Write).is_ok();
        while is_open {
            let length = self.read(&mut rest).unwrap_or(0);
            is_open = (1..=left).contains(&length);
            left = left.saturating_sub(length);
        }
    }

    /// Does what the system would do at once, when it can be done.
    fn when_ready(
        &mut self,
        events: PollFlags,
        mut action: impl FnMut(&mut TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            // Also before what can be done at once: what comes without end is cut off.
            self.deadline.wait(self.stream.as_fd(), events)?;
            match action(&mut self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.when_ready(PollFlags::POLLIN, |stream| stream.read(buffer))
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.when_ready(PollFlags::POLLOUT, |stream| stream.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// In bytes, of what comes after an answer: the end of TLS is some dozens.
const MOST_REST: usize = 64 * 1024;
