//! Panics that are contained, because a panic that reaches the runtime would abort the process.
//! Exported functions have `#[napi(catch_unwind)]`; what the runtime calls by itself (finalizers,
//! callbacks of the event loop and of async work) is wrapped here.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a callback of the runtime. The panic hook has reported a panic on stderr by the time it is
/// caught, and there is no caller to throw it to.
pub fn contain(work: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
        // Dropping the payload of a panic could panic again.
        std::mem::forget(panic);
    }
}

/// Panics if a test has asked for it by `injectPanic`. No released binary has this feature.
#[cfg(not(feature = "inject-panics"))]
pub fn may_panic(_point: &str) {}

#[cfg(feature = "inject-panics")]
pub use injected::may_panic;

#[cfg(feature = "inject-panics")]
mod injected {
    use std::sync::{Mutex, PoisonError};

    use napi_derive::napi;

    static POINT: Mutex<Option<String>> = Mutex::new(None);

    /// Makes the next call that reaches this point panic. Returns the point of an earlier call that
    /// was not reached.
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
