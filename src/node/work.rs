//! One run of a libuv worker.

use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Error, JsValue, Object, Result, Status};
use napi::sys;

use super::panics::{contain, may_panic};
use super::state::State;
use crate::driver::Driver;

/// What the worker has, and what comes after it on the JavaScript thread.
struct Work {
    /// The only field that the worker touches.
    driver: Driver,
    state: Rc<State>,
    handle: sys::napi_async_work,
}

/// Sends a worker to poll. [`State::worker_is_back`] is called when it comes back.
pub fn send_worker(env: &Env, driver: &Driver, state: &Rc<State>) -> Result<()> {
    let name = env.create_string("hansock")?;
    // Node.js takes none for one; Deno does not.
    let resource = Object::new(env)?;
    let work = Work { driver: driver.clone(), state: Rc::clone(state), handle: ptr::null_mut() };
    let work = Box::into_raw(Box::new(work));
    // SAFETY: called on the environment's thread. `work` lives until `complete`, which is called once if the work was
    // queued; if it was not, it is dropped here.
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
/// libuv calls it on a thread of its pool, with the `Work` that was queued.
unsafe extern "C" fn run(_env: sys::napi_env, work: *mut c_void) {
    // SAFETY: the `Work` lives until `complete`, which comes after this. The JavaScript thread does not touch `driver`
    // meanwhile, and a `Driver` may be used by several threads.
    let driver = unsafe { &(*work.cast::<Work>()).driver };
    contain(|| {
        may_panic("worker thread");
        driver.poll();
    });
}

/// # Safety
/// The runtime calls it once, on the environment's thread, with the `Work` that was queued.
unsafe extern "C" fn complete(env: sys::napi_env, _: sys::napi_status, work: *mut c_void) {
    contain(|| {
        // SAFETY: `work` came of `Box::into_raw`, and nothing else frees it once it was queued.
        let work = unsafe { Box::from_raw(work.cast::<Work>()) };
        // SAFETY: the work has run, and is deleted once.
        unsafe { sys::napi_delete_async_work(env, work.handle) };
        work.state.worker_is_back();
    });
}
