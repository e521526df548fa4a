//! Counts that threads add to without disturbing each other.
//!
//! # Memory ordering
//!
//! A slot is written by the one thread that owns it; it changes hands through `Owners` (released by the thread that ends,
//! acquired by the next owner). Sums over slots are exact when no call is in flight.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use self::thread::thread_slot;
use crate::seeded::{Bug, seeded};
use crate::sync::AtomicU64;

/// So many threads at a time have a slot of their own; the others share one.
const OWNED: usize = if cfg!(any(loom, shuttle)) { 1 } else { 8 };
const SHARED: usize = OWNED;

/// A count that a thread adds to without disturbing another one.
#[derive(Debug)]
pub(crate) struct Slots {
    owned: [Slot; OWNED],
    shared: Slot,
}

/// A cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
struct Slot(AtomicU64);

impl Slots {
    #[cfg(not(any(loom, shuttle)))]
    pub(crate) const fn new() -> Self {
        Self {
            owned: [const { Slot(AtomicU64::new(0)) }; OWNED],
            shared: Slot(AtomicU64::new(0)),
        }
    }

    #[cfg(any(loom, shuttle))]
    pub(crate) fn new() -> Self {
        Self {
            owned: std::array::from_fn(|_| Slot(AtomicU64::new(0))),
            shared: Slot(AtomicU64::new(0)),
        }
    }

    #[inline]
    pub(crate) fn add_one(&self) {
        self.add_one_in(thread_slot());
    }

    #[inline]
    fn add_one_in(&self, slot: usize) {
        match self.owned.get(slot) {
            Some(Slot(count)) => count.store(count.load(Relaxed).wrapping_add(1), Relaxed),
            None => self.add_one_shared(),
        }
    }

    #[cold]
    fn add_one_shared(&self) {
        if seeded(Bug::SharedCountNotAtomic) {
            return self
                .shared
                .0
                .store(self.shared.0.load(Relaxed) + 1, Relaxed);
        }
        self.shared.0.fetch_add(1, Relaxed);
    }

    /// Saturates: 2⁶⁴ calls take 58 years at ten in a nanosecond.
    pub(crate) fn sum(&self) -> u64 {
        let owned = self.owned.iter();
        owned
            .chain([&self.shared])
            .fold(0, |sum: u64, slot| sum.saturating_add(slot.0.load(Relaxed)))
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

    #[inline]
    pub(super) fn thread_slot() -> usize {
        let slot = SLOT.get();
        if slot == UNASSIGNED {
            assign_slot()
        } else {
            slot
        }
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

/// In models, which have no statics: all share one slot, and the hand-over is a model of its own.
#[cfg(any(loom, shuttle))]
mod thread {
    use super::{AtomicU64, Owners, SHARED, Slots};

    pub(super) fn thread_slot() -> usize {
        SHARED
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
                owners: Owners(AtomicU64::new(0)),
                slots: Slots::new(),
            }
        }

        /// What a thread does that counts one call and ends.
        pub fn count_one(&self) {
            let slot = self.owners.take();
            self.slots.add_one_in(slot);
            if slot != SHARED {
                self.owners.give_back(slot);
            }
        }

        #[must_use]
        pub fn sum(&self) -> u64 {
            self.slots.sum()
        }
    }
}

#[cfg(any(loom, shuttle))]
pub use self::thread::HandOver;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_threads_than_slots_lose_no_count() {
        let slots = Slots::new();
        for _ in 0..3 {
            std::thread::scope(|scope| {
                for _ in 0..2 * OWNED {
                    scope.spawn(|| (0..1_000).for_each(|_| slots.add_one()));
                }
            });
        }
        assert_eq!(slots.sum(), 3 * 2 * OWNED as u64 * 1_000);
    }
}
