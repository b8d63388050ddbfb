//! The napi layer: converts JavaScript's values to the types of this crate and back.
//!
//! JavaScript and Rust exchange few and large values. A batch crosses as one `Uint8Array` of
//! commands, replies as segments of up to 64 KiB. The rules are on either side: `lib/` above, the
//! other modules of this crate below.
//!
//! ```text
//!   lib/runtime/driver.js
//!        │ execute, abort, close            ▲ settle(wantsWorker, id, result, …)
//!        ▼                                  │
//!   driver.rs ──▶ state.rs ──────────▶ callback.rs, finished.rs
//!                  ▲    ▲
//!                  │    └── event_loop.rs   libuv wakes this thread for the inline driver
//!                  └─────── work.rs         a thread of libuv's pool polls the worker's driver
//! ```

#[cfg(target_os = "linux")]
mod busy_poll;
mod callback;
mod connection;
mod driver;
#[cfg(target_os = "linux")]
mod event_loop;
mod finished;
mod ketama;
mod panics;
mod state;
mod system_error;
mod work;

use std::fmt::Display;

use napi::{Env, Error, Status};

/// Throws a TypeError with the error's text.
fn type_error(env: &Env, error: impl Display) -> Error {
    match env.throw_type_error(&error.to_string(), None) {
        Ok(()) => Error::from_status(Status::PendingException),
        Err(error) => error,
    }
}
