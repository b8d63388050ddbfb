//! Connects to one of several targets: attempts race, and the first that completes wins (Happy
//! Eyeballs, RFC 8305).
//!
//! ```text
//!  waiting ──begin──▶ attempts ──completed──▶ Progress::Won
//!     ▲                  │
//!     └─ no room         └──failed──▶ Progress::Lost, once nothing waits and no attempt is left
//! ```

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::socket::{Socket, Target, Transport};

/// The head start of each attempt before the next one starts beside it: the "Connection Attempt
/// Delay" that RFC 8305 recommends in its section 8.
const HEAD_START: Duration = Duration::from_millis(250);

/// The delay before a target that had no room is tried again.
const NO_ROOM_DELAY: Duration = Duration::from_millis(2);

/// A race to the targets of one connect. Call [`Self::advance`] until it is won or lost.
pub(super) struct Race<S> {
    /// The targets without an attempt, the preferred ones first.
    waiting: VecDeque<Target>,
    /// The attempts in flight, in the order of their starts.
    attempts: Vec<Attempt<S>>,
    /// The time at which the next attempt starts.
    next_at: Instant,
    last_error: Option<io::Error>,
}

/// A connect in flight, or the one that won.
pub(super) struct Attempt<S> {
    pub target: Target,
    pub socket: Arc<S>,
}

/// The state of a race after an advance.
#[must_use]
pub(super) enum Progress<S> {
    /// Call again when a socket is ready, or at [`Race::until`].
    Wait,
    /// An attempt completed. Dropping the race closes the others.
    Won(Attempt<S>),
    /// Every target failed, the last one with this error.
    Lost(io::Error),
}

impl<S: Socket> Race<S> {
    /// Makes a race to at least one target, in which nothing has started.
    pub fn new(targets: impl IntoIterator<Item = Target>, now: Instant) -> Self {
        let waiting = targets.into_iter().collect();
        Self { waiting, attempts: Vec::new(), next_at: now, last_error: None }
    }

    /// Starts the attempts that are due, and checks all attempts in flight.
    pub fn advance(
        &mut self,
        transport: &mut impl Transport<Socket = S>,
        now: Instant,
    ) -> Progress<S> {
        loop {
            if let Some(winner) = self.take_winner(now) {
                return Progress::Won(winner);
            }
            if now < self.next_at || !self.begin_next(transport, now) {
                break;
            }
        }
        if !self.waiting.is_empty() || !self.attempts.is_empty() {
            return Progress::Wait;
        }
        let error = self.last_error.take();
        Progress::Lost(error.expect("a target that neither waits nor has an attempt has failed"))
    }

    /// The time at which to call [`Self::advance`] although no socket is ready; `None` if there is
    /// no such time.
    pub fn until(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then_some(self.next_at)
    }

    /// The sockets of the attempts in flight.
    pub fn sockets(&self) -> impl Iterator<Item = &Arc<S>> + Clone {
        self.attempts.iter().map(|attempt| &attempt.socket)
    }

    fn take_winner(&mut self, now: Instant) -> Option<Attempt<S>> {
        let mut place = 0;
        while let Some(attempt) = self.attempts.get(place) {
            match attempt.socket.connected() {
                Ok(true) => return Some(self.attempts.remove(place)),
                Ok(false) => place += 1,
                Err(error) => {
                    self.attempts.remove(place);
                    self.last_error = Some(error);
                    // Start the next attempt now: it was delayed only to give this one a head
                    // start.
                    if place == self.attempts.len() {
                        self.next_at = now;
                    }
                }
            }
        }
        None
    }

    /// Starts the next attempt. Returns `false` if no target is left.
    fn begin_next(&mut self, transport: &mut impl Transport<Socket = S>, now: Instant) -> bool {
        let Some(target) = self.waiting.pop_front() else {
            return false;
        };
        match transport.connect(&target) {
            Ok(socket) => {
                self.attempts.push(Attempt { target, socket: Arc::new(socket) });
                self.next_at = now + HEAD_START;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.waiting.push_back(target);
                self.next_at = now + NO_ROOM_DELAY;
            }
            Err(error) => self.last_error = Some(error),
        }
        true
    }
}

/// Sorts the addresses of a host in the order in which to try them: first `preferred`, if the host
/// has it, then both families in turn, so that a broken family costs one head start (RFC 8305,
/// section 4).
pub(super) fn in_order(
    mut addresses: Vec<IpAddr>,
    preferred: Option<IpAddr>,
) -> impl Iterator<Item = IpAddr> {
    if let Some(place) = addresses.iter().position(|&address| Some(address) == preferred) {
        addresses[..=place].rotate_right(1);
    }
    let begins_with_v4 = addresses.first().is_some_and(IpAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == begins_with_v4);
    (0..first.len().max(second.len()))
        .flat_map(move |place| [first.get(place).copied(), second.get(place).copied()])
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_addresses_by_preference_and_then_by_alternating_families() {
        for (found, preferred, expected) in [
            ("", None, ""),
            ("10.0.0.1", None, "10.0.0.1"),
            ("::1 ::2 ::3", None, "::1 ::2 ::3"),
            ("::1 ::2 ::3 10.0.0.1 10.0.0.2", None, "::1 10.0.0.1 ::2 10.0.0.2 ::3"),
            ("10.0.0.1 10.0.0.2 10.0.0.3 ::1", None, "10.0.0.1 ::1 10.0.0.2 10.0.0.3"),
            ("::1 ::2 10.0.0.1 10.0.0.2", Some("10.0.0.2"), "10.0.0.2 ::1 10.0.0.1 ::2"),
            ("10.0.0.1 10.0.0.2 10.0.0.3", Some("10.0.0.3"), "10.0.0.3 10.0.0.1 10.0.0.2"),
            ("10.0.0.1 10.0.0.2", Some("10.0.0.1"), "10.0.0.1 10.0.0.2"),
            ("10.0.0.1 10.0.0.2", Some("10.0.0.9"), "10.0.0.1 10.0.0.2"),
        ] {
            let ordered =
                in_order(found.split_terminator(' ').map(parse).collect(), preferred.map(parse));
            let ordered: Vec<_> = ordered.map(|address| address.to_string()).collect();
            assert_eq!(ordered.join(" "), expected, "{found} with {preferred:?}");
        }
    }

    fn parse(text: &str) -> IpAddr {
        text.parse().expect("the address is valid")
    }
}
