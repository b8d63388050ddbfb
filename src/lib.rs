//! HandlerSocket for Node.js: the native half of the npm package `hansock`, and a Rust library of
//! its own.
//!
//! Data flows one way, commands down to the socket and replies back up. A module uses only modules
//! below it:
//!
//! | module | purpose |
//! |---|---|
//! | `node` | the napi layer: converts JavaScript's values to the types below and back |
//! | [`driver`] | polls for executes in flight, on a worker or in an event loop; looks names up |
//! | [`executor`] | runs pairs of a batch and a connection within one deadline |
//! | [`connection`] | the life of one socket: resolve, connect, authorise, write, read, abort |
//! | [`protocol`] | bytes only: writes commands, frames and checks replies |
//! | [`ketama`] | maps keys to servers |
//! | [`resolver`] | the system's name look-up, with the codes of its failures |
//! | [`address`], [`error`] | server addresses, and the errors of a batch |
//!
//! [`connection`] and [`executor`] are state machines that never wait: `start` returns what the
//! machine waits for, and `resume` takes what has happened and returns what it waits for next. The
//! caller owns the poll and the clock, so any event loop can drive them. `examples/poll_loop.rs` is
//! the smallest one.
//!
//! The cargo feature `node`, which is on by default, builds the `node` module. Turn it off to use
//! the state machines or the driver without Node.js.

#![warn(missing_docs)]

pub mod address;
pub mod connection;
pub mod driver;
pub mod error;
pub mod executor;
pub mod ketama;
pub mod protocol;
pub mod resolver;

#[cfg(feature = "node")]
mod node;
