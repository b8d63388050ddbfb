//! The executes that a driver has in flight, and what each of their pairs waits for.
//!
//! [`InFlight`] is locked by the thread that polls. Each of its methods reports one event to the
//! executors and then calls [`InFlight::update`] for the pairs that it concerned:
//!
//! ```text
//!   event ──▶ executor.resume ──▶ update ──▶ waiting: register its sockets or its look-up
//!                                        └─▶ done: release its connection to the next pair in
//!                                            the queue, then update that one
//! ```

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::lookup::Lookups;
use super::watch::{Watch, awaited_host, awaited_sockets, watch_sockets};
use super::{
    ConnectionSlot, ExecuteId, Finished, HandOff, Message, Next, PairKey, Shared, Submitted,
};
use crate::connection::{Completion, Connection, Event, Failure, MIN_BYTES_PER_TURN};
use crate::error::{Kind, Outcome};
use crate::executor::Executor;
use crate::resolver::copy_error;

/// The longest reply that an inline driver receives. Longer ones would block the event loop, so the
/// worker receives them.
const MAX_INLINE_BYTES: usize = 256 * 1024;

// The inline driver watches in edge mode, so nothing wakes it for what it leaves unreceived. It leaves
// something only after a whole turn of receives, and then the execute moves to the worker.
const _: () = assert!(MIN_BYTES_PER_TURN > MAX_INLINE_BYTES);

/// The executes that a driver polls for. See the module for the order of the calls.
#[derive(Default)]
pub(super) struct InFlight {
    executes: HashMap<ExecuteId, Execute>,
    /// The pairs whose sockets the poller watches, by the keys of these sockets.
    sockets: HashMap<usize, PairKey>,
    lookups: Lookups,
    /// Connections handed to pairs that the driver has not received yet.
    pending_hand_offs: HashMap<PairKey, Connection>,
    /// Executes that are done and were not taken.
    done: Vec<ExecuteId>,
}

/// An execute in flight. Its slots and watches are in the order of its pairs.
struct Execute {
    executor: Executor,
    /// The slots from which the pairs acquired their connections.
    slots: Vec<Arc<ConnectionSlot>>,
    watches: Vec<Watch>,
}

impl InFlight {
    /// Starts an execute, or continues one that another driver has started.
    pub fn begin(&mut self, shared: &Arc<Shared>, submitted: Submitted, now: Instant) {
        let Submitted { id, executor, slots } = submitted;
        let watches = slots.iter().map(|_| Watch::None).collect();
        let execute = self.executes.entry(id).or_insert(Execute { executor, slots, watches });
        shared.start(&mut execute.executor, now);
        if execute.slots.is_empty() {
            self.done.push(id);
        }
        for pair in self.pairs_of(id) {
            match self.pending_hand_offs.remove(&pair) {
                Some(connection) => self.assign(shared, pair, connection, now),
                None => self.update(shared, pair, now),
            }
        }
    }

    /// Gives a queued pair its connection.
    pub fn hand_off(&mut self, shared: &Arc<Shared>, hand_off: HandOff, now: Instant) {
        let HandOff { pair, connection, slot } = hand_off;
        if self.executes.contains_key(&pair.0) {
            self.assign(shared, pair, connection, now);
        } else if slot.is_used_by(pair) {
            self.pending_hand_offs.insert(pair, connection);
        }
    }

    /// Reports that the poller found the socket with this key ready. A socket that no pair waits
    /// for is idle, or the server has closed it: the next batch looks before it is sent.
    pub fn ready(&mut self, shared: &Arc<Shared>, key: usize, now: Instant) {
        if let Some(&pair) = self.sockets.get(&key) {
            self.resume(shared, pair, Event::Ready, now);
        }
    }

    /// Reports every watched pair's sockets as ready, without asking the poller.
    pub fn ready_all(&mut self, shared: &Arc<Shared>, now: Instant) {
        for pair in self.sockets.values().copied().collect::<Vec<_>>() {
            self.resume(shared, pair, Event::Ready, now);
        }
    }

    /// The number of sockets that pairs wait for.
    pub fn sockets(&self) -> usize {
        self.sockets.len()
    }

    pub fn resolved(
        &mut self,
        shared: &Arc<Shared>,
        host: &str,
        found: &io::Result<Vec<IpAddr>>,
        now: Instant,
    ) {
        for (id, pair) in self.lookups.end(host) {
            let found = match found {
                Ok(addresses) => Ok(addresses.clone()),
                Err(error) => Err(copy_error(error)),
            };
            if let Some(execute) = self.executes.get_mut(&id) {
                execute.watches[pair] = Watch::None;
                self.resume(shared, (id, pair), Event::Resolved(found), now);
            }
        }
    }

    pub fn close(&mut self, shared: &Arc<Shared>, (id, pair): PairKey, now: Instant) {
        if let Some(execute) = self.executes.get_mut(&id) {
            execute.executor.close(pair);
            self.update(shared, (id, pair), now);
        }
    }

    pub fn abort(&mut self, shared: &Arc<Shared>, id: ExecuteId, now: Instant) {
        if let Some(execute) = self.executes.get_mut(&id) {
            execute.executor.abort();
            self.update_all(shared, id, now);
        }
    }

    /// The time at which to call [`Self::expire`] if nothing happens before.
    pub fn until(&self) -> Option<Instant> {
        self.executes.values().filter_map(|execute| execute.executor.until()).min()
    }

    pub fn expire(&mut self, shared: &Arc<Shared>, now: Instant) {
        let is_due = |execute: &Execute| execute.executor.until().is_some_and(|until| until <= now);
        let due = self.executes.iter().filter(|(_, execute)| is_due(execute));
        for id in due.map(|(&id, _)| id).collect::<Vec<_>>() {
            if let Some(execute) = self.executes.get_mut(&id) {
                execute.executor.expire(now);
                self.update_all(shared, id, now);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.executes.is_empty()
    }

    pub fn has_finished(&self) -> bool {
        !self.done.is_empty()
    }

    /// Takes the executes that are done, in the order in which they ended.
    pub fn take_finished(&mut self) -> Vec<Finished> {
        let Self { done, executes, .. } = self;
        done.drain(..)
            .filter_map(|id| {
                let completions = executes.remove(&id)?.executor.finish();
                Some(Finished {
                    id,
                    completions: completions.map(|(_, completion)| completion).collect(),
                })
            })
            .collect()
    }

    /// Ends every pair with an error. Each has the outcome that its connection knows.
    pub fn fail_all(&mut self, shared: &Arc<Shared>, source: &io::Error, now: Instant) {
        for id in self.executes.keys().copied().collect::<Vec<_>>() {
            for (_, pair) in self.pairs_of(id) {
                if let Some(execute) = self.executes.get_mut(&id) {
                    execute.executor.fail(pair, Kind::Lost { source: Some(copy_error(source)) });
                }
            }
            self.update_all(shared, id, now);
        }
    }

    /// Ends every execute after a panic, which can have left any of them in an invalid state.
    /// Returns the next pair of each connection that was in use.
    pub fn fail_after_panic(&mut self, message: &str) -> (Vec<Finished>, Vec<Next>) {
        let Self { executes, mut pending_hand_offs, .. } = std::mem::take(self);
        let mut finished = Vec::new();
        let mut next = Vec::new();
        for (id, Execute { slots, .. }) in executes {
            for (pair, slot) in slots.iter().enumerate() {
                pending_hand_offs.remove(&(id, pair));
                next.extend(slot.forget((id, pair)));
            }
            let completions = slots.iter().map(|_| panicked(message)).collect();
            finished.push(Finished { id, completions });
        }
        self.pending_hand_offs = pending_hand_offs;
        (finished, next)
    }

    fn pairs_of(&self, id: ExecuteId) -> impl Iterator<Item = PairKey> + use<> {
        let pairs = self.executes.get(&id).map_or(0, |execute| execute.slots.len());
        (0..pairs).map(move |pair| (id, pair))
    }

    fn assign(
        &mut self,
        shared: &Arc<Shared>,
        (id, pair): PairKey,
        connection: Connection,
        now: Instant,
    ) {
        if let Some(execute) = self.executes.get_mut(&id) {
            execute.executor.assign(pair, connection);
            shared.start(&mut execute.executor, now);
            self.update(shared, (id, pair), now);
        }
    }

    fn resume(&mut self, shared: &Arc<Shared>, (id, pair): PairKey, event: Event, now: Instant) {
        if let Some(execute) = self.executes.get_mut(&id) {
            execute.executor.resume(pair, event, now);
            self.update(shared, (id, pair), now);
        }
    }

    fn update_all(&mut self, shared: &Arc<Shared>, id: ExecuteId, now: Instant) {
        for pair in self.pairs_of(id) {
            self.update(shared, pair, now);
        }
    }

    /// Watches what a pair waits for now. If the pair has ended, its connection goes to the next
    /// pair in the queue, which can end at once too.
    fn update(&mut self, shared: &Arc<Shared>, pair: PairKey, now: Instant) {
        let mut next = self.watch_or_release(shared, pair);
        while let Some(Next { driver, hand_off }) = next {
            let HandOff { pair: (id, pair), .. } = hand_off;
            let is_here = Arc::ptr_eq(&driver.0, shared);
            let Some(execute) = self.executes.get_mut(&id).filter(|_| is_here) else {
                // A hand-off to this driver too goes through the inbox if the pair has not arrived
                // from there yet.
                driver.hand_off(hand_off);
                return;
            };
            execute.executor.assign(pair, hand_off.connection);
            shared.start(&mut execute.executor, now);
            next = self.watch_or_release(shared, (id, pair));
        }
    }

    fn watch_or_release(&mut self, shared: &Arc<Shared>, (id, pair): PairKey) -> Option<Next> {
        let execute = self.executes.get_mut(&id)?;
        if execute.executor.is_queued(pair) {
            return None;
        }
        if shared.is_inline() && !execute.may_stay_inline(pair) {
            self.move_to_worker(shared, id);
            return None;
        }
        if execute.executor.wait(pair).is_some() {
            if let Err(source) = self.watch(shared, (id, pair)) {
                self.fail(id, pair, source);
            }
            // A pair that cannot be watched or looked up has failed meanwhile.
            if self.executes.get(&id)?.executor.wait(pair).is_some() {
                return None;
            }
        }
        self.release((id, pair))
    }

    fn fail(&mut self, id: ExecuteId, pair: usize, source: io::Error) {
        if let Some(execute) = self.executes.get_mut(&id) {
            execute.executor.fail(pair, Kind::Lost { source: Some(source) });
        }
    }

    /// Releases the connection of a pair that has ended.
    fn release(&mut self, (id, pair): PairKey) -> Option<Next> {
        self.unwatch((id, pair));
        let execute = self.executes.get_mut(&id)?;
        if execute.executor.is_done() {
            self.done.push(id);
        }
        let slot = &execute.slots[pair];
        match execute.executor.take_connection(pair) {
            Some(connection) => slot.release((id, pair), connection),
            None => slot.forget((id, pair)),
        }
    }

    /// Registers what the pair waits for.
    fn watch(&mut self, shared: &Arc<Shared>, (id, pair): PairKey) -> io::Result<()> {
        let Some(Execute { executor, watches, .. }) = self.executes.get_mut(&id) else {
            return Ok(());
        };
        let watch = &mut watches[pair];
        if let Some(host) = awaited_host(executor, pair) {
            let begun = begin_lookup(&mut self.lookups, shared, watch, host, (id, pair));
            if let Err(source) = begun {
                executor.resume(pair, Event::Resolved(Err(source)), Instant::now());
            }
            return Ok(());
        }
        let Some((sockets, interest)) = awaited_sockets(executor, pair) else {
            self.unwatch((id, pair));
            return Ok(());
        };
        let keys = watch_sockets(shared, sockets, interest)?;
        if keys != watch.keys() {
            for key in watch.keys() {
                self.sockets.remove(key);
            }
            self.sockets.extend(keys.iter().map(|&key| (key, (id, pair))));
            *watch = Watch::Sockets(keys);
        }
        Ok(())
    }

    /// Ignores from now on what the poller reports of the pair's sockets.
    fn unwatch(&mut self, (id, pair): PairKey) {
        let watch = self.executes.get_mut(&id).map(|execute| &mut execute.watches[pair]);
        let Some(watch) = watch else { return };
        for key in std::mem::replace(watch, Watch::None).keys() {
            self.sockets.remove(key);
        }
    }

    /// Moves an execute that would block the JavaScript thread to the worker.
    fn move_to_worker(&mut self, shared: &Arc<Shared>, id: ExecuteId) {
        for pair in self.pairs_of(id) {
            self.unwatch(pair);
        }
        let Some(Execute { executor, slots, .. }) = self.executes.remove(&id) else { return };
        shared.move_to_worker(Submitted { id, executor, slots });
    }
}

impl Execute {
    /// Whether the pair has ended, or waits for a short reply on a connected socket.
    fn may_stay_inline(&self, pair: usize) -> bool {
        if self.executor.wait(pair).is_none() {
            return !self.executor.has_to_start(pair);
        }
        let connection = self.executor.connection(pair);
        connection
            .and_then(Connection::received_bytes)
            .is_some_and(|bytes| bytes <= MAX_INLINE_BYTES)
    }
}

fn begin_lookup(
    lookups: &mut Lookups,
    shared: &Arc<Shared>,
    watch: &mut Watch,
    host: &str,
    pair: PairKey,
) -> io::Result<()> {
    if let Watch::Lookup = watch {
        return Ok(());
    }
    *watch = Watch::Lookup;
    let shared = Arc::clone(shared);
    lookups.begin(host, pair, move |host, found| shared.post(Message::Resolved(host, found)))
}

fn panicked(message: &str) -> Completion {
    let error = Kind::Panic { message: message.to_owned() }.into();
    let failure = Some(Failure { error, outcome: Outcome::Unknown });
    Completion { segments: Vec::new(), replies: 0, failure }
}
