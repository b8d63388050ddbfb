use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{AsyncTask, Either, Env, Latin1String, Result, Task};
use napi_derive::napi;

use super::connection::NodeConnection;
use super::finished::{BatchFailure, FailedBatch, FinishedExecute, finished_batch};
use super::type_error;
use crate::driver::{Driver, ExecuteId, Finished, Handle};
use crate::error::Outcome;
use crate::executor::Executor;
use crate::protocol::Batch;

/// With up to this many pairs, those that are connected are sent at once, on the JavaScript thread, which saves the
/// way to the worker. More would hold the event loop up: a send takes a few microseconds.
const SENT_AT_ONCE: usize = 16;

/// The executes of one environment.
#[napi(js_name = "Driver")]
pub struct NodeDriver {
    driver: Driver,
    /// Polls for `executeSync` on the JavaScript thread.
    local: OnceCell<Driver>,
    loans: RefCell<HashMap<ExecuteId, Vec<Borrowed>>>,
}

/// What a pair's connection is given back to; `None` if the pair got none.
type Borrowed = Option<(Rc<Handle>, u64)>;

/// One stint of a libuv worker.
pub struct Stint(Driver);

impl Task for Stint {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        self.0.run();
        Ok(())
    }

    fn resolve(&mut self, _: Env, (): ()) -> Result<()> {
        Ok(())
    }
}

#[napi]
impl NodeDriver {
    #[napi(constructor)]
    pub fn new(env: Env) -> Result<Self> {
        let driver = Driver::new()?;
        // An environment that ends waits for the worker: it is sent home.
        env.add_env_cleanup_hook(driver.clone(), |driver| driver.interrupt())?;
        Ok(Self { driver, local: OnceCell::new(), loans: RefCell::default() })
    }

    /// Begins an execute and gives its id. Work is done only while a promise of `poll` is pending.
    #[napi]
    pub fn execute(
        &self,
        env: Env,
        connections: Vec<&NodeConnection>,
        batches: Vec<Latin1String>,
        timeout_ms: f64,
    ) -> Result<u32> {
        let (mut executor, loans) = borrow(&env, connections, batches, timeout_ms)?;
        if executor.len() <= SENT_AT_ONCE {
            executor.start_connected(Instant::now());
        }
        let id = self.driver.submit(executor);
        for (pair, (handle, _)) in
            loans.iter().enumerate().filter_map(|(n, loan)| Some((n, loan.as_ref()?)))
        {
            handle.lent_to((id, pair));
        }
        self.loans.borrow_mut().insert(id, loans);
        Ok(id)
    }

    /// The same on this thread, waiting for the end.
    #[napi]
    pub fn execute_sync<'env>(
        &self,
        env: &'env Env,
        connections: Vec<&NodeConnection>,
        batches: Vec<Latin1String>,
        timeout_ms: f64,
    ) -> Result<FinishedExecute<'env>> {
        let local = match self.local.get() {
            Some(local) => local,
            None => {
                let driver = Driver::new()?;
                self.local.get_or_init(|| driver)
            }
        };
        let (executor, loans) = borrow(env, connections, batches, timeout_ms)?;
        finish(env, local.run_to_end(executor), loans)
    }

    /// One stint: resolves when something has finished, or soon.
    #[napi]
    pub fn poll(&self) -> AsyncTask<Stint> {
        AsyncTask::new(Stint(self.driver.clone()))
    }

    /// What has finished, after a try at what is under way, on this thread. It connects only if it may.
    #[napi]
    pub fn take_finished<'env>(
        &self,
        env: &'env Env,
        may_connect: bool,
    ) -> Result<Vec<FinishedExecute<'env>>> {
        self.driver.run_now(may_connect);
        let mut loans = self.loans.borrow_mut();
        let finished = self.driver.take_finished().into_iter();
        finished
            .map(|finished| {
                let loans = loans.remove(&finished.id).unwrap_or_default();
                finish(env, finished, loans)
            })
            .collect()
    }

    /// Ends every pair of an execute that is not done.
    #[napi]
    pub fn abort(&self, id: u32) {
        self.driver.abort(id);
    }

    #[napi]
    pub fn close_connection(&self, connection: &NodeConnection) {
        if let Some((id, pair)) = connection.handle.close() {
            self.driver.close(id, pair);
        }
    }
}

fn borrow(
    env: &Env,
    connections: Vec<&NodeConnection>,
    batches: Vec<Latin1String>,
    timeout_ms: f64,
) -> Result<(Executor, Vec<Borrowed>)> {
    let batches = batches.into_iter().map(|bytes| Batch::from_bytes(bytes.to_vec()));
    let batches = batches.collect::<std::result::Result<Vec<_>, _>>();
    let batches = batches.map_err(|error| type_error(env, error))?;
    let mut executor = Executor::new(Instant::now() + Duration::from_secs_f64(timeout_ms / 1000.0));
    let mut loans = Vec::with_capacity(batches.len());
    for (connection, batch) in connections.into_iter().zip(batches) {
        match connection.handle.lend() {
            Some(loan) => {
                let (number, lent) = loan.into_parts();
                executor.add(Some(lent), batch);
                loans.push(Some((Rc::clone(&connection.handle), number)));
            }
            None => {
                executor.add(None, batch);
                loans.push(None);
            }
        }
    }
    Ok((executor, loans))
}

/// Gives the connections back and tells how the batches ended.
fn finish(env: &Env, finished: Finished, loans: Vec<Borrowed>) -> Result<FinishedExecute<'_>> {
    let give_back = |loan: Borrowed, connection| {
        if let Some((handle, number)) = loan {
            handle.take_back(number, connection);
        }
    };
    // All of them first: what comes after may fail.
    let batches: Vec<_> = match finished.result {
        Ok(executor) => {
            let ends = executor.finish().zip(loans);
            ends.map(|((connection, completion), loan)| {
                give_back(loan, connection);
                Either::A(completion)
            })
            .collect()
        }
        Err(error) => {
            let lost = loans.into_iter();
            lost.map(|loan| {
                give_back(loan, None);
                Either::B(BatchFailure::new(&error, Outcome::Unknown))
            })
            .collect()
        }
    };
    let batches = batches.into_iter().map(|batch| match batch {
        Either::A(completion) => finished_batch(env, completion),
        Either::B(failure) => Ok(Either::B(FailedBatch { segments: Vec::new(), failure })),
    });
    Ok((finished.id, batches.collect::<Result<_>>()?))
}
