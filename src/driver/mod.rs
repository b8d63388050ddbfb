//! One poll loop for all executes in flight.
//!
//! A [`Driver`] is shared by two threads. One submits executors, closes pairs and takes what has finished; it waits for
//! no event. The other lends itself for a stint, [`Driver::run`], which polls on behalf of every execute in flight and
//! returns when nothing is left, so that a thread of a pool is held only while there is something to wait for.
//! `docs/driver.md` tells the life of a stint and why it is so.

mod flights;
mod handle;
mod lookup;
mod registration;
mod watch;

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use polling::{Events, Poller};

use crate::connection::Completion;
use crate::executor::Executor;
use flights::Flights;
use watch::{Keys, Watch, awaited_sockets};

pub use handle::{Handle, Loan};

/// A stint ends after this long even if nothing has finished: an environment that ends cannot call its worker back, it
/// waits for it.
pub const STINT: Duration = Duration::from_millis(50);

/// For so long after nothing is in flight any more a stint waits for what comes next: a program that makes one call after the
/// other has no use for a new worker each time.
const LINGER: Duration = Duration::from_millis(3);

/// Names an execute in flight.
pub type ExecuteId = u32;

/// Which execute, and which pair of it.
pub type PairKey = (ExecuteId, usize);

/// See the module's documentation.
#[derive(Clone)]
pub struct Driver(Arc<Shared>);

struct Shared {
    poller: Arc<Poller>,
    keys: Keys,
    lingers: AtomicBool,
    inbox: Mutex<Inbox>,
    /// Locked by the running stint, for as long as it lasts.
    flights: Mutex<Flights>,
    finished: Mutex<Vec<Finished>>,
}

/// How long a stint is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// As long as it takes to try what no poller watches.
    Try,
    /// And to begin what has to be waited for, and to ask the poller once.
    Look,
    /// [`STINT`] at most.
    Stint,
}

#[derive(Default)]
struct Inbox {
    orders: VecDeque<Order>,
    /// Until when the worker sleeps in the poller, or is about to, unless it is woken.
    sleeps_until: Option<Instant>,
}

enum Order {
    Run(Submitted),
    Abort(ExecuteId),
    Close(PairKey),
    Resolved(String, io::Result<Vec<IpAddr>>),
    /// Ends the stint.
    Return,
}

/// An execute on its way to a stint.
struct Submitted {
    id: ExecuteId,
    executor: Executor,
    /// Whom the pairs have their connections from.
    handles: Vec<Arc<Handle>>,
    /// Of each pair.
    watches: Vec<Watch>,
}

impl Submitted {
    /// Has the poller watch the pairs; whether a stint that sleeps until then need not wake before they are ready.
    fn arm(&mut self, shared: &Shared, until: Instant) -> bool {
        let Self { executor, watches, .. } = self;
        let is_early = executor.until().is_none_or(|end| end < until);
        !is_early
            && watches.iter_mut().enumerate().all(|(pair, watch)| {
                executor.awaits_turn(pair)
                    || awaited_sockets(executor, pair).is_some_and(|(sockets, interest)| {
                        watch.sockets(&shared.poller, &shared.keys, sockets, interest).is_ok()
                    })
            })
    }
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
    /// A driver with nothing in flight. It holds a poller: three file descriptors on Linux.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            poller: Arc::new(Poller::new()?),
            keys: Keys::default(),
            lingers: AtomicBool::new(false),
            inbox: Mutex::default(),
            flights: Mutex::default(),
            finished: Mutex::default(),
        })))
    }

    /// Takes an executor on, whose pairs have their connections from these handles. The next or the running stint begins or
    /// goes on with it.
    pub fn submit(&self, id: ExecuteId, executor: Executor, handles: Vec<Arc<Handle>>) {
        let watches = handles.iter().map(|_| Watch::None).collect();
        self.0.submit(Submitted { id, executor, handles, watches });
    }

    /// Ends every pair of an execute that is not done with `ERR_HS_CLOSED`.
    pub fn abort(&self, id: ExecuteId) {
        self.0.order(Order::Abort(id));
    }

    /// Closes the connection of a pair. A batch that is not done ends with `ERR_HS_CLOSED`.
    pub fn close(&self, id: ExecuteId, pair: usize) {
        self.0.order(Order::Close((id, pair)));
    }

    /// Ends the running stint, whatever is in flight.
    pub fn interrupt(&self) {
        self.0.order(Order::Return);
    }

    /// Waits and works, until nothing is in flight (and a moment longer, if it is to [`Self::linger`]), [`STINT`] is over or
    /// [`Self::interrupt`] is called. Calls `report` when something has finished. Says whether nothing is in flight.
    ///
    /// A panic ends no more than what was in flight: each such execute finishes with an error.
    pub fn run(&self, report: impl Fn()) -> bool {
        let mut flights = lock(&self.0.flights);
        self.stint(&mut flights, Length::Stint, &report);
        flights.is_empty()
    }

    /// Whether stints wait a moment for what comes next when nothing is in flight any more.
    pub fn linger(&self, lingers: bool) {
        self.0.lingers.store(lingers, Ordering::Relaxed);
    }

    /// Works without waiting. Does nothing, and says so, while another thread is in a stint, or while an executor is to begin
    /// that has to connect first: that takes longer than a thread has that must not be held up.
    pub fn run_now(&self) -> bool {
        let Ok(mut flights) = self.0.flights.try_lock() else { return false };
        let can_run = !self.0.has_to_connect();
        if can_run {
            self.stint(&mut flights, Length::Try, &|| {});
        }
        can_run
    }

    /// Does without waiting all that a stint does: looks names up, connects, and asks the poller. Does nothing, and says so,
    /// while another thread is in a stint.
    pub fn stand_in(&self) -> bool {
        let Ok(mut flights) = self.0.flights.try_lock() else { return false };
        self.stint(&mut flights, Length::Look, &|| {});
        true
    }

    fn stint(&self, flights: &mut Flights, length: Length, report: &dyn Fn()) {
        let run = || self.0.run(flights, length, report);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
            let lost = flights.fail_all(&panic_message(&*panic));
            lock(&self.0.finished).extend(lost);
        }
        lock(&self.0.inbox).sleeps_until = None;
    }

    /// Submits an executor and works until it has finished.
    pub fn run_to_end(
        &self,
        id: ExecuteId,
        executor: Executor,
        handles: Vec<Arc<Handle>>,
    ) -> Finished {
        self.submit(id, executor, handles);
        loop {
            self.run(|| {});
            let mut finished = lock(&self.0.finished);
            if let Some(position) = finished.iter().position(|finished| finished.id == id) {
                return finished.swap_remove(position);
            }
        }
    }

    /// What has finished since the last call.
    pub fn take_finished(&self) -> Vec<Finished> {
        std::mem::take(&mut *lock(&self.0.finished))
    }
}

impl Shared {
    fn submit(&self, mut submitted: Submitted) {
        let mut inbox = lock(&self.inbox);
        // A stint that wakes for one of the pairs looks into the inbox before it looks at what woke it, and has to wait for
        // it till then; nothing else says that it no longer sleeps.
        let has_to_wake = inbox.sleeps_until.is_some_and(|until| !submitted.arm(self, until));
        inbox.orders.push_back(Order::Run(submitted));
        drop(inbox);
        if has_to_wake {
            self.wake();
        }
    }

    fn order(&self, order: Order) {
        let mut inbox = lock(&self.inbox);
        let has_to_wake = inbox.sleeps_until.is_some();
        inbox.orders.push_back(order);
        drop(inbox);
        if has_to_wake {
            self.wake();
        }
    }

    fn wake(&self) {
        // It fails only if the poller's own descriptor is gone, and then no stint sleeps on it.
        let _ = self.poller.notify();
    }

    fn run(self: &Arc<Self>, flights: &mut Flights, length: Length, report: &dyn Fn()) {
        // When nothing is in flight, from when on it is time to go: at once, until something has finished.
        let mut idle_end = Instant::now();
        let stint_end = idle_end + if length == Length::Stint { STINT } else { Duration::ZERO };
        let mut has_looked = length == Length::Try;
        let mut events: Option<Events> = None;
        loop {
            let interrupted = self.take_orders(flights);
            for event in events.iter().flat_map(Events::iter) {
                flights.ready(self, event.key, Instant::now());
            }
            let now = Instant::now();
            flights.expire(self, now);
            flights.try_new(self, now);
            let finished = flights.take_finished();
            if !finished.is_empty() {
                lock(&self.finished).extend(finished);
                report();
                idle_end = now + self.linger();
            }
            let end = if flights.is_empty() { idle_end.min(stint_end) } else { stint_end };
            if interrupted || (now >= end && has_looked) {
                return;
            }
            has_looked = true;
            flights.watch_new(self, now);
            let events = events.get_or_insert_with(Events::new);
            // What cannot be watched has ended: that is not to be slept over.
            if flights.has_finished() {
                events.clear();
                continue;
            }
            let until = flights.until().map_or(end, |until| until.min(end));
            self.poll(events, until);
        }
    }

    fn linger(&self) -> Duration {
        if self.lingers.load(Ordering::Relaxed) { LINGER } else { Duration::ZERO }
    }

    /// Does what was ordered; whether that is to end the stint.
    fn take_orders(self: &Arc<Self>, flights: &mut Flights) -> bool {
        let mut interrupted = false;
        while let Some(order) = self.next_order() {
            let now = Instant::now();
            match order {
                Order::Run(submitted) => flights.begin(submitted, now),
                Order::Abort(id) => flights.abort(self, id, now),
                Order::Close(pair) => flights.close(self, pair, now),
                Order::Resolved(host, found) => flights.resolved(&host, &found, now),
                Order::Return => interrupted = true,
            }
        }
        interrupted
    }

    fn has_to_connect(&self) -> bool {
        let inbox = lock(&self.inbox);
        inbox
            .orders
            .iter()
            .any(|order| matches!(order, Order::Run(order) if order.executor.has_to_begin()))
    }

    fn next_order(&self) -> Option<Order> {
        let mut inbox = lock(&self.inbox);
        inbox.sleeps_until = None;
        inbox.orders.pop_front()
    }

    fn poll(&self, events: &mut Events, until: Instant) {
        {
            let mut inbox = lock(&self.inbox);
            if !inbox.orders.is_empty() {
                return events.clear();
            }
            inbox.sleeps_until = Some(until);
        }
        events.clear();
        match self.poller.wait_deadline(events, until) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("the poller failed: {error}"),
        }
    }
}

/// Locks what a panic may have left behind: `Driver::stint` has put it right again by then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().map(|message| (*message).to_owned());
    message
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".to_owned())
}
