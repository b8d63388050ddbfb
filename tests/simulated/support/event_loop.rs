//! An event loop that owns the simulated clock. It fails a test whose state machine waits for
//! nothing or spins.

use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use hansock::connection::{Awaited, Completion, Event, Wait};
use hansock::executor::Executor;
use hansock::protocol::Batch;

use super::world::{SimulatedConnection, World};

/// The most turns of a test.
const MAX_TURNS: usize = 1_000_000;

pub type Ended = (Option<SimulatedConnection>, Completion);

/// Runs an executor to its end: add pairs, then call [`Self::run`] or repeat [`Self::turn`].
pub struct EventLoop {
    world: World,
    pub executor: Executor<World>,
    deadline: Instant,
    may_time_out: bool,
    has_started: bool,
    pairs: Vec<Pair>,
    turns: usize,
}

/// The batch of a pair and the look-up that it waits for.
struct Pair {
    batch: Batch,
    lookup: Option<Lookup>,
}

/// A look-up in flight, and its result.
struct Lookup {
    ends: Instant,
    found: io::Result<Vec<IpAddr>>,
}

impl EventLoop {
    pub fn new(world: &World, timeout: Duration) -> Self {
        let deadline = world.now() + timeout;
        Self {
            world: world.clone(),
            executor: Executor::new(deadline),
            deadline,
            may_time_out: false,
            has_started: false,
            pairs: Vec::new(),
            turns: 0,
        }
    }

    /// Lets the deadline end a batch. Without this call the test fails when it does.
    pub fn may_time_out(mut self) -> Self {
        self.may_time_out = true;
        self
    }

    pub fn pair(self, connection: SimulatedConnection, batch: &Batch) -> Self {
        self.pair_or_none(Some(connection), batch)
    }

    pub fn pair_or_none(mut self, connection: Option<SimulatedConnection>, batch: &Batch) -> Self {
        self.executor.add(connection, batch.clone());
        self.pairs.push(Pair { batch: batch.clone(), lookup: None });
        self
    }

    pub fn run(mut self) -> Vec<Ended> {
        while self.turn() {}
        self.finish()
    }

    pub fn run_one(self) -> (SimulatedConnection, Completion) {
        let mut ended = self.run();
        let (connection, completion) = ended.pop().expect("there is one pair");
        assert!(ended.is_empty(), "there is one pair only");
        (connection.expect("the pair has a connection"), completion)
    }

    pub fn finish(self) -> Vec<Ended> {
        assert!(self.world.now() <= self.deadline, "the execute ended after its deadline");
        self.executor.finish().collect()
    }

    /// Does what is due now, or moves the clock if nothing is due. Returns `false` when all pairs
    /// are done.
    pub fn turn(&mut self) -> bool {
        self.turns += 1;
        assert!(self.turns < MAX_TURNS, "the execute never ends");
        if !self.has_started {
            self.has_started = true;
            self.executor.start(self.world.now());
            return true;
        }
        if self.executor.is_done() {
            return false;
        }
        let mut was_ready = false;
        for pair in 0..self.pairs.len() {
            was_ready |= self.resume_if_ready(pair);
        }
        if !was_ready {
            self.move_clock();
        }
        true
    }

    fn resume_if_ready(&mut self, pair: usize) -> bool {
        let Some(wait) = self.executor.wait(pair) else {
            return false;
        };
        match wait.awaited {
            Awaited::Sockets { .. } if self.is_ready(pair, wait) => {
                let activity = self.world.activity();
                self.executor.resume(pair, Event::Ready, self.world.now());
                let is_active = self.world.activity() > activity;
                let is_same = self.executor.wait(pair) == Some(wait) && self.is_ready(pair, wait);
                assert!(
                    is_active || !is_same,
                    "the state machine spins: its socket is ready, and no byte moves"
                );
                true
            }
            Awaited::Sockets { .. } => false,
            Awaited::Lookup => self.resume_if_found(pair),
        }
    }

    fn resume_if_found(&mut self, pair: usize) -> bool {
        let now = self.world.now();
        let lookup = &mut self.pairs[pair].lookup;
        if lookup.is_none() {
            let connection =
                self.executor.connection(pair).expect("a pair that waits has a connection");
            let name = self.world.name(connection.host().expect("only a host is looked up"));
            let found = name.addresses.map_err(io::Error::from);
            *lookup = Some(Lookup { ends: now + name.delay, found });
        }
        match lookup.take_if(|lookup| lookup.ends <= now) {
            Some(Lookup { found, .. }) => {
                self.executor.resume(pair, Event::Resolved(found), now);
                true
            }
            None => false,
        }
    }

    fn is_ready(&self, pair: usize, wait: Wait) -> bool {
        let Awaited::Sockets { readable, writable } = wait.awaited else {
            return false;
        };
        let connection =
            self.executor.connection(pair).expect("a pair that waits has a connection");
        connection.sockets().any(|socket| {
            let (is_readable, is_writable) = self.world.readiness(socket);
            readable && is_readable || writable && is_writable
        })
    }

    fn move_clock(&mut self) {
        let until = self.executor.until().expect("a pair that is not done has a deadline");
        assert!(until <= self.deadline, "the pair waits past its deadline");
        let lookups = self.pairs.iter().filter_map(|pair| Some(pair.lookup.as_ref()?.ends));
        let now = self.world.now();
        let next = lookups.chain(self.world.next_moment()).filter(|&moment| moment > now).min();
        match next {
            Some(next) if next < until => self.world.move_clock(next),
            _ => {
                if until == self.deadline {
                    self.assert_nothing_left_to_do();
                }
                self.world.move_clock(until);
                self.executor.expire(until);
            }
        }
    }

    /// An execute may time out only if it waits for the peer.
    fn assert_nothing_left_to_do(&self) {
        assert!(self.may_time_out, "nothing happens any more before the deadline");
        for (pair, Pair { batch, .. }) in self.pairs.iter().enumerate() {
            let connection = self.executor.connection(pair);
            let waits_for_reading = self.executor.wait(pair).is_some_and(|wait| {
                matches!(wait.awaited, Awaited::Sockets { readable: true, writable: false })
            });
            let socket = connection.and_then(|connection| connection.sockets().next());
            if let (true, Some(socket)) = (waits_for_reading, socket) {
                assert!(
                    self.world.has_accepted_last(socket, batch.bytes()),
                    "the pair waits for replies and has not sent its whole batch"
                );
            }
        }
    }
}
