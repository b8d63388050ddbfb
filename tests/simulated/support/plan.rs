//! Plans of links: how much goes through at a time, and what goes wrong when.

use std::time::Duration;

/// The behaviour of a link from its connect on.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The number of bytes that each send accepts.
    pub send_sizes: Sizes,
    /// The number of bytes that each receive returns.
    pub receive_sizes: Sizes,
    /// The most bytes that the client has sent and the server has not read.
    pub outward_room: usize,
    /// The most bytes that the server has sent and the client has not received. While there is no
    /// more room, the server does not read either.
    pub inward_room: usize,
    /// The time that a reply takes to arrive.
    pub delay: Duration,
    pub faults: Vec<(When, Fault)>,
}

/// A sequence that starts again at its end. A 0 stands for `WouldBlock`, after which the socket is
/// ready again a millisecond later.
#[derive(Clone, Debug)]
pub struct Sizes {
    sizes: Vec<usize>,
    next: usize,
}

/// The time of a fault. Offsets count the bytes of one direction since the connect, including the
/// preamble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Instead of accepting the byte at this offset from the client.
    Accepting(usize),
    /// Instead of the server's sending the byte at this offset.
    Replying(usize),
    /// Before this send or receive, counted from 0.
    Call(usize),
    /// This long after the start of the connect.
    Elapsed(Duration),
}

/// A fault of a link.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection is reset: sends fail at once, and receives after what has arrived.
    Reset,
    /// The server closes the connection: receives end after what has arrived, and sent bytes are
    /// lost.
    EndOfFile,
    /// The server sends bytes that no command asked for.
    Stray(Vec<u8>),
    /// A signal interrupts the call, which does nothing.
    Interruption,
}

impl Plan {
    pub fn with_fault(when: When, fault: Fault) -> Self {
        Self { faults: vec![(when, fault)], ..Self::default() }
    }

    /// A server that accepts commands and replies a day later.
    pub fn silent() -> Self {
        Self { delay: Duration::from_secs(24 * 3600), ..Self::default() }
    }

    /// One byte a millisecond in either direction.
    pub fn slow() -> Self {
        Self {
            send_sizes: Sizes::cycle([1, 0]),
            receive_sizes: Sizes::cycle([1, 0]),
            ..Self::default()
        }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            send_sizes: Sizes::cycle([usize::MAX]),
            receive_sizes: Sizes::cycle([usize::MAX]),
            outward_room: usize::MAX,
            inward_room: usize::MAX,
            delay: Duration::ZERO,
            faults: Vec::new(),
        }
    }
}

impl Sizes {
    pub fn cycle(sizes: impl Into<Vec<usize>>) -> Self {
        let sizes = sizes.into();
        assert!(sizes.iter().any(|&size| size > 0), "no byte would ever go through");
        Self { sizes, next: 0 }
    }

    pub fn next(&mut self) -> usize {
        let size = self.sizes[self.next];
        self.next = (self.next + 1) % self.sizes.len();
        size
    }
}
