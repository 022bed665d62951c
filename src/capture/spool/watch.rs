use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use super::{Spool, SpoolError};
use crate::inotify_error;

/// Becomes readable when an event has come into the spool: for poll(2).
#[derive(Debug)]
pub struct SpoolWatch(Inotify);

impl SpoolWatch {
    /// Watches a spool from now on. Call [`Spool::waiting`] after this for earlier events.
    ///
    /// # Errors
    /// [`SpoolError::System`].
    pub fn new(spool: &Spool) -> Result<Self, SpoolError> {
        let failed = |errno| SpoolError::System {
            path: spool.path().to_owned(),
            error: inotify_error(errno),
        };
        let inotify =
            Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).map_err(failed)?;
        let flags = AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_DONT_FOLLOW
            | AddWatchFlags::IN_ONLYDIR;
        inotify.add_watch(spool.path(), flags).map_err(failed)?;
        Ok(Self(inotify))
    }

    /// Consumes all notices, so that only new events make this readable again. Call it before
    /// [`Spool::waiting`], which lists the events.
    ///
    /// # Errors
    /// `NotFound` when the spool's directory was removed or moved: nothing will ever come again.
    /// Else what the system said.
    pub fn drain(&self) -> io::Result<()> {
        let gone = AddWatchFlags::IN_DELETE_SELF | AddWatchFlags::IN_MOVE_SELF;
        loop {
            match self.0.read_events() {
                Ok(notices) if notices.iter().any(|notice| notice.mask.intersects(gone)) => {
                    return Err(io::Error::new(
                        io::ErrorKind::NotFound,
                        "the spool's directory was removed or moved; restart the temoin service",
                    ));
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl AsFd for SpoolWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
