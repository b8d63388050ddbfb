//! The executes in flight and what each of their pairs waits for.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::lookup::Lookups;
use super::watch::{Watch, awaited_host, awaited_sockets};
use super::{ExecuteId, Finished, Handle, Order, PairKey, Shared, Submitted};
use crate::connection::{Completion, Connection, Event, Failure};
use crate::error::{Kind, Outcome};
use crate::executor::Executor;
use crate::resolver::copy_error;

#[derive(Default)]
pub(super) struct Flights {
    flights: HashMap<ExecuteId, Flight>,
    /// The pairs whose sockets the poller knows, by the key that it knows a pair's sockets by.
    sockets: HashMap<usize, PairKey>,
    lookups: Lookups,
    /// The pairs that have begun and that nothing watches yet.
    unwatched: Vec<PairKey>,
    /// Connections whose turn it was for a pair that is still on its way here.
    early: HashMap<PairKey, Connection>,
}

struct Flight {
    executor: Executor,
    /// Whom the pairs have their connections from.
    handles: Vec<Arc<Handle>>,
    watches: Vec<Watch>,
}

impl Flights {
    pub fn begin(&mut self, submitted: Submitted, now: Instant) {
        let Submitted { id, executor, handles, watches } = submitted;
        let flight = self.flights.entry(id).or_insert(Flight { executor, handles, watches });
        flight.executor.start(now);
        for pair in 0..flight.watches.len() {
            if let Some(key) = self.flights[&id].watches[pair].key() {
                self.sockets.insert(key, (id, pair));
            } else if let Some(connection) = self.early.remove(&(id, pair)) {
                self.pass_on((id, pair), connection, now);
            } else {
                self.follow((id, pair), now);
            }
        }
    }

    /// The poller saw a socket that it knows by `key`.
    pub fn ready(&mut self, shared: &Arc<Shared>, key: usize, now: Instant) {
        if let Some(&pair) = self.sockets.get(&key) {
            self.resume(shared, pair, Event::Ready, now);
        }
    }

    pub fn resolved(&mut self, host: &str, found: &io::Result<Vec<IpAddr>>, now: Instant) {
        for (id, pair) in self.lookups.end(host) {
            let found = match found {
                Ok(addresses) => Ok(addresses.clone()),
                Err(error) => Err(copy_error(error)),
            };
            if let Some(flight) = self.flights.get_mut(&id) {
                flight.watches[pair] = Watch::None;
                flight.executor.resume(pair, Event::Resolved(found), now);
                self.follow((id, pair), now);
            }
        }
    }

    pub fn close(&mut self, shared: &Arc<Shared>, (id, pair): PairKey, now: Instant) {
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.executor.close(pair);
            self.watch(shared, (id, pair), now);
        }
    }

    pub fn abort(&mut self, shared: &Arc<Shared>, id: ExecuteId, now: Instant) {
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.executor.abort();
            self.watch_all(shared, id, now);
        }
    }

    /// Tries the pairs that are new here: what was sent before this thread came to it may have been answered by now, and
    /// then the poller never hears of it.
    pub fn try_new(&mut self, shared: &Arc<Shared>, now: Instant) {
        for (id, pair) in std::mem::take(&mut self.unwatched) {
            let Some(flight) = self.flights.get_mut(&id) else {
                continue;
            };
            flight.executor.resume(pair, Event::Ready, now);
            match awaited_host(&flight.executor, pair) {
                // The look-up has a thread of its own, and need not wait for a poller.
                Some(_) => self.watch(shared, (id, pair), now),
                None => self.follow((id, pair), now),
            }
        }
    }

    /// Has the poller watch the pairs that are new here.
    pub fn watch_new(&mut self, shared: &Arc<Shared>, now: Instant) {
        // A pair that ends here may make way for another one.
        while let Some(pair) = self.unwatched.pop() {
            self.watch(shared, pair, now);
        }
    }

    pub fn until(&self) -> Option<Instant> {
        self.flights.values().filter_map(|flight| flight.executor.until()).min()
    }

    pub fn expire(&mut self, shared: &Arc<Shared>, now: Instant) {
        let is_due = |flight: &Flight| flight.executor.until().is_some_and(|until| until <= now);
        let due = self.flights.iter().filter(|(_, flight)| is_due(flight));
        for id in due.map(|(&id, _)| id).collect::<Vec<_>>() {
            let Some(flight) = self.flights.get_mut(&id) else {
                continue;
            };
            flight.executor.expire(now);
            self.watch_all(shared, id, now);
        }
    }

    /// Whether [`Self::take_finished`] would give something.
    pub fn has_finished(&self) -> bool {
        self.flights.values().any(|flight| flight.executor.is_done())
    }

    pub fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    pub fn take_finished(&mut self) -> Vec<Finished> {
        let done = self.flights.extract_if(|_, flight| flight.executor.is_done());
        let finished = done.map(|(id, flight)| {
            let completions = flight.executor.finish().map(|(_, completion)| completion);
            Finished { id, completions: completions.collect() }
        });
        let mut finished: Vec<_> = finished.collect();
        finished.sort_by_key(|finished| finished.id);
        finished
    }

    /// Ends every execute with an error, after a panic. Nothing else can be said of what it left behind.
    pub fn fail_all(&mut self, message: &str) -> Vec<Finished> {
        let Self { flights, mut early, .. } = std::mem::take(self);
        let mut finished = Vec::new();
        for (id, Flight { handles, .. }) in flights {
            for (pair, handle) in handles.iter().enumerate() {
                early.remove(&(id, pair));
                early.extend(handle.forget((id, pair)));
            }
            let completions = handles.iter().map(|_| panicked(message)).collect();
            finished.push(Finished { id, completions });
        }
        self.early = early;
        finished
    }

    fn resume(&mut self, shared: &Arc<Shared>, (id, pair): PairKey, event: Event, now: Instant) {
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.executor.resume(pair, event, now);
            self.watch(shared, (id, pair), now);
        }
    }

    fn watch_all(&mut self, shared: &Arc<Shared>, id: ExecuteId, now: Instant) {
        let pairs = self.flights.get(&id).map_or(0, |flight| flight.watches.len());
        for pair in 0..pairs {
            self.watch(shared, (id, pair), now);
        }
    }

    /// It is this pair's turn.
    fn pass_on(&mut self, pair: PairKey, connection: Connection, now: Instant) {
        let mut turn = Some((pair, connection));
        while let Some(((id, pair), connection)) = turn {
            let Some(flight) = self.flights.get_mut(&id) else {
                self.early.insert((id, pair), connection);
                return;
            };
            flight.executor.lend(pair, connection, now);
            turn = self.leave((id, pair));
        }
    }

    /// A pair that nothing watches any more: it will be watched, or it has ended and makes way.
    fn follow(&mut self, pair: PairKey, now: Instant) {
        if let Some((next, connection)) = self.leave(pair) {
            self.pass_on(next, connection, now);
        }
    }

    /// Gives the connection of a pair that has ended to whose turn it is.
    fn leave(&mut self, (id, pair): PairKey) -> Option<(PairKey, Connection)> {
        let flight = self.flights.get_mut(&id)?;
        if flight.executor.wait(pair).is_some() {
            self.unwatched.push((id, pair));
            return None;
        }
        if flight.executor.awaits_turn(pair) {
            return None;
        }
        // Before another one watches the same socket.
        let watch = std::mem::replace(&mut flight.watches[pair], Watch::None);
        if let Some(key) = watch.key() {
            self.sockets.remove(&key);
        }
        drop(watch);
        let handle = &flight.handles[pair];
        match flight.executor.take_connection(pair) {
            Some(connection) => handle.give_back((id, pair), connection),
            None => handle.forget((id, pair)),
        }
    }

    /// Sees to it that the pair hears of what it waits for now.
    fn watch(&mut self, shared: &Arc<Shared>, (id, pair): PairKey, now: Instant) {
        let Some(Flight { executor, watches, .. }) = self.flights.get_mut(&id) else {
            return;
        };
        let watch = &mut watches[pair];
        let known = watch.key();
        let result = if let Some(host) = awaited_host(executor, pair) {
            let begun = begin_lookup(&mut self.lookups, shared, watch, host, (id, pair));
            if let Err(source) = begun {
                executor.resume(pair, Event::Resolved(Err(source)), now);
            }
            Ok(())
        } else if let Some((sockets, interest)) = awaited_sockets(executor, pair) {
            watch.sockets(&shared.poller, &shared.keys, sockets, interest)
        } else {
            *watch = Watch::None;
            Ok(())
        };
        if watch.key() != known {
            if let Some(key) = known {
                self.sockets.remove(&key);
            }
            if let Some(key) = watch.key() {
                self.sockets.insert(key, (id, pair));
            }
        }
        if let Err(source) = result {
            executor.fail(pair, Kind::Lost { source: Some(source) });
        }
        if executor.wait(pair).is_none() {
            self.follow((id, pair), now);
        }
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
    lookups.begin(host, pair, move |host, found| shared.order(Order::Resolved(host, found)))
}

fn panicked(message: &str) -> Completion {
    let error = Kind::Panic { message: message.to_owned() }.into();
    let failure = Some(Failure { error, outcome: Outcome::Unknown });
    Completion { segments: Vec::new(), replies: 0, failure }
}
