//! Watches: what reports to a pair the event that it waits for.

use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polling::Event as Readiness;

use super::Shared;
use super::registration::Registration;
use crate::connection::{Awaited, NetworkSocket};
use crate::executor::Executor;

/// What watches a pair.
pub(super) enum Watch {
    /// Nothing: the pair waits for nothing, or only for a time.
    None,
    /// A look-up is in flight.
    Lookup,
    /// The poller watches the pair's sockets. All have the same key, because it need not be known
    /// which one is ready.
    Sockets { key: usize, registrations: Vec<Registration> },
}

/// Generates the keys of sockets in the poller.
#[derive(Default)]
pub(super) struct Keys(AtomicUsize);

impl Watch {
    /// Makes the poller watch these sockets and no others.
    pub fn sockets<'a>(
        &mut self,
        shared: &Shared,
        sockets: impl Iterator<Item = &'a Arc<NetworkSocket>> + Clone,
        mut interest: Readiness,
    ) -> io::Result<()> {
        let (key, mut registrations) = match mem::replace(self, Watch::None) {
            Watch::Sockets { key, registrations } => (key, registrations),
            Watch::None | Watch::Lookup => {
                (shared.keys.0.fetch_add(1, Ordering::Relaxed), Vec::new())
            }
        };
        interest.key = key;
        registrations.retain(|known| sockets.clone().any(|socket| known.is_for(socket)));
        for socket in sockets {
            match registrations.iter_mut().find(|known| known.is_for(socket)) {
                Some(known) => known.renew(interest)?,
                None => registrations.push(Registration::new(
                    &shared.poller,
                    socket,
                    interest,
                    shared.mode(),
                )?),
            }
        }
        *self = Watch::Sockets { key, registrations };
        Ok(())
    }

    /// The key of the sockets.
    pub fn key(&self) -> Option<usize> {
        match self {
            Watch::Sockets { key, .. } => Some(*key),
            Watch::None | Watch::Lookup => None,
        }
    }
}

/// The sockets that a pair waits for, and the readiness that it waits for.
pub(super) fn awaited_sockets(
    executor: &Executor,
    pair: usize,
) -> Option<(impl Iterator<Item = &Arc<NetworkSocket>> + Clone, Readiness)> {
    let Awaited::Sockets { readable, writable } = executor.wait(pair)?.awaited else {
        return None;
    };
    let sockets = executor.connection(pair)?.sockets();
    Some((sockets, Readiness::new(0, readable, writable)))
}

/// The host name that a pair waits for.
pub(super) fn awaited_host(executor: &Executor, pair: usize) -> Option<&str> {
    match executor.wait(pair)?.awaited {
        Awaited::Lookup => executor.connection(pair)?.host(),
        Awaited::Sockets { .. } => None,
    }
}
