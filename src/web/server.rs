use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::connection::{Connection, Progress};
use super::dispatch::answer;
use super::{Address, Listener, Site};

/// How many clients are served at once. When one more comes, the one that came first has to go.
const PLACES: usize = 16;

/// How long no connection is taken after the system refused one, as it does when there is no file
/// descriptor left.
const PAUSE: Duration = Duration::from_secs(1);

/// The page, served by a thread of its own until this is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: Address,
    stop: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves the page to whoever connects to `listener`.
    ///
    /// # Errors
    /// When the system has no file descriptor or no thread to give.
    pub fn start(listener: Listener, site: Site) -> io::Result<Self> {
        let stop = Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?);
        let address = listener.address().clone();
        let serving = Arc::clone(&stop);
        let thread = Builder::new().name("page".to_owned()).spawn(move || {
            if let Err(error) = serve(&listener, &site, &serving) {
                log::error!("the page is no longer served: {error}");
            }
        })?;
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// Where the page is served.
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
                log::error!("the page had ended by a panic");
            }
        }
    }
}

/// Serves until told to stop. At rest it sleeps without a deadline.
fn serve(listener: &Listener, site: &Site, stop: &EventFd) -> io::Result<()> {
    // Before a Unix socket stands a web server, whose host may have any name.
    let any_host = matches!(listener.address(), Address::Unix(_));
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
                    log::warn!("the page cannot take a connection: {error}");
                    paused_until = Some(now + PAUSE);
                }
            }
        }
        connections.retain_mut(|connection| {
            let answer = |read| answer(site, read, any_host);
            connection.advance(now, answer) == Progress::Waiting
        });
    }
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
