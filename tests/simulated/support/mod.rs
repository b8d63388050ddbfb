//! The surroundings of the state machines in these tests: a simulated network with its own clock,
//! HandlerSocket servers in memory, and an event loop that notices when it is asked to wait for
//! nothing.

mod event_loop;
mod link;
mod plan;
mod server;
mod world;

use std::time::Duration;

use hansock::connection::{Completion, DEFAULT_MAX_REPLY_BYTES, Options};
use hansock::error::Outcome;
use hansock::protocol::{Batch, Segment};

pub use event_loop::EventLoop;
pub use plan::{Fault, Plan, Sizes, When};
pub use server::Peer;
pub use world::{Connect, Name, SimulatedConnection, World};

/// An address that needs no look-up.
pub const SERVER: &str = "10.0.0.1:9998";
pub const SECRET: &[u8] = b"xyzzy";
/// More time than any batch takes that is expected to succeed.
pub const PLENTY: Duration = Duration::from_secs(60);

pub const fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

pub fn batch(bytes: &[u8]) -> Batch {
    Batch::from_bytes(bytes.to_vec()).expect("a test's batch is made of whole commands")
}

/// Makes `count` commands that no batch with another name holds.
pub fn finds(name: &str, count: usize) -> Batch {
    let commands = (0..count).map(|n| format!("1\t=\t1\t{name}-{n}\n"));
    batch(commands.collect::<String>().as_bytes())
}

pub fn with_secret() -> Options {
    options(Some(SECRET), b"")
}

/// Options with a secret and a handshake of two commands.
pub fn with_handshake() -> Options {
    options(Some(SECRET), b"P\t1\tshop\titem\tPRIMARY\tid\nP\t2\tshop\titem\tname\tid\n")
}

pub fn options(secret: Option<&[u8]>, handshake: &[u8]) -> Options {
    Options::new(secret, &batch(handshake), DEFAULT_MAX_REPLY_BYTES)
        .expect("a test's secret has no control characters")
}

/// The replies of a server that does not refuse the batch and answers as [`server::echo`].
pub fn echoes(batch: &Batch) -> Vec<u8> {
    lines(batch.bytes()).flat_map(server::echo).collect()
}

/// The lines without their line ends.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

pub fn replies(completion: &Completion) -> Vec<u8> {
    completion.segments.iter().flat_map(Segment::bytes).copied().collect()
}

/// The code and outcome of a batch that failed.
pub fn failure(completion: &Completion) -> Option<(&'static str, Outcome)> {
    completion.failure.as_ref().map(|failure| (failure.error.code(), failure.outcome))
}

#[track_caller]
pub fn assert_success(completion: &Completion, batch: &Batch) {
    assert!(completion.failure.is_none(), "{:?}", completion.failure);
    assert_eq!(completion.replies, batch.commands());
    assert_same_bytes(&replies(completion), &echoes(batch));
}

#[track_caller]
pub fn assert_same_bytes(found: &[u8], expected: &[u8]) {
    assert!(
        found == expected,
        "found {} bytes:\n{}\nexpected {} bytes:\n{}",
        found.len(),
        found[..found.len().min(2000)].escape_ascii(),
        expected.len(),
        expected[..expected.len().min(2000)].escape_ascii()
    );
}
