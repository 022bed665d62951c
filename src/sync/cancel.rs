use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::{error, fmt, io};

use nix::sys::eventfd::{EfdFlags, EventFd};

/// Cancels a call at once, from another thread. Clones cancel the same call.
#[derive(Clone, Debug)]
pub struct CancelToken(Arc<EventFd>);

impl CancelToken {
    /// A token for a future call.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        Ok(Self(Arc::new(EventFd::from_value_and_flags(0, flags)?)))
    }

    /// Ends the call with [`super::CallError::Cancelled`]. Does nothing once the call has its
    /// answer.
    pub fn cancel(&self) {
        // Fails only where it was written 2⁶⁴ times.
        let _ = self.0.write(1);
    }

    /// Becomes readable when the call is cancelled.
    pub(super) fn cancelled_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The error that ends reads and writes of a cancelled call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("called off")
    }
}

impl error::Error for Cancelled {}
