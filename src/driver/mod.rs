//! Polls for executes in flight.
//!
//! A [`Driver`] has a poller and the executes that wait on it. There are two kinds:
//!
//! - A **worker's** driver ([`Driver::new`]) runs any execute. A thread calls [`Driver::poll`],
//!   which returns as soon as something has finished, so that a thread of a pool is held only while
//!   there is something to wait for.
//! - An **inline** driver ([`Driver::inline`]) runs executes of one pair on a connected socket, on
//!   the thread that submits them. That thread has an event loop, which watches the poller's
//!   descriptor and calls [`Driver::poll_inline`]. A pair that would block the thread (by a
//!   connect, a look-up or a long reply) moves to the worker's driver.
//!
//! Any thread may submit, abort and close. Only the thread that polls touches the executes; all
//! others send it messages:
//!
//! ```text
//!   submit, abort, close, hand-off, look-up        take_finished
//!                     │                                  ▲
//!                     ▼                                  │
//!                   inbox ──▶ in flight ──▶ finished ────┘
//!                               │   ▲
//!                      register ▼   │ ready
//!                              poller
//! ```
//!
//! The order of the calls for an execute: [`ConnectionSlot::acquire`] for each pair,
//! [`Driver::submit`], [`Driver::poll`] or [`Driver::poll_inline`] until [`Driver::take_finished`]
//! returns it. `docs/driver.md` explains the design.

mod claims;
mod in_flight;
mod lookup;
mod slot;
mod watch;

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use polling::{Events, PollMode, Poller};

use crate::connection::Completion;
use crate::executor::Executor;
use in_flight::InFlight;
use watch::Keys;

pub use claims::Claims;
pub use slot::{Acquired, ConnectionSlot, HandOff, Next};

/// The longest time that [`Driver::poll`] takes. An environment that ends waits for its worker,
/// which it cannot interrupt in every case.
pub const MAX_POLL: Duration = Duration::from_millis(50);

/// The most sockets that are checked by receiving from them, which takes one system call each.
/// Asking the poller takes five.
const MAX_DIRECT_RECEIVES: usize = 8;

/// The identifier of an execute.
pub type ExecuteId = u32;

/// The identifier of a pair: its execute and its index there.
pub type PairKey = (ExecuteId, usize);

/// A poller with the executes that wait on it. The module's documentation has the two kinds.
#[derive(Clone)]
pub struct Driver(Arc<Shared>);

/// A reference that does not keep its driver alive.
#[derive(Clone)]
struct WeakDriver(Weak<Shared>);

impl WeakDriver {
    fn upgrade(&self) -> Option<Driver> {
        self.0.upgrade().map(Driver)
    }
}

/// The parts of a driver, which all its clones share.
struct Shared {
    poller: Arc<Poller>,
    keys: Keys,
    /// The driver to which an inline driver moves what it cannot run; `None` in a worker's driver.
    worker: Option<Driver>,
    inbox: Mutex<Inbox>,
    /// Locked by the thread that polls, as long as it does.
    in_flight: Mutex<InFlight>,
    finished: Mutex<Vec<Finished>>,
    /// The executes that were submitted and have not finished.
    unfinished: AtomicUsize,
}

/// The messages to the thread that polls.
#[derive(Default)]
struct Inbox {
    messages: VecDeque<Message>,
    /// Whether a thread sleeps in the poller, or is about to, and has to be woken.
    is_asleep: bool,
}

/// A message to the thread that polls.
enum Message {
    Run(Submitted),
    Abort(ExecuteId),
    Close(PairKey),
    HandOff(Box<HandOff>),
    Resolved(String, io::Result<Vec<IpAddr>>),
    /// Ends the poll.
    Interrupt,
}

/// An execute that was submitted and has not arrived.
struct Submitted {
    id: ExecuteId,
    executor: Executor,
    /// The slots from which the pairs acquired their connections.
    slots: Vec<Arc<ConnectionSlot>>,
}

/// An execute that has finished.
pub struct Finished {
    /// The identifier that [`Driver::submit`] was given.
    pub id: ExecuteId,
    /// The completions of its batches, in the order of the pairs.
    pub completions: Vec<Completion>,
}

/// Returns an identifier that no other execute of this process has.
pub fn new_execute_id() -> ExecuteId {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Driver {
    /// Makes a worker's driver. Its poller has three file descriptors on Linux.
    pub fn new() -> io::Result<Self> {
        Self::with_worker(None)
    }

    /// Makes an inline driver that moves to `worker` what it cannot run.
    pub fn inline(worker: &Driver) -> io::Result<Self> {
        Self::with_worker(Some(worker.clone()))
    }

    fn with_worker(worker: Option<Driver>) -> io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            poller: Arc::new(Poller::new()?),
            keys: Keys::default(),
            worker,
            inbox: Mutex::default(),
            in_flight: Mutex::default(),
            finished: Mutex::default(),
            unfinished: AtomicUsize::new(0),
        })))
    }

    /// Takes an executor whose pairs acquired their connections from `slots` for this driver. An
    /// inline driver starts it at once.
    pub fn submit(
        &self,
        id: ExecuteId,
        executor: Executor,
        slots: Vec<Arc<ConnectionSlot>>,
        now: Instant,
    ) {
        let submitted = Submitted { id, executor, slots };
        if !self.0.is_inline() {
            return self.0.submit(submitted);
        }
        self.0.unfinished.fetch_add(1, Ordering::Relaxed);
        let mut in_flight = lock(&self.0.in_flight);
        self.guarded(&mut in_flight, |in_flight| {
            in_flight.begin(&self.0, submitted, now);
            if self.0.take_finished(in_flight) {
                self.0.wake();
            }
        });
    }

    /// Ends every pair of an execute that is not done with `ERR_HS_CLOSED`.
    pub fn abort(&self, id: ExecuteId) {
        self.0.post(Message::Abort(id));
    }

    /// Closes the connection of a pair. If the batch is not done, it ends with `ERR_HS_CLOSED`.
    pub fn close(&self, pair: PairKey) {
        self.0.post(Message::Close(pair));
    }

    /// Ends the poll that is running, whatever is in flight.
    pub fn interrupt(&self) {
        self.0.post(Message::Interrupt);
    }

    fn hand_off(&self, hand_off: HandOff) {
        self.0.post(Message::HandOff(Box::new(hand_off)));
    }

    fn downgrade(&self) -> WeakDriver {
        WeakDriver(Arc::downgrade(&self.0))
    }

    /// Whether a submitted execute has not finished.
    pub fn is_busy(&self) -> bool {
        self.0.unfinished.load(Ordering::Relaxed) > 0
    }

    /// Waits and works until something has finished, nothing is in flight, [`MAX_POLL`] is over or
    /// [`Self::interrupt`] is called.
    pub fn poll(&self) {
        let mut in_flight = lock(&self.0.in_flight);
        self.guarded(&mut in_flight, |in_flight| self.0.poll(in_flight, Instant::now() + MAX_POLL));
    }

    /// Works without waiting: starts look-ups, connects, sends and receives. Does nothing while
    /// another thread polls.
    pub fn poll_once(&self) {
        let Ok(mut in_flight) = self.0.in_flight.try_lock() else { return };
        self.guarded(&mut in_flight, |in_flight| self.0.poll(in_flight, Instant::now()));
    }

    /// Works without waiting on an inline driver. To be called when its descriptor is readable, and
    /// at [`Self::until`].
    pub fn poll_inline(&self) {
        let mut in_flight = lock(&self.0.in_flight);
        self.guarded(&mut in_flight, |in_flight| self.0.poll_inline(in_flight));
    }

    /// Receives what has arrived on an inline driver's sockets. Returns whether an execute has
    /// finished. This neither waits nor asks the poller, so it takes one system call a socket.
    pub fn poll_sockets(&self) -> bool {
        let mut in_flight = lock(&self.0.in_flight);
        self.guarded(&mut in_flight, |in_flight| {
            in_flight.ready_all(&self.0, Instant::now());
            self.0.take_finished(in_flight);
        });
        !lock(&self.0.finished).is_empty()
    }

    /// The time at which to call [`Self::poll_inline`] if the descriptor is not readable before.
    pub fn until(&self) -> Option<Instant> {
        lock(&self.0.in_flight).until()
    }

    /// Submits an executor and works until it has finished.
    pub fn run_to_end(
        &self,
        id: ExecuteId,
        executor: Executor,
        slots: Vec<Arc<ConnectionSlot>>,
    ) -> Finished {
        self.submit(id, executor, slots, Instant::now());
        loop {
            self.poll();
            let mut finished = lock(&self.0.finished);
            if let Some(position) = finished.iter().position(|finished| finished.id == id) {
                return finished.swap_remove(position);
            }
        }
    }

    /// Ends everything in flight with an error, because no thread can poll for it. Each pair has
    /// the outcome that its connection knows. Does nothing while a thread polls.
    pub fn fail_all(&self, source: &io::Error) {
        let Ok(mut in_flight) = self.0.in_flight.try_lock() else { return };
        self.guarded(&mut in_flight, |in_flight| {
            self.0.handle_messages(in_flight);
            in_flight.fail_all(&self.0, source, Instant::now());
            self.0.take_finished(in_flight);
        });
    }

    /// Takes the executes that have finished since the last call.
    #[must_use = "nothing else reports the end of these executes"]
    pub fn take_finished(&self) -> Vec<Finished> {
        std::mem::take(&mut *lock(&self.0.finished))
    }

    /// Runs `work` and contains its panics: each execute in flight then finishes with an error.
    fn guarded(&self, in_flight: &mut InFlight, work: impl FnOnce(&mut InFlight)) {
        let result = catch_unwind(AssertUnwindSafe(|| work(in_flight)));
        lock(&self.0.inbox).is_asleep = false;
        if let Err(panic) = result {
            let (finished, next) = in_flight.fail_after_panic(&panic_message(&*panic));
            self.0.add_finished(finished);
            for Next { driver, hand_off } in next {
                driver.hand_off(hand_off);
            }
        }
    }
}

/// The descriptor is readable when [`Driver::poll_inline`] has something to do.
#[cfg(target_os = "linux")]
impl std::os::fd::AsRawFd for Driver {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.0.poller.as_raw_fd()
    }
}

impl Shared {
    fn is_inline(&self) -> bool {
        self.worker.is_some()
    }

    /// The mode in which the poller watches sockets. In edge mode a socket stays registered, and
    /// wakes the event loop once for what arrives; whoever is woken receives until nothing is left.
    fn mode(&self) -> PollMode {
        let is_edge = self.is_inline() && self.poller.supports_edge();
        if is_edge { PollMode::Edge } else { PollMode::Oneshot }
    }

    /// Starts the pairs that this driver can start.
    fn start(&self, executor: &mut Executor, now: Instant) {
        match self.is_inline() {
            true => executor.start_connected(now),
            false => executor.start(now),
        }
    }

    fn submit(self: &Arc<Self>, submitted: Submitted) {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        self.post(Message::Run(submitted));
    }

    fn move_to_worker(&self, submitted: Submitted) {
        let worker = self
            .worker
            .as_ref()
            .expect("only an inline driver, which has a worker's driver, moves executes");
        for (pair, slot) in submitted.slots.iter().enumerate() {
            slot.move_to(worker, (submitted.id, pair));
        }
        self.unfinished.fetch_sub(1, Ordering::Relaxed);
        worker.0.submit(submitted);
    }

    fn post(&self, message: Message) {
        let mut inbox = lock(&self.inbox);
        inbox.messages.push_back(message);
        // The thread of an inline driver sleeps in an event loop, which `is_asleep` does not cover.
        let has_to_wake = inbox.is_asleep || self.is_inline();
        drop(inbox);
        if has_to_wake {
            self.wake();
        }
    }

    fn wake(&self) {
        // This fails only if the poller's own descriptor is gone, and then no thread sleeps on it.
        let _ = self.poller.notify();
    }

    fn poll(self: &Arc<Self>, in_flight: &mut InFlight, end: Instant) {
        let mut has_waited = false;
        let mut events = Events::new();
        loop {
            let interrupted = self.handle_messages(in_flight);
            for event in events.iter() {
                in_flight.ready(self, event.key, Instant::now());
            }
            let now = Instant::now();
            in_flight.expire(self, now);
            let has_finished = self.take_finished(in_flight);
            let is_over = has_finished || in_flight.is_empty() || (now >= end && has_waited);
            if interrupted || is_over {
                return;
            }
            has_waited = true;
            self.wait(&mut events, in_flight.until().map_or(end, |until| until.min(end)));
        }
    }

    fn poll_inline(self: &Arc<Self>, in_flight: &mut InFlight) {
        self.handle_messages(in_flight);
        let now = Instant::now();
        let sockets = in_flight.sockets();
        if (1..=MAX_DIRECT_RECEIVES).contains(&sockets) {
            in_flight.ready_all(self, now);
        }
        if !in_flight.has_finished() {
            // Asking the poller also clears what made its descriptor readable.
            let mut events = Events::new();
            self.wait(&mut events, now);
            self.handle_messages(in_flight);
            for event in events.iter() {
                in_flight.ready(self, event.key, Instant::now());
            }
        }
        in_flight.expire(self, now);
        self.take_finished(in_flight);
    }

    /// Handles the messages in the inbox. Returns whether one of them ends the poll.
    fn handle_messages(self: &Arc<Self>, in_flight: &mut InFlight) -> bool {
        let mut interrupted = false;
        while let Some(message) = self.next_message() {
            let now = Instant::now();
            match message {
                Message::Run(submitted) => in_flight.begin(self, submitted, now),
                Message::Abort(id) => in_flight.abort(self, id, now),
                Message::Close(pair) => in_flight.close(self, pair, now),
                Message::HandOff(hand_off) => in_flight.hand_off(self, *hand_off, now),
                Message::Resolved(host, found) => in_flight.resolved(self, &host, &found, now),
                Message::Interrupt => interrupted = true,
            }
        }
        interrupted
    }

    fn next_message(&self) -> Option<Message> {
        let mut inbox = lock(&self.inbox);
        inbox.is_asleep = false;
        inbox.messages.pop_front()
    }

    fn take_finished(&self, in_flight: &mut InFlight) -> bool {
        let finished = in_flight.take_finished();
        let has_finished = !finished.is_empty();
        self.add_finished(finished);
        has_finished
    }

    fn add_finished(&self, finished: Vec<Finished>) {
        self.unfinished.fetch_sub(finished.len(), Ordering::Relaxed);
        lock(&self.finished).extend(finished);
    }

    fn wait(&self, events: &mut Events, until: Instant) {
        events.clear();
        {
            let mut inbox = lock(&self.inbox);
            if !inbox.messages.is_empty() {
                return;
            }
            inbox.is_asleep = true;
        }
        match self.poller.wait_deadline(events, until) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("the poller failed: {error}"),
        }
    }
}

/// Locks a mutex that a panic may have poisoned: [`Driver::guarded`] has restored its contents by
/// then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().map(|message| (*message).to_owned());
    message
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".to_owned())
}
