use std::cell::OnceCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{Env, Error, Function, ObjectFinalize, Result};
use napi_derive::napi;

use super::callback::{Callback, From};
use super::connection::NodeConnection;
use super::finished::{FinishedBatch, finished_batches};
use super::panics::{contain, may_panic};
use super::state::State;
use super::type_error;
use crate::driver::{Acquired, Claims, Driver, ExecuteId, new_execute_id};
use crate::executor::Executor;
use crate::protocol::Batch;

/// With up to this many pairs, those that are connected are sent at once, on the JavaScript thread, which saves the
/// way to the worker. More would hold the event loop up: a send takes a few microseconds.
const SENT_AT_ONCE: usize = 16;

/// The executes of one environment. `lib/runtime/driver.js` has the only one.
#[napi(js_name = "Driver", custom_finalize)]
pub struct NodeDriver {
    state: Rc<State>,
    /// Polls for `executeSync` on the JavaScript thread.
    local: OnceCell<Driver>,
}

#[napi]
impl NodeDriver {
    /// Calls `settle` with what has finished: `(wantsWorker, id, batches, id, batches, …)`, an Error in place of batches that
    /// could not be converted; `wantsWorker` says that `ensureWorker` is to be called. Whoever has the driver has to keep `settle`: the
    /// driver holds it only while executes are pending. `mayWaitInline`: this is Node.js or Electron, whose event loop can
    /// watch the sockets.
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

    /// Has to be called before `execute`; fails if there are no descriptors left.
    #[napi(catch_unwind)]
    pub fn open(&self) -> Result<()> {
        may_panic("Driver.open");
        Ok(self.state.open()?)
    }

    /// Has to be called before `executeSync`; fails if there are no descriptors left.
    #[napi(catch_unwind)]
    pub fn open_sync(&self) -> Result<()> {
        may_panic("Driver.openSync");
        if self.local.get().is_none() {
            let driver = Driver::new()?;
            self.local.get_or_init(|| driver);
        }
        Ok(())
    }

    /// Begins an execute and gives its id; -1 - id where `ensureWorker` has to be called after it.
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

    /// The same for one pair: to make and read arrays would take as long as to send the batch.
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

    /// The same on this thread, waiting for the end.
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

    /// Sends a worker if there is something for one, and says whether one is out. If none can be sent, what waits for it
    /// ends with an error, of which `deliver` tells.
    #[napi(catch_unwind)]
    pub fn ensure_worker(&self, env: Env) -> Result<bool> {
        may_panic("Driver.ensureWorker");
        self.state.ensure_worker(&env)
    }

    /// Does without waiting what a worker would do that has got no thread of libuv's pool yet.
    #[napi(catch_unwind)]
    pub fn poll_once(&self) {
        may_panic("Driver.pollOnce");
        self.state.poll_once();
    }

    /// Tells of what has finished.
    #[napi(catch_unwind)]
    pub fn deliver(&self) {
        may_panic("Driver.deliver");
        self.state.deliver(From::Runtime);
    }

    /// How often a worker was sent.
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
        if inline.is_none() && executor.len() <= SENT_AT_ONCE {
            executor.start_connected(now);
        }
        let slots = claims.into_slots();
        let busy_poll = inline.and_then(|_| slots.first()).map(|slot| slot.busy_poll());
        driver.submit(id, executor, slots);
        // Not before: an execute that a panic keeps from the driver never ends, and would be waited for.
        self.state.begun(deadline);
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
            Acquired::Queued => executor.add_waiting(batch),
            Acquired::Busy => executor.add(None, batch),
        };
    }
    (executor, claims)
}
