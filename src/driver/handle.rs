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
