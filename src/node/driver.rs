//! The `Driver` class of the addon, which JavaScript calls to execute, abort and close.

use std::cell::OnceCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{Env, Error, Function, ObjectFinalize, Result};
use napi_derive::napi;

use super::callback::{Callback, Caller};
use super::connection::NodeConnection;
use super::finished::{FinishedBatch, finished_batches};
use super::panics::{contain, may_panic};
use super::state::State;
use super::type_error;
use crate::driver::{Acquired, Claims, Driver, ExecuteId, new_execute_id};
use crate::executor::Executor;
use crate::protocol::Batch;

/// The most pairs of an execute for the worker that the JavaScript thread sends itself, if they are
/// connected. This saves them the way to the worker. A send takes some microseconds, so more would
/// block the event loop.
const MAX_IMMEDIATE_SENDS: usize = 16;

/// The executes of one environment. `lib/runtime/driver.js` has its only instance. It calls `open`
/// or `openSync` once, then `execute`, `executeOne` or `executeSync` for each execute, and
/// `ensureWorker` whenever one of them or `settle` asks for it.
#[napi(js_name = "Driver", custom_finalize)]
pub struct NodeDriver {
    state: Rc<State>,
    /// The driver for `executeSync`, which polls on the JavaScript thread.
    local: OnceCell<Driver>,
}

#[napi]
impl NodeDriver {
    /// `settle` is called with what has finished: `(wantsWorker, id, result, id, result, …)`. A
    /// result is the batch of an execute of one pair, an array of the batches of several, or an
    /// Error if they cannot be converted. `wantsWorker` says that
    /// `ensureWorker` has to be called. The caller has to keep `settle` alive: the driver does so
    /// only while executes are pending. `mayWaitInline` says that this is Node.js or Electron,
    /// whose event loop can watch the sockets.
    #[napi(
        constructor,
        catch_unwind,
        ts_args_type = "settle: (wantsWorker: boolean, ...finished: any[]) => void, mayWaitInline: boolean"
    )]
    pub fn new(env: Env, settle: Function<'_, (), ()>, may_wait_inline: bool) -> Result<Self> {
        may_panic("new Driver");
        let callback = Callback::new(&env, settle)?;
        Ok(Self { state: State::new(&env, callback, may_wait_inline), local: OnceCell::new() })
    }

    /// Has to be called before `execute`. Fails if no descriptors are left.
    #[napi(catch_unwind)]
    pub fn open(&self) -> Result<()> {
        may_panic("Driver.open");
        Ok(self.state.open()?)
    }

    /// Has to be called before `executeSync`. Fails if no descriptors are left.
    #[napi(catch_unwind)]
    pub fn open_sync(&self) -> Result<()> {
        may_panic("Driver.openSync");
        if self.local.get().is_none() {
            let driver = Driver::new()?;
            self.local.get_or_init(|| driver);
        }
        Ok(())
    }

    /// Starts an execute and returns its id, or `-1 - id` if `ensureWorker` has to be called.
    #[napi(catch_unwind)]
    pub fn execute(
        &self,
        env: Env,
        connections: Vec<&NodeConnection>,
        batches: Vec<&[u8]>,
        timeout_ms: f64,
    ) -> Result<f64> {
        may_panic("Driver.execute");
        self.begin(&env, &connections, &batches, timeout_ms)
    }

    /// Starts an execute of one pair. Making and reading arrays would take as long as sending the
    /// batch.
    #[napi(catch_unwind)]
    pub fn execute_one(
        &self,
        env: Env,
        connection: &NodeConnection,
        batch: &[u8],
        timeout_ms: f64,
    ) -> Result<f64> {
        may_panic("Driver.executeOne");
        self.begin(&env, &[connection], &[batch], timeout_ms)
    }

    /// Runs an execute on this thread and waits for its end.
    #[napi(catch_unwind)]
    pub fn execute_sync<'env>(
        &self,
        env: &'env Env,
        connections: Vec<&NodeConnection>,
        batches: Vec<&[u8]>,
        timeout_ms: f64,
    ) -> Result<Vec<FinishedBatch<'env>>> {
        may_panic("Driver.executeSync");
        let Some(local) = self.local.get() else { return Err(not_open()) };
        let batches = read_batches(env, &batches)?;
        let id = new_execute_id();
        let deadline = Instant::now() + Duration::from_secs_f64(timeout_ms / 1000.0);
        let (executor, claims) = acquire(local, id, &connections, batches, deadline, false);
        let finished = local.run_to_end(id, executor, claims.into_slots());
        finished_batches(env, finished.completions)
    }

    /// Queues a worker if one is needed, and returns whether one is queued or running. If none can
    /// be queued, the executes that need one end with an error, which `deliver` passes on.
    #[napi(catch_unwind)]
    pub fn ensure_worker(&self, env: Env) -> Result<bool> {
        may_panic("Driver.ensureWorker");
        self.state.ensure_worker(&env)
    }

    /// Does the worker's work once without waiting, because the worker has not got a thread of
    /// libuv's pool yet.
    #[napi(catch_unwind)]
    pub fn poll_once(&self) {
        may_panic("Driver.pollOnce");
        self.state.poll_once();
    }

    /// Calls `settle` with what has finished.
    #[napi(catch_unwind)]
    pub fn deliver(&self) {
        may_panic("Driver.deliver");
        self.state.deliver(Caller::Runtime);
    }

    /// The number of workers that were queued.
    #[napi(getter, catch_unwind)]
    pub fn worker_runs(&self) -> u32 {
        may_panic("Driver.workerRuns");
        self.state.worker_runs()
    }

    /// Ends every pair of an execute that is not done.
    #[napi(catch_unwind)]
    pub fn abort(&self, id: u32) {
        may_panic("Driver.abort");
        self.state.abort(id);
    }

    #[napi(catch_unwind)]
    pub fn close_connection(&self, connection: &NodeConnection) {
        may_panic("Driver.closeConnection");
        for (driver, pair) in connection.slot.close() {
            driver.close(pair);
        }
    }
}

impl NodeDriver {
    fn begin(
        &self,
        env: &Env,
        connections: &[&NodeConnection],
        batches: &[&[u8]],
        timeout_ms: f64,
    ) -> Result<f64> {
        let Some(drivers) = self.state.drivers() else { return Err(not_open()) };
        let batches = read_batches(env, batches)?;
        let id = new_execute_id();
        let now = Instant::now();
        let deadline = now + Duration::from_secs_f64(timeout_ms / 1000.0);
        let inline = drivers.inline.as_ref().filter(|_| batches.len() == 1);
        let driver = inline.unwrap_or(&drivers.worker);
        let (mut executor, claims) = acquire(driver, id, connections, batches, deadline, true);
        may_panic("begin");
        if inline.is_none() && executor.len() <= MAX_IMMEDIATE_SENDS {
            executor.start_connected(now);
        }
        let slots = claims.into_slots();
        let busy_poll = inline.and_then(|_| slots.first()).map(|slot| slot.busy_poll());
        driver.submit(id, executor, slots, now);
        // Not before the submit: an execute that a panic keeps from the driver never ends, and the
        // environment would wait for it.
        self.state.execute_started(deadline);
        if let Some(busy_poll) = busy_poll {
            self.state.busy_poll(busy_poll);
        }
        let id = f64::from(id);
        Ok(if self.state.wants_worker() { -1.0 - id } else { id })
    }
}

impl ObjectFinalize for NodeDriver {
    fn finalize(self, _: Env) -> Result<()> {
        contain(move || {
            may_panic("Driver finalizer");
            self.state.end();
        });
        Ok(())
    }
}

fn not_open() -> Error {
    Error::from_reason("the driver was not opened")
}

fn read_batches(env: &Env, batches: &[&[u8]]) -> Result<Vec<Batch>> {
    let batches = batches.iter().map(|bytes| Batch::from_bytes(bytes.to_vec()));
    let batches = batches.collect::<std::result::Result<_, _>>();
    batches.map_err(|error| type_error(env, error))
}

fn acquire(
    driver: &Driver,
    id: ExecuteId,
    connections: &[&NodeConnection],
    batches: Vec<Batch>,
    deadline: Instant,
    may_queue: bool,
) -> (Executor, Claims) {
    let mut executor = Executor::new(deadline);
    let mut claims = Claims::new(id);
    for (connection, batch) in connections.iter().zip(batches) {
        match claims.acquire(&connection.slot, driver, may_queue) {
            Acquired::Ready(connection) => executor.add(Some(connection), batch),
            Acquired::Queued => executor.add_queued(batch),
            Acquired::Busy => executor.add(None, batch),
        };
    }
    (executor, claims)
}
