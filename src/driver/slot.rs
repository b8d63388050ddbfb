//! Connection slots: the queue of pairs at a connection.
//!
//! A slot belongs to the owner of the connection, a `Connection` in JavaScript. Pairs use it in
//! this order: [`ConnectionSlot::acquire`], then [`ConnectionSlot::release`] or
//! [`ConnectionSlot::forget`].
//!
//! ```text
//!             acquire                              release
//!   Ready  ───────────▶ ┌──────┬──────┬──────┐ ───────────▶ the next pair, by a HandOff to
//!   Queued ───────────▶ │ user │ next │ ...  │              its driver, or back to the slot
//!   Busy, if it is full └──────┴──────┴──────┘
//!                       has the   up to max_queued
//!                       connection
//! ```

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Driver, PairKey, WeakDriver, lock};
use crate::address::Address;
use crate::connection::{Connection, ConnectionState, Network, Options, Status};

/// A connection that one pair at a time acquires and for which others queue. The owner can close it
/// at any time and then has a new connection at once, whatever becomes of the one in use.
pub struct ConnectionSlot {
    address: Address,
    options: Arc<Options>,
    max_queued: usize,
    busy_poll: Duration,
    state: Mutex<SlotState>,
}

/// The result of [`ConnectionSlot::acquire`].
#[must_use = "a pair that acquired the connection has to release it"]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once, and mostly is a connection"
)]
pub enum Acquired {
    /// The pair has the connection until [`ConnectionSlot::release`].
    Ready(Connection),
    /// The pair gets the connection when the pairs before it have released it.
    Queued,
    /// The queue is full, or the pair may not queue.
    Busy,
}

/// The next user of a connection.
pub struct Next {
    /// The driver that has the pair, or will receive it.
    pub driver: Driver,
    /// The message for that driver.
    pub hand_off: HandOff,
}

/// A connection that is handed to a queued pair.
pub struct HandOff {
    /// The pair.
    pub pair: PairKey,
    /// The connection.
    pub connection: Connection,
    /// The slot of the connection.
    pub slot: Arc<ConnectionSlot>,
}

/// The part of a slot that changes.
struct SlotState {
    status: Arc<Status>,
    /// `None` while a pair has the connection, or if a panic lost it.
    connection: Option<Connection>,
    /// The pair that has the connection, and behind it the queue. The executes of a driver that is
    /// gone went with it, so its pairs are skipped.
    users: VecDeque<(WeakDriver, PairKey)>,
}

impl SlotState {
    /// The head of the queue, without pairs whose driver is gone.
    fn first(&mut self) -> Option<(Driver, PairKey)> {
        loop {
            let (driver, pair) = self.users.front()?;
            if let Some(driver) = driver.upgrade() {
                return Some((driver, *pair));
            }
            self.users.pop_front();
        }
    }
}

impl ConnectionSlot {
    /// Makes a slot with an unused connection. Up to `max_queued` pairs may queue while another one
    /// has it.
    pub fn new(address: Address, options: Options, max_queued: usize) -> Self {
        let state =
            SlotState { status: Arc::default(), connection: None, users: VecDeque::default() };
        Self {
            address,
            options: Arc::new(options),
            max_queued,
            busy_poll: Duration::ZERO,
            state: Mutex::new(state),
        }
    }

    /// Sets the time for which to busy-poll for replies.
    #[must_use]
    pub fn with_busy_poll(self, busy_poll: Duration) -> Self {
        Self { busy_poll, ..self }
    }

    /// The time for which to busy-poll for replies.
    pub fn busy_poll(&self) -> Duration {
        self.busy_poll
    }

    /// The server's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The state of the connection.
    pub fn state(&self) -> ConnectionState {
        lock(&self.state).status.state()
    }

    /// The connect count: the number of successful connects.
    pub fn generation(&self) -> u32 {
        lock(&self.state).status.generation()
    }

    /// The shortest round trip that the system has measured; `None` if it does not tell.
    pub fn round_trip(&self) -> Option<Duration> {
        lock(&self.state).status.round_trip()
    }

    /// Acquires the connection for a pair of `driver`, or a place in the queue if it `may_queue`.
    pub fn acquire(&self, driver: &Driver, pair: PairKey, may_queue: bool) -> Acquired {
        let mut state = lock(&self.state);
        let is_taken = !state.users.is_empty();
        if is_taken && !(may_queue && state.users.len() <= self.max_queued) {
            return Acquired::Busy;
        }
        state.users.push_back((driver.downgrade(), pair));
        if is_taken {
            return Acquired::Queued;
        }
        let connection = state.connection.take();
        Acquired::Ready(connection.unwrap_or_else(|| self.connect_later(&state.status)))
    }

    /// Records that another driver runs the pair from now on.
    pub fn move_to(&self, driver: &Driver, pair: PairKey) {
        let mut state = lock(&self.state);
        if let Some(user) = state.users.iter_mut().find(|(_, user)| *user == pair) {
            user.0 = driver.downgrade();
        }
    }

    /// Releases a pair's connection, which goes to the next pair in the queue at once. It is
    /// dropped if the owner has closed it meanwhile.
    #[must_use = "the next pair waits for its connection"]
    pub fn release(self: &Arc<Self>, pair: PairKey, connection: Connection) -> Option<Next> {
        let mut state = lock(&self.state);
        if state.users.front().map(|(_, user)| *user) != Some(pair) {
            return None;
        }
        state.users.pop_front();
        match state.first() {
            Some((driver, next)) => Some(self.next(driver, next, connection)),
            None => {
                state.connection = Some(connection);
                None
            }
        }
    }

    /// Removes a pair that ended while it was queued, or whose connection a panic lost. In the
    /// second case the next pair in the queue gets a new connection.
    #[must_use = "the next pair waits for its connection"]
    pub fn forget(self: &Arc<Self>, pair: PairKey) -> Option<Next> {
        let mut state = lock(&self.state);
        let had_connection = state.users.front().map(|(_, user)| *user) == Some(pair);
        state.users.retain(|(_, user)| *user != pair);
        if !had_connection {
            return None;
        }
        state.status = Arc::new(Status::successor_of(&state.status));
        let (driver, next) = state.first()?;
        Some(self.next(driver, next, self.connect_later(&state.status)))
    }

    /// Whether the pair has the connection or is queued for it.
    pub fn is_used_by(&self, pair: PairKey) -> bool {
        lock(&self.state).users.iter().any(|(_, user)| *user == pair)
    }

    /// Closes the connection and returns its users, whose pairs the caller has to close. The owner
    /// has a new connection at once.
    #[must_use = "the pairs keep running until they are closed"]
    pub fn close(&self) -> Vec<(Driver, PairKey)> {
        let mut state = lock(&self.state);
        if let Some(connection) = &mut state.connection {
            connection.close();
        }
        if !state.users.is_empty() {
            // The connection in use keeps reporting to the old status, so the new one needs its
            // own.
            state.status = Arc::new(Status::successor_of(&state.status));
        }
        let users = mem::take(&mut state.users).into_iter();
        users.filter_map(|(driver, pair)| Some((driver.upgrade()?, pair))).collect()
    }

    fn next(self: &Arc<Self>, driver: Driver, pair: PairKey, connection: Connection) -> Next {
        Next { driver, hand_off: HandOff { pair, connection, slot: Arc::clone(self) } }
    }

    fn connect_later(&self, status: &Arc<Status>) -> Connection {
        let options = Arc::clone(&self.options);
        Connection::over(Network, self.address.clone(), options, Arc::clone(status))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::connection::DEFAULT_MAX_REPLY_BYTES;
    use crate::protocol::Batch;

    /// A driver that runs nothing: the tests play its part.
    fn driver() -> Driver {
        static DRIVER: OnceLock<Driver> = OnceLock::new();
        DRIVER.get_or_init(|| Driver::new().expect("descriptors are left")).clone()
    }

    fn slot(max_queued: usize) -> Arc<ConnectionSlot> {
        let options = Options::new(None, &Batch::default(), DEFAULT_MAX_REPLY_BYTES);
        let address = "unix:/nowhere".parse().expect("the address is valid");
        Arc::new(ConnectionSlot::new(
            address,
            options.expect("options without a secret are valid"),
            max_queued,
        ))
    }

    #[track_caller]
    fn acquired(slot: &ConnectionSlot, pair: PairKey) -> Connection {
        match slot.acquire(&driver(), pair, true) {
            Acquired::Ready(connection) => connection,
            Acquired::Queued | Acquired::Busy => panic!("the connection is in use"),
        }
    }

    #[track_caller]
    fn assert_queued(slot: &ConnectionSlot, pair: PairKey) {
        assert!(matches!(slot.acquire(&driver(), pair, true), Acquired::Queued));
    }

    #[track_caller]
    fn assert_busy(slot: &ConnectionSlot, pair: PairKey, may_queue: bool) {
        assert!(matches!(slot.acquire(&driver(), pair, may_queue), Acquired::Busy));
    }

    fn closed(slot: &ConnectionSlot) -> Vec<PairKey> {
        slot.close().into_iter().map(|(_, pair)| pair).collect()
    }

    fn is_of(connection: &Connection, status: &Arc<Status>) -> bool {
        Arc::ptr_eq(connection.status(), status)
    }

    #[test]
    fn hands_the_connection_off_in_the_order_of_the_queue() {
        let slot = slot(2);
        let connection = acquired(&slot, (1, 7));
        let status = Arc::clone(connection.status());
        assert_queued(&slot, (2, 0));
        assert_queued(&slot, (3, 5));
        assert_busy(&slot, (4, 0), true);
        let HandOff { pair, connection, .. } =
            slot.release((1, 7), connection).expect("two pairs are queued").hand_off;
        assert!(pair == (2, 0) && is_of(&connection, &status));
        assert_queued(&slot, (5, 0));
        let HandOff { pair, connection, .. } =
            slot.release((2, 0), connection).expect("two pairs are queued").hand_off;
        assert_eq!(pair, (3, 5));
        let HandOff { pair, connection, .. } =
            slot.release((3, 5), connection).expect("one pair is queued").hand_off;
        assert_eq!(pair, (5, 0));
        assert!(slot.release((5, 0), connection).is_none());
        assert!(is_of(&acquired(&slot, (6, 0)), &status));
    }

    #[test]
    fn refuses_a_pair_that_may_not_queue() {
        let none = slot(0);
        let connection = acquired(&none, (1, 0));
        assert_busy(&none, (2, 0), true);
        assert!(none.release((1, 0), connection).is_none());
        let _ = acquired(&none, (3, 0));

        let many = slot(9);
        let Acquired::Ready(connection) = many.acquire(&driver(), (1, 0), false) else {
            panic!("the connection is free");
        };
        assert_busy(&many, (2, 0), false);
        assert_queued(&many, (3, 0));
        assert_busy(&many, (4, 0), false);
        assert_eq!(many.release((1, 0), connection).map(|next| next.hand_off.pair), Some((3, 0)));
    }

    #[test]
    fn makes_room_when_a_queued_pair_ends() {
        let slot = slot(1);
        let connection = acquired(&slot, (1, 0));
        assert_queued(&slot, (2, 0));
        assert!(slot.forget((2, 0)).is_none());
        assert!(slot.forget((2, 0)).is_none() && slot.forget((9, 9)).is_none());
        assert_queued(&slot, (3, 0));
        assert_busy(&slot, (4, 0), true);
        assert_eq!(slot.release((1, 0), connection).map(|next| next.hand_off.pair), Some((3, 0)));
    }

    #[test]
    fn replaces_a_connection_that_a_panic_lost() {
        let slot = slot(1);
        let lost = acquired(&slot, (1, 0));
        let status = Arc::clone(lost.status());
        assert_queued(&slot, (2, 0));
        drop(lost);
        let HandOff { pair, connection, .. } =
            slot.forget((1, 0)).expect("one pair is queued").hand_off;
        assert!(pair == (2, 0) && !is_of(&connection, &status));
        assert!(slot.forget((2, 0)).is_none());
        assert_eq!(slot.state(), ConnectionState::Closed);
        assert!(!is_of(&acquired(&slot, (3, 0)), connection.status()));
    }

    #[test]
    fn closing_returns_all_pairs_and_leaves_a_new_connection() {
        let slot = slot(2);
        assert!(slot.close().is_empty());
        let old = acquired(&slot, (1, 0));
        let status = Arc::clone(old.status());
        assert_queued(&slot, (2, 1));
        assert_queued(&slot, (3, 0));
        assert_eq!(closed(&slot), [(1, 0), (2, 1), (3, 0)]);
        assert!(slot.close().is_empty());

        let new = acquired(&slot, (4, 0));
        let new_status = Arc::clone(new.status());
        assert!(!is_of(&new, &status));
        assert_queued(&slot, (5, 0));
        // The pairs of the old connection have no place at the new one.
        assert!(slot.release((1, 0), old).is_none());
        assert!(slot.forget((2, 1)).is_none() && slot.forget((1, 0)).is_none());
        assert_queued(&slot, (6, 0));
        assert_busy(&slot, (7, 0), true);
        let HandOff { pair, connection: new, .. } =
            slot.release((4, 0), new).expect("two pairs are queued").hand_off;
        assert!(pair == (5, 0) && is_of(&new, &new_status));
    }
}
