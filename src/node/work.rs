//! A run of a libuv worker: [`queue_worker`] queues it, a thread of libuv's pool calls `run`, and
//! the JavaScript thread then calls `complete`.

use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Error, JsValue, Object, Result, Status};
use napi::sys;

use super::panics::{contain, may_panic};
use super::state::State;
use crate::driver::Driver;

/// The data of a run.
struct Work {
    /// The only field that the worker touches.
    driver: Driver,
    state: Rc<State>,
    handle: sys::napi_async_work,
}

/// Queues a worker that polls. [`State::worker_finished`] is called when it has polled.
pub fn queue_worker(env: &Env, driver: &Driver, state: &Rc<State>) -> Result<()> {
    let name = env.create_string("hansock")?;
    // Node.js accepts null for the resource, but Deno does not.
    let resource = Object::new(env)?;
    let work = Work { driver: driver.clone(), state: Rc::clone(state), handle: ptr::null_mut() };
    let work = Box::into_raw(Box::new(work));
    // SAFETY: this runs on the environment's thread. `work` lives until `complete`, which is called
    // once if the work was queued; otherwise it is dropped here.
    unsafe {
        let mut status = sys::napi_create_async_work(
            env.raw(),
            resource.raw(),
            name.raw(),
            Some(run),
            Some(complete),
            work.cast(),
            &raw mut (*work).handle,
        );
        if status == sys::Status::napi_ok {
            status = sys::napi_queue_async_work(env.raw(), (*work).handle);
            if status != sys::Status::napi_ok {
                sys::napi_delete_async_work(env.raw(), (*work).handle);
            }
        }
        if status == sys::Status::napi_ok {
            return Ok(());
        }
        drop(Box::from_raw(work));
        Err(Error::new(Status::from(status), "no worker can be sent"))
    }
}

/// # Safety
/// libuv calls this on a thread of its pool, with the `Work` that was queued.
unsafe extern "C" fn run(_env: sys::napi_env, work: *mut c_void) {
    // SAFETY: the `Work` lives until `complete`, which comes after this. Several threads may use a
    // `Driver`, and the worker touches no other field.
    let driver = unsafe { &(*work.cast::<Work>()).driver };
    contain(|| {
        may_panic("worker thread");
        driver.poll();
    });
}

/// # Safety
/// The runtime calls this once, on the environment's thread, with the `Work` that was queued.
unsafe extern "C" fn complete(env: sys::napi_env, _: sys::napi_status, work: *mut c_void) {
    contain(|| {
        // SAFETY: `work` came from `Box::into_raw`, and only this frees it once it was queued.
        let work = unsafe { Box::from_raw(work.cast::<Work>()) };
        // SAFETY: the work has run, and is deleted once.
        unsafe { sys::napi_delete_async_work(env, work.handle) };
        work.state.worker_finished();
    });
}
