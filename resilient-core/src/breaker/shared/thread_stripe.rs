//! Assigns stripes of the counters to threads.

#[cfg(any(loom, shuttle))]
pub use self::thread::own_stripe;
pub(super) use self::thread::{known_stripe, thread_stripe};
use crate::platform::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The number of threads that can own a stripe at a time. All other threads share one stripe.
pub(super) const OWNED: usize = if cfg!(any(loom, shuttle)) { 2 } else { 8 };
pub(super) const SHARED: usize = OWNED;

/// The stripes that living threads own, one bit for each stripe.
#[derive(Debug)]
pub(super) struct StripeOwners(AtomicU64);

impl StripeOwners {
    #[cfg(not(any(loom, shuttle)))]
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Makes owners in which each stripe whose bit is set in `stripes` is taken and never released.
    #[cfg(any(loom, shuttle))]
    pub(super) fn with_taken(stripes: u64) -> Self {
        Self(AtomicU64::new(stripes))
    }

    /// Takes a free stripe for the caller. Returns the shared stripe if no stripe is free.
    pub(super) fn take(&self) -> usize {
        let mut in_use = self.0.load(Relaxed);
        loop {
            let stripe = in_use.trailing_ones() as usize;
            if stripe >= OWNED {
                return SHARED;
            }
            let taken = in_use | (1 << stripe);
            match self.0.compare_exchange_weak(in_use, taken, Acquire, Relaxed) {
                Ok(_) => return stripe,
                Err(newer) => in_use = newer,
            }
        }
    }

    // B17: the next owner sees everything that this owner counted.
    pub(super) fn release(&self, stripe: usize) {
        self.0.fetch_and(!(1 << stripe), Release);
    }
}

/// Outside models, a thread owns its stripe until the thread ends.
#[cfg(not(any(loom, shuttle)))]
mod thread {
    use std::cell::Cell;

    use super::{SHARED, StripeOwners};

    const UNASSIGNED: usize = usize::MAX;

    static OWNERS: StripeOwners = StripeOwners::new();

    thread_local! {
        static STRIPE: Cell<usize> = const { Cell::new(UNASSIGNED) };
        /// Releases the stripe when the thread ends.
        static OWNERSHIP: Cell<Option<Ownership>> = const { Cell::new(None) };
    }

    struct Ownership(usize);

    impl Drop for Ownership {
        fn drop(&mut self) {
            // Destructors of other thread-locals may still count. They use the shared stripe from
            // now on.
            STRIPE.set(SHARED);
            OWNERS.release(self.0);
        }
    }

    /// Returns this thread's stripe, or a number above all stripes if the thread has no stripe yet.
    #[inline]
    pub(in super::super) fn known_stripe() -> usize {
        STRIPE.get()
    }

    /// Returns this thread's stripe. A thread that shares a stripe looks for a free stripe each
    /// time, so that it stops sharing when another thread ends.
    #[inline]
    pub(in super::super) fn thread_stripe() -> usize {
        let stripe = STRIPE.get();
        if stripe >= SHARED { assign_stripe() } else { stripe }
    }

    #[cold]
    fn assign_stripe() -> usize {
        let stripe = OWNERS.take();
        let kept = stripe == SHARED
            || OWNERSHIP.try_with(|ownership| ownership.set(Some(Ownership(stripe)))).is_ok();
        // A thread whose thread-locals are destroyed cannot release the stripe later, so it must
        // not own the stripe.
        if !kept {
            OWNERS.release(stripe);
            return SHARED;
        }
        STRIPE.set(stripe);
        stripe
    }
}

/// In models there are no statics: the model gives each thread a stripe, and a separate model tests
/// how a stripe changes its owner.
#[cfg(any(loom, shuttle))]
mod thread {
    use std::cell::Cell;

    use super::SHARED;
    #[cfg(loom)]
    use loom::thread_local;
    #[cfg(shuttle)]
    use shuttle::thread_local;

    thread_local! {
        static STRIPE: Cell<usize> = Cell::new(SHARED);
    }

    pub(in super::super) fn known_stripe() -> usize {
        STRIPE.with(Cell::get)
    }

    pub(in super::super) fn thread_stripe() -> usize {
        known_stripe()
    }

    /// Gives this thread a stripe that no other thread may have.
    pub fn own_stripe(stripe: usize) {
        STRIPE.with(|own| own.set(stripe));
    }
}
