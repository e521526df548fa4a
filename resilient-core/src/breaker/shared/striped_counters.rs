//! Striped counters: a thread that owns a stripe counts there without contention. Pending
//! successes, which threads have deferred, are counted here as well.
//!
//! # Memory ordering
//!
//! Only the thread that owns a stripe writes it. A stripe changes its owner through `StripeOwners`:
//! the ending thread releases the stripe, and the next owner acquires it. Sums over stripes are
//! exact when no call is in flight.
//!
//! B19: ends are counted with `Release` and read with `Acquire`, before the starts. A reader that
//! sees the end of a call therefore sees its start. So the starts that it reads, minus the ends,
//! include every call that is in flight while it reads.
//!
//! Pending successes are read under the breaker's lock. A thread may learn of another thread's
//! success through a channel, a lock or an atomic of the program. The success then happens before
//! the thread's next report, so this report finds the success. Each stripe stores the generation of
//! its pending successes. Only the owner of the stripe changes this generation, so a success that
//! ends at the same time as its generation cannot count in the next generation.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::thread_stripe::{OWNED, known_stripe, thread_stripe};
use crate::platform::{AtomicU64, const_fn};

/// The value of `generation` in a stripe that must not hold pending successes.
const NO_GENERATION: u64 = u64::MAX;

/// The counts of one breaker. Each owning thread has one stripe; all other threads use the shared
/// stripe.
#[derive(Debug)]
pub(super) struct StripedCounters {
    owned: [Stripe; OWNED],
    shared: Stripe,
}

/// The counts of one thread, or of the threads that share a stripe, on a separate cache line.
#[derive(Debug)]
#[repr(align(64))]
struct Stripe {
    /// The number of successes that changed only this count.
    clean: AtomicU64,
    /// The number of successes that were deferred until the lock is next taken.
    pending: AtomicU64,
    /// How many of the `pending` successes the state machine has received. This is written under
    /// the breaker's lock.
    known: AtomicU64,
    /// The generation of the pending successes, and the end of their bucket. The owner writes both
    /// under the breaker's lock, when the state machine has received all earlier successes.
    generation: AtomicU64,
    bucket: AtomicU64,
    rejected: AtomicU64,
    /// The number of calls that began.
    started: AtomicU64,
    /// The number of calls that began and ended in no total, because the breaker was disabled.
    unrecorded: AtomicU64,
}

impl Stripe {
    const_fn! {
        fn new() -> Self {
            Self {
                clean: AtomicU64::new(0),
                pending: AtomicU64::new(0),
                known: AtomicU64::new(0),
                generation: AtomicU64::new(NO_GENERATION),
                bucket: AtomicU64::new(0),
                rejected: AtomicU64::new(0),
                started: AtomicU64::new(0),
                unrecorded: AtomicU64::new(0),
            }
        }
    }
}

/// Adds one to a count that no other thread writes.
#[inline]
fn add_one(count: &AtomicU64) {
    count.store(count.load(Relaxed).wrapping_add(1), Release);
}

/// Each time a thread has deferred this many successes, the state machine checks whether its window
/// holds only successes.
const MANY: u64 = 64;

/// Whether a success was deferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deferred {
    Refused,
    One,
    /// The success was deferred, and the state machine should collect the pending successes.
    Many,
}

/// The pending successes of one stripe.
#[derive(Debug, Clone, Copy)]
pub(super) struct PendingSuccesses {
    pub(super) count: u64,
    pub(super) generation: u64,
    pub(super) bucket: u64,
}

impl StripedCounters {
    #[cfg(not(any(loom, shuttle)))]
    pub(super) const fn new() -> Self {
        Self { owned: [const { Stripe::new() }; OWNED], shared: Stripe::new() }
    }

    #[cfg(any(loom, shuttle))]
    pub(super) fn new() -> Self {
        Self { owned: std::array::from_fn(|_| Stripe::new()), shared: Stripe::new() }
    }

    /// Counts a success that changes nothing else. `stripe` is the thread's known stripe.
    #[inline]
    pub(super) fn add_clean(&self, stripe: usize) {
        // One comparison finds both rare cases: the thread has no stripe yet, or shares one.
        match self.owned.get(stripe) {
            Some(stripe) => add_one(&stripe.clean),
            None => self.add_clean_slowly(),
        }
    }

    #[cold]
    #[inline(never)]
    fn add_clean_slowly(&self) {
        self.add_clean_in(thread_stripe());
    }

    pub(super) fn add_clean_in(&self, stripe: usize) {
        self.add_in(stripe, |stripe| &stripe.clean);
    }

    /// Counts the start of a call if this thread owns a stripe; otherwise returns `false`.
    #[inline]
    pub(super) fn add_owned_start(&self, stripe: usize) -> bool {
        let stripe = self.owned.get(stripe);
        stripe.map(|stripe| add_one(&stripe.started)).is_some()
    }

    #[inline]
    pub(super) fn add_start(&self, stripe: usize) {
        if !self.add_owned_start(stripe) {
            self.add_start_slowly();
        }
    }

    #[cold]
    #[inline(never)]
    fn add_start_slowly(&self) {
        self.add_in(thread_stripe(), |stripe| &stripe.started);
    }

    #[cold]
    pub(super) fn add_unrecorded(&self) {
        self.add_in(thread_stripe(), |stripe| &stripe.unrecorded);
    }

    #[inline]
    pub(super) fn add_rejection(&self) {
        match self.owned.get(known_stripe()) {
            Some(stripe) => add_one(&stripe.rejected),
            None => self.add_in(thread_stripe(), |stripe| &stripe.rejected),
        }
    }

    #[cold]
    fn add_in(&self, stripe: usize, count: fn(&Stripe) -> &AtomicU64) {
        match self.owned.get(stripe) {
            Some(stripe) => add_one(count(stripe)),
            None => {
                count(&self.shared).fetch_add(1, Release);
            }
        }
    }

    /// Defers a success, if this thread may defer successes of this generation and bucket.
    #[inline]
    pub(super) fn defer(&self, stripe: usize, generation: u64, bucket: u64) -> Deferred {
        let Some(stripe) = self.owned.get(stripe) else {
            return Deferred::Refused;
        };
        let is_of_generation = stripe.generation.load(Relaxed) == generation;
        if !is_of_generation || stripe.bucket.load(Relaxed) != bucket {
            return Deferred::Refused;
        }
        let count = stripe.pending.load(Relaxed).wrapping_add(1);
        stripe.pending.store(count, Release);
        if count % MANY == 0 { Deferred::Many } else { Deferred::One }
    }

    /// Allows this thread to defer successes of this generation and bucket, and returns the
    /// thread's stripe. Returns `None` if the thread owns no stripe; it then may not defer. Call
    /// this under the breaker's lock, after the pending successes have been collected.
    pub(super) fn let_defer(&self, generation: u64, bucket: u64) -> Option<usize> {
        let index = thread_stripe();
        let stripe = self.owned.get(index)?;
        stripe.generation.store(generation, Relaxed);
        stripe.bucket.store(bucket, Relaxed);
        Some(index)
    }

    /// Returns whether a stripe holds pending successes. Call this under the breaker's lock.
    #[inline]
    pub(super) fn has_pending(&self, index: usize) -> bool {
        let stripe = &self.owned[index];
        stripe.pending.load(Relaxed) != stripe.known.load(Relaxed)
    }

    /// Takes the pending successes of a stripe. Call this under the breaker's lock.
    pub(super) fn take_pending(&self, index: usize) -> PendingSuccesses {
        let stripe = &self.owned[index];
        let count = stripe.pending.load(Acquire);
        let known = stripe.known.load(Relaxed);
        stripe.known.store(count, Relaxed);
        PendingSuccesses {
            count: count.wrapping_sub(known),
            generation: stripe.generation.load(Relaxed),
            bucket: stripe.bucket.load(Relaxed),
        }
    }

    pub(super) fn clean(&self) -> u64 {
        self.sum(|stripe| &stripe.clean)
    }

    pub(super) fn started(&self) -> u64 {
        self.sum(|stripe| &stripe.started)
    }

    pub(super) fn unrecorded(&self) -> u64 {
        self.sum(|stripe| &stripe.unrecorded)
    }

    pub(super) fn rejected(&self) -> u64 {
        self.sum(|stripe| &stripe.rejected)
    }

    /// Adds up a count over all stripes. The sum saturates: at ten calls per nanosecond, 2⁶⁴ calls
    /// take 58 years.
    fn sum(&self, count: impl Fn(&Stripe) -> &AtomicU64) -> u64 {
        let stripes = self.owned.iter().chain([&self.shared]);
        stripes.fold(0, |sum: u64, stripe| sum.saturating_add(count(stripe).load(Acquire)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::thread_stripe::SHARED;
    use super::*;

    #[test]
    fn a_thread_that_found_no_free_stripe_gets_a_stripe_that_is_released() {
        let all_have_come = std::sync::Barrier::new(2 * OWNED);
        let count_one = || {
            let counters = StripedCounters::new();
            counters.add_clean(known_stripe());
            assert_eq!(counters.clean(), 1);
            known_stripe()
        };
        let come_and_wait = || {
            let is_late = count_one() == SHARED;
            all_have_come.wait();
            // The threads of this test that own a stripe end now. Threads of other tests may own
            // stripes for longer, so this thread tries many times.
            let gets_one = || {
                std::thread::yield_now();
                count_one() < OWNED
            };
            is_late.then(|| (0..1_000_000).any(|_| gets_one()))
        };
        let late_ones: Vec<bool> = std::thread::scope(|scope| {
            let threads = [(); 2 * OWNED].map(|()| scope.spawn(come_and_wait));
            let ends = threads.map(|thread| thread.join().unwrap());
            ends.into_iter().flatten().collect()
        });
        assert!(late_ones.len() >= OWNED && late_ones.iter().all(|gets_one| *gets_one));
    }

    #[test]
    fn more_threads_than_stripes_lose_no_count() {
        let counters = StripedCounters::new();
        for _ in 0..3 {
            std::thread::scope(|scope| {
                for _ in 0..2 * OWNED {
                    scope.spawn(|| (0..1_000).for_each(|_| counters.add_clean(known_stripe())));
                }
            });
        }
        assert_eq!(counters.clean(), 3 * 2 * OWNED as u64 * 1_000);
    }
}
