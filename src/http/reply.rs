use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use nix::sys::eventfd::{EfdFlags, EventFd};

use super::response::Response;

/// Takes the response to a request from another thread than the one that serves.
#[derive(Debug)]
pub struct Reply {
    sender: SyncSender<Response>,
    waker: Arc<EventFd>,
}

impl Reply {
    /// A reply, and where its response arrives, for a thread that waits for nothing else.
    ///
    /// # Errors
    /// When no file descriptor can be created.
    pub fn to_wait_for() -> io::Result<(Self, PendingResponse)> {
        let waker = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        Ok(Self::new(&Arc::new(waker)))
    }

    /// A reply, and where its response arrives; `waker` is written to when it does.
    pub(super) fn new(waker: &Arc<EventFd>) -> (Self, PendingResponse) {
        let (sender, receiver) = sync_channel(1);
        (Self { sender, waker: Arc::clone(waker) }, PendingResponse(receiver))
    }

    /// Gives the response, which is dropped where nobody waits for it any more.
    pub fn send(self, response: Response) {
        let _ = self.sender.try_send(response);
    }
}

impl Drop for Reply {
    /// Wakes the thread that serves, whether there is a response or not.
    fn drop(&mut self) {
        // Fails only where the counter overflows, and then that thread is awake.
        let _ = self.waker.write(1);
    }
}

/// A response that another thread gives.
#[derive(Debug)]
pub struct PendingResponse(Receiver<Response>);

impl PendingResponse {
    /// Waits for the response; `None` where there is none within the time.
    pub fn wait(&self, timeout: Duration) -> Option<Response> {
        self.0.recv_timeout(timeout).ok()
    }

    /// The response if it is there; an error if there will be none.
    pub(super) fn poll(&self) -> Result<Option<Response>, NoResponse> {
        match self.0.try_recv() {
            Ok(response) => Ok(Some(response)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(NoResponse),
        }
    }
}

/// The other thread gave none.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoResponse;
