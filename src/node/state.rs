//! The state of one environment: runs executes on its two drivers, and reports their end to
//! JavaScript.
//!
//! [`State`] is used on the environment's thread only. For each execute: the inline driver waits
//! for it by a [`LoopWatch`], or the worker's driver by a worker that [`State::ensure_worker`]
//! queues. Either way [`State::deliver`] then calls JavaScript. [`State::end`] is the last call.
//!
//! ```text
//!                      ┌── LoopWatch: readable, due, before_wait ──┐
//!   execute_started ───┤                                           ├──▶ deliver ──▶ settle
//!                      └── ensure_worker ──▶ worker_finished ──────┘
//! ```

use std::cell::{Cell, OnceCell};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{Either, Env, Result, ToNapiValue};
use napi::sys;

#[cfg(target_os = "linux")]
use super::busy_poll::BusyPoll;
use super::callback::{Callback, Caller, error_value};
#[cfg(target_os = "linux")]
use super::event_loop::{LoopWatch, Wake};
use super::finished::{finished_batch, finished_batches};
use super::panics::{contain, may_panic};
use super::work::queue_worker;
use crate::connection::Completion;
use crate::driver::{Driver, ExecuteId, Finished};

/// The executes of one environment and what waits for them.
pub struct State {
    env: sys::napi_env,
    callback: Callback,
    /// Whether the event loop may watch an inline driver.
    #[cfg(target_os = "linux")]
    may_wait_inline: bool,
    drivers: OnceCell<Drivers>,
    is_worker_active: Cell<bool>,
    worker_runs: Cell<u32>,
    /// The executes of whose end JavaScript has not heard.
    pending: Cell<usize>,
    #[cfg(target_os = "linux")]
    busy_poll: BusyPoll,
    /// The time at which the event loop's timer expires.
    #[cfg(target_os = "linux")]
    timer: Cell<Option<Instant>>,
    /// Whether the environment, or the copy of the package that this belongs to, has ended.
    has_ended: Cell<bool>,
}

/// The drivers. They are made with the first execute, so that a program which only loads the
/// package needs no descriptors for them.
pub struct Drivers {
    pub worker: Driver,
    /// `None` where the worker waits for everything.
    pub inline: Option<Driver>,
    #[cfg(target_os = "linux")]
    watch: Option<LoopWatch>,
}

impl State {
    pub fn new(
        env: &Env,
        callback: Callback,
        #[cfg_attr(not(target_os = "linux"), expect(unused_variables))] may_wait_inline: bool,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: env.raw(),
            callback,
            #[cfg(target_os = "linux")]
            may_wait_inline,
            drivers: OnceCell::new(),
            is_worker_active: Cell::new(false),
            worker_runs: Cell::new(0),
            pending: Cell::new(0),
            #[cfg(target_os = "linux")]
            busy_poll: BusyPoll::default(),
            #[cfg(target_os = "linux")]
            timer: Cell::new(None),
            has_ended: Cell::new(false),
        })
    }

    /// The drivers; `None` before [`Self::open`].
    pub fn drivers(&self) -> Option<&Drivers> {
        self.drivers.get()
    }

    /// Makes the drivers. Fails if no descriptors are left.
    pub fn open(self: &Rc<Self>) -> io::Result<()> {
        if self.drivers.get().is_none() {
            let drivers = self.make_drivers()?;
            self.drivers.get_or_init(|| drivers);
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn make_drivers(self: &Rc<Self>) -> io::Result<Drivers> {
        use std::os::fd::AsRawFd;

        let worker = Driver::new()?;
        let inline = self.may_wait_inline.then(|| Driver::inline(&worker)).transpose()?;
        let watch = inline.as_ref().and_then(|inline| {
            let wake: Rc<dyn Wake> = Rc::<Self>::clone(self);
            LoopWatch::open(self.env, inline.as_raw_fd(), wake)
        });
        let inline = inline.filter(|_| watch.is_some());
        if watch.is_none() {
            self.add_hook();
        }
        Ok(Drivers { worker, inline, watch })
    }

    #[cfg(not(target_os = "linux"))]
    fn make_drivers(self: &Rc<Self>) -> io::Result<Drivers> {
        let worker = Driver::new()?;
        self.add_hook();
        Ok(Drivers { worker, inline: None })
    }

    /// Records that an execute was submitted, whose deadline is `deadline`.
    pub fn execute_started(&self, deadline: Instant) {
        self.pending.set(self.pending.get() + 1);
        self.callback.hold(true);
        self.keep_alive(true);
        self.set_timer(deadline);
    }

    /// Records that an execute was submitted on an open connection, and busy-polls for its reply
    /// for `length`.
    #[cfg(target_os = "linux")]
    pub fn busy_poll(&self, length: Duration) {
        let watch = self.drivers.get().and_then(|drivers| drivers.watch.as_ref());
        if let Some(watch) = watch.filter(|_| !length.is_zero()) {
            watch.watch_waits();
            self.busy_poll.begin(Instant::now(), length);
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub fn busy_poll(&self, _: Duration) {}

    /// Queues a worker if one is needed. Returns whether one is queued or running.
    pub fn ensure_worker(self: &Rc<Self>, env: &Env) -> Result<bool> {
        let Some(drivers) = self.drivers.get() else { return Ok(false) };
        if !self.wants_worker() {
            return Ok(self.is_worker_active.get());
        }
        if let Err(error) = queue_worker(env, &drivers.worker, self) {
            drivers.worker.fail_all(&io::Error::other(error.reason.clone()));
            return Err(error);
        }
        self.is_worker_active.set(true);
        self.worker_runs.set(self.worker_runs.get().wrapping_add(1));
        Ok(true)
    }

    /// Whether there is something for a worker, and none is queued or running.
    pub fn wants_worker(&self) -> bool {
        let is_busy = self.drivers.get().is_some_and(|drivers| drivers.worker.is_busy());
        is_busy && !self.is_worker_active.get() && !self.has_ended.get()
    }

    pub fn worker_runs(&self) -> u32 {
        self.worker_runs.get()
    }

    /// Aborts an execute on whichever driver has it.
    pub fn abort(&self, id: ExecuteId) {
        let Some(drivers) = self.drivers.get() else { return };
        for driver in drivers.inline.iter().chain([&drivers.worker]) {
            // A message to an idle driver would stay in its inbox.
            if driver.is_busy() {
                driver.abort(id);
            }
        }
    }

    /// Called on the JavaScript thread after a worker has polled.
    pub fn worker_finished(&self) {
        self.is_worker_active.set(false);
        self.deliver(Caller::Runtime);
    }

    /// Does the worker's work once without waiting, because the worker has not got a thread yet.
    pub fn poll_once(&self) {
        if let Some(drivers) = self.drivers.get() {
            drivers.worker.poll_once();
            self.deliver(Caller::Runtime);
        }
    }

    /// Calls JavaScript with what has finished, and tells it if a worker is needed.
    pub fn deliver(&self, caller: Caller) {
        let Some(drivers) = self.drivers.get() else { return };
        if self.has_ended.get() {
            return;
        }
        let mut finished = drivers.worker.take_finished();
        if let Some(inline) = &drivers.inline {
            finished.extend(inline.take_finished());
        }
        let wants_worker = self.wants_worker();
        if finished.is_empty() && !wants_worker {
            return;
        }
        self.pending.set(self.pending.get().saturating_sub(finished.len()));
        self.callback.call(caller, |env| arguments(env, wants_worker, finished));
        // JavaScript can have started more executes, or ended the environment, during the call.
        if self.pending.get() == 0 && !self.has_ended.get() {
            self.callback.hold(false);
            self.keep_alive(false);
        }
    }

    /// Ends all calls to JavaScript. It is called at the end of the environment or of this copy of
    /// the package, whichever comes first.
    pub fn end(self: &Rc<Self>) {
        if self.has_ended.replace(true) {
            return;
        }
        self.callback.release();
        let Some(drivers) = self.drivers.get() else { return };
        // The environment waits for the worker before it ends.
        drivers.worker.interrupt();
        self.close_watch(drivers);
    }

    #[cfg(target_os = "linux")]
    fn close_watch(self: &Rc<Self>, drivers: &Drivers) {
        match &drivers.watch {
            Some(watch) => watch.close(),
            None => self.remove_hook(),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn close_watch(self: &Rc<Self>, _: &Drivers) {
        self.remove_hook();
    }

    #[cfg(target_os = "linux")]
    fn keep_alive(&self, keeps_alive: bool) {
        if let Some(watch) = self.drivers.get().and_then(|drivers| drivers.watch.as_ref()) {
            watch.keep_alive(keeps_alive);
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn keep_alive(&self, _: bool) {}

    /// Makes the event loop check inline executes at `until`, unless it does so earlier.
    #[cfg(target_os = "linux")]
    fn set_timer(&self, until: Instant) {
        let Some(watch) = self.drivers.get().and_then(|drivers| drivers.watch.as_ref()) else {
            return;
        };
        if self.timer.get().is_none_or(|timer| until < timer) {
            self.timer.set(Some(until));
            watch.set_timer(until.saturating_duration_since(Instant::now()));
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn set_timer(&self, _: Instant) {}

    /// Adds a hook for the end of the environment, where no [`LoopWatch`] reports it.
    fn add_hook(self: &Rc<Self>) {
        // SAFETY: this runs on the environment's thread. `remove_hook` or `on_end` gives up the
        // share of `State` that the hook holds.
        unsafe {
            let state = Rc::into_raw(Rc::clone(self)).cast_mut().cast();
            sys::napi_add_env_cleanup_hook(self.env, Some(on_end), state);
        }
    }

    fn remove_hook(self: &Rc<Self>) {
        let state = Rc::as_ptr(self);
        // SAFETY: this runs on the environment's thread, once, because `end` does nothing the
        // second time. Removing the hook leaves its share of `State` to be given up here.
        unsafe {
            sys::napi_remove_env_cleanup_hook(self.env, Some(on_end), state.cast_mut().cast());
            Rc::decrement_strong_count(state);
        }
    }
}

/// # Safety
/// The runtime calls this on the environment's thread with the share of `State` that `add_hook`
/// gave it.
unsafe extern "C" fn on_end(state: *mut std::ffi::c_void) {
    // SAFETY: the hook was not removed, so its share of `State` is alive; `end` gives it up.
    let state = unsafe {
        let state = state.cast::<State>().cast_const();
        Rc::increment_strong_count(state);
        Rc::from_raw(state)
    };
    contain(|| state.end());
}

#[cfg(target_os = "linux")]
impl Wake for State {
    fn readable(&self) {
        let Some(drivers) = self.drivers.get().filter(|_| !self.has_ended.get()) else { return };
        may_panic("readable");
        if let Some(inline) = &drivers.inline {
            inline.poll_inline();
        }
        self.deliver(Caller::EventLoop);
    }

    fn due(&self) {
        self.timer.set(None);
        self.readable();
        let inline = self.drivers.get().and_then(|drivers| drivers.inline.as_ref());
        if let Some(until) = inline.and_then(Driver::until) {
            self.set_timer(until);
        }
    }

    fn before_wait(&self) {
        let Some(drivers) = self.drivers.get() else { return };
        let (Some(inline), Some(watch)) = (&drivers.inline, &drivers.watch) else { return };
        let turn_end = Instant::now() + MAX_BUSY_TURN;
        // JavaScript can send the next batch while it is called. That is polled for too, as long as
        // nothing else is to be done.
        while let Some(until) = self.busy_poll.until().filter(|_| !self.has_ended.get()) {
            if watch.has_work() || Instant::now() >= turn_end {
                return;
            }
            if inline.poll_sockets() {
                self.busy_poll.hit();
                self.deliver(Caller::EventLoop);
            } else if Instant::now() >= until {
                self.busy_poll.miss();
            } else {
                std::hint::spin_loop();
            }
        }
    }

    fn end(self: Rc<Self>) {
        State::end(&self);
    }
}

/// The longest busy polling before the event loop gets its turn.
#[cfg(target_os = "linux")]
const MAX_BUSY_TURN: Duration = Duration::from_millis(1);

fn arguments(env: &Env, wants_worker: bool, finished: Vec<Finished>) -> Vec<sys::napi_value> {
    let mut values = Vec::with_capacity(1 + 2 * finished.len());
    // SAFETY: `Callback::call` calls this within its handle scope.
    values.extend(unsafe { bool::to_napi_value(env.raw(), wants_worker) });
    for Finished { id, completions } in finished {
        // SAFETY: as above.
        let id = unsafe { u32::to_napi_value(env.raw(), id) };
        let result = catch_unwind(AssertUnwindSafe(|| convert(env, completions)));
        let result =
            result.unwrap_or_else(|panic| Err(napi::bindgen_prelude::panic_to_error(panic)));
        if let Ok(id) = id {
            values.push(id);
            values.push(result.unwrap_or_else(|error| error_value(env, error)));
        }
    }
    values
}

/// Converts the batch of an execute of one pair, or those of several to an array.
fn convert(env: &Env, mut completions: Vec<Completion>) -> Result<sys::napi_value> {
    may_panic("results");
    let result = match completions.pop() {
        Some(only) if completions.is_empty() => Either::A(finished_batch(env, only)?),
        last => {
            completions.extend(last);
            Either::B(finished_batches(env, completions)?)
        }
    };
    // SAFETY: `arguments` calls this within `Callback::call`'s handle scope.
    unsafe { ToNapiValue::to_napi_value(env.raw(), result) }
}
