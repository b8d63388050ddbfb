//! The part of a connection that other threads can read while an execute uses it.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ConnectionState {
    /// There is no socket: the connection is unused, or its owner closed it.
    Closed,
    /// The name is being looked up, or the connect is in flight.
    Connecting,
    /// There is a socket, in use or idle.
    Connected,
    /// A failure ended the socket. The next use connects again.
    Aborted,
}

/// The state, connect count and round trip of a connection, readable from any thread.
#[derive(Debug, Default)]
pub struct Status {
    state: AtomicU8,
    generation: AtomicU32,
    /// In microseconds; 0 if unknown.
    round_trip: AtomicU32,
}

impl Status {
    /// Makes the status of the connection that takes the place of another one.
    pub fn successor_of(other: &Status) -> Self {
        Self {
            state: AtomicU8::default(),
            generation: AtomicU32::new(other.generation()),
            round_trip: AtomicU32::new(other.round_trip.load(Ordering::Relaxed)),
        }
    }

    /// The state of the connection.
    pub fn state(&self) -> ConnectionState {
        // Relaxed is enough: no other memory is read on the strength of this value.
        match self.state.load(Ordering::Relaxed) {
            0 => ConnectionState::Closed,
            1 => ConnectionState::Connecting,
            2 => ConnectionState::Connected,
            _ => ConnectionState::Aborted,
        }
    }

    /// The connect count: the number of successful connects.
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    /// The shortest round trip that the system has measured; `None` if it does not tell.
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
