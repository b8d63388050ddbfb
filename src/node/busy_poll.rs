//! Whether to look for replies again and again before the event loop waits for them.
//!
//! To be woken takes 5 to 50 µs, which is as long as the server takes for a look-up. Who has cores to spare can trade
//! processor time for it. It does harm where other threads want the core, so it has to prove itself: waits that it did not
//! shorten, and cores that the kernel took away, make it pause.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// After so many waits in a row that were longer than they were polled for ...
const MAX_MISSES: u32 = 8;
/// ... so many are not polled for. Then it is tried again.
const PAUSE: u32 = 256;

/// The waits of one event loop.
#[derive(Default)]
pub struct BusyPoll {
    until: Cell<Option<Instant>>,
    misses: Cell<u32>,
    pause: Cell<u32>,
    /// How often the kernel has taken the core away from this thread.
    preemptions: Cell<libc::c_long>,
}

impl BusyPoll {
    /// An execute was sent whose reply is worth polling for so long.
    pub fn begin(&self, now: Instant, length: Duration) {
        if self.pause.get() > 0 {
            return self.pause.set(self.pause.get() - 1);
        }
        self.until.set(self.until.get().max(Some(now + length)));
    }

    /// Until when to poll.
    pub fn until(&self) -> Option<Instant> {
        self.until.get()
    }

    /// Something has finished before the time was over.
    pub fn hit(&self) {
        self.misses.set(0);
        self.until.set(None);
    }

    /// The time was over first.
    pub fn miss(&self) {
        self.until.set(None);
        let preemptions = preemptions();
        let was_preempted = self.preemptions.replace(preemptions) != preemptions;
        let misses = self.misses.get() + 1;
        let has_to_pause = was_preempted || misses >= MAX_MISSES;
        self.misses.set(if has_to_pause { 0 } else { misses });
        self.pause.set(if has_to_pause { PAUSE } else { 0 });
    }
}

/// The involuntary context switches of this thread.
fn preemptions() -> libc::c_long {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the kernel fills `usage`, all of which is integers, for which zero is a value.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.ru_nivcsw
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_micros(50);

    #[test]
    fn polls_until_the_last_time_that_was_asked_for() {
        let (poll, now) = (BusyPoll::default(), Instant::now());
        assert_eq!(poll.until(), None);
        poll.begin(now, LENGTH);
        poll.begin(now, LENGTH / 2);
        assert_eq!(poll.until(), Some(now + LENGTH));
        poll.hit();
        assert_eq!(poll.until(), None);
    }

    #[test]
    fn pauses_where_it_does_not_help_and_tries_again() {
        let (poll, now) = (BusyPoll::default(), Instant::now());
        let mut misses = 0;
        loop {
            poll.begin(now, LENGTH);
            if poll.until().is_none() {
                break;
            }
            poll.miss();
            misses += 1;
        }
        assert!(misses <= MAX_MISSES);
        let mut waits = 1;
        while poll.until().is_none() {
            poll.begin(now, LENGTH);
            waits += 1;
        }
        assert_eq!(waits, PAUSE + 1);
    }
}
