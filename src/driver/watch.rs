//! Watches: what reports to a pair the event that it waits for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polling::Event as Readiness;

use super::Shared;
use crate::connection::{Awaited, NetworkSocket};
use crate::executor::Executor;

/// What watches a pair.
pub(super) enum Watch {
    /// Nothing: the pair waits for nothing, or only for a time.
    None,
    /// A look-up is in flight.
    Lookup,
    /// The poller watches the pair's sockets, which have these keys.
    Sockets(Vec<usize>),
}

/// Generates the keys of sockets in the poller.
#[derive(Default)]
pub(super) struct Keys(AtomicUsize);

impl Watch {
    /// The keys of the sockets.
    pub fn keys(&self) -> &[usize] {
        match self {
            Watch::Sockets(keys) => keys,
            Watch::None | Watch::Lookup => &[],
        }
    }
}

/// Makes the poller watch these sockets, and returns their keys.
pub(super) fn watch_sockets<'a>(
    shared: &Shared,
    sockets: impl Iterator<Item = &'a Arc<NetworkSocket>>,
    mut interest: Readiness,
) -> io::Result<Vec<usize>> {
    let mode = shared.mode();
    sockets
        .map(|socket| {
            interest.key = shared.keys.0.fetch_add(1, Ordering::Relaxed);
            socket.watch(&shared.poller, interest, mode)
        })
        .collect()
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
