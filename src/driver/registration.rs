//! A registration of a socket with a poller, which ends when the value is dropped.

use std::io;
use std::sync::Arc;

use polling::{Event, PollMode, Poller};

use crate::connection::NetworkSocket;

/// Keeps its socket open until the poller has forgotten it.
pub(super) struct Registration {
    poller: Arc<Poller>,
    socket: Arc<NetworkSocket>,
    interest: Event,
    mode: PollMode,
}

impl Registration {
    pub fn new(
        poller: &Arc<Poller>,
        socket: &Arc<NetworkSocket>,
        interest: Event,
        mode: PollMode,
    ) -> io::Result<Self> {
        // SAFETY: `Poller::add_with_mode` asks that a source be deleted from the poller before it
        // is dropped. The registration owns a share of the socket and gives it up only after
        // `Drop::drop` below has deleted the socket from the poller.
        unsafe { poller.add_with_mode(&**socket, interest, mode)? };
        Ok(Self { poller: Arc::clone(poller), socket: Arc::clone(socket), interest, mode })
    }

    /// Makes the poller wait for `interest`. In oneshot mode this is necessary each time, in level
    /// mode only if the interest changes.
    pub fn renew(&mut self, interest: Event) -> io::Result<()> {
        if self.mode == PollMode::Level && interest == self.interest {
            return Ok(());
        }
        self.interest = interest;
        self.poller.modify_with_mode(&*self.socket, interest, self.mode)
    }

    pub fn is_for(&self, socket: &Arc<NetworkSocket>) -> bool {
        Arc::ptr_eq(&self.socket, socket)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // This fails only for a socket that the poller does not know, and then there is nothing to
        // undo.
        let _ = self.poller.delete(&*self.socket);
    }
}
