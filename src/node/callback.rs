//! The JavaScript function that is called with what has finished.

use std::cell::Cell;
use std::ptr;

use napi::bindgen_prelude::{Env, Error, Function, JsValue, Result, Status};
use napi::{JsError, sys};

/// Holds the function weakly, so that a copy of the package that nobody uses is collected; strongly while something is
/// pending, since it has to be called then.
pub struct Callback {
    env: sys::napi_env,
    reference: sys::napi_ref,
    is_held: Cell<bool>,
}

/// Who calls the addon when it calls JavaScript.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only a LoopWatch is called by it")
)]
pub enum From {
    /// libuv, which knows nothing of JavaScript: microtasks have to be run after the call.
    EventLoop,
    /// JavaScript, or the runtime itself, which runs microtasks.
    Runtime,
}

impl Callback {
    pub fn new(env: &Env, function: Function<'_, (), ()>) -> Result<Self> {
        let mut reference = ptr::null_mut();
        // SAFETY: the function is a value of this environment, on whose thread this runs.
        let status =
            unsafe { sys::napi_create_reference(env.raw(), function.raw(), 0, &mut reference) };
        check(status)?;
        Ok(Self { env: env.raw(), reference, is_held: Cell::new(false) })
    }

    /// Keeps the function alive, or no longer.
    pub fn hold(&self, is_held: bool) {
        if self.is_held.replace(is_held) == is_held {
            return;
        }
        // SAFETY: the reference is live until `release`. The calls only count, and cannot fail for a live reference.
        unsafe {
            match is_held {
                true => sys::napi_reference_ref(self.env, self.reference, ptr::null_mut()),
                false => sys::napi_reference_unref(self.env, self.reference, ptr::null_mut()),
            };
        }
    }

    /// Calls the function with the arguments that `arguments` makes. What it throws is an uncaught exception. It is not called
    /// if it has been collected.
    pub fn call(&self, from: From, arguments: impl FnOnce(&Env) -> Vec<sys::napi_value>) {
        let mut scope = ptr::null_mut();
        // SAFETY: this runs on the environment's thread, while the environment lives: `State` calls nothing after its end.
        // The scope is closed on each way out of here; all values are made and used within it.
        unsafe {
            if sys::napi_open_handle_scope(self.env, &mut scope) != sys::Status::napi_ok {
                return;
            }
            let mut function = ptr::null_mut();
            let mut global = ptr::null_mut();
            sys::napi_get_reference_value(self.env, self.reference, &mut function);
            sys::napi_get_global(self.env, &mut global);
            if !function.is_null() && !global.is_null() {
                let values = arguments(&Env::from_raw(self.env));
                let (count, arguments) = (values.len(), values.as_ptr());
                let status = match from {
                    From::EventLoop => sys::napi_make_callback(
                        self.env,
                        ptr::null_mut(),
                        global,
                        function,
                        count,
                        arguments,
                        ptr::null_mut(),
                    ),
                    From::Runtime => sys::napi_call_function(
                        self.env,
                        global,
                        function,
                        count,
                        arguments,
                        ptr::null_mut(),
                    ),
                };
                if status == sys::Status::napi_pending_exception {
                    let error = take_exception(self.env);
                    sys::napi_fatal_exception(self.env, error);
                }
            }
            sys::napi_close_handle_scope(self.env, scope);
        }
    }

    /// Lets go of the function for good.
    pub fn release(&self) {
        // SAFETY: called once, by the end of `State`, on the environment's thread.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}

/// An error as a JavaScript value: the exception that is pending, if the error stands for that.
pub fn error_value(env: &Env, error: Error) -> sys::napi_value {
    // SAFETY: called on the environment's thread, within a handle scope.
    unsafe {
        match error.status {
            Status::PendingException => take_exception(env.raw()),
            _ => JsError::from(error).into_value(env.raw()),
        }
    }
}

/// # Safety
/// Within a handle scope on the environment's thread.
unsafe fn take_exception(env: sys::napi_env) -> sys::napi_value {
    let mut exception = ptr::null_mut();
    // SAFETY: as the caller promises.
    unsafe { sys::napi_get_and_clear_last_exception(env, &mut exception) };
    exception
}

fn check(status: sys::napi_status) -> Result<()> {
    match Status::from(status) {
        Status::Ok => Ok(()),
        status => Err(Error::from_status(status)),
    }
}
