//! A socket's place in the poller, for as long as the value lives.

use std::io;
use std::sync::Arc;

use polling::{Event, Poller};

use crate::connection::NetworkSocket;

/// Keeps its socket open until the poller has forgotten it.
pub(super) struct Registration {
    poller: Arc<Poller>,
    socket: Arc<NetworkSocket>,
}

impl Registration {
    pub fn new(
        poller: &Arc<Poller>,
        socket: &Arc<NetworkSocket>,
        interest: Event,
    ) -> io::Result<Self> {
        // SAFETY: `Poller::add` asks that a source be deleted from the poller before it is dropped. The registration
        // owns a share of the socket and gives it up only after `Drop::drop` below has deleted the socket.
        unsafe { poller.add(&**socket, interest)? };
        Ok(Self { poller: Arc::clone(poller), socket: Arc::clone(socket) })
    }

    /// Waits once more, for `interest`.
    pub fn renew(&self, interest: Event) -> io::Result<()> {
        self.poller.modify(&*self.socket, interest)
    }

    pub fn is_for(&self, socket: &Arc<NetworkSocket>) -> bool {
        Arc::ptr_eq(&self.socket, socket)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // It fails only for a socket that the poller does not know, and then there is nothing to undo.
        let _ = self.poller.delete(&*self.socket);
    }
}
