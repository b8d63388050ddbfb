//! HandlerSocket for Node.js: the native half of the npm package `hansock`, and a Rust library in its own right.
//!
//! Data flows one way, commands down to the socket and replies back up, and a module uses only what stands below it:
//!
//! | module | what it is for |
//! |---|---|
//! | `node` | the napi layer: turns JavaScript's values into the types below and back, owns no rule |
//! | [`driver`] | polls for executes in flight, on a libuv worker or in an event loop; name look-ups beside it |
//! | [`executor`] | pairs batches with connections and runs them within one deadline |
//! | [`connection`] | one socket's life: resolve, connect, authorise, write, read, abort |
//! | [`protocol`] | bytes only: commands written, replies framed and checked |
//! | [`ketama`] | which server a key belongs to |
//! | [`resolver`] | the system's name look-up, with the codes of its failures |
//! | [`address`], [`error`] | what a server is called, and what can go wrong with it |
//!
//! [`connection`] and [`executor`] are state machines that never wait: `start` begins and says what it waits for,
//! `resume` is told what happened and says what it waits for next. The caller owns the poll and the clock, so any event
//! loop can drive them; `examples/poll_loop.rs` is the smallest one.

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
