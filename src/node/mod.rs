//! The napi layer: JavaScript's values in, the types of this crate behind, JavaScript's values out.
//!
//! What crosses is little and coarse. Commands come as one string for each batch in which a character is a byte
//! (V8 calls such strings one-byte, napi Latin-1), replies go as whole segments. `lib/` does the rest.

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
