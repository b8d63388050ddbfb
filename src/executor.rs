//! Pairs batches with connections and runs them all at once, within one deadline.
//!
//! An [`Executor`] waits for nothing and has no clock. Its owner begins with [`Executor::start`], watches for each pair
//! what [`Executor::wait`] names, reports it with [`Executor::resume`], and calls [`Executor::expire`] when the moment
//! that [`Executor::until`] names has come, until [`Executor::is_done`].

use std::time::Instant;

use crate::connection::{Completion, Connection, Event, Network, Step, Transport, Wait};
use crate::error::{self, Kind};
use crate::protocol::Batch;

/// See the module's documentation.
pub struct Executor<T: Transport = Network> {
    pairs: Vec<Pair<T>>,
    deadline: Instant,
    unfinished: usize,
}

struct Pair<T: Transport> {
    /// `None` if another execute has the connection, or before the pair's turn, or after [`Executor::take_connection`].
    connection: Option<Connection<T>>,
    stage: Stage,
}

enum Stage {
    Ready(Batch),
    Waiting(Wait),
    Done(Completion),
}

impl<T: Transport> Executor<T> {
    /// An executor without pairs, all of which will have to be done by `deadline`.
    pub fn new(deadline: Instant) -> Self {
        Self { pairs: Vec::new(), deadline, unfinished: 0 }
    }

    /// Adds a pair and gives its position. Without a connection, because another execute is using it, the batch fails
    /// with `ERR_HS_BUSY`.
    pub fn add(&mut self, connection: Option<Connection<T>>, batch: Batch) -> usize {
        let stage = match &connection {
            Some(_) => Stage::Ready(batch),
            None => Stage::Done(Completion::not_begun(Kind::Busy)),
        };
        self.unfinished += usize::from(connection.is_some());
        self.pairs.push(Pair { connection, stage });
        self.pairs.len() - 1
    }

    /// Adds a pair whose connection another execute has, and which gets it in its turn by [`Self::lend`].
    pub fn add_waiting(&mut self, batch: Batch) -> usize {
        self.unfinished += 1;
        self.pairs.push(Pair { connection: None, stage: Stage::Ready(batch) });
        self.pairs.len() - 1
    }

    /// Gives a pair the connection that it was queued for. A start has to follow.
    pub fn lend(&mut self, pair: usize, connection: Connection<T>) {
        self.pairs[pair].connection = Some(connection);
    }

    /// Begins those pairs whose connection is open. It makes no other system calls than a receive and a send for each, so a
    /// thread that must not be held up can do it before another one does the rest.
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

    /// Begins every pair that has its connection and has not begun.
    pub fn start(&mut self, now: Instant) {
        for pair in 0..self.pairs.len() {
            self.start_pair(pair, now);
        }
    }

    /// What the pair waits for; `None` if it is done or has not begun.
    pub fn wait(&self, pair: usize) -> Option<Wait> {
        match self.pairs[pair].stage {
            Stage::Waiting(wait) => Some(wait),
            Stage::Ready(_) | Stage::Done(_) => None,
        }
    }

    /// Goes on with a pair after something happened. A pair that is done stays so.
    pub fn resume(&mut self, pair: usize, event: Event, now: Instant) {
        if let Pair { connection: Some(connection), stage: Stage::Waiting(_) } =
            &mut self.pairs[pair]
        {
            let step = connection.resume(event, now);
            self.take_step(pair, step);
        }
    }

    /// When [`Self::expire`] has to be called if nothing happens before.
    pub fn until(&self) -> Option<Instant> {
        self.pairs.iter().filter_map(|pair| pair.stage.until(self.deadline)).min()
    }

    /// Tells the pairs whose time has come.
    pub fn expire(&mut self, now: Instant) {
        for pair in 0..self.pairs.len() {
            if self.pairs[pair].stage.until(self.deadline).is_none_or(|until| until > now) {
                continue;
            }
            if self.awaits_turn(pair) {
                self.fail(pair, Kind::Timeout { during: error::Stage::Start });
            }
            self.start_pair(pair, now);
            self.resume(pair, Event::Time, now);
        }
    }

    /// Closes a pair's connection. A batch that is not done ends with `ERR_HS_CLOSED`; one that is stays as it is.
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

    /// Ends a pair that is not done.
    pub(crate) fn fail(&mut self, pair: usize, kind: Kind) {
        let Pair { connection, stage } = &mut self.pairs[pair];
        let completion = match stage {
            Stage::Done(_) => return,
            Stage::Ready(_) => Completion::not_begun(kind),
            Stage::Waiting(_) => {
                connection.as_mut().and_then(|connection| connection.abort(kind)).expect(
                    "a pair that waits for something has a connection and an exchange under way",
                )
            }
        };
        self.take_step(pair, Step::Done(completion));
    }

    /// Whether the pair has its connection and has not begun.
    pub fn has_to_start(&self, pair: usize) -> bool {
        let Pair { connection, stage } = &self.pairs[pair];
        connection.is_some() && matches!(stage, Stage::Ready(_))
    }

    /// Whether the pair waits for its turn to have a connection.
    pub fn awaits_turn(&self, pair: usize) -> bool {
        let Pair { connection, stage } = &self.pairs[pair];
        connection.is_none() && matches!(stage, Stage::Ready(_))
    }

    /// The connection of a pair that has ended.
    pub fn take_connection(&mut self, pair: usize) -> Option<Connection<T>> {
        match self.pairs[pair].stage {
            Stage::Done(_) => self.pairs[pair].connection.take(),
            Stage::Ready(_) | Stage::Waiting(_) => None,
        }
    }

    /// Whether every pair has ended.
    pub fn is_done(&self) -> bool {
        self.unfinished == 0
    }

    /// How many pairs were added.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether no pair was added.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pair's connection; `None` if another execute has it, or after [`Self::take_connection`].
    pub fn connection(&self, pair: usize) -> Option<&Connection<T>> {
        self.pairs[pair].connection.as_ref()
    }

    /// The connections that were not taken and how their batches ended, in the order in which they were added.
    ///
    /// # Panics
    /// If a pair is not done.
    pub fn finish(self) -> impl Iterator<Item = (Option<Connection<T>>, Completion)> {
        assert!(self.is_done(), "an executor is finished when all its pairs are done");
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
