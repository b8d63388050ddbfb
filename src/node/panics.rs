//! No panic crosses into the runtime, which it would end. Exported functions have `#[napi(catch_unwind)]`; what the runtime
//! calls by itself (finalizers, callbacks of the event loop and of async work) is wrapped here.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what the runtime has called. A panic has been reported on stderr by then; there is nobody to throw it to.
pub fn contain(work: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
        // Dropping a panic's payload may panic once more.
        std::mem::forget(panic);
    }
}

/// Panics where a test has asked for it with `injectPanic`. No released binary has the feature.
#[cfg(not(feature = "inject-panics"))]
pub fn may_panic(_point: &str) {}

#[cfg(feature = "inject-panics")]
pub use injected::may_panic;

#[cfg(feature = "inject-panics")]
mod injected {
    use std::sync::{Mutex, PoisonError};

    use napi_derive::napi;

    static POINT: Mutex<Option<String>> = Mutex::new(None);

    /// The next call that comes to this point panics. Gives the point that was asked for before and not come to.
    #[napi]
    pub fn inject_panic(point: Option<String>) -> Option<String> {
        std::mem::replace(&mut *POINT.lock().unwrap_or_else(PoisonError::into_inner), point)
    }

    pub fn may_panic(point: &str) {
        let mut wanted = POINT.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.as_deref() == Some(point) {
            *wanted = None;
            drop(wanted);
            panic!("injected at {point}");
        }
    }
}
