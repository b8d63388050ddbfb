//! What a test prescribes for one link: how much goes through it at a time, and what goes wrong when.

use std::time::Duration;

/// How a link behaves from its connect on.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many bytes each send takes.
    pub send_sizes: Sizes,
    /// How many bytes each receive gives.
    pub receive_sizes: Sizes,
    /// How many bytes the client may have sent that the server has not read.
    pub outward_room: usize,
    /// How many bytes the server may have sent that the client has not received. While it is full, the server does not
    /// read either.
    pub inward_room: usize,
    /// How long a reply is on its way.
    pub delay: Duration,
    pub faults: Vec<(When, Fault)>,
}

/// A sequence that begins again at its end. A 0 is a `WouldBlock`, and the socket is ready again a millisecond later.
#[derive(Clone, Debug)]
pub struct Sizes {
    sizes: Vec<usize>,
    next: usize,
}

/// When a fault strikes. Offsets count the bytes of one direction from the connect on, the preamble's included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In place of accepting the byte at this offset from the client.
    Accepting(usize),
    /// In place of the server's sending the byte at this offset.
    Replying(usize),
    /// Just before this send or receive, counted from 0.
    Call(usize),
    /// So long after the connect was begun.
    Elapsed(Duration),
}

#[derive(Clone, Debug)]
pub enum Fault {
    /// What has arrived can still be received; then, and for every send at once, the connection is reset.
    Reset,
    /// What has arrived can still be received, then comes the end. Sends go nowhere.
    EndOfFile,
    /// The server sends bytes that nobody asked for.
    Stray(Vec<u8>),
    /// A signal interrupts the call, which does nothing.
    Interruption,
}

impl Plan {
    pub fn with_fault(when: When, fault: Fault) -> Self {
        Self { faults: vec![(when, fault)], ..Self::default() }
    }

    /// The server takes commands and its replies come much later than anybody waits.
    pub fn silent() -> Self {
        Self { delay: Duration::from_secs(24 * 3600), ..Self::default() }
    }

    /// One byte a millisecond either way.
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
        assert!(sizes.iter().any(|&size| size > 0), "nothing would ever go through");
        Self { sizes, next: 0 }
    }

    pub fn next(&mut self) -> usize {
        let size = self.sizes[self.next];
        self.next = (self.next + 1) % self.sizes.len();
        size
    }
}
