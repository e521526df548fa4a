//! What the hot path touches: one word that mirrors the state machine, and a slot per thread for counting successes.
//!
//! # Memory ordering
//!
//! The word is written under the breaker's lock only, with `Release`, and read with `Acquire`. A reader decides on nothing
//! but the word itself: whatever it says was true at the moment of the load, so an admission or a success takes its place
//! in the order of events there. A slot is written by the one thread that owns it; it changes hands through `IN_USE`
//! (released by the thread that ends, acquired by the next owner). Sums over slots are exact when no call is in flight.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::state::State;

/// What a word says, besides the generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A call site that has not been called yet.
    Unregistered,
    /// A call site whose breaker was registered by another one.
    Alias,
    In(State),
}

/// State and generation in one word, and whether a closed circuit has a streak of failures.
///
/// Sixty bits of generation: at one transition a nanosecond, they last for 36 years.
#[derive(Debug)]
pub(crate) struct Word(AtomicU64);

const KIND_BITS: u32 = 3;
const KIND_MASK: u64 = (1 << KIND_BITS) - 1;
const STREAK: u64 = 1 << KIND_BITS;
const GENERATION_SHIFT: u32 = KIND_BITS + 1;

const UNREGISTERED: u64 = 0;
const ALIAS: u64 = 1;
const CLOSED: u64 = 2;

impl Word {
    pub(crate) const fn unregistered() -> Self {
        Self(AtomicU64::new(UNREGISTERED))
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.0.load(Acquire) & KIND_MASK {
            UNREGISTERED => Kind::Unregistered,
            ALIAS => Kind::Alias,
            CLOSED => Kind::In(State::Closed),
            3 => Kind::In(State::Open),
            4 => Kind::In(State::HalfOpen),
            5 => Kind::In(State::ForcedOpen),
            6 => Kind::In(State::Disabled),
            _ => Kind::In(State::ObserveOnly),
        }
    }

    /// The generation, if the circuit is closed.
    #[inline]
    pub(crate) fn closed(&self) -> Option<u64> {
        let word = self.0.load(Acquire);
        (word & KIND_MASK == CLOSED).then_some(word >> GENERATION_SHIFT)
    }

    /// Whether the circuit is closed with no failure since, and still in this generation.
    #[inline]
    pub(crate) fn is_clean(&self, generation: u64) -> bool {
        self.0.load(Acquire) == CLOSED | (generation << GENERATION_SHIFT)
    }

    /// Says whether the generation is a new one. To be called under the breaker's lock.
    pub(crate) fn set(&self, state: State, generation: u64, streak: u32) -> bool {
        let kind = match state {
            State::Closed => CLOSED,
            State::Open => 3,
            State::HalfOpen => 4,
            State::ForcedOpen => 5,
            State::Disabled => 6,
            State::ObserveOnly => 7,
        };
        let streak = if streak > 0 { STREAK } else { 0 };
        let old = self.0.load(Relaxed);
        let new = kind | streak | (generation << GENERATION_SHIFT);
        if new != old {
            self.0.store(new, Release);
        }
        old >> GENERATION_SHIFT != generation
    }

    pub(crate) fn set_alias(&self) {
        self.0.store(ALIAS, Release);
    }
}

/// The generation as the word can hold it.
pub(crate) const fn wrap(generation: u64) -> u64 {
    generation & (u64::MAX >> GENERATION_SHIFT)
}

/// So many threads at a time have a slot of their own; the others share one.
const OWNED: usize = 8;

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
    pub(crate) const fn new() -> Self {
        Self {
            owned: [const { Slot(AtomicU64::new(0)) }; OWNED],
            shared: Slot(AtomicU64::new(0)),
        }
    }

    #[inline]
    pub(crate) fn add_one(&self) {
        match self.owned.get(thread_slot()) {
            Some(Slot(count)) => count.store(count.load(Relaxed).wrapping_add(1), Relaxed),
            None => self.add_one_shared(),
        }
    }

    #[cold]
    fn add_one_shared(&self) {
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

const UNASSIGNED: usize = usize::MAX;
const SHARED: usize = OWNED;

/// One bit for each slot that a living thread owns.
static IN_USE: AtomicU64 = AtomicU64::new(0);

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
        IN_USE.fetch_and(!(1 << self.0), Release);
    }
}

#[inline]
fn thread_slot() -> usize {
    let slot = SLOT.get();
    if slot == UNASSIGNED {
        assign_slot()
    } else {
        slot
    }
}

#[cold]
fn assign_slot() -> usize {
    let mut in_use = IN_USE.load(Relaxed);
    let slot = loop {
        let slot = in_use.trailing_ones() as usize;
        if slot >= OWNED {
            break SHARED;
        }
        match IN_USE.compare_exchange_weak(in_use, in_use | (1 << slot), Acquire, Relaxed) {
            Ok(_) => break slot,
            Err(newer) => in_use = newer,
        }
    };
    let kept = slot == SHARED
        || OWNERSHIP
            .try_with(|ownership| ownership.set(Some(Ownership(slot))))
            .is_ok();
    // A thread that is past its thread-locals has nobody to give the slot back.
    if !kept {
        IN_USE.fetch_and(!(1 << slot), Release);
        return SHARED;
    }
    SLOT.set(slot);
    slot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_what_it_was_told() {
        let word = Word::unregistered();
        assert_eq!(word.kind(), Kind::Unregistered);
        assert_eq!(word.closed(), None);
        word.set_alias();
        assert_eq!(word.kind(), Kind::Alias);
        for state in [
            State::Closed,
            State::Open,
            State::HalfOpen,
            State::ForcedOpen,
            State::Disabled,
            State::ObserveOnly,
        ] {
            word.set(state, 7, 0);
            assert_eq!(word.kind(), Kind::In(state));
            assert_eq!(word.closed(), (state == State::Closed).then_some(7));
            assert_eq!(word.is_clean(7), state == State::Closed);
        }
    }

    #[test]
    fn a_streak_or_another_generation_is_not_clean() {
        let word = Word::unregistered();
        word.set(State::Closed, 7, 1);
        assert_eq!(word.closed(), Some(7));
        assert!(!word.is_clean(7));
        word.set(State::Closed, 8, 0);
        assert!(!word.is_clean(7));
        assert!(word.is_clean(8));
    }

    #[test]
    fn fm_d17_the_widest_generation_survives_the_word() {
        let widest = wrap(u64::MAX);
        let word = Word::unregistered();
        word.set(State::Closed, widest, 0);
        assert_eq!(word.closed(), Some(widest));
        assert_eq!(wrap(widest.wrapping_add(1)), 0);
    }

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
