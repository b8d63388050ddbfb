//! One poll loop for all executes in flight.
//!
//! A [`Driver`] is shared by two threads. One submits executors, closes pairs and takes what has finished; it never
//! waits. The other lends itself for a stint, [`Driver::run`], which polls on behalf of every execute in flight and
//! returns as soon as something has finished, so that a thread of a pool is held only while there is something to wait
//! for. `docs/driver.md` tells the life of a stint and why it is so.

mod flights;
mod handle;
mod lookup;
mod registration;

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use polling::{Events, Poller};

use crate::connection::Completion;
use crate::executor::Executor;
use flights::Flights;

pub use handle::{Handle, Loan};

/// A stint ends after this long even if nothing has finished: an environment that ends cannot call its worker back, it
/// waits for it.
pub const STINT: Duration = Duration::from_millis(50);

/// Names an execute in flight.
pub type ExecuteId = u32;

/// Which execute, and which pair of it.
pub type PairKey = (ExecuteId, usize);

/// See the module's documentation.
#[derive(Clone)]
pub struct Driver(Arc<Shared>);

struct Shared {
    poller: Arc<Poller>,
    inbox: Mutex<Inbox>,
    /// Locked by the running stint, for as long as it lasts.
    flights: Mutex<Flights>,
    finished: Mutex<Vec<Finished>>,
}

#[derive(Default)]
struct Inbox {
    orders: VecDeque<Order>,
    /// Until when the worker sleeps in the poller, or is about to, unless it is woken.
    sleeps_until: Option<Instant>,
}

enum Order {
    Run(ExecuteId, Executor, Vec<Arc<Handle>>),
    Abort(ExecuteId),
    Close(PairKey),
    Resolved(String, io::Result<Vec<IpAddr>>),
    /// Ends the stint.
    Return,
}

impl Order {
    /// Whether it cannot be left until something else happens, or until that time.
    fn is_urgent(&self, until: Instant) -> bool {
        match self {
            Order::Run(_, executor, _) => {
                !executor.awaits_turns_only() || executor.until().is_some_and(|end| end < until)
            }
            _ => true,
        }
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
            inbox: Mutex::default(),
            flights: Mutex::default(),
            finished: Mutex::default(),
        })))
    }

    /// Takes an executor on, whose pairs have their connections from these handles. The next or the running stint begins or
    /// goes on with it.
    pub fn submit(&self, id: ExecuteId, executor: Executor, handles: Vec<Arc<Handle>>) {
        self.0.order(Order::Run(id, executor, handles));
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

    /// Waits and works, until nothing is in flight, [`STINT`] is over or [`Self::interrupt`] is called. Calls `report`
    /// when something has finished, if there is more to do.
    ///
    /// A panic ends no more than what was in flight: each such execute finishes with an error.
    pub fn run(&self, report: impl Fn()) {
        self.stint(&mut lock(&self.0.flights), STINT, &report);
    }

    /// Works without waiting. Does nothing while another thread is in a stint, or, unless it `may_connect`, while an
    /// executor is to begin that has to connect first: that takes longer than a thread has that must not be held up.
    pub fn run_now(&self, may_connect: bool) {
        if let Ok(mut flights) = self.0.flights.try_lock()
            && (may_connect || !self.0.has_to_connect())
        {
            self.stint(&mut flights, Duration::ZERO, &|| {});
        }
    }

    fn stint(&self, flights: &mut Flights, length: Duration, report: &dyn Fn()) {
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
    fn order(&self, order: Order) {
        let mut inbox = lock(&self.inbox);
        let has_to_wake = inbox.sleeps_until.is_some_and(|until| order.is_urgent(until));
        inbox.orders.push_back(order);
        drop(inbox);
        if has_to_wake {
            // It fails only if the poller's own descriptor is gone, and then no stint sleeps on it.
            let _ = self.poller.notify();
        }
    }

    fn run(self: &Arc<Self>, flights: &mut Flights, length: Duration, report: &dyn Fn()) {
        let stint_end = Instant::now() + length;
        let mut events = None;
        loop {
            let mut interrupted = false;
            while let Some(order) = self.next_order() {
                match order {
                    Order::Run(id, executor, handles) => {
                        flights.begin(id, executor, handles, Instant::now())
                    }
                    Order::Abort(id) => flights.abort(self, id, Instant::now()),
                    Order::Close(pair) => flights.close(self, pair, Instant::now()),
                    Order::Resolved(host, found) => {
                        flights.resolved(self, &host, &found, Instant::now())
                    }
                    Order::Return => interrupted = true,
                }
            }
            let now = Instant::now();
            flights.expire(self, now);
            flights.try_new(now);
            let finished = flights.take_finished();
            let has_finished = !finished.is_empty();
            if has_finished {
                lock(&self.finished).extend(finished);
            }
            if interrupted || now >= stint_end || (has_finished && flights.is_empty()) {
                return;
            }
            if has_finished {
                report();
            }
            flights.watch_new(self, now);
            let until = flights.until().map_or(stint_end, |until| until.min(stint_end));
            let events = events.get_or_insert_with(Events::new);
            self.poll(events, until);
            for event in events.iter() {
                flights.ready(self, event.key, Instant::now());
            }
        }
    }

    fn has_to_connect(&self) -> bool {
        let inbox = lock(&self.inbox);
        inbox
            .orders
            .iter()
            .any(|order| matches!(order, Order::Run(_, executor, _) if executor.has_to_begin()))
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

/// Locks what a panic may have left behind: `Driver::run` has put it right again by then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().map(|message| (*message).to_owned());
    message
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".to_owned())
}
