//! What others may know of a connection while an execute has it.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ConnectionState {
    /// No socket: never used, or closed by its owner.
    Closed,
    /// The name is being looked up, or the connect is under way.
    Connecting,
    /// There is a socket, in use or idle.
    Connected,
    /// A failure ended the socket. The next use connects again.
    Aborted,
}

/// A connection's state and generation, readable from any thread.
#[derive(Debug, Default)]
pub struct Status {
    state: AtomicU8,
    generation: AtomicU32,
    /// In microseconds; 0 if it is not known.
    round_trip: AtomicU32,
}

impl Status {
    /// The status of a connection that takes the place of another one.
    pub fn following(other: &Status) -> Self {
        Self {
            state: AtomicU8::default(),
            generation: AtomicU32::new(other.generation()),
            round_trip: AtomicU32::new(other.round_trip.load(Ordering::Relaxed)),
        }
    }

    /// Where the connection is in its life.
    pub fn state(&self) -> ConnectionState {
        // Relaxed: the value stands for itself, nothing else is read on the strength of it.
        match self.state.load(Ordering::Relaxed) {
            0 => ConnectionState::Closed,
            1 => ConnectionState::Connecting,
            2 => ConnectionState::Connected,
            _ => ConnectionState::Aborted,
        }
    }

    /// How many connects have succeeded.
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    /// The shortest round trip on the wire that the system has seen; `None` if it does not tell.
    pub fn round_trip(&self) -> Option<Duration> {
        match self.round_trip.load(Ordering::Relaxed) {
            0 => None,
            micros => Some(Duration::from_micros(micros.into())),
        }
    }

    pub(super) fn set_round_trip(&self, round_trip: Duration) {
        let micros = round_trip.as_micros().try_into().unwrap_or(u32::MAX);
        self.round_trip.store(micros, Ordering::Relaxed);
    }

    pub(super) fn set(&self, state: ConnectionState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    pub(super) fn count_connect(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.set(ConnectionState::Connected);
    }
}
