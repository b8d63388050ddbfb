//! The registration of a socket with a poller.
//!
//! It stays from one batch to the next, so that a find on an open connection makes no system call
//! to register its socket, and none to take it back.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use polling::{Event, PollMode, Poller};

/// A socket that can be registered with one poller at a time.
#[derive(Debug)]
pub(super) struct Registered {
    /// Closed after `drop` has made the poller forget it.
    socket: socket2::Socket,
    registration: Mutex<Option<Registration>>,
}

#[derive(Debug)]
struct Registration {
    /// Weak, because an idle connection may outlive its driver.
    poller: Weak<Poller>,
    /// With its key.
    interest: Event,
}

impl Registered {
    /// Takes a socket that no poller knows.
    pub fn new(socket: socket2::Socket) -> Self {
        Self { socket, registration: Mutex::new(None) }
    }

    pub fn socket(&self) -> &socket2::Socket {
        &self.socket
    }

    /// Makes the poller, and no other, wait for `interest`. Returns the key under which it reports
    /// the socket: that of `interest` if the poller did not know the socket.
    pub fn watch(
        &self,
        poller: &Arc<Poller>,
        mut interest: Event,
        mode: PollMode,
    ) -> io::Result<usize> {
        let mut registration = self.registration.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *registration {
            Some(known) if known.poller.as_ptr() == Arc::as_ptr(poller) => {
                interest.key = known.interest.key;
                // In oneshot mode this is necessary each time.
                if mode == PollMode::Oneshot || known.interest != interest {
                    poller.modify_with_mode(&self.socket, interest, mode)?;
                    known.interest = interest;
                }
            }
            other => {
                if let Some(known) = other.take() {
                    known.end(&self.socket);
                }
                // SAFETY: `Poller::add_with_mode` asks that a source be deleted from the poller
                // before it is dropped. `drop` does so, before the field `socket` is dropped, and
                // so does the branch above for a poller before this one. A poller that is gone
                // knows no sources.
                unsafe { poller.add_with_mode(&self.socket, interest, mode)? };
                *other = Some(Registration { poller: Arc::downgrade(poller), interest });
            }
        }
        Ok(interest.key)
    }
}

impl Registration {
    fn end(self, socket: &socket2::Socket) {
        if let Some(poller) = self.poller.upgrade() {
            // This fails only for a socket that the poller does not know, and then there is nothing
            // to undo.
            let _ = poller.delete(socket);
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let registration = self.registration.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(registration) = registration.take() {
            registration.end(&self.socket);
        }
    }
}
