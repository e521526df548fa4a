//! What the hot path reads: one word that mirrors the state machine.
//!
//! # Memory ordering
//!
//! The word is written under the breaker's lock only, with `Release`, and read with `Acquire`. A reader decides on nothing
//! but the word itself: whatever it says was true at the moment of the load, so an admission or a success takes its place
//! in the order of events there.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::state::State;
use crate::seeded::{Bug, seeded};
use crate::sync::AtomicU64;

/// What a word says, besides the generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A call site that has not been called yet.
    Unregistered,
    /// A call site whose breaker was registered by another one.
    Alias,
    In(State),
}

/// State and generation in one word, whether another fast success would change anything, and whether calls are timed.
///
/// Fifty-nine bits of generation: at one transition a nanosecond, they last for 18 years.
#[derive(Debug)]
pub(crate) struct Word(AtomicU64);

const KIND_BITS: u32 = 3;
const KIND_MASK: u64 = (1 << KIND_BITS) - 1;
/// The breaker remembers a failure, or has room to remember a success.
const UNCLEAN: u64 = 1 << KIND_BITS;
/// It asks of every call how long it took.
const TIMED: u64 = 1 << (KIND_BITS + 1);
const GENERATION_SHIFT: u32 = KIND_BITS + 2;

const UNREGISTERED: u64 = 0;
const ALIAS: u64 = 1;
const CLOSED: u64 = 2;

impl Word {
    #[cfg(not(any(loom, shuttle)))]
    pub(crate) const fn unregistered() -> Self {
        Self(AtomicU64::new(UNREGISTERED))
    }

    /// The atomics of model checkers are not made in `const`.
    #[cfg(any(loom, shuttle))]
    pub(crate) fn unregistered() -> Self {
        Self(AtomicU64::new(UNREGISTERED))
    }

    pub(crate) fn read(&self) -> Reading {
        Reading(self.0.load(Acquire))
    }

    /// The generation, if the circuit is closed and calls are not timed.
    #[inline]
    pub(crate) fn closed(&self) -> Option<u64> {
        let word = self.0.load(Acquire);
        (word & (KIND_MASK | TIMED) == CLOSED).then_some(word >> GENERATION_SHIFT)
    }

    /// Whether the circuit is still closed in this generation, would learn nothing from a success, and asks for no time.
    #[inline]
    pub(crate) fn is_clean(&self, generation: u64) -> bool {
        let word = self.0.load(Acquire);
        word == CLOSED | (generation << GENERATION_SHIFT)
            || (seeded(Bug::CleanInAnyGeneration) && word & (KIND_MASK | UNCLEAN | TIMED) == CLOSED)
    }

    /// Says whether the generation is a new one. To be called under the breaker's lock.
    pub(crate) fn set(&self, to: Mirrored) -> bool {
        let kind = match to.state {
            State::Closed => CLOSED,
            State::Open => 3,
            State::HalfOpen => 4,
            State::ForcedOpen => 5,
            State::Disabled => 6,
            State::ObserveOnly => 7,
        };
        let unclean = if to.is_clean { 0 } else { UNCLEAN };
        let timed = if to.is_timed { TIMED } else { 0 };
        let old = self.0.load(Relaxed);
        let new = kind | unclean | timed | (to.generation << GENERATION_SHIFT);
        if new != old {
            self.0.store(new, Release);
        }
        old >> GENERATION_SHIFT != to.generation
    }

    pub(crate) fn set_alias(&self) {
        self.0.store(ALIAS, Release);
    }
}

/// What the word is to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mirrored {
    pub(crate) state: State,
    pub(crate) generation: u64,
    /// Another fast success would change nothing.
    pub(crate) is_clean: bool,
    /// It matters how long a call took.
    pub(crate) is_timed: bool,
}

/// The word at one instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading(u64);

impl Reading {
    pub(crate) fn kind(self) -> Kind {
        match self.0 & KIND_MASK {
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

    pub(crate) fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT
    }

    pub(crate) fn is_timed(self) -> bool {
        self.0 & TIMED != 0
    }

    /// Whether a success of this generation would change nothing if it was fast.
    pub(crate) fn is_clean_if_fast(self, generation: u64) -> bool {
        self.0 & !TIMED == CLOSED | (generation << GENERATION_SHIFT)
    }
}

/// The generation as the word can hold it.
pub(crate) const fn wrap(generation: u64) -> u64 {
    generation & (u64::MAX >> GENERATION_SHIFT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(word: &Word, state: State, generation: u64, is_clean: bool) {
        word.set(Mirrored {
            state,
            generation,
            is_clean,
            is_timed: false,
        });
    }

    #[test]
    fn a_word_says_what_it_was_told() {
        let word = Word::unregistered();
        assert_eq!(word.read().kind(), Kind::Unregistered);
        assert_eq!(word.closed(), None);
        word.set_alias();
        assert_eq!(word.read().kind(), Kind::Alias);
        for state in [
            State::Closed,
            State::Open,
            State::HalfOpen,
            State::ForcedOpen,
            State::Disabled,
            State::ObserveOnly,
        ] {
            say(&word, state, 7, true);
            assert_eq!(word.read().kind(), Kind::In(state));
            assert_eq!(word.closed(), (state == State::Closed).then_some(7));
            assert_eq!(word.is_clean(7), state == State::Closed);
        }
    }

    #[test]
    fn a_streak_or_another_generation_is_not_clean() {
        let word = Word::unregistered();
        say(&word, State::Closed, 7, false);
        assert_eq!(word.closed(), Some(7));
        assert!(!word.is_clean(7));
        say(&word, State::Closed, 8, true);
        assert!(!word.is_clean(7));
        assert!(word.is_clean(8));
    }

    #[test]
    fn fm_d17_the_widest_generation_survives_the_word() {
        let widest = wrap(u64::MAX);
        let word = Word::unregistered();
        say(&word, State::Closed, widest, true);
        assert_eq!(word.closed(), Some(widest));
        assert_eq!(wrap(widest.wrapping_add(1)), 0);
    }
}
