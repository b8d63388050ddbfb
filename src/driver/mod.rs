//! Polls for executes in flight.
//!
//! A [`Driver`] has a poller and the executes that wait on it. There are two kinds:
//!
//! - The **worker's** ([`Driver::new`]) runs any execute. A thread lends itself to [`Driver::poll`], which returns as soon
//!   as something has finished, so that a thread of a pool is held only while there is something to wait for.
//! - The **inline** one ([`Driver::inline`]) runs executes of one pair on a connected socket, on the thread that submits
//!   them. That thread has an event loop of its own, which watches the poller's descriptor and calls
//!   [`Driver::poll_inline`]. What would hold the thread up (a connect, a look-up, a long reply) moves to the worker's
//!   driver.
//!
//! Any thread may submit, abort and close. `docs/driver.md` tells the life of an execute.

mod claims;
mod in_flight;
mod lookup;
mod registration;
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

/// [`Driver::poll`] returns after this long even if nothing has finished: an environment that ends cannot always call its
/// worker back, it waits for it.
pub const MAX_POLL: Duration = Duration::from_millis(50);

/// Up to this many sockets are asked by receiving from them, which takes one system call each. To ask the poller takes five.
const MAX_ASKED: usize = 8;

/// Names an execute in flight.
pub type ExecuteId = u32;

/// Which execute, and which pair of it.
pub type PairKey = (ExecuteId, usize);

/// See the module's documentation.
#[derive(Clone)]
pub struct Driver(Arc<Shared>);

/// A driver that whoever has this does not keep.
#[derive(Clone)]
struct WeakDriver(Weak<Shared>);

impl WeakDriver {
    fn upgrade(&self) -> Option<Driver> {
        self.0.upgrade().map(Driver)
    }
}

struct Shared {
    poller: Arc<Poller>,
    keys: Keys,
    /// Where what cannot stay inline goes on; `None` in the worker's own driver.
    worker: Option<Driver>,
    inbox: Mutex<Inbox>,
    /// Locked by the thread that polls, for as long as it does.
    in_flight: Mutex<InFlight>,
    finished: Mutex<Vec<Finished>>,
    /// Executes that were submitted and have not finished.
    unfinished: AtomicUsize,
}

#[derive(Default)]
struct Inbox {
    orders: VecDeque<Order>,
    /// Whether a thread sleeps in the poller, or is about to, unless it is woken.
    is_asleep: bool,
}

enum Order {
    Run(Submitted),
    Abort(ExecuteId),
    Close(PairKey),
    HandOff(Box<HandOff>),
    Resolved(String, io::Result<Vec<IpAddr>>),
    /// Ends the poll.
    Return,
}

/// An execute on its way to a driver.
struct Submitted {
    id: ExecuteId,
    executor: Executor,
    /// Where the pairs have their connections from.
    slots: Vec<Arc<ConnectionSlot>>,
}

/// An execute that is over.
pub struct Finished {
    /// As [`Driver::submit`] was given it.
    pub id: ExecuteId,
    /// How its batches ended, in the order of the pairs.
    pub completions: Vec<Completion>,
}

/// Gives an execute its name, which no other of this process has.
pub fn new_execute_id() -> ExecuteId {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Driver {
    /// The worker's driver, with nothing in flight. It holds a poller: three file descriptors on Linux.
    pub fn new() -> io::Result<Self> {
        Self::with_worker(None)
    }

    /// An inline driver beside the worker's.
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

    /// Takes an executor on, whose pairs acquired their connections from these slots for this driver. An inline driver begins
    /// with it at once.
    pub fn submit(&self, id: ExecuteId, executor: Executor, slots: Vec<Arc<ConnectionSlot>>) {
        let submitted = Submitted { id, executor, slots };
        if !self.0.is_inline() {
            return self.0.submit(submitted);
        }
        self.0.unfinished.fetch_add(1, Ordering::Relaxed);
        let mut in_flight = lock(&self.0.in_flight);
        self.guarded(&mut in_flight, |in_flight| {
            in_flight.begin(&self.0, submitted, Instant::now());
            if self.0.take_finished(in_flight) {
                self.0.wake();
            }
        });
    }

    /// Ends every pair of an execute that is not done with `ERR_HS_CLOSED`.
    pub fn abort(&self, id: ExecuteId) {
        self.0.order(Order::Abort(id));
    }

    /// Closes the connection of a pair. A batch that is not done ends with `ERR_HS_CLOSED`.
    pub fn close(&self, pair: PairKey) {
        self.0.order(Order::Close(pair));
    }

    /// Ends the poll under way, whatever is in flight.
    pub fn interrupt(&self) {
        self.0.order(Order::Return);
    }

    fn hand_off(&self, hand_off: HandOff) {
        self.0.order(Order::HandOff(Box::new(hand_off)));
    }

    fn downgrade(&self) -> WeakDriver {
        WeakDriver(Arc::downgrade(&self.0))
    }

    /// Whether an execute that was submitted has not finished.
    pub fn is_busy(&self) -> bool {
        self.0.unfinished.load(Ordering::Relaxed) > 0
    }

    /// Waits and works until something has finished, nothing is in flight, [`MAX_POLL`] is over or [`Self::interrupt`] is
    /// called.
    pub fn poll(&self) {
        let mut in_flight = lock(&self.0.in_flight);
        self.guarded(&mut in_flight, |in_flight| self.0.poll(in_flight, Instant::now() + MAX_POLL));
    }

    /// Works without waiting: looks names up, connects, sends and receives. Does nothing while another thread polls.
    pub fn poll_once(&self) {
        let Ok(mut in_flight) = self.0.in_flight.try_lock() else { return };
        self.guarded(&mut in_flight, |in_flight| self.0.poll(in_flight, Instant::now()));
    }

    /// Works without waiting on an inline driver, when its descriptor is readable or a deadline has come.
    pub fn poll_inline(&self) {
        let mut in_flight = lock(&self.0.in_flight);
        self.guarded(&mut in_flight, |in_flight| self.0.poll_inline(in_flight));
    }

    /// Receives on an inline driver's sockets what is there; whether an execute has finished. It neither waits nor asks the
    /// poller, so it takes a system call a socket.
    pub fn poll_sockets(&self) -> bool {
        let mut in_flight = lock(&self.0.in_flight);
        self.guarded(&mut in_flight, |in_flight| {
            in_flight.ready_all(&self.0, Instant::now());
            self.0.take_finished(in_flight);
        });
        !lock(&self.0.finished).is_empty()
    }

    /// When [`Self::poll_inline`] has to be called if the descriptor is not readable before.
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
        self.submit(id, executor, slots);
        loop {
            self.poll();
            let mut finished = lock(&self.0.finished);
            if let Some(position) = finished.iter().position(|finished| finished.id == id) {
                return finished.swap_remove(position);
            }
        }
    }

    /// Ends everything in flight with this error: no thread will poll for it. Each pair has the outcome that its
    /// connection knows. Does nothing while a thread polls.
    pub fn fail_all(&self, source: &io::Error) {
        let Ok(mut in_flight) = self.0.in_flight.try_lock() else { return };
        self.guarded(&mut in_flight, |in_flight| {
            self.0.take_orders(in_flight);
            in_flight.fail_all(&self.0, source, Instant::now());
            self.0.take_finished(in_flight);
        });
    }

    /// What has finished since the last call.
    pub fn take_finished(&self) -> Vec<Finished> {
        std::mem::take(&mut *lock(&self.0.finished))
    }

    /// A panic ends no more than what was in flight here: each such execute finishes with an error.
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

    /// How the poller watches sockets. Level mode spares the inline driver to arm it anew for each reply that comes in
    /// parts.
    fn mode(&self) -> PollMode {
        if self.is_inline() { PollMode::Level } else { PollMode::Oneshot }
    }

    /// Begins the pairs that can begin here.
    fn start(&self, executor: &mut Executor, now: Instant) {
        match self.is_inline() {
            true => executor.start_connected(now),
            false => executor.start(now),
        }
    }

    fn submit(self: &Arc<Self>, submitted: Submitted) {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        self.order(Order::Run(submitted));
    }

    fn move_to_worker(&self, submitted: Submitted) {
        let worker = self.worker.as_ref().expect("only an inline driver moves executes");
        for (pair, slot) in submitted.slots.iter().enumerate() {
            slot.move_to(worker, (submitted.id, pair));
        }
        self.unfinished.fetch_sub(1, Ordering::Relaxed);
        worker.0.submit(submitted);
    }

    fn order(&self, order: Order) {
        let mut inbox = lock(&self.inbox);
        inbox.orders.push_back(order);
        // The inline driver's thread sleeps in an event loop, which nothing here can see.
        let has_to_wake = inbox.is_asleep || self.is_inline();
        drop(inbox);
        if has_to_wake {
            self.wake();
        }
    }

    fn wake(&self) {
        // It fails only if the poller's own descriptor is gone, and then nothing sleeps on it.
        let _ = self.poller.notify();
    }

    fn poll(self: &Arc<Self>, in_flight: &mut InFlight, end: Instant) {
        let mut has_asked = false;
        let mut events = Events::new();
        loop {
            let interrupted = self.take_orders(in_flight);
            for event in events.iter() {
                in_flight.ready(self, event.key, Instant::now());
            }
            let now = Instant::now();
            in_flight.expire(self, now);
            let has_finished = self.take_finished(in_flight);
            let is_over = has_finished || in_flight.is_empty() || (now >= end && has_asked);
            if interrupted || is_over {
                return;
            }
            has_asked = true;
            self.wait(&mut events, in_flight.until().map_or(end, |until| until.min(end)));
        }
    }

    fn poll_inline(self: &Arc<Self>, in_flight: &mut InFlight) {
        self.take_orders(in_flight);
        let sockets = in_flight.sockets();
        if (1..=MAX_ASKED).contains(&sockets) {
            in_flight.ready_all(self, Instant::now());
        }
        if !in_flight.has_finished() {
            // What made the descriptor readable is found and cleared.
            let mut events = Events::new();
            self.wait(&mut events, Instant::now());
            self.take_orders(in_flight);
            for event in events.iter() {
                in_flight.ready(self, event.key, Instant::now());
            }
        }
        in_flight.expire(self, Instant::now());
        self.take_finished(in_flight);
    }

    /// Does what was ordered; whether that is to end the poll.
    fn take_orders(self: &Arc<Self>, in_flight: &mut InFlight) -> bool {
        let mut interrupted = false;
        while let Some(order) = self.next_order() {
            let now = Instant::now();
            match order {
                Order::Run(submitted) => in_flight.begin(self, submitted, now),
                Order::Abort(id) => in_flight.abort(self, id, now),
                Order::Close(pair) => in_flight.close(self, pair, now),
                Order::HandOff(hand_off) => in_flight.hand_off(self, *hand_off, now),
                Order::Resolved(host, found) => in_flight.resolved(self, &host, &found, now),
                Order::Return => interrupted = true,
            }
        }
        interrupted
    }

    fn next_order(&self) -> Option<Order> {
        let mut inbox = lock(&self.inbox);
        inbox.is_asleep = false;
        inbox.orders.pop_front()
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
            if !inbox.orders.is_empty() {
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

/// Locks what a panic may have left behind: [`Driver::guarded`] has put it right again by then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().map(|message| (*message).to_owned());
    message
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".to_owned())
}
