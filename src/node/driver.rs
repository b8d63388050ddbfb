use std::cell::OnceCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use napi::Status;
use napi::bindgen_prelude::{AsyncTask, Either, Env, Function, Result, Task};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use super::connection::NodeConnection;
use super::finished::{FinishedExecute, finished_execute};
use super::type_error;
use crate::driver::{Driver, ExecuteId, Handle, Loan, new_execute_id};
use crate::executor::Executor;
use crate::protocol::Batch;

/// With up to this many pairs, those that are connected are sent at once, on the JavaScript thread, which saves the
/// way to the worker. More would hold the event loop up: a send takes a few microseconds.
const SENT_AT_ONCE: usize = 16;

/// The executes of one environment.
#[napi(js_name = "Driver")]
pub struct NodeDriver {
    driver: Driver,
    report: Arc<Report>,
    /// Polls for `executeSync` on the JavaScript thread.
    local: OnceCell<Driver>,
}

/// Tells the JavaScript thread that something has finished. Weak: it keeps no process from ending.
type Report = ThreadsafeFunction<(), (), (), Status, false, true>;

/// One stint of a libuv worker.
pub struct Stint {
    driver: Driver,
    report: Arc<Report>,
}

impl Task for Stint {
    type Output = bool;
    type JsValue = bool;

    fn compute(&mut self) -> Result<bool> {
        Ok(self.driver.run(|| {
            // It fails only where the environment has ended, and nobody is left to be told.
            let _ = self.report.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }))
    }

    fn resolve(&mut self, _: Env, is_empty: bool) -> Result<bool> {
        Ok(is_empty)
    }
}

#[napi]
impl NodeDriver {
    #[napi(constructor)]
    pub fn new(env: Env, on_finished: Function<(), ()>) -> Result<Self> {
        let driver = Driver::new()?;
        // An environment that ends waits for the worker: it is sent home.
        env.add_env_cleanup_hook(driver.clone(), |driver| driver.interrupt())?;
        let report = on_finished.build_threadsafe_function().weak::<true>().build()?;
        Ok(Self { driver, report: Arc::new(report), local: OnceCell::new() })
    }

    /// Begins an execute and gives its id. Work is done only while a promise of `poll` is pending.
    #[napi]
    pub fn execute(
        &self,
        env: Env,
        connections: Vec<&NodeConnection>,
        batches: Vec<&[u8]>,
        timeout_ms: f64,
    ) -> Result<u32> {
        let id = new_execute_id();
        let (mut executor, handles) = borrow(&env, id, connections, batches, timeout_ms, true)?;
        if executor.len() <= SENT_AT_ONCE {
            executor.start_connected(Instant::now());
        }
        self.driver.submit(id, executor, handles);
        Ok(id)
    }

    /// The same on this thread, waiting for the end.
    #[napi]
    pub fn execute_sync<'env>(
        &self,
        env: &'env Env,
        connections: Vec<&NodeConnection>,
        batches: Vec<&[u8]>,
        timeout_ms: f64,
    ) -> Result<FinishedExecute<'env>> {
        let local = match self.local.get() {
            Some(local) => local,
            None => {
                let driver = Driver::new()?;
                self.local.get_or_init(|| driver)
            }
        };
        let id = new_execute_id();
        let (executor, handles) = borrow(env, id, connections, batches, timeout_ms, false)?;
        finished_execute(env, local.run_to_end(id, executor, handles))
    }

    /// One stint: resolves when nothing is in flight, with true, or soon, with false. What finishes is reported.
    #[napi(ts_return_type = "Promise<boolean>")]
    pub fn poll(&self) -> AsyncTask<Stint> {
        AsyncTask::new(Stint { driver: self.driver.clone(), report: Arc::clone(&self.report) })
    }

    /// Whether stints wait a moment for what comes next.
    #[napi]
    pub fn linger(&self, lingers: bool) {
        self.driver.linger(lingers);
    }

    /// What has finished, after a try at what is under way, on this thread, or after all that a worker would do without
    /// waiting. If nothing has, whether that could be done: false where only a worker can go on, or has begun to.
    #[napi]
    pub fn take_finished<'env>(
        &self,
        env: &'env Env,
        stands_in: bool,
    ) -> Result<Either<Vec<FinishedExecute<'env>>, bool>> {
        let could_run = match stands_in {
            true => self.driver.stand_in(),
            false => self.driver.run_now(),
        };
        let finished = self.driver.take_finished();
        if finished.is_empty() {
            return Ok(Either::B(could_run));
        }
        let finished = finished.into_iter().map(|finished| finished_execute(env, finished));
        finished.collect::<Result<_>>().map(Either::A)
    }

    /// Ends every pair of an execute that is not done.
    #[napi]
    pub fn abort(&self, id: u32) {
        self.driver.abort(id);
    }

    #[napi]
    pub fn close_connection(&self, connection: &NodeConnection) {
        for (id, pair) in connection.handle.close() {
            self.driver.close(id, pair);
        }
    }
}

fn borrow(
    env: &Env,
    id: ExecuteId,
    connections: Vec<&NodeConnection>,
    batches: Vec<&[u8]>,
    timeout_ms: f64,
    may_wait: bool,
) -> Result<(Executor, Vec<Arc<Handle>>)> {
    let batches = batches.into_iter().map(|bytes| Batch::from_bytes(bytes.to_vec()));
    let batches = batches.collect::<std::result::Result<Vec<_>, _>>();
    let batches = batches.map_err(|error| type_error(env, error))?;
    let mut executor = Executor::new(Instant::now() + Duration::from_secs_f64(timeout_ms / 1000.0));
    let mut handles = Vec::with_capacity(batches.len());
    for (pair, (connection, batch)) in connections.into_iter().zip(batches).enumerate() {
        match connection.handle.lend((id, pair), may_wait) {
            Loan::Connection(connection) => executor.add(Some(connection), batch),
            Loan::Turn => executor.add_waiting(batch),
            Loan::Refused => executor.add(None, batch),
        };
        handles.push(Arc::clone(&connection.handle));
    }
    Ok((executor, handles))
}
