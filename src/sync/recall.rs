use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::{error, fmt, io};

use nix::sys::eventfd::{EfdFlags, EventFd};

/// Calls off a call whose answer nobody can use any more, from another thread and at once. Each clone
/// calls off the same call.
#[derive(Clone, Debug)]
pub struct Recall(Arc<EventFd>);

impl Recall {
    /// One for a call to come.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        Ok(Self(Arc::new(EventFd::from_value_and_flags(0, flags)?)))
    }

    /// Ends the call, wherever it is, with [`super::CallError::Recalled`]. Once it has its answer this
    /// does nothing.
    pub fn call_off(&self) {
        // Fails only where it was written 2⁶⁴ times.
        let _ = self.0.write(1);
    }

    /// Readable from the moment when the call is called off.
    pub(super) fn called_off(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// What ends the reading and writing of a call that was called off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recalled;

impl fmt::Display for Recalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("called off")
    }
}

impl error::Error for Recalled {}
