//! How a pair hears of what it waits for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polling::Event as Readiness;

use super::Shared;
use super::registration::Registration;
use crate::connection::{Awaited, NetworkSocket};
use crate::executor::Executor;

/// What watches a pair.
pub(super) enum Watch {
    /// It waits for nothing, or only for the time.
    None,
    /// A look-up is under way.
    Lookup,
    /// The poller knows its socket, by this key.
    Socket { key: usize, registration: Registration },
}

/// Gives sockets keys, which the poller knows them by.
#[derive(Default)]
pub(super) struct Keys(AtomicUsize);

impl Watch {
    /// Has the driver's poller watch a socket.
    pub fn socket(
        &mut self,
        shared: &Shared,
        socket: &Arc<NetworkSocket>,
        mut interest: Readiness,
    ) -> io::Result<()> {
        if let Watch::Socket { key, registration } = self
            && registration.is_for(socket)
        {
            interest.key = *key;
            return registration.renew(interest);
        }
        // A pair has one registration at a time.
        *self = Watch::None;
        let key = shared.keys.0.fetch_add(1, Ordering::Relaxed);
        interest.key = key;
        let registration = Registration::new(&shared.poller, socket, interest, shared.mode())?;
        *self = Watch::Socket { key, registration };
        Ok(())
    }

    /// By which the poller knows the socket.
    pub fn key(&self) -> Option<usize> {
        match self {
            Watch::Socket { key, .. } => Some(*key),
            Watch::None | Watch::Lookup => None,
        }
    }
}

/// The socket that a pair waits for, and what for.
pub(super) fn awaited_socket(
    executor: &Executor,
    pair: usize,
) -> Option<(&Arc<NetworkSocket>, Readiness)> {
    let Awaited::Socket { readable, writable } = executor.wait(pair)?.awaited else {
        return None;
    };
    let socket = executor.connection(pair)?.socket();
    let socket = socket.expect("a connection that waits for a socket has one");
    Some((socket, Readiness::new(0, readable, writable)))
}

/// The host whose addresses a pair waits for.
pub(super) fn awaited_host(executor: &Executor, pair: usize) -> Option<&str> {
    match executor.wait(pair)?.awaited {
        Awaited::Lookup => executor.connection(pair)?.host(),
        Awaited::Socket { .. } | Awaited::Time => None,
    }
}
