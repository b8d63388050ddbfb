//! A connection as its owner holds it, while executes borrow it.

use std::cell::RefCell;
use std::sync::Arc;

use super::PairKey;
use crate::address::Address;
use crate::connection::{Connection, ConnectionState, Network, Options, Status};

/// Lends its connection to one execute at a time. The owner may close it meanwhile and has a new one at once, whatever
/// becomes of the one that is out.
pub struct Handle {
    address: Address,
    options: Arc<Options>,
    slot: RefCell<Slot>,
}

/// What is lent, to be given back.
pub struct Loan {
    number: u64,
    connection: Connection,
}

struct Slot {
    status: Arc<Status>,
    /// `None` while it is lent.
    connection: Option<Connection>,
    /// Counts the loans, and the closings that annulled one.
    loan: u64,
    borrower: Option<PairKey>,
}

impl Handle {
    /// A handle with a connection that has not been used.
    pub fn new(address: Address, options: Options) -> Self {
        let options = Arc::new(options);
        let status = Arc::default();
        let connection = Some(connect_later(&address, &options, &status));
        Self {
            address,
            options,
            slot: RefCell::new(Slot { status, connection, loan: 0, borrower: None }),
        }
    }

    /// The server that it connects to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Where the connection is in its life.
    pub fn state(&self) -> ConnectionState {
        self.slot.borrow().status.state()
    }

    /// How many connects have succeeded.
    pub fn generation(&self) -> u32 {
        self.slot.borrow().status.generation()
    }

    /// Lends the connection; `None` if it is out.
    pub fn lend(&self) -> Option<Loan> {
        let mut slot = self.slot.borrow_mut();
        let connection = slot.connection.take()?;
        slot.loan += 1;
        Some(Loan { number: slot.loan, connection })
    }

    /// Remembers who has the connection, so that [`Self::close`] can say whom to call.
    pub fn lent_to(&self, borrower: PairKey) {
        self.slot.borrow_mut().borrower = Some(borrower);
    }

    /// Takes the loan of that number back, or makes a new connection if it was lost.
    pub fn take_back(&self, number: u64, connection: Option<Connection>) {
        let mut slot = self.slot.borrow_mut();
        if slot.loan == number {
            slot.borrower = None;
            slot.connection = connection;
            if slot.connection.is_none() {
                self.replace(&mut slot);
            }
        }
    }

    /// Closes the connection. If it is out, the owner gets a new one and has to end what the borrower named here does.
    pub fn close(&self) -> Option<PairKey> {
        let mut slot = self.slot.borrow_mut();
        match &mut slot.connection {
            Some(connection) => {
                connection.close();
                None
            }
            None => {
                slot.loan += 1;
                self.replace(&mut slot);
                slot.borrower.take()
            }
        }
    }

    fn replace(&self, slot: &mut Slot) {
        // A status of its own: the connection that is out goes on reporting to the old one.
        slot.status = Arc::new(Status::following(&slot.status));
        slot.connection = Some(connect_later(&self.address, &self.options, &slot.status));
    }
}

impl Loan {
    /// The number to give it back by, and the connection.
    pub fn into_parts(self) -> (u64, Connection) {
        (self.number, self.connection)
    }
}

fn connect_later(address: &Address, options: &Arc<Options>, status: &Arc<Status>) -> Connection {
    Connection::over(Network, address.clone(), Arc::clone(options), Arc::clone(status))
}
