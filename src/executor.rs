//! Runs pairs of a batch and a connection at the same time, within one deadline.
//!
//! An [`Executor`] never waits and has no clock. Its owner, such as a
//! [`Driver`](crate::driver::Driver) or an event loop, calls it in this order:
//!
//! 1. [`Executor::add`] or [`Executor::add_queued`] for each pair, then [`Executor::start`].
//! 2. Until [`Executor::is_done`]: wait for what [`Executor::wait`] names for each pair, at most
//!    until [`Executor::until`], then call [`Executor::resume`] or [`Executor::expire`].
//! 3. [`Executor::finish`].
//!
//! A pair goes through these stages:
//!
//! ```text
//!            start            the batch ends, fails or is aborted
//!   Ready ───────────▶ Waiting ─────────────────────────────────▶ Done
//!     │                                                            ▲
//!     └── close, abort, expire ────────────────────────────────────┘
//! ```
//!
//! A queued pair is `Ready` without a connection until [`Executor::assign`] brings it one.

use std::time::Instant;

use crate::connection::{Completion, Connection, Event, Network, Step, Transport, Wait};
use crate::error::{self, Kind};
use crate::protocol::Batch;

/// Runs pairs of a batch and a connection. The module's documentation has the order of the calls.
pub struct Executor<T: Transport = Network> {
    pairs: Vec<Pair<T>>,
    deadline: Instant,
    unfinished: usize,
}

/// A pair of a connection and a batch.
struct Pair<T: Transport> {
    /// `None` while another execute has the connection, and after [`Executor::take_connection`].
    connection: Option<Connection<T>>,
    stage: Stage,
}

/// The stages of the diagram above.
enum Stage {
    Ready(Batch),
    Waiting(Wait),
    Done(Completion),
}

impl<T: Transport> Executor<T> {
    /// Makes an executor without pairs, whose pairs have to be done by `deadline`.
    pub fn new(deadline: Instant) -> Self {
        Self { pairs: Vec::new(), deadline, unfinished: 0 }
    }

    /// Adds a pair and returns its index. Without a connection, which then is busy with another
    /// execute, the batch fails with `ERR_HS_BUSY`.
    pub fn add(&mut self, connection: Option<Connection<T>>, batch: Batch) -> usize {
        let stage = match &connection {
            Some(_) => Stage::Ready(batch),
            None => Stage::Done(Completion::not_started(Kind::Busy)),
        };
        self.unfinished += usize::from(connection.is_some());
        self.pairs.push(Pair { connection, stage });
        self.pairs.len() - 1
    }

    /// Adds a pair that is queued for its connection and gets it by [`Self::assign`].
    pub fn add_queued(&mut self, batch: Batch) -> usize {
        self.unfinished += 1;
        self.pairs.push(Pair { connection: None, stage: Stage::Ready(batch) });
        self.pairs.len() - 1
    }

    /// Gives a queued pair its connection. [`Self::start`] has to follow.
    pub fn assign(&mut self, pair: usize, connection: Connection<T>) {
        self.pairs[pair].connection = Some(connection);
    }

    /// Starts the pairs whose connection is open. This takes one receive and one send for each and
    /// nothing slower, so a thread that must not block can do it and leave the rest to another
    /// thread.
    pub fn start_connected(&mut self, now: Instant) {
        for pair in 0..self.pairs.len() {
            let Pair { connection: Some(connection), stage } = &mut self.pairs[pair] else {
                continue;
            };
            if let Stage::Ready(batch) = stage {
                match connection.start_connected(std::mem::take(batch), self.deadline, now) {
                    Ok(step) => self.take_step(pair, step),
                    Err(unsent) => *batch = unsent,
                }
            }
        }
    }

    /// Starts every pair that has its connection and has not started.
    pub fn start(&mut self, now: Instant) {
        for pair in 0..self.pairs.len() {
            self.start_pair(pair, now);
        }
    }

    /// What the pair waits for; `None` if it is done or has not started.
    pub fn wait(&self, pair: usize) -> Option<Wait> {
        match self.pairs[pair].stage {
            Stage::Waiting(wait) => Some(wait),
            Stage::Ready(_) | Stage::Done(_) => None,
        }
    }

    /// Tells a pair what has happened. A pair that is done ignores it.
    pub fn resume(&mut self, pair: usize, event: Event, now: Instant) {
        if let Pair { connection: Some(connection), stage: Stage::Waiting(_) } =
            &mut self.pairs[pair]
        {
            let step = connection.resume(event, now);
            self.take_step(pair, step);
        }
    }

    /// The time at which to call [`Self::expire`] if nothing happens before.
    pub fn until(&self) -> Option<Instant> {
        self.pairs.iter().filter_map(|pair| pair.stage.until(self.deadline)).min()
    }

    /// Tells each pair whose time has come. Calling this early is harmless.
    pub fn expire(&mut self, now: Instant) {
        for pair in 0..self.pairs.len() {
            if self.pairs[pair].stage.until(self.deadline).is_none_or(|until| until > now) {
                continue;
            }
            if self.is_queued(pair) {
                self.fail(pair, Kind::Timeout { during: error::Stage::Start });
            }
            self.start_pair(pair, now);
            self.resume(pair, Event::Time, now);
        }
    }

    /// Closes a pair's connection. If the batch is not done, it ends with `ERR_HS_CLOSED`.
    pub fn close(&mut self, pair: usize) {
        self.fail(pair, Kind::Closed);
        if let Some(connection) = &mut self.pairs[pair].connection {
            connection.close();
        }
    }

    /// Ends every pair that is not done with `ERR_HS_CLOSED`.
    pub fn abort(&mut self) {
        for pair in 0..self.pairs.len() {
            self.fail(pair, Kind::Aborted);
        }
    }

    /// Ends a pair with an error if it is not done.
    pub(crate) fn fail(&mut self, pair: usize, kind: Kind) {
        let Pair { connection, stage } = &mut self.pairs[pair];
        let completion = match stage {
            Stage::Done(_) => return,
            Stage::Ready(_) => Completion::not_started(kind),
            Stage::Waiting(_) => connection
                .as_mut()
                .and_then(|connection| connection.abort(kind))
                .expect("a pair that waits has a connection and an exchange in flight"),
        };
        self.take_step(pair, Step::Done(completion));
    }

    /// Whether the pair has its connection and has not started.
    pub fn has_to_start(&self, pair: usize) -> bool {
        let Pair { connection, stage } = &self.pairs[pair];
        connection.is_some() && matches!(stage, Stage::Ready(_))
    }

    /// Whether the pair is queued for its connection.
    pub fn is_queued(&self, pair: usize) -> bool {
        let Pair { connection, stage } = &self.pairs[pair];
        connection.is_none() && matches!(stage, Stage::Ready(_))
    }

    /// Takes the connection of a pair that is done.
    pub fn take_connection(&mut self, pair: usize) -> Option<Connection<T>> {
        match self.pairs[pair].stage {
            Stage::Done(_) => self.pairs[pair].connection.take(),
            Stage::Ready(_) | Stage::Waiting(_) => None,
        }
    }

    /// Whether every pair is done.
    pub fn is_done(&self) -> bool {
        self.unfinished == 0
    }

    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pair's connection; `None` while another execute has it, and after
    /// [`Self::take_connection`].
    pub fn connection(&self, pair: usize) -> Option<&Connection<T>> {
        self.pairs[pair].connection.as_ref()
    }

    /// The connections that were not taken and the completions of their batches, in the order of
    /// the pairs.
    ///
    /// # Panics
    /// If a pair is not done.
    pub fn finish(self) -> impl Iterator<Item = (Option<Connection<T>>, Completion)> {
        assert!(self.is_done(), "an executor can be finished only when all its pairs are done");
        self.pairs.into_iter().map(|pair| match pair.stage {
            Stage::Done(completion) => (pair.connection, completion),
            Stage::Ready(_) | Stage::Waiting(_) => unreachable!("all pairs are done"),
        })
    }

    fn start_pair(&mut self, pair: usize, now: Instant) {
        let Pair { connection: Some(connection), stage } = &mut self.pairs[pair] else {
            return;
        };
        if let Stage::Ready(batch) = stage {
            let step = connection.start(std::mem::take(batch), self.deadline, now);
            self.take_step(pair, step);
        }
    }

    fn take_step(&mut self, pair: usize, step: Step) {
        self.pairs[pair].stage = match step {
            Step::Wait(wait) => Stage::Waiting(wait),
            Step::Done(completion) => {
                self.unfinished -= 1;
                Stage::Done(completion)
            }
        };
    }
}

impl Stage {
    fn until(&self, deadline: Instant) -> Option<Instant> {
        match self {
            Stage::Ready(_) => Some(deadline),
            Stage::Waiting(wait) => Some(wait.until),
            Stage::Done(_) => None,
        }
    }
}
