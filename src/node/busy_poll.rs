//! Decides when to busy-poll: to look for replies repeatedly before the event loop waits for them.
//!
//! Waking a thread takes 5 to 50 µs, as long as the server takes for a find. A program with spare
//! cores can trade processor time for this. Busy polling does harm where other threads need the
//! core, so it has to prove itself:
//!
//! ```text
//!             begin                    hit: a reply came in time
//!   idle ───────────────▶ polling ──────────────────────────────▶ idle
//!    ▲                       │ miss: the time was over
//!    │ PAUSE waits later     ▼
//!    └──────────────────── paused, after MAX_MISSES in a row, or if the kernel took the core away
//! ```

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The misses in a row after which busy polling pauses.
const MAX_MISSES: u32 = 8;
/// The number of waits that a pause lasts.
const PAUSE: u32 = 256;

/// The busy polling of one event loop.
#[derive(Default)]
pub struct BusyPoll {
    until: Cell<Option<Instant>>,
    misses: Cell<u32>,
    pause: Cell<u32>,
    /// The involuntary context switches of this thread at the last miss.
    preemptions: Cell<libc::c_long>,
}

impl BusyPoll {
    /// Starts busy polling for `length`, because an execute was sent.
    pub fn begin(&self, now: Instant, length: Duration) {
        if self.pause.get() > 0 {
            return self.pause.set(self.pause.get() - 1);
        }
        self.until.set(self.until.get().max(Some(now + length)));
    }

    /// The time until which to poll.
    pub fn until(&self) -> Option<Instant> {
        self.until.get()
    }

    /// Records that something finished in time.
    pub fn hit(&self) {
        self.misses.set(0);
        self.until.set(None);
    }

    /// Records that the time was over before anything finished.
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
    // SAFETY: the kernel fills `usage`, which has the size that it expects. All fields are
    // integers, for which zero is a valid value.
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
    fn polls_until_the_latest_time_that_was_requested() {
        let (poll, now) = (BusyPoll::default(), Instant::now());
        assert_eq!(poll.until(), None);
        poll.begin(now, LENGTH);
        poll.begin(now, LENGTH / 2);
        assert_eq!(poll.until(), Some(now + LENGTH));
        poll.hit();
        assert_eq!(poll.until(), None);
    }

    #[test]
    fn pauses_after_misses_and_resumes_later() {
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
