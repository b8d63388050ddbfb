//! Slots that an execute has acquired before a driver takes it.

use std::mem;
use std::sync::Arc;

use super::{Acquired, ConnectionSlot, Driver, ExecuteId, Next};

/// Slots of an execute that no driver has yet. Dropping it, also by a panic, releases them, and the
/// next in each queue gets a new connection.
pub struct Claims {
    id: ExecuteId,
    slots: Vec<Arc<ConnectionSlot>>,
}

impl Claims {
    /// Makes the claims of an execute that has acquired nothing yet.
    pub fn new(id: ExecuteId) -> Self {
        Self { id, slots: Vec::new() }
    }

    /// As [`ConnectionSlot::acquire`], for the next pair of the execute.
    pub fn acquire(
        &mut self,
        slot: &Arc<ConnectionSlot>,
        driver: &Driver,
        may_queue: bool,
    ) -> Acquired {
        let pair = (self.id, self.slots.len());
        self.slots.push(Arc::clone(slot));
        slot.acquire(driver, pair, may_queue)
    }

    /// Returns the slots, one for each pair, to the driver that takes them.
    #[must_use]
    pub fn into_slots(mut self) -> Vec<Arc<ConnectionSlot>> {
        mem::take(&mut self.slots)
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        for (pair, slot) in self.slots.iter().enumerate() {
            if let Some(Next { driver, hand_off }) = slot.forget((self.id, pair)) {
                driver.hand_off(hand_off);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::connection::{DEFAULT_MAX_REPLY_BYTES, Options};
    use crate::driver::new_execute_id;
    use crate::protocol::Batch;

    fn slot(max_queued: usize) -> Arc<ConnectionSlot> {
        let options = Options::new(None, &Batch::default(), DEFAULT_MAX_REPLY_BYTES);
        let address = "unix:/nowhere".parse().expect("it is an address");
        Arc::new(ConnectionSlot::new(address, options.expect("there is no secret"), max_queued))
    }

    #[test]
    fn are_released_by_a_panic() {
        let driver = Driver::new().expect("descriptors are left");
        let slots = [slot(0), slot(1)];
        let mut earlier = Claims::new(new_execute_id());
        assert!(matches!(earlier.acquire(&slots[1], &driver, true), Acquired::Ready(_)));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut claims = Claims::new(new_execute_id());
            assert!(matches!(claims.acquire(&slots[0], &driver, true), Acquired::Ready(_)));
            assert!(matches!(claims.acquire(&slots[1], &driver, true), Acquired::Queued));
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        let mut later = Claims::new(new_execute_id());
        assert!(matches!(later.acquire(&slots[0], &driver, true), Acquired::Ready(_)));
        assert!(matches!(later.acquire(&slots[1], &driver, true), Acquired::Queued));
    }

    #[test]
    fn are_kept_for_a_driver_that_takes_them() {
        let driver = Driver::new().expect("descriptors are left");
        let slot = slot(0);
        let id = new_execute_id();
        let mut claims = Claims::new(id);
        assert!(matches!(claims.acquire(&slot, &driver, true), Acquired::Ready(_)));
        assert_eq!(claims.into_slots().len(), 1);
        assert!(slot.is_used_by((id, 0)));
    }
}
