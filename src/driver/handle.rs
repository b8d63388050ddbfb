//! A connection as its owner holds it, while executes borrow it.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex};

use super::{PairKey, lock};
use crate::address::Address;
use crate::connection::{Connection, ConnectionState, Network, Options, Status};

/// Lends its connection to one pair at a time; others may wait for their turn. The owner may close it meanwhile and has a
/// new one at once, whatever becomes of the one that is out.
pub struct Handle {
    address: Address,
    options: Arc<Options>,
    max_queued: usize,
    slot: Mutex<Slot>,
}

/// What a pair gets that asks for a connection.
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once, and mostly is a connection"
)]
pub enum Loan {
    /// It has the connection until [`Handle::give_back`].
    Connection(Connection),
    /// It gets the connection when those before it are done.
    Turn,
    /// As many wait already as may.
    Refused,
}

struct Slot {
    status: Arc<Status>,
    /// `None` while it is lent, or if a panic lost it.
    connection: Option<Connection>,
    /// Who has it, and then who waits for it.
    borrowers: VecDeque<PairKey>,
}

impl Handle {
    /// A handle with a connection that has not been used, for which up to `max_queued` pairs may wait while one has it.
    pub fn new(address: Address, options: Options, max_queued: usize) -> Self {
        let slot =
            Slot { status: Arc::default(), connection: None, borrowers: VecDeque::default() };
        Self { address, options: Arc::new(options), max_queued, slot: Mutex::new(slot) }
    }

    /// The server that it connects to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Where the connection is in its life.
    pub fn state(&self) -> ConnectionState {
        lock(&self.slot).status.state()
    }

    /// How many connects have succeeded.
    pub fn generation(&self) -> u32 {
        lock(&self.slot).status.generation()
    }

    /// Lends the connection to a pair, or gives it a place in the queue if it `may_wait`.
    pub fn lend(&self, borrower: PairKey, may_wait: bool) -> Loan {
        let mut slot = lock(&self.slot);
        let is_out = !slot.borrowers.is_empty();
        if is_out && !(may_wait && slot.borrowers.len() <= self.max_queued) {
            return Loan::Refused;
        }
        slot.borrowers.push_back(borrower);
        if is_out {
            return Loan::Turn;
        }
        let connection = slot.connection.take();
        Loan::Connection(connection.unwrap_or_else(|| self.connect_later(&slot.status)))
    }

    /// Takes the connection back from a pair, unless it was closed meanwhile. Whose turn it is then has it at once.
    pub fn give_back(
        &self,
        borrower: PairKey,
        connection: Connection,
    ) -> Option<(PairKey, Connection)> {
        let mut slot = lock(&self.slot);
        if slot.borrowers.front() != Some(&borrower) {
            return None;
        }
        slot.borrowers.pop_front();
        match slot.borrowers.front() {
            Some(&next) => Some((next, connection)),
            None => {
                slot.connection = Some(connection);
                None
            }
        }
    }

    /// Forgets a pair that ended before its turn, or that lost the connection in a panic. Whose turn it is then has a new
    /// one.
    pub fn forget(&self, borrower: PairKey) -> Option<(PairKey, Connection)> {
        let mut slot = lock(&self.slot);
        let had_connection = slot.borrowers.front() == Some(&borrower);
        slot.borrowers.retain(|&waiting| waiting != borrower);
        if !had_connection {
            return None;
        }
        slot.status = Arc::new(Status::following(&slot.status));
        let next = *slot.borrowers.front()?;
        Some((next, self.connect_later(&slot.status)))
    }

    /// Closes the connection. If it is out, the owner gets a new one and has to end what those do who are named here.
    pub fn close(&self) -> Vec<PairKey> {
        let mut slot = lock(&self.slot);
        if let Some(connection) = &mut slot.connection {
            connection.close();
        }
        if !slot.borrowers.is_empty() {
            // A status of its own: the connection that is out goes on reporting to the old one.
            slot.status = Arc::new(Status::following(&slot.status));
        }
        mem::take(&mut slot.borrowers).into()
    }

    fn connect_later(&self, status: &Arc<Status>) -> Connection {
        let options = Arc::clone(&self.options);
        Connection::over(Network, self.address.clone(), options, Arc::clone(status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::DEFAULT_MAX_REPLY_BYTES;
    use crate::protocol::Batch;

    fn handle(max_queued: usize) -> Handle {
        let options = Options::new(None, &Batch::default(), DEFAULT_MAX_REPLY_BYTES);
        let address = "unix:/nowhere".parse().expect("it is an address");
        Handle::new(address, options.expect("there is no secret"), max_queued)
    }

    #[track_caller]
    fn lent(handle: &Handle, borrower: PairKey) -> Connection {
        match handle.lend(borrower, true) {
            Loan::Connection(connection) => connection,
            Loan::Turn | Loan::Refused => panic!("it is out"),
        }
    }

    #[track_caller]
    fn assert_turn(handle: &Handle, borrower: PairKey) {
        assert!(matches!(handle.lend(borrower, true), Loan::Turn));
    }

    #[track_caller]
    fn assert_refused(handle: &Handle, borrower: PairKey, may_wait: bool) {
        assert!(matches!(handle.lend(borrower, may_wait), Loan::Refused));
    }

    fn is_of(connection: &Connection, status: &Arc<Status>) -> bool {
        Arc::ptr_eq(connection.status(), status)
    }

    #[test]
    fn it_goes_from_one_to_the_next_in_their_order() {
        let handle = handle(2);
        let connection = lent(&handle, (1, 7));
        let status = Arc::clone(connection.status());
        assert_turn(&handle, (2, 0));
        assert_turn(&handle, (3, 5));
        assert_refused(&handle, (4, 0), true);
        let (next, connection) = handle.give_back((1, 7), connection).expect("two wait");
        assert!(next == (2, 0) && is_of(&connection, &status));
        assert_turn(&handle, (5, 0));
        let (next, connection) = handle.give_back((2, 0), connection).expect("two wait");
        assert_eq!(next, (3, 5));
        let (next, connection) = handle.give_back((3, 5), connection).expect("one waits");
        assert_eq!(next, (5, 0));
        assert!(handle.give_back((5, 0), connection).is_none());
        assert!(is_of(&lent(&handle, (6, 0)), &status));
    }

    #[test]
    fn nobody_waits_who_may_not() {
        let none = handle(0);
        let connection = lent(&none, (1, 0));
        assert_refused(&none, (2, 0), true);
        assert!(none.give_back((1, 0), connection).is_none());
        let _ = lent(&none, (3, 0));

        let many = handle(9);
        let Loan::Connection(connection) = many.lend((1, 0), false) else {
            panic!("nobody has it");
        };
        assert_refused(&many, (2, 0), false);
        assert_turn(&many, (3, 0));
        assert_refused(&many, (4, 0), false);
        assert_eq!(many.give_back((1, 0), connection).map(|(next, _)| next), Some((3, 0)));
    }

    #[test]
    fn one_that_ended_before_its_turn_makes_room() {
        let handle = handle(1);
        let connection = lent(&handle, (1, 0));
        assert_turn(&handle, (2, 0));
        assert!(handle.forget((2, 0)).is_none());
        assert!(handle.forget((2, 0)).is_none() && handle.forget((9, 9)).is_none());
        assert_turn(&handle, (3, 0));
        assert_refused(&handle, (4, 0), true);
        assert_eq!(handle.give_back((1, 0), connection).map(|(next, _)| next), Some((3, 0)));
    }

    #[test]
    fn a_connection_that_is_lost_is_replaced() {
        let handle = handle(1);
        let lost = lent(&handle, (1, 0));
        let status = Arc::clone(lost.status());
        assert_turn(&handle, (2, 0));
        drop(lost);
        let (next, connection) = handle.forget((1, 0)).expect("one waits");
        assert!(next == (2, 0) && !is_of(&connection, &status));
        assert!(handle.forget((2, 0)).is_none());
        assert_eq!(handle.state(), ConnectionState::Closed);
        assert!(!is_of(&lent(&handle, (3, 0)), connection.status()));
    }

    #[test]
    fn closing_names_all_and_gives_a_new_one_at_once() {
        let handle = handle(2);
        assert!(handle.close().is_empty());
        let old = lent(&handle, (1, 0));
        let status = Arc::clone(old.status());
        assert_turn(&handle, (2, 1));
        assert_turn(&handle, (3, 0));
        assert_eq!(handle.close(), [(1, 0), (2, 1), (3, 0)]);
        assert!(handle.close().is_empty());

        let new = lent(&handle, (4, 0));
        let new_status = Arc::clone(new.status());
        assert!(!is_of(&new, &status));
        assert_turn(&handle, (5, 0));
        // Those who had it or waited for it have no part in the new one.
        assert!(handle.give_back((1, 0), old).is_none());
        assert!(handle.forget((2, 1)).is_none() && handle.forget((1, 0)).is_none());
        assert_turn(&handle, (6, 0));
        assert_refused(&handle, (7, 0), true);
        let (next, new) = handle.give_back((4, 0), new).expect("two wait");
        assert!(next == (5, 0) && is_of(&new, &new_status));
    }
}
