//! The JavaScript function that is called with finished executes.

use std::cell::Cell;
use std::ptr;

use napi::bindgen_prelude::{Env, Error, Function, JsValue, Result, Status};
use napi::{JsError, sys};

/// A reference to the function. It is weak, so that an unused copy of the package can be collected,
/// and strong while executes are pending, because the function has to be called then.
pub struct Callback {
    env: sys::napi_env,
    reference: sys::napi_ref,
    is_held: Cell<bool>,
}

/// The caller of the addon when the addon calls JavaScript.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only a LoopWatch is called by it")
)]
pub enum Caller {
    /// libuv, which does not run microtasks after the call.
    EventLoop,
    /// JavaScript or the runtime, which runs microtasks after the call.
    Runtime,
}

impl Callback {
    pub fn new(env: &Env, function: Function<'_, (), ()>) -> Result<Self> {
        let mut reference = ptr::null_mut();
        // SAFETY: the function is a value of this environment, and this runs on its thread.
        let status =
            unsafe { sys::napi_create_reference(env.raw(), function.raw(), 0, &mut reference) };
        check(status)?;
        Ok(Self { env: env.raw(), reference, is_held: Cell::new(false) })
    }

    /// Makes the reference strong or weak.
    pub fn hold(&self, is_held: bool) {
        if self.is_held.replace(is_held) == is_held {
            return;
        }
        // SAFETY: the reference is live until `release`. These calls only count, and cannot fail
        // for a live reference.
        unsafe {
            match is_held {
                true => sys::napi_reference_ref(self.env, self.reference, ptr::null_mut()),
                false => sys::napi_reference_unref(self.env, self.reference, ptr::null_mut()),
            };
        }
    }

    /// Calls the function with the arguments that `arguments` makes. What it throws becomes an
    /// uncaught exception. It is not called if it has been collected.
    pub fn call(&self, caller: Caller, arguments: impl FnOnce(&Env) -> Vec<sys::napi_value>) {
        let mut scope = ptr::null_mut();
        // SAFETY: this runs on the environment's thread while the environment is alive, since
        // `State` calls nothing after its end. The scope is closed on each way out, and all values
        // are made and used within it.
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
                let status = match caller {
                    Caller::EventLoop => sys::napi_make_callback(
                        self.env,
                        ptr::null_mut(),
                        global,
                        function,
                        count,
                        arguments,
                        ptr::null_mut(),
                    ),
                    Caller::Runtime => sys::napi_call_function(
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

    /// Deletes the reference.
    pub fn release(&self) {
        // SAFETY: `State::end` calls this once, on the environment's thread, and uses the reference
        // no more.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}

/// Converts an error to a JavaScript value: the pending exception, if the error stands for that.
pub fn error_value(env: &Env, error: Error) -> sys::napi_value {
    // SAFETY: `Callback::call` calls this on the environment's thread, within its handle scope.
    unsafe {
        match error.status {
            Status::PendingException => take_exception(env.raw()),
            _ => JsError::from(error).into_value(env.raw()),
        }
    }
}

/// # Safety
/// This has to be called on the environment's thread within a handle scope.
unsafe fn take_exception(env: sys::napi_env) -> sys::napi_value {
    let mut exception = ptr::null_mut();
    // SAFETY: the caller promises the thread and the scope.
    unsafe { sys::napi_get_and_clear_last_exception(env, &mut exception) };
    exception
}

fn check(status: sys::napi_status) -> Result<()> {
    match Status::from(status) {
        Status::Ok => Ok(()),
        status => Err(Error::from_status(status)),
    }
}
