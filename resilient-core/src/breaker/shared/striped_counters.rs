//! Counts that threads add to without disturbing each other.
//!
//! # Memory ordering
//!
//! A slot is written by the one thread that owns it; it changes hands through `Owners` (released by the thread that ends,
//! acquired by the next owner). Sums over slots are exact when no call is in flight.
//!
//! Pending successes are read under the breaker's lock. A thread that has heard of a success, however, finds it there:
//! whatever made it hear orders the two. One that comes while its generation ends is known by the slot's own generation,
//! which only the owner changes, and moves nothing.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use self::thread::{known_slot, thread_slot};
use crate::platform::AtomicU64;
use crate::seeded::{Bug, seeded};

/// So many threads at a time have a slot of their own; the others share one.
const OWNED: usize = if cfg!(any(loom, shuttle)) { 2 } else { 8 };
const SHARED: usize = OWNED;

/// No generation: the slot's pending successes are of none.
const NONE: u64 = u64::MAX;

/// Counts of one breaker that a thread adds to without disturbing another one.
#[derive(Debug)]
pub(crate) struct Slots {
    owned: [Slot; OWNED],
    shared: Slot,
}

/// A cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
struct Slot {
    /// Successes that changed nothing else.
    clean: AtomicU64,
    /// Successes that the state machine learns of when it is next locked.
    pending: AtomicU64,
    /// How many of them the state machine knows of. Written under the breaker's lock.
    known: AtomicU64,
    /// What the pending ones are of. Written by the owner under the breaker's lock, when all that came before are known.
    generation: AtomicU64,
    bucket: AtomicU64,
    rejected: AtomicU64,
}

impl Slot {
    #[cfg(not(any(loom, shuttle)))]
    const fn new() -> Self {
        Self {
            clean: AtomicU64::new(0),
            pending: AtomicU64::new(0),
            known: AtomicU64::new(0),
            generation: AtomicU64::new(NONE),
            bucket: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        }
    }

    #[cfg(any(loom, shuttle))]
    fn new() -> Self {
        Self {
            clean: AtomicU64::new(0),
            pending: AtomicU64::new(0),
            known: AtomicU64::new(0),
            generation: AtomicU64::new(NONE),
            bucket: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        }
    }
}

/// Adds one to a count that no other thread writes.
#[inline]
fn add_one(count: &AtomicU64) {
    count.store(count.load(Relaxed).wrapping_add(1), Relaxed);
}

/// After so many successes the state machine is told, and may find that its window holds nothing else.
const MANY: u64 = 64;

/// Whether a success was left for the state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Not,
    One,
    /// It was, and the state machine should look at what it was left.
    Many,
}

/// What a slot's owner left for the state machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) many: u64,
    pub(super) generation: u64,
    pub(super) bucket: u64,
}

impl Slots {
    #[cfg(not(any(loom, shuttle)))]
    pub(crate) const fn new() -> Self {
        Self {
            owned: [const { Slot::new() }; OWNED],
            shared: Slot::new(),
        }
    }

    #[cfg(any(loom, shuttle))]
    pub(crate) fn new() -> Self {
        Self {
            owned: std::array::from_fn(|_| Slot::new()),
            shared: Slot::new(),
        }
    }

    /// Counts a success that changes nothing else.
    #[inline]
    pub(crate) fn add_clean(&self) {
        // One comparison for the two rare cases.
        match self.owned.get(known_slot()) {
            Some(slot) => add_one(&slot.clean),
            None => self.add_clean_in(thread_slot()),
        }
    }

    #[cold]
    fn add_clean_in(&self, slot: usize) {
        match self.owned.get(slot) {
            Some(slot) => add_one(&slot.clean),
            None => self.add_clean_shared(),
        }
    }

    fn add_clean_shared(&self) {
        if seeded(Bug::SharedCountNotAtomic) {
            return add_one(&self.shared.clean);
        }
        self.shared.clean.fetch_add(1, Relaxed);
    }

    #[inline]
    pub(super) fn add_rejection(&self) {
        match self.owned.get(known_slot()) {
            Some(slot) => add_one(&slot.rejected),
            None => self.add_rejection_in(thread_slot()),
        }
    }

    #[cold]
    fn add_rejection_in(&self, slot: usize) {
        match self.owned.get(slot) {
            Some(slot) => add_one(&slot.rejected),
            None if seeded(Bug::SharedCountNotAtomic) => add_one(&self.shared.rejected),
            None => {
                self.shared.rejected.fetch_add(1, Relaxed);
            }
        }
    }

    /// Leaves a success for the state machine, if this thread has been told that it may, in this generation and bucket.
    #[inline]
    pub(super) fn add_pending(&self, generation: u64, bucket: u64) -> Left {
        let Some(slot) = self.owned.get(known_slot()) else {
            return Left::Not;
        };
        let is_of_generation =
            slot.generation.load(Relaxed) == generation || seeded(Bug::PendingInAnyGeneration);
        if !is_of_generation || slot.bucket.load(Relaxed) != bucket {
            return Left::Not;
        }
        let count = slot.pending.load(Relaxed).wrapping_add(1);
        slot.pending.store(count, Relaxed);
        if count % MANY == 0 {
            Left::Many
        } else {
            Left::One
        }
    }

    /// Tells this thread that it may leave successes of this generation and bucket; which slot it has. To be called under
    /// the breaker's lock, when what the slot held is known.
    pub(super) fn let_pend(&self, generation: u64, bucket: u64) -> Option<usize> {
        let index = thread_slot();
        let slot = self.owned.get(index)?;
        slot.generation.store(generation, Relaxed);
        slot.bucket.store(bucket, Relaxed);
        Some(index)
    }

    /// Whether anything was left in a slot. To be called under the breaker's lock.
    #[inline]
    pub(super) fn has_pending(&self, index: usize) -> bool {
        let slot = &self.owned[index];
        slot.pending.load(Relaxed) != slot.known.load(Relaxed)
    }

    /// Takes what was left in a slot. To be called under the breaker's lock.
    pub(super) fn take_pending(&self, index: usize) -> Pending {
        let slot = &self.owned[index];
        let count = slot.pending.load(Relaxed);
        let many = count.wrapping_sub(slot.known.load(Relaxed));
        slot.known.store(count, Relaxed);
        Pending {
            many,
            generation: slot.generation.load(Relaxed),
            bucket: slot.bucket.load(Relaxed),
        }
    }

    pub(crate) fn clean(&self) -> u64 {
        self.sum(|slot| &slot.clean)
    }

    pub(super) fn rejected(&self) -> u64 {
        self.sum(|slot| &slot.rejected)
    }

    /// Saturates: 2⁶⁴ calls take 58 years at ten in a nanosecond.
    fn sum(&self, count: impl Fn(&Slot) -> &AtomicU64) -> u64 {
        let slots = self.owned.iter().chain([&self.shared]);
        slots.fold(0, |sum: u64, slot| {
            sum.saturating_add(count(slot).load(Relaxed))
        })
    }
}

/// Which slots a living thread owns: one bit for each.
#[derive(Debug)]
struct Owners(AtomicU64);

impl Owners {
    /// A free slot, which is then the caller's, or the shared one.
    fn take(&self) -> usize {
        let mut in_use = self.0.load(Relaxed);
        loop {
            let slot = in_use.trailing_ones() as usize;
            if slot >= OWNED {
                return SHARED;
            }
            let taken = in_use | (1 << slot);
            match self
                .0
                .compare_exchange_weak(in_use, taken, Acquire, Relaxed)
            {
                Ok(_) => return slot,
                Err(newer) => in_use = newer,
            }
        }
    }

    fn give_back(&self, slot: usize) {
        let published = if seeded(Bug::SlotGivenBackRelaxed) {
            Relaxed
        } else {
            Release
        };
        self.0.fetch_and(!(1 << slot), published);
    }
}

/// Who owns which slot, in programs: threads, until they end.
#[cfg(not(any(loom, shuttle)))]
mod thread {
    use std::cell::Cell;
    use std::sync::atomic::AtomicU64;

    use super::{Owners, SHARED};

    const UNASSIGNED: usize = usize::MAX;

    static OWNERS: Owners = Owners(AtomicU64::new(0));

    thread_local! {
        static SLOT: Cell<usize> = const { Cell::new(UNASSIGNED) };
        /// Gives the slot back when the thread ends.
        static OWNERSHIP: Cell<Option<Ownership>> = const { Cell::new(None) };
    }

    struct Ownership(usize);

    impl Drop for Ownership {
        fn drop(&mut self) {
            // What this thread still counts while it ends goes where everybody may write.
            SLOT.set(SHARED);
            OWNERS.give_back(self.0);
        }
    }

    /// This thread's slot, if it has been given one; else none.
    #[inline]
    pub(super) fn known_slot() -> usize {
        SLOT.get()
    }

    /// This thread's slot. One that shares looks for a free one, so that who came late need not share for ever.
    #[inline]
    pub(super) fn thread_slot() -> usize {
        let slot = SLOT.get();
        if slot >= SHARED { assign_slot() } else { slot }
    }

    #[cold]
    fn assign_slot() -> usize {
        let slot = OWNERS.take();
        let kept = slot == SHARED
            || OWNERSHIP
                .try_with(|ownership| ownership.set(Some(Ownership(slot))))
                .is_ok();
        // A thread that is past its thread-locals has nobody to give the slot back.
        if !kept {
            OWNERS.give_back(slot);
            return SHARED;
        }
        SLOT.set(slot);
        slot
    }
}

/// In models, which have no statics: a thread has the slot that it is given, and the hand-over is a model of its own.
#[cfg(any(loom, shuttle))]
mod thread {
    use std::cell::Cell;

    use super::{AtomicU64, Owners, SHARED, Slots};
    #[cfg(loom)]
    use loom::thread_local;
    #[cfg(shuttle)]
    use shuttle::thread_local;

    thread_local! {
        static SLOT: Cell<usize> = Cell::new(SHARED);
    }

    pub(super) fn known_slot() -> usize {
        SLOT.with(Cell::get)
    }

    pub(super) fn thread_slot() -> usize {
        known_slot()
    }

    /// Gives this thread a slot, which no other thread has.
    pub fn own_slot(slot: usize) {
        SLOT.with(|own| own.set(slot));
    }

    /// A count, and threads that come and go.
    #[derive(Debug)]
    pub struct HandOver {
        owners: Owners,
        slots: Slots,
    }

    #[allow(missing_docs, reason = "for models only")]
    impl HandOver {
        #[must_use]
        #[expect(clippy::new_without_default, reason = "for models only")]
        pub fn new() -> Self {
            Self {
                // One slot is some other thread's, so that of two that come at once one may find none.
                owners: Owners(AtomicU64::new(1)),
                slots: Slots::new(),
            }
        }

        /// What a thread does that counts one call and ends.
        pub fn count_one(&self) {
            let slot = self.owners.take();
            self.slots.add_clean_in(slot);
            if slot != SHARED {
                self.owners.give_back(slot);
            }
        }

        #[must_use]
        pub fn sum(&self) -> u64 {
            self.slots.clean()
        }
    }
}

#[cfg(any(loom, shuttle))]
pub use self::thread::{HandOver, own_slot};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_came_when_all_slots_were_taken_gets_one_that_is_given_back() {
        let all_have_come = std::sync::Barrier::new(2 * OWNED);
        let count_one = || {
            let slots = Slots::new();
            slots.add_clean();
            assert_eq!(slots.clean(), 1);
            known_slot()
        };
        let come_and_wait = || {
            let is_late = count_one() == SHARED;
            all_have_come.wait();
            // Those that have a slot end now. Threads of other tests may take it for a while.
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
    fn more_threads_than_slots_lose_no_count() {
        let slots = Slots::new();
        for _ in 0..3 {
            std::thread::scope(|scope| {
                for _ in 0..2 * OWNED {
                    scope.spawn(|| (0..1_000).for_each(|_| slots.add_clean()));
                }
            });
        }
        assert_eq!(slots.clean(), 3 * 2 * OWNED as u64 * 1_000);
    }
}
